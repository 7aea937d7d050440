"""Recognising a definition or a fact inside a formula: exp(z_j)/S is p_j, Σ_j y_j is 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript, form_in_range
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    Select,
    children,
    number,
    split_coefficient,
    walk,
)
from symbp.calculus.indices import canonical, substitute
from symbp.calculus.node import node

Bindings = dict[str, Affine]
Signature = tuple[str, ...]
Holds = Callable[[Sequence[Guard]], bool]


@dataclass(frozen=True)
class Pattern:
    """`body`, for any values of the pattern indices at which the guards hold, may be written `replacement`."""

    label: str
    indices: tuple[Index, ...]
    guards: tuple[Guard, ...]
    coefficient: Fraction
    factors: tuple[Expr, ...]
    replacement: Expr

    @cached_property
    def signatures(self) -> frozenset[Signature]:
        """What a formula that holds the pattern shows: one signature for each factor."""
        return frozenset(signature(f) for f in self.factors)


@lru_cache(maxsize=50_000)
def signature(f: Expr) -> Signature:
    """What two formulas that differ in subscripts only have in common: their nodes in reading order."""
    return tuple(_label(n) for n in walk(f))


def _label(n: Expr) -> str:
    match n:
        case Access(name):
            return name
        case Apply(name, _, orders):
            return f"{name}({len(n.arguments)}{orders or ''}"
        case Number(value):
            return str(value)
        case Reduce(kind, binders, guards):
            return f"{kind} {len(binders)} {len(guards)}"
        case _:
            return type(n).__name__


class Patterns:
    """Patterns by what they show, so that only likely ones are tried."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.by_signature: dict[Signature, list[tuple[int, Pattern]]] = {}
        for position, p in enumerate(patterns):
            self.by_signature.setdefault(max(p.signatures), []).append((position, p))

    def likely(self, shown: frozenset[Signature]) -> list[Pattern]:
        """The patterns whose every factor has a signature among those shown, in their order."""
        found = [entry for s in shown for entry in self.by_signature.get(s, ()) if entry[1].signatures <= shown]
        return [p for _, p in sorted(found, key=lambda entry: entry[0])]


def pattern(
    label: str, indices: tuple[Index, ...], guards: tuple[Guard, ...], body: Expr, replacement: Expr
) -> Pattern:
    """A pattern whose index names no formula uses."""
    renaming = {i.name: Affine.of(f"?{i.name}") for i in indices}
    coefficient, factors = split_coefficient(body)
    return Pattern(
        label,
        tuple(Index(f"?{i.name}", i.range) for i in indices),
        tuple(g.substitute(renaming) for g in guards),
        coefficient,
        tuple(canonical(substitute(f, renaming)) for f in unit_powers(factors)),
        substitute(replacement, renaming),
    )


def unit_powers(factors: Iterable[Expr]) -> tuple[Expr, ...]:
    """Factors with small literal integer powers written out: S^−2 as S^−1 S^−1."""
    opened: list[Expr] = []
    for f in factors:
        match f:
            case Power(base, Number(n)) if n.denominator == 1 and 2 <= abs(n) <= 4:
                step = base if n > 0 else Power(base, number(-1))
                opened.extend([step] * abs(int(n)))
            case _:
                opened.append(f)
    return tuple(opened)


def is_recognisable(body: Expr) -> bool:
    """Whether a body is worth recognising: a function's value, a sum, or a product that holds one or divides."""
    coefficient, factors = split_coefficient(body)
    if not factors:
        return False
    if len(factors) == 1:
        return coefficient == 1 and isinstance(factors[0], (Apply, Reduce))
    return any(_is_telling(f) for f in factors)


def _is_telling(f: Expr) -> bool:
    match f:
        case Apply() | Reduce():
            return True
        case Power(_, Number(n)):
            return n < 0
        case _:
            return False


def match_factors(p: Pattern, factors: Sequence[Expr], holds: Holds) -> tuple[Bindings, tuple[int, ...]] | None:
    """Bindings under which the pattern's factors are among `factors`, and the positions that they take; None if not."""

    signatures = [signature(f) for f in p.factors]

    def extend(k: int, bindings: Bindings, used: tuple[int, ...]) -> tuple[Bindings, tuple[int, ...]] | None:
        if k == len(p.factors):
            if not all(i.name in bindings for i in p.indices):
                return None
            ranges = [g for i in p.indices for g in form_in_range(bindings[i.name], i.range.substitute(bindings))]
            return (bindings, used) if holds([*ranges, *(g.substitute(bindings) for g in p.guards)]) else None
        for position, factor in enumerate(factors):
            if position in used:
                continue
            if signatures[k] != signature(factor):
                continue
            found = unify(p.factors[k], factor, bindings)
            if found is not None:
                result = extend(k + 1, found, (*used, position))
                if result is not None:
                    return result
        return None

    return extend(0, {}, ())


