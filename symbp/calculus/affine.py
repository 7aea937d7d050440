"""Affine integer forms, subscripts, index ranges and guards: the vocabulary of every index set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from symbp.calculus.node import node


@node
class Affine:
    """c₀ + Σₖ cₖ·sₖ with literal integers c and symbols s (indices and sizes, by name).

    `terms` is sorted by name and holds no zero, so equal forms compare equal.
    """

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    @staticmethod
    def of(value: int | str | Affine) -> Affine:
        """An integer, a symbol's name, or a form, as a form."""
        if isinstance(value, Affine):
            return value
        if isinstance(value, str):
            return Affine(((value, 1),))
        return Affine((), value)

    @staticmethod
    def build(coefficients: Mapping[str, int], constant: int) -> Affine:
        return Affine(tuple(sorted((s, c) for s, c in coefficients.items() if c)), constant)

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(s for s, _ in self.terms)

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def as_symbol(self) -> str | None:
        """The name s where the form is exactly s, else None."""
        if self.constant == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None

    def coefficient(self, symbol: str) -> int:
        return next((c for s, c in self.terms if s == symbol), 0)

    def __add__(self, other: int | str | Affine) -> Affine:
        other = Affine.of(other)
        if not other.terms:
            return Affine(self.terms, self.constant + other.constant)
        total = dict(self.terms)
        for symbol, c in other.terms:
            total[symbol] = total.get(symbol, 0) + c
        return Affine.build(total, self.constant + other.constant)

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: int | str | Affine) -> Affine:
        return self + Affine.of(other) * -1

    def __mul__(self, factor: int) -> Affine:
        if factor == 1:
            return self
        return Affine.build({s: c * factor for s, c in self.terms}, self.constant * factor)

    def substitute(self, values: Mapping[str, Affine]) -> Affine:
        """Simultaneous replacement of symbols by forms."""
        if not any(s in values for s, _ in self.terms):
            return self
        total = Affine((), self.constant)
        for symbol, c in self.terms:
            total = total + values.get(symbol, Affine.of(symbol)) * c
        return total

    def evaluate(self, values: Mapping[str, int]) -> int:
        """The integer at a point; raises KeyError for a symbol without a value."""
        return self.constant + sum(c * values[s] for s, c in self.terms)


@node
class Lookup:
    """An integer input read as a subscript: tok[t] in Emb[tok[t], k]."""

    array: str
    subscripts: tuple[Affine, ...] = ()

    def substitute(self, values: Mapping[str, Affine]) -> Lookup:
        return Lookup(self.array, tuple(s.substitute(values) for s in self.subscripts))

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s for a in self.subscripts for s in a.symbols))


Subscript = Affine | Lookup


@node
class Range:
    """The integers lower..upper, both ends included; empty where upper < lower."""

    lower: Affine
    upper: Affine

    @staticmethod
    def of(lower: int | str | Affine, upper: int | str | Affine) -> Range:
        return Range(Affine.of(lower), Affine.of(upper))

    @property
    def extent(self) -> Affine:
        return self.upper - self.lower + 1

    def substitute(self, values: Mapping[str, Affine]) -> Range:
        return Range(self.lower.substitute(values), self.upper.substitute(values))


@node
class Index:
    """A named integer with its range. A name is unique within its equation; `j#2` prints as some free letter like j."""

    name: str
    range: Range

    @property
    def letter(self) -> str:
        """The author's letter, the wish of the printer."""
        return self.name.partition("#")[0]


GuardKind = Literal["ge", "eq", "ne", "divides", "not_divides"]


@node
class Guard:
    """One condition on indices, with e an affine form, or an integer input minus an affine form.

    ge: e ≥ 0;  eq: e = 0;  ne: e ≠ 0;  divides: modulus | e;  not_divides: not so.
    With `lookup`, the condition is  lookup = form  (eq) or  lookup ≠ form  (ne).
    """

    kind: GuardKind
    form: Affine
    modulus: int = 1
    lookup: Lookup | None = None

    def substitute(self, values: Mapping[str, Affine]) -> Guard:
        lookup = self.lookup.substitute(values) if self.lookup else None
        return Guard(self.kind, self.form.substitute(values), self.modulus, lookup)

    @property
    def symbols(self) -> tuple[str, ...]:
        extra = self.lookup.symbols if self.lookup else ()
        return tuple(dict.fromkeys((*self.form.symbols, *extra)))

    def holds(self, values: Mapping[str, int], looked_up: int | None = None) -> bool:
        """Whether the condition holds at a point; `looked_up` is the value of the integer input, where there is one."""
        e = self.form.evaluate(values)
        if self.lookup is not None:
            assert looked_up is not None
            e = looked_up - e
        return self.holds_for(e)

    def holds_for(self, e: int) -> bool:
        """Whether the condition holds for a value e of its form, or of its lookup minus its form."""
        match self.kind:
            case "ge":
                return e >= 0
            case "eq":
                return e == 0
            case "ne":
                return e != 0
            case "divides":
                return e % self.modulus == 0
            case "not_divides":
                return e % self.modulus != 0


@lru_cache(maxsize=4096)
def range_guards(name: str, within: Range) -> tuple[Guard, Guard]:
    """lower ≤ name ≤ upper as two guards."""
    return form_in_range(Affine.of(name), within)


def form_in_range(form: Affine, within: Range) -> tuple[Guard, Guard]:
    """lower ≤ form ≤ upper as two guards."""
    return Guard("ge", form - within.lower), Guard("ge", within.upper - form)


def symbols_of(guards: Iterable[Guard]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for g in guards for s in g.symbols))
