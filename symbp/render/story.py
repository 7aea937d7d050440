"""Derivation → blocks in the order of a textbook.

Setting, forward pass, goal; local derivatives; paths; each error term with the gradients that it was waiting for; the
same without names; checks; what the formulas stand on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING

from symbp.calculus.checks import Checks
from symbp.calculus.derivation import FORMS, Derivation, ErrorTerm, FormName, Gradient, Refusal, Rule, Step
from symbp.calculus.expression import Access, Partial, multiply, number
from symbp.calculus.model import step_name, whole_access
from symbp.calculus.point import Point
from symbp.calculus.serving import recurrences_behind, served_by, without_minus
from symbp.render.activations import activations
from symbp.render.at_point import at_point
from symbp.render.blocks import Block, Display, Formula, Heading, Inline, Paragraph, Sentence
from symbp.render.brackets import has_brackets
from symbp.render.checking import checks as checks_section
from symbp.render.ground import Following, ground
from symbp.render.lines import Lines
from symbp.render.local_reasons import LOCAL_RULES
from symbp.render.matrix_section import matrix_section
from symbp.render.options import Options
from symbp.render.prose import Prose, Slot
from symbp.render.results import Results, pinned
from symbp.render.setting import forward, goal, setting, update_goal
from symbp.render.staged import Staged
from symbp.render.told import Told
from symbp.render.ways_section import ways

if TYPE_CHECKING:
    from symbp.cost.report import Cost

Verified = bool | str | None


class Story:
    """One derivation's document. `point` is what happens at the file's point, `checks` are what a reader can redo.

    `cost` is what a closing section tells of, where it is given.
    """

    def __init__(
        self, derivation: Derivation, options: Options, point: Point | None = None, checks: Checks | None = None,
        cost: Cost | None = None,
    ) -> None:
        self.derivation = derivation
        self.options = options
        self.point = point
        self.checks = checks
        self.cost = cost
        self.lines = Lines(derivation, options.notation)
        self.prose = Prose(options.language)
        self.told = Told(self.lines, self.prose, options)
        self.following = Following(self.lines, self.prose, self.told.speaks)
        self.results = Results(self.lines, self.prose, options.forms)
        self.errors = {e.name: e for e in derivation.errors}
        self.serves = served_by(derivation)

    def document(self, verified: Verified) -> Iterator[Block]:
        """The whole of it, and after the first display with a partial marked as direct, what that means."""
        told = False
        for block in self._blocks(verified):
            yield block
            if not told and isinstance(block, Display) and self._is_marked(block):
                told = True
                yield from self._meaning_of_mark()

    def _meaning_of_mark(self) -> Iterator[Block]:
        """What the mark of a direct partial says, shown on a local derivative."""
        direct = self.lines.direct
        marked = (s for s in self.derivation.steps if isinstance(s.before, Partial) and direct.is_marked(s.before))
        for step in islice(marked, 1):
            yield Paragraph(self.prose.say("setting.direct", partial=self.lines.formula(step.indices, step.before)))

    def _is_marked(self, display: Display) -> bool:
        formulas = (f for row in display.rows for f in (row.left, row.right) if f is not None)
        return any(self.lines.direct.any_in(f.expression) for f in formulas)

    def _blocks(self, verified: Verified) -> Iterator[Block]:
        brief = self.options.detail == "brief"
        yield Heading(self.prose.say("story.title", of=self.lines.formula((), Access(self.derivation.of))))
        yield Paragraph(verification(self.prose, verified))
        results = list(self.results.blocks()) if self.options.forms else []
        if results:
            yield Heading(self.prose.say("story.results"), 2)
            yield from results
        body = list(self._body(brief))
        if not brief:
            yield from setting(self.lines, self.prose, has_brackets((*results, *body)), self._forms_shown)
        yield from body

    def _body(self, brief: bool) -> Iterator[Block]:
        yield from forward(self.lines, self.prose, self._forms_shown)
        yield from update_goal(self.lines, self.prose) if brief else goal(self.lines, self.prose)
        for place, (title, blocks) in enumerate(self._steps(), start=1):
            shown = title if brief else self.prose.say("story.step", number=str(place), title=title)
            yield Heading(shown, 2)
            yield from blocks
        if self.point is not None and not self._point_is_checked:
            yield from at_point(self.lines, self.prose, self.point)
        yield from ground(self.lines, self.prose)
        if self.cost is not None:
            from symbp.render.cost_section import cost_section

            yield from cost_section(self.lines, self.prose, self.cost)

    @property
    def _point_is_checked(self) -> bool:
        """Whether nothing is met at the file's point but the numbers that the checks show there."""
        point, checks = self.point, self.checks
        if point is None or checks is None or self.options.detail == "brief":
            return False
        met = point.refused or point.hits or point.broken or point.rounded or point.of.value is None
        return not met and checks.numbers is not None and checks.numbers.own

    @property
    def _forms_shown(self) -> tuple[FormName, ...]:
        """The forms in which gradients stand by themselves."""
        return self.options.forms or (FORMS if self.options.detail == "full" else ())

    # The numbered steps

    def _steps(self) -> Iterator[tuple[Sentence, Iterator[Block]]]:
        """Titles and contents, in order; a section without contents isn't there."""
        brief = self.options.detail == "brief"
        if not brief:
            local = list(self._local()) if not self.lines.staged else []
            if local:
                yield self.prose.say("story.local"), iter(local)
            found = list(ways(self.lines, self.prose))
            if found:
                yield self.prose.say("story.ways", of=self.lines.formula((), Access(self.derivation.of))), iter(found)
        yield from self._clusters() if not self.lines.staged else self._backward()
        nameless = list(self._nameless())
        if nameless and not brief:
            yield self.prose.say("story.nameless"), iter(nameless)
        if self.options.detail == "full" and not self.options.forms:
            yield self.prose.say("story.every"), Results(self.lines, self.prose, FORMS, boxed=False).blocks()
        if self.options.notation.matrix or self.options.detail == "full":
            bold = self.options.notation.bold
            forms = list(matrix_section(self.lines, self.prose, bold))
            if forms:
                yield self.prose.say("matrix.title"), iter(forms)
        found = list(checks_section(self.lines, self.prose, self.checks)) if self.checks is not None else []
        if found and not brief:
            yield self.prose.say("story.checks"), iter(found)

    def _local(self) -> Iterator[Block]:
        """Activations first; then the local derivatives, a sentence for each reason."""
        yield from activations(self.lines, self.prose, self.told.speaks)
        steps = [s for s in self.derivation.steps if s.rule in LOCAL_RULES]
        yield from self.told.local_blocks(steps)

    def _clusters(self) -> Iterator[tuple[Sentence, Iterator[Block]]]:
        """Each error term with the gradients that come right after it; gradients that need none, by themselves."""
        cluster: list[str] = []
        for subject in self._subjects():
            if subject in self.errors and cluster:
                yield self._title(cluster[0]), self._cluster(tuple(cluster))
                cluster = []
            cluster.append(subject)
        if cluster:
            yield self._title(cluster[0]), self._cluster(tuple(cluster))

    def _backward(self) -> Iterator[tuple[Sentence, Iterator[Block]]]:
        """Of a network of scalars: a line for each forward line, in reverse."""
        staged = Staged(self.told, self.following, self._way)
        yield self.prose.say("story.backward"), staged.blocks(self._subjects())

    def _subjects(self) -> tuple[str, ...]:
        """Error terms and parameters in the order of the telling."""
        told = (s.subject for s in self.derivation.steps if s.rule not in LOCAL_RULES)
        return tuple(dict.fromkeys((*told, *self.errors, *self.derivation.gradients)))

    def _title(self, subject: str) -> Sentence:
        if subject not in self.errors:
            return self.prose.say("story.gradients")
        error = self.errors[subject]
        return self.prose.say(
            "story.error", name=self.lines.formula(error.indices, whole_access(error.indices, error.name))
        )

    def _cluster(self, subjects: Sequence[str]) -> Iterator[Block]:
        for subject in subjects:
            if subject in self.errors:
                yield from self._error(self.errors[subject])
            if subject in self.derivation.gradients:
                yield from self._gradient(self.derivation.gradients[subject])

    def _error(self, error: ErrorTerm) -> Iterator[Block]:
        steps = self._steps_of(error.name)
        yield from self.following.before(steps)
        if steps:
            yield from self.told.blocks(steps, first=self._why_named(error))
        else:
            if self.told.speaks:
                yield Paragraph(self.prose.sentence(self._why_named(error)))
            target = whole_access(error.indices, error.name)
            signed = multiply((number(error.sign), self.lines.total(error.of, error.indices)))
            yield Display(self.lines.rows(error.indices, target, [signed], defines=True))
            yield self.lines.closed_form(error)

    def _why_named(self, error: ErrorTerm) -> list[Sentence]:
        """What needs the error term, that it is computed once, and the sign."""
        users = self.serves.get(error.name, ())
        total = self.lines.total(error.of, error.indices)
        partial = Formula(total, self.lines.vocabulary.spelled_out().display(error.indices, total))
        key = "told.serves_many" if len(users) > 1 else "told.serves"
        letters: list[Inline] = [self.lines.formula((i,), whole_access((), i.name)) for i in error.indices]
        slots: dict[str, Slot] = {"partial": partial, "letters": self.prose.listed(letters)}
        if len(users) > 1:
            slots["users"] = self.prose.listed([self.lines.formula(self._owner(u.name).indices, u) for u in users])
        clauses = [self.prose.say(key if letters else f"{key}_once", **slots)]
        if error.sign < 0:
            clauses.append(self._why_minus(error))
        return clauses

    def _why_minus(self, error: ErrorTerm) -> Sentence:
        """Which steps it spares a minus."""
        spared = without_minus(self.derivation)[error.name]
        if not spared:
            return self.prose.say("told.minus_plain")
        owners = [self.derivation.gradients[name] for name in spared]
        steps: list[Inline] = [
            self.lines.formula(g.indices, whole_access(g.indices, step_name(g.parameter))) for g in owners
        ]
        return self.prose.say("told.minus", steps=self.prose.listed(steps))

    def _gradient(self, gradient: Gradient) -> Iterator[Block]:
        steps = self._steps_of(gradient.parameter)
        yield Heading(self.prose.say("story.gradient", name=self._whole(gradient.parameter)), 3)
        yield from self.following.before(steps)
        if not steps:
            _, extents = self.lines.where(gradient.indices)
            shared = gradient.forms["shared"]
            assert not isinstance(shared, Refusal)
            rows = self.lines.rows(gradient.indices, self.lines.partial(gradient), [shared])
            yield Display(rows, boxed=True, extents=extents)
            return
        way = [s for s in self._way(gradient.parameter) if s.rule is not Rule.UPDATE]
        yield from self.told.blocks(way, boxed=not gradient.updates)
        updates = [s for s in steps if s.rule is Rule.UPDATE and s.after == gradient.updates.get("shared")]
        yield from self.told.blocks(updates, boxed=True)

    def _way(self, subject: str) -> list[Step]:
        """The steps of an error term, and of a gradient those that lead to its result with names, and its update."""
        gradient = self.derivation.gradients.get(subject)
        late = self._nameless_steps(gradient) if gradient is not None else []
        return [s for s in self._steps_of(subject) if s not in late]

    def _nameless(self) -> Iterator[Block]:
        """Each result with its error terms, or its stages, written out."""
        lines = [
            list(group) for g in self.derivation.gradients.values()
            for _, group in groupby(self._last_words(g), key=lambda s: (s.before, s.guards))
        ]
        found = [self.told.display(steps) for steps in lines]
        if found and self.told.speaks:
            key = "told.nameless_staged" if self.lines.staged else "told.nameless"
            yield Paragraph(self.prose.sentence([self.prose.say(key)]))
        yield from found
        if found:
            yield from pinned(self.lines, self.prose, ("inlined",))
        if self.told.speaks:
            yield from self._recurrences()

    def _recurrences(self) -> Iterator[Block]:
        """Which results have no line of their own here, since an error term behind them recurs."""
        groups: dict[tuple[str, ...], list[Inline]] = {}
        for name, errors in recurrences_behind(self.derivation).items():
            gradient = self.derivation.gradients[name]
            groups.setdefault(errors, []).append(
                self.lines.formula(gradient.indices, self.lines.partial(gradient))
            )
        for errors, results in groups.items():
            terms = [self.errors[e] for e in errors]
            names: list[Inline] = [self.lines.formula(t.indices, whole_access(t.indices, t.name)) for t in terms]
            yield Paragraph(self.prose.say(
                "told.recurrence", results=self.prose.listed(results), errors=self.prose.listed(names)
            ))

    def _nameless_steps(self, gradient: Gradient) -> list[Step]:
        """What follows the result with names: the same in forward values alone, and its update."""
        steps = self._steps_of(gradient.parameter)
        places = [k for k, s in enumerate(steps) if s.after == gradient.forms["shared"]]
        late = steps[places[-1] + 1:] if places else []
        return [s for s in late if s.rule is not Rule.UPDATE or s.after != gradient.updates.get("shared")]

    def _last_words(self, gradient: Gradient) -> list[Step]:
        """Of these, the update alone where there is one; in full, both."""
        late = self._nameless_steps(gradient)
        updates = [s for s in late if s.rule is Rule.UPDATE]
        return late if self.options.detail == "full" else updates or late

    def _steps_of(self, subject: str) -> list[Step]:
        return [s for s in self.derivation.steps if s.subject == subject and s.rule not in LOCAL_RULES]

    def _whole(self, name: str) -> Inline:
        """A parameter, or what an error term is the derivative by, with its indices."""
        return self.lines.formula(self._owner(name).indices, whole_access(self._owner(name).indices, name))

    def _owner(self, name: str) -> Gradient | ErrorTerm:
        return self.derivation.gradients.get(name) or next(e for e in self.derivation.errors if e.of == name)


def verification(prose: Prose, verified: Verified) -> Sentence:
    """What the document says about its own proof."""
    if isinstance(verified, str):
        return prose.message(verified)
    return prose.say("story.verified" if verified else "story.unverified")
