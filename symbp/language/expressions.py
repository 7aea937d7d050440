"""Formulas to values: names resolved, indices bound, nests split into elementary equations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript
from symbp.calculus.expression import Access, Constant, Expr, Position, Power, number
from symbp.calculus.model import Role, Term
from symbp.language import syntax
from symbp.language.arithmetic import PowerTooLarge, constant_power, too_long
from symbp.language.bounds import Bounds, Reading
from symbp.language.calls import Calls
from symbp.language.choices import Choices
from symbp.language.collector import nearest
from symbp.language.conditions import Side
from symbp.language.elementary import Equations, Owner, Place
from symbp.language.file import File
from symbp.language.linear import integer_form, linear, names_in
from symbp.language.ranges import Ranges
from symbp.language.reductions import Reductions
from symbp.language.scopes import binds, elementwise
from symbp.language.steps import Steps, done
from symbp.language.syntax import Span
from symbp.language.value import POISON, ZERO, Value, guarded, inverse, literal, merged, of_atom, of_factor, scaled

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
        self.calls = Calls(self)
        self.reductions = Reductions(self)
        self.choices = Choices(self)

    def error(self, span: Span, message: str, hint: str = "", also: tuple[tuple[Span, str], ...] = ()) -> Value:
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
                message = f"`{e.name}` needs {_subscripts(rank)}, none is given"
                return self.error(e.span, message, self._as_written(e.name))
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
        return self.error(span, f"`{name}` is not defined", nearest(name, self.file.names))

    def _as_written(self, name: str) -> str:
        declared = self.file.arrays.get(name)
        if declared is not None and declared[1].axes:
            return f"it is declared as {self.mistakes.quote(declared[1].span)}"
        cases = self.file.definitions.get(name)
        if cases and cases[-1].subscripts:
            first, last = cases[-1].name_span, cases[-1].subscripts[-1].span
            return f"it is defined as {self.mistakes.quote(Span(first.start, last.end + 1, first.line, first.column))}"
        return ""

    def subscripted(self, e: syntax.Subscripted, place: Place) -> Value:
        access = self.access(e, place)
        if access is None:
            return POISON
        partial = self.check(access, e, place)
        return of_factor(access, partial)

    def access(self, e: syntax.Subscripted, place: Place) -> Access | None:
        """The access, with its subscripts read; None after a mistake. The range isn't checked."""
        if not self._is_array(e, place):
            for s in e.subscripts:
                self.subscript(s, place)
            return None
        rank = len(self.world.ranges.axes[e.name])
        subscripts = [self.subscript(s, place) for s in e.subscripts]
        if len(subscripts) != rank:
            if rank == 0:
                message = f"`{e.name}` is a single number: it has no subscripts"
            else:
                message = f"`{e.name}` needs {_subscripts(rank)}, {len(subscripts)} given"
            self.error(e.span, message, self._as_written(e.name))
            return None
        if any(s is None for s in subscripts):
            return None
        return Access(e.name, tuple(s for s in subscripts if s is not None))

    def _is_array(self, e: syntax.Subscripted, place: Place) -> bool:
        meant = place.env.get(e.name)
        if isinstance(meant, Value):
            self.error(e.name_span, f"`{e.name}` is an argument, a single number: it has no subscripts")
            return False
        if isinstance(meant, Index):
            self.error(e.name_span, f"`{e.name}` is an index, not an array")
            return False
        entry = self.file.names.get(e.name)
        if entry is None:
            self.undefined(e.name, e.name_span)
            return False
        if not entry.is_array:
            also = ((entry.span, f"{entry.what} here"),)
            self.error(e.name_span, f"`{e.name}` is {entry.what}, not an array", "", also)
            return False
        return True

    # Subscripts and conditions

    def resolve(self, name: str, place: Place) -> Affine | None:
        """An index in scope, a size, or an argument that is a position, as a form."""
        meant = place.env.get(name)
        if isinstance(meant, Index):
            return Affine.of(meant.name)
        if meant is not None:
            atom = meant.atom
            return atom.value if isinstance(atom, Position) else None
        entry = self.file.names.get(name)
        return Affine.of(name) if entry is not None and entry.kind == "size" else None

    def lookup(self, e: syntax.Expression, place: Place) -> Lookup | None:
        """An integer input read by itself; None for any other formula."""
        if not isinstance(e, (syntax.Name, syntax.Subscripted)) or e.name in place.env:
            return None
        known = self.file.arrays.get(e.name)
        if known is None or known[0] is not Role.INTEGER:
            return None
        if isinstance(e, syntax.Name):
            return Lookup(e.name) if not known[1].axes else None
        access = self.access(e, place)
        if access is None or any(isinstance(s, Lookup) for s in access.subscripts):
            return None
        self.check(access, e, place)
        return Lookup(e.name, tuple(s for s in access.subscripts if isinstance(s, Affine)))

    def side(self, e: syntax.Expression, place: Place) -> Side | None:
        """A side of a comparison of indices; None where it isn't made of indices, sizes and integer inputs."""
        found = self.lookup(e, place)
        return found if found is not None else linear(e, lambda name: self.resolve(name, place))

    def subscript(self, e: syntax.Expression, place: Place) -> Subscript | None:
        """A subscript; None after a mistake."""
        form = integer_form(e, lambda name: self.resolve(name, place))
        if form is not None:
            return form
        found = self.lookup(e, place)
        if found is None:
            self._bad_subscript(e, place)
        return found

    def _bad_subscript(self, e: syntax.Expression, place: Place) -> None:
        quoted = self.mistakes.quote(e.span)
        for node in names_in(e):
            if node.name in place.env or node.name in self.world.ranges.sizes:
                continue
            entry = self.file.names.get(node.name)
            if entry is None or entry.kind == "index":
                self.name(node, place)
                return
            if entry.kind in ("input", "target", "const", "param", "definition"):
                self.error(
                    e.span, f"{quoted} can't be a subscript: `{node.name}` is {entry.what}, not an integer input",
                    f"declare its values: `input {node.name} in 1..n`", ((entry.span, f"{entry.what} here"),),
                )
                return
        if isinstance(e, (syntax.Name, syntax.Subscripted)):
            entry = self.file.names.get(e.name)
            if entry is None and e.name not in place.env:
                self.undefined(e.name, e.span)
                return
            what = entry.what if entry is not None else "an argument"
            self.error(
                e.span, f"{quoted} can't be a subscript: `{e.name}` is {what}, not an integer input",
                "an integer input is declared with its values: `input tok[t] in 1..V`",
            )
            return
        self.error(
            e.span, f"{quoted} can't be a subscript",
            "a subscript is a sum of indices and sizes with integer coefficients, or an integer input by itself",
        )

    def check(self, access: Access, e: syntax.Subscripted, place: Place) -> bool:
        """Whether the read is safe only because of the guards around it; records what is wrong with it."""
        bounds, partial = self.world.bounds, False
        axes = self.world.ranges.of_axes(access.name)
        defined = access.name in self.file.definitions
        rank = len(axes)
        for s, axis, node in zip(access.subscripts, axes, e.subscripts, strict=True):
            if isinstance(s, Affine):
                reading = Reading(access.name, axis, s, node.span, defined, rank)
                partial = bounds.check(reading, place) or partial
            else:
                reading = Reading(access.name, axis, Affine(), node.span, defined, rank)
                bounds.check_lookup(s, self.world.ranges.values[s.array], reading, place)
                partial = True
        if access.name in bounds.holes:
            bounds.check_holes(access.name, access.subscripts, place, e.span)
        return partial

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
            return of_factor(Power(atom, number(q)), q < 0 or q.denominator != 1)
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


