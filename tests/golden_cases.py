"""The golden cases: results that books, papers and courses state, as numbers, with the model files that must give them.

`golden/cases.json` has one entry a line: `models` (files in `golden/models`, each of them must pass), `kind`, `wrt` and
`of`, a numeric fixture, the `expected` numbers, and the forward `value` at the fixture. Kinds:

* grad, neggrad, update: ∂of/∂wrt, its negative, −rate times it;
* elem: f′(x) of a scalar model, at each element of x;
* jac: ∂output/∂wrt, one derivation of Σ direction·output, evaluated along each unit vector;
* hess, hvp, newton: the gradient program differentiated again along a direction;
* value: the values of the names in `of`, then the derivatives of the model's scalar by the names in `gradients`;
* descent: the values of the names in `of` after one step of gradient descent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import symbp
from symbp.calculus.affine import Affine
from symbp.calculus.model import Model

HERE = Path(__file__).parent / "golden"
Numbers = Any
"""A float, or nested lists of floats."""


def cases() -> list[dict[str, Any]]:
    return list(json.loads((HERE / "cases.json").read_text(encoding="utf-8")))


@cache
def model(name: str) -> Model:
    return symbp.load(HERE / "models" / f"{name}.bp")


def shape(numbers: Numbers) -> tuple[int, ...]:
    return np.shape(numbers)


def sizes(model: Model, inputs: Mapping[str, Numbers], given: Mapping[str, int]) -> dict[str, int]:
    """The sizes that the inputs' shapes imply, from the axes with one unknown size; checked against every axis."""
    known = dict(given)
    axes = [
        (axis.extent, extent)
        for name, numbers in inputs.items() if name in model.arrays
        for axis, extent in zip(model.arrays[name].axes, shape(numbers), strict=True)
    ]
    for _ in axes:
        for form, extent in axes:
            unknown = [s for s in form.symbols if s not in known]
            if len(unknown) == 1:
                rest = form.substitute({s: Affine.of(v) for s, v in known.items()}) - extent
                known[unknown[0]] = -rest.constant // rest.coefficient(unknown[0])
    assert all(form.evaluate(known) == extent for form, extent in axes), (known, axes)
    return known


def elements(model: Model, name: str, numbers: Numbers, at: Mapping[str, int]) -> dict[tuple[int, ...], Any]:
    """Nested lists as elements by actual indices, exactly the same numbers."""
    array = np.asarray(numbers)
    convert: type[Any] = int if model.arrays[name].values is not None else Fraction
    lower = [axis.lower.evaluate(at) for axis in model.arrays[name].axes]
    return {
        tuple(lo + k for lo, k in zip(lower, key, strict=True)): convert(array[key].item())
        for key in product(*map(range, array.shape))
    }


def values(model: Model, inputs: Mapping[str, Numbers], at: Mapping[str, int]) -> dict[str, dict[tuple[int, ...], Any]]:
    """Every input, parameter and constant of the model as elements; names that the model doesn't have are left out."""
    return {n: elements(model, n, v, at) for n, v in inputs.items() if n in model.arrays}


def as_array(table: Mapping[tuple[int, ...], Any]) -> np.ndarray[Any, Any]:
    """Elements over a box as an array."""
    if set(table) == {()}:
        return np.array(float(table[()]))
    lower = [min(key[a] for key in table) for a in range(len(next(iter(table))))]
    upper = [max(key[a] for key in table) for a in range(len(lower))]
    result = np.full([u - lo + 1 for lo, u in zip(lower, upper, strict=True)], np.nan)
    for key, value in table.items():
        result[tuple(k - lo for k, lo in zip(key, lower, strict=True))] = float(value)
    return result


def points(case: Mapping[str, Any]) -> Iterator[dict[str, Numbers]]:
    """The inputs of a case; one for each element of x where the case is about a scalar function."""
    inputs = case["inputs"]
    if case["kind"] == "elem":
        yield from ({**inputs, case["wrt"]: x} for x in inputs[case["wrt"]])
    elif direction := case.get("direction"):
        yield from ({**inputs, direction: unit} for unit in units(output_shape(case)))
    else:
        yield inputs


def output_shape(case: Mapping[str, Any]) -> tuple[int, ...]:
    return shape(case["expected"])[: len(shape(case["expected"])) - len(shape(case["inputs"][case["wrt"]]))]


def units(of_shape: Sequence[int]) -> Iterator[list[Any]]:
    """The unit vectors of a shape, in lexicographic order."""
    for key in product(*map(range, of_shape)):
        unit = np.zeros(of_shape)
        unit[key] = 1
        yield unit.tolist()
