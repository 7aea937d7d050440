"""Reads outside an axis: found, shown at a point, or excluded by a condition on the sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Lookup, Range, Subscript, form_in_range
from symbp.calculus.describe import access_text, guard_text, name_text, point_text, range_text, subscript_text
from symbp.calculus.model import Array, Equation, Model
from symbp.calculus.problem import Problem, problem
from symbp.calculus.reads import Read, read_domain, reads
from symbp.calculus.sets import Background

ORDINALS = ("first", "second", "third")


def range_problems(model: Model, equation: Equation, background: Background) -> Iterator[Problem]:
    """Every read of the equation that can be outside an axis, each once; its names and ranks are taken to be right."""
    done: set[tuple[object, ...]] = set()
    for read in reads(equation):
        ranges = _visible_ranges(equation, read)
        for position, subscript in enumerate(read.access.subscripts):
            axis = model.arrays[read.access.name].axes[position]
            if isinstance(subscript, Affine) and ranges.get(subscript.as_symbol or "") == axis:
                continue
            question = (read.access, position, read.piece.guards, read.term and (read.term.binders, read.term.guards))
            if question in done:
                continue
            done.add(question)
            yield from _faults(model, equation, read, position, background)


def _visible_ranges(equation: Equation, read: Read) -> dict[str, Range]:
    ranges = {i.name: i.range for i in equation.indices}
    if read.term is not None:
        ranges.update((i.name, i.range) for i in read.term.binders)
    return ranges


def _faults(
    model: Model, equation: Equation, read: Read, position: int, background: Background
) -> Iterator[Problem]:
    """What is wrong with one subscript: a point outside its axis, or else the conditions that keep it inside."""
    axis = model.arrays[read.access.name].axes[position]
    conditions: dict[Guard, None] = {}
    for guard in _obligations(model, read.access.subscripts[position], axis):
        if guard.form.is_constant and guard.form.constant >= 0:
            continue
        domain = read_domain(equation, read)
        context = (*domain, *background.about((*domain, guard)))
        if sets.implies(context, guard):
            continue
        requirements = _requirements(model, (*context, sets.negation(guard)), background)
        together = (*conditions, *requirements)
        if not requirements or sets.empty((*background.about(together), *together)):
            yield _outside(model, equation, read, position, sets.uncovered_point(context, [[guard]]))
            return
        conditions.update(dict.fromkeys(requirements))
    yield from (_required(equation, read, c) for c in conditions)


def _obligations(model: Model, subscript: Subscript, axis: Range) -> tuple[Guard, ...]:
    """The guards that put a subscript inside an axis; of a lookup, all the values that it can have."""
    if isinstance(subscript, Affine):
        return form_in_range(subscript, axis)
    return tuple(
        g
        for values in lookup_values(model, subscript)
        for g in (Guard("ge", values.lower - axis.lower), Guard("ge", axis.upper - values.upper))
    )


def lookup_values(model: Model, lookup: Lookup) -> tuple[Range, ...]:
    """Ranges that together hold every value of an integer array at the lookup's subscripts."""
    array = model.arrays[lookup.array]
    if array.values is not None:
        return (array.values,)
    equation = model.by_target.get(lookup.array)
    if equation is None:
        return ()
    at = dict(zip((i.name for i in equation.indices), lookup.subscripts, strict=True))
    return tuple(
        t.binders[t.component].range.substitute(at)
        for p in equation.pieces
        for t in p.terms
        if t.kind in ("argmax", "argmin")
    )


def _requirements(model: Model, violation: Sequence[Guard], background: Background) -> list[Guard]:
    """Conditions on the sizes that together exclude a violation; none where some sizes can't escape it."""
    sizes = set(model.sizes)
    inner = sorted({s for g in violation for s in g.symbols if s not in sizes})
    found = []
    for disjunct in sets.project(violation, inner):
        known = background.about(disjunct)
        conditions = sets.redundant_dropped(disjunct, known)
        possible = [n for n in map(sets.negation, conditions) if not sets.empty((*known, n))]
        if not possible:
            return []
        found.append(max(possible, key=lambda g: (g.kind == "ge", len(g.symbols))))
    return found


def _required(equation: Equation, read: Read, requirement: Guard) -> Problem:
    message = f"`{access_text(read.access)}` needs {guard_text(requirement)}"
    return problem("range", equation, message, read.access, requirement)


def _outside(
    model: Model, equation: Equation, read: Read, position: int, point: Mapping[str, int] | None
) -> Problem:
    access = read.access
    array: Array = model.arrays[access.name]
    subscript = access.subscripts[position]
    which = "subscript" if array.rank == 1 else f"{_ordinal(position)} subscript"
    where = ""
    if isinstance(subscript, Affine):
        symbols = {s: (point or {}).get(s, 0) for s in subscript.symbols}
        at = f"at {point_text(symbols)} " if symbols else ""
        where = f"{at}its {which} is {subscript.evaluate(symbols)}"
    else:
        values = " and ".join(map(range_text, lookup_values(model, subscript))) or "unknown"
        where = f"its {which} `{subscript_text(subscript)}` has values in {values}"
    message = f"`{access_text(access)}` is outside `{name_text(access.name)}`: {where}, not in "
    return problem("range", equation, message + range_text(array.axes[position]), access)


def _ordinal(position: int) -> str:
    return ORDINALS[position] if position < len(ORDINALS) else f"{position + 1}th"
