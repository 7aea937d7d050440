"""Display algebra: what a book would tidy, and nothing more.

Signs and constants are collected, equal factors merged, what doesn't carry a summed index comes out of the sum,
deltas are contracted, definitions are folded back, facts are used and cited. Order is kept wherever nothing forces it.
Gradients are derived before any of this, so a fact never leaks into the calculus.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from symbp.calculus import sets
from symbp.calculus.affine import Guard, Index, Range, range_guards
from symbp.calculus.cases import Context, bracketed, brackets_to_guards, settled_lookups
from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    Position,
    Power,
    Reduce,
    Relation,
    Select,
    children,
    multiply,
    number,
    split_coefficient,
    with_children,
)
from symbp.calculus.indices import (
    canonical,
    free_symbols,
    rename_binders,
    replace_subscript,
    solve,
    substitute,
    truth,
    without_single_values,
)
from symbp.calculus.matching import Pattern, Patterns, has_sum, match_factors, signature, size_of, unit_powers
from symbp.calculus.terms import (
    collect_terms,
    common_factors,
    divisors_of,
    is_shifted,
    merge_powers,
    multiplied_out,
    positive_first,
    power_of,
    power_parts,
)

OPPOSITE: dict[Relation, Relation] = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


class Simplifier:
    """Simplification under known definitions and facts. `cited` gathers the labels of the facts that were used,
    `folded` those of the definitions.

    `targets` are what a residual subtracts; in a sum with a weight in it, the names in `last` come behind the others.
    """

    def __init__(
        self,
        definitions: Sequence[Pattern] = (),
        facts: Sequence[Pattern] = (),
        targets: frozenset[str] = frozenset(),
        last: Collection[str] = (),
        weights: Collection[str] = (),
        integer_ranges: Mapping[str, Range] | None = None,
        patterns: Patterns | None = None,
    ) -> None:
        self.facts = frozenset(f.label for f in facts)
        self.patterns = patterns if patterns is not None else Patterns((*definitions, *facts))
        self.targets = targets
        self.last = frozenset(last)
        self.weights = weights
        self.integer_ranges = integer_ranges or {}
        self.cited: dict[str, None] = {}
        self.folded: dict[str, None] = {}
        self._known: dict[tuple[Expr, Context], tuple[Expr, tuple[str, ...], tuple[str, ...]]] = {}

    def simplify(self, e: Expr, context: Context) -> Expr:
        """An equal formula, tidier, wherever the guards of `context` hold. What was tidied once is known."""
        if isinstance(e, Number | Constant | Position | Access | Partial):
            return e
        key = (e, context)
        known = self._known.get(key)
        if known is None:
            before = self.cited, self.folded
            self.cited, self.folded = {}, {}
            tidy = self._simplify(e, context)
            known = self._known[key] = tidy, tuple(self.cited), tuple(self.folded)
            self._known.setdefault((tidy, context), known)
            self.cited, self.folded = before
        self.cited.update(dict.fromkeys(known[1]))
        self.folded.update(dict.fromkeys(known[2]))
        return known[0]

    def _simplify(self, e: Expr, context: Context) -> Expr:
        match e:
            case Add(terms):
                return self.sum_of([self.simplify(t, context) for t in terms], context)
            case Mul(factors):
                return self.product_of([self.simplify(f, context) for f in factors], context)
            case Reduce():
                return self.reduction(e, context)
            case Power(base, exponent):
                tidy = power_of(self.simplify(base, context), self.simplify(exponent, context))
                return self.product_of([tidy], context) if isinstance(tidy, Mul) else tidy
            case Cases(branches):
                return self.cases(branches, context)
            case Select(relation, left, right, yes, no) if yes == ZERO and no != ZERO:
                return self.simplify(Select(OPPOSITE[relation], left, right, no, yes), context)
            case Apply() | Select():
                inside = with_children(e, tuple(self.simplify(p, context) for p in children(e)))
                return self.product_of([inside], context)
            case _:
                return e

    # Products

    def product_of(self, factors: Sequence[Expr], context: Context) -> Expr:
        coefficient, merged = merge_powers(factors)
        if coefficient == 0:
            return ZERO
        coefficient, merged = self.folded_back(coefficient, merged, context)
        coefficient, merged = self.residuals_first(coefficient, merged)
        opened = self.cancelled_inside(coefficient, merged, context)
        if opened is not None:
            return opened
        return multiply((Number(coefficient), *self.arranged(merged)))

    def folded_back(
        self, coefficient: Fraction, factors: list[Expr], context: Context
    ) -> tuple[Fraction, list[Expr]]:
        """Every definition or fact whose factors are all present takes their place."""
        if not self.patterns.by_signature:
            return coefficient, factors
        units = list(unit_powers(factors))
        keys = [canonical(f) for f in units]
        changed = False
        for p in self.patterns.likely(frozenset(map(signature, keys))):
            while (found := match_factors(p, keys, lambda gs: all(_holds(g, context) for g in gs))) is not None:
                bindings, used = found
                value = substitute(p.replacement, bindings)
                (self.cited if p.label in self.facts else self.folded)[p.label] = None
                place = min(used)
                c, inserted = split_coefficient(value)
                coefficient *= c / p.coefficient
                units[place] = multiply(inserted)
                units = [u for k, u in enumerate(units) if k == place or k not in used]
                keys = [canonical(f) for f in units]
                changed = True
        if not changed:
            return coefficient, factors
        c, merged = merge_powers(units)
        return coefficient * c, merged

    def residuals_first(self, coefficient: Fraction, factors: list[Expr]) -> tuple[Fraction, list[Expr]]:
        """−(y − ŷ) is ŷ − y: a target is what is subtracted."""
        turned = []
        for f in factors:
            if isinstance(f, Add) and len(f.terms) == 2:
                first, second = f.terms
                negative = split_coefficient(second)[0] < 0
                if negative and isinstance(first, Access) and first.name in self.targets:
                    f = Add((multiply((MINUS_ONE, second)), multiply((MINUS_ONE, first))))
                    coefficient = -coefficient
            turned.append(f)
        return coefficient, turned

    def cancelled_inside(self, coefficient: Fraction, factors: list[Expr], context: Context) -> Expr | None:
        """b·(a/b + c) is a + b c: a factor goes into a bracket that divides by it."""
        for position, bracket in enumerate(factors):
            if not isinstance(bracket, Add | Cases):
                continue
            divisors = divisors_of(bracket)
            others = [(f, *power_parts(f)) for f in factors if f is not bracket]
            inside = [f for f, base, n in others if n > 0 and base in divisors]
            if inside:
                opened = self.multiplied_in(inside, bracket, context)
                left = [opened if k == position else f for k, f in enumerate(factors) if f not in inside]
                return self.product_of([Number(coefficient), *left], context)
        return None

    def multiplied_in(self, inside: Sequence[Expr], bracket: Add | Cases, context: Context) -> Expr:
        if isinstance(bracket, Add):
            return self.sum_of([self.product_of([*inside, t], context) for t in bracket.terms], context)
        return self.cases([(g, multiply((*inside, b))) for g, b in bracket.branches], context)

    def arranged(self, factors: Sequence[Expr]) -> list[Expr]:
        """Factors that hold a sum over an index come last, so that the sum's scope is plain."""
        plain = [f for f in factors if not has_sum(f)]
        return plain + [f for f in factors if has_sum(f)]

    # Sums

    def sum_of(self, terms: Sequence[Expr], context: Context) -> Expr:
        collected = collect_terms(self.joined_choices(self.joined_brackets(terms, context), context))
        shorter = self.opened_if_shorter(collected, context)
        tidy = positive_first(shorter if shorter is not None else collected)
        common, rest = common_factors(tidy)
        return self.product_of([*common, rest], context) if common else tidy

    def joined_brackets(self, terms: Sequence[Expr], context: Context) -> list[Expr]:
        """[A] f + [A] g is [A] (f + g)."""
        joined: list[Expr] = []
        groups: dict[tuple[Guard, ...], list[Expr]] = {}
        for term in terms:
            c, factors = split_coefficient(term)
            bracket = next((f for f in factors if isinstance(f, Cases) and len(f.branches) == 1), None)
            if bracket is None:
                joined.append(term)
                continue
            guards, body = bracket.branches[0]
            whole = multiply((Number(c), *(body if f is bracket else f for f in factors)))
            groups.setdefault(guards, []).append(whole)
        for guards, bodies in groups.items():
            inside = (*context, *guards)
            body = self.sum_of(bodies, inside) if len(bodies) > 1 else bodies[0]
            joined.append(ZERO if body == ZERO else bracketed(guards, body, context))
        return joined

    def joined_choices(self, terms: Sequence[Expr], context: Context) -> list[Expr]:
        """f where c, else 0, plus g where not c, else 0: f where c, else g."""
        joined: list[Expr] = []
        groups: dict[tuple[Relation, Expr, Expr], list[tuple[Expr, Expr]]] = {}
        places: dict[tuple[Relation, Expr, Expr], int] = {}
        for term in terms:
            c, factors = split_coefficient(term)
            choice = next((f for f in factors if isinstance(f, Select) and _is_indicator(f)), None)
            if choice is None:
                joined.append(term)
                continue
            rest = multiply((Number(c), *(f for f in factors if f is not choice)))
            relation, yes, no = choice.relation, choice.yes, choice.no
            if (OPPOSITE[relation], choice.left, choice.right) in groups:
                relation, yes, no = OPPOSITE[relation], no, yes
            key = (relation, choice.left, choice.right)
            if key not in groups:
                groups[key] = []
                places[key] = len(joined)
                joined.append(term)
            groups[key].append((multiply((rest, yes)), multiply((rest, no))))
        for key, parts in groups.items():
            if len(parts) > 1:
                yes, no = (self.sum_of([p[k] for p in parts], context) for k in (0, 1))
                joined[places[key]] = Select(*key, yes, no)
        return joined

    def opened_if_shorter(self, e: Expr, context: Context) -> Expr | None:
        """The sum with its brackets multiplied out, where like terms then cancel enough to make it shorter."""
        if not isinstance(e, Add) or not any(isinstance(f, Add) for t in e.terms for f in split_coefficient(t)[1]):
            return None
        opened = multiplied_out(e)
        if opened is None:
            return None
        tidy = collect_terms([self.product_of([t], context) for t in opened])
        count = len(tidy.terms) if isinstance(tidy, Add) else 1
        return tidy if count < len(opened) and size_of(tidy) < size_of(e) else None

    # Reductions and cases

    def reduction(self, e: Reduce, context: Context) -> Expr:
        single = without_single_values(e)
        if single is not None:
            return self.simplify(single, context)
        around = {s for g in context for s in g.symbols}
        if any(b.name in around for b in e.binders):
            renamed = rename_binders(e, around)
            assert isinstance(renamed, Reduce)
            e = renamed
        ranges = tuple(g for b in e.binders for g in range_guards(b.name, b.range))
        inside = (*context, *ranges, *e.guards)
        if any(truth(g) is False for g in e.guards):
            return ZERO if e.kind == "sum" else e
        body = self.simplify(e.body, inside)
        if e.kind != "sum":
            guards = sets.redundant_dropped(e.guards, (*context, *ranges))
            return Reduce(e.kind, e.binders, tuple(guards), body, e.component)
        if body == ZERO:
            return ZERO
        coefficient, factors = split_coefficient(body)
        guards, factors = brackets_to_guards(e.guards, factors)
        if guards != e.guards:
            c, factors = split_coefficient(self.product_of(factors, (*inside, *guards)))
            coefficient *= c
        contracted = self.contracted(coefficient, factors, e.binders, guards, context)
        if contracted is not None:
            return contracted
        names = {b.name for b in e.binders}
        outer = tuple(g for g in guards if not names.intersection(g.symbols))
        if outer:
            inner_guards = tuple(g for g in guards if g not in outer)
            return self.cases(((outer, Reduce("sum", e.binders, inner_guards, body)),), context)
        kept = tuple(sets.redundant_dropped(guards, (*context, *ranges)))
        staying = [bool(names.intersection(free_symbols(f))) or bool(kept and is_shifted(f)) for f in factors]
        outside = [f for f, stays in zip(factors, staying, strict=True) if not stays]
        within = [f for f, stays in zip(factors, staying, strict=True) if stays]
        if any(isinstance(f, Access) and f.name in self.weights for f in within):
            within.sort(key=lambda f: isinstance(f, Access) and f.name in self.last)
        within = self.arranged(within)
        counts, binders = self.counted(e.binders, kept, within, context)
        inner = multiply(within)
        whole = Reduce("sum", binders, kept, inner) if binders else inner
        return self.product_of([Number(coefficient), *counts, *outside, whole], context)

    def contracted(
        self,
        coefficient: Fraction,
        factors: Sequence[Expr],
        binders: tuple[Index, ...],
        guards: Sequence[Guard],
        context: Context,
    ) -> Expr | None:
        """Σ_i [i = k] f_i is f_k, where k is in range."""
        looked_up = self._looked_up(factors, binders, guards)
        if looked_up is not None:
            factors, binders, guards = looked_up
            inner = multiply(factors)
            kept = tuple(guards)
            inner = Reduce("sum", binders, kept, inner) if binders else bracketed(kept, inner, context)
            return self.simplify(multiply((Number(coefficient), inner)), context)
        solution = solve((), (), binders, guards)
        if not solution.values:
            return None
        inner = multiply(substitute(f, solution.values) for f in factors)
        if solution.remaining:
            inner = Reduce("sum", solution.remaining, solution.guards, inner)
        else:
            open_guards = sets.redundant_dropped(solution.guards, context)
            inner = Cases(((tuple(open_guards), inner),)) if open_guards else inner
        return self.simplify(multiply((Number(coefficient), inner)), context)

    def _looked_up(
        self, factors: Sequence[Expr], binders: tuple[Index, ...], guards: Sequence[Guard]
    ) -> tuple[list[Expr], tuple[Index, ...], list[Guard]] | None:
        """Σ_c [lab = c] p_c is p_lab, where lab always lies in the range of c."""
        for g in guards:
            name = g.form.as_symbol if g.kind == "eq" and g.lookup is not None else None
            binder = next((b for b in binders if b.name == name), None)
            if binder is None or g.lookup is None or self.integer_ranges.get(g.lookup.array) != binder.range:
                continue
            others = [o for o in guards if o is not g]
            if any(binder.name in o.symbols for o in others):
                continue
            found = [replace_subscript(f, binder.name, g.lookup) for f in factors]
            if all(f is not None for f in found):
                left = tuple(b for b in binders if b is not binder)
                return [f for f in found if f is not None], left, others
        return None

    def counted(
        self, binders: tuple[Index, ...], guards: Sequence[Guard], factors: Sequence[Expr], context: Context
    ) -> tuple[list[Expr], tuple[Index, ...]]:
        """Σ over an index that nothing depends on is a multiplication by its extent."""
        counts: list[Expr] = []
        kept = list(binders)
        used = {s for g in guards for s in g.symbols} | {s for f in factors for s in free_symbols(f)}
        for b in binders:
            bounds = {s for o in kept for s in (*o.range.lower.symbols, *o.range.upper.symbols)}
            depends = {s for s in b.range.extent.symbols if s in {o.name for o in binders}}
            nonempty = _holds(Guard("ge", b.range.extent), context)
            if b.name not in used and b.name not in bounds and not depends and nonempty:
                kept.remove(b)
                extent = b.range.extent
                counts.append(number(extent.constant) if extent.is_constant else Position(extent))
        return counts, tuple(kept)

    def cases(self, branches: Sequence[tuple[tuple[Guard, ...], Expr]], context: Context) -> Expr:
        kept: list[tuple[tuple[Guard, ...], Expr]] = []
        for guards, body in branches:
            if any(truth(g) is False for g in guards):
                continue
            needed = tuple(sets.redundant_dropped([g for g in guards if truth(g) is None], context))
            if needed and sets.empty((*context, *needed)):
                continue
            kept.append((needed, self.simplify(settled_lookups(body, needed), (*context, *needed))))
            if not needed:
                break
        kept = [
            (guards, body) for k, (guards, body) in enumerate(kept)
            if body != ZERO or any(not sets.disjoint(guards, later, context) for later, _ in kept[k + 1:])
        ]
        if not kept:
            return ZERO
        if not kept[0][0]:
            return kept[0][1]
        if len(kept) > 1:
            return Cases(tuple(kept))
        return bracketed(*kept[0], context)


def _holds(guard: Guard, context: Context) -> bool:
    known = truth(guard)
    return known if known is not None else sets.implies(context, guard)


def _is_indicator(f: Select) -> bool:
    """1 where the condition holds and 0 elsewhere, or the other way round."""
    return {f.yes, f.no} == {ZERO, ONE}
