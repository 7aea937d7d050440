"""What a reader's tree is worth: definitions from the page, derivatives by differences, never by a rule."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from tests.reading_latex import SCALAR
from tests.reading_names import Key, Lexicon, Place
from tests.reading_tree import (
    Big,
    Binder,
    Call,
    Cases,
    Comparison,
    Condition,
    Iverson,
    Members,
    Misread,
    Negative,
    Node,
    Numeral,
    Partial,
    Power,
    Product,
    Quotient,
    Span,
    Sum,
    Symbol,
)

Environment = Mapping[str, Any]
Element = tuple[str, tuple[Place, ...], tuple[Place, ...]]
"""A stem with the values of what stands above and below."""

Number = complex
"""A real number, or one with a step into the imaginary direction: f(x + ih) = f(x) + ih f′(x) + O(h²)."""

STEP = 1e-30
"""The imaginary step: nothing is subtracted, so that no digits are lost."""

WIDE = 2e-3
"""A difference quotient's step, where a function has no complex values."""


def by_parts(real: Callable[[float], float], other: Callable[[complex], complex]) -> Callable[[Number], Number]:
    """A function of real numbers, and of those with a step."""
    return lambda x: other(x) if isinstance(x, complex) else real(x)


def real(x: Number) -> float:
    return x.real


SIN, EXP, LOG, SQRT = (by_parts(getattr(math, f), getattr(cmath, f)) for f in ("sin", "exp", "log", "sqrt"))

FUNCTIONS: dict[str, Callable[..., Number]] = {
    **{f: by_parts(getattr(math, f), getattr(cmath, f)) for f in (
        "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan",
    )},
    "abs": lambda x: -x if real(x) < 0 else x, "sigmoid": lambda x: 1 / (1 + EXP(-x)),
    "relu": lambda x: x if real(x) > 0 else 0.0, "max": lambda *x: max(x, key=real),
    "min": lambda *x: min(x, key=real), "softplus": lambda x: LOG(1 + EXP(x)), "silu": lambda x: x / (1 + EXP(-x)),
    "mod": lambda a, m: a % m, "erf": math.erf, "gelu": lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))),
    "sign": lambda x: float((real(x) > 0) - (real(x) < 0)), "step": lambda x: float(real(x) > 0),
}


def generic(*arguments: Number, orders: tuple[int, ...] = ()) -> Number:
    """A smooth function to put for a declared one: sin(Σ a_k x_k + 0.3) + Σ a_k x_k / 5, and its derivatives."""
    weights = [1 + 0.6 * k for k in range(len(arguments))]
    inside = sum(a * x for a, x in zip(weights, arguments, strict=True))
    order = sum(orders)
    scale = math.prod(a**o for a, o in zip(weights, orders, strict=False))
    straight = inside / 5 if order == 0 else (0.2 if order == 1 else 0.0)
    return scale * (SIN(inside + 0.3 + order * math.pi / 2) + straight)


@dataclass(frozen=True)
class Definition:
    """left = right for the left side's letters, each in its range."""

    left: Symbol
    spans: Mapping[str, Span]
    right: Node
    conditions: tuple[Condition, ...] = ()


@dataclass
class World:
    """Sizes, values of what is given, what the page defines, and what is differentiated."""

    sizes: Mapping[str, int]
    values: Mapping[str, Mapping[Key, float]]
    lexicon: Lexicon
    scalar: Symbol
    rate: str | None = None
    definitions: dict[str, list[Definition]] = field(default_factory=dict)
    errors: dict[str, list[Definition]] = field(default_factory=dict)
    instances: dict[str, Callable[[Number], Number]] = field(default_factory=dict)
    """What to put for declared functions; else a generic one."""

    def __post_init__(self) -> None:
        self.base = Moment(self, {})
        self._totals: dict[Element, float] = {}
        self._found: dict[Element, tuple[Definition, Environment]] = {}

    def total(self, wrt: Element) -> float:
        """∂scalar/∂wrt: everything that depends on the element follows it."""
        if wrt not in self._totals:
            self._totals[wrt] = self._slope(wrt, lambda shifted: Moment(self, {wrt: shifted}).element(self._loss))
        return self._totals[wrt]

    def edge(self, of: Element, wrt: Element) -> float:
        """∂of/∂wrt of the equation that defines `of`, with all else that it reads held at its value."""
        definition, environment = self.definition_of(of)
        self.base.number(definition.right, environment)
        return self._slope(
            wrt, lambda shifted: Moment(self, {**self.base.memo, wrt: shifted}).number(definition.right, environment),
        )

    def _slope(self, wrt: Element, value: Callable[[Number], Number]) -> float:
        here = self.base.element(wrt)
        try:
            return value(complex(here, STEP)).imag / STEP
        except TypeError:
            return extrapolated(value, real(here))

    def is_scalar(self, symbol: Symbol) -> bool:
        """Whether a symbol is what is differentiated, named or left unsaid."""
        return symbol in (self.scalar, SCALAR)

    @property
    def _loss(self) -> Element:
        return self.base.key(self.scalar, {})

    def definition_of(self, element: Element) -> tuple[Definition, Environment]:
        found = self.defined(element)
        if found is None:
            raise Misread(f"no equation defines {shown(element)}")
        return found

    def defined(self, element: Element) -> tuple[Definition, Environment] | None:
        """The equation that defines an element, where there is one."""
        if element not in self._found:
            found = self.find(self.definitions, element)
            if found is None:
                return None
            self._found[element] = found
        return self._found[element]

    def find(
        self, where: Mapping[str, list[Definition]], element: Element
    ) -> tuple[Definition, Environment] | None:
        """The definition that speaks of an element, and the values of its letters there."""
        stem, above, below = element
        for definition in where.get(stem, ()):
            environment = self._match(definition, (*above, *below), len(above))
            if environment is not None and all(self.base.holds(c, environment) for c in definition.conditions):
                return definition, environment
        return None

    def _match(self, definition: Definition, key: tuple[Place, ...], raised: int) -> Environment | None:
        left = definition.left
        places = (*left.above, *left.below)
        if len(left.above) != raised or len(places) != len(key):
            return None
        environment: dict[str, float] = {}
        later = []
        for place, value in zip(places, key, strict=True):
            if isinstance(place, Symbol) and place.stem in definition.spans and not place.below:
                if environment.setdefault(place.stem, value) != value:  # type: ignore[arg-type]
                    return None
            else:
                later.append((place, value))
        for place, value in later:
            if (str(place) if isinstance(value, str) else self.base.place(place, environment)) != value:
                return None
        for letter in environment:
            if environment[letter] not in self.range(definition.spans[letter], environment):
                return None
        return environment

    def range(self, span: Span | Binder, environment: Environment) -> range:
        low, high = (self.base.integer(end, environment) for end in (span.low, span.high))
        return range(low, high + 1)


