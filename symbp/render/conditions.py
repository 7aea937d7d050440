"""Affine forms, ranges and guards as a person writes them: `0 ≤ i − 2p ≤ 2`, `j ≤ i`, `2 | i`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.calculus.affine import Affine, Guard, Lookup
from symbp.calculus.affine import Subscript as AffineSubscript
from symbp.calculus.expression import Relation
from symbp.render.letters import Letters
from symbp.render.printed import Level, Printed
from symbp.render.style import Style
from symbp.render.templates import Subscript


def print_form(form: Affine, letters: Letters, style: Style, tight: bool = False) -> Printed:
    """An affine form: positive terms first, then negative ones, then the constant."""
    ordered = sorted(form.terms, key=lambda term: term[1] < 0)
    parts = [(c, style.name(letters.letter(s))) for s, c in ordered]
    gap = "" if tight else " "
    text = ""
    for c, symbol in parts:
        shown = symbol if abs(c) == 1 else style.scaled(abs(c), symbol)
        text += _signed(shown, c < 0, not text, gap, style)
    if form.constant or not parts:
        text += _signed(str(abs(form.constant)), form.constant < 0, not text, gap, style)
    level = _form_level(form)
    magnitude = print_form(-form, letters, style, tight) if level is Level.NEGATIVE else None
    return Printed(text, level, magnitude=magnitude, numeric=form.is_constant and form.constant >= 0)


def _signed(shown: str, negative: bool, first: bool, gap: str, style: Style) -> str:
    if first:
        return (style.minus if negative else "") + shown
    return f"{gap}{style.minus if negative else '+'}{gap}{shown}"


def _form_level(form: Affine) -> Level:
    if len(form.terms) + bool(form.constant) > 1:
        return Level.SUM
    leading = form.terms[0][1] if form.terms else form.constant
    if leading < 0:
        return Level.NEGATIVE
    return Level.ATOM if form.is_constant or leading == 1 else Level.PRODUCT


def print_subscript(subscript: AffineSubscript, letters: Letters, style: Style) -> Subscript:
    """A subscript; simple where it is one letter or one digit."""
    if isinstance(subscript, Lookup):
        return Subscript(print_lookup(subscript, letters, style).text, False)
    text = print_form(subscript, letters, style, tight=True).text
    symbol = subscript.as_symbol
    if symbol is not None:
        return Subscript(text, is_simple(text))
    return Subscript(text, subscript.is_constant and 0 <= subscript.constant <= 9)


def is_simple(text: str) -> bool:
    """One letter, plain, Greek or accented, with or without primes."""
    bare = text.rstrip("'′")
    return len(bare) == 1 or (bare.startswith("\\") and "_" not in bare and "^" not in bare and "mathrm" not in bare)


def print_lookup(lookup: Lookup, letters: Letters, style: Style) -> Printed:
    return style.access(lookup.array, [print_subscript(s, letters, style) for s in lookup.subscripts])


@dataclass(frozen=True)
class _Bound:
    """form relation limit."""

    form: Affine
    relation: Relation
    limit: Affine


def print_guards(
    guards: Sequence[Guard], letters: Letters, style: Style, sizes: frozenset[str], first: Sequence[str] = (),
) -> list[str]:
    """One text for each condition; two bounds on one form become a chain. `first` names what to write on the left."""
    texts: list[str] = []
    pending = list(guards)
    while pending:
        guard = pending.pop(0)
        partner = _partner(guard, pending, sizes)
        if partner is not None:
            pending.remove(partner)
            texts.append(_chain(guard, partner, letters, style, sizes))
        else:
            texts.append(_single(guard, letters, style, sizes, first))
    return texts


def _partner(guard: Guard, others: Sequence[Guard], sizes: frozenset[str]) -> Guard | None:
    """Another bound, from the other side, on the same form of indices."""
    if guard.kind != "ge":
        return None
    part = _index_part(guard.form, sizes)
    if not part.terms:
        return None
    return next((g for g in others if g.kind == "ge" and _index_part(g.form, sizes) == -part), None)


def _index_part(form: Affine, sizes: frozenset[str]) -> Affine:
    return Affine(tuple((s, c) for s, c in form.terms if s not in sizes), 0)


def _chain(one: Guard, other: Guard, letters: Letters, style: Style, sizes: frozenset[str]) -> str:
    """lower ≤ form ≤ upper, of the two ways the one with fewer minus signs."""
    sign = style.relation("<=")
    ways = (_bounds(one, other, sizes), _bounds(other, one, sizes))
    best = min(ways, key=lambda way: sum(map(_minus_signs, way)))
    return f" {sign} ".join(print_form(part, letters, style).text for part in best)


def _bounds(low: Guard, high: Guard, sizes: frozenset[str]) -> tuple[Affine, Affine, Affine]:
    """lower, form and upper, where `low` bounds the form from below."""
    form = _index_part(low.form, sizes)
    return form - low.form, form, high.form + form


def _minus_signs(form: Affine) -> int:
    return sum(1 for _, c in form.terms if c < 0) + (form.constant < 0)


def _single(guard: Guard, letters: Letters, style: Style, sizes: frozenset[str], first: Sequence[str]) -> str:
    if guard.kind in ("divides", "not_divides"):
        form = guard.form if _leads_positive(guard.form) else -guard.form
        return style.divides(guard.modulus, print_form(form, letters, style), guard.kind == "divides")
    signs: dict[str, Relation] = {"ge": ">=", "eq": "==", "ne": "!="}
    relation = signs[guard.kind]
    if guard.lookup is not None:
        left = print_lookup(guard.lookup, letters, style).text
        return f"{left} {style.relation(relation)} {print_form(guard.form, letters, style).text}"
    bound = _split(guard.form, relation, sizes, first)
    left, right = (print_form(f, letters, style).text for f in (bound.form, bound.limit))
    return f"{left} {style.relation(bound.relation)} {right}"


def _leads_positive(form: Affine) -> bool:
    return not form.terms or any(c > 0 for _, c in form.terms)


_MIRROR: dict[Relation, Relation] = {">=": "<=", ">": "<", "==": "==", "!=": "!="}


def _split(form: Affine, relation: Relation, sizes: frozenset[str], first: Sequence[str]) -> _Bound:
    """form ⋈ 0 as left ⋈ right: minus signs moved across, the indices (and `first` of all) on the left."""
    left = Affine(tuple(t for t in form.terms if t[1] > 0), 0)
    right = Affine(tuple((s, -c) for s, c in form.terms if c < 0), 0)
    constant = form.constant
    if relation == ">=" and constant == -1 and left.terms and right.terms:
        relation, constant = ">", 0
    if _rank(right, sizes, first) > _rank(left, sizes, first):
        return _Bound(right, _MIRROR[relation], left + constant)
    return _Bound(left, relation, right - constant)


def _rank(side: Affine, sizes: frozenset[str], first: Sequence[str]) -> tuple[bool, bool, bool]:
    symbols = side.symbols
    return any(s in first for s in symbols), any(s not in sizes for s in symbols), bool(symbols)
