"""How generated sums print: the normaliser of a softmax is Z, a sum inside a logarithm S; none looks like a power."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from string import ascii_lowercase

from symbp.calculus.expression import Apply
from symbp.calculus.model import Equation, Model

LETTERS = {"prod": ("P", "Q"), "max": ("M",), "min": ("M",)}
"""What a generated product or extremum is called."""

SUMS = ("S", "R", "Q")
NORMALISERS = ("Z", *SUMS)
"""What a sum of exponentials is called."""


def inner_looks(model: Model) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """A look for each generated sum, product or extremum that has none, and its letters.

    A capital that nothing else has, with a number above in brackets where several share it.
    """
    taken = {_stem(name) for name in _names(model)} | {_stem(text) for text in model.looks.values()}
    used: set[str] = set()
    looks: dict[str, str] = {}
    letters: dict[str, tuple[str, ...]] = {}
    for equation in model.equations:
        if equation.owner is None or equation.inline or equation.target in model.looks:
            continue
        free = [c for c in _letters(equation) if c not in taken] or [equation.target[:1].upper() + "s"]
        look = next(text for text in _candidates(free) if text not in used)
        used.add(look)
        own = tuple(ascii_lowercase[: len(equation.indices)])
        looks[equation.target] = look + (f"_{{{''.join(own)}}}" if own else "")
        letters[equation.target] = own
    return looks, letters


def _names(model: Model) -> Iterator[str]:
    yield from (name for name in model.arrays if (e := model.by_target.get(name)) is None or e.owner is None)
    yield from (*model.sizes, *model.index_ranges, *model.functions, *(e.name for e in model.error_names))
    if model.rate is not None:
        yield model.rate


def _stem(name: str) -> str:
    """The letters that a name begins with."""
    found = re.match(r"[^\W\d_]+", name)
    return found[0] if found else name


def _letters(equation: Equation) -> tuple[str, ...]:
    terms = [t for piece in equation.pieces for t in piece.terms]
    kind = next((t.kind for t in terms if t.binders), "sum")
    exponentials = all(any(isinstance(f, Apply) and f.function == "exp" for f in t.factors) for t in terms)
    return LETTERS.get(kind) or (NORMALISERS if exponentials else SUMS)


def _candidates(free: list[str]) -> Iterator[str]:
    yield from free
    yield from (f"{letter}^{{({number})}}" for number in count(2) for letter in free)
