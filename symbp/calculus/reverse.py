"""The reverse sweep: ū[K] += Σ_{I,R : φ(I,R)=K} t̄[I] ∂t[I]/∂u[φ], once for each access of each elementary equation.

(Griewank and Walther, Evaluating Derivatives, 2nd ed. 2008, section 3.2, with index maps.) The result is a Model too.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Lookup, range_guards
from symbp.calculus.expression import (
    ONE,
    ZERO,
    Access,
    Add,
    Apply,
    Expr,
    Mul,
    Number,
    Power,
    ReductionKind,
    Select,
    accesses,
    add,
    apply,
    multiply,
    number,
    power,
    split_coefficient,
    subtract,
)
from symbp.calculus.functions import partials
from symbp.calculus.indices import axis_indices, fresh, solve, substitute, truth
from symbp.calculus.likeness import Look, Numbers, Unlike, term_under_names
from symbp.calculus.model import Array, Equation, Model, Piece, Role, Term, adjoint_name, term_body, whole_access
from symbp.calculus.products import running_products


def adjoint_program(model: Model, of: str, wrt: Sequence[str]) -> Model:
    """Forward and adjoint equations of the scalar `of`, with ∂x defined for every x in `wrt` and every x on the way."""
    sweep = _Sweep(model, of, active_names(model, of, wrt))
    for equation in reversed(model.equations):
        if equation.target == of or equation.target in sweep.active:
            sweep.pull_back(equation)
    return sweep.program(wrt)


def active_names(model: Model, of: str, wrt: Sequence[str]) -> frozenset[str]:
    """The names on a path from some x in `wrt` to `of`, ends included."""
    reads = reads_in(model)
    above = ancestors(model, of)
    readers: dict[str, list[str]] = {}
    for target, names in reads.items():
        for name in names:
            readers.setdefault(name, []).append(target)
    below = _closure(list(wrt), {name: tuple(targets) for name, targets in readers.items()})
    return frozenset(above & below) | {w for w in wrt if w in above}


def ancestors(model: Model, of: str) -> set[str]:
    """The names that `of` depends on, itself included."""
    return _closure([of], reads_in(model))


def reads_in(model: Model) -> dict[str, tuple[str, ...]]:
    """What each defined name reads; worked out once for a model, and kept with it."""
    found: dict[str, tuple[str, ...]] | None = model.__dict__.get("_reads")
    if found is None:
        found = {e.target: reads_of(e) for e in model.equations}
        object.__setattr__(model, "_reads", found)
    return found


def reads_of(equation: Equation) -> tuple[str, ...]:
    """The names that an equation reads as real numbers, in order."""
    found: dict[str, None] = {}
    for piece in equation.pieces:
        for term in piece.terms:
            for factor in term.factors:
                for access in accesses(factor):
                    found[access.name] = None
    return tuple(found)


def _closure(start: list[str], edges: dict[str, tuple[str, ...]]) -> set[str]:
    seen = set(start)
    stack = list(start)
    while stack:
        for name in edges.get(stack.pop(), ()):
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return seen


def scalar_derivative(e: Expr, access: Access, own: Expr | None = None) -> Expr:
    """∂e/∂access for a tree without reductions, equal accesses being one variable.

    `own` is a name for the value of e, in terms of which a function answers.
    """
    match e:
        case Access():
            return ONE if e == access else ZERO
        case Add(terms):
            return add(scalar_derivative(t, access) for t in terms)
        case Mul(factors):
            return add(
                multiply((*factors[:k], d, *factors[k + 1:]))
                for k, f in enumerate(factors) if (d := scalar_derivative(f, access)) != ZERO
            )
        case Power(base, exponent):
            return _power_derivative(base, exponent, access, own if own is not None else e)
        case Apply(_, arguments, orders):
            inner = tuple(scalar_derivative(a, access) for a in arguments)
            if all(d == ZERO for d in inner):
                return ZERO
            outer = partials(e) if own is None or orders else _in_terms_of(e, own)
            return add(multiply((o, d)) for o, d in zip(outer, inner, strict=True) if ZERO not in (o, d))
        case Select(relation, left, right, yes, no):
            up, down = scalar_derivative(yes, access), scalar_derivative(no, access)
            return ZERO if up == down == ZERO else Select(relation, left, right, up, down)
        case _:
            return ZERO


def _in_terms_of(call: Apply, own: Expr) -> tuple[Expr, ...]:
    from symbp.calculus.functions import FUNCTIONS

    function = FUNCTIONS.get(call.function)
    return partials(call) if function is None else function.partials(call.arguments, own)


def _power_derivative(base: Expr, exponent: Expr, access: Access, own: Expr) -> Expr:
    """(b^n)′ = n b^(n−1) b′ for a literal n;  (b^e)′ = e b^(e−1) b′ + b^e log(b) e′."""
    in_base = scalar_derivative(base, access)
    in_exponent = scalar_derivative(exponent, access)
    parts = []
    if in_base != ZERO:
        lowered = (
            number(exponent.value - 1) if isinstance(exponent, Number) else subtract(exponent, ONE)
        )
        parts.append(multiply((exponent, power(base, lowered) if lowered != ZERO else ONE, in_base)))
    if in_exponent != ZERO:
        parts.append(multiply((own, apply("log", base), in_exponent)))
    return add(parts)


@dataclass(frozen=True)
class _Local:
    """One way in which an equation's target moves with one access: guards, binders, and factors behind t̄."""

    access: Access
    coefficient: Fraction
    factors: tuple[Expr, ...]
    binders: tuple[Index, ...]
    guards: tuple[Guard, ...]


