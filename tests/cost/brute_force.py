"""Operations of a program at given sizes, by writing out every element: slow, plain, nothing of the package's counting.

A value is (literal, sign, operations by kind, leaves): literal is 0, 1 or None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Lookup
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
from symbp.calculus.model import Role
from symbp.cost.program import Program

Point = dict[str, int]


@dataclass(frozen=True)
class Tree:
    literal: int | None
    sign: int
    kinds: Mapping[str, int]
    leaves: int


def leaf(literal: int | None = None, sign: int = 1) -> Tree:
    return Tree(literal, sign, {}, 1)


class BruteForce:
    def __init__(self, program: Program, sizes: Mapping[str, int], unfolded: bool, primitives: frozenset[str]) -> None:
        self.program, self.sizes, self.unfolded, self.primitives = program, dict(sizes), unfolded, primitives
        self.known: dict[tuple[str, tuple[int, ...]], Tree] = {}

    def total(self, names: Sequence[str]) -> tuple[Counter[str], int]:
        """Operations by kind, and leaves, of all elements of the named definitions."""
        kinds: Counter[str] = Counter()
        leaves = 0
        for name in names:
            for point in self.points(self.program.by_target[name].indices, self.sizes):
                indices = self.program.by_target[name].indices
                tree = written(self.element(name, tuple(point[i.name] for i in indices)))
                kinds.update(tree.kinds)
                leaves += tree.leaves
        return kinds, leaves

    def points(self, indices: Sequence[Index], around: Point) -> Iterator[Point]:
        if not indices:
            yield around
            return
        first, *others = indices
        for k in range(first.range.lower.evaluate(around), first.range.upper.evaluate(around) + 1):
            yield from self.points(others, {**around, first.name: k})

    def element(self, name: str, at: tuple[int, ...]) -> Tree:
        if (name, at) not in self.known:
            d = self.program.by_target[name]
            point = {**self.sizes, **{i.name: k for i, k in zip(d.indices, at, strict=True)}}
            self.known[name, at] = self.tree(d.body, point)
        return self.known[name, at]

    def looked_up(self, lookup: Lookup, point: Point) -> int:
        array = self.program.arrays[lookup.array]
        assert array.role is Role.INTEGER and array.values is not None
        lower, upper = (f.evaluate(self.sizes) for f in (array.values.lower, array.values.upper))
        place = 0
        for axis, at in zip(array.axes, lookup.subscripts, strict=True):
            first, last = axis.lower.evaluate(self.sizes), axis.upper.evaluate(self.sizes)
            place = place * (last - first + 1) + at.evaluate(point) - first
        return lower + place % (upper - lower + 1)

    def holds(self, guards: Sequence[Guard], point: Point) -> bool:
        return all(g.holds(point, self.looked_up(g.lookup, point) if g.lookup else None) for g in guards)

    def access(self, e: Access, point: Point) -> Tree:
        if e.name not in self.program.by_target:
            return leaf()
        at = tuple(
            s.evaluate(point) if isinstance(s, Affine) else self.looked_up(s, point) for s in e.subscripts
        )
        tree = self.element(e.name, at)
        if self.unfolded:
            return tree
        return leaf() if tree.literal is None else leaf(tree.literal, tree.sign)

    def tree(self, e: Expr, point: Point) -> Tree:
        match e:
            case Number(value):
                literal = 0 if value == 0 else 1 if abs(value) == 1 else None
                return leaf(literal, -1 if value < 0 else 1)
            case Constant() | Position():
                return leaf()
            case Access():
                return self.access(e, point)
            case Add(terms):
                return summed([self.tree(t, point) for t in terms])
            case Reduce(kind, binders, guards, body):
                parts = [
                    self.tree(body, p) for p in self.points(binders, point) if self.holds(guards, p)
                ]
                return reduced(kind, parts)
            case Mul(factors):
                return self.product(factors, point)
            case Power(base, Number(value)):
                return raised(self.tree(base, point), value)
            case Power(base, exponent):
                below = self.tree(base, point)
                if below.literal == 1 and below.sign > 0:
                    return leaf(1)
                return over([written(below), written(self.tree(exponent, point))], ["power"])
            case Apply("stop", (argument,), _):
                return self.tree(argument, point)
            case Apply("max" | "min", arguments, _):
                return reduced("max", [self.tree(a, point) for a in arguments])
            case Apply("sigmoid", (argument,), ()) if "sigmoid" not in self.primitives:
                return over([written(self.tree(argument, point))], ["negate", "exp", "add", "divide"])
            case Apply(function, arguments, orders):
                return over([written(self.tree(a, point)) for a in arguments], [function + "'" * sum(orders)])
            case Select(_, left, right, yes, no):
                return over([written(self.tree(p, point)) for p in (left, right, yes, no)], ["compare"])
            case Cases(branches):
                for guards, body in branches:
                    if self.holds(guards, point):
                        return self.tree(body, point)
                return leaf(0)
        raise TypeError(e)

    def product(self, factors: Sequence[Expr], point: Point) -> Tree:
        above: list[Tree] = []
        below: list[Tree] = []
        for f in factors:
            if isinstance(f, Power) and isinstance(f.exponent, Number) and is_divisor(f.exponent.value):
                below.append(raised(self.tree(f.base, point), -f.exponent.value))
            else:
                above.append(self.tree(f, point))
        return fraction(above, below)


def is_divisor(exponent: Fraction) -> bool:
    return exponent < 0 and (exponent.denominator == 1 or exponent == Fraction(-1, 2))


def over(parts: Sequence[Tree], kinds: Sequence[str], sign: int = 1) -> Tree:
    counted = Counter(kinds)
    for p in parts:
        counted.update(p.kinds)
    return Tree(None, sign, counted, sum(p.leaves for p in parts))


def written(tree: Tree) -> Tree:
    return tree if tree.sign > 0 else over([tree], ["negate"])


def flipped(tree: Tree) -> Tree:
    return Tree(tree.literal, -tree.sign, tree.kinds, tree.leaves)


def summed(parts: Sequence[Tree]) -> Tree:
    left = [p for p in parts if p.literal != 0]
    if not left:
        return leaf(0)
    if len(left) == 1:
        return left[0]
    if all(p.sign < 0 for p in left):
        return over(left, ["add"] * (len(left) - 1), -1)
    minus = sum(p.sign < 0 for p in left)
    return over(left, ["add"] * (len(left) - 1 - minus) + ["subtract"] * minus)


def fraction(above: Sequence[Tree], below: Sequence[Tree]) -> Tree:
    if any(p.literal == 0 for p in above):
        return leaf(0)
    minus = sum(p.sign < 0 for p in (*above, *below)) % 2
    m = [p for p in above if p.literal is None]
    k = [p for p in below if p.literal != 1]
    sign = -1 if minus else 1
    if not m and not k:
        return leaf(1, sign)
    if not k and len(m) == 1:
        return Tree(None, sign, m[0].kinds, m[0].leaves)
    if m:
        return over([*m, *k], ["multiply"] * (len(m) - 1) + ["divide"] * len(k), sign)
    return over(k, ["reciprocal"] + ["divide"] * (len(k) - 1), sign)


def raised(base: Tree, exponent: Fraction) -> Tree:
    if exponent == 1:
        return base
    if is_divisor(exponent):
        return fraction([], [raised(base, -exponent)])
    whole = exponent.denominator == 1 and exponent != 0
    if base.literal == 0 and exponent > 0:
        return leaf(0)
    odd = whole and exponent % 2 == 1
    if base.literal == 1 and (whole or base.sign > 0):
        return leaf(1, base.sign if odd else 1)
    kind = {Fraction(2): "square", Fraction(1, 2): "sqrt"}.get(exponent, "power")
    return over([base if whole else written(base)], [kind], base.sign if odd else 1)


def reduced(kind: str, parts: Sequence[Tree]) -> Tree:
    if kind == "sum":
        return summed(parts)
    if kind == "prod":
        return fraction(parts, [])
    assert kind in ("max", "min")
    if len(parts) == 1:
        return written(parts[0])
    return over([written(p) for p in parts], ["compare"] * (len(parts) - 1))
