"""How large the expanded formula of a gradient is, without writing it out: one pass over the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from symbp.calculus.expression import ZERO, Access, Add, Apply, Cases, Expr, Mul, Power, Reduce, Select
from symbp.calculus.functions import partials
from symbp.calculus.operations import DEPTH_LIMIT, LEAF, Size, literal, over, product, size_of, total
from symbp.calculus.outline import Place
from symbp.calculus.unroll import Unrolled
from symbp.errors import Refused

Names = frozenset[str]

TOO_DEEP = f"nested deeper than a page can show (more than {DEPTH_LIMIT} levels)"

MOST_WAITING = 5_000
"""So many definitions may stand one within the other before the rest isn't looked at."""


@dataclass(frozen=True)
class _Bundle:
    """Deltas that wait for the same letters: how many, their operations together, how many have a light body."""

    count: int
    operations: int
    light: int

    def scaled(self, by: Size) -> _Bundle:
        if by.light:
            return self
        return _Bundle(self.count, self.operations + self.count * by.operations + self.count - self.light, 0)

    def added(self, other: _Bundle) -> _Bundle:
        return _Bundle(self.count + other.count, self.operations + other.operations, self.light + other.light)

    @property
    def closed(self) -> Size:
        if self.count == 1:
            return Size(self.operations, None, self.light == 1)
        return Size(self.operations + self.count - 1)


@dataclass(frozen=True)
class Slope:
    """The size of a derivative: what is settled, and open deltas by the letters that they wait for."""

    closed: Size = field(default_factory=lambda: literal(0))
    open: Mapping[Names, _Bundle] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.closed.literal != 0 or bool(self.open)

    def scaled(self, by: Size) -> Slope:
        if by.literal == 0:
            return Slope()
        return Slope(product((by, self.closed)), {names: b.scaled(by) for names, b in self.open.items()})


def _sum(slopes: Iterable[Slope]) -> Slope:
    parts = [s for s in slopes if s]
    return Slope(total(s.closed for s in parts), _gathered(item for s in parts for item in s.open.items()))


def _gathered(items: Iterable[tuple[Names, _Bundle]]) -> dict[Names, _Bundle]:
    found: dict[Names, _Bundle] = {}
    for names, bundle in items:
        found[names] = found[names].added(bundle) if names in found else bundle
    return found


SlopeKey = tuple[Place, Names]
"""A definition, and which of its letters are bound where it is read."""


