"""An indexed formula as one over whole arrays, where it has at most two free indices besides layers and steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range, Subscript
from symbp.calculus.contraction import Axes, Form, NoMatrixForm, Obstacle, combined, contracted, oriented, spread
from symbp.calculus.expression import (
    ONE,
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    Position,
    Power,
    Reduce,
    Select,
    accesses,
)
from symbp.calculus.indices import free_symbols
from symbp.calculus.matrix import Entrywise, Literal, Shape, Slope, StackSum, Whole
from symbp.calculus.matrix_algebra import entry_power, total
from symbp.calculus.operations import DEPTH_LIMIT, depth_of
from symbp.calculus.stacking import Axis


@dataclass(frozen=True)
class Arrays:
    """The axes of every name, and those (name, position) that stay subscripts.

    `orders` has names whose notation shows the axes in another order.
    """

    axes: Mapping[str, tuple[Range, ...]]
    stacked: frozenset[Axis]
    orders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def is_flipped(self, name: str) -> bool:
        """Whether the two axes of a matrix are shown the other way round."""
        order = self.orders.get(name, ())
        along = [place for place in order if (name, place) not in self.stacked]
        return len(along) == 2 and along[0] > along[1]


def matrix_form(e: Expr, indices: Sequence[Index], arrays: Arrays, wish: Axes = ()) -> Form:
    """The formula with its vector indices named, in the order wished where they are the same.

    `indices` are its free indices; those that are wished for are vector indices.
    Raises NoMatrixForm where it is no formula over whole arrays.
    """
    if depth_of(e) > DEPTH_LIMIT:
        raise NoMatrixForm(Obstacle.DEEP)
    free = {i.name: i.range for i in indices}
    return _Reader(arrays, free, vector_indices(e, free, arrays) | frozenset(wish)).form(e, wish)


def vector_indices(e: Expr, free: Mapping[str, Range], arrays: Arrays) -> frozenset[str]:
    """Those of the free indices that run along an axis of a vector or a matrix somewhere in the formula."""
    return frozenset(s for a in accesses(e) for s in _vector_symbols(a, arrays) if s in free)


def _vector_symbols(access: Access, arrays: Arrays) -> Sequence[str]:
    return [
        s
        for place, subscript in enumerate(access.subscripts)
        if (access.name, place) not in arrays.stacked
        for s in subscript.symbols
    ]


@dataclass(frozen=True)
class _Reader:
    """Reads a formula below some indices, of which `vectors` run along axes."""

    arrays: Arrays
    ranges: Mapping[str, Range]
    vectors: frozenset[str]

    def form(self, e: Expr, wish: Axes) -> Form:
        match e:
            case Number() | Constant():
                return Form(Literal(e if isinstance(e, Number) else e.name))
            case Position(value):
                self._no_vector(value.symbols, Obstacle.PLACE)
                return Form(Literal(value))
            case Access(name, subscripts):
                return self._access(name, subscripts)
            case Add(terms):
                return self._sum([self.form(t, wish) for t in terms], wish)
            case Mul(factors):
                return combined([self.form(f, wish) for f in factors], self.ranges, wish)
            case Power(base, exponent):
                return self._power(self.form(base, wish), self.form(exponent, wish))
            case Apply(function, arguments, orders):
                return self._entrywise(function, [self.form(a, wish) for a in arguments], orders, wish)
            case Reduce():
                return self._reduce(e, wish)
            case Cases(branches):
                return self._cases(branches, wish)
            case Select():
                raise NoMatrixForm(Obstacle.CHOICE)
            case Partial(_, of, wrt):
                return self._slope(of, wrt)

    def _no_vector(self, symbols: Sequence[str], obstacle: Obstacle, name: str = "") -> None:
        if any(s in self.vectors for s in symbols):
            raise NoMatrixForm(obstacle, name)

    def _access(self, name: str, subscripts: Sequence[Subscript]) -> Form:
        kept: list[Affine | None] = []
        along: list[str] = []
        axes = self.arrays.axes.get(name, ())
        if len(axes) != len(subscripts):
            raise NoMatrixForm(Obstacle.UNKNOWN, name)
        for place, (subscript, axis) in enumerate(zip(subscripts, axes, strict=True)):
            if isinstance(subscript, Lookup):
                raise NoMatrixForm(Obstacle.GATHER, name)
            letter = subscript.as_symbol
            if (name, place) in self.arrays.stacked:
                self._no_vector(subscript.symbols, Obstacle.MIXED_PLACE, name)
                kept.append(subscript)
            elif letter is None or letter not in self.ranges:
                raise NoMatrixForm(Obstacle.MIXED_PLACE, name)
            elif self.ranges[letter] != axis:
                raise NoMatrixForm(Obstacle.PART, name)
            elif letter in along:
                raise NoMatrixForm(Obstacle.DIAGONAL, name)
            else:
                kept.append(None)
                along.append(letter)
        if len(along) > 2:
            raise NoMatrixForm(Obstacle.MANY_AXES, name)
        flipped = len(along) == 2 and self.arrays.is_flipped(name)
        if flipped:
            along.reverse()
        ranges = [self.ranges[a] for a in along]
        shape: Shape = (ranges[0] if ranges else None, ranges[1] if len(ranges) > 1 else None)
        return Form(Whole(name, tuple(kept), shape, flipped), tuple(along))

    def _slope(self, of: Access, wrt: Access) -> Form:
        form = self._access(wrt.name, wrt.subscripts)
        if of.subscripts or not isinstance(form.value, Whole):
            raise NoMatrixForm(Obstacle.PARTIAL)
        return Form(Slope(of.name, form.value), form.axes)

    def _sum(self, terms: Sequence[Form], wish: Axes) -> Form:
        axes = oriented(terms, wish)
        return Form(total([spread(t, axes, self.ranges) for t in terms]), axes)

    def _power(self, base: Form, exponent: Form) -> Form:
        if exponent.axes:
            raise NoMatrixForm(Obstacle.EXPONENT)
        return Form(entry_power(base.value, exponent.value), base.axes)

    def _entrywise(self, function: str, arguments: Sequence[Form], orders: tuple[int, ...], wish: Axes) -> Form:
        axes = oriented(arguments, wish)
        return Form(Entrywise(function, tuple(spread(a, axes, self.ranges) for a in arguments), orders), axes)

    def _cases(self, branches: Sequence[tuple[Sequence[Guard], Expr]], wish: Axes) -> Form:
        """One branch without a condition; anything else stands in a line of its own or in none."""
        if len(branches) == 1 and not branches[0][0]:
            return self.form(branches[0][1], wish)
        raise NoMatrixForm(Obstacle.MASK)

    def _reduce(self, e: Reduce, wish: Axes) -> Form:
        if e.kind != "sum":
            raise NoMatrixForm(Obstacle.EXTREMUM)
        inside = self._below(e)
        along = [b.name for b in e.binders if b.name in inside.vectors]
        inside._no_vector([s for g in e.guards for s in g.symbols], Obstacle.MASK)
        stack = tuple(b for b in e.binders if b.name not in inside.vectors)
        inside._no_vector(_ends(e.binders), Obstacle.PART)
        if not stack:
            return inside.contraction(e.body, along, wish)
        form = inside.contraction(e.body, along, wish)
        return Form(StackSum(Reduce("sum", stack, e.guards, ONE), form.value), form.axes)

    def _below(self, e: Reduce) -> _Reader:
        ranges = {**self.ranges, **{b.name: b.range for b in e.binders}}
        bound = {b.name: b.range for b in e.binders}
        own = vector_indices(e.body, bound, self.arrays)
        unread = [b for b in bound if b not in own and b not in free_symbols(e.body)]
        counted = frozenset(unread) if not e.guards else frozenset()
        return _Reader(self.arrays, ranges, (self.vectors - bound.keys()) | own | counted)

    def contraction(self, body: Expr, summed: Sequence[str], wish: Axes) -> Form:
        """Σ over the summed indices of a product; a sum of products term by term."""
        if isinstance(body, Add) and any(self._is_product(t) for t in body.terms):
            return self._sum([self.contraction(t, summed, wish) for t in body.terms], wish)
        factors = body.factors if isinstance(body, Mul) else (body,)
        return contracted([self.form(f, wish) for f in factors], summed, self.ranges, wish)

    def _is_product(self, e: Expr) -> bool:
        factors = e.factors if isinstance(e, Mul) else (e,)
        return sum(any(s in self.vectors for s in free_symbols(f)) for f in factors) > 1


def _ends(binders: Sequence[Index]) -> list[str]:
    return [s for b in binders for end in (b.range.lower, b.range.upper) for s in end.symbols]
