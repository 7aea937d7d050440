"""Results that books, papers and courses state: derived here, evaluated at a point, and compared.

`test_coverage` counts the entries, and prints the count of each kind with `-s`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import symbp
from symbp.calculus.derivation import FORMS, Derivation, FormName, Refusal
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Partial, walk
from symbp.calculus.model import adjoint_name
from symbp.errors import SymbpError
from symbp.evaluate import FLOAT, Evaluator, Run
from symbp.numeric.bench import Site
from tests.golden_cases import Numbers, as_array, cases, model, points, shape, sizes, units, values
from tests.second_order import along

CANNOT_EXPRESS: dict[str, str] = {}
"""Entries that the language or the calculus can't express yet, each with the reason."""

ENTRIES = 168
CASES = {case["id"]: case for case in cases()}
RELATIVE = 1e-9
ABSOLUTE = 1e-13
"""Of the largest element, for elements that cancel to zero."""
SECOND_ORDER = ("hess", "hvp", "newton")
FIRST_ORDER = ("grad", "neggrad", "update", "elem", "jac")
DIRECTION = "direction"
COMPARED: Counter[tuple[str, str]] = Counter()
"""How many entries each form was compared for, as far as the tests have run in this process."""
DIGITS = 40


@cache
def derivation(name: str, of: str | None, wrt: tuple[str, ...]) -> Derivation:
    return differentiate(model(name), of, wrt)


@cache
def second_derivation(name: str, wrt: str) -> Derivation:
    return differentiate(along(derivation(name, None, (wrt,)).program, wrt, DIRECTION), None, (wrt,))


@dataclass(frozen=True)
class Fixture:
    """Stands where a sampler of random points would: the one point that the entry gives."""

    elements: Mapping[str, Mapping[tuple[int, ...], Any]]

    def at(self, point: object, arithmetic: object) -> Mapping[str, Mapping[tuple[int, ...], Any]]:
        return self.elements


def site_at(found: Derivation, inputs: Mapping[str, Numbers], given: Mapping[str, int]) -> Site:
    at = sizes(found.model, inputs, given)
    fixture: Any = Fixture(values(found.model, inputs, at))
    nowhere: Any = None
    return Site(found, at, {}, fixture, nowhere, "")


@cache
def at_sizes(name: str, of: str | None, wrt: str, given: tuple[tuple[str, int], ...]) -> Derivation:
    """The derivation at given sizes, where recurrences can be written out."""
    return differentiate(symbp.with_sizes(model(name), dict(given)), of, (wrt,))


def is_refused(found: Derivation, wrt: str, form: FormName) -> bool:
    body = found.gradients[wrt].forms[form]
    assert not isinstance(body, Refusal) or body.reason
    return isinstance(body, Refusal)


def run_at(found: Derivation, inputs: Mapping[str, Numbers], given: Mapping[str, int]) -> Run:
    """The adjoint program, the forward model in it, in double precision."""
    return site_at(found, inputs, given).using(FLOAT).program


def from_program(run: Run, wrt: str) -> np.ndarray[Any, Any]:
    return as_array(run.table(adjoint_name(wrt)))


def from_form(site: Site, found: Derivation, wrt: str, form: FormName) -> np.ndarray[Any, Any] | None:
    """The form's value for every index, None where the form is refused. Partial derivatives take more digits."""
    gradient = found.gradients[wrt]
    body = gradient.forms[form]
    if isinstance(body, Refusal):
        return None
    bench = site.at(DIGITS) if any(isinstance(e, Partial) for e in walk(body)) else site.using(FLOAT)
    names = tuple(i.name for i in gradient.indices)
    keys = bench.program.evaluator.points(gradient.indices)
    return as_array({key: bench.formula(body, names, key) for key in keys})


def assert_close(got: np.ndarray[Any, Any], expected: Numbers, what: str) -> None:
    want = np.asarray(expected, float).reshape(got.shape)
    scale = max(float(np.max(np.abs(want), initial=0)), 1.0)
    assert np.all(np.abs(got - want) <= RELATIVE * np.abs(want) + ABSOLUTE * scale), (
        f"{what}: {got.tolist()}, not {want.tolist()}"
    )


