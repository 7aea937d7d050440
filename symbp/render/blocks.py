"""A document as data: what is said in words, what is displayed. The writers of each format read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from symbp.calculus.affine import Guard, Index
from symbp.calculus.expression import Expr, Relation
from symbp.render.printer import Context
from symbp.render.style import Style


@dataclass(frozen=True)
class Formula:
    """An expression at its place."""

    expression: Expr
    context: Context


@dataclass(frozen=True)
class Extent:
    """`i = 1, …, d`: an index with its range; `j, m = 1, …, l` with further letters for the same."""

    index: Index
    context: Context
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """left relation right, or left ∈ members."""

    left: Formula
    relation: Relation | None
    right: Formula | None
    members: tuple[Formula, ...] = ()


@dataclass(frozen=True)
class Where:
    """Conditions on indices: `t < T, i ≠ j`."""

    guards: tuple[Guard, ...]
    context: Context


@dataclass(frozen=True)
class Quoted:
    """Text that came from a model or a message: writers escape it."""

    text: str


@dataclass(frozen=True)
class Citation:
    """The number of an equation: (F1)."""

    label: str


@dataclass(frozen=True)
class Lead:
    """Words that are set off, such as those which a paragraph begins with: *Sign.*"""

    text: str


class Typeset(ABC):
    """A formula of another kind than `Formula`, which knows how to print itself: a product of matrices, say."""

    @abstractmethod
    def printed(self, style: Style) -> str:
        """The formula in a style's notation."""


Inline = str | Formula | Extent | Comparison | Where | Typeset | Quoted | Citation | Lead
"""A part of a sentence; plain `str` is our own wording, in the letters of the document's language."""

Sentence = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    parts: tuple[Inline, ...]
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """`ragged` where its formulas can't be parted, so that its lines end where they do."""

    parts: tuple[Inline, ...]
    ragged: bool = False


@dataclass(frozen=True)
class Row:
    """left = right. A left of None continues the row above; `defines` prints := for =."""

    left: Formula | None
    right: Formula
    defines: bool = False
    covering: bool = False
    """Whether the branches of a `Cases` at the top cover everything: no `0 otherwise` is added."""


@dataclass(frozen=True)
class Display:
    """Rows, aligned at their equality signs, where the conditions hold."""

    rows: tuple[Row, ...]
    label: str = ""
    boxed: bool = False
    guards: tuple[Guard, ...] = ()
    extents: tuple[Index, ...] = ()
    """Ranges of free indices that differ from the author's for the letter."""
    source: tuple[str, ...] = ()
    """Labels of what it follows from, shown beside it."""
    on_one_line: bool = False
    """Whether a = b = c stands on one line where that has room: rows that have no reasons of their own."""


@dataclass(frozen=True)
class MatrixRow:
    """left = right, of formulas that print themselves. A left of None continues the row above."""

    left: Typeset | None
    right: Typeset
    defines: bool = False
    where: Where | None = None
    """The conditions under which this row holds, where the others need none."""


@dataclass(frozen=True)
class MatrixDisplay:
    """Rows, aligned at their equality signs."""

    rows: tuple[MatrixRow, ...]
    label: str = ""
    boxed: bool = False
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Items:
    """Short paragraphs, one for each point."""

    items: tuple[Sentence, ...]


@dataclass(frozen=True)
class Quote:
    """A paragraph that is set in: a remark, a warning."""

    parts: Sentence


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head. `columns` has l, c or r for each of them; all are at the left where it is empty."""

    head: tuple[Sentence, ...]
    rows: tuple[tuple[Sentence, ...], ...]
    columns: str = ""

    @property
    def alignment(self) -> str:
        return self.columns or "l" * len(self.head)


Block = Heading | Paragraph | Display | MatrixDisplay | Items | Quote | Table
