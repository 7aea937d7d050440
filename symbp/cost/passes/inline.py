"""A value that is never needed alone is never formed.

    p = e/S,  δ = p Y − y  →  δ = e/S · Y − y  (and then e · (Y/S) − y)

The first step saves nothing by itself: it is kept where the rules that it opens the way for save something.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Cases, Expr
from symbp.calculus.indices import replace_accesses, substitute
from symbp.calculus.model import Definition
from symbp.cost.passes.draft import Change, Draft

MOST_READERS = 3
"""Places that a value is written into."""


def inline(draft: Draft, name: str) -> Iterator[Change]:
    """One change for an inner definition without cases that few places read."""
    d = draft.definitions[name]
    if not draft.is_inner(name) or isinstance(d.body, Cases) or name in draft.readers.get(name, ()):
        return
    places = draft.places_of(name)
    if not 0 < len(places) <= MOST_READERS or not all(_is_plain(site.part) for _, site in places):
        return
    yield Change(tuple(into(draft.definitions[r], d) for r in dict.fromkeys(reader for reader, _ in places)))


def into(reader: Definition, d: Definition) -> Definition:
    """The reader with the formula of d in the place of each of its elements."""

    def formula(a: Access) -> Expr | None:
        if a.name != d.target:
            return None
        at = {i.name: s for i, s in zip(d.indices, a.subscripts, strict=True) if isinstance(s, Affine)}
        return substitute(d.body, at)

    return Definition(reader.target, reader.indices, replace_accesses(reader.body, formula))


def _is_plain(e: Expr) -> bool:
    return isinstance(e, Access) and all(isinstance(s, Affine) for s in e.subscripts)
