"""What a chain says about its edges: who reads whom, and at which values of the summed indices."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import Route, Solved
from symbp.calculus.expression import Access
from symbp.calculus.feeding import Feed


def route(source: Access, feed: Feed, scope: Mapping[str, Index]) -> Route:
    """Which units of the reader read the source; `scope` has the indices around the edge, by name."""
    place = feed.place
    reader = Access(feed.reader, place.subscripts)
    shifts = ((_shifted(form), form.constant) for _, form in feed.fixed)
    shift = tuple((scope[s], c) for s, c in shifts if s in scope)
    return Route(source, reader, feed.unit, place.summed, feed.fixed, (*place.guards, *place.lookups), shift)


def solved(source: Access, feed: Feed) -> Solved:
    """r = i − 2p: the values of the reader's summed indices, where the unit is given."""
    place = feed.place
    assert place.written is not None
    reversed_in = tuple(u for u in place.summed if any(form.coefficient(u.name) < 0 for _, form in place.solved))
    reader = Access(feed.reader, place.subscripts)
    return Solved(source, reader, place.written, place.solved, place.guards, reversed_in)


def turned(source: Access, feed: Feed) -> Solved:
    """p = i − r: the unit, where the reader's summed indices are given."""
    place = feed.place
    assert place.written is not None
    reversed_in = tuple(b for b in place.turned_by if any(form.coefficient(b.name) < 0 for _, form in place.turned))
    return Solved(source, Access(feed.reader, place.subscripts), place.written, place.turned, (), reversed_in)


def _shifted(form: Affine) -> str:
    """The symbol s of s + c with c ≠ 0; "" for any other form."""
    return (form - form.constant).as_symbol or "" if form.constant else ""
