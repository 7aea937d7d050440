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
    place = {name: k for k, name in enumerate(gradients)}
    missing = {name: set(needs) for name, needs in gradients.items()}
    users: dict[str, list[str]] = {}
    for name, needs in missing.items():
        for error in needs:
            users.setdefault(error, []).append(name)
    order.extend(name for name, needs in missing.items() if not needs)
    for group in coupled(errors):
        order.extend(group)
        waiting = dict.fromkeys(name for error in group for name in users.get(error, ()))
        for error in group:
            for name in users.get(error, ()):
                missing[name].discard(error)
        order.extend(sorted((name for name in waiting if not missing[name]), key=place.__getitem__))
    return (*order, *(name for name, needs in missing.items() if needs))


def coupled(errors: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The error terms in groups that are defined in terms of each other, what is used first."""
    return [tuple(group) for group in components(list(errors), errors)]
