"""Derivation → data, schema 1: every equation, gradient and step with its LaTeX and its text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from symbp import __version__
from symbp.calculus.affine import Guard, Index
from symbp.calculus.checks import Checks
from symbp.calculus.derivation import FORMS, Derivation, EquationKind, FunctionFact, Gradient, Refusal, Step
from symbp.calculus.expression import Access, Apply, Expr, Partial
from symbp.calculus.matrix_lines import MatrixLine
from symbp.calculus.model import step_name, whole_access
from symbp.calculus.point import Point, Quantity
from symbp.render.at_point import events, place
from symbp.render.blocks import Display, Inline, Row, Typeset
from symbp.render.checks_data import checks_data
from symbp.render.conditions import print_form
from symbp.render.escape import checked_latex, escape_terminal
from symbp.render.ground import conditions, facts
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import LatexWriter
from symbp.render.lines import Lines
from symbp.render.matrix import MatrixFormula
from symbp.render.matrix_section import row as matrix_row
from symbp.render.notes_data import note_data, ways_data
from symbp.render.options import Options
from symbp.render.printer import Context, print_conditions, print_expression
from symbp.render.prose import Prose
from symbp.render.reasons import Reasons
from symbp.render.story import verification
from symbp.render.text import TextStyle
from symbp.render.text_document import TextWriter

if TYPE_CHECKING:
    from symbp.cost.report import Cost

SCHEMA = 1

Json = dict[str, object]

PLAIN = Options()


def json_data(
    derivation: Derivation, options: Options = PLAIN, verified: bool | str | None = None, point: Point | None = None,
    checks: Checks | None = None, cost: Cost | None = None,
) -> Json:
    """The derivation as dictionaries, lists, strings and numbers; the options' forms restrict the gradients' forms."""
    found = _Data(derivation, options)
    return found.data(verified, point, checks) | ({} if cost is None else {"cost": found.costs(cost)})


class _Data:
    """One derivation's entries."""

    def __init__(self, derivation: Derivation, options: Options) -> None:
        self.derivation = derivation
        self.options = options
        self.forms = options.forms or FORMS
        self.prose = Prose(options.language)
        self.lines = Lines(derivation, options.notation)
        self.errors_by_name = {e.name: e for e in derivation.errors}
        names = self.lines.vocabulary.names
        self.latex = LatexWriter(LatexStyle(names))
        self.text = TextWriter(TextStyle(names, unicode=True))

    def data(self, verified: bool | str | None, point: Point | None, checks: Checks | None) -> Json:
        gradients = self.derivation.gradients
        return {
            "schema": SCHEMA,
            "symbp": __version__,
            "of": self.derivation.of,
            "verified": verified is True,
            "verification": self.plain(verification(self.prose, verified)),
            "equations": [*self.forward(), *self.errors(), *self.results()],
            "gradients": {name: self.gradient(g) for name, g in gradients.items()},
            "steps": [self.step(s, run) for run in self.runs() for s in run],
            "order": [self.text.style.name(name) for name in self.derivation.order],
            "ways": [
                ways_data(w, self.lines, self.formula, self.typeset, self.where, self.index)
                for w in self.derivation.ways
            ],
            "functions": [self.function(f) for f in self.derivation.functions],
            "matrix": self.matrix(),
            "facts": [self.sentence(f) for f in facts(self.lines, self.prose)],
            "conditions": [self.sentence(c) for c in conditions(self.lines, self.prose)],
            "point": None if point is None else self.at(point),
            "checks": None if checks is None else self.redone(checks),
            "warnings": [escape_terminal(w) for w in self.derivation.warnings],
        }

    def costs(self, cost: Cost) -> Json:
        from symbp.render.cost_json import cost_data

        return cost_data(self.lines, cost)

    def redone(self, checks: Checks) -> Json:
        return checks_data(checks, self.derivation.of, self.shown, self.lines.vocabulary.names.text_order)

    def forward(self) -> list[Json]:
        return [
            self.equation(e.kind, e.target.name, e.indices, self.lines.equation(e), e.guards)
            for e in self.derivation.forward
        ]

    def errors(self) -> list[Json]:
        return [
            self.equation("error", e.name, e.indices, self.lines.closed_form(e)) for e in self.derivation.errors
        ]

    def results(self) -> list[Json]:
        """The gradients with error terms, and the updates."""
        found = []
        for gradient in self.derivation.gradients.values():
            shared = gradient.forms.get("shared")
            if shared is not None and not isinstance(shared, Refusal):
                target: Access | Partial = self.lines.partial(gradient)
                display = self.lines.display(gradient.indices, target, shared)
                found.append(self.equation("gradient", gradient.parameter, gradient.indices, display))
            if "shared" in gradient.updates:
                target = whole_access(gradient.indices, step_name(gradient.parameter))
                display = self.lines.display(gradient.indices, target, gradient.updates["shared"])
                found.append(self.equation("update", gradient.parameter, gradient.indices, display))
        return found

    def equation(
        self, kind: EquationKind, name: str, indices: tuple[Index, ...], display: Display, guards: Sequence[Guard] = (),
    ) -> Json:
        context = display.rows[0].right.context
        return {
            "name": self.text.style.name(name),
            "indices": [self.index(i, context) for i in indices],
            **self.both(self.line(self.latex, display), self.line(self.text, display)),
            "kind": kind,
            "label": display.label,
            **self.where(guards, context),
        }

    def line(self, writer: LatexWriter | TextWriter, display: Display) -> str:
        (row,) = display.rows
        assert row.left is not None
        return f"{writer.formula(row.left)} = {writer.right(row)}"

    def index(self, index: Index, context: Context) -> Json:
        style, letters = self.text.style, context.letters
        ends = (print_form(f, letters, style, tight=True).text for f in (index.range.lower, index.range.upper))
        return {"letter": style.name(letters.letter(index.name)), **dict(zip(("lower", "upper"), ends, strict=True))}

    def where(self, guards: Sequence[Guard], context: Context) -> Json:
        if not guards:
            return {}
        shown = [self.both(*pair) for pair in zip(
            print_conditions(guards, context, self.latex.style), print_conditions(guards, context, self.text.style),
            strict=True,
        )]
        return {"where": shown}

    def gradient(self, gradient: Gradient) -> Json:
        shown: Json = {}
        for form in self.forms:
            found = gradient.forms.get(form)
            if isinstance(found, Refusal):
                shown[form] = {"refused": escape_terminal(found.reason), "operations": found.operations}
            elif found is not None:
                (row,) = self.lines.rows(gradient.indices, self.lines.partial(gradient), [found])
                shown[form] = self.right(row)
        return shown

    def runs(self) -> list[tuple[Step, ...]]:
        """Steps one below the other that have one left side, and share their letters."""
        keyed = groupby(self.derivation.steps, key=lambda s: (s.subject, s.indices, s.before, s.guards))
        return [tuple(run) for _, run in keyed]

    def step(self, step: Step, run: tuple[Step, ...]) -> Json:
        afters = [s.after for s in run]
        (row,) = self.lines.rows(step.indices, step.before, [step.after], guards=step.guards, beside=afters)
        context = row.right.context
        spelled = Reasons(self.lines, self.prose, run).context if step.notes else context
        return {
            "rule": step.rule.value,
            "subject": self.text.style.name(step.subject),
            "before": self.formula(step.before, context),
            "after": self.right(row),
            "because": [self.reason(label) for label in step.because if label],
            "label": step.label,
            "notes": [note_data(n, spelled, self.formula, self.where) for n in step.notes],
            **self.where(step.guards, context),
        }

    def function(self, fact: FunctionFact) -> Json:
        """What an activation is, its derivative line by line, and the value taken where there is none."""
        context = self.lines.vocabulary.display((), fact.argument, fact.definition, *fact.derivative)
        return {
            "label": fact.label,
            "function": self.text.style.name(fact.function),
            "value": self.formula(Apply(fact.function, (fact.argument,)), context),
            "definition": self.formula(fact.definition, context),
            "derivative": [self.formula(line, context) for line in fact.derivative],
            "conventions": [
                {"at": self.formula(at, context), "taken": self.formula(value, context)}
                for at, value in fact.conventions
            ],
        }

    def matrix(self) -> Json:
        """The equations over whole arrays, and those that can't be written so."""
        forms = self.derivation.matrix
        return {
            "lines": [self.matrix_line(line) for line in forms.lines],
            "unwritten": [
                {"kind": u.kind, "name": self.text.style.name(u.subject), "label": u.label, "reason": u.obstacle.value}
                for u in forms.unwritten
            ],
        }

    def matrix_line(self, line: MatrixLine) -> Json:
        shown = matrix_row(line, self.lines, self.options.notation.bold)
        assert isinstance(shown.left, MatrixFormula) and isinstance(shown.right, MatrixFormula)
        sides, context = (self.typeset(shown.left), self.typeset(shown.right)), shown.right.context
        latex, text = (" = ".join(str(side[key]) for side in sides) for key in ("latex", "text"))
        return {
            "kind": line.kind, "name": self.text.style.name(line.subject), "label": line.label,
            "indices": [self.index(i, context) for i in line.indices], **self.both(latex, text),
            **self.where(line.guards, context),
        }

    def typeset(self, typeset: Typeset) -> Json:
        return self.both(typeset.printed(self.latex.style), typeset.printed(self.text.style))

    def at(self, point: Point) -> Json:
        """The given point: what is met there, and the values in double precision, null where there is none."""
        if point.refused:
            return {"refused": escape_terminal(point.refused)}
        return {
            "place": self.sentence(place(self.lines, self.prose, point)),
            "events": [self.sentence(e) for e in events(self.lines, self.prose, point)],
            "of": self.quantity(point.of),
            "gradients": {
                name: [{"element": list(key), "value": self.quantity(q)} for key, q in elements.items()]
                for name, elements in point.gradients.items()
            },
            "left_out": point.left_out,
        }

    def quantity(self, quantity: Quantity) -> float | None:
        return None if quantity.value is None else float(quantity.value)

    def reason(self, label: str) -> str:
        error = self.errors_by_name.get(label)
        return self.lines.fact_label(label) if error is None else error.label or self.text.style.name(error.name)

    def formula(self, e: Expr, context: Context) -> Json:
        return self.both(
            print_expression(e, context, self.latex.style).text, print_expression(e, context, self.text.style).text
        )

    def shown(self, indices: tuple[Index, ...], e: Expr) -> Json:
        return self.formula(e, self.lines.vocabulary.display(indices, e))

    def right(self, row: Row) -> Json:
        return self.both(self.latex.right(row), self.text.right(row))

    def sentence(self, parts: Sequence[Inline]) -> Json:
        return self.both(self.latex.sentence(parts), self.text.sentence(parts))

    def plain(self, parts: Sequence[Inline]) -> str:
        return self.text.sentence(parts)

    def both(self, latex: str, text: str) -> Json:
        return {"latex": checked_latex(latex), "text": text}
