"""Integer linear conditions as plain rows: normal forms, and the eliminations that are exact over the integers.

A row is one guard over numbered symbols: Σ cₖ·sₖ + c with the kind and modulus of the guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd
from typing import NamedTuple

from symbp.calculus.affine import GuardKind


class Row(NamedTuple):
    """Σ terms + constant, compared with 0 as `kind` says; `terms` is sorted by symbol and holds no zero."""

    kind: GuardKind
    terms: tuple[tuple[int, int], ...]
    constant: int
    modulus: int = 1


def row(kind: GuardKind, coefficients: Mapping[int, int], constant: int, modulus: int = 1) -> Row:
    if kind not in ("divides", "not_divides"):
        modulus = 1
    return Row(kind, tuple(sorted((s, c) for s, c in coefficients.items() if c)), constant, modulus)


def truth(r: Row) -> bool:
    """Whether a row without symbols holds."""
    match r.kind:
        case "ge":
            return r.constant >= 0
        case "eq":
            return r.constant == 0
        case "ne":
            return r.constant != 0
        case "divides":
            return r.constant % r.modulus == 0
        case "not_divides":
            return r.constant % r.modulus != 0


def normal(r: Row) -> Row | bool:
    """An equal row with the smallest integers, or its truth value where that is the same everywhere."""
    if not r.terms:
        return truth(r)
    if r.kind in ("divides", "not_divides"):
        return _normal_divisibility(r)
    common = gcd(*(c for _, c in r.terms))
    if r.kind == "ge":
        if common == 1:
            return r
        return Row("ge", tuple((s, c // common) for s, c in r.terms), r.constant // common)
    if r.constant % common:
        return r.kind == "ne"
    sign = common if r.terms[0][1] > 0 else -common
    if sign == 1:
        return r
    return Row(r.kind, tuple((s, c // sign) for s, c in r.terms), r.constant // sign)


def _normal_divisibility(r: Row) -> Row | bool:
    """m | e with the coefficients of e between −m/2 and m/2, and no common factor."""
    terms = tuple((s, k) for s, k in ((s, _near_zero(c, r.modulus)) for s, c in r.terms) if k)
    constant = r.constant % r.modulus
    if not terms:
        return truth(Row(r.kind, (), constant, r.modulus))
    common = gcd(r.modulus, *(c for _, c in terms))
    if constant % common:
        return r.kind == "not_divides"
    sign = common if terms[0][1] > 0 else -common
    modulus = r.modulus // common
    return Row(r.kind, tuple((s, c // sign) for s, c in terms), (constant // sign) % modulus, modulus)


def _near_zero(c: int, modulus: int) -> int:
    """The representative of c modulo m that is nearest to 0; c itself where it already is one."""
    if 2 * abs(c) <= modulus:
        return 0 if c % modulus == 0 else c
    k = c % modulus
    return k - modulus if 2 * k > modulus else k


def opposite(r: Row) -> Row:
    """The row that holds exactly where r does not."""
    match r.kind:
        case "ge":
            return Row("ge", tuple((s, -c) for s, c in r.terms), -r.constant - 1)
        case "eq":
            return r._replace(kind="ne")
        case "ne":
            return r._replace(kind="eq")
        case "divides":
            return r._replace(kind="not_divides")
        case "not_divides":
            return r._replace(kind="divides")


def replaced(r: Row, symbol: int, expression: Mapping[int, int], constant: int, scale: int) -> Row:
    """r with symbol = (expression + constant) / scale, for scale > 0 that divides it: all is multiplied by scale."""
    factor = next((c for s, c in r.terms if s == symbol), 0)
    if not factor:
        return r
    total = {s: c * scale for s, c in r.terms if s != symbol}
    for s, c in expression.items():
        total[s] = total.get(s, 0) + factor * c
    modulus = r.modulus * scale if r.kind in ("divides", "not_divides") else 1
    return row(r.kind, total, r.constant * scale + factor * constant, modulus)


def tidy(rows: Iterable[Row]) -> list[Row] | None:
    """The same set with normal rows, no repeats, parallel bounds merged and pinned forms as equalities; None if empty.

    The order of first occurrence is kept.
    """
    bounds: dict[tuple[tuple[int, int], ...], int] = {}
    kept: dict[Row, None] = {}
    for r in rows:
        n = normal(r)
        if n is True:
            continue
        if n is False:
            return None
        assert isinstance(n, Row)
        if n.kind == "ge":
            known = bounds.get(n.terms)
            if known is not None:
                if n.constant >= known:
                    continue
                del kept[Row("ge", n.terms, known)]
            bounds[n.terms] = n.constant
        kept[n] = None
    unequal = [r for r in kept if r.kind == "ne"]
    if unequal and bounds:
        kept = _off_the_edge(kept, bounds, unequal)
    return _pinned(kept, bounds)


def _off_the_edge(
    kept: dict[Row, None], bounds: dict[tuple[tuple[int, int], ...], int], unequal: Sequence[Row]
) -> dict[Row, None]:
    """e ≥ 0 with e ≠ 0 becomes e ≥ 1, as often as it can."""
    excluded: dict[tuple[tuple[int, int], ...], set[int]] = {}
    for r in unequal:
        excluded.setdefault(r.terms, set()).add(r.constant)
        excluded.setdefault(tuple((s, -c) for s, c in r.terms), set()).add(-r.constant)
    for terms in bounds:
        while bounds[terms] in excluded.get(terms, ()):
            bounds[terms] -= 1
    result: dict[Row, None] = {}
    for r in kept:
        if r.kind == "ge":
            result[r._replace(constant=bounds[r.terms])] = None
        elif r.kind != "ne" or not _beyond(r, bounds):
            result[r] = None
    return result


def _beyond(r: Row, bounds: Mapping[tuple[tuple[int, int], ...], int]) -> bool:
    """Whether a bound on the same form already excludes the value that r excludes."""
    below = bounds.get(r.terms)
    above = bounds.get(tuple((s, -c) for s, c in r.terms))
    return (below is not None and below < r.constant) or (above is not None and above < -r.constant)


def _pinned(kept: dict[Row, None], bounds: Mapping[tuple[tuple[int, int], ...], int]) -> list[Row] | None:
    """e ≥ 0 with −e ≥ 0 becomes e = 0; e ≥ 1 with −e ≥ 0 is empty."""
    result: dict[Row, None] = {}
    for r in kept:
        if r.kind != "ge":
            result[r] = None
            continue
        other = bounds.get(tuple((s, -c) for s, c in r.terms))
        if other is None or r.constant + other > 0:
            result[r] = None
        elif r.constant + other < 0:
            return None
        else:
            equality = normal(r._replace(kind="eq"))
            assert isinstance(equality, Row)
            result[equality] = None
    return list(result)


def solve(r: Row, symbol: int) -> tuple[dict[int, int], int, int]:
    """An equality as symbol = (expression + constant) / scale with scale > 0."""
    factor = dict(r.terms)[symbol]
    sign = -1 if factor > 0 else 1
    return {s: sign * c for s, c in r.terms if s != symbol}, sign * r.constant, abs(factor)


def substituted(rows: Sequence[Row], equality: Row, symbol: int) -> list[Row]:
    """The rows without `symbol`, by an equality among them: ∃ symbol of them all, exact over the integers."""
    expression, constant, scale = solve(equality, symbol)
    result = [replaced(r, symbol, expression, constant, scale) for r in rows if r is not equality]
    if scale > 1:
        result.append(row("divides", expression, constant, scale))
    return result


def occurrences(rows: Iterable[Row], symbol: int) -> tuple[list[tuple[int, Row]], list[tuple[int, Row]], list[Row]]:
    """The lower and the upper bounds of a symbol, with its coefficient's size, and the other rows that hold it."""
    lower: list[tuple[int, Row]] = []
    upper: list[tuple[int, Row]] = []
    others: list[Row] = []
    for r in rows:
        factor = next((c for s, c in r.terms if s == symbol), 0)
        if not factor:
            continue
        if r.kind != "ge":
            others.append(r)
        elif factor > 0:
            lower.append((factor, r))
        else:
            upper.append((-factor, r))
    return lower, upper, others


