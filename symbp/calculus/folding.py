"""The author's equations again: generated inline names folded back into the equations that own them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Lookup, range_guards
from symbp.calculus.derivation import DisplayEquation, EquationKind
from symbp.calculus.expression import (
    ZERO,
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Power,
    Reduce,
    Select,
    accesses,
    add,
    children,
    multiply,
    with_children,
)
from symbp.calculus.indices import free_symbols, rename_binders, solve, substitute
from symbp.calculus.likeness import Look, Numbers, Unlike, renamed
from symbp.calculus.line_order import in_file_order
from symbp.calculus.matching import size_of
from symbp.calculus.model import Equation, Model, Term, adjoint_base, definition_of, term_body, whole_access
from symbp.calculus.terms import is_shifted

FOLD_LIMIT = 48
"""Nodes beyond which a generated inner node keeps its name, so that nothing grows without bound."""


@dataclass(frozen=True)
class Folding:
    """The folded bodies of the inline equations that printing folds back."""

    bodies: dict[str, tuple[tuple[Index, ...], Expr]]
    sizes: tuple[Guard, ...] = ()
    """What holds for the sizes."""
    _looks: dict[str, Look | None] = field(default_factory=dict)
    author_bodies: dict[Hashable, tuple[Look, Expr]] = field(default_factory=dict)

    def look(self, equation: Equation) -> Look | None:
        """What an equation is but for names, what is folded into it included; None where it isn't compared."""
        if equation.target not in self._looks:
            self._looks[equation.target] = self._look(equation)
        return self._looks[equation.target]

    def _look(self, equation: Equation) -> Look | None:
        numbers = Numbers()
        try:
            said = numbers.equation(equation)
            folded = [self.bodies[name] for name in tuple(numbers) if name in self.bodies]
            places = tuple(numbers[name] for name in numbers if name in self.bodies)
            written = tuple((indices, numbers.spelled(body)) for indices, body in folded)
        except Unlike:
            return None
        return Look((said, places, written), tuple(numbers))

    def fold(self, e: Expr, context: tuple[Guard, ...] = ()) -> Expr:
        """The formula with every folded name written out, less the conditions that hold anyway where it comes to stand.

        `context` is what holds around the formula, beside its own conditions and what is known of the sizes.
        """
        if not self.bodies or not any(a.name in self.bodies for a in accesses(e)):
            return e
        return self._folded(e, (), (*self.sizes, *context))

    def _folded(self, e: Expr, around: tuple[str, ...], context: tuple[Guard, ...]) -> Expr:
        match e:
            case Access():
                found = self._written_out(e)
                if found is None:
                    return e
                return settled(rename_binders(found, around) if around else found, context)
            case Add(terms):
                return add(self._folded(t, around, context) for t in terms)
            case Mul(factors):
                return multiply(self._folded(f, around, context) for f in factors)
            case Reduce(kind, binders, guards, body, component):
                names = tuple(b.name for b in binders)
                return Reduce(
                    kind, binders, guards, self._folded(body, (*around, *names), inside(e, context)), component
                )
            case Cases(branches):
                return Cases(tuple((g, self._folded(b, around, (*context, *g))) for g, b in branches))
            case Power() | Apply() | Select():
                return with_children(e, tuple(self._folded(p, around, context) for p in children(e)))
            case _:
                return e

    def _written_out(self, access: Access) -> Expr | None:
        found = self.bodies.get(access.name)
        if found is None:
            return None
        indices, body = found
        values: dict[str, Affine] = {}
        for index, subscript in zip(indices, access.subscripts, strict=True):
            if isinstance(subscript, Lookup):
                return None
            if subscript.as_symbol != index.name:
                values[index.name] = subscript
        return substitute(body, values)


