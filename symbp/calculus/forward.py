"""Differentiation of one formula with indexed sums: every access yields a delta, and the deltas are contracted once.

∂(Σ_R f)/∂u[K] = Σ_R Σ_{accesses u[φ] in f} [φ = K] · (local derivative): the derivative is linear, so it is held as a
flat list of contributions Σ_{binders | guards} [subscripts = K] body until the end. Every binder that a contribution
carries has a name of its own, so that nothing is captured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Subscript, range_guards, symbols_of
from symbp.calculus.expression import (
    ONE, ZERO, Access, Add, Apply, Cases, Constant, Expr, Mul, Number, Partial, Position, Power, Reduce,
    Select, add, multiply, power, subtract,
)
from symbp.calculus.functions import partials
from symbp.calculus.indices import Solution, all_symbols, fresh, solve, substitute, truth
from symbp.errors import Refused

Guards = tuple[Guard, ...]


def derivative(e: Expr, name: str, at: tuple[Affine, ...], context: Sequence[Guard] = ()) -> Expr:
    """∂e/∂name[at], where the free indices of e and of `at` are fixed integers that satisfy `context`.

    Factors keep their order, with a local derivative in the place of the factor that it comes from. Guards that the
    context implies are dropped, and contributions whose guards contradict it vanish. Of a max or min over indices the
    first extremal tuple takes the derivative. Raises Refused for a formula that holds a ∂.
    """
    known = tuple(context)
    taken = all_symbols(e) | {s for a in at for s in a.symbols} | set(symbols_of(known))
    found = _Differentiation(name, taken).of(e, known)
    contracted = [c for d in found if (c := _contract(d, at, known)) is not None]
    return add(_grouped(contracted))


@dataclass(frozen=True)
class _Contribution:
    """Σ_{binders | guards} [subscripts = K] · body."""

    subscripts: tuple[Subscript, ...]
    body: Expr
    binders: tuple[Index, ...] = ()
    guards: Guards = ()


class _Differentiation:
    """The contributions of every access of one name in a formula, in reading order."""

    def __init__(self, name: str, taken: set[str]) -> None:
        self.name = name
        self.taken = taken

    def of(self, e: Expr, known: Guards) -> list[_Contribution]:
        """∂e; `known` holds at e, and serves to leave out what can't happen."""
        match e:
            case Access(name, subscripts):
                return [_Contribution(subscripts, ONE)] if name == self.name else []
            case Number() | Constant() | Position():
                return []
            case Add(terms):
                return [c for t in terms for c in self.of(t, known)]
            case Mul(factors):
                return self._product(factors, known)
            case Power(base, exponent):
                return self._power(base, exponent, known)
            case Apply():
                return self._call(e, known)
            case Reduce():
                return self._reduction(e, known)
            case Cases(branches):
                return [c for guards, body in _disjoint(branches, known) for c in self._under(guards, body, known)]
            case Select():
                return self._select(e, known)
            case Partial():
                raise Refused("a formula that holds a ∂ is not differentiated again")

    def _product(self, factors: tuple[Expr, ...], known: Guards) -> list[_Contribution]:
        """(f g)′ = f′ g + f g′, factors in order."""
        return [
            _scaled(c, before=factors[:k], after=factors[k + 1 :])
            for k, factor in enumerate(factors)
            for c in self.of(factor, known)
        ]

    def _power(self, base: Expr, exponent: Expr, known: Guards) -> list[_Contribution]:
        """(a^n)′ = n a^(n−1) a′ for a literal n;  (a^b)′ = b a^(b−1) a′ + a^b log(a) b′."""
        if isinstance(exponent, Number):
            n = exponent.value
            if n == 0:
                return []
            return [_scaled(c, (exponent, power(base, Number(n - 1)))) for c in self.of(base, known)]
        lower = (exponent, Power(base, subtract(exponent, ONE)))
        upper = (Power(base, exponent), Apply("log", (base,)))
        return [
            *(_scaled(c, lower) for c in self.of(base, known)),
            *(_scaled(c, upper) for c in self.of(exponent, known)),
        ]

    def _call(self, e: Apply, known: Guards) -> list[_Contribution]:
        """f(x, y, …)′ = Σ_k ∂f/∂x_k · x_k′."""
        inner = [self.of(x, known) for x in e.arguments]
        if not any(inner):
            return []
        return [
            _scaled(c, (local,))
            for found, local in zip(inner, partials(e), strict=True)
            if local != ZERO
            for c in found
        ]

    def _select(self, e: Select, known: Guards) -> list[_Contribution]:
        """Each branch's derivative under the same condition; the two are one where they are of the same element."""

        def chosen(yes: Expr, no: Expr) -> Expr:
            return Select(e.relation, e.left, e.right, yes, no)

        result: list[_Contribution] = []
        others = self.of(e.no, known)
        for c in self.of(e.yes, known):
            same = next((o for o in others if replace(o, body=c.body) == c), None)
            if same is not None:
                others.remove(same)
            result.append(replace(c, body=chosen(c.body, same.body if same else ZERO)))
        return result + [replace(c, body=chosen(ZERO, c.body)) for c in others]

    def _under(self, guards: Guards, body: Expr, known: Guards) -> list[_Contribution]:
        return [replace(c, guards=(*guards, *c.guards)) for c in self.of(body, (*known, *guards))]

    def _reduction(self, e: Reduce, known: Guards) -> list[_Contribution]:
        """∂Σ f = Σ ∂f;  ∂Π f = Σ_R′ ∂f(R′) Π_{R ≠ R′} f(R);  ∂max f = Σ_R′ [R′ is the first extremal] ∂f(R′)."""
        if e.kind in ("argmax", "argmin"):
            return []
        own, renaming = self._fresh_binders(e.binders)
        guards = tuple(g.substitute(renaming) for g in e.guards)
        inside = (*(g for b in own for g in range_guards(b.name, b.range)), *guards)
        found = self.of(substitute(e.body, renaming), (*known, *inside))
        if found and e.kind == "prod":
            others = tuple(_product_without(e, own))
            found = [_scaled(c, after=others) for c in found]
        elif found and e.kind in ("max", "min"):
            found = [replace(c, body=_where_extremal(e, own, c.body)) for c in found]
        return [replace(c, binders=(*own, *c.binders), guards=(*guards, *c.guards)) for c in found]

    def _fresh_binders(self, binders: tuple[Index, ...]) -> tuple[tuple[Index, ...], dict[str, Affine]]:
        renaming: dict[str, Affine] = {}
        own = []
        for b in binders:
            name = fresh(b.name, self.taken)
            self.taken.add(name)
            own.append(Index(name, b.range.substitute(renaming)))
            renaming[b.name] = Affine.of(name)
        return tuple(own), renaming


