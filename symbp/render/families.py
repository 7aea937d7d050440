"""The letters of each range that the displays of a derivation use: i = 1, …, d; j, m = 1, …, l."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus.affine import Index, Range
from symbp.calculus.derivation import Derivation, FormName, Refusal
from symbp.calculus.expression import Expr, Reduce, children
from symbp.calculus.model import whole_access
from symbp.render.letters import Letters, Supply


def letters_in_use(
    derivation: Derivation, supply: Supply, forms: Sequence[FormName] = (),
) -> dict[Range, tuple[str, ...]]:
    """For each range of the author's letters: these, then those of its further letters that some display has.

    `forms` are those of each gradient that stand by themselves.
    """
    meant: dict[str, set[Range]] = {}
    for indices, formulas in _displays(derivation, forms):
        letters = Letters.display(supply, indices, formulas)
        for index, letter in (*((i, letters.letter(i.name)) for i in indices), *_bound(formulas, letters)):
            meant.setdefault(letter, set()).add(supply.meaning(index))
    return {
        within: tuple(c for c in family if c in supply.ranges or meant.get(c) == {within})
        for within, family in supply.families.items()
    }


def _displays(
    derivation: Derivation, forms: Sequence[FormName],
) -> Iterator[tuple[tuple[Index, ...], tuple[Expr, ...]]]:
    for equation in derivation.forward:
        yield equation.indices, (equation.target, equation.body)
    for found in derivation.ways:
        for way in found.ways:
            yield (*found.indices, *way.running), ()
    for step in derivation.steps:
        yield step.indices, (step.before, step.after)
    for gradient in derivation.gradients.values():
        for body in (gradient.forms.get(form) for form in forms):
            if body is not None and not isinstance(body, Refusal):
                yield gradient.indices, (whole_access(gradient.indices, gradient.parameter), body)


def _bound(formulas: tuple[Expr, ...], letters: Letters) -> Iterator[tuple[Index, str]]:
    """The indices of the sums in formulas, with their letters."""
    stack = [(e, letters) for e in formulas]
    while stack:
        node, around = stack.pop()
        if isinstance(node, Reduce):
            around = around.bind(node)
            yield from ((b, around.letter(b.name)) for b in node.binders)
        stack.extend((part, around) for part in children(node))
