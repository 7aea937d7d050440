"""The letters of each range that the displays of a derivation use: i = 1, …, d; j, m = 1, …, l."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Index, Range
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Expr, Reduce, children
from symbp.render.letters import Letters, Supply


def letters_in_use(derivation: Derivation, supply: Supply) -> dict[Range, tuple[str, ...]]:
    """For each range of the author's letters: these, then those of its further letters that some display has."""
    used: set[str] = set()
    for indices, formulas in _displays(derivation):
        letters = Letters.display(supply, indices, formulas)
        used.update(letters.spelled.values())
        for e in formulas:
            used.update(_bound(e, letters))
    return {
        within: tuple(c for c in family if c in supply.ranges or c in used)
        for within, family in supply.families.items()
    }


def _displays(derivation: Derivation) -> Iterator[tuple[tuple[Index, ...], tuple[Expr, ...]]]:
    for equation in derivation.forward:
        yield equation.indices, (equation.target, equation.body)
    for found in derivation.ways:
        for way in found.ways:
            yield (*found.indices, *way.running), ()
    for step in derivation.steps:
        yield step.indices, (step.before, step.after)


def _bound(e: Expr, letters: Letters) -> Iterator[str]:
    """The letters of the sums in a formula."""
    stack = [(e, letters)]
    while stack:
        node, around = stack.pop()
        if isinstance(node, Reduce):
            around = around.bind(node)
            yield from (around.letter(b.name) for b in node.binders)
        stack.extend((part, around) for part in children(node))