def unify(template: Expr, target: Expr, bindings: Bindings) -> Bindings | None:
    """The bindings extended so that template = target, or None. Both in canonical form."""
    if isinstance(template, Access):
        if not isinstance(target, Access) or template.name != target.name:
            return None
        return _unify_subscripts(template.subscripts, target.subscripts, bindings)
    if isinstance(template, Position):
        return _unify_affine(template.value, target.value, bindings) if isinstance(target, Position) else None
    if type(template) is not type(target):
        return None
    if isinstance(template, Reduce) and isinstance(target, Reduce):
        return _unify_reductions(template, target, bindings)
    ours, theirs = children(template), children(target)
    if not ours:
        return bindings if template == target else None
    if len(ours) != len(theirs) or not _same_head(template, target):
        return None
    found: Bindings | None = bindings
    for a, b in zip(ours, theirs, strict=True):
        if found is None:
            return None
        found = unify(a, b, found)
    return found


def _same_head(a: Expr, b: Expr) -> bool:
    match a, b:
        case Apply(f, _, o), Apply(g, _, q):
            return f == g and o == q
        case (Mul(), Mul()) | (Power(), Power()):
            return True
        case _:
            return type(a).__name__ == "Add"


def _unify_reductions(a: Reduce, b: Reduce, bindings: Bindings) -> Bindings | None:
    if a.kind != b.kind or len(a.binders) != len(b.binders) or len(a.guards) != len(b.guards):
        return None
    found: Bindings | None = bindings
    for x, y in zip(a.binders, b.binders, strict=True):
        for left, right in ((x.range.lower, y.range.lower), (x.range.upper, y.range.upper)):
            if found is not None:
                found = _unify_affine(left, right, found)
    if found is not None:
        found = unify(a.body, b.body, found)
    if found is None:
        return None
    guards = {g.substitute(found) for g in a.guards}
    return found if guards == set(b.guards) else None


def _unify_subscripts(
    ours: tuple[Subscript, ...], theirs: tuple[Subscript, ...], bindings: Bindings
) -> Bindings | None:
    if len(ours) != len(theirs):
        return None
    found: Bindings | None = bindings
    for a, b in zip(ours, theirs, strict=True):
        if found is None:
            return None
        if isinstance(a, Lookup) or isinstance(b, Lookup):
            found = _unify_lookups(a, b, found)
        else:
            found = _unify_affine(a, b, found)
    return found


def _unify_lookups(a: Subscript, b: Subscript, bindings: Bindings) -> Bindings | None:
    if not isinstance(a, Lookup) or not isinstance(b, Lookup) or a.array != b.array:
        return None
    return _unify_subscripts(a.subscripts, b.subscripts, bindings)


def _unify_affine(a: Affine, b: Affine, bindings: Bindings) -> Bindings | None:
    settled = a.substitute(bindings)
    unknown = [s for s in settled.symbols if s.startswith("?")]
    if not unknown:
        return bindings if settled == b else None
    if len(unknown) > 1 or settled.coefficient(unknown[0]) not in (1, -1):
        return None
    sign = settled.coefficient(unknown[0])
    form = (b - settled) * sign + Affine.of(unknown[0])
    if any(s.startswith("%") for s in form.symbols):
        return None
    return {**bindings, unknown[0]: form}


@lru_cache(maxsize=50_000)
def size_of(e: Expr) -> int:
    """Nodes of the tree."""
    return sum(1 for _ in walk(e))


@node
class Key:
    """What a formula is, of which the order of factors and of terms is no part."""

    kind: str
    parts: object


@lru_cache(maxsize=50_000)
def unordered(e: Expr) -> Expr | Key:
    """A key that formulas share which differ in bound letters, and in the order of factors and of terms, only."""
    return _unordered(canonical(e))


@lru_cache(maxsize=50_000)
def _unordered(e: Expr) -> Expr | Key:
    match e:
        case Mul(parts):
            return Key("product", frozenset(Counter(_unordered(p) for p in parts).items()))
        case Add(parts):
            return Key("sum", frozenset(Counter(_unordered(p) for p in parts).items()))
        case Reduce(kind, binders, guards, body, component):
            return Key(kind, (binders, guards, _unordered(body), component))
        case _:
            parts = children(e)
            return Key(type(e).__name__, (*(_unordered(p) for p in parts), *_own(e))) if parts else e


def _own(e: Expr) -> tuple[object, ...]:
    """What a node says beside its parts."""
    match e:
        case Apply(function, _, orders):
            return function, orders
        case Select(relation):
            return (relation,)
        case Cases(branches):
            return tuple(g for g, _ in branches)
        case _:
            return ()


@lru_cache(maxsize=50_000)
def has_sum(e: Expr) -> bool:
    """Whether a reduction over an index stands in it."""
    return any(isinstance(n, Reduce) for n in walk(e))