def shown(element: Element) -> str:
    stem, above, below = element
    return stem + (f"^{above}" if above else "") + (f"_{below}" if below else "")


class Moment:
    """The world with some elements at values of their own: what follows from them is worked out anew."""

    def __init__(self, world: World, memo: Mapping[Element, Number]) -> None:
        self.world = world
        self.memo = dict(memo)

    def element(self, element: Element) -> Number:
        if element not in self.memo:
            self.memo[element] = self._computed(element)
        return self.memo[element]

    def _computed(self, element: Element) -> Number:
        world = self.world
        found = world.defined(element)
        if found is not None:
            return self.number(found[0].right, found[1])
        defined = world.find(world.errors, element)
        if defined is not None:
            return world.base.number(defined[0].right, defined[1])
        if element[0].startswith("\\Delta "):
            return self._step((element[0].removeprefix("\\Delta "), *element[1:]))
        given = world.lexicon.element(*element)
        if given is not None and given[1] in world.values.get(given[0], {}):
            return float(world.values[given[0]][given[1]])
        raise Misread(f"{shown(element)} has no value: it is neither given nor defined")

    def _step(self, element: Element) -> float:
        """Δ = −rate · gradient."""
        assert self.world.rate is not None
        return -float(self.world.values[self.world.rate][()]) * self.world.total(element)

    # Indices

    def place(self, node: Node, environment: Environment) -> Place:
        """The value of an index; a letter that is no index stands for itself."""
        plain = isinstance(node, Symbol) and not node.above + node.below
        if plain and node.stem not in environment and node.stem not in self.world.sizes:
            return node.stem
        return self.integer(node, environment)

    def integer(self, node: Node, environment: Environment) -> int:
        value = self.number(node, environment)
        if value != int(value):
            raise Misread(f"{node} is {value}, and no index")
        return int(value)

    def key(self, symbol: Symbol, environment: Environment) -> Element:
        """The element that a symbol stands for; what is a text in the look of its name stays one."""
        look = self.world.lexicon.look_of(symbol.stem.removeprefix("\\Delta "), symbol.above, symbol.below)
        texts = (*look.above, *look.below) if look is not None else ()
        places = tuple(
            text if isinstance(text, str) and text.isalpha() else self.place(n, environment)
            for n, text in zip_longest((*symbol.above, *symbol.below), texts)
        )
        return symbol.stem, places[: len(symbol.above)], places[len(symbol.above):]

    # Numbers

    def number(self, node: Node, environment: Environment) -> Number:
        match node:
            case Numeral(value):
                return int(value) if value.denominator == 1 else float(value)
            case Symbol():
                return self.symbol(node, environment)
            case Sum(terms):
                return sum(self.number(t, environment) for t in terms)
            case Negative(of):
                return -self.number(of, environment)
            case Product(factors):
                return self.product(factors, environment)
            case Quotient(over, under):
                above, below = self.number(over, environment), self.number(under, environment)
                return above // below if isinstance(above, int) and isinstance(below, int) and not above % below else (
                    above / below
                )
            case Power(base, exponent):
                return power(self.number(base, environment), self.number(exponent, environment))
            case Call():
                return self.call(node, environment)
            case Iverson(conditions):
                return int(all(self.holds(c, environment) for c in conditions))
            case Cases(branches):
                for value, conditions in branches:
                    if conditions is None or all(self.holds(c, environment) for c in conditions):
                        return self.number(value, environment)
                raise Misread(f"no case covers {dict(environment)}")
            case Partial(of, wrt, direct):
                below = self.key(wrt, environment)
                if self.world.is_scalar(of) and not direct:
                    return self.world.total(below)
                return self.world.edge(self.key(of, environment), below)
            case Big():
                return self.big(node, environment)
        raise Misread(f"{node} has no value")

    def symbol(self, symbol: Symbol, environment: Environment) -> Number:
        if not symbol.above + symbol.below:
            if symbol.stem in environment:
                return environment[symbol.stem]
            if symbol.stem in self.world.sizes:
                return self.world.sizes[symbol.stem]
            if symbol.stem == "\\pi" and not self.world.lexicon.looks.get("pi"):
                return math.pi
        return self.element(self.key(symbol, environment))

    def product(self, factors: tuple[Node, ...], environment: Environment) -> Number:
        """A condition that fails makes the product 0, whatever else stands in it."""
        flat = list(flattened(factors))
        for factor in flat:
            if isinstance(factor, Iverson) and not self.number(factor, environment):
                return 0
        result: Number = 1
        for factor in flat:
            result *= self.number(factor, environment)
        return result

    def call(self, call: Call, environment: Environment) -> Number:
        if call.function == "stop":
            return self.world.base.number(call.arguments[0], environment)
        arguments = [self.number(a, environment) for a in call.arguments]
        if call.function in self.world.instances:
            function = self.world.instances[call.function]
            return derivative(function, sum(call.orders), arguments[0]) if any(call.orders) else function(*arguments)
        if call.function in self.world.lexicon.functions.values():
            return generic(*arguments, orders=call.orders)
        if call.function not in FUNCTIONS:
            raise Misread(f"{call.function} is no function")
        function = FUNCTIONS[call.function]
        return derivative(function, call.orders[0], arguments[0]) if any(call.orders) else function(*arguments)

    def big(self, node: Big, environment: Environment) -> Number:
        points = list(self.points(node, environment))
        if node.operator == "sum":
            return sum(self.number(node.body, p) for p in points)
        values = [self.number(node.body, p) for p in points]
        if node.operator == "prod":
            return math.prod(values)
        if not values:
            raise Misread(f"{node.operator} over nothing")
        extreme = max(values, key=real) if node.operator.endswith("max") else min(values, key=real)
        if node.operator.startswith("arg"):
            return points[values.index(extreme)][node.binders[node.component].letter]
        return extreme

    def points(self, node: Big, environment: Environment) -> Iterator[dict[str, float]]:
        found: list[dict[str, float]] = [dict(environment)]
        for b in node.binders:
            found = [{**p, b.letter: k} for p in found for k in self.world.range(b, p)]
        return (p for p in found if all(self.holds(c, p) for c in node.conditions))

    # Truth

    def holds(self, condition: Condition, environment: Environment) -> bool:
        match condition:
            case Comparison(sides, relations):
                values = [real(self.number(side, environment)) for side in sides]
                links = zip(values[:-1], relations, values[1:], strict=True)
                return all(compare(a, relation, b) for a, relation, b in links)
            case Span(letters):
                return all(environment[x] in self.world.range(condition, environment) for x in letters)
            case Members(value, members):
                here = self.number(value, environment)
                return any(here == self.number(m, environment) for m in members)


