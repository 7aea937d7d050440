"""Equations equal up to the names of arrays: what is worked out for one is read off for the others.

A shape is an equation with its names numbered by first occurrence, in source order; ranges, guards and which accesses
coincide are part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbp.calculus.affine import Guard, Lookup, Subscript
from symbp.calculus.expression import Access, Expr, Partial, children, with_children
from symbp.calculus.model import Equation, Term


def numbered_names(equation: Equation) -> dict[str, str]:
    """The names of an equation's target and accesses, each with its place: §0, §1, …"""
    names = {equation.target: "§0"}
    for piece in equation.pieces:
        for term in piece.terms:
            for factor in term.factors:
                _number(factor, names)
            for guard in (*piece.guards, *term.guards):
                if guard.lookup is not None:
                    names.setdefault(guard.lookup.array, f"§{len(names)}")
    return names


def _number(e: Expr, names: dict[str, str]) -> None:
    if isinstance(e, Access):
        names.setdefault(e.name, f"§{len(names)}")
        for s in e.subscripts:
            if isinstance(s, Lookup):
                names.setdefault(s.array, f"§{len(names)}")
    for part in children(e):
        _number(part, names)


def shape(equation: Equation, names: Mapping[str, str]) -> tuple[object, ...]:
    """The equation under other names, without where it comes from."""
    pieces = tuple(
        (tuple(_guard(g, names) for g in p.guards), tuple(renamed(t, names) for t in p.terms))
        for p in equation.pieces
    )
    return equation.indices, pieces


def renamed(term: Term, names: Mapping[str, str]) -> Term:
    """The term with arrays renamed; a name that isn't in `names` stays."""
    return replace(
        term,
        factors=tuple(_renamed(f, names) for f in term.factors),
        guards=tuple(_guard(g, names) for g in term.guards),
    )


def _renamed(e: Expr, names: Mapping[str, str]) -> Expr:
    if isinstance(e, Access):
        return Access(names.get(e.name, e.name), _subscripts(e.subscripts, names))
    assert not isinstance(e, Partial)
    parts = children(e)
    return with_children(e, tuple(_renamed(p, names) for p in parts)) if parts else e


def _subscripts(subscripts: Sequence[Subscript], names: Mapping[str, str]) -> tuple[Subscript, ...]:
    return tuple(_lookup(s, names) if isinstance(s, Lookup) else s for s in subscripts)


def _lookup(lookup: Lookup, names: Mapping[str, str]) -> Lookup:
    return Lookup(names.get(lookup.array, lookup.array), lookup.subscripts)


def _guard(guard: Guard, names: Mapping[str, str]) -> Guard:
    return guard if guard.lookup is None else replace(guard, lookup=_lookup(guard.lookup, names))
