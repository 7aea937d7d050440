"""The equations of a derivation once more, in matrix form, and why some have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbp.calculus.affine import Affine, Index
from symbp.calculus.contraction import Obstacle
from symbp.calculus.derivation import EquationKind
from symbp.calculus.expression import MINUS_ONE, Access, Partial, PartialKind, Position
from symbp.calculus.matrix import SCALAR, EntryPower, Hadamard, Literal, MatrixExpr, Ones, StackSum, parts
from symbp.calculus.matrix_algebra import is_divisor
from symbp.calculus.matrix_lines import MatrixForms, MatrixLine, Unwritten
from symbp.calculus.model import whole_access
from symbp.render.blocks import Block, Citation, Inline, Items, MatrixDisplay, MatrixRow, Paragraph, Sentence, Where
from symbp.render.lines import Lines
from symbp.render.matrix import MatrixFormula, Sign, skeleton
from symbp.render.prose import Prose

GROUPS: tuple[tuple[str, tuple[EquationKind, ...]], ...] = (
    ("matrix.forward", ("definition", "inner", "loss")),
    ("matrix.errors", ("error",)),
    ("matrix.gradients", ("gradient",)),
    ("matrix.updates", ("update",)),
)
"""What is displayed together."""

MOST_ROWS = 12
"""Rows of one display, which stays on one page."""

KEYS: dict[Obstacle, str] = {
    Obstacle.MANY_AXES: "many_axes", Obstacle.MEETING: "meeting", Obstacle.MIXED_PLACE: "mixed_place",
    Obstacle.GATHER: "gather", Obstacle.MASK: "mask", Obstacle.DIAGONAL: "diagonal", Obstacle.PART: "part",
    Obstacle.EXTREMUM: "extremum", Obstacle.CHOICE: "choice", Obstacle.PLACE: "place",
    Obstacle.EXPONENT: "exponent", Obstacle.STEPS: "steps_only", Obstacle.DEEP: "deep", Obstacle.PARTIAL: "partial",
    Obstacle.UNKNOWN: "unknown",
}
"""The sentence that tells of each obstacle."""

NAMING = (Obstacle.MANY_AXES, Obstacle.MIXED_PLACE, Obstacle.GATHER, Obstacle.DIAGONAL, Obstacle.PART)
"""Those whose sentence may name the array."""


def matrix_section(lines: Lines, prose: Prose, bold: bool = False) -> Iterator[Block]:
    """The forward pass, error terms, gradients and updates over whole arrays; nothing where all is single numbers.

    `bold` sets the letters of arrays in bold.
    """
    forms = lines.derivation.matrix
    reasons = list(_unwritten(forms, lines, prose))
    if forms.lines:
        yield Paragraph(prose.sentences(list(_legend(forms.lines, lines, prose))))
        for key, kinds in GROUPS:
            yield from _group(key, [line for line in forms.lines if line.kind in kinds], lines, prose, bold)
    elif reasons:
        yield Paragraph(prose.say("matrix.none"))
    yield from reasons


def _group(
    key: str, members: Sequence[MatrixLine], lines: Lines, prose: Prose, bold: bool
) -> Iterator[Block]:
    if members:
        yield Paragraph(prose.say(key))
        rows = [row(line, lines, bold) for line in members]
        for start in range(0, len(rows), MOST_ROWS):
            yield MatrixDisplay(tuple(rows[start : start + MOST_ROWS]))


def row(line: MatrixLine, lines: Lines, bold: bool = False) -> MatrixRow:
    """One equation as a row, with the conditions under which it holds."""
    context = lines.vocabulary.display(line.indices, skeleton(line.left), skeleton(line.right))
    guards, extents = lines.where(line.indices, line.guards)
    guards = line.guards if extents else guards
    where = Where(guards, context) if guards else None
    return MatrixRow(MatrixFormula(line.left, context, bold), MatrixFormula(line.right, context, bold), where=where)


def _legend(members: Sequence[MatrixLine], lines: Lines, prose: Prose) -> Iterator[Sentence]:
    """What the signs that stand in the lines mean."""
    yield prose.say("matrix.same")
    nodes = [n for line in members for side in (line.left, line.right) for n in _walk(side)]
    if any(isinstance(n, Hadamard) for n in nodes):
        yield prose.say("matrix.times", sign=Sign("times"))
    if any(is_divisor(n) and n.shape != SCALAR for n in nodes):
        yield prose.say("matrix.over", sign=Sign("over"))
    if any(_raises_entries(n) for n in nodes):
        yield prose.say("matrix.power", sign=Sign("times"))
    if any(isinstance(n, Ones) for n in nodes):
        yield prose.say("matrix.ones", sign=Sign("ones"))
    stacked = _stack_letters(members, nodes)
    if stacked:
        yield prose.say("matrix.steps", indices=prose.listed([_letter(i, lines) for i in stacked]))


def _letter(index: Index, lines: Lines) -> Inline:
    return lines.formula((index,), Position(Affine.of(index.name)))


def _walk(m: MatrixExpr) -> Iterator[MatrixExpr]:
    stack = [m]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(parts(node)))


def _raises_entries(m: MatrixExpr) -> bool:
    return isinstance(m, EntryPower) and m.shape != SCALAR and m.exponent != Literal(MINUS_ONE)


def _stack_letters(members: Iterable[MatrixLine], nodes: Iterable[MatrixExpr]) -> list[Index]:
    """The author's letters of layers and steps, each once."""
    found = {i.letter: i for line in members for i in line.indices}
    for node in nodes:
        if isinstance(node, StackSum):
            found.update({b.letter: b for b in node.binders if b.letter not in found})
    return list(found.values())


def _unwritten(forms: MatrixForms, lines: Lines, prose: Prose) -> Iterator[Block]:
    """One sentence for each reason, with the equations that it is about."""
    groups: dict[tuple[Obstacle, str], dict[tuple[str, str], Inline]] = {}
    for unwritten in forms.unwritten:
        if unwritten.kind != "update":
            cited = groups.setdefault((unwritten.obstacle, unwritten.name), {})
            cited[(unwritten.label, unwritten.subject)] = _cited(unwritten, lines)
    if groups:
        yield Paragraph(prose.say("matrix.unwritten"))
        yield Items(tuple(
            _reason(obstacle, name, list(cited.values()), lines, prose)
            for (obstacle, name), cited in groups.items()
        ))


def _reason(
    obstacle: Obstacle, name: str, cited: Sequence[Inline], lines: Lines, prose: Prose
) -> Sentence:
    key = f"matrix.{KEYS[obstacle]}"
    equations = prose.listed(cited)
    if name and obstacle in NAMING:
        return prose.say(f"{key}_name", equations=equations, name=lines.formula((), Access(name)))
    return prose.say(key, equations=equations)


def _cited(unwritten: Unwritten, lines: Lines) -> Inline:
    """The equation's number, or the derivative that it gives."""
    if unwritten.label:
        return Citation(unwritten.label)
    gradient = lines.derivation.gradients[unwritten.subject]
    own = whole_access(gradient.indices, unwritten.subject)
    return lines.formula(gradient.indices, Partial(PartialKind.TOTAL, Access(lines.derivation.of), own))
