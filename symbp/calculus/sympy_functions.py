"""What SymPy lacks and our formulas need, as SymPy functions: `where`, `stop`, and extrema over indices.

SymPy folds a Piecewise out of a sum with its bound index in the condition, so conditions under a sum are `where`s.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import sympy as sp


class where(sp.Function):  # type: ignore[misc]  # noqa: N801
    """where(condition, a, b): a where the condition holds, else b. `.rewrite(Piecewise)` gives a Piecewise."""

    nargs = 3

    @classmethod
    def eval(cls, condition: Any, yes: Any, no: Any) -> Any:
        if condition == True:  # noqa: E712
            return yes
        if condition == False:  # noqa: E712
            return no
        return yes if yes == no else None

    def _eval_derivative(self, s: Any) -> Any:
        condition, yes, no = self.args
        return where(condition, yes.diff(s), no.diff(s))

    def _eval_rewrite_as_Piecewise(self, condition: Any, yes: Any, no: Any, **hints: Any) -> Any:  # noqa: N802
        return sp.Piecewise((yes, condition), (no, True))

    def _eval_evalf(self, prec: int) -> Any:
        condition, yes, no = self.args
        return where(condition, yes._eval_evalf(prec) or yes, no._eval_evalf(prec) or no)

    def _eval_is_extended_real(self) -> Any:
        _, yes, no = self.args
        return True if yes.is_extended_real and no.is_extended_real else None

    def _latex(self, printer: Any, exp: Any = None) -> str:
        condition, yes, no = (printer._print(a) for a in self.args)
        cases = rf"\begin{{cases}} {yes} & \text{{for}}\: {condition} \\ {no} & \text{{otherwise}} \end{{cases}}"
        return cases if exp is None else rf"\left({cases}\right)^{{{exp}}}"


class stop(sp.Function):  # type: ignore[misc]  # noqa: N801
    """stop(x): the value of x, with derivative 0; `.doit()` gives x."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        return sp.S.Zero

    def doit(self, **hints: Any) -> Any:
        return self.args[0].doit(**hints)

    def _eval_evalf(self, prec: int) -> Any:
        return self.args[0]._eval_evalf(prec)

    def _eval_is_extended_real(self) -> Any:
        return self.args[0].is_extended_real


class _Extremum(sp.Function):  # type: ignore[misc]
    """An extremum of Lambda(indices, body) over a range (lower, upper) for each index.

    `.doit()` works it out where the ranges are numbers.
    """

    def doit(self, **hints: Any) -> Any:
        over = self.args[0]
        ranges = self.args[1 : 1 + len(over.variables)]
        if not all(bound.is_Integer for r in ranges for bound in r):
            return self
        points = list(product(*(range(int(low), int(high) + 1) for low, high in ranges)))
        return self.chosen(points, [over(*p).doit(**hints) for p in points])

    def chosen(self, points: list[tuple[Any, ...]], values: list[Any]) -> Any:
        raise NotImplementedError

    def _eval_is_extended_real(self) -> Any:
        return True


class maximum(_Extremum):  # noqa: N801
    """The largest value over the ranges."""

    def chosen(self, points: list[tuple[Any, ...]], values: list[Any]) -> Any:
        return sp.Max(*values)


class minimum(_Extremum):  # noqa: N801
    """The smallest value over the ranges."""

    def chosen(self, points: list[tuple[Any, ...]], values: list[Any]) -> Any:
        return sp.Min(*values)


class _Place(_Extremum):
    """The index of the first extremal value; with several indices the last argument says which, counted from 1."""

    better: Any

    def chosen(self, points: list[tuple[Any, ...]], values: list[Any]) -> Any:
        component = int(self.args[-1]) - 1 if len(self.args) > 1 + len(self.args[0].variables) else 0
        best, place = values[0], sp.Integer(points[0][component])
        for point, value in zip(points[1:], values[1:], strict=True):
            place = where(self.better(value, best), sp.Integer(point[component]), place)
            best = (sp.Max if self.better is sp.Gt else sp.Min)(best, value)
        return place


class argmax(_Place):  # noqa: N801
    """The index of the first largest value."""

    better = sp.Gt


class argmin(_Place):  # noqa: N801
    """The index of the first smallest value."""

    better = sp.Lt
