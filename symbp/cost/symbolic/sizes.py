"""Programs with some sizes replaced, and how large sizes must be for a condition to be decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.indices import substitute
from symbp.calculus.model import Array, Definition
from symbp.cost.program import Program


def with_sizes(program: Program, values: Mapping[str, Affine]) -> Program:
    """The program with some sizes replaced by numbers or by other sizes."""
    if not values:
        return program
    definitions = tuple(
        Definition(
            d.target, tuple(Index(i.name, i.range.substitute(values)) for i in d.indices), substitute(d.body, values)
        )
        for d in program.definitions
    )
    arrays = {
        name: Array(
            a.name, tuple(r.substitute(values) for r in a.axes), a.role,
            a.values.substitute(values) if a.values else None, a.letters,
        )
        for name, a in program.arrays.items()
    }
    sizes = tuple(s for s in program.sizes if s not in values)
    return replace(program, definitions=definitions, arrays=arrays, sizes=sizes)


def at_least(minimum: Mapping[str, int]) -> tuple[Guard, ...]:
    """size ≥ minimum for each."""
    return tuple(Guard("ge", Affine.of(s) - least) for s, least in minimum.items())


def raised(minimum: Mapping[str, int], guard: Guard) -> dict[str, int] | None:
    """Minima above which the guard is decided; None where larger sizes don't decide it.

    With coefficients of one sign its form grows with the sizes; the first of them is raised.
    """
    terms = guard.form.terms
    if guard.kind in ("divides", "not_divides") or any(s not in minimum for s, _ in terms):
        return None
    sign = 1 if terms[0][1] > 0 else -1
    if any(c * sign < 0 for _, c in terms):
        return None
    size, coefficient = terms[0][0], terms[0][1] * sign
    wanted = 1 if guard.kind in ("eq", "ne") or sign < 0 else 0
    others = sum(c * sign * minimum[s] for s, c in terms[1:]) + guard.form.constant * sign
    return {**minimum, size: max(minimum[size], -((others - wanted) // coefficient))}
