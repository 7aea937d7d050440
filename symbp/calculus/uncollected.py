"""Work during which Python doesn't look for cyclic garbage."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MANY = 500_000
"""What work may leave behind before all of it is gone through, at least."""


def uncollected(work: Callable[P, T]) -> Callable[P, T]:
    """The same work with the search for cycles put off to its end.

    It makes many small things that stay and hardly a cycle; going through all of them each time that their number has
    grown by a quarter would take as long as making them, and the longer the more there are. What it leaves counts as
    old. Where much has been left since everything was last gone through, the next work begins with that.
    """

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        if not gc.isenabled():
            return work(*args, **kwargs)
        _left.collect_where_much()
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            _left.call_old()
            gc.enable()

    return done


class _Left:
    """What was called old since the last full collection, whoever asked for that one."""

    def __init__(self) -> None:
        self.made = 0
        self.stayed = 0
        self.collections = 0

    def collect_where_much(self) -> None:
        """A full collection where as much was left as stayed at the last, so that all of them together stay cheap."""
        self._look()
        if self.made > max(MANY, self.stayed):
            gc.collect()
            self._look()
            self.stayed = len(gc.get_objects())

    def call_old(self) -> None:
        """Everything into the oldest generation, unless somebody keeps frozen values of their own."""
        if not gc.get_freeze_count():
            self._look()
            self.made += gc.get_count()[0]
            gc.freeze()
            gc.unfreeze()

    def _look(self) -> None:
        collections = gc.get_stats()[2]["collections"]
        if collections != self.collections:
            self.made, self.collections = 0, collections


_left = _Left()
