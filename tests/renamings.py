"""Changes to a model's text that change nothing but letters or order."""

from __future__ import annotations

import re
from random import Random

from symbp.calculus.functions import ALIASES, FUNCTIONS, REDUCTIONS

NAME = re.compile(r"[^\W\d]\w*")
DEFINITION = re.compile(r"(?:loss )?(\w+)(?:\[[^\]]*\])? = ")
HELPER = re.compile(r"\w+\([\w, ]*\) = ")
SUM = re.compile(r"\bsum\((\w+), (\w+), ")

WORDS = frozenset((
    "input", "target", "param", "const", "index", "size", "function", "loss", "assume", "update", "name", "show", "let",
    "at", "in", "if", "and", "or", "not", "as", "grad", "pad", "where", "pi", *FUNCTIONS, *ALIASES, *REDUCTIONS,
))
STEMS = ("A", "B", "G", "Q", "R", "alpha", "beta", "omega", "psi", "state", "mix", "w", "xi", "y")


def renamed(text: str, number: int) -> tuple[str, dict[str, str]]:
    """Every name of the file consistently replaced by another one; the map from old names to new ones."""
    dice = Random(number)
    names = list(dict.fromkeys(n for n in NAME.findall(text) if n not in WORDS))
    letters = [n for n in names if len(n) == 1 and n.islower()]
    pool = [c for c in "abcdefghijklmnopqrstuvwxyz" if c not in "e"]
    dice.shuffle(pool)
    new = dict(zip(letters, pool, strict=False))
    order = list(range(1, len(names) + 1))
    dice.shuffle(order)
    for name, k in zip(names, order, strict=True):
        new.setdefault(name, f"{dice.choice(STEMS)}{k}")
    return NAME.sub(lambda found: new.get(found[0], found[0]), text), new


def reordered(text: str, number: int) -> str:
    """The definitions of different names in another order; the cases of one name stay together."""
    dice = Random(number)
    lines = text.splitlines()
    places = [k for k, line in enumerate(lines) if DEFINITION.match(line) and not HELPER.match(line)]
    groups: dict[str, list[str]] = {}
    for k in places:
        found = DEFINITION.match(lines[k])
        assert found is not None
        groups.setdefault(found[1], []).append(lines[k])
    shuffled = list(groups.values())
    dice.shuffle(shuffled)
    for k, line in zip(places, (line for group in shuffled for line in group), strict=True):
        lines[k] = line
    return "\n".join(lines) + "\n"


def sums_swapped(text: str) -> str:
    """Every sum over two bare indices, with these in the other order."""
    return SUM.sub(r"sum(\2, \1, ", text)
