"""The activations that a model uses, defined and differentiated once, ahead of the local derivatives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import count

from symbp.calculus.activations import ACTIVATIONS
from symbp.calculus.derivation import DisplayEquation, FunctionFact
from symbp.calculus.expression import Access, Apply, Expr, walk
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Model

ARGUMENTS = ("t", "z", "u", "s", "r", "v", "x")
"""Letters for the argument, the usual one first."""


def function_facts(forward: Sequence[DisplayEquation], taken: Collection[str]) -> tuple[FunctionFact, ...]:
    """A fact D1, D2, … for each activation in the equations, in reading order; none of its letters is `taken`.

    A definition may read other activations (silu reads σ): they come behind the ones that the equations read.
    """
    t = Access(next(name for name in _letters() if name not in taken))
    names = list(dict.fromkeys(n for e in forward for n in _activations_in(e.body)))
    facts: list[FunctionFact] = []
    while len(facts) < len(names):
        name = names[len(facts)]
        activation = ACTIVATIONS[name]
        kinks = tuple((k.at, k.taken) for k in FUNCTIONS[name].kinks if k.at is not None and k.taken is not None)
        definition, slope = activation.definition(t), activation.derivative(t)
        fact = FunctionFact(f"D{len(facts) + 1}", name, t, definition, slope, kinks)
        facts.append(fact)
        names.extend(n for e in (fact.definition, fact.derivative[-1]) for n in _activations_in(e) if n not in names)
    return tuple(facts)


def names_of(model: Model) -> frozenset[str]:
    """Every name and letter that means something in the model."""
    named = (error.name for error in model.error_names)
    return frozenset((*model.arrays, *model.sizes, *model.functions, *model.index_ranges, *named, "e"))


def _letters() -> Iterator[str]:
    yield from ARGUMENTS
    yield from (f"t{k}" for k in count(1))


def _activations_in(e: Expr) -> Iterator[str]:
    return (n.function for n in walk(e) if isinstance(n, Apply) and n.function in ACTIVATIONS)
