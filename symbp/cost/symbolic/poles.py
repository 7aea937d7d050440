"""Sizes at which a closed form divides by 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.polynomial import Polynomial


class Pole(NamedTuple):
    """size = value makes a divisor 0; the value is a number, or another size with a number."""

    size: str
    value: Affine


def poles(forms: Iterable[Form], minimum: Mapping[str, int]) -> tuple[Pole, ...] | None:
    """Where divisors vanish, the sizes being at least `minimum`; None where that can't be told in such terms."""
    divisors = dict.fromkeys(q for form in forms for shape in form.terms for q, _ in shape.divisors)
    found: dict[Pole, None] = {}
    for q in sorted(divisors, key=lambda q: sorted(q.terms.items())):
        own = _poles(q, minimum)
        if own is None:
            return None
        found.update(dict.fromkeys(own))
    return tuple(found)


def _poles(q: Polynomial, minimum: Mapping[str, int]) -> tuple[Pole, ...] | None:
    if _positive(q, minimum) or _positive(-q, minimum):
        return ()
    affine = _affine(q)
    if affine is not None:
        return affine
    if len(q.symbols) == 1:
        return _roots(q, q.symbols[0], minimum)
    for size in q.symbols:
        above = {**minimum, size: minimum[size] + 1}
        if _positive(q, above) or _positive(-q, above):
            return (Pole(size, Affine.of(minimum[size])),)
    return None


def _positive(q: Polynomial, minimum: Mapping[str, int]) -> bool:
    """Whether q > 0, seen by its coefficients at minimum + something that isn't negative."""
    shifted = q.substitute({s: Affine.of(s) + minimum[s] for s in q.symbols})
    return shifted.terms.get((), 0) > 0 and all(c > 0 for c in shifted.terms.values())


def _affine(q: Polynomial) -> tuple[Pole, ...] | None:
    """q = ±(size − value); no pole where q is affine and has no integer zero of that kind is left to others."""
    terms: dict[str, int] = {}
    for monomial, c in q.terms.items():
        if len(monomial) > 1 or (monomial and monomial[0][1] > 1) or not isinstance(c, int):
            return None
        if monomial:
            terms[monomial[0][0]] = c
    constant = q.terms.get((), 0)
    size = next((s for s, c in sorted(terms.items(), reverse=True) if abs(c) == 1), None)
    if size is None or not isinstance(constant, int):
        return None
    sign = -terms.pop(size)
    return (Pole(size, Affine.build({s: c * sign for s, c in terms.items()}, constant * sign)),)


def _roots(q: Polynomial, size: str, minimum: Mapping[str, int]) -> tuple[Pole, ...] | None:
    """The integers at which a primitive polynomial in one size vanishes: divisors of its last coefficient."""
    last = min(q.terms.items(), key=lambda t: t[0])[1]
    candidates = [k for k in range(minimum[size], abs(int(last)) + 1) if int(last) % k == 0]
    return tuple(Pole(size, Affine.of(k)) for k in candidates if q.evaluate({size: k}) == 0)