def first_order(case: Mapping[str, Any], name: str) -> None:
    """The gradient by the program and in every form that exists, against the numbers."""
    found = derivation(name, case.get("of"), (case["wrt"],))
    rate = case["inputs"].get(found.model.rate, 0.1)
    factor = {"neggrad": -1.0, "update": -rate}.get(case["kind"], 1.0)
    sites = [site_at(found, inputs, case.get("sizes", {})) for inputs in points(case)]
    runs = [site.using(FLOAT).program for site in sites]
    ways = {"program": np.array([from_program(run, case["wrt"]) for run in runs])}
    for form in FORMS:
        source, at = found, sites
        if is_refused(found, case["wrt"], form) and found.model.sizes:
            source = at_sizes(name, case.get("of"), case["wrt"], tuple(sorted(sites[0].sizes.items())))
            at = [site_at(source, inputs, case.get("sizes", {})) for inputs in points(case)]
        written = [from_form(site, source, case["wrt"], form) for site in at]
        if all(w is not None for w in written):
            ways[form] = np.array(written)
        COMPARED[form, "refused" if form not in ways else "given sizes" if source is not found else "written"] += 1
    for way, got in ways.items():
        assert_close(factor * got, case["expected"], f"{name}, {way}")
    forward_value(case, found, runs)


def forward_value(case: Mapping[str, Any], found: Derivation, runs: list[Run]) -> None:
    """The model's own numbers against the entry's forward pass."""
    if output := case.get("output"):
        got = as_array(runs[0].table(output))
        got = got[-1] if case.get("output_last") else got
    else:
        got = np.array([run.value(found.of) for run in runs])
    assert_close(got, case["value"], "forward")


def second_order(case: Mapping[str, Any], name: str) -> None:
    found = second_derivation(name, case["wrt"])
    inputs = {k: v for k, v in case["inputs"].items() if k in found.model.arrays}
    of_shape = shape(inputs[case["wrt"]])

    def product(direction: Numbers) -> np.ndarray[Any, Any]:
        run = run_at(found, {**inputs, DIRECTION: direction}, {})
        return from_program(run, case["wrt"])

    if case["kind"] == "hvp":
        assert_close(product(case["inputs"]["vec"]), case["expected"], name)
        return
    columns = np.array([product(unit).ravel() for unit in units(of_shape)])
    if case["kind"] == "newton":
        first = derivation(name, None, (case["wrt"],))
        gradient = from_program(run_at(first, inputs, {}), case["wrt"])
        assert_close(-np.linalg.solve(columns, gradient.ravel()), case["expected"], name)
    else:
        assert_close(columns.reshape(*of_shape, *of_shape), case["expected"], name)


def staged_values(case: Mapping[str, Any], name: str) -> None:
    """Forward values, and after them derivatives by intermediates."""
    wanted = case["of"]
    if "gradients" in case:
        found = derivation(name, None, tuple(case["gradients"]))
        run = run_at(found, case["inputs"], {})
        wanted = [*wanted, *(adjoint_name(g) for g in case["gradients"])]
    else:
        at = sizes(model(name), case["inputs"], {})
        run = Evaluator.of_model(model(name), at).run(values(model(name), case["inputs"], at))
    got = np.concatenate([as_array(run.table(n)).ravel() for n in wanted])
    assert_close(got, case["expected"], name)


def descent(case: Mapping[str, Any], name: str) -> None:
    """One step of gradient descent on every name in `wrt`, then the forward pass again."""
    found = derivation(name, None, tuple(case["wrt"]))
    rate = case["inputs"][found.model.rate or ""]
    run = run_at(found, case["inputs"], {})
    moved = {w: (np.array(case["inputs"][w]) - rate * from_program(run, w)).tolist() for w in case["wrt"]}
    after = run_at(found, {**case["inputs"], **moved}, {})
    assert_close(np.array([after.value(n) for n in case["of"]]), case["expected"], name)


PAIRS = [(id, name) for id, case in CASES.items() for name in case["models"]]


@pytest.mark.parametrize(("id", "name"), PAIRS, ids=[f"{i}-{n}" for i, n in PAIRS])
def test_entry(id: str, name: str) -> None:
    case = CASES[id]
    if id in CANNOT_EXPRESS:
        with pytest.raises(SymbpError):
            check(case, name)
        return
    check(case, name)


def check(case: Mapping[str, Any], name: str) -> None:
    kind = case["kind"]
    if kind in FIRST_ORDER:
        first_order(case, name)
    elif kind in SECOND_ORDER:
        second_order(case, name)
    elif kind == "value":
        staged_values(case, name)
    else:
        descent(case, name)


def test_coverage() -> None:
    assert len(CASES) == ENTRIES
    assert set(CANNOT_EXPRESS) <= set(CASES)
    kinds = Counter(case["kind"] for case in CASES.values())
    print(f"\n{len(CASES)} entries, {len(PAIRS)} with their models:", dict(sorted(kinds.items())))
    for (form, way), count in sorted(COMPARED.items()):
        print(f"{form}, {way}: {count}")
    for id, reason in CANNOT_EXPRESS.items():
        print(f"cannot express yet: {id}: {reason}")
