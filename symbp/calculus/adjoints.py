"""Adjoints in closed form, and the error terms among them: each named once, for what two or more formulas use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.cases import Branches, compares_single_indices, lifted_cases, one_formula
from symbp.calculus.derivation import ErrorTerm
from symbp.calculus.expression import Access, Cases, Expr, accesses, multiply, number, split_coefficient, walk
from symbp.calculus.graph import components
from symbp.calculus.indices import replace_accesses, substitute
from symbp.calculus.knowledge import Knowledge
from symbp.calculus.likeness import Look, Numbers, Reach, Unlike, renamed, without_lookups
from symbp.calculus.matching import has_sum, size_of
from symbp.calculus.model import Model, adjoint_base, adjoint_name
from symbp.calculus.naming import Naming, adjoint_body, beneficiaries
from symbp.calculus.node import node
from symbp.calculus.simplify import Simplifier
from symbp.calculus.terms import polished, signed

REPEAT_LIMIT = 24
"""Nodes up to which an adjoint without a sum is written out again rather than named."""

GROWTH_LIMIT = 120
"""Nodes beyond which a closed form gets a name even if one formula alone reads it, so that no formula grows on."""

CASE_LIMIT = 3
"""Cases that an error term is split into; beyond it, each term keeps its own condition."""


@node
class Closed:
    """A tidied formula and the labels of the facts that it took."""

    body: Expr
    because: tuple[str, ...]
    size: int
    """Nodes of the tree."""
    sums: bool
    """Whether a reduction stands in it."""


@dataclass(frozen=True)
class _Tidied:
    """What came of a formula that looked so, and the labels that it might have cited."""

    closed: Closed
    look: Look
    labels: tuple[str, ...]

    def under(self, look: Look, labels: Sequence[str]) -> Closed:
        """What comes of the same formula under other names."""
        cited = dict(zip(self.labels, labels, strict=True))
        body = renamed(self.closed.body, self.look.renaming(look))
        because = tuple([cited[label] for label in self.closed.because])
        return Closed(body, because, self.closed.size, self.closed.sums)


class Adjoints:
    """Every adjoint that the gradients by `wrt` need, in terms of forward values and error terms."""

    def __init__(self, known: Knowledge, program: Model, naming: Naming, wrt: Sequence[str]) -> None:
        self.known = known
        self.model = known.model
        self.program = program
        self.naming = naming
        self.of = known.of
        self.wrt = frozenset(wrt)
        self.live = naming.live
        self._reach = Reach((*known.definitions, *known.fact_patterns), known.fact_patterns)
        self._tidied: dict[Hashable, _Tidied] = {}
        self.closed: dict[str, Closed] = {}
        self.error_names = {name for name, _ in naming.named.values()}
        self.nameless: set[str] = set()
        self._simplifier: Simplifier | None = None
        self.resolve_all()
        self.bases = {name: base for base, (name, _) in naming.named.items() if base in self.closed}

    def name_error(self, base: str) -> None:
        self.naming.named[base] = (adjoint_name(base), 1)
        self.error_names.add(adjoint_name(base))
        self._simplifier = None

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
            self._simplifier = None

    def resolved_reads(self, base: str) -> tuple[str, ...]:
        """The bases whose adjoints the adjoint of `base` is written in terms of."""
        stand_in = self.naming.stand_in
        reads = self.live[self.naming.owners.get(base, (base, 1))[0]] if base not in stand_in else ()
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
        try:
            look, labels = self._look_of_adjoint(base)
        except Unlike:
            tidied = self._resolved(base)
        else:
            tidied = self._alike(look, labels, lambda: self._resolved(base))
        written = [r for r in self.resolved_reads(base) if r in self.closed and r not in self.naming.named]
        inherited = (label for r in written for label in self.closed[r].because)
        because = tuple(dict.fromkeys((*tidied.because, *inherited)))
        self.closed[base] = tidied if because == tidied.because else replace(tidied, because=because)

    def _resolved(self, base: str) -> Closed:
        equation, body = adjoint_body(self.program, self.naming, base)
        return self._tidy(self.in_names(body), equation.indices, ())

    def _look_of_adjoint(self, base: str) -> tuple[Look, tuple[str, ...]]:
        """All that the closed form of ∂base depends on but for names, and the labels that it may cite."""
        owner, sign = self.naming.owners.get(base, (base, 1))
        equation = self.program.by_target[adjoint_name(owner)]
        numbers = Numbers()
        said = numbers.equation(equation)
        values = [self._look_of_value(name, numbers) for name in tuple(numbers)]
        folded = [self.known.folding.bodies.get(name) for name in tuple(numbers)]
        bodies = [known and (known[0], numbers.spelled(known[1])) for known in folded]
        indices = self.program.by_target[adjoint_name(base)].indices
        return self._with_patterns((said, sign, indices, *values, *bodies), numbers)

    def _look_of_value(self, name: str, numbers: Numbers) -> Hashable:
        """How `_adjoint_value` writes an adjoint; None for what isn't one, or has no value yet."""
        base, sign = adjoint_base(name), 1
        if base is None:
            return None
        if base in self.naming.stand_in:
            base, sign = self.naming.stand_in[base]
        if base == self.of:
            return sign
        if base in self.naming.named:
            error, own = self.naming.named[base]
            return sign * own, numbers[error]
        closed = self.closed.get(base)
        if closed is None:
            return None
        return sign, self.program.by_target[adjoint_name(base)].indices, numbers.spelled(closed.body)

    def name_what_is_shared(self, base: str) -> None:
        """A name for the adjoint; where it is a generated node's, rather for the author's quantities that it reads."""
        if self.program.by_target[base].inline:
            above = [r for r in self.live[base] if r in self.closed and not self.program.by_target[r].inline]
            sums = [r for r in dict.fromkeys(above) if r not in self.naming.named and self.closed[r].sums]
            if self.nameless.intersection(sums):
                return
            for reader in sums:
                self.name_error(reader)
            self.resolve(base)
        if self._outgrows(base) or (not self.program.by_target[base].inline and self._is_worth_a_name(base)):
            self.name_error(base)

    def _is_worth_a_name(self, base: str) -> bool:
        """Whether two or more others use the adjoint, and writing it out in each would hide or repeat work."""
        closed = self.closed[base]
        if base in self.model.by_target and self._outgrows(base):
            return True
        if len(self.naming.readers.get(base, ())) < 2 or base in self.nameless or is_plain(closed.body):
            return False
        forward = self.program.by_target[base]
        several = len(beneficiaries(self.program, self.naming, base)) > 1
        long = closed.size > REPEAT_LIMIT or closed.sums
        return long or (several and not forward.inline)

    def _outgrows(self, base: str) -> bool:
        """Whether the closed form is so long that what reads it must not repeat it."""
        return self.closed[base].size > GROWTH_LIMIT

    def in_names(self, body: Expr) -> Expr:
        """Adjoints in a formula as signed error terms where they have a name, else written out."""
        return self.known.folding.fold(replace_accesses(body, self._adjoint_value))

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
        return multiply((number(sign), self.at(indices, self.closed[base].body, access)))

    def at(self, indices: tuple[Index, ...], body: Expr, access: Access) -> Expr:
        values = {}
        for i, s in zip(indices, access.subscripts, strict=True):
            assert isinstance(s, Affine)
            if s.as_symbol != i.name:
                values[i.name] = s
        return substitute(body, values)

    def simplifier(self) -> Simplifier:
        """One for as long as the error terms' names stay, so that what it knows serves again."""
        if self._simplifier is None:
            self._simplifier = self.known.simplifier(frozenset(self.error_names))
        return self._simplifier

    def tidy(self, e: Expr, indices: tuple[Index, ...], guards: Sequence[Guard] = ()) -> Closed:
        """The formula tidied for all values of the indices under the guards."""
        try:
            without_lookups(guards)
            numbers = Numbers()
            look, labels = self._with_patterns((numbers.spelled(e), indices, tuple(guards)), numbers)
        except Unlike:
            return self._tidy(e, indices, guards)
        return self._alike(look, labels, lambda: self._tidy(e, indices, guards))

    def _alike(self, look: Look, labels: tuple[str, ...], work: Callable[[], Closed]) -> Closed:
        """What comes of the work, read off what came of work that was like it."""
        known = self._tidied.get(look.spelling)
        if known is None:
            closed = work()
            if {a.name for a in accesses(closed.body)} <= set(look.names) and set(closed.because) <= set(labels):
                self._tidied[look.spelling] = _Tidied(closed, look, labels)
            return closed
        return known.under(look, labels)

    def _tidy(self, e: Expr, indices: tuple[Index, ...], guards: Sequence[Guard]) -> Closed:
        simplifier = self.simplifier()
        simplifier.cited = {}
        body = simplifier.simplify(e, self.known.context(indices, guards))
        return Closed(body, tuple(simplifier.cited), size_of(body), has_sum(body))

    def _with_patterns(self, said: Hashable, numbers: Numbers) -> tuple[Look, tuple[str, ...]]:
        """All that tidying depends on but for names, and the labels that it may cite. Raises Unlike."""
        patterns, labels = self._reach.spelled(numbers)
        known = self.known
        marks = tuple([(n in known.targets, n in known.weights, n in self.error_names) for n in numbers])
        return Look((said, patterns, marks), tuple(numbers)), labels

    def by_cases(self, base: str) -> Branches:
        """sign · ∂base, by cases."""
        indices = self.program.by_target[adjoint_name(base)].indices
        sign = self.naming.named[base][1] if base in self.naming.named else 1
        branches = self.split(self.closed[base].body, indices)
        return tuple((guards, signed(sign, body)) for guards, body in branches)

    def split(self, e: Expr, indices: tuple[Index, ...], given: tuple[Guard, ...] = ()) -> Branches:
        """A formula by cases, where these are few; `given` holds besides what is known."""
        if not any(isinstance(n, Cases) for n in walk(e)):
            return (((), polished(e)),)
        context = self.known.context(indices, given)
        branches = lifted_cases(e, context) if compares_single_indices(e, {i.name for i in indices}) else (((), e),)
        if len(branches) > CASE_LIMIT or branches == (((), e),):
            return (((), polished(e)),)
        tidied = tuple((guards, self.tidy(body, indices, guards).body) for guards, body in branches)
        return tuple((guards, polished(body)) for guards, body in one_formula(tidied))

    def error_terms(self) -> tuple[ErrorTerm, ...]:
        """The named adjoints, in sweep order."""
        terms: list[ErrorTerm] = []
        for base in self.live:
            if base in self.naming.named and base != self.of:
                name, sign = self.naming.named[base]
                indices = self.program.by_target[adjoint_name(base)].indices
                terms.append(ErrorTerm(name, base, sign, indices, self.by_cases(base)))
        return tuple(terms)

    def error_value(self, access: Access) -> Expr | None:
        """The closed form of an error term at its subscripts; None for any other name."""
        base = self.bases.get(access.name)
        if base is None:
            return None
        indices = self.program.by_target[adjoint_name(base)].indices
        whole = signed(self.naming.named[base][1], self.closed[base].body)
        return self.at(indices, whole, access)


def joined(branches: Branches) -> Expr:
    """The branches as one formula."""
    return branches[0][1] if len(branches) == 1 and not branches[0][0] else Cases(branches)


def is_plain(e: Expr) -> bool:
    """Whether the formula is a number times one quantity at most: not worth a name."""
    _, factors = split_coefficient(e)
    return not factors or (len(factors) == 1 and isinstance(factors[0], Access))
