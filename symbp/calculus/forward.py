"""Differentiation of one formula with indexed sums, the letters that are bound in it never captured.

∂(Σ_R f)/∂u[K] = Σ_R Σ_{accesses u[φ] in f} [φ = K] · (local derivative). A delta stays open until the outermost sum
that binds a letter of φ; there φ = K is solved, and what comes out is a plain formula. Every binder that an open delta
carries has a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Subscript, range_guards, symbols_of
from symbp.calculus.expression import (
    ONE,
    ZERO,
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    Position,
    Power,
    Reduce,
    Select,
    add,
    multiply,
    power,
    subtract,
)
from symbp.calculus.functions import partials
from symbp.calculus.indices import all_symbols, fresh, solve, substitute, truth
from symbp.errors import Refused

Guards = tuple[Guard, ...]
Names = frozenset[str]
PartialsRule = Callable[[Apply], tuple[Expr, ...]]


def derivative(
    e: Expr, name: str, at: tuple[Affine, ...], context: Sequence[Guard] = (), rule: PartialsRule = partials
) -> Expr:
    """∂e/∂name[at], where the free indices of e and of `at` are fixed integers that satisfy `context`.

    Factors keep their order, with a local derivative in the place of the factor that it comes from. Guards that the
    context implies are dropped, and contributions whose guards contradict it vanish. Of a max or min over indices the
    first extremal tuple takes the derivative. `rule` gives the partials of a function's call. Raises Refused for a
    formula that holds a ∂.
    """
    known = tuple(context)
    taken = all_symbols(e) | {s for a in at for s in a.symbols} | set(symbols_of(known))
    return _Differentiation(name, at, taken, rule).of(e, known, frozenset()).closed


@dataclass(frozen=True)
class _Open:
    """Σ_{binders | guards} [subscripts = K] · body, where the subscripts hold letters that are bound further out."""

    subscripts: tuple[Subscript, ...]
    body: Expr
    binders: tuple[Index, ...] = ()
    guards: Guards = ()


@dataclass(frozen=True)
class _Slope:
    """closed + Σ open."""

    closed: Expr = ZERO
    open: tuple[_Open, ...] = ()

    def __bool__(self) -> bool:
        return self.closed != ZERO or bool(self.open)

    def scaled(self, before: Iterable[Expr] = (), after: Iterable[Expr] = ()) -> _Slope:
        """before · this · after."""
        front, back = tuple(before), tuple(after)
        return _Slope(
            multiply((*front, self.closed, *back)) if self.closed != ZERO else ZERO,
            tuple(replace(o, body=multiply((*front, o.body, *back))) for o in self.open),
        )


def _total(slopes: Iterable[_Slope]) -> _Slope:
    parts = tuple(slopes)
    return _Slope(add(s.closed for s in parts), tuple(o for s in parts for o in s.open))


class _Differentiation:
    """∂/∂name[at]. `known` holds at the formula; `bound` are the letters that sums around it bind."""

    def __init__(self, name: str, at: tuple[Affine, ...], taken: set[str], rule: PartialsRule) -> None:
        self.name = name
        self.rule = rule
        self.at = at
        self.taken = taken

    def of(self, e: Expr, known: Guards, bound: Names) -> _Slope:
        match e:
            case Access(name, subscripts):
                return self.access(subscripts, known, bound) if name == self.name else _Slope()
            case Number() | Constant() | Position():
                return _Slope()
            case Add(terms):
                return _total(self.of(t, known, bound) for t in terms)
            case Mul(factors):
                slopes = [self.of(f, known, bound) for f in factors]
                return _total(s.scaled(factors[:k], factors[k + 1 :]) for k, s in enumerate(slopes) if s)
            case Power(base, exponent):
                return self.power(base, exponent, known, bound)
            case Apply():
                return self.call(e, known, bound)
            case Reduce():
                return self.reduction(e, known, bound)
            case Cases(branches):
                return self.cases(branches, known, bound)
            case Select():
                return self.select(e, known, bound)
            case Partial():
                raise Refused("a formula that holds a ∂ is not differentiated again")

    def access(self, subscripts: tuple[Subscript, ...], known: Guards, bound: Names) -> _Slope:
        """∂u[φ]/∂u[K] = [φ = K]."""
        return self.settled((_Open(subscripts, ONE),), known, bound)

    def settled(self, found: Iterable[_Open], known: Guards, bound: Names) -> _Slope:
        """Deltas that hold no letter bound around them become formulas."""
        closed: list[_Open] = []
        left: list[_Open] = []
        for o in found:
            if bound.intersection(s for a in o.subscripts for s in a.symbols):
                left.append(o)
            elif (solved := _contract(o, self.at, known)) is not None:
                closed.append(solved)
        return _Slope(add(_grouped(closed)), tuple(left))

    def power(self, base: Expr, exponent: Expr, known: Guards, bound: Names) -> _Slope:
        """(a^n)′ = n a^(n−1) a′ for a literal n;  (a^b)′ = b a^(b−1) a′ + a^b log(a) b′."""
        in_base = self.of(base, known, bound)
        if isinstance(exponent, Number):
            n = exponent.value
            lower = (exponent,) if n == 1 else (exponent, power(base, Number(n - 1)))
            return in_base.scaled(lower) if n != 0 else _Slope()
        in_exponent = self.of(exponent, known, bound)
        return _total(
            (
                in_base.scaled((exponent, Power(base, subtract(exponent, ONE)))),
                in_exponent.scaled((Power(base, exponent), Apply("log", (base,)))),
            )
        )

    def call(self, e: Apply, known: Guards, bound: Names) -> _Slope:
        """f(x, y, …)′ = Σ_k ∂f/∂x_k · x_k′."""
        inner = [self.of(x, known, bound) for x in e.arguments]
        if not any(inner):
            return _Slope()
        return _total(s.scaled((local,)) for s, local in zip(inner, self.rule(e), strict=True) if local != ZERO)

    def select(self, e: Select, known: Guards, bound: Names) -> _Slope:
        """Each branch's derivative under the same condition; open deltas of one element become one."""

        def chosen(yes: Expr, no: Expr) -> Expr:
            return ZERO if yes == no == ZERO else Select(e.relation, e.left, e.right, yes, no)

        up, down = self.of(e.yes, known, bound), self.of(e.no, known, bound)
        result: list[_Open] = []
        others = list(down.open)
        for o in up.open:
            same = next((d for d in others if replace(o, body=d.body) == d), None)
            if same is not None:
                others.remove(same)
            result.append(replace(o, body=chosen(o.body, same.body if same else ZERO)))
        result.extend(replace(o, body=chosen(ZERO, o.body)) for o in others)
        return _Slope(chosen(up.closed, down.closed), tuple(result))

    def cases(self, branches: tuple[tuple[Guards, Expr], ...], known: Guards, bound: Names) -> _Slope:
        """Each branch's derivative under its guards."""
        slopes = [(guards, self.of(body, (*known, *guards), bound)) for guards, body in branches]
        closed = tuple((guards, s.closed) for guards, s in slopes)
        split = _disjoint(tuple((guards, s.open) for guards, s in slopes), known)
        return _Slope(
            ZERO if all(body == ZERO for _, body in closed) else Cases(closed),
            tuple(replace(o, guards=(*guards, *o.guards)) for guards, found in split for o in found),
        )

    def reduction(self, e: Reduce, known: Guards, bound: Names) -> _Slope:
        """∂Σ f = Σ ∂f;  ∂Π f = Σ_R′ ∂f(R′) Π_{R ≠ R′} f(R);  ∂max f = Σ_R′ [R′ is the first extremal] ∂f(R′)."""
        if e.kind in ("argmax", "argmin"):
            return _Slope()
        own, renaming = self.fresh_binders(e.binders)
        guards = tuple(g.substitute(renaming) for g in e.guards)
        ranges = tuple(g for b in own for g in range_guards(b.name, b.range))
        inner = self.of(substitute(e.body, renaming), (*known, *ranges, *guards), bound.union(b.name for b in own))
        if not inner:
            return inner
        if e.kind == "prod":
            inner = inner.scaled(after=_product_without(e, own))
        elif e.kind in ("max", "min"):
            inner = _Slope(
                _where_extremal(e, own, inner.closed),
                tuple(replace(o, body=_where_extremal(e, own, o.body)) for o in inner.open),
            )
        outer = self.settled(
            (replace(o, binders=(*own, *o.binders), guards=(*guards, *o.guards)) for o in inner.open), known, bound
        )
        closed = Reduce("sum", own, guards, inner.closed) if inner.closed != ZERO else ZERO
        return _Slope(add((outer.closed, closed)), outer.open)

    def fresh_binders(self, binders: tuple[Index, ...]) -> tuple[tuple[Index, ...], dict[str, Affine]]:
        renaming: dict[str, Affine] = {}
        own = []
        for b in binders:
            name = fresh(b.name, self.taken)
            self.taken.add(name)
            own.append(Index(name, b.range.substitute(renaming)))
            renaming[b.name] = Affine.of(name)
        return tuple(own), renaming


