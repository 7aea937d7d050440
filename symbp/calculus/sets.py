"""Decisions about sets of integers: empty, implied, disjoint, covered; projections and case splits.

A set is a sequence of guards, all of which hold. Every symbol is an integer, and so is each distinct `Lookup`, of which
nothing else is known. Sizes are at least 1 only where the caller says so: see `positive`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from symbp.calculus import presburger
from symbp.calculus.affine import Affine, Guard, Lookup
from symbp.calculus.decide import Key, Numbering, rows_empty, rows_imply, rows_projected
from symbp.calculus.linear import Row, opposite, tidy

GuardSet = tuple[Guard, ...]


def positive(sizes: Iterable[str]) -> GuardSet:
    """size ≥ 1 for each."""
    return tuple(Guard("ge", Affine(((s, 1),), -1)) for s in sizes)


class Background:
    """What is known of a model's sizes: each is at least 1, and the requirements hold."""

    def __init__(self, sizes: Iterable[str], requirements: Sequence[Guard] = ()) -> None:
        self._sizes = frozenset(sizes)
        self._holding: dict[str, list[Guard]] = {}
        for g in requirements:
            for s in g.symbols:
                self._holding.setdefault(s, []).append(g)

    def about(self, guards: Iterable[Guard]) -> GuardSet:
        """The knowledge that bears on some guards: about their sizes, and the sizes that these are related to."""
        waiting = [s for g in guards for s in g.symbols]
        found: dict[Guard, None] = {}
        seen: set[str] = set()
        while waiting:
            s = waiting.pop()
            if s in seen or s not in self._sizes:
                continue
            seen.add(s)
            found[Guard("ge", Affine(((s, 1),), -1))] = None
            for g in self._holding.get(s, ()):
                found[g] = None
                waiting.extend(g.symbols)
        return tuple(found)


def negation(guard: Guard) -> Guard:
    """The guard that holds exactly where this one does not; a `ge` on a lookup has none and raises ValueError."""
    if guard.kind == "ge":
        if guard.lookup is not None:
            raise ValueError("an inequality on a lookup has no negation as one guard")
        return Guard("ge", -guard.form - 1)
    kinds = {"eq": "ne", "ne": "eq", "divides": "not_divides", "not_divides": "divides"}
    return Guard(kinds[guard.kind], guard.form, guard.modulus, guard.lookup)  # type: ignore[arg-type]


def empty(guards: Sequence[Guard]) -> bool:
    """Whether no integers satisfy them all."""
    return rows_empty(Numbering(guards).rows(guards))


def implies(context: Sequence[Guard], guard: Guard) -> bool:
    """Whether the guard holds wherever the context does."""
    if guard in context:
        return True
    numbering = Numbering((*context, guard))
    return rows_imply(numbering.rows(context), numbering.row(guard))


def all_implied(context: Sequence[Guard], guards: Iterable[Guard]) -> bool:
    """Whether every one of the guards holds wherever the context does."""
    return all(implies(context, g) for g in guards)


def redundant_dropped(guards: Sequence[Guard], context: Sequence[Guard]) -> GuardSet:
    """The guards without those, first ones first, that the context and the other remaining guards imply.

    Only what the context says about symbols that are connected to the guards' is used.
    """
    kept = list(dict.fromkeys(guards))
    if len(context) > LONG_CONTEXT:
        context = _connected(context, kept)
    numbering = Numbering((*context, *kept))
    known = numbering.rows(context)
    rows = {g: numbering.row(g) for g in kept}
    for g in tuple(kept):
        if rows_imply([*known, *(rows[k] for k in kept if k != g)], rows[g]):
            kept.remove(g)
    return tuple(kept)


LONG_CONTEXT = 16
"""A longer context is searched for what bears on a question before it is used."""


def _connected(context: Sequence[Guard], guards: Iterable[Guard]) -> list[Guard]:
    """The part of the context that shares symbols with the guards, directly or through other parts."""
    holding: dict[str, list[int]] = {}
    for k, g in enumerate(context):
        for s in g.symbols:
            holding.setdefault(s, []).append(k)
    waiting = [s for g in guards for s in g.symbols]
    found: set[int] = set()
    while waiting:
        for k in holding.pop(waiting.pop(), ()):
            if k not in found:
                found.add(k)
                waiting.extend(context[k].symbols)
    return [context[k] for k in sorted(found)]


def disjoint(a: Sequence[Guard], b: Sequence[Guard], context: Sequence[Guard]) -> bool:
    """Whether a and b hold nowhere together in the context."""
    return empty((*context, *a, *b))


def covered(context: Sequence[Guard], alternatives: Sequence[Sequence[Guard]]) -> bool:
    """Whether some alternative holds at every point of the context."""
    return not _uncovered(context, alternatives)


def uncovered_point(context: Sequence[Guard], alternatives: Sequence[Sequence[Guard]]) -> dict[str, int] | None:
    """A small point of the context where no alternative holds, by symbol; None if there is none."""
    pieces = _uncovered(context, alternatives)
    if not pieces:
        return None
    numbering = Numbering((*context, *(g for a in alternatives for g in a)))
    point = presburger.small_point(pieces[0], len(numbering.keys))
    if point is None:
        return None
    return {key: value for key, value in zip(numbering.keys, point, strict=True) if isinstance(key, str)}


def sample(guards: Sequence[Guard]) -> dict[str, int] | None:
    """A small point where the guards hold, by symbol; None if there is none."""
    return uncovered_point(guards, ())


