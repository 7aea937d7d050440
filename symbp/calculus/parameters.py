"""What each parameter does in a model: a weight leads from a value to a unit, a bias or threshold belongs to one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Access, Add, Expr, Reduce, accesses, split_coefficient, walk
from symbp.calculus.model import Model, Role
from symbp.calculus.network import Network

Part = Literal["weight", "factor", "bias", "threshold"]


@dataclass(frozen=True)
class Connection:
    """A parameter's part in the equation of `target`; `indices` are all letters.

    A weight multiplies `source` under a sum, or among single numbers; a factor does so unit by unit.
    """

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
    for name, factors in _factors(network).items():
        if name not in found:
            found[name] = factors
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


def _factors(network: Network) -> Mapping[str, list[Connection]]:
    """Parameters that multiply one unit's value in a term of an equation, and those added or subtracted beside them."""
    found: dict[str, list[Connection]] = {}
    for equation in network.equations:
        terms = equation.body.terms if isinstance(equation.body, Add) else (equation.body,)
        parts = [c for term in terms for c in _term(network, equation, term)]
        if any(c.part == "factor" for c in parts):
            for c in parts:
                found.setdefault(c.parameter.name, []).append(c)
    once = _places(network)
    return {name: parts for name, parts in found.items() if once[name] == 1}


def _term(network: Network, equation: DisplayEquation, term: Expr) -> Iterator[Connection]:
    """γ â with γ a parameter and â a value; or a parameter alone."""
    coefficient, factors = split_coefficient(term)
    reads = [f for f in factors if isinstance(f, Access)]
    parameters = [a for a in reads if network.role(a.name) is Role.PARAM]
    values = [a for a in reads if network.role(a.name) in (Role.INPUT, Role.DEFINED)]
    if abs(coefficient) != 1 or len(parameters) != 1 or len(reads) != len(factors):
        return
    if len(reads) == 2 and len(values) == 1 and coefficient == 1:
        yield Connection(parameters[0], "factor", equation.indices, equation.target, values[0])
    elif len(reads) == 1:
        part: Part = "bias" if coefficient > 0 else "threshold"
        yield Connection(parameters[0], part, equation.indices, equation.target)


def _places(network: Network) -> Counter[str]:
    """How often each name is read."""
    return Counter(a.name for e in network.equations for a in accesses(e.body))


def _equation(network: Network, target: Access, parameter: Access) -> DisplayEquation | None:
    lines = network.cases.get(target.name, ())
    return next((e for e in lines if e.target == target and any(a == parameter for a in walk(e.body))), None)


def _indices(equation: DisplayEquation) -> tuple[Index, ...]:
    bound = (b for n in walk(equation.body) if isinstance(n, Reduce) for b in n.binders)
    return (*equation.indices, *dict.fromkeys(bound))


def _is_plain(access: Access) -> bool:
    symbols = [s.as_symbol for s in access.subscripts if isinstance(s, Affine)]
    return all(symbols) and len(set(symbols)) == len(access.subscripts)
