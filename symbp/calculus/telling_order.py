"""The order of the telling: error terms from the loss backwards, after each the gradients that need no later one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbp.calculus.graph import components


def telling_order(
    errors: Mapping[str, Sequence[str]], gradients: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The names of error terms and parameters; for each stand the error terms that its lines use.

    Error terms that are defined in terms of each other stand side by side.
    """
    order: list[str] = []
    standing: set[str] = set()
    waiting = dict(gradients)

    def tell_what_is_ready() -> None:
        for name in [n for n, needs in waiting.items() if standing.issuperset(needs)]:
            del waiting[name]
            order.append(name)

    tell_what_is_ready()
    for group in coupled(errors):
        order.extend(group)
        standing.update(group)
        tell_what_is_ready()
    return (*order, *waiting)


def coupled(errors: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The error terms in groups that are defined in terms of each other, what is used first."""
    return [tuple(group) for group in components(list(errors), errors)]
