"""Accesses, forms and guards as short plain text, for messages."""

from __future__ import annotations

from collections.abc import Iterable

from symbp.calculus.affine import Affine, Guard, Lookup, Range, Subscript
from symbp.calculus.expression import Access
from symbp.calculus.model import ADJOINT_MARK, Equation

RELATIONS = {"ge": ">=", "eq": "==", "ne": "!="}


def form_text(form: Affine) -> str:
    """2*p + r - 1 as `2*p+r-1`: symbols with positive coefficients first, the constant last."""
    ordered = sorted(form.terms, key=lambda t: t[1] < 0)
    parts = [_signed(c, s.partition("#")[0]) for s, c in ordered]
    if form.constant or not parts:
        parts.append(f"{form.constant:+d}")
    return "".join(parts).removeprefix("+")


def _signed(c: int, symbol: str) -> str:
    sign = "+" if c > 0 else "-"
    return f"{sign}{symbol}" if abs(c) == 1 else f"{sign}{abs(c)}*{symbol}"


def subscript_text(subscript: Subscript) -> str:
    if isinstance(subscript, Lookup):
        return access_text(Access(subscript.array, subscript.subscripts))
    return form_text(subscript)


def access_text(access: Access) -> str:
    """h[t-1,j]; a scalar is its name."""
    if not access.subscripts:
        return name_text(access.name)
    return f"{name_text(access.name)}[{','.join(map(subscript_text, access.subscripts))}]"


def name_text(name: str) -> str:
    """A name without the marks that generated names carry."""
    base = name.lstrip(ADJOINT_MARK)
    text = base.partition("#")[0]
    for _ in range(len(name) - len(base)):
        text = f"grad({text})"
    return text


def range_text(within: Range) -> str:
    return f"{form_text(within.lower)}..{form_text(within.upper)}"


def guard_text(guard: Guard) -> str:
    """A condition with its positive part on the left: `m >= n+1`, `i != j`, `(K-r) mod 2 == 0`, `tok[t] == v`."""
    if guard.lookup is not None:
        return f"{subscript_text(guard.lookup)} {RELATIONS[guard.kind]} {form_text(guard.form)}"
    if guard.kind in ("divides", "not_divides"):
        relation = "==" if guard.kind == "divides" else "!="
        return f"({form_text(guard.form)}) mod {guard.modulus} {relation} 0"
    left = Affine(tuple((s, c) for s, c in guard.form.terms if c > 0), max(guard.form.constant, 0))
    right = left - guard.form
    if not left.terms:
        mirrored = {"ge": "<=", "eq": "==", "ne": "!="}
        return f"{form_text(Affine(right.terms))} {mirrored[guard.kind]} {form_text(left - right.constant)}"
    if left.constant:
        left, right = left - left.constant, right - left.constant
    return f"{form_text(left)} {RELATIONS[guard.kind]} {form_text(right)}"


def guards_text(guards: Iterable[Guard]) -> str:
    return " and ".join(map(guard_text, guards))


def equation_name(equation: Equation) -> str:
    """The author's name that an equation belongs to."""
    return equation.owner or name_text(equation.target)


def point_text(point: dict[str, int]) -> str:
    """`t = 0, T = 1`."""
    return ", ".join(f"{name.partition('#')[0]} = {value}" for name, value in point.items())
