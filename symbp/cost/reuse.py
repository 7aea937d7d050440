"""What is computed once and used again: who reads one element of each quantity, and in how many places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from symbp.calculus.affine import Affine, Guard, Index
from symbp.cost.program import Program
from symbp.cost.readers import Guards, Reader, Uses, is_used, places, together, used_twice, uses


@dataclass(frozen=True)
class Reuse:
    """One element of name[indices] and its readers, in the order in which they are computed."""

    name: str
    indices: tuple[Index, ...]
    readers: tuple[Reader, ...]


def reuses(
    program: Program, names: Collection[str], known: Guards, sizes: Mapping[str, int] | None = None
) -> tuple[Reuse, ...]:
    """The readers of each of the named quantities that has an element which is used twice at the sizes.

    An output is wanted, which is one use more. `known` is what holds of the sizes; without values, any sizes may be
    meant for which it does.
    """
    made = {d.target: d for d in program.definitions if d.target in names}
    at = (*known, *(Guard("eq", Affine.of(s) - value) for s, value in (sizes or {}).items()))
    found: dict[str, list[tuple[str, Uses]]] = {name: [] for name in made}
    for d in program.definitions:
        for place in places(d.body):
            name = place.access.name
            if name in made:
                element = made[name].indices
                met = uses(element, d.indices, place.access.subscripts, place.binders, place.guards, known)
                if met is not None:
                    found[name].append((d.target, met))
    reused = []
    for name, of in found.items():
        element = made[name].indices
        again = is_used if name in program.outputs else used_twice
        if again(tuple(u for _, u in of), element, at):
            named = [replace(r, target=target) for target, u in of for r in u.readers]
            reused.append(Reuse(name, element, together(named, element, known)))
    return tuple(reused)
