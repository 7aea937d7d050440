"""Changes to a model's text that change nothing but letters or order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.functions import ALIASES, FUNCTIONS, REDUCTIONS

NAME = re.compile(r"[^\W\d]\w*")
PART = re.compile(r"(?<![^\W])[^\W\d_][^\W_]*|(?<=#at_)[^\W\d_][^\W_]*|(?<!#at)_[^\W_]+")
"""Names in a generated one: `h1` in h1_s, whose ending is no name; `m1` and `j` in m1#at_j."""
DEFINITION = re.compile(r"(?:loss )?(\w+)(?:\[[^\]]*\])? = ")
HELPER = re.compile(r"\w+\([\w, ]*\) = ")
SUM = re.compile(r"\bsum\((\w+), (\w+), ")

WORDS = frozenset((
    "input", "target", "param", "const", "index", "size", "function", "loss", "assume", "update", "name", "role",
    "show", "let", "at", "in", "if", "and", "or", "not", "as", "grad", "pad", "where", "pi",
    *FUNCTIONS, *ALIASES, *REDUCTIONS,
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


def same_but_for_letters(one: Any, other: Any, names: Mapping[str, str]) -> str:
    """Where two values of frozen dataclasses differ otherwise than by `names` and by the letters of bound indices.

    The answer is the path to the first difference, empty where there is none. Messages are not compared.
    """
    return _difference(one, other, names, {})


def _difference(one: Any, other: Any, names: Mapping[str, str], bound: Mapping[str, str]) -> str:
    if isinstance(one, str) and isinstance(other, str):
        return "" if _new_name(one, names) == other else f": {one!r}, {other!r}"
    if isinstance(one, Index) and isinstance(other, Index):
        return _difference(one.range, other.range, names, bound)
    if isinstance(one, Affine) and isinstance(other, Affine):
        return "" if _new_form(one, names, bound) == other else f": {one}, {other}"
    if isinstance(one, Guard) and isinstance(other, Guard) and one.kind != "ge" and one.lookup is None:
        form = _new_form(one.form, names, bound)
        same = (one.kind, one.modulus) == (other.kind, other.modulus) and other.form in (form, -form)
        return "" if same else f": {one}, {other}"
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = [_new_name(k, names) for k in one]
        if sorted(keys) != sorted(other):
            return f": {keys}, {list(other)}"
        return _first((f"[{k}]", _difference(one[k], other[n], names, bound)) for k, n in zip(one, keys, strict=True))
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        if len(one) != len(other):
            return f": {len(one)} and {len(other)} entries"
        pairs = enumerate(zip(one, other, strict=True))
        return _first((f"[{k}]", _difference(a, b, names, bound)) for k, (a, b) in pairs)
    if is_dataclass(one) and type(one) is type(other):
        inner = {**bound, **_binding(one, other)}
        compared = (f.name for f in fields(one) if f.compare and f.name not in ("reason", "line"))
        return _first(
            (f".{n}", _difference(getattr(one, n), getattr(other, n), {} if n == "label" else names, inner))
            for n in compared
        )
    return "" if one == other else f": {one!r}, {other!r}"


def _binding(one: Any, other: Any) -> dict[str, str]:
    """The letters that a reduction or a line binds."""
    return {
        a.name: b.name
        for field in ("indices", "binders", "unit")
        for a, b in zip(getattr(one, field, ()), getattr(other, field, ()), strict=False)
    }


def _first(found: Iterable[tuple[str, str]]) -> str:
    return next((step + rest for step, rest in found if rest), "")


def _new_form(form: Affine, names: Mapping[str, str], bound: Mapping[str, str]) -> Affine:
    return Affine.build({bound.get(s, _new_name(s, names)): c for s, c in form.terms}, form.constant)


def _new_name(text: str, names: Mapping[str, str]) -> str:
    return PART.sub(lambda found: names.get(found[0], found[0]), text)
