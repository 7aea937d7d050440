"""Each gradient in the ways of writing it that were asked for, by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import FormName, Gradient, Refusal
from symbp.calculus.expression import Expr, Position, number
from symbp.calculus.model import step_name, whole_access
from symbp.render.blocks import Block, Comparison, Display, Formula, Inline, Paragraph
from symbp.render.lines import Lines
from symbp.render.prose import Prose

BOOK_FORMS: tuple[FormName, ...] = ("shared", "inlined")
"""What results are shown in where nobody asks for a form."""

AT_ONE_SIZE: tuple[FormName, ...] = ("inlined", "expanded")
"""Forms that write a recurrence out, and so hold at the pinned sizes only."""


@dataclass(frozen=True)
class Shown:
    """A form of a gradient that is written out, under its name."""

    form: FormName
    body: Expr


@dataclass(frozen=True)
class Results:
    """The results of one derivation; without `asked`, in the book's forms, and refusals aren't mentioned."""

    lines: Lines
    prose: Prose
    asked: tuple[FormName, ...] = ()
    boxed: bool = True
    """Whether the results are set off: not where the story has done so already."""

    def blocks(self) -> Iterator[Block]:
        """Each gradient, its update boxed (the gradient itself where there is no update); then what isn't written."""
        gradients = self.lines.derivation.gradients.values()
        for gradient in gradients:
            yield from self.result(gradient)
        reasons: dict[tuple[FormName, str], list[Inline]] = {}
        for gradient in gradients:
            for form, refusal in self._shown(gradient)[1]:
                partial = self.lines.formula(gradient.indices, self.lines.partial(gradient))
                reasons.setdefault((form, refusal.reason), []).append(partial)
        for (form, reason), partials in reasons.items():
            name, says = self.prose.words(f"story.{form}"), self.prose.message(reason)
            shown = self.prose.listed(partials)
            yield Paragraph(self.prose.say("story.not_written", form=name, partials=shown, reason=says))

    def displays(self) -> Iterator[Display]:
        """The displays among them."""
        return (block for block in self.blocks() if isinstance(block, Display))

    def result(self, gradient: Gradient) -> Iterator[Block]:
        shown, _ = self._shown(gradient)
        _, extents = self.lines.where(gradient.indices)
        if shown:
            rows = self.lines.rows(gradient.indices, self.lines.partial(gradient), [s.body for s in shown])
            yield Display(rows, "", boxed=self.boxed and not gradient.updates, extents=extents)
        updates = [gradient.updates[f] for f in self._update_forms(gradient)]
        if updates:
            target = whole_access(gradient.indices, step_name(gradient.parameter))
            yield Display(self.lines.rows(gradient.indices, target, updates), "", boxed=self.boxed, extents=extents)
        yield from pinned(self.lines, self.prose, [s.form for s in shown])

    def _shown(self, gradient: Gradient) -> tuple[list[Shown], list[tuple[FormName, Refusal]]]:
        shown: list[Shown] = []
        refused: list[tuple[FormName, Refusal]] = []
        for form in self.asked or BOOK_FORMS:
            found = gradient.forms.get(form)
            if isinstance(found, Refusal):
                refused.append((form, found))
            elif found is not None and self.lines.is_new(found, [s.body for s in shown], gradient.indices):
                shown.append(Shown(form, found))
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


def pinned(lines: Lines, prose: Prose, forms: Sequence[FormName]) -> Iterator[Block]:
    """Of a recurrence at a given size: that what is written out holds there alone."""
    written = [prose.words(f"story.{form}") for form in forms if form in AT_ONE_SIZE]
    if written and lines.derivation.pinned:
        context = lines.vocabulary.display(())
        sizes = [
            Comparison(Formula(Position(Affine.of(size)), context), "==", Formula(number(value), context))
            for size, value in lines.derivation.pinned.items()
        ]
        key = "story.hold_alone" if len(written) > 1 else "story.holds_alone"
        yield Paragraph(prose.say(key, forms=prose.listed(written), sizes=prose.listed(sizes)))
