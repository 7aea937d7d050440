"""Strongly connected components and cycles, without recursion, in the order of what they are given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence


def components(nodes: Sequence[str], successors: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The strongly connected components, each after those that it leads to (Tarjan 1972).

    The order is that of a depth-first walk from the nodes in the order given; within a component too.
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[tuple[str, ...]] = []
    position = {n: k for k, n in enumerate(nodes)}
    for root in nodes:
        if root in order:
            continue
        work = [(root, iter(successors.get(root, ())))]
        while work:
            node, rest = work[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
                on_stack.add(node)
            for follower in rest:
                if follower not in order:
                    work.append((follower, iter(successors.get(follower, ()))))
                    break
                if follower in on_stack:
                    low[node] = min(low[node], order[follower])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == order[node]:
                    found.append(_popped(stack, on_stack, node, position))
    return found


def _popped(stack: list[str], on_stack: set[str], root: str, position: Mapping[str, int]) -> tuple[str, ...]:
    members = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        members.append(node)
        if node == root:
            return tuple(sorted(members, key=position.__getitem__))


def cycle(nodes: Iterable[str], successors: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A shortest cycle through the first node that is on one, starting there; () where there is none."""
    for start in nodes:
        before: dict[str, str] = {}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for follower in successors.get(node, ()):
                if follower == start:
                    return _path(before, start, node)
                if follower not in before:
                    before[follower] = node
                    queue.append(follower)
    return ()


def _path(before: Mapping[str, str], start: str, end: str) -> tuple[str, ...]:
    path = [end]
    while path[-1] != start:
        path.append(before[path[-1]])
    return tuple(reversed(path))
