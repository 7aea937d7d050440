"""The outlines of formulas: what those have in common that differ in the names of arrays only.

In a network of a thousand layers every layer has the same few; what is true of an outline is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from weakref import WeakValueDictionary

from symbp.calculus.affine import Guard, Lookup, Subscript
from symbp.calculus.expression import (
    PARTS,
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Partial,
    Power,
    Reduce,
    Select,
    walk,
)
from symbp.calculus.likeness import Renaming
from symbp.calculus.node import keep, kept


class Outline:
    """Formulas that are equal but for the names that they access, by the one that came first."""

    def __init__(self, body: Expr, names: tuple[str, ...]) -> None:
        self.body = body
        self.names = names
        """What is accessed, in the order of its first places: other formulas have other names in this order."""

    @cached_property
    def fixed(self) -> tuple[str, ...]:
        """Names that all the formulas read: integer arrays in subscripts and conditions."""
        found: dict[str, None] = {}
        for e in walk(self.body):
            match e:
                case Access(_, subscripts):
                    found.update(dict.fromkeys(_arrays(subscripts)))
                case Reduce(_, _, guards):
                    found.update(dict.fromkeys(_looked_up(guards)))
                case Cases(branches):
                    found.update(dict.fromkeys(name for guards, _ in branches for name in _looked_up(guards)))
                case Partial(_, of, wrt):
                    found.update(dict.fromkeys((of.name, wrt.name)))
        return tuple(found)

    @cached_property
    def bound(self) -> tuple[str, ...]:
        """The index names that the formulas bind, those twice that they bind twice."""
        return tuple(b.name for e in walk(self.body) if isinstance(e, Reduce) for b in e.binders)

    @cached_property
    def has_position(self) -> bool:
        """Whether the position of a maximum or minimum stands in them."""
        return any(isinstance(e, Reduce) and e.kind in ("argmax", "argmin") for e in walk(self.body))


Outlined = tuple[Outline, tuple[str, ...]]
"""An outline, and the names that stand in one of its formulas."""

_outlines: WeakValueDictionary[tuple[object, ...], Outline] = WeakValueDictionary()


def outlined(body: Expr) -> Outlined:
    """The outline of a formula, and what it accesses in the order of first places.

    It is kept with the formula: to look one up by its hash takes as long as to go through it."""
    found = kept(body)
    if found is None:
        return keep(body, _outlined(body))
    return keep(body, _of_renamed(body, found)) if found.__class__ is Renaming else found


def _of_renamed(body: Expr, renaming: Renaming) -> Outlined:
    """The outline of what the formula was made of, where no two names have become one."""
    outline, names = outlined(renaming.of)
    own = tuple([renaming.names.get(name, name) for name in names])
    return (outline, own) if len(set(own)) == len(own) and not outline.fixed else _outlined(body)


def _outlined(body: Expr) -> Outlined:
    key: list[object] = []
    numbers: dict[str, int] = {}
    stack = [body]
    while stack:
        e = stack.pop()
        kind = e.__class__
        if kind is Access:
            key += (numbers.setdefault(e.name, len(numbers)), e.subscripts)  # type: ignore[union-attr]
            continue
        key.append(kind)
        if kind is Number:
            key += (e.value.numerator, e.value.denominator)  # type: ignore[union-attr]
            continue
        parts = PARTS[kind](e)
        if parts:
            stack += parts[::-1]
            if kind is Mul or kind is Add:
                key.append(len(parts))
            elif kind is not Power:
                key += _own(e)
                key.append(len(parts))
        else:
            key.append(e)
    names = tuple(numbers)
    identity = tuple(key)
    found = _outlines.get(identity)
    if found is None:
        found = _outlines[identity] = Outline(body, names)
    return found, names


def _own(e: Expr) -> tuple[object, ...]:
    """What a node says beside its parts."""
    kind = e.__class__
    if kind is Reduce:
        return e.kind, e.binders, e.guards, e.component  # type: ignore[union-attr]
    if kind is Apply:
        return e.function, e.orders  # type: ignore[union-attr]
    if kind is Cases:
        return tuple([guards for guards, _ in e.branches])  # type: ignore[union-attr]
    if kind is Select:
        return (e.relation,)  # type: ignore[union-attr]
    raise TypeError(e)


def _arrays(subscripts: Iterable[Subscript]) -> Iterable[str]:
    return (s.array for s in subscripts if isinstance(s, Lookup))


def _looked_up(guards: Iterable[Guard]) -> Iterable[str]:
    return (g.lookup.array for g in guards if g.lookup is not None)
