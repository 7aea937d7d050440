"""The telling: adjoints tidied and named, each gradient in its forms, and the steps between them as data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symbp.calculus import forward, sets
from symbp.calculus.affine import Affine, Guard, Index, Range, form_in_range
from symbp.calculus.derivation import (
    DisplayEquation,
    DisplayFact,
    ErrorTerm,
    FormName,
    Forms,
    Gradient,
    Refusal,
    Rule,
    Step,
    Updates,
)
from symbp.calculus.expand import expanded
from symbp.calculus.expression import (
    ZERO,
    Access,
    Add,
    Cases,
    Expr,
    Mul,
    Partial,
    PartialKind,
    Reduce,
    accesses,
    add,
    children,
    multiply,
    negate,
    number,
    split_coefficient,
    with_children,
)
from symbp.calculus.facts import deviations_vanish, scaled_deviations_vanish, stated_facts, sums_to_one, usable
from symbp.calculus.folding import display_equations, domain_of, fold_inline
from symbp.calculus.graph import components
from symbp.calculus.indices import free_symbols, rename_binders, replace_accesses, substitute, truth
from symbp.calculus.matching import Pattern, Patterns, has_sum, is_recognisable, pattern, size_of
from symbp.calculus.model import Model, Role, adjoint_base, adjoint_name, step_name, whole_access
from symbp.calculus.naming import Naming, adjoint_body, beneficiaries, live_references
from symbp.calculus.operations import DEPTH_LIMIT, depth_of
from symbp.calculus.paths import Paths, edge_at
from symbp.calculus.reverse import active_names
from symbp.calculus.schedule import stepped_sizes
from symbp.calculus.simplify import Simplifier, lifted_cases

REPEAT_LIMIT = 24
"""Nodes up to which an adjoint without a sum is written out again rather than named."""

GROWTH_LIMIT = 120
"""Nodes beyond which a closed form gets a name even if one formula alone reads it, so that no formula grows on."""

CASE_LIMIT = 3
"""Cases that an error term is split into; beyond it, each term keeps its own condition."""

STEP_LIMIT = 200
"""Nodes up to which a step shows a gradient with its error terms written out."""

WRITTEN_LIMIT, WRITTEN_TOGETHER = 1_000, 20_000
"""Nodes beyond which one inlined form, and all of a derivation's together, are counted and not written out."""

CHAIN_LIMIT = 40
"""Edges of a path beyond which its product of partials is not written out."""

BOOK_FORMS: tuple[FormName, ...] = ("shared", "inlined")
"""The forms in which updates are given."""


@dataclass(frozen=True)
class _Closed:
    """A simplified formula and the labels of the facts that it took."""

    body: Expr
    because: tuple[str, ...]


Branches = tuple[tuple[tuple[Guard, ...], Expr], ...]


EdgeKey = tuple[Expr, tuple[Range, ...], tuple[Guard, ...]]


@dataclass(frozen=True)
class _Local:
    """A local derivative and the conditions under which it is stated."""

    value: Expr
    guards: tuple[Guard, ...]


