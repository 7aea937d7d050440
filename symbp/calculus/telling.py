"""The telling: from the chain rule to each error term and each gradient, one rule a step."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.adjoints import Adjoints
from symbp.calculus.affine import Index
from symbp.calculus.derivation import ErrorTerm, Gradient, Refusal, Rule, Step
from symbp.calculus.expression import ZERO, Access, Expr, Partial, PartialKind, accesses, multiply, number
from symbp.calculus.local import LocalDerivatives, Scope, edges_of, replace_partials
from symbp.calculus.matching import size_of
from symbp.calculus.model import adjoint_name, step_name, whole_access
from symbp.calculus.writing import Writing

STEP_LIMIT = 200
"""Nodes up to which a step shows a gradient with its error terms written out."""


class Telling:
    """The steps of one derivation."""

    def __init__(self, adjoints: Adjoints, writing: Writing, local: LocalDerivatives) -> None:
        self.adjoints = adjoints
        self.writing = writing
        self.locals = local
        self.of = adjoints.of

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
                because = self.adjoints.closed[term.of].because
                rule = Rule.FACT if because else Rule.COLLECT
                steps.append(Step(rule, term.name, term.indices, name, body, because, guards, term.label))
        return steps

    def gradient_steps(self, gradient: Gradient) -> list[Step]:
        name, indices = gradient.parameter, gradient.indices
        shared = gradient.forms["shared"]
        assert not isinstance(shared, Refusal)
        total = Partial(PartialKind.TOTAL, Access(self.of), whole_access(indices, name))
        steps = self._way(name, name, indices, total) if name not in self.adjoints.naming.named else []
        because = self.adjoints.closed[name].because if name in self.adjoints.closed else ()
        if not steps or steps[-1].after != shared:
            rule = Rule.FACT if because else Rule.COLLECT
            steps.append(Step(rule, name, indices, total, shared, because))
        inlined = gradient.forms["inlined"]
        if not isinstance(inlined, Refusal) and inlined != shared and size_of(inlined) <= STEP_LIMIT:
            reasons = (*self._labels_of_errors(shared), *self.writing.because.get(name, ()))
            steps.append(Step(Rule.SUBSTITUTE, name, indices, total, inlined, reasons))
        for form, body in gradient.updates.items():
            if form == "shared" or body != gradient.updates["shared"]:
                steps.append(Step(Rule.UPDATE, name, indices, whole_access(indices, step_name(name)), body))
        return steps

    def _labels_of_errors(self, e: Expr) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a.name for a in accesses(e) if a.name in self.adjoints.error_names))

    def _way(self, subject: str, base: str, indices: tuple[Index, ...], total: Expr) -> list[Step]:
        """Chain rule, the local derivatives that are new, and their values put in."""
        chain = self.writing.chain(base, indices, tuple(self.adjoints.naming.named))
        if chain == ZERO:
            return []
        steps = [Step(Rule.CHAIN, subject, indices, total, chain)]
        for edge, scope in edges_of(chain, Scope(indices)):
            label = self.locals.tell(edge, scope)
            if label is not None:
                because = tuple(e.label for e in self.adjoints.known.forward if e.target.name == edge.of.name)
                local = self.locals.local(edge, scope)
                steps.append(Step(Rule.LOCAL, subject, scope.indices, edge, local.value, because, local.guards, label))
        put_in = self.substituted(chain, indices)
        steps.append(Step(Rule.SUBSTITUTE, subject, indices, total, put_in, self.locals.labels_of(chain, indices)))
        return steps

    def substituted(self, chain: Expr, indices: tuple[Index, ...]) -> Expr:
        """The chain with every partial replaced by its value, nothing collected yet."""
        return replace_partials(chain, Scope(indices), self._partial_value)

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