class _Sweep:
    """The contributions gathered so far; one object for one call of `adjoint_program`."""

    def __init__(self, model: Model, of: str, active: frozenset[str]) -> None:
        self.model = model
        self.of = of
        self.active = active
        self.arrays = dict(model.arrays)
        self.helpers: list[Equation] = []
        self.terms: dict[str, list[Term]] = {}
        self.axes: dict[str, tuple[Index, ...]] = {}
        self.order: list[str] = []
        self.known: dict[Hashable, tuple[Look, str, list[tuple[str, Term]]]] = {}
        """By how an equation and the arrays that it names look: one of these, its target, its contributions."""
        self.context = (*sets.positive(model.sizes), *model.requirements)

    def indices_of(self, name: str) -> tuple[Index, ...]:
        if name not in self.axes:
            array = self.model.arrays[name]
            self.axes[name] = axis_indices(array.axes, array.letters, self.model.sizes)
        return self.axes[name]

    def pull_back(self, equation: Equation) -> None:
        """The contributions of one equation: read off an equal equation's where there was one, else worked out."""
        self.order.append(equation.target)
        numbers = Numbers()
        try:
            said = numbers.equation(equation)
        except Unlike:
            self.work_out(equation)
            return
        if any(t.kind != "sum" for p in equation.pieces for t in p.terms):
            self.work_out(equation)
            return
        names = tuple(numbers)
        arrays = tuple([(self.indices_of(n), n in self.active) for n in names])
        look = Look((said, arrays, equation.target == self.of), names)
        known = self.known.get(look.spelling)
        if known is None:
            before = {name: len(self.terms.get(name, ())) for name in names}
            self.work_out(equation)
            made = [(name, term) for name in names for term in self.terms.get(name, [])[before[name]:]]
            self.known[look.spelling] = look, equation.target, made
            return
        first, target, made = known
        renaming = first.renaming(look)
        renaming[adjoint_name(target)] = adjoint_name(equation.target)
        for name, term in made:
            self.terms.setdefault(renaming[name], []).append(term_under_names(term, renaming))

    def work_out(self, equation: Equation) -> None:
        for piece in equation.pieces:
            for term in piece.terms:
                for local in self.locals_of(equation, piece, term):
                    self.contribute(equation, piece, local)

    def locals_of(self, equation: Equation, piece: Piece, term: Term) -> list[_Local]:
        if not any(a.name in self.active for f in term.factors for a in accesses(f)):
            return []
        if term.binders and term.kind == "prod":
            return self.product_locals(equation, piece, term)
        if term.binders and term.kind in ("max", "min"):
            return self.extremum_locals(equation, piece, term)
        own = whole_access(equation.indices, equation.target) if _is_plain(piece, term) else None
        found = []
        for k, factor in enumerate(term.factors):
            for access in dict.fromkeys(accesses(factor)):
                if access.name not in self.active:
                    continue
                derivative = scalar_derivative(factor, access, own)
                if derivative == ZERO:
                    continue
                c, factors = split_coefficient(multiply((*term.factors[:k], derivative, *term.factors[k + 1:])))
                found.append(_Local(access, term.coefficient * c, factors, term.binders, term.guards))
        return found

    def product_locals(self, equation: Equation, piece: Piece, term: Term) -> list[_Local]:
        """∂/∂u[φ(R)] Π_R u[φ(R)] = Π_{R′≠R} u[φ(R′)]: for each binder in turn, the products over other values of it."""
        (access,) = (f for f in term.factors if isinstance(f, Access))
        rest: list[Expr] = []
        for k, binder in enumerate(term.binders):
            fixed, varied = term.binders[: k + 1], term.binders[k:]
            names = {i.name for i in (*equation.indices, *term.binders)}
            renaming: dict[str, Affine] = {}
            inner = []
            for b in varied:
                name = fresh(b.name, names)
                names.add(name)
                inner.append(Index(name, b.range.substitute(renaming)))
                renaming[b.name] = Affine.of(name)
            differs = Guard("ne", Affine.of(renaming[binder.name]) - binder.name)
            guards = (*(g.substitute(renaming) for g in term.guards), differs)
            factor = substitute(access, renaming)
            target = f"{equation.target}#rest{k + 1 if len(term.binders) > 1 else ''}"
            while target in self.arrays:
                target += "'"
            body = Term(Fraction(1), (factor,), tuple(inner), guards, "prod")
            indices = (*equation.indices, *fixed)
            if len(varied) > 1 or term.guards:
                self.help(equation, piece, target, indices, body, inline=True)
            else:
                self.multiply_up(equation, piece, indices, access, target, body)
            rest.append(whole_access(indices, target))
        return [_Local(access, Fraction(1), tuple(rest), term.binders, term.guards)]

    def multiply_up(
        self, equation: Equation, piece: Piece, indices: tuple[Index, ...], access: Access, target: str, body: Term
    ) -> None:
        """target = before · after, written as the product over the other values of the last index."""
        names = (f"{target}.before", f"{target}.after")
        for helper in running_products(equation, piece, indices, access, names):
            self.declare(helper.target, indices)
            self.helpers.append(helper)
        both = Term(Fraction(1), tuple(whole_access(indices, n) for n in names))
        self.help(equation, piece, target, indices, both, inline=True, written=body)

    def extremum_locals(self, equation: Equation, piece: Piece, term: Term) -> list[_Local]:
        """∂/∂u[φ(R)] max_R u[φ(R)] = [R = argmax]; the first extremal R in lexicographic order is the one."""
        (access,) = (f for f in term.factors if isinstance(f, Access))
        chosen = []
        for k, binder in enumerate(term.binders):
            target = f"{equation.target}#at_{binder.letter}"
            while target in self.arrays:
                target += "'"
            kind: ReductionKind = "argmax" if term.kind == "max" else "argmin"
            body = Term(Fraction(1), term.factors, term.binders, term.guards, kind, k)
            self.help(equation, piece, target, equation.indices, body)
            subscripts = tuple(Affine.of(i.name) for i in equation.indices)
            chosen.append(Guard("eq", Affine.of(binder.name), lookup=Lookup(target, subscripts)))
        return [_Local(access, Fraction(1), (), term.binders, (*term.guards, *chosen))]

    def help(
        self,
        equation: Equation,
        piece: Piece,
        target: str,
        indices: tuple[Index, ...],
        term: Term,
        inline: bool = False,
        written: Term | None = None,
    ) -> None:
        """A helper equation, defined where `piece` holds and 0 elsewhere, shown as `written` where that is given."""
        pieces = tuple(Piece(p.guards, (term,) if p is piece else ()) for p in equation.pieces)
        self.declare(target, indices)
        shown = term_body(written) if written is not None else None
        self.helpers.append(Equation(target, indices, pieces, inline, equation.target, equation.line, shown))

    def declare(self, name: str, indices: tuple[Index, ...]) -> None:
        """A generated array over the indices."""
        self.arrays[name] = Array(
            name, tuple(i.range for i in indices), Role.DEFINED, letters=tuple(i.letter for i in indices)
        )

    def contribute(self, equation: Equation, piece: Piece, local: _Local) -> None:
        wanted = self.indices_of(local.access.name)
        taken = {i.name for i in wanted}
        unknowns, renaming = _renamed_apart((*equation.indices, *local.binders), taken)
        guards = [g.substitute(renaming) for g in (*piece.guards, *local.guards)]
        subscripts = [s.substitute(renaming) for s in local.access.subscripts]
        solution = solve(subscripts, [Affine.of(i.name) for i in wanted], unknowns, guards)
        values = {old: form.substitute(solution.values) for old, form in renaming.items()}
        values |= {name: form for name, form in solution.values.items() if name not in renaming}
        own_names = [i.name for i in (*equation.indices, *local.binders)]
        remaining, letters = _own_letters(solution.remaining, own_names, unknowns, taken)
        values = {name: form.substitute(letters) for name, form in values.items()}
        values |= {name: form for name, form in letters.items() if name not in values}
        context = (*self.context, *_domain(wanted), *_domain(remaining))
        simple = [g.substitute(letters) for g in solution.guards]
        if any(truth(g) is False for g in simple):
            return
        needed = sets.redundant_dropped([g for g in simple if truth(g) is None], context)
        if needed and sets.empty((*context, *needed)):
            return
        adjoint: tuple[Expr, ...] = ()
        if equation.target != self.of:
            adjoint = (whole_access(equation.indices, adjoint_name(equation.target)),)
        factors = tuple(substitute(f, values) for f in (*adjoint, *local.factors))
        self.terms.setdefault(local.access.name, []).append(Term(local.coefficient, factors, remaining, needed))

    def program(self, wrt: Sequence[str]) -> Model:
        names = [n for n in self.order if n in self.active or n == self.of]
        names += [w for w in wrt if w not in names]
        added = []
        for name in names:
            target = adjoint_name(name)
            indices = self.indices_of(name)
            terms = tuple(self.terms.get(name, ()))
            if name == self.of:
                terms = (Term(Fraction(1), ()), *terms)
            array = self.model.arrays[name]
            self.arrays[target] = Array(target, array.axes, Role.ADJOINT, letters=tuple(i.letter for i in indices))
            forward = self.model.by_target.get(name)
            inline = forward is not None and forward.inline
            added.append(Equation(target, indices, (Piece((), terms),), inline, forward.owner if forward else None))
        equations = (*self.model.equations, *self.helpers, *added)
        return replace(self.model, arrays=self.arrays, equations=equations)


