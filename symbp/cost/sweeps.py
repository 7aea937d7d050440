"""Which names move in which sweeps, and what a tangent reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus.expression import ZERO, Access, Apply, Expr, Number, Power, Reduce, Select, children
from symbp.calculus.functions import partials
from symbp.cost.program import Program


def swept(program: Program, parameters: Sequence[str]) -> dict[str, int]:
    """The parameters that each defined name moves with and moves the output with, as bits.

    Names that read each other share theirs. What `stop` reads, a condition or a subscript moves nothing.
    """
    moved = dict.fromkeys(program.by_target, 0)
    given = {p: 1 << k for k, p in enumerate(parameters)}
    reads = {d.target: slopes_read(d.body) for d in program.definitions}
    changed = True
    while changed:
        changed = False
        for name, mask in moved.items():
            for r in reads[name]:
                mask |= moved.get(r, given.get(r, 0))
            changed = changed or mask != moved[name]
            moved[name] = mask
    needed = dict.fromkeys(moved, 0)
    needed[program.outputs[0]] = moved[program.outputs[0]]
    changed = True
    while changed:
        changed = False
        for name in reversed(needed):
            for r in reads[name]:
                mask = needed.get(r, 0) | needed[name] & moved.get(r, 0)
                if r in needed and mask != needed[r]:
                    needed[r] = mask
                    changed = True
    return needed


def slopes_read(e: Expr) -> tuple[str, ...]:
    """The names whose tangents the formula's tangent reads, by name."""
    return tuple(sorted(set(_with_slopes(e))))


def _with_slopes(e: Expr) -> Iterator[str]:
    match e:
        case Access(name):
            yield name
        case Apply():
            for part, slope in zip(e.arguments, partials(e), strict=True):
                if slope != ZERO:
                    yield from _with_slopes(part)
        case Power(base, Number(n)):
            if n != 0:
                yield from _with_slopes(base)
        case Select(_, _, _, yes, no):
            yield from _with_slopes(yes)
            yield from _with_slopes(no)
        case Reduce("argmax" | "argmin"):
            return
        case _:
            for part in children(e):
                yield from _with_slopes(part)
