"""A program at given sizes, written out element by element as text that can be counted and run.

Nothing here is shared with the counting in `symbp.cost` but the data classes: indices get their values, guards are
decided, sums become a + b + c, and what is printed is counted by `tests.counted_text`, token by token. `straight_line`
has an assignment for each element; `unfolded` one formula for each element of a name, in inputs alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from typing import Any

from symbp.calculus.affine import Affine, Guard, Index, Range, Subscript
from symbp.calculus.expression import (
    MINUS_ONE,
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
from symbp.calculus.model import Definition
from symbp.cost.program import Program
from tests.counted_text import ONE, Counted, counted, counted_together

Key = tuple[int, ...]
Element = tuple[str, Key]
Integers = Callable[[str, Key], int]
"""The value of an integer input's element, or of the position of a maximum."""


class TooLong(Exception):
    """More text than was asked for."""


@dataclass(frozen=True)
class Part:
    """A formula's text without its sign; `literal` is 0 or 1 where it is that number."""

    text: str
    negative: bool = False
    literal: int | None = None
    compound: bool = False
    chosen: str = ""
    """For a maximum or a minimum, or the position of one: what it is chosen from."""

    @property
    def operand(self) -> str:
        return f"({self.text})" if self.compound else self.text

    @property
    def signed(self) -> str:
        return f"-{self.operand}" if self.negative else self.text

    @property
    def whole(self) -> str:
        """An operand with its sign."""
        return f"(-{self.operand})" if self.negative else self.operand


HALF = Fraction(1, 2)
ZERO = Part("0", literal=0)
LITERAL_ONE = Part("1", literal=1)


@dataclass(frozen=True)
class Line:
    """name = text for one element of a definition."""

    element: Element
    name: str
    text: str
    chosen: str = ""


