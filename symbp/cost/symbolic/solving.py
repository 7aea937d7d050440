"""Linear recurrences x(τ) = r x(τ−1) + g(τ) of vectors of counts, in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from symbp.calculus.affine import Affine
from symbp.calculus.graph import components
from symbp.cost.convention import Key
from symbp.cost.symbolic.context import NoClosedForm
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.polynomial import Polynomial
from symbp.cost.symbolic.reductions import Cost, Count

STEP = "@step"
"""The number that counts steps; no index has this name."""
_NEXT = "@next"


class Earlier(NamedTuple):
    """The cost of what `name` holds `distance` steps earlier, as an unknown."""

    name: str
    distance: int


class Law(NamedTuple):
    """cost(τ) = Σ factor · cost of what is earlier + own(τ)."""

    factors: Mapping[Earlier, Polynomial]
    own: Mapping[Key, Form]


def law(cost: Cost, name: str) -> Law:
    """A cost with unknowns among its keys as a law; a factor that varies raises NoClosedForm."""
    factors: dict[Earlier, Polynomial] = {}
    own: dict[Key, Form] = {}
    for key, count in cost.items():
        if not isinstance(key, Earlier):
            own[key] = Form.of(count)
            continue
        factor = Form.of(count).polynomial
        if factor is None or STEP in factor.symbols:
            raise NoClosedForm("width", name)
        factors[key] = factor
    return Law(factors, own)


def solved(laws: Mapping[str, Law], first: Affine, before: Mapping[str, Cost]) -> dict[str, Cost]:
    """Each cost as a function of STEP from `first` on, given what is known at `first` − 1 of the unknowns.

    A law that reads itself one step earlier is x(τ) = r^{τ−p+1} x(p−1) + Σ_{u=p..τ} r^{τ−u} g(u). Names that read each
    other otherwise raise NoClosedForm.
    """
    wanted = {e.name for own in laws.values() for e in own.factors}
    successors = {name: [e.name for e in own.factors] for name, own in laws.items()}
    found: dict[str, Cost] = {}
    for group in components(tuple(laws), successors):
        if len(group) > 1:
            raise NoClosedForm("roots", group[0])
        name = group[0]
        own = laws[name]
        own_distances = [e.distance for e in own.factors if e.name == name]
        if any(d != 1 for d in own_distances):
            raise NoClosedForm("roots", name)
        inhomogeneous = _substituted(own, name, found)
        if own_distances:
            r = own.factors[Earlier(name, 1)]
            found[name] = _first_order(r, inhomogeneous, first, before[name])
        else:
            found[name] = dict(inhomogeneous)
    assert wanted <= set(found)
    return found


def at_step(cost: Cost, step: Affine) -> dict[Key, Form]:
    """A cost that is a function of STEP, at a step."""
    return {key: Form.of(count).substitute({STEP: step}).normal() for key, count in cost.items()}


def _substituted(own: Law, name: str, found: Mapping[str, Cost]) -> dict[Key, Form]:
    """g(τ): what the law adds to its own earlier cost."""
    total = dict(own.own)
    for earlier, factor in own.factors.items():
        if earlier.name == name:
            continue
        for key, form in at_step(found[earlier.name], Affine.of(STEP) - earlier.distance).items():
            total[key] = total.get(key, Form.of(0)) + form * factor
    return total


def _first_order(r: Polynomial, g: Mapping[Key, Form], first: Affine, start: Cost) -> dict[Key, Count]:
    step, following = Affine.of(STEP), Affine.of(_NEXT)
    result: dict[Key, Count] = {}
    for key in dict.fromkeys((*start, *g)):
        initial = Form.of(start.get(key, 0)).raised(r, step - first + 1)
        inside = g.get(key, Form.of(0)).raised(r, -step).summed(STEP, first, following)
        added = inside.raised(r, following).substitute({_NEXT: step})
        result[key] = (initial + added).normal()
    return result


def same(a: Cost, b: Cost, keys: Sequence[Key] = ()) -> bool:
    """Whether two costs are equal as closed forms."""
    return all(not (_at(a, k) - _at(b, k)).normal() for k in dict.fromkeys((*a, *b, *keys)))


def _at(cost: Cost, key: Key) -> Form:
    count: Count = cost.get(key, 0)
    return Form.of(count)
