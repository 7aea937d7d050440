"""Why a sum stays or goes: each note about who reads whom, against the graph written out at small sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from symbp.calculus.affine import Guard, Index, Lookup
from symbp.calculus.derivation import Derivation, Note, Route, Rule, Solved, Step
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Access, Partial, PartialKind, walk
from symbp.calculus.indices import free_symbols
from symbp.language.lower import lower
from symbp.language.parse import parse
from tests.reads import Integers, Values, assignments, drawn_integers, element, graph, hold, number
from tests.strategies import example

ROOT = Path(__file__).resolve().parent
FILES = sorted((*(ROOT.parent / "examples").glob("*.bp"), *(ROOT / "models").glob("*.bp")))
SIZES = (2, 3, 1)
"""Sizes take these values in turn."""


def derived(text: str) -> Derivation:
    model = lower(parse(text))
    inputs = tuple(a.name for a in model.arrays.values() if a.name not in model.by_target and a.values is None)
    return differentiate(model, None, tuple(dict.fromkeys((*model.wrt, *inputs))) if len(inputs) < 12 else model.wrt)


def notes_of(derivation: Derivation) -> Iterator[tuple[Step, tuple[Note, ...]]]:
    """Each step with notes, and the notes of all steps that speak of the same chain."""
    for subject in dict.fromkeys(s.subject for s in derivation.steps):
        steps = [s for s in derivation.steps if s.subject == subject and s.rule in (Rule.CHAIN, Rule.VANISH)]
        together = tuple(dict.fromkeys(n for s in steps for n in s.notes))
        yield from ((s, together) for s in steps)


def domain(source: Access, step: Step, routes: Sequence[Route]) -> tuple[list[Index], list[Guard]]:
    """The indices that a source's subscripts have, and what holds for them where it is met on the chain."""
    indices, guards = list(step.indices), list(step.guards)
    before = next((r for r in routes if r.reader == source), None)
    if before is not None and before.source != source:
        outer, holding = domain(before.source, step, routes)
        indices = [*outer, *(i for i in before.summed if i not in outer)]
        guards = [*holding, *before.guards]
    return indices, guards


def units_told(route: Route, values: Values, integers: Integers) -> Iterator[tuple[int, ...]]:
    """The reader's units that a note names, each among those that the chain rule adds over."""
    units = {tuple(v[u.name] for u in route.unit) for v in assignments(route.unit, values, (), integers)}
    for v in assignments(route.summed, values, route.guards, integers):
        key = tuple(number(s, v, integers) for s in route.reader.subscripts)
        assert key in units
        assert all(number(form, v, integers) == k for u, k in zip(route.unit, key, strict=True)
                   for i, form in route.fixed if i == u)
        yield key


def only_fixed_by_lookups(derivation: Derivation, routes: Sequence[Route]) -> bool:
    """Whether integer inputs decide if the one unit reads it at all."""
    bodies = (e.body for e in derivation.forward if e.target.name == routes[0].reader.name)
    subscripts = (s for body in bodies for a in walk(body) if isinstance(a, Access) for s in a.subscripts)
    return not any(r.summed for r in routes) and any(isinstance(s, Lookup) for s in subscripts)


def check_routes(derivation: Derivation, start: int) -> int:
    sizes = {s: SIZES[(k + start) % len(SIZES)] for k, s in enumerate(derivation.model.sizes)}
    if not hold(derivation.model.requirements, sizes, {}):
        return 0
    integers = drawn_integers(derivation, sizes)
    read = graph(derivation, sizes, integers)
    checked = 0
    for step, notes in notes_of(derivation):
        routes = [n for n in notes if isinstance(n, Route)]
        for source, name in dict.fromkeys((r.source, r.reader.name) for r in routes):
            together = [r for r in routes if (r.source, r.reader.name) == (source, name)]
            indices, guards = domain(source, step, routes)
            if not {i.name for i in indices}.issuperset(s for s in free_symbols(source) if s not in sizes):
                continue
            for values in assignments(indices, sizes, guards, integers):
                here = element(source, values, integers)
                readers = {key for (reader, key), of in read.items() if reader == name and here in of}
                told = {key for r in together for key in units_told(r, values, integers)}
                some = only_fixed_by_lookups(derivation, together)
                assert readers <= told if some else readers == told, (source, values)
                checked += 1
        for solved in (n for s in derivation.steps if s.subject == step.subject for n in s.notes):
            if isinstance(solved, Solved):
                checked += check_solved(solved, step, routes, sizes)
    return checked


