"""What each parameter does in a model: a weight leads from a value to a unit, a bias or threshold belongs to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Access, Reduce, walk
from symbp.calculus.model import Model, Role
from symbp.calculus.network import Network

Part = Literal["weight", "bias", "threshold"]


@dataclass(frozen=True)
class Connection:
    """A parameter's part in the equation of `target`: a weight multiplies `source` there; `indices` are all letters."""

    parameter: Access
    part: Part
    indices: tuple[Index, ...]
    target: Access
    source: Access | None = None


def connections(model: Model) -> Mapping[str, Connection]:
    """What each parameter connects; those of several parts, or of none that is told so, are left out."""
    network = Network(model)
    found: dict[str, list[Connection]] = {}
    for w in network.weightings:
        equation = _equation(network, w.target, w.weight)
        if equation is not None and len(w.values) == 1:
            connection = Connection(w.weight, "weight", _indices(equation), w.target, w.values[0])
            found.setdefault(w.weight.name, []).append(connection)
    for shift in network.shifts:
        for equation in network.cases[shift.target]:
            if any(a == shift.parameter for a in walk(equation.body)):
                part: Part = "bias" if shift.sign > 0 else "threshold"
                connection = Connection(shift.parameter, part, _indices(equation), equation.target)
                found.setdefault(shift.parameter.name, []).append(connection)
    single = {name: several[0] for name, several in found.items() if len(set(several)) == 1}
    return {name: c for name, c in single.items() if _is_plain(c.parameter)}


def is_one_example(model: Model) -> bool:
    """Whether targets are given, and for one example: no range of theirs counts examples.

    Such a range is an input's too and no parameter's, and isn't time, along which the model runs.
    """
    targets, inputs, parameters = (
        {axis for a in model.arrays.values() if a.role is role for axis in a.axes}
        for role in (Role.TARGET, Role.INPUT, Role.PARAM)
    )
    steps = {model.index_ranges[letter] for letter in Network(model).time_letters if letter in model.index_ranges}
    roles = [a.role for a in model.arrays.values()]
    return Role.TARGET in roles and Role.INPUT in roles and not (targets & inputs) - parameters - steps


def _equation(network: Network, target: Access, parameter: Access) -> DisplayEquation | None:
    lines = network.cases.get(target.name, ())
    return next((e for e in lines if e.target == target and any(a == parameter for a in walk(e.body))), None)


def _indices(equation: DisplayEquation) -> tuple[Index, ...]:
    bound = (b for n in walk(equation.body) if isinstance(n, Reduce) for b in n.binders)
    return (*equation.indices, *dict.fromkeys(bound))


def _is_plain(access: Access) -> bool:
    symbols = [s.as_symbol for s in access.subscripts if isinstance(s, Affine)]
    return all(symbols) and len(set(symbols)) == len(access.subscripts)