def _product_without(e: Reduce, own: tuple[Index, ...]) -> Iterable[Expr]:
    """Π_{R ≠ R′} f(R) = Π_k Π_{R_k ≠ R_k′, later binders} f(R_1′, …, R_{k−1}′, R_k, …)."""
    for k, (binder, excluded) in enumerate(zip(e.binders, own, strict=True)):
        fixed = {b.name: Affine.of(o.name) for b, o in zip(e.binders[:k], own[:k], strict=True)}
        apart = Guard("ne", Affine.of(binder.name) - Affine.of(excluded.name))
        rest = Reduce("prod", e.binders[k:], (apart, *e.guards), e.body)
        yield substitute(rest, fixed)


def _where_extremal(e: Reduce, own: tuple[Index, ...], body: Expr) -> Expr:
    """[R′ = argmax_R f(R)] · body, one component at a time."""
    if body == ZERO:
        return ZERO
    for k in reversed(range(len(own))):
        first = replace(e, kind="argmax" if e.kind == "max" else "argmin", component=k)
        body = Select("==", Position(Affine.of(own[k].name)), first, body, ZERO)
    return body


def _disjoint(
    branches: tuple[tuple[Guards, tuple[_Open, ...]], ...], known: Guards
) -> Iterable[tuple[Guards, tuple[_Open, ...]]]:
    """The branches of Cases with guards that exclude every earlier branch, where they don't do so already."""
    earlier: list[Guards] = []
    for guards, found in branches:
        parts = [guards] if found else []
        for excluded in earlier:
            parts = [p for part in parts for p in _outside(part, excluded, known)]
        yield from ((p, found) for p in parts)
        earlier.append(guards)