@dataclass
class Writer:
    """Writes a program's formulas at sizes.

    With `folded`, an access to a defined element is its name, a positive one unless it is a literal 0 or 1; else it is
    that element's formula in brackets. `primitives` are functions that aren't taken apart.
    """

    program: Program
    sizes: Mapping[str, int]
    integers: Integers
    primitives: frozenset[str] = frozenset()
    folded: bool = True
    signs_through: bool = False
    """With names for elements: whether a name has its formula's sign, as within an unfolded tree."""
    marked: str | None = None
    """A name whose elements are wrapped in a call `marked(…)`, so that they can be found in an unfolded tree."""
    limit: int = 200_000
    """Characters of one formula."""
    words: dict[str, Element] = field(default_factory=dict)
    constants: dict[str, Fraction] = field(default_factory=dict)
    memo: dict[Element, Part] = field(default_factory=dict)
    order: list[Element] = field(default_factory=list)
    """Defined elements as they were finished: each behind those that it reads."""

    def __post_init__(self) -> None:
        self.definitions = self.program.by_target

    def keys(self, name: str) -> list[Key]:
        """Every index tuple of a definition, in lexicographic order."""
        points: list[dict[str, int]] = [{}]
        indices = self.definitions[name].indices
        for index in indices:
            points = [{**p, index.name: k} for p in points for k in self.span(index.range, p)]
        return [tuple(p[i.name] for i in indices) for p in points]

    def span(self, within: Range, at: Mapping[str, int]) -> range:
        return range(self.affine(within.lower, at), self.affine(within.upper, at) + 1)

    def affine(self, form: Affine, at: Mapping[str, int]) -> int:
        return form.constant + sum(c * (at[s] if s in at else self.sizes[s]) for s, c in form.terms)

    def subscript(self, subscript: Subscript, at: Mapping[str, int]) -> int:
        if isinstance(subscript, Affine):
            return self.affine(subscript, at)
        return self.integers(subscript.array, tuple(self.affine(s, at) for s in subscript.subscripts))

    def holds(self, guards: Sequence[Guard], at: Mapping[str, int]) -> bool:
        for guard in guards:
            value = self.affine(guard.form, at)
            if guard.lookup is not None:
                value = self.subscript(guard.lookup, at) - value
            truth = {
                "ge": value >= 0, "eq": value == 0, "ne": value != 0,
                "divides": value % guard.modulus == 0, "not_divides": value % guard.modulus != 0,
            }
            if not truth[guard.kind]:
                return False
        return True

    def points(
        self, binders: Sequence[Index], guards: Sequence[Guard], at: Mapping[str, int]
    ) -> Iterator[dict[str, int]]:
        if not binders:
            if self.holds(guards, at):
                yield dict(at)
            return
        for k in self.span(binders[0].range, at):
            yield from self.points(binders[1:], guards, {**at, binders[0].name: k})

    def element(self, element: Element) -> Part:
        """A defined element's formula."""
        if element not in self.memo:
            name, key = element
            definition = self.definitions[name]
            at = {i.name: k for i, k in zip(definition.indices, key, strict=True)}
            part = self.part(definition.body, at)
            if len(part.text) > self.limit:
                raise TooLong
            self.memo[element] = part
            self.order.append(element)
        return self.memo[element]

    def part(self, e: Expr, at: Mapping[str, int]) -> Part:
        part = self.formula(e, at)
        negative = isinstance(e, Mul) and len(e.factors) == 2 and e.factors[0] == MINUS_ONE
        return part if negative or isinstance(e, Reduce | Cases) or not part.chosen else replace(part, chosen="")

    def formula(self, e: Expr, at: Mapping[str, int]) -> Part:
        match e:
            case Number(value):
                return self.number(value)
            case Constant(name):
                return Part(name)
            case Position(form):
                return Part(self.constant("at", Fraction(self.affine(form, at))))
            case Access(name, subscripts):
                return self.access(name, tuple(self.subscript(s, at) for s in subscripts))
            case Add(terms):
                return total([self.part(t, at) for t in terms])
            case Mul(factors):
                return self.product(factors, at)
            case Power(base, Number(exponent)):
                return self.power(self.part(base, at), exponent)
            case Power(base, exponent):
                below, above = self.part(base, at), self.part(exponent, at)
                if below.literal == 1 and not below.negative:
                    return LITERAL_ONE
                return Part(f"{below.whole}**{above.whole}", compound=True)
            case Apply(function, arguments, orders):
                return self.apply(function, [self.part(a, at) for a in arguments], orders)
            case Cases(branches):
                return next((self.part(body, at) for guards, body in branches if self.holds(guards, at)), ZERO)
            case Select(relation, left, right, yes, no):
                a, b, c, d = (self.part(x, at).whole for x in (left, right, yes, no))
                return Part(f"{c} if {a} {relation} {b} else {d}", compound=True)
            case Reduce(kind, binders, guards, body, _):
                return reduced(kind, [self.part(body, p) for p in self.points(binders, guards, at)])
        raise TypeError(f"{type(e).__name__} is no part of a program")

    def access(self, name: str, key: Key) -> Part:
        if name not in self.definitions:
            return Part(self.word(name, key))
        part = self.element((name, key))
        if not self.folded:
            if name == self.marked and part.literal is None:
                return Part(f"marked({part.text})", part.negative)
            return part
        if part.literal is not None:
            return part
        return Part(self.word(name, key), part.negative and self.signs_through)

    def number(self, value: Fraction) -> Part:
        size = abs(value)
        if size in (0, 1):
            return replace(ZERO if size == 0 else LITERAL_ONE, negative=value < 0)
        return Part(self.constant("n", size), value < 0)

    def constant(self, prefix: str, value: Fraction) -> str:
        """A word for a number: the formula's 2 stays a numeral; fractions, and indices as numbers, get a name."""
        if prefix == "n" and value.denominator == 1:
            return str(value)
        word = f"{prefix}_{value.numerator}_{value.denominator}".replace("-", "m")
        self.constants[word] = value
        return word

    def word(self, name: str, key: Key) -> str:
        """A Python name for an element, its own."""
        plain = re.sub(r"\W", lambda found: f"_{ord(found[0]):x}_", name)
        word = "_".join(["v", plain, *(str(k).replace("-", "m") for k in key)])
        while self.words.setdefault(word, (name, key)) != (name, key):
            word += "x"
        return word

    def power(self, base: Part, exponent: Fraction) -> Part:
        """base ^ a literal exponent: b**2, b**3, sqrt(b), and these to the −1; b**(2/3) by a name for the exponent."""
        if exponent == 1:
            return base
        if base.literal == 0 and exponent > 0:
            return ZERO
        if exponent.denominator == 1 and exponent != 0:
            return self.whole_power(base, int(exponent))
        if base.literal == 1 and not base.negative:
            return LITERAL_ONE
        if exponent in (HALF, -HALF):
            root = Part(f"sqrt({base.signed})")
            return root if exponent > 0 else Part(f"{root.text}**-1", compound=True)
        return Part(f"{base.whole}**{self.constant('exponent', exponent)}", compound=True)

    def whole_power(self, base: Part, exponent: int) -> Part:
        negative = base.negative and exponent % 2 == 1
        if base.literal == 1:
            return replace(LITERAL_ONE, negative=negative)
        raised = base
        if abs(exponent) > 1:
            raised = Part(f"{base.operand}**{abs(exponent)}", compound=True)
        if exponent < 0:
            raised = Part(f"{raised.operand}**-1", compound=True)
        return replace(raised, negative=negative)

    def product(self, factors: Sequence[Expr], at: Mapping[str, int]) -> Part:
        """Numerators first; what stands to a negative power goes below the line."""
        above: list[Part] = []
        below: list[Part] = []
        for factor in factors:
            match factor:
                case Power(base, Number(exponent)) if exponent < 0 and (
                    exponent.denominator == 1 or exponent == -HALF
                ):
                    below.append(self.power(self.part(base, at), -exponent))
                case _:
                    above.append(self.part(factor, at))
        return quotient(above, below)

    def apply(self, function: str, arguments: Sequence[Part], orders: tuple[int, ...]) -> Part:
        if function == "stop":
            return arguments[0]
        if function == "sigmoid" and function not in self.primitives:
            return Part(f"{ONE} / ({ONE} + exp(-({arguments[0].signed})))", compound=True)
        return Part(f"{derivative_word(function, orders)}({', '.join(a.signed for a in arguments)})")


