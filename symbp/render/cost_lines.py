"""The counted program line by line, as it would be printed."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import Refusal
from symbp.calculus.expand import HOPELESS_DEPTH
from symbp.calculus.expression import Access, Expr
from symbp.calculus.indices import replace_accesses
from symbp.calculus.model import Definition, adjoint_base, whole_access
from symbp.cost.outlines import outlined
from symbp.cost.program import Program
from symbp.cost.report import Cost, Line
from symbp.cost.tally import KINDS, Tally
from symbp.cost.ways import Unknown, Way
from symbp.render.blocks import Block, Comparison, Formula, Items, Paragraph, Quoted, Sentence
from symbp.render.cost_alike import grouped
from symbp.render.cost_names import quantity
from symbp.render.cost_numbers import Count
from symbp.render.latex import latex
from symbp.render.lines import Lines
from symbp.render.prose import Prose, Slot

MOST_LINES = 400
"""Lines of a program that are listed."""
MOST_PRINTED = 1000
"""A program of more lines isn't printed for its letters to be counted."""
MOST_DEFINITIONS = 100
"""A program of more lines isn't written out for its letters to be counted."""


def program_lines(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """Each line with the number of its elements, and what they take together."""
    groups = grouped(cost.lines, lambda line: _look(line))
    yield Items(tuple(_told_once(lines, prose, group) for group in groups[:MOST_LINES]))
    rest = sum(map(len, groups[MOST_LINES:]))
    if rest:
        yield Paragraph(prose.say("costs.lines_more", number=str(rest)))


def _look(line: Line) -> tuple[object, ...]:
    """What lines have in common that differ in names only."""
    kinds = None if line.tally is None else tuple(line.tally.by_kind.items())
    return outlined(line.definition.body)[0], line.definition.indices, kinds


def _told_once(lines: Lines, prose: Prose, group: list[Line]) -> Sentence:
    """The first of several lines that are alike, and which others there are."""
    told = _told(lines, prose, group[0])
    if len(group) == 1:
        return told
    first, last = (_left(lines, line.definition) for line in (group[1], group[-1]))
    return prose.say("costs.line_alike", line=told, first=first, last=last, number=str(len(group) - 1))


def _left(lines: Lines, d: Definition) -> Formula:
    return lines.formula(d.indices, sides(lines, d)[0])


def _told(lines: Lines, prose: Prose, line: Line) -> Sentence:
    equation = _equation(lines, line.definition)
    if line.elements is None or line.tally is None:
        return prose.say("costs.line_row_plain", equation=equation)
    counts: dict[str, Slot] = {"equation": equation, "elements": Count(line.elements)}
    if not line.tally.operations:
        return prose.say("costs.line_row_free", **counts)
    operations = Count(line.tally.operations)
    return prose.say("costs.line_row", **counts, operations=operations, kinds=_kinds(prose, line.tally))


def _kinds(prose: Prose, tally: Tally[int]) -> Sentence:
    said = [
        ((prose.words(f"costs.{kind}") if kind in KINDS else Quoted(kind)), prose.words("costs.colon"), Count(n))
        for kind, n in tally.by_kind.items()
    ]
    return tuple(part for place, s in enumerate(said) for part in ((prose.words("common.comma"), *s) if place else s))


def _equation(lines: Lines, d: Definition) -> Sentence:
    left, right = sides(lines, d)
    context = lines.vocabulary.display(d.indices, left, right)
    return (Comparison(Formula(left, context), "==", Formula(right, context)),)


def sides(lines: Lines, d: Definition) -> tuple[Expr, Expr]:
    """Both sides, with a gradient as ∂of/∂parameter wherever it is read."""
    whole = whole_access(d.indices, d.target).subscripts
    left = quantity(lines, d.target, tuple(s for s in whole if isinstance(s, Affine)))
    return left, in_partials(lines, d.body)


def in_partials(lines: Lines, e: Expr) -> Expr:
    """A formula with ∂of/∂parameter wherever a gradient is read."""
    return replace_accesses(e, lambda a: _as_partial(lines, a))


def _as_partial(lines: Lines, access: Access) -> Expr | None:
    if adjoint_base(access.name) not in lines.derivation.gradients:
        return None
    return quantity(lines, access.name, tuple(s for s in access.subscripts if isinstance(s, Affine)))


def letters_of(lines: Lines, cost: Cost) -> dict[Way, int]:
    """The letters of LaTeX in which the formulas of a way are printed, where they can be."""
    if len(cost.named.definitions) > MOST_PRINTED:
        return {}
    shared = _printed(lines, cost.named)
    minimal = shared if cost.minimal is cost.named else _printed(lines, cost.minimal)
    found: dict[Way, int] = {"forward": _printed(lines, cost.loss_alone), "shared": shared, "minimal": minimal}
    written = _written_out(lines, cost)
    return found if written is None else {**found, "expanded": written}


def _written_out(lines: Lines, cost: Cost) -> int | None:
    """The letters of all gradients in inputs and parameters alone; None where one of them can't be printed."""
    if len(cost.printed.definitions) > MOST_DEFINITIONS or _is_hopeless(cost):
        return None
    total = 0
    for gradient in lines.derivation.gradients.values():
        e = gradient.forms["expanded"]
        if isinstance(e, Refusal):
            return None
        total += len(latex(e, lines.vocabulary.display(gradient.indices, e)))
    return total


def _is_hopeless(cost: Cost) -> bool:
    """Whether the trees are deeper than any page shows, or too many to be counted."""
    trees = cost.tally("expanded")
    if isinstance(trees, Unknown):
        return not cost.missing
    return trees.depth is not None and trees.depth > HOPELESS_DEPTH


def _printed(lines: Lines, program: Program) -> int:
    total = 0
    for d in program.definitions:
        left, right = sides(lines, d)
        context = lines.vocabulary.display(d.indices, left, right)
        total += len(latex(left, context)) + len(latex(right, context))
    return total
