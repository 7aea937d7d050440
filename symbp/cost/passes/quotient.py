"""A product with a reciprocal is a quotient.

    r = 1/u,  a r  →  a/u

Where every reader of r multiplies by it, r itself is never worked out.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Expr, Power
from symbp.calculus.indices import replace_accesses, substitute
from symbp.calculus.model import Definition, whole_access
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.sites import is_reciprocal
from symbp.cost.stages import is_simple


def quotient(draft: Draft, name: str) -> Iterator[Change]:
    """One change for a definition that is a reciprocal."""
    d = draft.definitions[name]
    if not draft.is_inner(name) or not isinstance(d.body, Power) or not is_reciprocal(d.body):
        return
    made: list[Definition] = []
    base, exponent = d.body.base, d.body.exponent
    if not is_simple(base):
        below, = draft.parts_of(name, 1)
        made.append(Definition(below, d.indices, base))
        base = whole_access(d.indices, below)

    def divided(a: Access) -> Expr | None:
        if a.name != name or not all(isinstance(s, Affine) for s in a.subscripts):
            return None
        at = {i.name: s for i, s in zip(d.indices, a.subscripts, strict=True) if isinstance(s, Affine)}
        return Power(substitute(base, at), exponent)

    for reader in draft.readers.get(name, ()):
        before = draft.definitions[reader]
        made.append(Definition(reader, before.indices, replace_accesses(before.body, divided)))
    yield Change(tuple(made))
