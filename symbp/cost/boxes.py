"""Sets of elements as boxes: an interval for each axis. How many elements lie in one box at least."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Interval = tuple[int, int]
"""Both ends included; empty where the second is less."""

Box = tuple[Interval, ...]


def volume(boxes: Iterable[Box]) -> int:
    """The number of elements of the union, axis by axis."""
    left = [b for b in dict.fromkeys(boxes) if all(low <= high for low, high in b)]
    if not left:
        return 0
    if len(left) == 1 or not left[0]:
        return _size(left[0])
    if all(low == high for b in left for low, high in b):
        return len(left)
    total = 0
    for width, inside in _slices(left):
        total += width * volume(inside)
    return total


def _size(box: Box) -> int:
    size = 1
    for low, high in box:
        size *= high - low + 1
    return size


def _slices(boxes: Sequence[Box]) -> Iterable[tuple[int, list[Box]]]:
    """The union cut across the first axis where boxes begin and end: widths, and what is left of the boxes there."""
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for k, box in enumerate(boxes):
        opening.setdefault(box[0][0], []).append(k)
        closing.setdefault(box[0][1] + 1, []).append(k)
    open_now: dict[int, Box] = {}
    for start, stop in pairwise(sorted({*opening, *closing})):
        for k in closing.get(start, ()):
            del open_now[k]
        for k in opening.get(start, ()):
            open_now[k] = boxes[k][1:]
        if open_now:
            yield stop - start, list(open_now.values())
