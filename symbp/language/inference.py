"""The ranges that are still unknown when everything has been read, found out in order of preference."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Range
from symbp.language.extents import Extent, Union
from symbp.language.file import File
from symbp.language.lefts import LeftSides
from symbp.language.ranges import BROKEN, Ranges
from symbp.language.reads import Reads


class Inference:
    """Finds ranges: of axes by cases, of letters on these, of axes that declared letters read, then names sizes."""

    def __init__(self, ranges: Ranges, reads: Reads) -> None:
        self._ranges = ranges
        self._file = ranges.file
        self._reads = reads

    def resolve(self) -> None:
        while True:
            if self._resolve_unions() or self._resolve_from_unions() or self._resolve_from_reads():
                continue
            if not self._name_one():
                break
        for extent in self._ranges.seen:
            if extent.known is None:
                self._unknown(extent.root)

    def _unions(self) -> Iterator[tuple[str, Union]]:
        return ((name, a) for name, axes in self._ranges.axes.items() for a in axes if isinstance(a, Union))

    def _resolve_unions(self) -> bool:
        progress = False
        for name, union in self._unions():
            if union.range is not None:
                continue
            if not union.resolve():
                self._file.mistakes.error(
                    union.spans[0], f"the cases of `{name}` can't be put in order: it depends on the sizes which comes "
                    "first", "",
                )
                union.range = BROKEN
            progress = progress or union.range is not None
        return progress

    def _resolve_from_unions(self) -> bool:
        progress = False
        for extent, union, span in self._reads.meetings:
            root = extent.root
            if root.range is None and union.range is not None:
                root.range, root.origin = union.range, span
                progress = True
        return progress

    def _resolve_from_reads(self) -> bool:
        progress = False
        for axis, extent in self._reads.hints:
            root = axis.root
            if root.range is None and extent.known is not None and extent.known is not BROKEN:
                root.range, root.origin = extent.known, extent.origin
                progress = True
        return progress

    def _name_one(self) -> bool:
        """Sizes for extents that only a declaration's letter names: one by one while cases wait for a range."""
        waiting = any(u.range is None for _, u in self._unions())
        named = False
        for extent in sorted(self._ranges.seen, key=lambda x: x.span.start):
            root = extent.root
            if root.range is None and root.named:
                self._name(root)
                named = True
                if waiting:
                    break
        return named

    def _name(self, root: Extent) -> None:
        names, size = self._file.names, f"n_{root.letter}"
        while size in names and names[size].kind != "size":
            size += "2"
        if size not in self._ranges.sizes:
            self._file.register(size, "size", root.span)
            self._ranges.sizes[size] = root.span
        root.range, root.origin = Range.of(1, size), root.span

    def _unknown(self, extent: Extent) -> None:
        extent.range = BROKEN
        self._ranges.unknown.append(extent)


def infer(file: File) -> Ranges:
    """The ranges of a file's letters and axes; what can't be found out is recorded as a mistake."""
    ranges = Ranges(file)
    ranges.declare()
    LeftSides(ranges).define()
    reads = Reads(ranges)
    reads.scan()
    Inference(ranges, reads).resolve()
    return ranges