def derivative_word(function: str, orders: tuple[int, ...]) -> str:
    """The function's name in the text: f for f, f_orders_1 for f′, phi_orders_1_0 for φ's partial."""
    return f"{function}_orders_{'_'.join(map(str, orders))}" if any(orders) else function


def total(parts: Sequence[Part]) -> Part:
    """What isn't 0, added; a positive term first; the sign in front where all are negative."""
    kept = [p for p in parts if p.literal != 0]
    if not kept:
        return ZERO
    if len(kept) == 1:
        return kept[0]
    added = [p.operand for p in kept if not p.negative]
    taken = [p.operand for p in kept if p.negative]
    if not added:
        return Part(" + ".join(taken), negative=True, compound=True)
    return Part(" - ".join([" + ".join(added), *taken]), compound=True)


def quotient(above: Sequence[Part], below: Sequence[Part]) -> Part:
    """Π above / Π below."""
    if any(p.literal == 0 for p in above):
        return ZERO
    negative = reduce(lambda sign, p: sign != p.negative, (*above, *below), False)
    over, under = ([p for p in parts if p.literal != 1] for parts in (above, below))
    if not over and not under:
        return replace(LITERAL_ONE, negative=negative)
    if len(over) == 1 and not under:
        return replace(over[0], negative=negative)
    if over:
        first = " * ".join(p.operand for p in over)
    else:
        first = f"{under[0].operand}**-1"
        under = under[1:]
    return Part(" / ".join([first, *(p.operand for p in under)]), negative, compound=True)


def reduced(kind: str, parts: Sequence[Part]) -> Part:
    match kind:
        case "sum":
            return total(parts)
        case "prod":
            return quotient(parts, [])
    assert parts, "an empty maximum"
    given = ", ".join(p.signed for p in parts)
    chosen = f"{kind.removeprefix('arg')} of {given}"
    if len(parts) > 1 or kind.startswith("arg"):
        return Part(f"{kind}({given})", chosen=chosen)
    return Part(given, compound=True, chosen=chosen) if parts[0].negative else replace(parts[0], chosen=chosen)


@dataclass(frozen=True)
class Written:
    """A program's text, and what its words mean."""

    lines: tuple[Line, ...]
    words: Mapping[str, Element]
    constants: Mapping[str, Fraction]
    defined: frozenset[str]
    """The words of elements that the program defines."""

    @property
    def text(self) -> str:
        return "\n".join(f"{line.name} = {line.text}" for line in self.lines)

    def counted(self) -> Counted:
        return counted_together(line.text for line in self.computed())

    def distinct(self) -> int:
        """Operations and numbers where they stand, and each input that is read, once."""
        found = self.counted()
        numbers = sum(n for word, n in found.leaves.items() if word not in self.words)
        return found.operations + numbers + len(found.leaves.keys() & self.words.keys() - self.defined)

    def by_definition(self) -> dict[str, Counted]:
        found: dict[str, Counted] = {}
        for line in self.computed():
            found.setdefault(line.element[0], Counted()).and_also(counted(line.text))
        return found

    def computed(self) -> list[Line]:
        """The position of a maximum is had with the maximum, or with the first such position: then it is a copy."""
        seen = {line.chosen for line in self.lines if line.chosen and not line.text.startswith("arg")}
        found = []
        for line in self.lines:
            if line.text.startswith("arg"):
                known = line.chosen in seen
                seen.add(line.chosen)
                found.append(replace(line, text="position") if known else line)
            else:
                found.append(line)
        return found

    def run(self, values: Mapping[Element, float], functions: Mapping[str, Any]) -> dict[Element, Any]:
        """The text executed at a point: the numbers that it gives for the elements on the left."""
        scope: dict[str, Any] = dict(functions)
        scope.update({word: float(value) for word, value in self.constants.items()})
        scope.update({word: values[e] for word, e in self.words.items() if e in values})
        exec(self.text, scope)
        return {line.element: scope[line.name] for line in self.lines}


