"""Calls: built-in and generic functions, helpers expanded where they are called, `pad` and `stop`."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symbp.calculus.affine import Affine, Guard, form_in_range
from symbp.calculus.expression import Apply, Number
from symbp.calculus.functions import ALIASES, FUNCTIONS
from symbp.calculus.model import Piece
from symbp.calculus.sets import empty, implies, shortened
from symbp.language import syntax
from symbp.language.bounds import context_of
from symbp.language.collector import similar
from symbp.language.conditions import complement
from symbp.language.elementary import Place, within
from symbp.language.steps import Steps, done
from symbp.language.value import Atom, Value, guarded, never_zero, of_atom, of_factor

if TYPE_CHECKING:
    from symbp.language.expressions import Formulas

SHORT = 8
"""A helper's value with more factors than this gets a name where it is called."""

PARTIAL = frozenset({"log", "sqrt", "asin", "acos", "tan"})
"""Functions that aren't defined, or have no derivative, everywhere."""


FOREIGN = {
    "Σ": "write `sum(i, …)`",
    "Π": "write `prod(i, …)`",
    "argmax": "an index has no derivative: `max(i, …)` is the greatest value itself",
    "argmin": "an index has no derivative: `min(i, …)` is the least value itself",
}
"""What to write in place of names from elsewhere."""


def outside_domain(function: str, argument: Fraction) -> bool:
    """Whether a function has no real value at a literal."""
    match function:
        case "log":
            return argument <= 0
        case "sqrt":
            return argument < 0
        case "asin" | "acos":
            return abs(argument) > 1
    return False


def _is_inside_domain(function: str, argument: Atom, place: Place) -> bool:
    """Whether a function is defined at an argument whatever the data: at a literal, a size, a positive position."""
    if isinstance(argument, Number):
        return True
    return function in ("log", "sqrt") and never_zero(argument, place.indices)