def _is_plain(piece: Piece, term: Term) -> bool:
    """Whether the term is all that its piece says, and nothing but its one factor."""
    whole = len(piece.terms) == 1 and len(term.factors) == 1 and term.coefficient == 1
    return whole and not term.binders and not term.guards


def _domain(indices: Sequence[Index]) -> tuple[Guard, ...]:
    return tuple(g for i in indices for g in range_guards(i.name, i.range))


def _renamed_apart(indices: Sequence[Index], taken: set[str]) -> tuple[list[Index], dict[str, Affine]]:
    """The indices under names outside `taken`, and the renaming."""
    used = taken | {i.name for i in indices}
    renaming: dict[str, Affine] = {}
    renamed = []
    for i in indices:
        name = i.name
        if name in taken:
            name = fresh(f"{i.letter}#2", used)
            used.add(name)
            renaming[i.name] = Affine.of(name)
        renamed.append(Index(name, i.range.substitute(renaming)))
    return renamed, renaming


def _own_letters(
    remaining: Sequence[Index], own: Sequence[str], unknowns: Sequence[Index], taken: set[str]
) -> tuple[tuple[Index, ...], dict[str, Affine]]:
    """Remaining indices that had to be renamed take over a letter of the equation that the solution has set free."""
    used = taken | {i.name for i in remaining}
    ranges = dict(zip(own, (u.range for u in unknowns), strict=True))
    letters: dict[str, Affine] = {}
    final = []
    for i in remaining:
        name = i.name
        if name not in own:
            free = [o for o in own if o not in used and ranges[o] == i.range]
            name = free[0] if free else name
        if name != i.name:
            used.add(name)
            letters[i.name] = Affine.of(name)
        final.append(Index(name, i.range.substitute(letters)))
    return tuple(final), letters
