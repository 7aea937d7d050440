"""A sum that is known is its number.

    Σ_j y_j = 1  where the file assumes it, or where the model makes it so (a softmax)

The program then rests on the fact, which is cited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus import sets
from symbp.calculus.affine import Guard
from symbp.calculus.expression import Expr, Reduce
from symbp.calculus.indices import canonical
from symbp.calculus.matching import match_factors
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.scopes import Scope, context_of
from symbp.cost.passes.sites import rewritten


def assumed(draft: Draft, name: str) -> Iterator[Change]:
    """One change for each fact that a definition can use."""
    before = draft.definitions[name]
    for fact in draft.facts:

        def known(e: Expr, scope: Scope) -> Expr | None:
            if not isinstance(e, Reduce):
                return None
            context = (*draft.known, *context_of(scope))

            def holds(guards: Sequence[Guard]) -> bool:
                return sets.all_implied(context, guards)

            found = match_factors(fact, (canonical(e),), holds)  # noqa: B023
            return None if found is None else fact.replacement  # noqa: B023

        after = rewritten(before, known)
        if after is not before:
            yield Change((after,), (fact.label,))