def check_solved(solved: Solved, step: Step, routes: Sequence[Route], sizes: Values) -> int:
    """What is written is the source exactly where the summed indices have the stated values."""
    indices, guards = domain(solved.source, step, routes)
    route = next((r for r in routes if (r.source, r.reader) == (solved.source, solved.reader)), None)
    if route is None:
        return 0
    inner = tuple(i for i, _ in solved.values)
    turned = set(inner) <= set(route.unit)
    checked = 0
    for outer in assignments(indices, sizes, guards, {}):
        for running in assignments(solved.reversed_in if turned else route.summed, outer, (), {}):
            meant = hold(solved.guards, running, {})
            stated = tuple(form.evaluate(running) for _, form in solved.values)
            for values in assignments(inner, running, (), {}):
                met = element(solved.written, values, {}) == element(solved.source, values, {})
                assert met == (meant and tuple(values[i.name] for i in inner) == stated), (solved, values)
                checked += 1
    for i in solved.reversed_in if turned else route.summed:
        assert (i in solved.reversed_in) == any(form.coefficient(i.name) < 0 for _, form in solved.values)
    return checked


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_the_units_that_a_note_names_are_those_that_read(path: Path) -> None:
    derivation = derived(path.read_text(encoding="utf-8"))
    checked = sum(check_routes(derivation, start) for start in range(3))
    assert checked or not any(isinstance(n, Route) for s in derivation.steps for n in s.notes)


@pytest.mark.parametrize("start", range(0, 100, 20))
def test_the_same_in_random_models(start: int) -> None:
    checked = 0
    for k in range(start, start + 20):
        derivation = derived(example(k).text)
        try:
            checked += check_routes(derivation, k)
        except AssertionError as error:
            raise AssertionError(f"{example(k)}\n{error}") from None
    assert checked > 100


SINGLE_READS = ("watermelon", "zhou", "bptt", "deep", "nielsen", "linear321", "tanh", "residual", "lstm", "logistic")


@pytest.mark.parametrize("path", [p for p in FILES if p.stem in SINGLE_READS], ids=lambda p: p.stem)
def test_every_edge_to_an_indexed_reader_has_its_note(path: Path) -> None:
    derivation = derived(path.read_text(encoding="utf-8"))
    for step, notes in notes_of(derivation):
        collapsed = any(s.subject == step.subject and s.rule is Rule.VANISH for s in derivation.steps)
        if collapsed and step.rule is Rule.CHAIN:
            continue
        told = {(n.source, n.reader) for n in notes if isinstance(n, Route)}
        edges = [e for e in walk(step.after) if isinstance(e, Partial) and e.kind is PartialKind.EDGE]
        assert {(e.wrt, e.of) for e in edges if e.of.subscripts} <= told, step


def notes(text: str, wrt: str) -> list[Note]:
    derivation = differentiate(lower(parse(text)), None, (wrt,))
    return [n for s in derivation.steps if s.subject == wrt for n in s.notes]


def test_a_shift_ends_at_the_border() -> None:
    text = "index t in 1..T, j in 1..n\nparam h[t,j], w[j]\ns[t,j] = w[j]\nr[t,j] = s[t,j]*h[t,j]\n"
    text += "q[1,j] = 0\nq[t,j] = h[t-1,j]\nloss L = sum(t, j, q[t,j]^2) + sum(t, j, r[t,j])\n"
    (route,) = [n for n in notes(text, "h") if isinstance(n, Route) and n.reader.name == "q"]
    assert [(i.name, c) for i, c in route.shift] == [("t", 1)]
    assert len(route.guards) == 1


def test_a_stride_says_which_entry_of_the_kernel_is_met_and_that_it_runs_backwards() -> None:
    text = "index p in 0..P-1, r in 0..2\nparam a[0..2*P], w[r]\nz[p] = sum(r, w[r]*a[2*p+r])\n"
    text += "loss L = sum(p, z[p]^2)\n"
    (solved,) = [n for n in notes(text, "a") if isinstance(n, Solved)]
    assert [i.letter for i, _ in solved.values] == ["r"]
    assert [i.letter for i in solved.reversed_in] == ["p"]
    assert not [n for n in notes(text, "w") if isinstance(n, Solved)]
    (route,) = [n for n in notes(text, "w") if isinstance(n, Route)]
    assert [i.letter for i in route.summed] == ["p"]


def test_a_convolution_of_stride_one_is_told_along_the_kernel_in_the_end() -> None:
    text = "index p in 0..P-1, r in 0..2\nparam a[0..P+1], w[r]\nz[p] = sum(r, w[r]*a[p+r])\nloss L = sum(p, z[p]^2)\n"
    flipped, turned = (n for n in notes(text, "a") if isinstance(n, Solved))
    assert [i.letter for i, _ in flipped.values] == ["r"]
    assert [i.letter for i in flipped.reversed_in] == ["p"]
    assert [i.letter for i, _ in turned.values] == ["p"]
    assert [i.letter for i in turned.reversed_in] == ["r"]
