"""Recursive functions without Python's stack: a function yields the calls it makes and gets their answers back."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator["Generator[Any, Any, Any]", Any, T]
"""A computation that yields sub-computations (other Steps) and returns a T."""


def done(answer: T) -> Steps[T]:
    """A computation that has its answer already."""
    return answer
    yield


def run(steps: Steps[T]) -> T:
    """The answer of a computation, however deep its calls go."""
    stack: list[Generator[Any, Any, Any]] = [steps]
    answer: Any = None
    while True:
        try:
            stack.append(stack[-1].send(answer))
        except StopIteration as end:
            stack.pop()
            answer = end.value
            if not stack:
                return answer  # type: ignore[no-any-return]
        else:
            answer = None
