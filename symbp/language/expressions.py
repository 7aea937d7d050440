"""Formulas to values: names resolved, indices bound, nests split into elementary equations."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from symbp.calculus.affine import Affine, Index
from symbp.calculus.expression import Access, Constant, Position, Power, number
from symbp.language import syntax
from symbp.language.accesses import Accesses, count_of
from symbp.language.arithmetic import PowerTooLarge, constant_power, too_long
from symbp.language.bounds import Bounds
from symbp.language.calls import Calls
from symbp.language.choices import Choices
from symbp.language.collector import Hint, similar
from symbp.language.elementary import Equations, Owner, Place
from symbp.language.file import File
from symbp.language.linear import names_in
from symbp.language.product import Product
from symbp.language.ranges import Ranges
from symbp.language.reductions import Reductions
from symbp.language.scopes import binds, elementwise
from symbp.language.steps import Steps, done
from symbp.language.syntax import Span
from symbp.language.value import POISON, Value, literal, never_zero, of_atom, of_factor, scaled

ONE = Fraction(1)


@dataclass
class World:
    """What every formula of a file is lowered against."""

    file: File
    ranges: Ranges
    bounds: Bounds
    equations: Equations
    called: set[str] = field(default_factory=set)
    """The helpers that something calls."""


class Formulas:
    """Lowers the formulas of one author's definition."""

    def __init__(self, world: World, owner: Owner) -> None:
        self.world = world
        self.file = world.file
        self.mistakes = world.file.mistakes
        self.owner = owner
        self.accesses = Accesses(self)
        self.calls = Calls(self)
        self.reductions = Reductions(self)
        self.choices = Choices(self)

    def error(self, span: Span, message: str, hint: Hint = "", also: tuple[tuple[Span, str], ...] = ()) -> Value:
        self.mistakes.error(span, message, hint, also)
        return POISON

    # The formula as a whole

    def value(self, e: syntax.Expression, place: Place) -> Steps[Value]:
        """The formula as a sum of terms."""
        match e:
            case syntax.Numeral(value=value):
                return done(literal(value))
            case syntax.Name():
                return done(self.name(e, place))
            case syntax.Subscripted():
                return done(self.subscripted(e, place))
            case syntax.Sum():
                return self._sum(e, place)
            case syntax.Product():
                return self._product(e, place)
            case syntax.Negative():
                return self._negative(e, place)
            case syntax.PowerOf():
                return self._power(e, place)
            case syntax.Call():
                return self.calls.value(e, place)
            case syntax.Reduction():
                if binds(self.file, e, self.local(place)):
                    return self.reductions.value(e, place)
                return self.calls.value(elementwise(e), place)
            case syntax.Where():
                return self.choices.value(e, place)

    def _negative(self, e: syntax.Negative, place: Place) -> Steps[Value]:
        value: Value = yield self.value(e.operand, place)
        return scaled(self.owner.alone(value, place), -ONE)

    def local(self, place: Place) -> frozenset[str]:
        """The names of a helper's arguments at a place."""
        return frozenset(n for n, v in place.env.items() if isinstance(v, Value))

    # Leaves

    def name(self, e: syntax.Name, place: Place) -> Value:
        meant = place.env.get(e.name)
        if isinstance(meant, Index):
            return of_factor(Position(Affine.of(meant.name)))
        if meant is not None:
            return meant
        entry = self.file.names.get(e.name)
        if entry is None:
            if e.name == "pi":
                return of_factor(Constant("pi"))
            return self.undefined(e.name, e.span)
        if entry.is_array:
            rank = len(self.world.ranges.axes[e.name])
            if rank:
                message = f"`{e.name}` needs {count_of(rank)}, none is given"
                return self.error(e.span, message, self.as_written(e.name))
            return of_factor(Access(e.name))
        if entry.kind == "size":
            return of_factor(Position(Affine.of(e.name)))
        if entry.kind == "function":
            return self._uncalled(e)
        return self._unbound(e, entry.what)

    def _uncalled(self, e: syntax.Name) -> Value:
        helper = self.file.helpers.get(e.name) or self.file.generics.get(e.name)
        listed = ", ".join(n for n, _ in helper.parameters) if helper is not None else "x"
        return self.error(
            e.span, f"`{e.name}` is a function: it stands here without arguments", f"write `{e.name}({listed})`"
        )

    def _unbound(self, e: syntax.Name, what: str) -> Value:
        hint = f"write `sum({e.name}, …)`, or put `{e.name}` on the left" if what == "an index" else ""
        if what == "an index" and e.name not in self.file.indices:
            hint += f"; if it is a size, declare `size {e.name}`"
        return self.error(e.span, f"`{e.name}` is {what}, and nothing binds it here", hint)

    def unknown_name(self, e: syntax.Expression, place: Place) -> bool:
        """Records the first bare name of a formula that means nothing here; False if there is none."""
        for node in names_in(e):
            entry = self.file.names.get(node.name)
            if node.name not in place.env and node.name != "pi" and (entry is None or entry.kind == "index"):
                self.name(node, place)
                return True
        return False

    def undefined(self, name: str, span: Span) -> Value:
        if any(x == name for x in self.world.ranges.letters):
            return self._unbound(syntax.Name(span, name), "an index")
        return self.error(span, f"`{name}` is not defined", similar(name, self.file.names))

    def as_written(self, name: str) -> str:
        declared = self.file.arrays.get(name)
        if declared is not None and declared[1].axes:
            return f"it is declared as {self.mistakes.quote(declared[1].span)}"
        cases = self.file.definitions.get(name)
        if cases and cases[-1].subscripts:
            first, last = cases[-1].name_span, cases[-1].subscripts[-1].span
            return f"it is defined as {self.mistakes.quote(Span(first.start, last.end + 1, first.line, first.column))}"
        return ""

    def subscripted(self, e: syntax.Subscripted, place: Place) -> Value:
        access = self.accesses.access(e, place)
        if access is None:
            return POISON
        partial = self.accesses.check(access, e, place)
        return of_factor(access, partial)

    # Sums, products, powers

    def _sum(self, e: syntax.Sum, place: Place) -> Steps[Value]:
        values: list[Value] = []
        for sign, part in e.terms:
            value: Value = yield self.value(part, place)
            values.append(scaled(self.owner.alone(value, place), Fraction(sign)))
        numbers = [v.number for v in values]
        if all(n is not None for n in numbers):
            return self._literal(sum((n for n in numbers if n is not None), Fraction(0)), e.span)
        return Value(tuple(t for v in values for t in v.terms), any(v.partial for v in values))

    def _literal(self, value: Fraction, span: Span) -> Value:
        if too_long(value):
            return self.error(span, f"{self.mistakes.quote(span)} is too large a number to write out", "")
        return literal(value)

    def _product(self, e: syntax.Product, place: Place) -> Steps[Value]:
        values: list[tuple[int, syntax.Expression, Value]] = []
        for exponent, part in e.factors:
            value: Value = yield self.value(part, place)
            if value.plain is None and value.terms and not value.is_one_sum:
                value = of_atom(self.owner.atom(value, place), value.partial)
            values.append((exponent, part, value))
        sums = [k for k, (x, _, v) in enumerate(values) if x == 1 and v.is_one_sum]
        others = any(v.number is None for k, (_, _, v) in enumerate(values) if [k] != sums)
        kept = sums[0] if len(sums) == 1 and not (place.inside and others) else None
        product = Product(self.owner, place)
        for k, (exponent, part, value) in enumerate(values):
            if exponent == 1:
                product.times(value, whole=k == kept)
            elif value.number == 0:
                self.error(part.span, f"{self.mistakes.quote(part.span)} is 0: nothing can be divided by it")
            else:
                product.over(value)
            if too_long(product.coefficient):
                return self.error(e.span, "the product of these numbers is too large to write out")
        return product.value()

    def _power(self, e: syntax.PowerOf, place: Place) -> Steps[Value]:
        base = yield self.value(e.base, place)
        exponent = yield self.value(e.exponent, place)
        return self.power(base, exponent, e, place)

    def power(self, base: Value, exponent: Value, e: syntax.PowerOf, place: Place) -> Value:
        """base ^ exponent: a literal exponent stays in the power, any other gets a name."""
        q, b = exponent.number, base.number
        if q is not None and b is not None:
            return self._constant_power(b, q, e)
        atom = self.owner.atom(base, place)
        if q is not None:
            if q == 1:
                return base
            partial = base.partial or ((q < 0 or q.denominator != 1) and not never_zero(atom, place.indices))
            return of_factor(Power(atom, number(q)), partial)
        upper = self.owner.atom(exponent, place)
        named = [x if isinstance(x, Access) else self.owner.split(of_atom(x), place) for x in (atom, upper)]
        return of_factor(Power(named[0], named[1]), True)

    def _constant_power(self, base: Fraction, exponent: Fraction, e: syntax.PowerOf) -> Value:
        quoted = self.mistakes.quote(e.span)
        try:
            value = constant_power(base, exponent)
        except PowerTooLarge:
            return self.error(e.span, f"{quoted} is too large to write out: it has more than 1,000 digits")
        except ZeroDivisionError:
            return self.error(e.span, f"{quoted} divides by 0")
        except ValueError:
            return self.error(e.span, f"{quoted} is not a real number")
        return literal(value) if value is not None else of_factor(Power(number(base), number(exponent)))