class Product:
    """A product being put together, factors in the author's order."""

    def __init__(self, owner: Owner, place: Place) -> None:
        self.coefficient = ONE
        self._owner = owner
        self._place = place
        self._factors: list[Expr] = []
        self._binders: tuple[Index, ...] = ()
        self._guards: tuple[Guard, ...] = ()
        self._partial = False

    def times(self, value: Value, whole: bool = False) -> None:
        """Multiplies; a sum over an index stays in the product where `whole` says so."""
        term = value.terms[0] if whole else value.plain
        if not value.terms:
            self.coefficient = Fraction(0)
        elif term is None or term.kind != "sum":
            self._factors.append(self._owner.atom(value, self._place))
        else:
            self.coefficient *= term.coefficient
            self._factors.extend(term.factors)
            self._binders += term.binders
            self._guards = merged(self._guards, term.guards)
            self._partial = self._partial or value.partial

    def over(self, value: Value) -> None:
        """Divides by a value that is not the number 0."""
        self._partial = True
        term = value.plain
        if term is None or term.guards:
            self._factors.extend(self._inverted((self._owner.atom(value, self._place),)))
        else:
            self.coefficient /= term.coefficient
            self._factors.extend(self._inverted(term.factors))

    def _inverted(self, factors: Iterable[Expr]) -> Iterable[Expr]:
        for factor in factors:
            found = inverse(factor)
            if found is None:
                found = inverse(self._owner.split(of_factor(factor, True), self._place))
            assert found is not None
            yield found

    def value(self) -> Value:
        if not self.coefficient:
            return ZERO
        partial = self._partial and (bool(self._place.guards))
        if not self._factors and not self._binders:
            return guarded(literal(self.coefficient), self._guards)
        return Value((Term(self.coefficient, tuple(self._factors), self._binders, self._guards),), partial)


def _subscripts(count: int) -> str:
    return f"{count} subscript{'s' * (count != 1)}"