def project(guards: Sequence[Guard], eliminate: Collection[str]) -> tuple[GuardSet, ...]:
    """∃ eliminate of the guards, as disjuncts over the remaining symbols, no empty ones.

    A lookup at an eliminated symbol is eliminated with it, and a bound on the value of a lookup that only follows from
    the guards is left out; without lookups the answer is exact.
    """
    numbering = Numbering(guards)
    gone = [k for k, key in enumerate(numbering.keys) if _touches(key, eliminate)]
    result = []
    for rows in rows_projected(tuple(numbering.rows(guards)), tuple(gone), len(numbering.keys)):
        named = tuple(g for r in rows if (g := numbering.guard(r)) is not None)
        if not empty(named):
            result.append(redundant_dropped(named, ()))
    return tuple(dict.fromkeys(result))


def cells(
    context: Sequence[Guard], guard_sets: Sequence[Sequence[Guard]]
) -> tuple[tuple[GuardSet, tuple[int, ...]], ...]:
    """The context split into disjoint cells by which guard sets hold: (guards beyond the context, those that hold).

    Empty cells are dropped. A cell's guards are few, equalities where the context leaves one value, and strict
    inequalities rather than ≠ where the context excludes one side. Cells where more of the first sets hold come first.
    """
    parts: list[tuple[GuardSet, tuple[int, ...]]] = [] if empty(context) else [((), ())]
    for k, guards in enumerate(guard_sets):
        parts = [split for inside, held in parts for split in _split(context, inside, held, tuple(guards), k)]
    groups: dict[tuple[int, ...], list[GuardSet]] = {}
    for inside, held in parts:
        groups.setdefault(held, []).append(shortened(inside, context))
    return tuple((g, held) for held, alternatives in groups.items() for g in merged(alternatives, context))


def shortened(guards: Sequence[Guard], context: Sequence[Guard]) -> GuardSet:
    """The same guards within the context, as a reader wants them: equalities, strict inequalities, none superfluous."""
    result = list(guards)
    for k, g in enumerate(result):
        others = (*context, *result[:k], *result[k + 1 :])
        result[k] = _sharpened(g, others)
    return redundant_dropped(result, context)


def merged(alternatives: Sequence[GuardSet], context: Sequence[Guard]) -> list[GuardSet]:
    """The alternatives with pairs whose union is one set of guards joined."""
    result = list(alternatives)
    joined = True
    while joined:
        joined = False
        for a, b in combinations(result, 2):
            union = _union(a, b, context)
            if union is not None:
                result[result.index(a)] = union
                result.remove(b)
                joined = True
                break
    return result


def _union(a: GuardSet, b: GuardSet, context: Sequence[Guard]) -> GuardSet | None:
    """Guards that hold exactly where a or b does, from the bounds of both; None where these don't suffice."""
    candidates = dict.fromkeys(w for g in (*a, *b) for w in _weakened(g))
    common = [
        g for g in candidates if implies((*context, *a), g) and implies((*context, *b), g) and not implies(context, g)
    ]
    if not covered((*context, *common), (a, b)):
        return None
    return shortened(common, context)


def _weakened(g: Guard) -> tuple[Guard, ...]:
    """A guard, and weaker ones that its union with a neighbour may have."""
    if g.lookup is not None:
        return (g,)
    if g.kind == "eq":
        return Guard("ge", g.form), Guard("ge", -g.form), g
    if g.kind == "ge":
        return g, Guard("ge", g.form + 1), Guard("ne", g.form + 1)
    return (g,)


def _sharpened(g: Guard, context: Sequence[Guard]) -> Guard:
    """e ≥ 0 as e = 0 where e ≤ 0 is known; e ≠ 0 as e ≥ 1 or e ≤ −1 where the other side is excluded."""
    if g.lookup is not None:
        return g
    if g.kind == "ge" and implies(context, Guard("ge", -g.form)):
        return Guard("eq", g.form)
    if g.kind == "ne":
        if implies(context, Guard("ge", g.form)):
            return Guard("ge", g.form - 1)
        if implies(context, Guard("ge", -g.form)):
            return Guard("ge", -g.form - 1)
    return g


def _split(
    context: Sequence[Guard], inside: GuardSet, held: tuple[int, ...], guards: GuardSet, k: int
) -> list[tuple[GuardSet, tuple[int, ...]]]:
    """The part of a cell where the guards hold, then the parts where they don't."""
    unknown = tuple(g for g in guards if not implies((*context, *inside), g))
    parts: list[tuple[GuardSet, tuple[int, ...]]] = []
    if not empty((*context, *inside, *unknown)):
        parts.append(((*inside, *unknown), (*held, k)))
    for n, g in enumerate(unknown):
        outside = (*inside, *unknown[:n], negation(g))
        if not empty((*context, *outside)):
            parts.append((outside, held))
    return parts


def _uncovered(context: Sequence[Guard], alternatives: Sequence[Sequence[Guard]]) -> list[list[Row]]:
    """context ∖ ∪ alternatives as disjoint sets of rows, empty ones dropped."""
    numbering = Numbering((*context, *(g for a in alternatives for g in a)))
    left = [numbering.rows(context)]
    if rows_empty(left[0]):
        return []
    for alternative in alternatives:
        rows = numbering.rows(alternative)
        left = [part for piece in left for part in _difference(piece, rows)]
    return left


def _difference(piece: list[Row], rows: list[Row]) -> list[list[Row]]:
    """piece ∖ rows: where the first row fails, where the second fails and the first holds, and so on."""
    parts = []
    inside: list[Row] | None = piece
    for r in rows:
        if inside is None:
            break
        outside = tidy((*inside, opposite(r)))
        if outside is not None and not rows_empty(outside):
            parts.append(outside)
            inside = tidy((*inside, r))
    return parts


def _touches(key: Key, symbols: Collection[str]) -> bool:
    if isinstance(key, Lookup):
        return any(s in symbols for s in key.symbols)
    return key in symbols
