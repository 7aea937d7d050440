"""Work during which Python doesn't look for cyclic garbage."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def uncollected(work: Callable[P, T]) -> Callable[P, T]:
    """The same work with the search for cycles put off to its end.

    It makes many small things that stay and hardly a cycle; going through all of them each time that their number has
    grown by a quarter would take as long as making them, and the longer the more there are. What it leaves counts as
    old: it is gone through with everything else when much that is new has come, rather than at once.
    """

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        if not gc.isenabled():
            return work(*args, **kwargs)
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            _call_old()
            gc.enable()

    return done


def _call_old() -> None:
    """Everything into the oldest generation, unless somebody keeps frozen values of their own."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
