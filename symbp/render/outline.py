"""Derivation → blocks: results first, then the forward equations, the error terms, and the way to each gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from symbp.calculus.affine import Index
from symbp.calculus.derivation import (
    Condition,
    Derivation,
    DisplayEquation,
    DisplayFact,
    ErrorTerm,
    FormName,
    Gradient,
    Refusal,
    Rule,
    Step,
)
from symbp.calculus.expression import Access, Cases, Expr, Partial, PartialKind, multiply, number
from symbp.calculus.model import step_name, whole_access
from symbp.render.blocks import (
    Block,
    Citation,
    Comparison,
    Display,
    Extent,
    Formula,
    Heading,
    Inline,
    Items,
    Paragraph,
    Quoted,
    Row,
)
from symbp.render.printer import Vocabulary

BOOK_FORMS: tuple[FormName, ...] = ("shared", "inlined")
"""What results are shown in where nobody asks for a form."""

FORM_WORDS: dict[FormName, str] = {
    "chain": "one partial derivative for each edge, summed over all paths",
    "shared": "with error terms",
    "inlined": "with the error terms written out",
    "expanded": "in inputs and parameters only",
}

RULE_WORDS: dict[Rule, str] = {
    Rule.DEFINITION: "By definition",
    Rule.CHAIN: "By the chain rule",
    Rule.BRANCH: "The contributions of all branches add up",
    Rule.VANISH: "The other terms don't depend on it",
    Rule.LOCAL: "Locally",
    Rule.SUBSTITUTE: "Substituting",
    Rule.NAME: "Definition",
    Rule.COLLECT: "Collecting",
    Rule.FACT: "Using an assumption and collecting",
    Rule.UPDATE: "Hence the update",
}

UNVERIFIED = "Unverified: these formulas have not been checked."
VERIFIED = "Verified: every form and every step was checked against the forward equations."


def verification_line(verified: bool | str | None) -> str:
    """What the document says about its own proof."""
    if isinstance(verified, str):
        return verified
    return VERIFIED if verified else UNVERIFIED


@dataclass(frozen=True)
class _Shown:
    """A form of a gradient that is written out, under its name."""

    form: FormName
    body: Expr


class Outline:
    """One derivation's blocks; `forms` restricts the results to these ways of writing them."""

    def __init__(self, derivation: Derivation, forms: tuple[FormName, ...] = ()) -> None:
        self.derivation = derivation
        self.model = derivation.model
        self.asked = forms
        self.vocabulary = Vocabulary.of(derivation.model, derivation.program)
        self.errors = {e.name: e for e in derivation.errors}

    def document(self, verified: bool | str | None) -> Iterator[Block]:
        """The whole of it."""
        loss = self._formula((), Access(self.derivation.of))
        yield Heading(("Gradients of ", loss))
        yield Paragraph((Quoted(verification_line(verified)),))
        yield from self.results()
        yield Heading(("Derivation of the gradients",))
        yield from self.forward()
        yield from self.error_terms()
        for gradient in self.derivation.gradients.values():
            yield from self.way_to(gradient)
        yield from self.ground()

    # Results

    def results(self) -> Iterator[Block]:
        """Each gradient in the forms asked for, its update boxed (the gradient itself where there is no update)."""
        for gradient in self.derivation.gradients.values():
            yield from self.result(gradient)

    def result_displays(self) -> Iterator[Display]:
        """The displays among the results."""
        return (block for block in self.results() if isinstance(block, Display))

    def result(self, gradient: Gradient) -> Iterator[Block]:
        shown, refused = self._shown(gradient)
        extents = self._unusual(gradient.indices)
        if shown:
            rows = self._rows(gradient.indices, self.partial(gradient), [s.body for s in shown])
            yield Display(rows, "", boxed=not gradient.updates, extents=extents)
        updates = [gradient.updates[f] for f in self._update_forms(gradient)]
        if updates:
            target = whole_access(gradient.indices, step_name(gradient.parameter))
            yield Display(self._rows(gradient.indices, target, updates), "", boxed=True, extents=extents)
        for form, refusal in refused:
            yield Paragraph((f"Not written out {FORM_WORDS[form]}: ", Quoted(refusal.reason), "."))

    def partial(self, gradient: Gradient) -> Partial:
        """∂of/∂parameter[I]."""
        wrt = whole_access(gradient.indices, gradient.parameter)
        return Partial(PartialKind.TOTAL, Access(self.derivation.of), wrt)

    def _shown(self, gradient: Gradient) -> tuple[list[_Shown], list[tuple[FormName, Refusal]]]:
        shown: list[_Shown] = []
        refused: list[tuple[FormName, Refusal]] = []
        for form in self.asked or BOOK_FORMS:
            found = gradient.forms.get(form)
            if isinstance(found, Refusal):
                refused.append((form, found))
            elif found is not None and all(found != s.body for s in shown):
                shown.append(_Shown(form, found))
        return shown, refused if self.asked else []

    def _update_forms(self, gradient: Gradient) -> list[FormName]:
        """The updates to show, the same formula once."""
        wanted = [f for f in (self.asked or BOOK_FORMS) if f in gradient.updates]
        wanted = wanted or [f for f in BOOK_FORMS if f in gradient.updates][:1]
        kept: list[FormName] = []
        for form in wanted:
            if all(gradient.updates[form] != gradient.updates[k] for k in kept):
                kept.append(form)
        return kept

    # The derivation

    def forward(self) -> Iterator[Block]:
        yield Heading(("Forward equations",), 2)
        letters = tuple(Index(name, within) for name, within in self.model.index_ranges.items())
        if letters:
            yield Paragraph(("With ", *_listed([Extent(i, self.vocabulary.display((i,))) for i in letters]), ":"))
        for equation in self.derivation.forward:
            yield self.equation(equation)

    def equation(self, equation: DisplayEquation) -> Display:
        """One line of the forward pass."""
        rows = self._rows(equation.indices, equation.target, [equation.body], covering=True)
        return Display(rows, equation.label, guards=equation.guards, extents=self._unusual(equation.indices))

    def display(
        self, indices: tuple[Index, ...], left: Expr, right: Expr, label: str = "", covering: bool = False,
    ) -> Display:
        """left = right."""
        return Display(self._rows(indices, left, [right], covering=covering), label)

    def error_terms(self) -> Iterator[Block]:
        for error in self.derivation.errors:
            target = whole_access(error.indices, error.name)
            yield Heading(("The error term ", self._formula(error.indices, target)), 2)
            told = [s for s in self.derivation.steps if s.subject == error.name]
            yield from self.told(told) if told else self.error_in_short(error, target)

    def error_in_short(self, error: ErrorTerm, target: Access) -> Iterator[Block]:
        """Its definition, and its closed form as one display."""
        total = Partial(PartialKind.TOTAL, Access(self.derivation.of), whole_access(error.indices, error.of))
        signed = multiply((number(error.sign), total))
        yield Display(self._rows(error.indices, target, [signed], defines=True))
        yield Display(self._rows(error.indices, target, [branches_body(error)], covering=True), error.label)

    def way_to(self, gradient: Gradient) -> Iterator[Block]:
        parameter = whole_access(gradient.indices, gradient.parameter)
        told = [s for s in self.derivation.steps if s.subject == gradient.parameter]
        if told and gradient.parameter not in self.errors:
            yield Heading(("The gradient by ", self._formula(gradient.indices, parameter)), 2)
            yield from self.told(told)

    def told(self, steps: Sequence[Step]) -> Iterator[Block]:
        """Steps in order; neighbours of one rule and one left side that say the same share a sentence."""
        for _, group in groupby(steps, key=lambda s: (s.rule, s.because if s.rule is not Rule.LOCAL else ())):
            members = list(group)
            yield Paragraph(self._reason(members[0]))
            for step in members:
                yield self.step(step)

    def step(self, step: Step) -> Display:
        rows = self._rows(step.indices, step.before, [step.after], defines=step.rule is Rule.NAME)
        source = tuple(label for label in step.because if label) if step.rule is Rule.LOCAL else ()
        extents = self._unusual(step.indices)
        return Display(rows, step.label, guards=step.guards, extents=extents, source=source)

    def _reason(self, step: Step) -> tuple[Inline, ...]:
        cited: list[Inline] = [c for label in step.because if label for c in self._cited(label)]
        words = RULE_WORDS[step.rule]
        if step.rule is Rule.LOCAL:
            words = "Local derivatives, each from one forward equation"
            cited = []
        if not cited:
            return (words + ":",)
        joiner = " " if step.rule is Rule.SUBSTITUTE else ", by "
        return (words + joiner, *_listed(cited), ":")

    def _cited(self, label: str) -> Iterator[Inline]:
        """A reason is the number of an equation or a fact, or the name of an error term."""
        error = self.errors.get(label)
        if error is None:
            yield Citation(label)
        elif error.label:
            yield Citation(error.label)
        else:
            yield self._formula(error.indices, whole_access(error.indices, error.name))

    # What it stands on

    def ground(self) -> Iterator[Block]:
        facts = tuple(self.fact(f) for f in self.derivation.facts)
        if facts:
            yield Heading(("Facts used",), 2)
            yield Items(facts)
        conditions = self.conditions()
        if conditions:
            yield Heading(("Where the formulas hold",), 2)
            yield Items(conditions)
        if self.derivation.warnings:
            yield Heading(("Warnings",), 2)
            yield Items(tuple((Quoted(w),) for w in self.derivation.warnings))

    def fact(self, fact: DisplayFact) -> tuple[Inline, ...]:
        parts = [fact.left, *([fact.right] if fact.right is not None else [])]
        context = self.vocabulary.display(fact.indices, *parts)
        right = Formula(fact.right, context) if fact.right is not None else None
        members = tuple(Formula(number(m), context) for m in fact.members)
        says: list[Inline] = [Citation(fact.label), " "] if fact.label else []
        says.append(Comparison(Formula(fact.left, context), fact.relation, right, members))
        if fact.follows_from:
            return (*says, ", from ", Citation(fact.follows_from), ".")
        return (*says, ", assumed.")

    def conditions(self) -> tuple[tuple[Inline, ...], ...]:
        """What is said at kinks and at the edges of domains, each once."""
        return tuple(dict.fromkeys(self._condition(c) for c in self.derivation.conditions))

    def _condition(self, condition: Condition) -> tuple[Inline, ...]:
        context = self.vocabulary.display(condition.indices, condition.left, condition.right)
        holds = Comparison(
            Formula(condition.left, context), condition.relation, Formula(condition.right, context)
        )
        place: tuple[Inline, ...] = ("In ", Citation(condition.label), ": ") if condition.label else ()
        if condition.kind == "domain":
            return (*place, holds, " is needed.")
        if condition.left == condition.right:
            return (*place, Quoted(condition.says), ".")
        return (*place, "there is no derivative at ", holds, "; ", Quoted(condition.says), ".")

    # Formulas

    def _formula(self, indices: tuple[Index, ...], e: Expr) -> Formula:
        return Formula(e, self.vocabulary.display(indices, e))

    def _rows(
        self, indices: tuple[Index, ...], left: Expr, rights: Sequence[Expr], defines: bool = False,
        covering: bool = False,
    ) -> tuple[Row, ...]:
        """left = rights[0] = rights[1] = …, one row each."""
        context = self.vocabulary.display(indices, left, *rights)
        return tuple(
            Row(Formula(left, context) if place == 0 else None, Formula(right, context), defines, covering)
            for place, right in enumerate(rights)
        )

    def _unusual(self, indices: tuple[Index, ...]) -> tuple[Index, ...]:
        """Free indices whose range isn't what the author's letter stands for."""
        return tuple(i for i in indices if self.model.index_ranges.get(i.letter) != i.range)


def branches_body(error: ErrorTerm) -> Expr:
    """An error term's closed form as one expression."""
    if len(error.branches) == 1 and not error.branches[0][0]:
        return error.branches[0][1]
    return Cases(error.branches)


def _listed(parts: Sequence[Inline]) -> tuple[Inline, ...]:
    """a, b and c."""
    listed: list[Inline] = []
    for place, part in enumerate(parts):
        if place:
            listed.append(" and " if place == len(parts) - 1 else ", ")
        listed.append(part)
    return tuple(listed)

