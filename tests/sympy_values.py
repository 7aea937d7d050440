"""The value of a SymPy expression at a point by a plain recursive reading of it: an empty range is empty."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import mpmath
import sympy as sp

Env = Mapping[Any, Any]
"""Numbers by symbol; by IndexedBase name, a dictionary from index tuples."""


class Reader:
    """`arrays` maps names to elements; `functions` maps generic functions and their derivatives to callables."""

    def __init__(self, arrays: Mapping[str, Mapping[tuple[int, ...], Any]], functions: Mapping[str, Any]) -> None:
        self.arrays = arrays
        self.functions = functions

    def value(self, e: Any, env: Mapping[str, Any]) -> Any:
        match e:
            case sp.Symbol():
                return env[e.name] if e.name in env else self.arrays[e.name][()]
            case sp.Indexed():
                return self.arrays[e.base.name][tuple(int(self.value(i, env)) for i in e.indices)]
            case sp.Piecewise():
                return next((self.value(b, env) for b, holds in e.args if self.holds(holds, env)), mpmath.mpf(0))
            case sp.Sum() | sp.Product():
                return self.over(e, env)
            case sp.Add():
                return sum((self.value(a, env) for a in e.args), start=mpmath.mpf(0))
            case sp.Mul():
                return mpmath.fprod(self.value(a, env) for a in e.args)
            case sp.Pow():
                return self.value(e.base, env) ** self.value(e.exp, env)
            case sp.Mod():
                return int(self.value(e.args[0], env)) % int(self.value(e.args[1], env))
            case sp.Max():
                return max(self.value(a, env) for a in e.args)
            case sp.Min():
                return min(self.value(a, env) for a in e.args)
            case sp.Heaviside():
                return int(self.value(e.args[0], env) > 0)
            case sp.Subs():
                derivative, places, at = e.args
                name = derivative.expr.func.__name__
                orders = tuple(dict(derivative.variable_count).get(p, 0) for p in derivative.expr.args)
                assert derivative.expr.args == tuple(places)
                return self.functions[f"{name}{tuple(map(int, orders))}"](*(self.value(a, env) for a in at))
        if e.is_number:
            return mpmath.mpf(e.p) / e.q if e.is_Rational else mpmath.mpmathify(e.evalf(30))
        name = type(e).__name__
        if name in ("maximum", "minimum", "argmax", "argmin"):
            return self.extremum(name, e.args, env)
        if name == "where":
            return self.value(e.args[1] if self.holds(e.args[0], env) else e.args[2], env)
        if name == "stop":
            return self.value(e.args[0], env)
        known = {"Abs": abs, "sign": mpmath.sign, **self.functions}
        function = known.get(name) or getattr(mpmath, name)
        return function(*(self.value(a, env) for a in e.args))

    def points(self, limits: Any, env: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = [dict(env)]
        for s, low, high in limits:
            found = [
                {**p, s.name: k} for p in found for k in range(int(self.value(low, p)), int(self.value(high, p)) + 1)
            ]
        return found

    def over(self, e: Any, env: Mapping[str, Any]) -> Any:
        values = (self.value(e.function, p) for p in self.points(reversed(e.limits), env))
        return sum(values, start=mpmath.mpf(0)) if isinstance(e, sp.Sum) else mpmath.fprod(values)

    def extremum(self, name: str, arguments: Any, env: Mapping[str, Any]) -> Any:
        over, *ranges = arguments
        component = int(ranges.pop()) - 1 if not isinstance(ranges[-1], sp.Tuple) else 0
        limits = [(s, low, high) for s, (low, high) in zip(over.variables, ranges, strict=True)]
        points = self.points(limits, env)
        values = [self.value(over.expr, p) for p in points]
        best = (max if name.endswith("max") or name == "maximum" else min)(values)
        if not name.startswith("arg"):
            return best
        return points[values.index(best)][over.variables[component].name]

    def holds(self, condition: Any, env: Mapping[str, Any]) -> bool:
        match condition:
            case sp.logic.boolalg.BooleanAtom():
                return bool(condition)
            case sp.And():
                return all(self.holds(c, env) for c in condition.args)
            case sp.Or():
                return any(self.holds(c, env) for c in condition.args)
            case sp.ITE():
                return self.holds(condition.args[1 if self.holds(condition.args[0], env) else 2], env)
            case sp.Not():
                return not self.holds(condition.args[0], env)
        a, b = (self.value(x, env) for x in condition.args)
        relations = {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
        return bool(relations[condition.rel_op])


def bound_names(e: Any) -> list[str]:
    """The bound names of every distinct sum, product and Lambda."""
    found = e.atoms(sp.Sum, sp.Product, sp.Lambda)
    return sorted(str(s) for node in found for s in (node.variables if isinstance(node, sp.Lambda) else
                                                    [limit[0] for limit in node.limits]))


__all__ = ["Reader", "bound_names", "product"]