class Telling:
    """One derivation in the making."""

    def __init__(self, model: Model, program: Model, naming: Naming, of: str, wrt: Sequence[str]) -> None:
        self.model = model
        self.program = program
        self.naming = naming
        self.of = of
        self.folding = fold_inline(program)
        self.forward = display_equations(model, self.folding)
        self.live = live_references(program, wrt)
        self.sizes = (*sets.positive(model.sizes), *model.requirements)
        self.definitions = tuple(p for e in self.forward if (p := self._pattern(e)) is not None)
        vanishing = deviations_vanish(self.forward)
        derived = (*sums_to_one(self.forward), *vanishing, *scaled_deviations_vanish(self.forward, vanishing))
        self.facts = (*stated_facts(model), *derived)
        self.fact_patterns = usable(self.facts)
        self.patterns = Patterns((*self.definitions, *self.fact_patterns))
        self.targets = frozenset(a.name for a in model.arrays.values() if a.role is Role.TARGET)
        self.weights = frozenset(a.name for a in model.arrays.values() if a.role is Role.PARAM)
        self.integer_ranges = {a.name: a.values for a in model.arrays.values() if a.values is not None}
        self.paths = Paths(model, self.folding, of, active_names(model, of, tuple(wrt)))
        self.closed: dict[str, _Closed] = {}
        self._simplifier: Simplifier | None = None
        self.edges: dict[EdgeKey, str] = {}
        self.locals: dict[tuple[Partial, _Scope], _Local] = {}
        self.local_simplifier = Simplifier(self.definitions, targets=self.targets)
        self.error_names = {name for name, _ in naming.named.values()}
        self.wrt = frozenset(wrt)
        self.written_limit = min(WRITTEN_LIMIT, max(WRITTEN_TOGETHER // len(wrt), REPEAT_LIMIT))
        self.nameless: set[str] = set()
        self.resolve_all()
        self.bases = {name: base for base, (name, _) in naming.named.items() if base in self.closed}
        self._sizes: dict[str, int | None] = {}

    def name_error(self, base: str) -> None:
        self.naming.named[base] = (adjoint_name(base), 1)
        self.error_names.add(adjoint_name(base))

    # Adjoints

    def resolve_all(self) -> None:
        """The closed form of every adjoint that is needed, in terms of named ones that two or more formulas use."""
        certain = dict(self.naming.named)
        edges = {base: tuple(r for r in self.resolved_reads(base) if r not in certain) for base in self.live}
        order = [base for group in components(list(edges), edges) for base in group]
        while True:
            for base in order:
                if base not in self.naming.stand_in and base != self.of:
                    self.resolve(base)
                    if base not in self.naming.named and self._is_worth_a_name(base):
                        self.name_what_is_shared(base)
            uses = self.uses()
            idle = [b for b, (n, _) in self.naming.named.items() if b not in certain and uses.get(n, 0) < 2]
            idle = [b for b in idle if not self._outgrows(b)]
            if not idle:
                return
            self.nameless.update(idle)
            self.naming.named.clear()
            self.naming.named.update(certain)
            self.error_names = {name for name, _ in certain.values()}

    def resolved_reads(self, base: str) -> tuple[str, ...]:
        """The bases whose adjoints the adjoint of `base` is written in terms of."""
        owner = {x: z for z, (x, _) in self.naming.stand_in.items()}
        reads = self.live[owner.get(base, base)] if base not in self.naming.stand_in else ()
        stand_in = self.naming.stand_in
        return tuple(stand_in[r][0] if r in stand_in else r for r in reads if r != self.of)

    def uses(self) -> dict[str, int]:
        """How often each error term stands in the closed forms."""
        found: dict[str, int] = {}
        for base, closed in self.closed.items():
            if base in self.naming.named or base in self.wrt:
                for access in accesses(closed.body):
                    found[access.name] = found.get(access.name, 0) + 1
        return found

    def resolve(self, base: str) -> None:
        equation, body = adjoint_body(self.program, self.naming, base)
        self.closed[base] = self.tidy(self.in_names(body), equation.indices)

    def name_what_is_shared(self, base: str) -> None:
        """A name for the adjoint; where it is a generated node's, rather for the author's quantities that it reads."""
        if self.program.by_target[base].inline:
            above = [r for r in self.live[base] if r in self.closed and not self.program.by_target[r].inline]
            sums = [r for r in dict.fromkeys(above) if r not in self.naming.named and has_sum(self.closed[r].body)]
            if self.nameless.intersection(sums):
                return
            for reader in sums:
                self.name_error(reader)
            self.resolve(base)
        if self._is_worth_a_name(base):
            self.name_error(base)

    def _is_worth_a_name(self, base: str) -> bool:
        """Whether two or more others use the adjoint, and writing it out in each would hide or repeat work."""
        body = self.closed[base].body
        if base in self.model.by_target and self._outgrows(base):
            return True
        if len(self.naming.readers.get(base, ())) < 2 or base in self.nameless or is_plain(body):
            return False
        forward = self.program.by_target[base]
        several = len(beneficiaries(self.program, self.naming, base)) > 1
        long = size_of(body) > REPEAT_LIMIT or has_sum(body)
        return long or (several and not forward.inline)

    def _outgrows(self, base: str) -> bool:
        """Whether the closed form is so long that what reads it must not repeat it."""
        return size_of(self.closed[base].body) > GROWTH_LIMIT

    def in_names(self, body: Expr) -> Expr:
        """Adjoints in a formula as signed error terms where they have a name, else written out."""
        return self.folding.fold(replace_accesses(body, self._adjoint_value))

    def _adjoint_value(self, access: Access) -> Expr | None:
        base = adjoint_base(access.name)
        if base is None:
            return None
        sign = 1
        if base in self.naming.stand_in:
            base, sign = self.naming.stand_in[base]
        if base == self.of:
            return number(sign)
        if base in self.naming.named:
            name, own = self.naming.named[base]
            return multiply((number(sign * own), Access(name, access.subscripts)))
        indices = self.program.by_target[adjoint_name(base)].indices
        return multiply((number(sign), self._at(indices, self.closed[base].body, access)))

    def _at(self, indices: tuple[Index, ...], body: Expr, access: Access) -> Expr:
        values = {}
        for i, s in zip(indices, access.subscripts, strict=True):
            assert isinstance(s, Affine)
            if s.as_symbol != i.name:
                values[i.name] = s
        return substitute(body, values)

    def simplifier(self) -> Simplifier:
        """One for as long as the error terms' names stay, so that what it knows serves again."""
        names = frozenset(self.error_names)
        if self._simplifier is None or self._simplifier.last != names:
            self._simplifier = self._new_simplifier(names)
        return self._simplifier

    def _new_simplifier(self, names: frozenset[str]) -> Simplifier:
        return Simplifier(
            facts=self.fact_patterns,
            targets=self.targets,
            last=names,
            weights=self.weights,
            integer_ranges=self.integer_ranges,
            patterns=self.patterns,
        )

    def tidy(self, e: Expr, indices: tuple[Index, ...], guards: Sequence[Guard] = ()) -> _Closed:
        simplifier = self.simplifier()
        simplifier.cited = {}
        body = simplifier.simplify(e, (*self.sizes, *domain_of(indices), *guards))
        return _Closed(body, tuple(simplifier.cited))

    def by_cases(self, base: str) -> Branches:
        """sign · ∂base, by cases."""
        indices = self.program.by_target[adjoint_name(base)].indices
        sign = self.naming.named[base][1] if base in self.naming.named else 1
        whole = multiply((number(sign), self.closed[base].body))
        context = (*self.sizes, *domain_of(indices))
        return self.split(whole, indices, context)

    def split(self, e: Expr, indices: tuple[Index, ...], context: tuple[Guard, ...]) -> Branches:
        """A formula by cases, where these are few."""
        branches = lifted_cases(e, context)
        if len(branches) > CASE_LIMIT or branches == (((), e),):
            return (((), e),)
        return tuple((guards, self.tidy(body, indices, guards).body) for guards, body in branches)

    # Error terms and gradients

    def error_terms(self) -> tuple[ErrorTerm, ...]:
        """The named adjoints, in sweep order."""
        terms: list[ErrorTerm] = []
        for base in self.live:
            if base in self.naming.named and base != self.of:
                name, sign = self.naming.named[base]
                indices = self.program.by_target[adjoint_name(base)].indices
                label = f"E{len(terms) + 1}"
                terms.append(ErrorTerm(name, base, sign, indices, self.by_cases(base), label))
        return tuple(terms)

    def gradient(self, name: str) -> Gradient:
        indices = self.program.by_target[adjoint_name(name)].indices
        shared = self._shared(name)
        forms = Forms({
            "chain": lambda: self.full_chain(name, indices),
            "shared": lambda: shared,
            "inlined": lambda: self.inlined(shared, indices),
            "expanded": lambda: self.expanded(name, indices),
        })
        return Gradient(name, indices, forms, updates=Updates(lambda: self.updates(forms, indices)))

    def updates(self, forms: Forms, indices: tuple[Index, ...]) -> dict[FormName, Expr]:
        """Δ = −rate · gradient."""
        if self.model.rate is None:
            return {}
        rate = negate(Access(self.model.rate))
        written: dict[FormName, Expr] = {}
        for form in BOOK_FORMS:
            value = forms[form]
            if not isinstance(value, Refusal):
                branches = value.branches if isinstance(value, Cases) else (((), value),)
                written[form] = joined(
                    tuple((g, self.tidy(multiply((rate, body)), indices, g).body) for g, body in branches)
                )
        return written

    def _shared(self, name: str) -> Expr:
        if name in self.naming.named:
            own, sign = self.naming.named[name]
            indices = self.program.by_target[adjoint_name(name)].indices
            return multiply((number(sign), whole_access(indices, own)))
        if name == self.of:
            return number(1)
        return joined(self.by_cases(name))

    def chain(self, name: str, indices: tuple[Index, ...], stop: Sequence[str]) -> Expr:
        at = tuple(Affine.of(i.name) for i in indices)
        return self.paths.chain(name, at, stop, domain_of(indices))

    def full_chain(self, name: str, indices: tuple[Index, ...]) -> Expr | Refusal:
        """One partial for each edge, all the way to the loss, or to an error term that is defined by recursion."""
        stop = [n for n in self.naming.named if n in self.paths.recurrent]
        edges = self.paths.longest(name, stop)
        if edges > CHAIN_LIMIT:
            return Refusal(f"too long to write out: a path has {edges} edges")
        return self.chain(name, indices, stop)

    def inlined(self, shared: Expr, indices: tuple[Index, ...]) -> Expr | Refusal:
        """Error terms written out, forward values kept."""
        magnitude = self._written_size(shared)
        if isinstance(magnitude, Refusal):
            return self.inlined_at_sizes(shared, indices) or magnitude
        body = shared
        while any(a.name in self.bases for a in accesses(body)):
            body = replace_accesses(self._errors_first(body), self._error_value)
        return self.tidy(body, indices).body

    def inlined_at_sizes(self, shared: Expr, indices: tuple[Index, ...]) -> Expr | None:
        """A recursion written out at the given sizes until no step is left; None where it doesn't end."""
        known = self.known_steps()
        context = (*self.sizes, *domain_of(indices), *known)
        body = shared
        for _ in range(sum(-g.form.constant for g in known) + 1):
            body = replace_accesses(self._errors_first(body), self._error_value)
            body = self.simplifier().simplify(body, context)
            if not any(a.name in self.bases for a in accesses(body)):
                return joined(self.split(body, indices, context))
            if size_of(body) > self.written_limit or depth_of(body) > DEPTH_LIMIT:
                return None
        return None

    def known_steps(self) -> tuple[Guard, ...]:
        """size = value for each given size of a recurrence."""
        given = self.model.size_values
        return tuple(Guard("eq", Affine.of(s) - given[s]) for s in stepped_sizes(self.model) if s in given)

    def _written_size(self, e: Expr) -> int | Refusal:
        """The nodes of a formula once its error terms are written out, counted without doing so."""
        total = size_of(e)
        for access in accesses(e):
            if access.name in self.bases:
                known = self._error_size(access.name)
                if isinstance(known, Refusal):
                    return known
                total += known
        if total > self.written_limit:
            return Refusal(
                f"too large to write out: {total} nodes with the error terms put in, {self.written_limit} at most"
            )
        return total

    def _error_size(self, name: str) -> int | Refusal:
        if not self._sizes:
            self._sizes.update(written_sizes({n: self.closed[b].body for n, b in self.bases.items()}))
        known = self._sizes[name]
        if known is None:
            return Refusal(
                f"the error term of {self.bases[name]} is defined by recursion along an index: "
                "it can be written out only at a given size (for example with --set)"
            )
        return known

    def _errors_first(self, e: Expr) -> Expr:
        """Error terms in front of the other factors: the order of the chain."""
        parts = tuple(self._errors_first(p) for p in children(e))
        if isinstance(e, Mul):
            return multiply(sorted(parts, key=lambda f: not (isinstance(f, Access) and f.name in self.error_names)))
        return with_children(e, parts) if parts else e

    def _error_value(self, access: Access) -> Expr | None:
        base = self.bases.get(access.name)
        if base is None:
            return None
        indices = self.program.by_target[adjoint_name(base)].indices
        whole = multiply((number(self.naming.named[base][1]), self.closed[base].body))
        return self._at(indices, whole, access)

    def expanded(self, name: str, indices: tuple[Index, ...]) -> Expr | Refusal:
        found = expanded(self.model, self.of, name, indices)
        if isinstance(found, Refusal) or size_of(found) > WRITTEN_LIMIT:
            return found
        context = (*self.sizes, *domain_of(indices), *self.known_steps())
        tidy = Simplifier(targets=self.targets, integer_ranges=self.integer_ranges)
        branches = lifted_cases(tidy.simplify(found, context), context)
        if len(branches) > CASE_LIMIT:
            return joined((((), tidy.simplify(found, context)),))
        return joined(tuple((guards, tidy.simplify(body, (*context, *guards))) for guards, body in branches))

    # Steps

    def steps(self, errors: Sequence[ErrorTerm], gradients: Sequence[Gradient]) -> tuple[Step, ...]:
        """Error terms first, then each gradient."""
        return (*self.error_steps(errors), *(s for g in gradients for s in self.gradient_steps(g)))

    def error_steps(self, errors: Sequence[ErrorTerm]) -> list[Step]:
        steps = []
        for term in errors:
            total = Partial(PartialKind.TOTAL, Access(self.of), whole_access(term.indices, term.of))
            name = whole_access(term.indices, term.name)
            steps.append(Step(Rule.NAME, term.name, term.indices, name, multiply((number(term.sign), total))))
            steps.extend(self._way(term.name, term.of, term.indices, total))
            for guards, body in term.branches:
                because = self.closed[term.of].because
                rule = Rule.FACT if because else Rule.COLLECT
                steps.append(Step(rule, term.name, term.indices, name, body, because, guards, term.label))
        return steps

    def gradient_steps(self, gradient: Gradient) -> list[Step]:
        name, indices = gradient.parameter, gradient.indices
        shared = gradient.forms["shared"]
        assert not isinstance(shared, Refusal)
        total = Partial(PartialKind.TOTAL, Access(self.of), whole_access(indices, name))
        steps = self._way(name, name, indices, total) if name not in self.naming.named else []
        because = self.closed[name].because if name in self.closed else ()
        if not steps or steps[-1].after != shared:
            rule = Rule.FACT if because else Rule.COLLECT
            steps.append(Step(rule, name, indices, total, shared, because))
        inlined = gradient.forms["inlined"]
        if not isinstance(inlined, Refusal) and inlined != shared and size_of(inlined) <= STEP_LIMIT:
            steps.append(Step(Rule.SUBSTITUTE, name, indices, total, inlined, self._labels_of_errors(shared)))
        for form, body in gradient.updates.items():
            if form == "shared" or body != gradient.updates["shared"]:
                steps.append(Step(Rule.UPDATE, name, indices, whole_access(indices, step_name(name)), body))
        return steps

    def _labels_of_errors(self, e: Expr) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a.name for a in accesses(e) if a.name in self.error_names))

    def _way(self, subject: str, base: str, indices: tuple[Index, ...], total: Expr) -> list[Step]:
        """Chain rule, the local derivatives that are new, and their values put in."""
        chain = self.chain(base, indices, tuple(self.naming.named))
        if chain == ZERO:
            return []
        steps = [Step(Rule.CHAIN, subject, indices, total, chain)]
        for edge, scope in _edges(chain, _Scope(indices)):
            key = self.edge_key(edge, scope)
            if key not in self.edges:
                label = self.edges[key] = f"L{len(self.edges) + 1}"
                because = tuple(e.label for e in self.forward if e.target.name == edge.of.name)
                local = self.local(edge, scope)
                steps.append(Step(Rule.LOCAL, subject, scope.indices, edge, local.value, because, local.guards, label))
        put_in = self.substituted(chain, indices)
        steps.append(Step(Rule.SUBSTITUTE, subject, indices, total, put_in, self._edge_labels(chain, indices)))
        return steps

    def _edge_labels(self, chain: Expr, indices: tuple[Index, ...]) -> tuple[str, ...]:
        found = (self.edges[self.edge_key(edge, scope)] for edge, scope in _edges(chain, _Scope(indices)))
        return tuple(dict.fromkeys(found))

    def edge_key(self, edge: Partial, scope: _Scope) -> EdgeKey:
        """The edge with its indices numbered by first occurrence, their ranges, and the conditions that it needs."""
        ranges = {i.name: i.range for i in scope.indices}
        letters = [s for s in free_symbols(edge) if s in ranges]
        numbered = {s: Affine.of(f"%{k}") for k, s in enumerate(letters)}
        guards = tuple(g.substitute(numbered) for g in self.local(edge, scope).guards)
        return substitute(edge, numbered), tuple(ranges[s].substitute(numbered) for s in letters), guards

    def local(self, edge: Partial, scope: _Scope) -> _Local:
        """The local derivative in terms of the forward values, under as few conditions of its place as it needs."""
        if (edge, scope) not in self.locals:
            context = (*self.sizes, *domain_of(scope.indices))
            exists = tuple(g for access in (edge.of, edge.wrt) for g in self.in_range(access))
            needed = sets.redundant_dropped([g for g in exists if truth(g) is None], context)
            value = self.derivative(edge, (*context, *needed))
            if scope.guards and has_cases(value):
                needed = scope.guards
                value = self.derivative(edge, (*context, *needed))
            self.locals[edge, scope] = _Local(value, needed)
        return self.locals[edge, scope]

    def in_range(self, access: Access) -> tuple[Guard, ...]:
        """What has to hold for the quantity to exist."""
        axes = self.model.arrays[access.name].axes
        pairs = zip(access.subscripts, axes, strict=True)
        return tuple(g for s, axis in pairs if isinstance(s, Affine) for g in form_in_range(s, axis))

    def derivative(self, edge: Partial, context: tuple[Guard, ...]) -> Expr:
        at = tuple(s for s in edge.wrt.subscripts if isinstance(s, Affine))
        found = forward.derivative(edge_at(self.paths, edge), edge.wrt.name, at, context)
        return self.local_simplifier.simplify(found, context)

    def substituted(self, chain: Expr, indices: tuple[Index, ...]) -> Expr:
        """The chain with every partial replaced by its value, nothing collected yet."""
        return _replace_partials(chain, _Scope(indices), self._partial_value)

    def _partial_value(self, partial: Partial, scope: _Scope) -> Expr:
        if partial.kind is PartialKind.EDGE:
            return self.local(partial, scope).value
        base = partial.wrt.name
        if base in self.naming.named:
            name, sign = self.naming.named[base]
            return multiply((number(sign), Access(name, partial.wrt.subscripts)))
        if base in self.closed:
            indices = self.program.by_target[adjoint_name(base)].indices
            return self._at(indices, self.closed[base].body, partial.wrt)
        return partial

    def facts_cited(self) -> tuple[DisplayFact, ...]:
        """The facts that some closed form took."""
        cited = {label for closed in self.closed.values() for label in closed.because}
        return tuple(f for f in self.facts if f.label in cited)

    def _pattern(self, e: DisplayEquation) -> Pattern | None:
        plain = all(isinstance(s, Affine) and s.as_symbol for s in e.target.subscripts)
        guards, body = e.guards, e.body
        if isinstance(body, Cases) and len(body.branches) == 1:
            guards, body = (*guards, *body.branches[0][0]), body.branches[0][1]
        reads_itself = any(a.name == e.target.name for a in accesses(body))
        if not plain or reads_itself or e.target.name == self.of or not is_recognisable(body):
            return None
        return pattern(e.label, e.indices, guards, body, e.target)


