"""A Model's forward pass as one plain recursive function over any kind of number: what other systems differentiate.

It shares nothing with the product's evaluators but the data types, and works element by element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from symbp.calculus.affine import Affine, Guard, Index, Subscript
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    Select,
)
from symbp.calculus.model import Model, definition_of

Key = tuple[int, ...]
Elements = Mapping[str, Mapping[Key, Any]]
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}


class Interpreter:
    """The values of a model's names. `functions` has the scalar functions, `pi`, and `constant` for literal numbers."""

    def __init__(
        self, model: Model, sizes: Mapping[str, int], elements: Elements, functions: Mapping[str, Callable[..., Any]]
    ) -> None:
        self.definitions = {e.target: definition_of(e) for e in model.equations}
        self.sizes = sizes
        self.elements = elements
        self.functions = functions
        self.memo: dict[tuple[str, Key], Any] = {}

    def value(self, name: str, key: Key = ()) -> Any:
        if name in self.elements:
            return self.elements[name][key]
        if (name, key) not in self.memo:
            definition = self.definitions[name]
            at = {i.name: k for i, k in zip(definition.indices, key, strict=True)}
            self.memo[name, key] = self.evaluate(definition.body, at)
        return self.memo[name, key]

    def evaluate(self, e: Expr, at: Mapping[str, int]) -> Any:
        f = self.functions
        match e:
            case Number(value):
                return f["constant"](value)
            case Constant():
                return f["pi"]()
            case Position(form):
                return f["constant"](Fraction(self.affine(form, at)))
            case Access(name, subscripts):
                return self.value(name, tuple(self.subscript(s, at) for s in subscripts))
            case Add(terms):
                return sum((self.evaluate(t, at) for t in terms[1:]), start=self.evaluate(terms[0], at))
            case Mul(factors):
                result = self.evaluate(factors[0], at)
                for factor in factors[1:]:
                    result = result * self.evaluate(factor, at)
                return result
            case Power(base, Number(exponent)) if exponent.denominator == 1:
                return self.evaluate(base, at) ** exponent.numerator
            case Power(base, Position(form)):
                return self.evaluate(base, at) ** self.affine(form, at)
            case Power(base, exponent):
                return self.evaluate(base, at) ** self.evaluate(exponent, at)
            case Apply(name, arguments, _):
                return f[name](*(self.evaluate(a, at) for a in arguments))
            case Cases(branches):
                bodies = (body for guards, body in branches if self.hold(guards, at))
                first = next(bodies, None)
                return f["constant"](Fraction(0)) if first is None else self.evaluate(first, at)
            case Select(relation, left, right, yes, no):
                holds = bool(RELATIONS[relation](self.evaluate(left, at), self.evaluate(right, at)))
                return self.evaluate(yes if holds else no, at)
            case Reduce():
                return self.reduce(e, at)
        raise TypeError(f"{type(e).__name__} is no part of a forward model")

    def reduce(self, e: Reduce, at: Mapping[str, int]) -> Any:
        points = [point for point in self.points(e.binders, at) if self.hold(e.guards, point)]
        values = [(point, self.evaluate(e.body, point)) for point in points]
        match e.kind:
            case "sum":
                return sum((v for _, v in values), start=self.functions["constant"](Fraction(0)))
            case "prod":
                result = self.functions["constant"](Fraction(1))
                for _, value in values:
                    result = result * value
                return result
            case _:
                best, where = values[0][1], values[0][0]
                for point, value in values[1:]:
                    if bool(value > best if e.kind.endswith("max") else value < best):
                        best, where = value, point
                return where[e.binders[e.component].name] if e.kind.startswith("arg") else best

    def points(self, binders: tuple[Index, ...], at: Mapping[str, int]) -> list[dict[str, int]]:
        """Every tuple of the binders in lexicographic order; a range may read the binders before it."""
        found = [dict(at)]
        for b in binders:
            found = [
                {**point, b.name: k} for point in found
                for k in range(self.affine(b.range.lower, point), self.affine(b.range.upper, point) + 1)
            ]
        return found

    def hold(self, guards: tuple[Guard, ...], at: Mapping[str, int]) -> bool:
        return all(
            g.holds({**self.sizes, **at}, self.subscript(g.lookup, at) if g.lookup is not None else None)
            for g in guards
        )

    def subscript(self, subscript: Subscript, at: Mapping[str, int]) -> int:
        if isinstance(subscript, Affine):
            return self.affine(subscript, at)
        return int(self.value(subscript.array, tuple(self.affine(s, at) for s in subscript.subscripts)))

    def affine(self, form: Affine, at: Mapping[str, int]) -> int:
        return form.evaluate({**self.sizes, **at})


def keys(model: Model, name: str, sizes: Mapping[str, int]) -> list[Key]:
    """Every index tuple of an array."""
    spans = (range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in model.arrays[name].axes)
    return list(product(*spans))
