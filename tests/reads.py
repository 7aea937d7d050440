"""Which elements read which: the graph of a model written out at given sizes, from its displayed equations alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from symbp.calculus.affine import Affine, Guard, Index, Subscript
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access, Cases, Expr, Reduce, children

Element = tuple[str, tuple[int, ...]]
Values = dict[str, int]
Integers = Mapping[Element, int]
"""The integer inputs' elements."""


def graph(derivation: Derivation, sizes: Mapping[str, int], integers: Integers) -> dict[Element, frozenset[Element]]:
    """For each element of a defined name, the elements that its equation reads there."""
    found: dict[Element, frozenset[Element]] = {}
    for equation in derivation.forward:
        for values in assignments(equation.indices, sizes, equation.guards, integers):
            key = tuple(number(s, values, integers) for s in equation.target.subscripts)
            found[equation.target.name, key] = frozenset(_read(equation.body, values, integers))
    return found


def assignments(
    indices: Sequence[Index], values: Mapping[str, int], guards: Sequence[Guard], integers: Integers
) -> Iterator[Values]:
    """Every choice of the indices within their ranges at which the guards hold."""
    found: list[Values] = [dict(values)]
    for i in indices:
        found = [
            {**v, i.name: k}
            for v in found
            for k in range(i.range.lower.evaluate(v), i.range.upper.evaluate(v) + 1)
        ]
    return (v for v in found if hold(guards, v, integers))


def hold(guards: Sequence[Guard], values: Mapping[str, int], integers: Integers) -> bool:
    return all(g.holds(values, None if g.lookup is None else number(g.lookup, values, integers)) for g in guards)


def number(subscript: Subscript, values: Mapping[str, int], integers: Integers) -> int:
    if isinstance(subscript, Affine):
        return subscript.evaluate(values)
    return integers[subscript.array, tuple(s.evaluate(values) for s in subscript.subscripts)]


def element(access: Access, values: Mapping[str, int], integers: Integers) -> Element:
    return access.name, tuple(number(s, values, integers) for s in access.subscripts)


def _read(e: Expr, values: Values, integers: Integers) -> Iterator[Element]:
    match e:
        case Access():
            yield element(e, values, integers)
        case Reduce(_, binders, guards, body):
            for inner in assignments(binders, values, guards, integers):
                yield from _read(body, inner, integers)
        case Cases(branches):
            for guards, body in branches:
                if hold(guards, values, integers):
                    yield from _read(body, values, integers)
                    return
        case _:
            for part in children(e):
                yield from _read(part, values, integers)


def drawn_integers(derivation: Derivation, sizes: Mapping[str, int]) -> dict[Element, int]:
    """Each integer input's elements: the values of its range, one after the other."""
    found: dict[Element, int] = {}
    for array in derivation.model.arrays.values():
        if array.values is None:
            continue
        lower, upper = array.values.lower.evaluate(sizes), array.values.upper.evaluate(sizes)
        axes = [range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in array.axes]
        for k, key in enumerate(product(*axes)):
            found[array.name, key] = lower + k % (upper - lower + 1)
    return found