def fold_inline(model: Model) -> Folding:
    """The folding of a model: every inline equation whose written-out body stays within FOLD_LIMIT."""
    folding = Folding({}, (*sets.positive(model.sizes), *model.requirements))
    for equation in model.equations:
        if equation.inline and adjoint_base(equation.target) is None:
            written = definition_of(equation).body if equation.written is None else equation.written
            body = folding.fold(written, domain_of(equation.indices))
            if size_of(body) <= FOLD_LIMIT:
                folding.bodies[equation.target] = (equation.indices, body)
    return folding


def display_equations(model: Model, folding: Folding) -> tuple[DisplayEquation, ...]:
    """The forward equations as the author wrote them, one for each case, numbered F1, F2, …, in the author's order."""
    known: dict[Hashable, tuple[Look, list[DisplayEquation]]] = {}
    lines: list[DisplayEquation] = []
    for equation in model.equations:
        if equation.target not in folding.bodies:
            lines.extend(_lines_of(model, folding, equation, known))
    named = [(e.owner or e.target, e) for e in model.equations]
    of_owner = {e.target: e.line for e in model.equations}
    found = {e.target: e.line if e.line is not None else of_owner.get(owner) for owner, e in named}
    places = {name: line for name, line in found.items() if line is not None}
    return tuple(replace(e, label=f"F{k}") for k, e in enumerate(in_file_order(lines, places), start=1))


def _lines_of(
    model: Model, folding: Folding, equation: Equation, known: dict[Hashable, tuple[Look, list[DisplayEquation]]]
) -> list[DisplayEquation]:
    """`_cases_of`, read off those of an equation that differs in names only."""
    look = folding.look(equation)
    if look is None:
        return _cases_of(model, folding, equation)
    key = look.spelling, equation.owner is None, equation.target == model.loss
    if key not in known:
        known[key] = look, _cases_of(model, folding, equation)
        return known[key][1]
    first, lines = known[key]
    names = first.renaming(look)
    target = names[lines[0].target.name] if lines else ""
    return [
        DisplayEquation(
            "", e.kind, e.indices, Access(target, e.target.subscripts), renamed(e.body, names), e.guards
        )
        for e in lines
    ]


def _cases_of(model: Model, folding: Folding, equation: Equation) -> list[DisplayEquation]:
    kind: EquationKind = "definition"
    if equation.target == model.loss:
        kind = "loss"
    elif equation.owner is not None:
        kind = "inner"
    context = (*sets.positive(model.sizes), *model.requirements)
    everywhere = (*context, *domain_of(equation.indices))
    shown: list[DisplayEquation] = []
    for piece in equation.pieces:
        if piece.filler or (piece.guards and sets.empty((*everywhere, *piece.guards))):
            continue
        terms, around = piece.terms, piece.guards
        if equation.owner is not None:
            terms, shared = without_shared_guards(terms)
            around = (*around, *shared)
        body = folding.fold(add(written_term(t) for t in terms), (*domain_of(equation.indices), *around))
        solution = solve((), (), equation.indices, around)
        domain = tuple(g for i in solution.remaining for g in range_guards(i.name, i.range))
        guards = sets.redundant_dropped(solution.guards, (*context, *domain))
        target = substitute(whole_access(equation.indices, equation.target), solution.values)
        assert isinstance(target, Access)
        shown.append(DisplayEquation("", kind, solution.remaining, target, substitute(body, solution.values), guards))
    return shown


def author_body(equation: Equation, folding: Folding) -> Expr:
    """The equation's right-hand side as one formula, inline names written out."""
    look = folding.look(equation)
    if look is None:
        return _author_body(equation, folding)
    known = folding.author_bodies.get(look.spelling)
    if known is None:
        body = _author_body(equation, folding)
        folding.author_bodies[look.spelling] = look, body
        return body
    return renamed(known[1], known[0].renaming(look))


def _author_body(equation: Equation, folding: Folding) -> Expr:
    branches = tuple((p.guards, add(written_term(t) for t in p.terms)) for p in equation.pieces)
    single = len(branches) == 1 and not branches[0][0]
    return folding.fold(branches[0][1] if single else Cases(branches), domain_of(equation.indices))