def shadow(rows: Sequence[Row], symbol: int, growth: int) -> list[Row] | None:
    """∃ symbol of the rows, by pairing its bounds (Fourier and Motzkin); None where that is not exact.

    Exact where the symbol is free on one side and no divisibility holds it, or where it stands in inequalities only and
    all its lower or all its upper bounds have coefficient 1. `growth` limits how many rows more there may be.
    """
    lower, upper, others = occurrences(rows, symbol)
    if (not lower or not upper) and all(r.kind == "ne" for r in others):
        return [r for r in rows if all(s != symbol for s, _ in r.terms)]
    exact = all(c == 1 for c, _ in lower) or all(c == 1 for c, _ in upper)
    if others or not exact or len(lower) * len(upper) > len(lower) + len(upper) + growth:
        return None
    result = [r for r in rows if all(s != symbol for s, _ in r.terms)]
    for a, low in lower:
        for b, high in upper:
            total = {s: c * b for s, c in low.terms}
            for s, c in high.terms:
                total[s] = total.get(s, 0) + c * a
            result.append(row("ge", total, low.constant * b + high.constant * a))
    return result


def components(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in groups that share no symbol, in order of first occurrence."""
    leader: dict[int, int] = {}

    def find(s: int) -> int:
        while leader[s] != s:
            leader[s] = leader[leader[s]]
            s = leader[s]
        return s

    for r in rows:
        first = r.terms[0][0]
        leader.setdefault(first, first)
        for s, _ in r.terms[1:]:
            leader[find(leader.setdefault(s, s))] = find(first)
    groups: dict[int, list[Row]] = {}
    for r in rows:
        groups.setdefault(find(r.terms[0][0]), []).append(r)
    return list(groups.values())


def canonical(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with symbols numbered by where they occur, sorted: equal for most sets that differ in names only."""
    marks: dict[int, list[tuple[str, int, int, int, int]]] = {}
    for r in rows:
        for s, c in r.terms:
            marks.setdefault(s, []).append((r.kind, c, r.constant, len(r.terms), r.modulus))
    order = sorted(marks, key=lambda s: sorted(marks[s]))
    number = {s: k for k, s in enumerate(order)}
    renamed = (r._replace(terms=tuple(sorted((number[s], c) for s, c in r.terms))) for r in rows)
    return tuple(sorted(n for r in renamed if isinstance(n := normal(r), Row)))
