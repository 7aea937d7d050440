"""Derivation → blocks: results first, then the forward equations, the error terms, and the way to each gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.derivation import Derivation, ErrorTerm, FormName, Gradient, Refusal, Rule, Step
from symbp.calculus.expression import Access, Cases, Expr, Position, multiply, number
from symbp.calculus.model import Definition, adjoint_base, definition_of, step_name, whole_access
from symbp.calculus.point import Point
from symbp.render.at_point import at_point
from symbp.render.blocks import (
    Block,
    Citation,
    Comparison,
    Display,
    Extent,
    Formula,
    Heading,
    Inline,
    Paragraph,
    Quoted,
)
from symbp.render.ground import ground
from symbp.render.letters import names_read
from symbp.render.lines import Lines, branches_body
from symbp.render.options import Options
from symbp.render.sentences import listed

BOOK_FORMS: tuple[FormName, ...] = ("shared", "inlined")
"""What results are shown in where nobody asks for a form."""

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
    Rule.ELEMENT: "Element by element, with every sum written out",
}

SUBSTITUTED = "Substituting the local derivatives"
"""Where none of them is numbered."""

DIRECT = "A partial derivative marked direct holds everything else that the equation reads fixed."

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
    """One derivation's blocks; `point` is told of too."""

    def __init__(self, derivation: Derivation, options: Options, point: Point | None = None) -> None:
        self.derivation = derivation
        self.point = point
        self.asked = options.forms
        self.lines = Lines(derivation)
        self.errors = {e.name: e for e in derivation.errors}

    def document(self, verified: bool | str | None) -> Iterator[Block]:
        """The whole of it, and after the first display with a partial marked as direct, what that means."""
        told = False
        for block in self._blocks(verified):
            yield block
            if not told and isinstance(block, Display) and self._is_marked(block):
                told = True
                yield Paragraph((DIRECT,))

    def _is_marked(self, display: Display) -> bool:
        formulas = (f for row in display.rows for f in (row.left, row.right) if f is not None)
        return any(self.lines.direct.any_in(f.expression) for f in formulas)

    def _blocks(self, verified: bool | str | None) -> Iterator[Block]:
        loss = self.lines.formula((), Access(self.derivation.of))
        yield Heading(("Gradients of ", loss))
        yield Paragraph((Quoted(verification_line(verified)),))
        yield from self.results()
        if self.point is not None:
            yield from at_point(self.lines, self.point)
        yield Heading(("Derivation of the gradients",))
        yield from self.forward()
        yield from self.error_terms()
        for gradient in self.derivation.gradients.values():
            yield from self.way_to(gradient)
        yield from ground(self.lines)

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
        _, extents = self.lines.where(gradient.indices)
        if shown:
            rows = self.lines.rows(gradient.indices, self.lines.partial(gradient), [s.body for s in shown])
            yield Display(rows, "", boxed=not gradient.updates, extents=extents)
        updates = [gradient.updates[f] for f in self._update_forms(gradient)]
        if updates:
            target = whole_access(gradient.indices, step_name(gradient.parameter))
            yield Display(self.lines.rows(gradient.indices, target, updates), "", boxed=True, extents=extents)
        yield from self._pinned([s.form for s in shown])
        for form, refusal in refused:
            yield Paragraph((f"The {form} form is not written out: ", Quoted(refusal.reason), "."))

    def _pinned(self, forms: Sequence[FormName]) -> Iterator[Block]:
        """Of a recurrence at a given size: that what is written out holds there alone."""
        written = [form for form in forms if form in ("inlined", "expanded")]
        if written and self.derivation.pinned:
            context = self.lines.vocabulary.display(())
            sizes = [
                Comparison(Formula(Position(Affine.of(size)), context), "==", Formula(number(value), context))
                for size, value in self.derivation.pinned.items()
            ]
            forms_said = f"The {' and the '.join(written)} form{'s hold' if len(written) > 1 else ' holds'} for "
            yield Paragraph((forms_said, *listed(sizes), " alone."))

    def _shown(self, gradient: Gradient) -> tuple[list[_Shown], list[tuple[FormName, Refusal]]]:
        shown: list[_Shown] = []
        refused: list[tuple[FormName, Refusal]] = []
        for form in self.asked or BOOK_FORMS:
            found = gradient.forms.get(form)
            if isinstance(found, Refusal):
                refused.append((form, found))
            elif found is not None and self.lines.is_new(found, [s.body for s in shown], gradient.indices):
                shown.append(_Shown(form, found))
        return shown, refused if self.asked else []

    def _update_forms(self, gradient: Gradient) -> list[FormName]:
        """The updates to show, the same formula once."""
        wanted = [f for f in (self.asked or BOOK_FORMS) if f in gradient.updates]
        wanted = wanted or [f for f in BOOK_FORMS if f in gradient.updates][:1]
        kept: list[FormName] = []
        for form in wanted:
            if self.lines.is_new(gradient.updates[form], [gradient.updates[k] for k in kept], gradient.indices):
                kept.append(form)
        return kept

    # The derivation

    def forward(self) -> Iterator[Block]:
        yield Heading(("Forward equations",), 2)
        letters = tuple(Index(name, within) for name, within in self.lines.ranges.items())
        if letters:
            yield Paragraph(("With ", *listed([Extent(i, self.lines.vocabulary.display((i,))) for i in letters]), ":"))
        for equation in self.derivation.forward:
            yield self.lines.equation(equation)
        generated = self._generated()
        if generated:
            yield Paragraph(("And, for the derivatives:",))
        for definition in generated:
            target = whole_access(definition.indices, definition.target)
            yield self.lines.display(definition.indices, target, definition.body)

    def _generated(self) -> list[Definition]:
        """Definitions of names that are shown and that stand in the program only: the place of a maximum."""
        known = {e.target.name for e in self.derivation.forward} | set(self.errors)
        found: dict[str, Definition] = {}
        waiting = list(dict.fromkeys(self._names_shown()))
        while waiting:
            name = waiting.pop(0)
            equation = self.derivation.program.by_target.get(name)
            if equation is not None and name not in known and name not in found and adjoint_base(name) is None:
                found[name] = definition_of(equation)
                waiting.extend(names_read(found[name].body))
        return list(found.values())

    def _names_shown(self) -> Iterator[str]:
        for error in self.derivation.errors:
            yield error.of
            yield from names_read(branches_body(error))
        for gradient in self.derivation.gradients.values():
            for form in self.asked or BOOK_FORMS:
                body = gradient.forms.get(form)
                if body is not None and not isinstance(body, Refusal):
                    yield from names_read(body)
        for step in self.derivation.steps:
            yield from names_read(step.before)
            yield from names_read(step.after)

    def error_terms(self) -> Iterator[Block]:
        for error in self.derivation.errors:
            target = whole_access(error.indices, error.name)
            yield Heading(("The error term ", self.lines.formula(error.indices, target)), 2)
            told = [s for s in self.derivation.steps if s.subject == error.name]
            yield from self.told(told) if told else self.error_in_short(error, target)

    def error_in_short(self, error: ErrorTerm, target: Access) -> Iterator[Block]:
        """Its definition, and its closed form as one display."""
        signed = multiply((number(error.sign), self.lines.total(error.of, error.indices)))
        yield Display(self.lines.rows(error.indices, target, [signed], defines=True))
        yield self.lines.closed_form(error)

    def way_to(self, gradient: Gradient) -> Iterator[Block]:
        parameter = whole_access(gradient.indices, gradient.parameter)
        told = [s for s in self.derivation.steps if s.subject == gradient.parameter]
        if told and gradient.parameter not in self.errors:
            yield Heading(("The gradient by ", self.lines.formula(gradient.indices, parameter)), 2)
            yield from self.told(told)

    def told(self, steps: Sequence[Step]) -> Iterator[Block]:
        """Steps in order; neighbours with one rule and one reason share a sentence, and a repeated line is left out."""
        news = self._without_repeats(steps)
        for _, group in groupby(news, key=lambda s: (s.rule, s.because if s.rule is not Rule.LOCAL else ())):
            members = list(group)
            yield Paragraph(self._reason(members[0]))
            for _, lines in groupby(members, key=lambda s: (s.label, s.before, s.indices)):
                yield self.steps(list(lines))

    def steps(self, steps: Sequence[Step]) -> Display:
        """Neighbours with one left side: the cases of one formula, or one formula written in several ways."""
        first = steps[0]
        cases = len(steps) > 1 and all(s.guards for s in steps)
        afters: list[Expr] = [Cases(tuple((s.guards, s.after) for s in steps))] if cases else [s.after for s in steps]
        held = () if cases else first.guards
        rows = self.lines.rows(first.indices, first.before, afters, first.rule is Rule.NAME, cases, held)
        guards, extents = self.lines.where(first.indices, held)
        source = tuple(label for label in first.because if label) if first.rule is Rule.LOCAL else ()
        return Display(rows, first.label, guards=guards, extents=extents, source=source)

    def _reason(self, step: Step) -> tuple[Inline, ...]:
        cited: list[Inline] = [c for label in step.because if label for c in self._cited(label)]
        words = RULE_WORDS[step.rule]
        if step.rule is Rule.LOCAL:
            words = "Local derivatives, each from one forward equation"
            cited = []
        if not cited:
            return ((SUBSTITUTED if step.rule is Rule.SUBSTITUTE else words) + ":",)
        joiner = " " if step.rule is Rule.SUBSTITUTE else ", by "
        return (words + joiner, *listed(cited), ":")

    def _cited(self, label: str) -> Iterator[Inline]:
        """A reason is the number of an equation or a fact, or the name of an error term."""
        error = self.errors.get(label)
        if error is None:
            yield Citation(self.lines.fact_label(label))
        elif error.label:
            yield Citation(error.label)
        else:
            yield self.lines.formula(error.indices, whole_access(error.indices, error.name))

    def _without_repeats(self, steps: Sequence[Step]) -> list[Step]:
        """The steps that say something new: neither x = x nor what a line before said, as they print."""
        kept: list[Step] = []
        said: set[tuple[str, str, tuple[Guard, ...]]] = set()
        for step in steps:
            before, after = (self.lines.shown(step.indices, e) for e in (step.before, step.after))
            line = (before, after, step.guards)
            if before != after and line not in said:
                said.add(line)
                kept.append(step)
        return kept