def written_sizes(bodies: dict[str, Expr]) -> dict[str, int | None]:
    """The nodes of each named formula once those that it reads are written out; None where that never ends."""
    reads = {name: [a.name for a in accesses(body) if a.name in bodies] for name, body in bodies.items()}
    sizes: dict[str, int | None] = {}
    for group in components(list(reads), reads):
        for name in group:
            inner = [sizes.get(r) for r in reads[name]]
            endless = len(group) > 1 or name in reads[name] or None in inner
            sizes[name] = None if endless else size_of(bodies[name]) + sum(s for s in inner if s is not None)
    return sizes


def joined(branches: Branches) -> Expr:
    """The branches as one formula."""
    return branches[0][1] if len(branches) == 1 and not branches[0][0] else Cases(branches)


def is_plain(e: Expr) -> bool:
    """Whether the formula is ±1 times one quantity, or a number: not worth a name."""
    coefficient, factors = split_coefficient(e)
    return not factors or (abs(coefficient) == 1 and len(factors) == 1 and isinstance(factors[0], Access))


@dataclass(frozen=True)
class _Scope:
    """The indices and conditions under which a part of a formula stands."""

    indices: tuple[Index, ...]
    guards: tuple[Guard, ...] = ()

    def under(self, binders: tuple[Index, ...], guards: tuple[Guard, ...]) -> _Scope:
        return _Scope((*self.indices, *binders), (*self.guards, *guards))


