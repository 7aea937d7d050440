"""The ways to write one gradient: the chain, with error terms, with error terms written out, and in full."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.adjoints import CASE_LIMIT, REPEAT_LIMIT, Adjoints, joined
from symbp.calculus.affine import Affine, Index
from symbp.calculus.cases import lifted_cases
from symbp.calculus.derivation import FormName, Forms, Gradient, Refusal, Updates
from symbp.calculus.expand import OPERATIONS_LIMIT, expanded
from symbp.calculus.expression import (
    Access,
    Cases,
    Expr,
    Mul,
    accesses,
    children,
    multiply,
    negate,
    number,
    with_children,
)
from symbp.calculus.folding import domain_of
from symbp.calculus.graph import components
from symbp.calculus.indices import replace_accesses
from symbp.calculus.matching import size_of
from symbp.calculus.model import adjoint_name, whole_access
from symbp.calculus.operations import DEPTH_LIMIT, depth_of
from symbp.calculus.paths import Paths
from symbp.calculus.terms import polished

WRITTEN_LIMIT, WRITTEN_TOGETHER = 1_000, 20_000
"""Nodes beyond which one inlined form, and all of a derivation's together, are counted and not written out."""

EXPANDED_TOGETHER = 30_000
"""Operations of all expanded forms of a derivation together, shared out evenly."""

CHAIN_LIMIT = 16
"""Edges of a path beyond which its product of partials is not written out."""

BOOK_FORMS: tuple[FormName, ...] = ("shared", "inlined")
"""The forms in which updates are given."""