def _scaled(c: _Contribution, before: Iterable[Expr] = (), after: Iterable[Expr] = ()) -> _Contribution:
    return replace(c, body=multiply((*before, c.body, *after)))


def _product_without(e: Reduce, own: tuple[Index, ...]) -> Iterable[Expr]:
    """Π_{R ≠ R′} f(R) = Π_k Π_{R_k ≠ R_k′, later binders} f(R_1′, …, R_{k−1}′, R_k, …)."""
    for k, (binder, excluded) in enumerate(zip(e.binders, own, strict=True)):
        fixed = {b.name: Affine.of(o.name) for b, o in zip(e.binders[:k], own[:k], strict=True)}
        apart = Guard("ne", Affine.of(binder.name) - Affine.of(excluded.name))
        rest = Reduce("prod", e.binders[k:], (apart, *e.guards), e.body)
        yield substitute(rest, fixed)


def _where_extremal(e: Reduce, own: tuple[Index, ...], body: Expr) -> Expr:
    """[R′ = argmax_R f(R)] · body, one component at a time."""
    for k in reversed(range(len(own))):
        first = replace(e, kind="argmax" if e.kind == "max" else "argmin", component=k)
        body = Select("==", Position(Affine.of(own[k].name)), first, body, ZERO)
    return body