class Calls:
    """The calls of one author's definition."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._file = formulas.file
        self._known: dict[object, Value] = {}

    def value(self, e: syntax.Call, place: Place) -> Steps[Value]:
        name = e.function
        if name == "pad":
            return self._pad(e, place)
        if name in self._file.helpers:
            return self._helper(self._file.helpers[name], e, place)
        name = ALIASES.get(name, name)
        if name in self._file.generics:
            arity = len(self._file.generics[name].parameters)
        elif name in FUNCTIONS:
            arity = FUNCTIONS[name].arity
        else:
            return done(self._unknown(e))
        nested = name in ("max", "min") and len(e.arguments) > 2
        if len(e.arguments) != arity and not nested:
            return done(self._wrong_count(e, arity))
        return self._evaluated(name, e, place)

    def _evaluated(self, name: str, e: syntax.Call, place: Place) -> Steps[Value]:
        arguments: list[Value] = []
        for a in e.arguments:
            arguments.append((yield self._formulas.value(a, place)))
        if len(arguments) > 2 and name in ("max", "min"):
            return self._nested(name, arguments, place)
        return self._apply(name, arguments, e, place)

    def _unknown(self, e: syntax.Call) -> Value:
        entry = self._file.names.get(e.function)
        if entry is not None:
            return self._formulas.error(
                e.function_span, f"`{e.function}` is {entry.what}, not a function",
                f"to multiply, write `{e.function}*(…)`", ((entry.span, f"{entry.what} here"),),
            )
        hint = FOREIGN.get(e.function)
        if hint is not None:
            return self._formulas.error(e.function_span, f"there is no function `{e.function}`", hint)
        known = (*FUNCTIONS, *ALIASES, *self._file.helpers, *self._file.generics)
        return self._formulas.error(
            e.function_span, f"there is no function `{e.function}`", similar(e.function, known)
        )

    def _wrong_count(self, e: syntax.Call, arity: int) -> Value:
        plural = "s" * (arity != 1)
        return self._formulas.error(
            e.function_span, f"`{e.function}` takes {arity} argument{plural}, not {len(e.arguments)}"
        )

    def _apply(self, name: str, arguments: list[Value], e: syntax.Call, place: Place) -> Value:
        for argument in arguments:
            value = argument.number
            if value is not None and outside_domain(name, value):
                return self._formulas.error(
                    self._parenthesis(e), f"`{e.function}` of {value} is not a real number",
                    "the argument of `log` must be positive" if name == "log" else "",
                )
        return self._applied(name, arguments, place)

    def _parenthesis(self, e: syntax.Call) -> syntax.Span:
        """Where the arguments stand, their parentheses included."""
        at = e.function_span
        gap = self._file.program.source.text[at.end : e.span.end].find("(")
        return syntax.Span(at.end + gap, e.span.end, at.line, at.column + at.end - at.start + gap)

    def _applied(self, name: str, arguments: list[Value], place: Place) -> Value:
        atoms = tuple(self._formulas.owner.atom(a, place) for a in arguments)
        partial = (
            name in self._file.generics
            or any(a.partial for a in arguments)
            or (name in PARTIAL and not _is_inside_domain(name, atoms[0], place))
        )
        return of_factor(Apply(name, atoms), partial)

    def _nested(self, name: str, arguments: list[Value], place: Place) -> Value:
        """max(a, b, c) is max(max(a, b), c): at a tie the first one is chosen."""
        value = arguments[0]
        for argument in arguments[1:]:
            value = self._applied(name, [value, argument], place)
        return value

    # Helpers

    def _helper(self, helper: syntax.FunctionDefinition, e: syntax.Call, place: Place) -> Steps[Value]:
        self._formulas.world.called.add(helper.name)
        if helper.name in place.helpers:
            cycle = (*place.helpers[place.helpers.index(helper.name) :], helper.name)
            return self._formulas.error(
                e.function_span, f"`{helper.name}` calls itself: {' → '.join(cycle)}", "",
                ((helper.name_span, "defined here"),),
            )
        if len(e.arguments) != len(helper.parameters):
            return self._wrong_count(e, len(helper.parameters))
        atoms: list[Atom] = []
        for a in e.arguments:
            argument: Value = yield self._formulas.value(a, place)
            atoms.append(self._formulas.owner.atom(argument, place))
        key = (helper.name, tuple(atoms), place.guards, place.indices)
        known = self._known.get(key)
        if known is not None:
            return known
        names = (n for n, _ in helper.parameters)
        env = {n: of_atom(a) for n, a in zip(names, atoms, strict=True)}
        body = Place(env, place.indices, place.guards, place.inside, (*place.helpers, helper.name))
        value: Value = yield self._formulas.value(helper.body, body)
        if value.has_binders and len(value.terms) == 1 and not value.is_extremal:
            return value
        if value.has_binders or len(value.terms) > 1 or any(len(t.factors) > SHORT for t in value.terms):
            value = of_atom(self._formulas.owner.atom(value, place))
        self._known[key] = value
        return value

    # pad

    def _pad(self, e: syntax.Call, place: Place) -> Steps[Value]:
        """pad(x[…], c): x where the subscripts are in range, c elsewhere."""
        if len(e.arguments) != 2:
            return self._wrong_count(e, 2)
        read, outside = e.arguments
        if not isinstance(read, syntax.Subscripted):
            message = "the first argument of `pad` is one array with subscripts"
            return self._formulas.error(read.span, message, "write `pad(x[i-1], 0)`")
        fill: Value = yield self._formulas.value(outside, place)
        access = self._formulas.accesses.access(read, place)
        if access is None:
            return fill
        needed: list[Guard] = []
        base = context_of(place)
        for s, axis in zip(access.subscripts, self._formulas.world.ranges.of_axes(access.name), strict=True):
            if isinstance(s, Affine):
                needed.extend(g for g in form_in_range(s, axis) if not implies(base, g))
        guards = [g for g in needed if not implies((*base, *place.guards), g)]
        leans = len(guards) < len(needed)
        inside = of_factor(access, leans)
        if fill.number == 0 or not guards:
            return guarded(inside, guards)
        owner = self._formulas.owner
        if fill.is_extremal or fill.has_binders:
            fill = of_atom(owner.atom(fill, place))
        outer = [shortened(g, base) for g in complement(guards) if not empty((*base, *g))]
        pieces = [Piece(shortened(guards, base), inside.terms), *(Piece(g, fill.terms) for g in outer)]
        if (fill.partial or leans) and place.guards:
            return of_atom(owner.define(within(pieces, place.guards), place))
        return of_atom(owner.define(tuple(pieces), place))
