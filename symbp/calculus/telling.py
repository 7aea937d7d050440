"""The telling: from the chain rule to each error term and each gradient, one rule a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbp.calculus.adjoints import Adjoints, Closed
from symbp.calculus.affine import Affine, Index
from symbp.calculus.cases import base_first
from symbp.calculus.derivation import ErrorTerm, Gradient, Note, Refusal, Rule, Step
from symbp.calculus.expression import ZERO, Access, Expr, Partial, PartialKind, accesses, multiply, number, walk
from symbp.calculus.indices import canonical
from symbp.calculus.local import LocalDerivatives, Scope, edges_of, replace_partials
from symbp.calculus.local_steps import local_steps
from symbp.calculus.matching import size_of, unordered
from symbp.calculus.model import adjoint_name, step_name, whole_access
from symbp.calculus.naming import told_in_stages
from symbp.calculus.paths import FullChain
from symbp.calculus.telling_order import coupled, telling_order
from symbp.calculus.terms import gathered, polished, short_first
from symbp.calculus.writing import Writing

STEP_LIMIT = 200
"""Nodes up to which a step shows a gradient with its error terms written out."""


class Telling:
    """The steps of one derivation; `order` has the names of error terms and parameters as they are told."""

    def __init__(
        self, adjoints: Adjoints, writing: Writing, local: LocalDerivatives, errors: Sequence[ErrorTerm],
        gradients: Sequence[Gradient],
    ) -> None:
        self.adjoints = adjoints
        self.writing = writing
        self.locals = local
        self.of = adjoints.of
        self.errors = {e.name: e for e in errors}
        self.gradients = {g.parameter: g for g in gradients}
        self._ends = frozenset(adjoints.naming.named)
        needs = {name: self._needs(t.of, [body for _, body in t.branches]) for name, t in self.errors.items()}
        wanted = {name: self._needs(name, [self._shared(g)]) for name, g in self.gradients.items()}
        self.order = telling_order(needs, wanted)
        if told_in_stages(adjoints.model):
            self.order = tuple(sorted(self.order, key=self._first_read, reverse=True))
        self._together = {name: group for group in coupled(needs) for name in group}
        told = [self.errors[name] for name in self.order if name in self.errors]
        self.errors = {
            e.name: replace(e, label=f"E{k}", branches=base_first(e.branches, self._together[e.name]))
            for k, e in enumerate(told, start=1)
        }
        self._standing: list[str] = []
        """The error terms whose values stand so far."""
        self._chains: dict[str, FullChain] = {}
        self._known_chains: dict[str, Expr] = {}

    def steps(self) -> tuple[Step, ...]:
        """All local derivatives, then the lines of each subject in turn."""
        told: list[Step] = list(self._local_steps())
        for subject in self.order:
            if subject in self.errors:
                told.extend(self._error_steps(self.errors[subject]))
                self._standing.append(subject)
            else:
                told.extend(self._gradient_steps(self.gradients[subject]))
        return tuple(told)

    def _local_steps(self) -> Iterator[Step]:
        """Each edge of the chains once: from the last forward equation to the first, else as the chains need them."""
        place = {e.target.name: k for k, e in enumerate(self.adjoints.known.forward)}
        needed = [(edge, scope, subject) for subject in self.order for edge, scope in self._edges(subject)]
        for edge, scope, subject in sorted(needed, key=lambda n: -place[n[0].of.name]):
            label = self.locals.tell(edge, scope)
            if label is not None:
                solved = self._full_chain(*self._start(subject)).solved
                yield from local_steps(self.locals, edge, scope, subject, label, solved)

    def _start(self, subject: str) -> tuple[str, tuple[Index, ...]]:
        """What a subject's chain begins with."""
        error = self.errors.get(subject)
        return (error.of, error.indices) if error is not None else (subject, self.gradients[subject].indices)

    def _edges(self, subject: str) -> list[tuple[Partial, Scope]]:
        """The edges of the chain that a subject's way begins with."""
        if subject not in self.errors and subject in self.adjoints.naming.named:
            return []
        base, indices = self._start(subject)
        return edges_of(self._chain(base, indices), Scope(indices))

    def _full_chain(self, base: str, indices: tuple[Index, ...]) -> FullChain:
        if base not in self._chains:
            self._chains[base] = self.writing.paths.full_chain(base, indices, tuple(self.adjoints.naming.named))
        return self._chains[base]

    def _chain(self, base: str, indices: tuple[Index, ...]) -> Expr:
        if base not in self._known_chains:
            self._known_chains[base] = self.writing.chain(base, indices, tuple(self.adjoints.naming.named))
        return self._known_chains[base]

    def _first_read(self, subject: str) -> int:
        """The first of the forward lines that read a quantity: once it is undone, the derivative is complete."""
        base = self.errors[subject].of if subject in self.errors else subject
        readers = self.writing.paths.readers.get(base, ())
        return min((k for k, e in enumerate(self.adjoints.known.forward) if e.target.name in readers), default=-1)

    def _needs(self, base: str, bodies: Sequence[Expr]) -> tuple[str, ...]:
        """The error terms that stand in some formulas, and those at which the chains from `base` end."""
        named = self.adjoints.naming.named
        ends = (named[e][0] for e in self.writing.paths.ends(base, self._ends) if e in named)
        used = (*self._errors_in(*bodies), *ends)
        return tuple(n for n in dict.fromkeys(used) if n in self.errors)

    def _errors_in(self, *formulas: Expr) -> tuple[str, ...]:
        found = (a.name for e in formulas for a in accesses(e) if a.name in self.adjoints.error_names)
        return tuple(dict.fromkeys(found))

    def _total(self, name: str, indices: tuple[Index, ...]) -> Partial:
        return Partial(PartialKind.TOTAL, Access(self.of), whole_access(indices, name))

    def _error_steps(self, term: ErrorTerm) -> Iterator[Step]:
        """Its definition, the way to it, and its closed form by cases."""
        yield from self._definitions(term.name)
        way = list(self._way(term.name, term.of, term.indices))
        yield from way
        facts = self.adjoints.closed[term.of].because
        if facts:
            collected = list(self._without_facts(way))
            yield from collected
            way.extend(collected)
            facts = self._facts_on(way, self.adjoints.closed[term.of])
        rule = Rule.FACT if facts else Rule.COLLECT
        because = (*self._folded_in(way, *(body for _, body in term.branches)), *facts)
        for guards, body in term.branches:
            own = whole_access(term.indices, term.name)
            notes = self._turned_in(term.of, body)
            yield Step(rule, term.name, term.indices, own, body, because, guards, term.label, notes)

    def _definitions(self, subject: str) -> Iterator[Step]:
        """What an error term is, with its sign; those defined in terms of each other are introduced together."""
        group = self._together[subject]
        for name in group if group[0] == subject else ():
            term = self.errors[name]
            signed = multiply((number(term.sign), self._total(term.of, term.indices)))
            yield Step(Rule.NAME, subject, term.indices, whole_access(term.indices, name), signed)

    def _shared(self, gradient: Gradient) -> Expr:
        shared = gradient.forms["shared"]
        assert not isinstance(shared, Refusal)
        return shared

    def _gradient_steps(self, gradient: Gradient) -> Iterator[Step]:
        """The way to it, tidied, with error terms written out, and the update."""
        name, indices, shared = gradient.parameter, gradient.indices, self._shared(gradient)
        total = self._total(name, indices)
        way = list(self._way(name, name, indices, shared)) if name not in self.adjoints.naming.named else []
        yield from way
        facts = self.adjoints.closed[name].because if name in self.adjoints.closed else ()
        if not way or way[-1].after != shared:
            if facts:
                collected = list(self._without_facts(way))
                yield from collected
                way.extend(collected)
                facts = self._facts_on(way, self.adjoints.closed[name])
            because = (*self._folded_in(way, shared), *self._recognised(shared, way), *facts)
            rule = Rule.FACT if facts else Rule.COLLECT
            yield Step(rule, name, indices, total, shared, because, notes=self._turned_in(name, shared))
        inlined = gradient.forms["inlined"]
        said = {canonical(e) for e in (shared, *(s.after for s in way[-1:]))}
        if not isinstance(inlined, Refusal) and canonical(inlined) not in said and size_of(inlined) <= STEP_LIMIT:
            reasons = (*self.writing.written_out.get(name, ()), *self.writing.because.get(name, ()))
            yield Step(Rule.SUBSTITUTE, name, indices, total, inlined, reasons)
        for form, body in gradient.updates.items():
            if form == "shared" or body != gradient.updates["shared"]:
                yield Step(Rule.UPDATE, name, indices, whole_access(indices, step_name(name)), body)

    def _turned_in(self, base: str, body: Expr) -> tuple[Note, ...]:
        """The reads along whose other side a formula's sums run: D[i−r] K[r] rather than D[p] K[i−p]."""
        found = {_lettered(s) for a in accesses(body) for s in a.subscripts if isinstance(s, Affine)}
        turned = self._chains[base].turned if base in self._chains else ()
        return tuple(note for note in turned if found.issuperset(_lettered(form) for _, form in note.values))

    def _recognised(self, shared: Expr, way: Sequence[Step]) -> tuple[str, ...]:
        """The error terms told so far that a formula has and the line before it, written out, had not."""
        known = self._errors_in(way[-1].after) if way else ()
        return tuple(n for n in self._errors_in(shared) if n not in known and n in self._standing)

    def _way(
        self, subject: str, base: str, indices: tuple[Index, ...], wanted: Expr | None = None
    ) -> Iterator[Step]:
        """Chain rule, the terms that vanish, and the values of what is left put in, in the order of `wanted`."""
        total = self._total(base, indices)
        chain = self._chain(base, indices)
        if chain == ZERO:
            return
        full = self._full_chain(base, indices)
        if told_in_stages(self.adjoints.model):
            yield self._stage(subject, base, total, chain)
        elif full.everything is None:
            yield Step(Rule.CHAIN, subject, indices, total, chain, notes=full.routes)
        else:
            running = tuple(r for r in full.routes if not r.guards and (r.summed or not r.unit))
            gone = tuple(r for r in full.routes if r.fixed or r.guards)
            yield Step(Rule.CHAIN, subject, indices, total, full.everything, notes=running)
            yield Step(Rule.VANISH, subject, indices, total, chain, notes=gone)
        put_in = gathered(replace_partials(chain, Scope(indices), self._partial_value))
        if wanted is not None and unordered(put_in) == unordered(wanted):
            put_in = wanted
        because = (*self.locals.labels_of(chain, indices), *self._values_put_in(chain))
        yield Step(Rule.SUBSTITUTE, subject, indices, total, put_in, because)

    def _without_facts(self, way: Sequence[Step]) -> Iterator[Step]:
        """The last line of a way collected, so that the line after it shows what a fact is used on."""
        for last in way[-1:]:
            known = self.adjoints.known
            body = short_first(polished(known.without_facts().simplify(last.after, known.context(last.indices))))
            if canonical(body) != canonical(last.after) and size_of(body) <= STEP_LIMIT:
                yield Step(Rule.COLLECT, last.subject, last.indices, last.before, body, self._folded_in(way, body))

    def _folded_in(self, way: Sequence[Step], *bodies: Expr) -> tuple[str, ...]:
        """The forward equations that tidying the last line of a way takes, and that give the result a name."""
        known = self.adjoints.known
        simplifier = known.without_facts()
        for last in way[-1:]:
            simplifier.simplify(last.after, known.context(last.indices))
        names = {a.name for body in bodies for a in accesses(body)}
        return tuple(e.label for e in known.forward if e.label in simplifier.folded and e.target.name in names)

    def _facts_on(self, way: Sequence[Step], closed: Closed) -> tuple[str, ...]:
        """The facts that lead from the last line of a way to the closed form: those that tidying this line takes."""
        if not way:
            return closed.because
        known = self.adjoints.known
        simplifier = known.simplifier(frozenset(self.adjoints.error_names))
        tidy = simplifier.simplify(way[-1].after, known.context(way[-1].indices))
        return tuple(simplifier.cited) if unordered(tidy) == unordered(closed.body) else closed.because

    def _stage(self, subject: str, base: str, total: Partial, chain: Expr) -> Step:
        """One step back through the lines that read `base`; where several do, their contributions are added."""
        readers = self.writing.paths.readers[base]
        because = tuple(e.label for e in self.adjoints.known.forward if e.target.name in readers)
        return Step(Rule.BRANCH if len(readers) > 1 else Rule.CHAIN, subject, (), total, chain, because)

    def _values_put_in(self, chain: Expr) -> tuple[str, ...]:
        """The error terms told so far that stand in the chain as derivatives."""
        named = self.adjoints.naming.named
        totals = (p.wrt.name for p in walk(chain) if isinstance(p, Partial) and p.kind is PartialKind.TOTAL)
        names = dict.fromkeys(named[base][0] for base in totals if base in named)
        return tuple(n for n in names if n in self._standing)

    def _partial_value(self, partial: Partial, scope: Scope) -> Expr:
        if partial.kind is PartialKind.EDGE:
            return self.locals.local(partial, scope).value
        base = partial.wrt.name
        if base in self.adjoints.naming.named:
            name, sign = self.adjoints.naming.named[base]
            return multiply((number(sign), Access(name, partial.wrt.subscripts)))
        if base in self.adjoints.closed:
            indices = self.adjoints.program.by_target[adjoint_name(base)].indices
            return self.adjoints.at(indices, self.adjoints.closed[base].body, partial.wrt)
        return partial


def _lettered(form: Affine) -> Affine:
    """The form in the author's letters: j for j#2."""
    return form.substitute({s: Affine.of(s.partition("#")[0]) for s in form.symbols if "#" in s})
