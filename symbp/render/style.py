"""What a notation has to say about each construct; the printer decides structure and brackets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from symbp.calculus.expression import ReductionKind, Relation
from symbp.render.names import Names
from symbp.render.printed import Binder, Level, Printed
from symbp.render.templates import Subscript


class Style(ABC):
    """A notation over a model's names."""

    def __init__(self, names: Names) -> None:
        self.names = names

    minus: str = "-"
    times: str = "*"

    @property
    def in_text(self) -> Style:
        """The notation for formulas within a sentence."""
        return self

    @abstractmethod
    def bracket(self, inner: Printed) -> str:
        """(inner)."""

    @abstractmethod
    def rational(self, value: Fraction) -> Printed:
        """A positive number or zero."""

    @abstractmethod
    def name(self, name: str) -> str:
        """A name by itself: an index, a size, a constant."""

    @abstractmethod
    def scaled(self, coefficient: int, symbol: str) -> str:
        """2p."""

    @abstractmethod
    def access(self, name: str, subscripts: Sequence[Subscript]) -> Printed:
        """name with printed subscripts."""

    @abstractmethod
    def product(self, factors: Sequence[Printed]) -> str:
        """Factors side by side, brackets already in place."""

    @abstractmethod
    def fraction(self, over: Printed | None, under: Printed) -> Printed:
        """over / under, 1 / under."""

    @abstractmethod
    def power(self, base: str, exponent: Printed) -> Printed:
        """base ^ exponent, the base's brackets already in place."""

    @abstractmethod
    def root(self, base: Printed) -> Printed:
        """√base."""

    @abstractmethod
    def call(self, function: str, arguments: Sequence[Printed], orders: tuple[int, ...]) -> Printed:
        """function(arguments), or its derivative of these orders."""

    @abstractmethod
    def reduction(
        self, kind: ReductionKind, binders: Sequence[Binder], body: str, component: int,
    ) -> Printed:
        """⊕ over binders, each with its conditions; the body's brackets are already in place."""

    @abstractmethod
    def iverson(self, conditions: Sequence[str]) -> Printed:
        """[conditions]: 1 where they hold, else 0."""

    @abstractmethod
    def cases(self, branches: Sequence[tuple[Printed, Sequence[str]]]) -> Printed:
        """Values with their conditions; no condition is `otherwise`."""

    @abstractmethod
    def partial(self, of: Printed, wrt: Printed, direct: bool) -> Printed:
        """∂of/∂wrt, ∂⁺of/∂wrt where it is a direct one beside another total one."""

    @abstractmethod
    def differential(self, wrt: Printed) -> Printed:
        """dwrt: the derivative of what is differentiated by wrt."""

    @abstractmethod
    def arrows(self, stations: Sequence[str]) -> str:
        """w → β → E."""

    @abstractmethod
    def members(self, shown: Sequence[str], is_range: bool) -> str:
        """{β} for a set; with `is_range` {β₁, …, β_l} of its first and last member."""

    @abstractmethod
    def relation(self, sign: Relation) -> str:
        """<, ≤, =, … ."""

    @abstractmethod
    def divides(self, modulus: int, form: Printed, holds: bool) -> str:
        """modulus | form, or that it doesn't."""

    def stands_beside(self, over: Printed) -> bool:
        """Whether a numerator is too large for one, so that it stands beside a fraction."""
        return False

    def factor(self, item: Printed, last: bool) -> Printed:
        """A formula made fit to be a factor."""
        if item.level < Level.PRODUCT:
            return Printed(self.bracket(item), tall=item.tall)
        return item if last else self.shut(item)

    def shut(self, item: Printed) -> Printed:
        """A formula that ends where its text ends."""
        if not item.open:
            return item
        return Printed(item.closed if item.closed is not None else self.bracket(item), tall=item.tall)

    def base(self, item: Printed) -> str:
        """A formula made fit to take an exponent."""
        item = self.shut(item)
        return item.text if item.level is Level.ATOM else self.bracket(item)

    def negative(self, magnitude: Printed) -> Printed:
        """−magnitude."""
        if magnitude.level < Level.PRODUCT:
            magnitude = Printed(self.bracket(magnitude), tall=magnitude.tall)
        return Printed(
            self.minus + magnitude.text, Level.NEGATIVE, magnitude.tall, magnitude.open, magnitude=magnitude,
        )

    def sum(self, terms: Sequence[Printed]) -> Printed:
        """Terms in order, each with its sign."""
        text = ""
        for place, term in enumerate(terms):
            if term.magnitude is not None and place:
                text += f" {self.minus} {term.magnitude.text}"
            elif term.level is Level.SUM:
                text += (" + " if place else "") + self.bracket(term)
            else:
                text += (" + " if place else "") + term.text
        return Printed(text, Level.SUM, any(t.tall for t in terms))
