r"""Matrix lines evaluated: a name stands for all its elements, a vector is a column, juxtaposition contracts.

\mathbf{1} is a column of as many ones as it takes: its length comes from what it stands beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from symbp.calculus.model import Model
from tests.reading_names import Place, spelling
from tests.reading_tree import (
    Big,
    Call,
    Cases,
    Comparison,
    Condition,
    Iverson,
    Misread,
    Negative,
    Node,
    Numeral,
    Partial,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    parts,
)
from tests.reading_values import FUNCTIONS, Definition, Element, World, compare, derivative, flattened, generic

ONES = "\\mathbf{1}"


@dataclass(frozen=True)
class Block:
    """Rows and columns; along a direction that stretches there is one, which stands for any number."""

    entries: Any
    stretches: tuple[bool, bool] = (False, False)

    @property
    def transposed(self) -> Block:
        return Block(self.entries.T, self.stretches[::-1])

    def over(self, function: Callable[[float], float]) -> Block:
        return Block(np.vectorize(function, otypes=[float])(self.entries), self.stretches)


Value = float | Block


def plain(value: Value) -> Value:
    """A number for a block of one row and one column."""
    if isinstance(value, Block) and value.entries.shape == (1, 1) and not any(value.stretches):
        return float(value.entries[0, 0])
    return value


def entrywise(one: Block, other: Block, operation: Callable[[Any, Any], Any]) -> Block:
    """Both of one shape, or stretched to it."""
    for axis in (0, 1):
        same = one.entries.shape[axis] == other.entries.shape[axis]
        if not same and not one.stretches[axis] and not other.stretches[axis]:
            raise Misread(f"{one.entries.shape} and {other.entries.shape} entry by entry")
    stretches = tuple(a and b for a, b in zip(one.stretches, other.stretches, strict=True))
    return Block(operation(one.entries, other.entries), stretches)  # type: ignore[arg-type]


def times(one: Value, other: Value) -> Value:
    one, other = plain(one), plain(other)
    if not isinstance(one, Block) or not isinstance(other, Block):
        if isinstance(one, Block):
            one, other = other, one
        return Block(one * other.entries, other.stretches) if isinstance(other, Block) else one * other
    left, right = one.entries, other.entries
    if one.stretches[1] and other.stretches[0]:
        raise Misread("ones times ones of an unknown number")
    if one.stretches[1]:
        left = np.repeat(left, right.shape[0], axis=1)
    if other.stretches[0]:
        right = np.repeat(right, left.shape[1], axis=0)
    if left.shape[1] != right.shape[0]:
        raise Misread(f"{left.shape} times {right.shape}")
    return Block(left @ right, (one.stretches[0], other.stretches[1]))


@dataclass(frozen=True)
class Matrices:
    """Values of matrix formulas in a world."""

    world: World
    model: Model

    def value(self, node: Node, environment: Mapping[str, float]) -> Value:
        match node:
            case Symbol():
                return self.whole(node, environment, self.world.base.element)
            case Partial(of, wrt) if self.world.is_scalar(of):
                return self.whole(wrt, environment, self.world.total)
            case Sum(terms):
                return plain(reduce(self.added, (self.value(t, environment) for t in terms)))
            case Negative(of):
                return times(-1.0, self.value(of, environment))
            case Product(factors):
                return self.multiplied(list(flattened(factors)), environment)
            case Quotient(over, under):
                below = plain(self.value(under, environment))
                if isinstance(below, Block):
                    raise Misread("a fraction with a matrix below")
                return times(1 / below, self.value(over, environment))
            case Power(base, exponent):
                below, above = plain(self.value(base, environment)), plain(self.value(exponent, environment))
                if isinstance(below, Block) or isinstance(above, Block):
                    raise Misread("a power of a matrix")
                return float(below**above)
            case Call():
                return self.call(node, environment)
            case Big(operator="sum"):
                points = list(self.world.base.points(node, environment))
                return reduce(self.added, (self.value(node.body, p) for p in points)) if points else 0.0
            case Iverson(conditions):
                return self.truth(conditions, environment)
            case Cases(branches):
                for branch, conditions in branches:
                    if conditions is None or all(self.world.base.holds(c, environment) for c in conditions):
                        return self.value(branch, environment)
                raise Misread("no case holds")
        return float(self.world.base.number(node, environment).real)

    def added(self, one: Value, other: Value) -> Value:
        one, other = plain(one), plain(other)
        if isinstance(one, Block) and isinstance(other, Block):
            return entrywise(one, other, np.add)
        for a, b in ((one, other), (other, one)):
            if isinstance(a, Block) and b == 0:
                return a
        if isinstance(one, Block) or isinstance(other, Block):
            raise Misread("a number added to a matrix")
        return one + other

    def multiplied(self, factors: list[Node], environment: Mapping[str, float]) -> Value:
        values = [self.value(f, environment) for f in factors if isinstance(f, Iverson)]
        if 0.0 in [v for v in values if not isinstance(v, Block)]:
            return 0.0
        return plain(reduce(times, (self.value(f, environment) for f in factors)))

    def truth(self, conditions: tuple[Condition, ...], environment: Mapping[str, float]) -> Value:
        """1 where the conditions hold, entry by entry."""
        result: Value = 1.0
        for condition in conditions:
            if not isinstance(condition, Comparison):
                result = times(result, float(self.world.base.holds(condition, environment)))
                continue
            sides = [plain(self.value(side, environment)) for side in condition.sides]
            for one, relation, other in zip(sides[:-1], condition.relations, sides[1:], strict=True):
                result = self.compared(result, one, relation, other)
        return result

    @staticmethod
    def compared(result: Value, one: Value, relation: str, other: Value) -> Value:
        if not isinstance(one, Block):
            if isinstance(other, Block):
                raise Misread("a matrix on the right of a comparison alone")
            return times(result, float(compare(one, relation, other)))
        if isinstance(other, Block):
            found = entrywise(one, other, np.vectorize(lambda a, b: float(compare(a, relation, b))))
        else:
            found = one.over(lambda a: float(compare(a, relation, other)))
        return entrywise(result, found, np.multiply) if isinstance(result, Block) else times(result, found)

    def call(self, node: Call, environment: Mapping[str, float]) -> Value:
        values = [self.value(a, environment) for a in node.arguments]
        first = values[0]
        match node.function:
            case "transpose" if isinstance(first, Block):
                return first.transposed
            case "odot" | "oslash":
                one, other = values
                if not isinstance(one, Block) or not isinstance(other, Block):
                    raise Misread(f"{node.function} of a number")
                return entrywise(one, other, np.multiply if node.function == "odot" else np.divide)
            case "beside":
                self.one_matrix(node.arguments[0], environment)
                return first
            case "entrywise power" if isinstance(first, Block):
                return first.over(lambda x: x ** values[1])  # type: ignore[operator]
            case "norm" if isinstance(first, Block):
                return float(np.sqrt((first.entries**2).sum()))
            case "tr" if isinstance(first, Block):
                return float(np.trace(first.entries))
            case "tr" | "transpose":
                return first
        function = self.function(node)
        if len(values) == 1 and isinstance(first, Block):
            return first.over(function)
        return float(function(*map(plain, values)).real)

    def function(self, node: Call) -> Callable[..., Any]:
        if node.function in self.world.lexicon.functions.values():
            return lambda *x: generic(*x, orders=node.orders)
        if node.function not in FUNCTIONS:
            raise Misread(f"{node.function} is no function of matrices")
        plainly = FUNCTIONS[node.function]
        return (lambda x: derivative(plainly, node.orders[0], x)) if any(node.orders) else plainly

    def one_matrix(self, node: Node, environment: Mapping[str, float]) -> None:
        """Raises where ⊙ stands beside a product of matrices that no bracket closes."""
        if isinstance(node, Product):
            blocks = [f for f in flattened(node.factors) if isinstance(plain(self.value(f, environment)), Block)]
            if len(blocks) > 1:
                raise Misread("a product of matrices beside ⊙ without brackets")

    # Arrays

    def whole(
        self, symbol: Symbol, environment: Mapping[str, float], element: Callable[[Element], Any]
    ) -> Value:
        """All elements of a name that has the indices given; the others run."""
        if symbol.stem == ONES:
            return Block(np.ones((1, 1)), (True, False))
        if not symbol.above + symbol.below and (symbol.stem in environment or symbol.stem in self.world.sizes):
            return float(self.world.base.number(symbol, environment).real)
        above = tuple(self.world.base.place(n, environment) for n in symbol.above)
        spots = self.spots(symbol, above)
        given = self.given(symbol, [letter for letter, _ in spots])
        fixed: list[Place | None] = [None] * len(spots)
        for position, node in given.items():
            fixed[position] = self.world.base.place(node, environment)
        running = [k for k, place in enumerate(fixed) if place is None]
        ranges = [spots[k][1] for k in running]
        values = []
        for key in product(*ranges):
            below = list(fixed)
            for k, place in zip(running, key, strict=True):
                below[k] = place
            values.append(element((symbol.stem, above, tuple(below))))  # type: ignore[arg-type]
        if not running:
            return float(values[0].real)
        if len(running) > 2:
            raise Misread(f"{symbol} has {len(running)} running indices")
        shape = (*map(len, ranges), 1)[:2]
        return plain(Block(np.array(values, dtype=complex).real.reshape(shape)))

    def spots(self, symbol: Symbol, above: tuple[Place, ...]) -> list[tuple[str | None, range]]:
        """The letter and the range of each index below a name: the model's, or those of its definition on the page."""
        raised = len(above)
        stem = symbol.stem.removeprefix("\\Delta ")
        for look in self.world.lexicon.looks.get(spelling(stem), ()):
            array = self.model.arrays.get(look.name)
            if array is None and look.name == self.model.rate:
                return []
            if array is None or len(look.above) != raised or not self.fits(look.above, symbol.above):
                continue
            sizes = {s: self.world.sizes[s] for s in self.model.sizes}
            return [
                (array.letters[place] if array.letters else None,
                 range(array.axes[place].lower.evaluate(sizes), array.axes[place].upper.evaluate(sizes) + 1))
                if isinstance(place, int) else (place, range(0)) for place in look.below
            ]
        found = [d for where in (self.world.errors, self.world.definitions) for d in where.get(stem, ())
                 if len(d.left.above) == raised and self.speaks(d, above)]
        if not found:
            raise Misread(f"{symbol} has no elements")
        d = max(found, key=lambda d: len(d.spans))
        letters = [n.stem if isinstance(n, Symbol) else None for n in d.left.below]
        return [(x, self.world.range(d.spans[x], {}) if x in d.spans else range(0)) for x in letters]  # type: ignore[index]

    def speaks(self, definition: Definition, above: tuple[Place, ...]) -> bool:
        """Whether a definition is of what has these values above."""
        return all(
            (isinstance(n, Symbol) and n.stem in definition.spans) or self.world.base.place(n, {}) == value
            for n, value in zip(definition.left.above, above, strict=True)
        )

    @staticmethod
    def fits(places: tuple[Place, ...], above: tuple[Node, ...]) -> bool:
        """Whether the texts of a look stand above."""
        return all(
            not isinstance(p, str) or p == (str(n.value) if isinstance(n, Numeral) else str(n))
            for p, n in zip(places, above, strict=True)
        )

    @staticmethod
    def given(symbol: Symbol, letters: list[str | None]) -> dict[int, Node]:
        """Which positions the indices that are written stand for: those of their letters, else the first."""
        if len(symbol.below) == len(letters):
            return dict(enumerate(symbol.below))
        found: dict[int, Node] = {}
        for node in symbol.below:
            own = {p.stem for p in parts(node) if isinstance(p, Symbol)}
            free = [k for k in range(len(letters)) if k not in found]
            found[next((k for k in free if letters[k] in own), free[0])] = node
        return found


def agree(one: Value, other: Value, close: Callable[[float, float], bool]) -> bool:
    """Whether two values are equal, entry by entry; 0 may stand for a matrix of zeros."""
    one, other = plain(one), plain(other)
    if not isinstance(one, Block) and not isinstance(other, Block):
        return close(one, other)
    if not isinstance(one, Block) or not isinstance(other, Block):
        block, number = (one, other) if isinstance(one, Block) else (other, one)
        return number == 0 and all(close(x, 0.0) for x in block.entries.flat)  # type: ignore[union-attr]
    if not any(one.stretches) and not any(other.stretches) and one.entries.shape != other.entries.shape:
        raise Misread(f"{one.entries.shape} = {other.entries.shape}")
    left, right = np.broadcast_arrays(one.entries, other.entries)
    return all(close(a, b) for a, b in zip(left.flat, right.flat, strict=True))
