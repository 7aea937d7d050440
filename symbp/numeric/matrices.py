"""Formulas over whole arrays, evaluated entry by entry beside a run of the forward model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import MINUS_ONE, Access, Apply, Constant, Expr, Number, PartialKind, Position, Power
from symbp.calculus.matrix import (
    EntryPower,
    Entrywise,
    Hadamard,
    Literal,
    MatrixExpr,
    Ones,
    Product,
    Scaled,
    Slope,
    SquaredNorm,
    StackSum,
    Sum,
    Trace,
    Transposed,
    Whole,
    Zeros,
)
from symbp.numeric.arithmetic import Value
from symbp.numeric.bench import Bench
from symbp.numeric.evaluator import Evaluator
from symbp.numeric.loops import Closure, Element, Env, Key, Reader

ARGUMENT = "#argument"
"""The name under which a function's arguments are read."""

Values = Mapping[str, int]
Place = tuple[int, int]


def entry(bench: Bench, m: MatrixExpr, values: Values, row: int = 0, column: int = 0) -> Value:
    """One entry, for these values of the layers and steps; an axis of one entry is at 0."""
    known = {**bench.sizes, **values}
    evaluator = bench.run.evaluator
    return bench.run.closure(lambda env, read: _Entries(evaluator, read, known).at(m, (row, column)), ())


class _Entries:
    """Entries at one place of layers and steps, each worked out once."""

    def __init__(self, evaluator: Evaluator, read: Reader, values: dict[str, int]) -> None:
        self.evaluator = evaluator
        self.read = read
        self.number = evaluator.arithmetic.number
        self.values = values
        self._known: dict[tuple[MatrixExpr, Place], Value] = {}

    def at(self, m: MatrixExpr, place: Place) -> Value:
        found = self._known.get((m, place))
        if found is None:
            found = self._known[(m, place)] = self._work_out(m, place)
        return found

    def _work_out(self, m: MatrixExpr, place: Place) -> Value:
        number = self.number
        row, column = place
        match m:
            case Whole(name):
                return self.read.value(name, self._key(m, place))
            case Slope(of, wrt):
                return self.read.partial(PartialKind.TOTAL, (of, ()), (wrt.name, self._key(wrt, place)))
            case Literal(value):
                return self._applied(_literal(value), ())
            case Ones():
                return number(1)
            case Zeros():
                return number(0)
            case Transposed(of):
                return self.at(of, (column, row))
            case Product(factors):
                return self._product(factors, row, column)
            case Hadamard(factors):
                return self._times(self.at(f, place) for f in factors)
            case Sum(terms):
                return sum((self.at(t, place) for t in terms), number(0))
            case Scaled():
                return self._scaled(m, place)
            case Entrywise(function, arguments, orders):
                call = _call(function, len(arguments), orders)
                return self._applied(call, tuple(self.at(a, place) for a in arguments))
            case EntryPower(base, exponent):
                return self._power(self.at(base, place), exponent)
            case SquaredNorm(of):
                return sum((self.at(of, p) ** 2 for p in self._places(of)), number(0))
            case Trace(of):
                return sum((self.at(of, (k, k)) for k in self._span(of.shape[0])), number(0))
            case StackSum():
                return self._stack_sum(m, place)

    def _key(self, whole: Whole, place: Place) -> Key:
        along = iter(place[::-1] if whole.flipped else place)
        return tuple(next(along) if s is None else s.evaluate(self.values) for s in whole.subscripts)

    def _span(self, axis: Range | None) -> range:
        if axis is None:
            return range(1)
        return range(axis.lower.evaluate(self.values), axis.upper.evaluate(self.values) + 1)

    def _places(self, m: MatrixExpr) -> Iterator[Place]:
        rows, columns = m.shape
        return ((r, c) for r in self._span(rows) for c in self._span(columns))

    def _times(self, factors: Iterator[Value]) -> Value:
        result = self.number(1)
        for factor in factors:
            result = result * factor
        return result

    def _product(self, factors: tuple[MatrixExpr, ...], row: int, column: int) -> Value:
        """From the right: a column of the last factor, multiplied by one factor after the other."""
        zero = self.number(0)
        held = {k: self.at(factors[-1], (k, column)) for k in self._span(factors[-1].shape[0])}
        for position in range(len(factors) - 2, -1, -1):
            factor = factors[position]
            rows = self._span(factor.shape[0]) if position else (row,)
            held = {r: sum((self.at(factor, (r, k)) * v for k, v in held.items()), zero) for r in rows}
        return held[row]

    def _scaled(self, m: Scaled, place: Place) -> Value:
        value = self.number(m.coefficient.value)
        for over in m.over:
            value = value * self.at(over, (0, 0))
        if m.body is not None:
            value = value * self.at(m.body, place)
        for under in m.under:
            value = self._applied(_QUOTIENT, (self.at(under, (0, 0)),)) * value
        return value

    def _power(self, base: Value, exponent: MatrixExpr) -> Value:
        if isinstance(exponent, Literal):
            return self._applied(Power(_argument(0), _literal(exponent.value)), (base,))
        return self._applied(Power(_argument(0), _argument(1)), (base, self.at(exponent, (0, 0))))

    def _stack_sum(self, m: StackSum, place: Place) -> Value:
        total = self.number(0)
        for values in self._stacked(m.binders, self.values):
            if all(self._holds(g, values) for g in m.over.guards):
                total = total + _Entries(self.evaluator, self.read, values).at(m.body, place)
        return total

    def _stacked(self, binders: tuple[Index, ...], values: dict[str, int]) -> Iterator[dict[str, int]]:
        if not binders:
            yield values
            return
        first, *rest = binders
        for k in range(first.range.lower.evaluate(values), first.range.upper.evaluate(values) + 1):
            yield from self._stacked(tuple(rest), {**values, first.name: k})

    def _holds(self, guard: Guard, values: Values) -> bool:
        looked = None
        if guard.lookup is not None:
            looked = self.read.integer(
                guard.lookup.array, tuple(s.evaluate(values) for s in guard.lookup.subscripts)
            )
        return guard.holds(values, looked)

    def _applied(self, e: Expr, arguments: tuple[Value, ...]) -> Value:
        """A formula of arguments, by the rules by which the model's own formulas are worked out."""
        names = tuple(self.values)
        closure = self.evaluator.prepare(e, names)
        return closure([self.values[n] for n in names], _Arguments(arguments))


class _Arguments:
    """A reader of a function's arguments."""

    moves = False

    def __init__(self, arguments: tuple[Value, ...]) -> None:
        self._arguments = arguments

    def value(self, name: str, key: Key) -> Value:
        assert name == ARGUMENT
        return self._arguments[key[0]]

    def still(self, closure: Closure, env: Env) -> Value:
        return closure(env, self)

    def integer(self, name: str, key: Key) -> int:
        raise AssertionError(f"{name} is no argument")

    def partial(self, kind: PartialKind, of: Element, wrt: Element) -> Value:
        raise AssertionError("a function of arguments has no partial derivatives in it")


def _argument(place: int) -> Access:
    return Access(ARGUMENT, (Affine.of(place),))


@lru_cache(maxsize=256)
def _call(function: str, arguments: int, orders: tuple[int, ...]) -> Expr:
    return Apply(function, tuple(_argument(k) for k in range(arguments)), orders)


_QUOTIENT = Power(_argument(0), MINUS_ONE)


def _literal(value: Number | str | Affine) -> Expr:
    match value:
        case Number():
            return value
        case str():
            return Constant(value)
        case Affine():
            return Position(value)
