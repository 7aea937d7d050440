"""A gradient element by element: at given sizes every index a number, and every sum written out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

from symbp.calculus.affine import Affine, Guard
from symbp.calculus.derivation import Derivation, Gradient, Refusal, Rule, Step
from symbp.calculus.expression import Access, Expr, Partial, PartialKind
from symbp.calculus.indices import free_symbols
from symbp.calculus.matching import size_of
from symbp.calculus.write_out import write_out
from symbp.errors import Refused

ELEMENTS_LIMIT = 64
"""A gradient with more elements is left as it is."""

ELEMENT_LIMIT = 600
"""Nodes of one element's formula beyond which it is left out."""

Key = tuple[int, ...]


def elements(derivation: Derivation, parameter: str) -> dict[Key, Expr]:
    """∂of/∂parameter[k] in inputs and parameters only, for every index tuple k, at the model's sizes.

    Raises Refused where the expanded form doesn't exist, where a size that it needs has no value, and where there are
    too many elements or one is too long.
    """
    gradient = derivation.gradients[parameter]
    body = gradient.forms["expanded"]
    if isinstance(body, Refusal):
        raise Refused(f"∂{derivation.of}/∂{parameter}, element by element: {body.reason}")
    unknown = [s for s in _sizes_of(gradient, body, derivation) if s not in derivation.model.size_values]
    if unknown:
        raise Refused(f"∂{derivation.of}/∂{parameter}, element by element: size `{unknown[0]}` has no value")
    found = {}
    for key in _keys(gradient, derivation):
        at = {i.name: k for i, k in zip(gradient.indices, key, strict=True)}
        found[key] = write_out(body, derivation.model.size_values, at)
        if size_of(found[key]) > ELEMENT_LIMIT:
            raise Refused(f"∂{derivation.of}/∂{parameter}, element by element: more than {ELEMENT_LIMIT} nodes each")
    return found


def _sizes_of(gradient: Gradient, body: Expr, derivation: Derivation) -> tuple[str, ...]:
    """The sizes in the formula and in its indices' ranges, in the model's order."""
    ends = (e for i in gradient.indices for e in (i.range.lower, i.range.upper))
    used = {*free_symbols(body), *(s for e in ends for s in e.symbols)}
    return tuple(s for s in derivation.model.sizes if s in used)


def _keys(gradient: Gradient, derivation: Derivation) -> list[Key]:
    sizes = derivation.model.size_values
    ends = [(i.range.lower.evaluate(sizes), i.range.upper.evaluate(sizes)) for i in gradient.indices]
    count = prod(max(0, upper - lower + 1) for lower, upper in ends)
    if count > ELEMENTS_LIMIT:
        raise Refused(f"{gradient.parameter} has {count} elements; at most {ELEMENTS_LIMIT} are written out one by one")
    return list(product(*(range(lower, upper + 1) for lower, upper in ends)))


def element_steps(derivation: Derivation) -> tuple[Step, ...]:
    """One step for each element of each gradient that can be written out so, where that says more than the formula."""
    return tuple(step for name in derivation.gradients for step in _steps(derivation, name))


def _steps(derivation: Derivation, name: str) -> list[Step]:
    try:
        found = elements(derivation, name)
    except Refused:
        return []
    body = derivation.gradients[name].forms["expanded"]
    assert not isinstance(body, Refusal)
    sizes = _sizes_of(derivation.gradients[name], body, derivation)
    guards = tuple(Guard("eq", Affine.of(s) - derivation.model.size_values[s]) for s in sizes)
    steps = []
    for key, formula in found.items():
        element = Access(name, tuple(Affine.of(k) for k in key))
        total = Partial(PartialKind.TOTAL, Access(derivation.of), element)
        if formula != body:
            steps.append(Step(Rule.ELEMENT, name, (), total, formula, (), guards))
    return steps


def with_elements(derivation: Derivation) -> Derivation:
    """The derivation with these steps after its own."""
    return replace(derivation, steps=(*derivation.steps, *element_steps(derivation)))