def straight_line(
    program: Program, sizes: Mapping[str, int], integers: Integers, primitives: frozenset[str] = frozenset()
) -> Written:
    """An assignment for each element of each definition, in an order in which they can be worked out."""
    writer = Writer(program, sizes, integers, primitives)
    for name in writer.definitions:
        for key in writer.keys(name):
            writer.element((name, key))
    lines = tuple(Line(e, writer.word(*e), writer.memo[e].signed, writer.memo[e].chosen) for e in writer.order)
    return _written(writer, lines)


def unfolded(
    program: Program, names: Sequence[str], sizes: Mapping[str, int], integers: Integers,
    primitives: frozenset[str] = frozenset(), *, marked: str | None = None, limit: int = 200_000,
) -> Written:
    """One formula for each element of the names, in inputs alone. Raises TooLong beyond the limit."""
    writer = Writer(program, sizes, integers, primitives, folded=False, marked=marked, limit=limit)
    lines = []
    for name in names:
        for key in writer.keys(name):
            part = writer.element((name, key))
            lines.append(Line((name, key), writer.word(name, key), part.signed))
    return _written(writer, tuple(lines))


def bodies_of_trees(
    program: Program, names: Sequence[str], sizes: Mapping[str, int], integers: Integers,
    primitives: frozenset[str] = frozenset(),
) -> Written:
    """What is distinct in the unfolded trees: the formula of each element that they reach, with its sign where read."""
    writer = Writer(program, sizes, integers, primitives, signs_through=True)
    wanted = {(name, key) for name in names for key in writer.keys(name)}
    for element in sorted(wanted):
        writer.element(element)
    parts = {e: writer.memo[e] for e in writer.order}
    lines = tuple(Line(e, writer.word(*e), p.signed if e in wanted else p.text) for e, p in parts.items())
    reached, waiting = set(), [line for line in lines if line.element in wanted]
    by_word = {line.name: line for line in lines}
    while waiting:
        line = waiting.pop()
        if line.name not in reached:
            reached.add(line.name)
            waiting += [by_word[word] for word in counted(line.text).leaves if word in by_word]
    kept = tuple(line for line in lines if line.name in reached)
    return _written(writer, kept)


def _written(writer: Writer, lines: tuple[Line, ...]) -> Written:
    defined = frozenset(w for w, (name, _) in writer.words.items() if name in writer.definitions)
    return Written(lines, writer.words, writer.constants, defined)


def running_integers(program: Program, sizes: Mapping[str, int]) -> Integers:
    """Integer inputs that run through their values 1, 2, …, V, 1, … from element to element; so do positions."""
    tables: dict[str, dict[Key, int]] = {}
    writer = Writer(program, sizes, lambda name, key: 0)

    def value(name: str, key: Key) -> int:
        if name not in tables:
            tables[name] = dict(_running(writer, name))
        return tables[name][key]

    return value


def _running(writer: Writer, name: str) -> Iterator[tuple[Key, int]]:
    definition = writer.definitions.get(name)
    if definition is None:
        array = writer.program.arrays[name]
        assert array.values is not None
        axes, within = array.axes, array.values
    else:
        axes, within = tuple(i.range for i in definition.indices), _places(definition)
    values = writer.span(within, {})
    keys: list[Key] = [()]
    for axis in axes:
        keys = [(*k, v) for k in keys for v in writer.span(axis, {})]
    for place, key in enumerate(keys):
        yield key, values[place % len(values)]


def _places(definition: Definition) -> Range:
    """The range of the index that a position of a maximum is a value of."""
    body = definition.body
    while isinstance(body, Cases):
        body = body.branches[0][1]
    assert isinstance(body, Reduce)
    return body.binders[body.component].range
