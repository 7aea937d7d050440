"""A second reading of the language: evaluates a syntax tree directly, with no Model in between.

Letters have the ranges of their `index` statements. It shares nothing with the product but the parser's tree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from symbp.language import syntax

Key = tuple[int, ...]
Env = Mapping[str, float]

FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp, "log": math.log, "ln": math.log, "sqrt": math.sqrt, "abs": abs, "sin": math.sin, "cos": math.cos,
    "tanh": math.tanh, "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "relu": lambda x: max(0.0, x),
    "max": max, "min": min, "stop": lambda x: x, "softplus": lambda x: math.log1p(math.exp(x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
}

RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}


class Reading:
    """The values of a program's definitions at given sizes and given values of its declared arrays."""

    def __init__(
        self, program: syntax.Program, sizes: Mapping[str, int], values: Mapping[str, Mapping[Key, float]],
        functions: Mapping[str, Callable[..., float]] | None = None,
    ) -> None:
        self.sizes = sizes
        self.values = values
        self.functions = {**FUNCTIONS, **(functions or {})}
        self.indices: dict[str, syntax.Binder] = {}
        self.helpers: dict[str, syntax.FunctionDefinition] = {}
        self.cases: dict[str, list[syntax.Definition]] = {}
        self.axes: dict[str, tuple[syntax.Axis, ...]] = {}
        self.known: dict[tuple[str, Key], float] = {}
        for s in program.statements:
            match s:
                case syntax.IndexDeclaration(ranges=ranges):
                    self.indices.update((b.name, b) for b in ranges)
                case syntax.FunctionDefinition(name=name):
                    self.helpers[name] = s
                case syntax.Definition(name=name):
                    self.cases.setdefault(name, []).append(s)
                case syntax.Declaration(names=names):
                    self.axes.update((d.name, d.axes) for d in names)

    def element(self, name: str, key: Key) -> float:
        """name[key], by its most literal case."""
        if name in self.values:
            return self.values[name][key]
        if (name, key) not in self.known:
            cases = sorted(self.cases[name], key=lambda c: -sum(not self._is_letter(s) for s in c.subscripts))
            case = next(c for c in cases if self._reaches(c, key))
            env = {s.name: k for s, k in zip(case.subscripts, key, strict=True) if self._is_letter(s)}  # type: ignore[union-attr]
            self.known[name, key] = self.number(case.body, env)
        return self.known[name, key]

    def _is_letter(self, e: syntax.Expression) -> bool:
        return isinstance(e, syntax.Name) and e.name in self.indices

    def _reaches(self, case: syntax.Definition, key: Key) -> bool:
        for s, k in zip(case.subscripts, key, strict=True):
            if isinstance(s, syntax.Name) and s.name in self.indices:
                if k not in self.range(self.indices[s.name], {}):
                    return False
            elif self.number(s, {}) != k:
                return False
        return True

    def range(self, b: syntax.Binder, env: Env) -> range:
        stated = b if b.lower is not None else self.indices[b.name]
        assert stated.lower is not None and stated.upper is not None
        return range(int(self.number(stated.lower, env)), int(self.number(stated.upper, env)) + 1)

    def number(self, e: syntax.Expression, env: Env) -> float:
        match e:
            case syntax.Numeral(value=value):
                return int(value) if value.denominator == 1 else float(value)
            case syntax.Name(name=name):
                if name in env:
                    return env[name]
                if name in self.sizes:
                    return self.sizes[name]
                return math.pi if name == "pi" else self.element(name, ())
            case syntax.Subscripted(name=name, subscripts=subscripts):
                return self.element(name, tuple(int(self.number(s, env)) for s in subscripts))
            case syntax.Sum(terms=terms):
                return sum(sign * self.number(t, env) for sign, t in terms)
            case syntax.Product(factors=factors):
                result = 1.0
                for exponent, f in factors:
                    value = self.number(f, env)
                    result = result * value if exponent == 1 else result / value
                return int(result) if result.is_integer() else result
            case syntax.Negative(operand=operand):
                return -self.number(operand, env)
            case syntax.PowerOf(base=base, exponent=exponent_of):
                return float(self.number(base, env) ** self.number(exponent_of, env))
            case syntax.Call():
                return self.call(e, env)
            case syntax.Reduction():
                return self.reduction(e, env)
            case syntax.Where(condition=condition, yes=yes, no=no):
                return self.number(yes if self.truth(condition, env) else no, env)

    def call(self, e: syntax.Call, env: Env) -> float:
        if e.function == "pad":
            read, outside = e.arguments
            assert isinstance(read, syntax.Subscripted)
            key = tuple(int(self.number(s, env)) for s in read.subscripts)
            stored = self.values.get(read.name, {})
            return stored[key] if key in stored else self.number(outside, env)
        arguments = [self.number(a, env) for a in e.arguments]
        helper = self.helpers.get(e.function)
        if helper is None:
            return self.functions[e.function](*arguments)
        return self.number(helper.body, dict(zip((n for n, _ in helper.parameters), arguments, strict=True)))

    def points(self, binders: tuple[syntax.Binder, ...], env: Env) -> Iterator[dict[str, Any]]:
        found: list[dict[str, Any]] = [dict(env)]
        for b in binders:
            found = [{**x, b.name: k} for x in found for k in self.range(b, x)]
        return (x for x in found if all(b.condition is None or self.truth(b.condition, x) for b in binders))

    def reduction(self, e: syntax.Reduction, env: Env) -> float:
        elementwise = all(b.lower is None and b.condition is None and b.name not in self.indices for b in e.binders)
        if e.function in ("max", "min") and elementwise:
            names = [self.number(syntax.Name(b.span, b.name), env) for b in e.binders]
            return self.functions[e.function](*names, self.number(e.body, env))
        values = [self.number(e.body, x) for x in self.points(e.binders, env)]
        match e.function:
            case "sum":
                return sum(values)
            case "prod":
                return math.prod(values)
            case "mean":
                return sum(values) / len(values)
            case "max":
                return max(values)
            case "min":
                return min(values)
            case "logsumexp":
                return math.log(sum(math.exp(v) for v in values))
            case _:
                (b,) = e.binders
                if b.condition is not None and not self.truth(b.condition, env):
                    return 0.0
                return math.exp(self.number(e.body, env)) / sum(math.exp(v) for v in values)

    def truth(self, c: syntax.Condition, env: Env) -> bool:
        match c:
            case syntax.Comparison(operands=operands, relations=relations):
                values = [self.number(o, env) for o in operands]
                links = zip(values[:-1], relations, values[1:], strict=True)
                return all(RELATIONS[r](a, b) for a, r, b in links)
            case syntax.Not(operand=operand):
                return not self.truth(operand, env)
            case syntax.And(operands=several):
                return all(self.truth(s, env) for s in several)
            case syntax.Or(operands=several):
                return any(self.truth(s, env) for s in several)


def keys(ranges: tuple[range, ...]) -> list[Key]:
    return list(product(*ranges))