class Writing:
    """The forms of each gradient of one derivation."""

    def __init__(self, adjoints: Adjoints, paths: Paths) -> None:
        self.adjoints = adjoints
        self.known = adjoints.known
        self.model = adjoints.model
        self.of = adjoints.of
        self.paths = paths
        self.written_limit = min(WRITTEN_LIMIT, max(WRITTEN_TOGETHER // len(adjoints.wrt), REPEAT_LIMIT))
        self.expanded_limit = min(OPERATIONS_LIMIT, EXPANDED_TOGETHER // len(adjoints.wrt))
        self.because: dict[str, tuple[str, ...]] = {}
        """The facts that each parameter's inlined form takes."""
        self.written_out: dict[str, tuple[str, ...]] = {}
        """The error terms whose values each parameter's inlined form has."""
        self._sizes: dict[str, int | None] = {}

    def gradient(self, name: str) -> Gradient:
        indices = self.adjoints.program.by_target[adjoint_name(name)].indices
        shared = self._shared(name)
        forms = Forms({
            "chain": lambda: self.full_chain(name, indices),
            "shared": lambda: shared,
            "inlined": lambda: self.inlined(name, shared, indices),
            "expanded": lambda: self.expanded(name, indices),
        })
        return Gradient(name, indices, forms, updates=Updates(lambda: self.updates(name, forms, indices)))

    def updates(self, name: str, forms: Forms, indices: tuple[Index, ...]) -> dict[FormName, Expr]:
        """Δ = −rate · gradient, for what isn't computed from something else."""
        if self.model.rate is None or name in self.model.by_target:
            return {}
        rate = negate(Access(self.model.rate))
        written: dict[FormName, Expr] = {}
        for form in BOOK_FORMS:
            value = forms[form]
            if not isinstance(value, Refusal):
                branches = value.branches if isinstance(value, Cases) else (((), value),)
                written[form] = joined(
                    tuple((g, self.adjoints.tidy(multiply((rate, body)), indices, g).body) for g, body in branches)
                )
        return written

    def _shared(self, name: str) -> Expr:
        if name in self.adjoints.naming.named:
            own, sign = self.adjoints.naming.named[name]
            indices = self.adjoints.program.by_target[adjoint_name(name)].indices
            return multiply((number(sign), whole_access(indices, own)))
        if name == self.of:
            return number(1)
        return joined(self.adjoints.by_cases(name))

    def chain(self, name: str, indices: tuple[Index, ...], stop: Sequence[str]) -> Expr:
        at = tuple(Affine.of(i.name) for i in indices)
        return self.paths.chain(name, at, stop, domain_of(indices))

    def full_chain(self, name: str, indices: tuple[Index, ...]) -> Expr | Refusal:
        """One partial for each edge, all the way to the loss, or to an error term that is defined by recursion."""
        if name == self.of:
            return number(1)
        stop = [n for n in self.adjoints.naming.named if n in self.paths.recurrent]
        edges = self.paths.longest(name, stop)
        if edges > CHAIN_LIMIT:
            return Refusal(f"too long to write out: a path has {edges} edges")
        return self.chain(name, indices, stop)

    def inlined(self, name: str, shared: Expr, indices: tuple[Index, ...]) -> Expr | Refusal:
        """Error terms written out, forward values kept; `because` has the facts that this takes."""
        self.written_out[name] = self._errors_behind(shared)
        magnitude = self._written_size(shared)
        if isinstance(magnitude, Refusal):
            return self.inlined_at_sizes(shared, indices) or magnitude
        body = shared
        while any(a.name in self.adjoints.bases for a in accesses(body)):
            body = replace_accesses(self._errors_first(body), self.adjoints.error_value)
        closed = self.adjoints.tidy(body, indices)
        self.because[name] = closed.because
        return polished(closed.body)

    def _errors_in(self, e: Expr) -> list[str]:
        return [a.name for a in accesses(e) if a.name in self.adjoints.bases]

    def _errors_behind(self, e: Expr) -> tuple[str, ...]:
        """The error terms in a formula, and those in their closed forms, and so on."""
        found: dict[str, None] = {}
        waiting = self._errors_in(e)
        while waiting:
            error = waiting.pop(0)
            if error not in found:
                found[error] = None
                waiting.extend(self._errors_in(self.adjoints.closed[self.adjoints.bases[error]].body))
        return tuple(found)

    def inlined_at_sizes(self, shared: Expr, indices: tuple[Index, ...]) -> Expr | None:
        """A recursion written out at the given sizes until no step is left; None where it doesn't end."""
        known = self.known.given_steps()
        body = shared
        for _ in range(sum(-g.form.constant for g in known) + 1):
            body = replace_accesses(self._errors_first(body), self.adjoints.error_value)
            body = self.adjoints.tidy(body, indices, known).body
            if not any(a.name in self.adjoints.bases for a in accesses(body)):
                return joined(self.adjoints.split(body, indices, known))
            if size_of(body) > self.written_limit or depth_of(body) > DEPTH_LIMIT:
                return None
        return None

    def _written_size(self, e: Expr) -> int | Refusal:
        """The nodes of a formula once its error terms are written out, counted without doing so."""
        total = size_of(e)
        for access in accesses(e):
            if access.name in self.adjoints.bases:
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
            self._sizes.update(written_sizes({n: self.adjoints.closed[b].body for n, b in self.adjoints.bases.items()}))
        known = self._sizes[name]
        if known is None:
            return Refusal(
                f"the error term of {self.adjoints.bases[name]} follows a recurrence, which ends where its length is a "
                "given number (as with --set)"
            )
        return known

    def _errors_first(self, e: Expr) -> Expr:
        """Error terms in front of the other factors: the order of the chain."""
        parts = tuple(self._errors_first(p) for p in children(e))
        if isinstance(e, Mul):
            names = self.adjoints.error_names
            return multiply(sorted(parts, key=lambda f: not (isinstance(f, Access) and f.name in names)))
        return with_children(e, parts) if parts else e

    def expanded(self, name: str, indices: tuple[Index, ...]) -> Expr | Refusal:
        found = expanded(self.model, self.of, name, indices, limit=self.expanded_limit)
        if isinstance(found, Refusal) or size_of(found) > WRITTEN_LIMIT:
            return found
        context = self.known.context(indices, self.known.given_steps())
        tidy = self.known.without_definitions()
        branches = lifted_cases(tidy.simplify(found, context), context)
        if len(branches) > CASE_LIMIT:
            branches = (((), found),)
        return polished(joined(tuple((g, tidy.simplify(body, (*context, *g))) for g, body in branches)))


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
