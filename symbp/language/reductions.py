"""sum, prod, max, min, mean, logsumexp and softmax: indices bound, conditions turned to guards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import Access, Apply, Expr, Number, Position, Power, ReductionKind, number
from symbp.calculus.model import Term
from symbp.language import syntax
from symbp.language.bounds import box, highest, lowest
from symbp.language.conditions import GuardSet
from symbp.language.elementary import Place
from symbp.language.linear import integer_form, operands
from symbp.language.steps import Steps, done
from symbp.language.value import POISON, Value, guarded, merged, never_zero, of_factor

if TYPE_CHECKING:
    from symbp.language.expressions import Formulas

ONE = Fraction(1)


@dataclass(frozen=True)
class Scope:
    """Indices bound at one place: the place inside, what was bound, and the guards that bound it further."""

    place: Place
    binders: tuple[Index, ...]
    extents: tuple[Affine, ...]
    guards: GuardSet


class Reductions:
    """The reductions of one author's definition."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._owner = formulas.owner

    def value(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        if not self._may_bind(e, place):
            return done(POISON)
        match e.function:
            case "sum":
                return self._sum(e, place)
            case "mean":
                return self._mean(e, place)
            case "logsumexp":
                return self._logsumexp(e, place)
            case "softmax":
                return self._softmax(e, place)
            case "prod":
                return self._product(e, place)
            case "max":
                return self._extremum("max", e, place)
            case _:
                return self._extremum("min", e, place)

    # Binding

    def _may_bind(self, e: syntax.Reduction, place: Place) -> bool:
        """Records a mistake for each binder that shadows something; False if there is one."""
        fine = True
        seen: set[str] = set()
        for b in e.binders:
            if b.name in seen:
                self._formulas.error(b.name_span, f"`{b.name}` is bound twice")
            elif b.name in place.env and not (e.function == "softmax" and isinstance(place.env[b.name], Index)):
                what = "an index that is in use here" if isinstance(place.env[b.name], Index) else "an argument"
                self._formulas.error(
                    b.name_span, f"`{b.name}` is {what}, so `{e.function}` can't bind it", "use another letter"
                )
            elif not self._formulas.file.is_index(b.name):
                entry = self._formulas.file.names[b.name]
                self._formulas.error(
                    b.name_span, f"`{b.name}` is {entry.what}, not an index", "use another letter",
                    ((entry.span, f"{entry.what} here"),),
                )
            else:
                seen.add(b.name)
                continue
            fine = False
            seen.add(b.name)
        return fine

    def _bind(self, e: syntax.Reduction, place: Place) -> Scope:
        """Fresh indices for the binders, with the guards that bounds in outer indices make."""
        binders: list[Index] = []
        extents: list[Affine] = []
        guards: list[Guard] = []
        for b in e.binders:
            stated = self._stated(b, place)
            within = stated if stated is not None else self._formulas.world.ranges.of_binder(b)
            index = Index(self._owner.fresh(b.name), self._hull(within, place))
            guards.extend(_bounds(index, within))
            binders.append(index)
            extents.append(within.extent)
            place = replace(
                place, env={**place.env, b.name: index}, indices=(*place.indices, index),
                guards=merged(place.guards, _bounds(index, within)),
            )
        return Scope(replace(place, inside=True), tuple(binders), tuple(extents), tuple(guards))

    def _stated(self, b: syntax.Binder, place: Place) -> Range | None:
        if b.lower is None or b.upper is None:
            return None
        forms = []
        for e in (b.lower, b.upper):
            form = integer_form(e, lambda name: self._formulas.accesses.resolve(name, place))
            if form is None:
                quoted = self._formulas.mistakes.quote(e.span)
                self._formulas.error(
                    e.span, f"{quoted} is no bound", "a bound is a sum of sizes, outer indices and integers",
                )
                form = Affine.of(1)
            forms.append(form)
        return Range(forms[0], forms[1])

    def _hull(self, within: Range, place: Place) -> Range:
        """The range over all values of the outer indices, as forms over sizes."""
        ranges = box(place)
        return Range(lowest(within.lower, ranges), highest(within.upper, ranges))

    def _scopes(self, e: syntax.Reduction, place: Place) -> list[Scope]:
        """One scope for each disjoint case of the conditions; none after a mistake."""
        first = self._bind(e, place)
        conditions = [b.condition for b in e.binders if b.condition is not None]
        if not conditions:
            return [first]
        for condition in conditions:
            if not self._formulas.choices.about_indices(condition, first.place):
                self._refuse(condition, e, first.place)
                return []
        whole = conditions[0] if len(conditions) == 1 else syntax.And(e.span, tuple(conditions))
        found = self._formulas.choices.cases(whole, first.place)
        return [self._narrowed(first if k == 0 else None, guards, e, place, first) for k, guards in enumerate(found)]

    def _refuse(self, condition: syntax.Condition, e: syntax.Reduction, place: Place) -> None:
        if not any(self._formulas.unknown_name(o, place) for o in operands(condition)):
            self._formulas.error(
                condition.span,
                f"a condition of `{e.function}` compares indices and sizes, and integer inputs by `==` and `!=`",
                "write `where(condition, …, 0)` in the formula for a condition on numbers",
            )

    def _narrowed(
        self, scope: Scope | None, guards: GuardSet, e: syntax.Reduction, place: Place, first: Scope
    ) -> Scope:
        """A scope with further guards; a new one under fresh names where `scope` is None."""
        if scope is None:
            scope = self._bind(e, place)
            renaming = {old.name: Affine.of(new.name) for old, new in zip(first.binders, scope.binders, strict=True)}
            guards = tuple(g.substitute(renaming) for g in guards)
        inner = replace(scope.place, guards=merged(scope.place.guards, guards))
        return replace(scope, place=inner, guards=merged(scope.guards, guards))

    # Sums

    def _sum(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        terms: list[Term] = []
        partial = False
        for scope in self._scopes(e, place):
            value = yield self._formulas.value(e.body, scope.place)
            terms.extend(self._summed(value, scope))
            partial = partial or value.partial
        return Value(tuple(terms), partial and bool(place.guards))

    def _summed(self, value: Value, scope: Scope) -> tuple[Term, ...]:
        """Σ over a scope: one term, into which a sum directly inside is merged."""
        if not value.terms:
            return ()
        if len(value.terms) == 1 and not value.is_extremal:
            term = value.terms[0]
            guards = merged(scope.guards, term.guards)
            return (Term(term.coefficient, term.factors, (*scope.binders, *term.binders), guards),)
        atom = self._owner.atom(value, scope.place)
        if isinstance(atom, Number):
            return (Term(atom.value, (), scope.binders, scope.guards),)
        return (Term(ONE, (atom,), scope.binders, scope.guards),)

    def _mean(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        """Σ divided by the number of values: the extent, or under a condition the count."""
        total: Value = yield self._sum(e, place)
        factors, coefficient = self._shares(e, place)
        terms = tuple(
            replace(t, coefficient=t.coefficient * coefficient, factors=(*factors, *t.factors)) for t in total.terms
        )
        sure = all(never_zero(f, place.indices) for f in factors)
        return Value(terms, bool(place.guards) and (total.partial or not sure))

    def _shares(self, e: syntax.Reduction, place: Place) -> tuple[tuple[Expr, ...], Fraction]:
        """1/count as factors and a literal."""
        if any(b.condition is not None for b in e.binders):
            scopes = self._scopes(e, place)
            count = Value(tuple(Term(ONE, (), s.binders, s.guards) for s in scopes))
            return ((Power(self._owner.split(count, place), number(-1)),), ONE)
        factors: list[Expr] = []
        coefficient = ONE
        for extent in self._bind(e, place).extents:
            if not extent.is_constant:
                factors.append(Power(Position(extent), number(-1)))
            elif extent.constant <= 0:
                self._formulas.error(e.span, f"{self._formulas.mistakes.quote(e.span)} is a mean of nothing")
            else:
                coefficient /= extent.constant
        return tuple(factors), coefficient

    # Exponentials

    def _exponentials(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        """Σ exp(body)."""
        terms: list[Term] = []
        partial = False
        for scope in self._scopes(e, place):
            value = yield self._formulas.value(e.body, scope.place)
            terms.extend(self._summed(self._exp(value, scope.place), scope))
            partial = partial or value.partial
        return Value(tuple(terms), partial and bool(place.guards))

    def _exp(self, value: Value, place: Place) -> Value:
        return of_factor(Apply("exp", (self._owner.atom(value, place),)), value.partial)

    def _logsumexp(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        total = yield self._exponentials(e, place)
        return of_factor(Apply("log", (self._owner.split(total, place),)), True)

    def _softmax(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        """exp(body) / Σ exp(body), where the condition holds, at the value of the index; 0 elsewhere."""
        if len(e.binders) != 1:
            return self._formulas.error(e.function_span, f"`softmax` runs over one index, not {len(e.binders)}")
        (b,) = e.binders
        free = place.env.get(b.name)
        if not isinstance(free, Index):
            return self._formulas.error(
                b.name_span, f"`softmax` leaves `{b.name}` free, and nothing binds `{b.name}` here",
                f"put `{b.name}` on the left",
            )
        if b.lower is not None:
            return self._formulas.error(b.span, "the index of `softmax` takes its own range", f"write `{b.name} if …`")
        total = yield self._exponentials(self._as_free(e, b, free), place)
        divisor = self._owner.split(total, place)
        if b.condition is None:
            conditions: tuple[GuardSet, ...] = ((),)
        else:
            if not self._formulas.choices.about_indices(b.condition, place):
                return POISON
            conditions = self._formulas.choices.cases(b.condition, place)
        terms: list[Term] = []
        for guards in conditions:
            inner = replace(place, guards=merged(place.guards, guards), inside=True)
            value = yield self._formulas.value(e.body, inner)
            share = Term(ONE, (Apply("exp", (self._owner.atom(value, inner),)), Power(divisor, number(-1))))
            terms.extend(guarded(Value((share,)), guards).terms)
        return Value(tuple(terms), True)

    def _as_free(self, e: syntax.Reduction, b: syntax.Binder, free: Index) -> syntax.Reduction:
        """The reduction whose binder runs over the free index's range."""
        binder = replace(b)
        self._formulas.world.ranges.give(binder, free.range)
        return replace(e, binders=(binder,))

    # Products and extrema

    def _product(self, e: syntax.Reduction, place: Place) -> Steps[Value]:
        parts: list[Value] = []
        for scope in self._scopes(e, place):
            parts.append((yield self._extremal("prod", e, scope, place)))
        if len(parts) == 1:
            return parts[0]
        return Value((Term(ONE, tuple(self._owner.split(p, place) for p in parts)),), bool(place.guards))

    def _extremum(self, kind: ReductionKind, e: syntax.Reduction, place: Place) -> Steps[Value]:
        scopes = self._scopes(e, place)
        if len(scopes) > 1:
            return self._formulas.error(
                e.span, f"the condition of `{e.function}` falls into several cases",
                f"write `{e.function}({e.function}(…), {e.function}(…))`",
            )
        if not scopes:
            return POISON
        value: Value = yield self._extremal(kind, e, scopes[0], place)
        return value

    def _extremal(self, kind: ReductionKind, e: syntax.Reduction, scope: Scope, place: Place) -> Steps[Value]:
        value = yield self._formulas.value(e.body, scope.place)
        atom = value.atom
        read = atom if isinstance(atom, Access) else self._owner.split(value, scope.place)
        if kind != "prod":
            self._formulas.world.bounds.require_values(scope.binders, scope.guards, place, e.span)
        term = Term(ONE, (read,), scope.binders, scope.guards, kind)
        may_be_empty = kind != "prod" and bool(scope.guards)
        return Value((term,), bool(place.guards) and (value.partial or may_be_empty))


def _bounds(index: Index, within: Range) -> tuple[Guard, ...]:
    """The guards that a range in outer indices makes beyond its hull."""
    found = []
    if within.lower != index.range.lower:
        found.append(Guard("ge", Affine.of(index.name) - within.lower))
    if within.upper != index.range.upper:
        found.append(Guard("ge", within.upper - index.name))
    return tuple(found)

