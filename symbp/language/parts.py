"""What the builder passes upward: formulas with their depth, binders, and what stands between brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from symbp.language import syntax
from symbp.language.mistake import Mistake
from symbp.language.syntax import Span

NESTING = 200

Group = tuple[syntax.Statement, ...]
"""What one statement of the text says: one statement, or one for each part of its list."""

CONDITIONS = (syntax.Comparison, syntax.Not, syntax.And, syntax.Or)


class Built(NamedTuple):
    """A formula or condition with its depth, and where it stands with its parentheses."""

    node: syntax.Expression | syntax.Condition
    depth: int
    span: Span


class Bound(NamedTuple):
    """A binder with its depth."""

    node: syntax.Binder
    depth: int
    span: Span


class Several(NamedTuple):
    """Parts between brackets: subscripts, bounds, axes, parameters."""

    parts: tuple[Any, ...]
    depth: int
    span: Span


def node_at(depth: int, span: Span, node: syntax.Expression | syntax.Condition) -> Built:
    if depth > NESTING:
        raise Mistake(
            span, f"the formula is nested too deep: more than {NESTING} levels",
            "name a part of it on a line of its own",
        )
    return Built(node, depth, span)


def number(part: Built) -> syntax.Expression:
    """The formula; a condition is a mistake."""
    if isinstance(part.node, CONDITIONS):
        raise Mistake(
            part.span, "a condition is not a number", "conditions stand in `if`, `where` and `assume` only",
        )
    return part.node


def truth(part: Built) -> syntax.Condition:
    """The condition; a number is a mistake."""
    if not isinstance(part.node, CONDITIONS):
        raise Mistake(part.span, "a condition is expected here, not a number", "compare it: `i != j`, `1 <= i <= n`")
    return part.node


def every_other(children: Sequence[Any]) -> tuple[Any, ...]:
    """The parts of a list without its separators: 0, 2, 4, …"""
    return tuple(children[::2])


def depth_of(parts: Sequence[Built | Bound | Several]) -> int:
    return max((p.depth for p in parts), default=0)