def compare(a: Any, relation: str, b: Any) -> bool:
    match relation:
        case "=":
            return bool(a == b)
        case "!=":
            return bool(a != b)
        case "<":
            return bool(a < b)
        case "<=":
            return bool(a <= b)
        case ">":
            return bool(a > b)
        case ">=":
            return bool(a >= b)
        case "divides" | "indivisible":
            return bool((b % a == 0) == (relation == "divides"))
    raise Misread(f"{relation} compares nothing")


def power(base: Number, exponent: Number) -> Number:
    if isinstance(base, complex) or isinstance(exponent, complex):
        return base**exponent
    return float(base**exponent)


def flattened(factors: tuple[Node, ...]) -> Iterator[Node]:
    for factor in factors:
        if isinstance(factor, Product):
            yield from flattened(factor.factors)
        else:
            yield factor


def derivative(function: Callable[..., Number], order: int, at: float) -> float:
    """f^{(order)}: the first one by an imaginary step, further ones by differences."""
    if order == 0:
        return real(function(at))
    if order == 1:
        return function(complex(at, STEP)).imag / STEP
    return extrapolated(lambda x: derivative(function, order - 1, real(x)), at)


def extrapolated(value: Callable[[Number], Number], here: float) -> float:
    """value′(here) by three central differences, with an error of the sixth order."""
    h = WIDE * max(1.0, abs(here))
    first, second, third = (real(value(here + k * h) - value(here - k * h)) / (2 * k * h) for k in (1, 2, 3))
    return 1.5 * first - 0.6 * second + 0.1 * third
