"""Extents that may still be unknown, and their unification: two that meet on one axis become one."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbp.calculus.affine import Affine, Range
from symbp.language.syntax import Span

UNKNOWN = "?"
"""Stands for a bound that could not be found out; a mistake has been recorded."""


@dataclass(eq=False)
class Extent:
    """The range of an index letter or of an axis: known, or shared with every extent that it has met."""

    letter: str
    span: Span
    """Where it first appears."""
    range: Range | None = None
    origin: Span | None = None
    """Where the range is stated."""
    fixed: bool = False
    """Stated by an `index` statement or a binder's own bounds: reads are checked against it, it adapts to nothing."""
    named: bool = False
    """The letter stands in a declaration's bracket: it gets a size of its own where nothing else gives its range."""
    parent: Extent | None = None

    @property
    def root(self) -> Extent:
        node = self
        while node.parent is not None:
            if node.parent.parent is not None:
                node.parent = node.parent.parent
            node = node.parent
        return node

    @property
    def known(self) -> Range | None:
        return self.root.range


def join(a: Extent, b: Extent) -> None:
    """Makes two extents one; the one that appears first in the text leads. Their ranges, where known, must be equal."""
    first, second = a.root, b.root
    if first is second:
        return
    if second.span.start < first.span.start:
        first, second = second, first
    second.parent = first
    if first.range is None:
        first.range, first.origin = second.range, second.origin
    if second.named and not first.named:
        first.named, first.letter = True, second.letter


@dataclass(eq=False)
class Union:
    """The axis of a name that is defined by cases: from the least to the greatest of its positions and ranges."""

    parts: list[Extent | Affine]
    spans: list[Span]
    range: Range | None = field(default=None)

    def resolve(self) -> bool:
        """Computes the range if every part's is known; False where they can't be ordered. None stays None."""
        ranges: list[Range] = []
        for part in self.parts:
            known = Range(part, part) if isinstance(part, Affine) else part.known
            if known is None:
                return True
            ranges.append(known)
        lower = least([r.lower for r in ranges])
        upper = least([-r.upper for r in ranges])
        if lower is None or upper is None:
            return False
        self.range = Range(lower, -upper)
        return True


Axis = Extent | Union


def nonnegative(form: Affine) -> bool:
    """Whether a form over sizes is ≥ 0 whenever every size is at least 1."""
    return all(c > 0 for _, c in form.terms) and form.constant + sum(c for _, c in form.terms) >= 0


def least(forms: list[Affine]) -> Affine | None:
    """The form that is the least at all sizes, None if there is no such."""
    for candidate in forms:
        if all(nonnegative(other - candidate) for other in forms):
            return candidate
    return None