def without_shared_guards(terms: tuple[Term, ...]) -> tuple[tuple[Term, ...], tuple[Guard, ...]]:
    """The terms less the conditions on free indices that all of them have, and these conditions."""
    names = {b.name for t in terms for b in t.binders}
    first = terms[0].guards if terms else ()
    shared = tuple(g for g in first if all(g in t.guards for t in terms) and not names.intersection(g.symbols))
    if not shared:
        return terms, ()
    return tuple(replace(t, guards=tuple(g for g in t.guards if g not in shared)) for t in terms), shared


def settled(e: Expr, context: tuple[Guard, ...]) -> Expr:
    """The formula without the conditions that the context decides; the last of cases that cover it needs none."""
    match e:
        case Cases(branches):
            return _settled_cases(branches, context)
        case Add(terms):
            return add(settled(t, context) for t in terms)
        case Mul(factors):
            return multiply(settled(f, context) for f in factors)
        case Reduce(kind, binders, guards, body, component):
            return Reduce(kind, binders, guards, settled(body, inside(e, context)), component)
        case Power() | Apply() | Select():
            return with_children(e, tuple(settled(p, context) for p in children(e)))
        case _:
            return e


def _settled_cases(branches: tuple[tuple[tuple[Guard, ...], Expr], ...], context: tuple[Guard, ...]) -> Expr:
    kept: list[tuple[tuple[Guard, ...], Expr]] = []
    for guards, body in branches:
        if sets.empty((*context, *guards)):
            continue
        open_guards = tuple(g for g in guards if not sets.implies(context, g))
        part = settled(body, (*context, *guards))
        if not open_guards and not kept:
            return part
        kept.append((open_guards, part))
    if len(kept) > 1 and sets.covered(context, [g for g, _ in kept]):
        kept[-1] = ((), kept[-1][1])
        while len(kept) > 1 and kept[-2][1] == kept[-1][1]:
            del kept[-2]
        if len(kept) == 1:
            return kept[0][1]
    return Cases(tuple(kept)) if kept else ZERO


def inside(e: Reduce, context: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """What holds within a reduction: its ranges and conditions, and what the context says of other indices."""
    names = {b.name for b in e.binders}
    outer = tuple(g for g in context if not names.intersection(g.symbols))
    return (*outer, *domain_of(e.binders), *e.guards)


def written_term(term: Term) -> Expr:
    """The term as a person writes it: scalars that multiply or divide a sum stand in front of it.

    Conditions that don't depend on a summed index hold for both; what may have no value where the sum is empty stays.
    """
    names = {b.name for b in term.binders}
    outer = tuple(g for g in term.guards if not names.intersection(g.symbols))
    inner_guards = tuple(g for g in term.guards if g not in outer)
    divisors = [
        f for f in term.factors
        if (_divides(f) or _is_scalar(f)) and not names.intersection(free_symbols(f))
        and not (inner_guards and is_shifted(f))
    ]
    if term.kind != "sum" or not names or not divisors or len(divisors) == len(term.factors):
        return term_body(term)
    left = tuple(f for f in term.factors if f not in divisors)
    inner = term_body(replace(term, coefficient=Fraction(1), guards=inner_guards, factors=left))
    whole = multiply((Number(term.coefficient), *divisors, inner))
    return Cases(((outer, whole),)) if outer else whole


def _is_scalar(f: Expr) -> bool:
    return isinstance(f, Access) and not f.subscripts


def _divides(f: Expr) -> bool:
    return isinstance(f, Power) and isinstance(f.exponent, Number) and f.exponent.value < 0


def domain_of(indices: tuple[Index, ...]) -> tuple[Guard, ...]:
    """lower ≤ i ≤ upper for each index."""
    return tuple(g for i in indices for g in range_guards(i.name, i.range))