class Magnitude:
    """Sizes of the expanded `of` and of its derivative by `parameter`, before like terms are collected."""

    def __init__(self, definitions: Unrolled, parameter: str) -> None:
        self.definitions = definitions
        self.parameter = parameter
        self.sizes = definitions.magnitudes
        self.slopes: dict[SlopeKey, Slope] = {}
        self.missing: list[Place | SlopeKey] = []

    def value(self, of: str) -> Size:
        """The size of `of` with every definition substituted."""
        key = Place(of)
        self._fill(key)
        return self.sizes[key]

    def derivative(self, of: str) -> Size:
        """The size of its derivative, as `forward.derivative` writes it."""
        key = (Place(of), frozenset[str]())
        self._fill(key)
        return self.slopes[key].closed

    def _fill(self, start: Place | SlopeKey) -> None:
        """Works out what is asked for and, first, what that needs; without recursion over definitions."""
        stack = [start]
        waiting: set[Place | SlopeKey] = set()
        while stack:
            key = stack[-1]
            if key in self.sizes or key in self.slopes:
                waiting.discard(stack.pop())
                continue
            self.missing = []
            if isinstance(key, Place):
                size = self._size(self.definitions.body(key))
                if not self.missing:
                    self.sizes[key] = size
            else:
                place, bound = key
                slope = self._slope(self.definitions.body(place), bound)
                if not self.missing:
                    self.slopes[key] = slope
            if self.missing:
                waiting.add(key)
                if len(waiting) > MOST_WAITING:
                    raise Refused(TOO_DEEP)
                stack.extend(reversed(list(dict.fromkeys(self.missing))))

    def _size(self, e: Expr) -> Size:
        return size_of(e, self._access_size)

    def _access_size(self, access: Access) -> Size:
        place = self.definitions.place(access)
        if place is None:
            return LEAF
        if place not in self.sizes:
            self.missing.append(place)
            return LEAF
        return self.sizes[place]

    def _slope(self, e: Expr, bound: Names) -> Slope:
        match e:
            case Access():
                return self._access(e, bound)
            case Add(terms):
                return _sum(self._slope(t, bound) for t in terms)
            case Mul(factors):
                return self._product(factors, bound)
            case Power(base, exponent):
                return self._power(base, exponent, bound)
            case Apply():
                return self._call(e, bound)
            case Reduce():
                return self._reduction(e, bound)
            case Cases(branches):
                inner = [self._slope(body, bound) for _, body in branches]
                closed = [s.closed for s in inner]
                settled = any(c.literal != 0 for c in closed)
                whole = replace(over(closed, 0), light=all(c.light for c in closed))
                return Slope(whole if settled else literal(0), _sum(inner).open)
            case Select(_, left, right, yes, no):
                return self._select(left, right, self._slope(yes, bound), self._slope(no, bound))
            case _:
                return Slope()

    def _access(self, access: Access, bound: Names) -> Slope:
        own = Slope()
        waiting = [bound.intersection(s.symbols) for s in access.subscripts]
        if access.name == self.parameter:
            names = frozenset[str]().union(*waiting)
            own = Slope(open={names: _Bundle(1, 0, 1)}) if names else Slope(literal(1))
        place = self.definitions.place(access)
        if place is None or access.name not in self.definitions.moving:
            return own
        letters = self.definitions.letters(access.name)
        inside = {letter: names for letter, names in zip(letters, waiting, strict=True) if names}
        key = (place, frozenset(inside))
        if key not in self.slopes:
            self.missing.append(key)
            return own
        inner = self.slopes[key]
        moved = ((frozenset(s for n in names for s in inside[n]), bundle) for names, bundle in inner.open.items())
        return _sum((Slope(inner.closed, _gathered(moved)), own))

    def _product(self, factors: tuple[Expr, ...], bound: Names) -> Slope:
        sizes = [self._size(f) for f in factors]
        zeros = sum(s.literal == 0 for s in sizes)
        heavy = sum(not s.light for s in sizes)
        together = sum(s.operations for s in sizes)
        slopes = []
        for factor, own in zip(factors, sizes, strict=True):
            slope = self._slope(factor, bound)
            if not slope or zeros > (own.literal == 0):
                continue
            rest = heavy - (not own.light)
            others = Size(together - own.operations + rest - 1) if rest else Size(light=True)
            slopes.append(slope.scaled(others))
        return _sum(slopes)

    def _power(self, base: Expr, exponent: Expr, bound: Names) -> Slope:
        a, b = self._size(base), self._size(exponent)
        in_base = self._slope(base, bound)
        if b.literal is not None:
            n = b.literal
            if n == 0:
                return Slope()
            lower = literal(n) if n == 1 else a if n == 2 else Size(a.operations + 1)
            return in_base.scaled(literal(n)).scaled(lower)
        lowered = Size(a.operations + b.operations + 2)
        return _sum(
            (
                in_base.scaled(product((b, lowered))),
                self._slope(exponent, bound).scaled(product((over((a, b), 1), over((a,), 1)))),
            )
        )

    def _call(self, e: Apply, bound: Names) -> Slope:
        inner = [self._slope(x, bound) for x in e.arguments]
        if not any(inner):
            return Slope()
        stand_ins = tuple(Access(f"#{k}") for k in range(len(e.arguments)))
        sizes = {s: self._size(x) for s, x in zip(stand_ins, e.arguments, strict=True)}
        locals_ = partials(Apply(e.function, stand_ins, e.orders))
        return _sum(
            s.scaled(size_of(local, sizes.__getitem__))
            for s, local in zip(inner, locals_, strict=True)
            if s and local != ZERO
        )

    def _select(self, left: Expr, right: Expr, yes: Slope, no: Slope) -> Slope:
        test = self._size(left).operations + self._size(right).operations + 1
        bundles = [(n, b) for s in (yes, no) for n, b in s.open.items()]
        chosen = ((names, _Bundle(b.count, b.operations + b.count * test, 0)) for names, b in bundles)
        together = Size(test + yes.closed.operations + no.closed.operations)
        settled = yes.closed.literal != 0 or no.closed.literal != 0
        return Slope(together if settled else literal(0), _gathered(chosen))

    def _reduction(self, e: Reduce, bound: Names) -> Slope:
        own = frozenset(b.name for b in e.binders)
        inner = self._slope(e.body, bound | own)
        if not inner or e.kind in ("argmax", "argmin"):
            return Slope()
        body = self._size(e.body)
        if e.kind == "prod":
            others = Size(0, None, True) if body.light else body
            inner = inner.scaled(product(others for _ in e.binders))
        elif e.kind in ("max", "min"):
            test = len(e.binders) * (1 + body.operations)
            inner = Slope(
                Size(inner.closed.operations + test) if inner.closed.literal != 0 else literal(0),
                {n: _Bundle(b.count, b.operations + b.count * test, 0) for n, b in inner.open.items()},
            )
        waiting = _gathered((names - own, b) for names, b in inner.open.items())
        settled = waiting.pop(frozenset(), None)
        closed = inner.closed
        if closed.literal is not None and closed.literal != 0:
            closed = Size(light=True)
        return Slope(total((settled.closed if settled else literal(0), closed)), waiting)