def _disjoint(branches: tuple[tuple[Guards, Expr], ...], known: Guards) -> Iterable[tuple[Guards, Expr]]:
    """The branches of Cases with guards that exclude every earlier branch, where they don't do so already."""
    earlier: list[Guards] = []
    for guards, body in branches:
        parts = [guards]
        for excluded in earlier:
            parts = [p for part in parts for p in _outside(part, excluded, known)]
        yield from ((p, body) for p in parts)
        earlier.append(guards)


def _outside(part: Guards, excluded: Guards, known: Guards) -> list[Guards]:
    """part ∖ excluded as disjoint guard sets: ¬g₁, then g₁ ∧ ¬g₂, …"""
    if sets.disjoint(part, excluded, known):
        return [part]
    found = ((*part, *excluded[:k], sets.negation(g)) for k, g in enumerate(excluded))
    return [p for p in found if not sets.empty((*known, *p))]


def _contract(c: _Contribution, at: tuple[Affine, ...], context: Guards) -> _Contribution | None:
    """The delta solved: binders that it determines are gone, what is left are guards; None where it is always 0."""
    if c.body == ZERO:
        return None
    solution = _solved(c, at)
    if any(truth(g) is False for g in solution.guards):
        return None
    ranges = tuple(g for b in solution.remaining for g in range_guards(b.name, b.range))
    known = (*context, *ranges)
    if sets.empty((*known, *solution.guards)):
        return None
    guards = sets.redundant_dropped(solution.guards, known)
    return _Contribution((), substitute(c.body, solution.values), solution.remaining, guards)


def _solved(c: _Contribution, at: tuple[Affine, ...]) -> Solution:
    """`solve`, outer binders first, unless ranges would then refer to each other; then inner first; then nothing."""
    for unknowns in (c.binders, c.binders[::-1]):
        solution = solve(c.subscripts, at, unknowns, c.guards)
        ordered = _in_scope(solution.remaining)
        if ordered is not None:
            return replace(solution, remaining=ordered)
    unsolved = solve(c.subscripts, at, (), c.guards)
    return replace(unsolved, remaining=c.binders)


def _in_scope(binders: tuple[Index, ...]) -> tuple[Index, ...] | None:
    """The binders in an order in which each range reads earlier ones only; None where there is none."""
    left = {b.name: b for b in binders}
    ordered: list[Index] = []
    while left:
        free = next((b for b in left.values() if not any(s in left for s in _range_symbols(b))), None)
        if free is None:
            return None
        ordered.append(left.pop(free.name))
    return tuple(ordered)


def _range_symbols(b: Index) -> tuple[str, ...]:
    return (*b.range.lower.symbols, *b.range.upper.symbols)


def _grouped(found: list[_Contribution]) -> Iterable[Expr]:
    """The contributions as trees; those without binders and with the same guards share one Iverson bracket."""
    groups: dict[tuple[Guards, int], list[_Contribution]] = {}
    for k, c in enumerate(found):
        groups.setdefault((c.guards, k if c.binders else -1), []).append(c)
    for (guards, _), together in groups.items():
        yield _assembled(together[0].binders, guards, add(c.body for c in together))


def _assembled(binders: tuple[Index, ...], guards: Guards, body: Expr) -> Expr:
    """[outer guards] Σ_{binders | inner guards} body."""
    names = {b.name for b in binders}
    inner = tuple(g for g in guards if names.intersection(g.symbols))
    outer = tuple(g for g in guards if g not in inner)
    if binders:
        body = Reduce("sum", binders, inner, body)
    return Cases(((outer, body),)) if outer else body