def _outside(part: Guards, excluded: Guards, known: Guards) -> list[Guards]:
    """part ∖ excluded as disjoint guard sets: ¬g₁, then g₁ ∧ ¬g₂, …"""
    if sets.disjoint(part, excluded, known):
        return [part]
    found = ((*part, *excluded[:k], sets.negation(g)) for k, g in enumerate(excluded))
    return [p for p in found if not sets.empty((*known, *p))]


def _contract(c: _Open, at: tuple[Affine, ...], context: Guards) -> _Open | None:
    """The delta solved: binders that it determines are gone, what is left are guards; None where it is always 0."""
    solution = solve(c.subscripts, at, c.binders, c.guards)
    if any(truth(g) is False for g in solution.guards):
        return None
    ranges = tuple(g for b in solution.remaining for g in range_guards(b.name, b.range))
    known = (*context, *ranges)
    if sets.empty((*known, *solution.guards)):
        return None
    guards = sets.redundant_dropped(solution.guards, known)
    return _Open((), substitute(c.body, solution.values), solution.remaining, guards)


def _grouped(found: list[_Open]) -> Iterable[Expr]:
    """The solved deltas as trees; those without binders and with the same guards share one Iverson bracket."""
    groups: dict[tuple[Guards, int], list[_Open]] = {}
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