def _edges(e: Expr, scope: _Scope) -> list[tuple[Partial, _Scope]]:
    """The edges of a chain in reading order, with what is in scope there."""
    match e:
        case Partial(kind):
            return [(e, scope)] if kind is PartialKind.EDGE else []
        case Reduce(_, binders, guards, body):
            return _edges(body, scope.under(binders, guards))
        case Cases(branches):
            return [found for guards, body in branches for found in _edges(body, scope.under((), guards))]
        case _:
            return [found for part in children(e) for found in _edges(part, scope)]


def has_cases(e: Expr) -> bool:
    """Whether the formula depends on conditions outside its sums."""
    return isinstance(e, Cases) or (not isinstance(e, Reduce) and any(has_cases(p) for p in children(e)))


def _replace_partials(e: Expr, scope: _Scope, value: Callable[[Partial, _Scope], Expr]) -> Expr:
    """The formula with each partial replaced by its value, whose own binders are renamed away from those around it."""
    match e:
        case Partial():
            return rename_binders(value(e, scope), tuple(i.name for i in scope.indices))
        case Add(terms):
            return add(_replace_partials(t, scope, value) for t in terms)
        case Mul(factors):
            return multiply(_replace_partials(f, scope, value) for f in factors)
        case Reduce(kind, binders, guards, body, component):
            inside = _replace_partials(body, scope.under(binders, guards), value)
            return Reduce(kind, binders, guards, inside, component)
        case Cases(branches):
            return Cases(tuple((g, _replace_partials(b, scope.under((), g), value)) for g, b in branches))
        case _:
            return e
