"""Forward equations at one point: which kinks are hit exactly, and what has no value.

Formulas are walked as the author wrote them, at every index tuple where they are read: an undecided branch of a case is
entered no more than the evaluator would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.conditions import conditions_at
from symbp.calculus.derivation import Condition, DisplayEquation, DisplayFact
from symbp.calculus.expression import ONE, Cases, Expr, Power, Reduce, Select, accesses, children, number
from symbp.calculus.indices import substitute
from symbp.calculus.model import Model
from symbp.calculus.point import Broken, Hit
from symbp.errors import DomainError
from symbp.evaluate import Elements, Evaluator, box
from symbp.numeric.closures import RELATIONS
from symbp.numeric.loops import Closure
from symbp.numeric.mixed import Mixed, mixed
from symbp.numeric.run import Run

Env = Mapping[str, int]

DIGITS = (60, 240, 960)
AGREEMENT = Fraction(1, 10**10)
"""Relative difference below which a value is the same at two precisions, and so not a rounded zero."""

SHRINKING = Fraction(1, 10**100)
"""A rounded zero is smaller by more than this in more digits; a value that no number of digits settles is not."""
LARGEST = Fraction(10**300)
"""Values beyond it are too large for double precision; irrational ones below its inverse are 0 to it."""


class Site:
    """One model at one point, in several precisions."""

    def __init__(self, program: Model, sizes: Mapping[str, int], values: Elements) -> None:
        self.sizes = dict(sizes)
        self._runs = tuple(Evaluator.of_model(program, sizes, mixed(d)).run(values) for d in DIGITS)
        self._needed = 0
        self.rounded = False
        """Whether a difference was taken for 0 that is not exactly 0 in rationals."""
        self._prepared: dict[tuple[Expr, tuple[str, ...], int], Closure] = {}

    @property
    def run(self) -> Run:
        """In as many digits as have been needed to decide every difference so far."""
        return self._runs[self._needed]

    def value(self, e: Expr, env: Env, precision: int = 0) -> Mixed:
        """The formula's value at these indices. Raises DomainError where it has none."""
        run, names = self._runs[precision], tuple(env)
        closure = self._prepared.get((e, names, precision))
        if closure is None:
            closure = self._prepared[e, names, precision] = run.evaluator.prepare(e, names)
        value = run.closure(closure, tuple(env.values()))
        assert isinstance(value, Mixed)
        return value

    def difference(self, left: Expr, right: Expr, env: Env, other: Env | None = None) -> Mixed:
        """left − right, exactly 0 where it is a rounded zero; the right side at `other` indices, if these are given."""
        there = env if other is None else other
        shrinks = True
        before = self.value(left, env) - self.value(right, there)
        for precision in range(1, len(DIGITS)):
            if before.exact is not None:
                return before
            found = self.value(left, env, precision) - self.value(right, there, precision)
            if found != 0 and abs(found - before) <= abs(found) * AGREEMENT:
                return found
            shrinks = abs(found) <= abs(before) * SHRINKING
            self._needed, before = precision, found
        if not shrinks:
            return before
        self.rounded = True
        return before * 0

    def holds(self, guards: tuple[Guard, ...], env: Env) -> bool:
        return not guards or self.value(Cases(((guards, ONE),)), env) == 1

    def tuples(self, indices: tuple[Index, ...], guards: tuple[Guard, ...], env: Env) -> Iterator[Env]:
        """Every place that the indices have under the guards, in lexicographic order."""
        at = forms(env)
        ranges = tuple(Range(i.range.lower.substitute(at), i.range.upper.substitute(at)) for i in indices)
        for key in box(ranges, self.sizes, tuple(i.name for i in indices)):
            inner = {**env, **{i.name: k for i, k in zip(indices, key, strict=True)}}
            if self.holds(guards, inner):
                yield inner


def forms(env: Env) -> dict[str, Affine]:
    return {name: Affine.of(value) for name, value in env.items()}


def hits(site: Site, forward: tuple[DisplayEquation, ...]) -> Iterator[Hit]:
    """What happens in the forward equations, in their order, each thing once. An equation that reads what has no value
    is silent about it.
    """
    told: set[Hit] = set()
    for equation in forward:
        walk = _Walk(site, equation.label)
        if walk.delicate(equation.body):
            for env in site.tuples(equation.indices, equation.guards, {}):
                for hit in walk.visit(equation.body, env):
                    if hit not in told:
                        told.add(hit)
                        yield hit


def broken(site: Site, facts: tuple[DisplayFact, ...]) -> Iterator[Broken]:
    """The assumptions that don't hold, at each place where they don't."""
    for fact in (f for f in facts if not f.follows_from):
        for env in site.tuples(fact.indices, (), {}):
            if not _fact_holds(site, fact, env):
                at = forms(env)
                right = None if fact.right is None else substitute(fact.right, at)
                yield Broken(replace(fact, indices=(), left=substitute(fact.left, at), right=right))


def _fact_holds(site: Site, fact: DisplayFact, env: Env) -> bool:
    if fact.relation is None or fact.right is None:
        return any(site.difference(fact.left, number(m), env) == 0 for m in fact.members)
    return RELATIONS[fact.relation](site.difference(fact.left, fact.right, env), 0)


class _Walk:
    """One equation's right side."""

    def __init__(self, site: Site, label: str) -> None:
        self.site = site
        self.label = label
        self._delicate: dict[int, bool] = {}

    def delicate(self, e: Expr) -> bool:
        """Whether there is a kink or a domain anywhere in e."""
        known = self._delicate.get(id(e))
        if known is None:
            known = isinstance(e, Select) or bool(conditions_at(e)) or any(self.delicate(p) for p in children(e))
            self._delicate[id(e)] = known
        return known

    def visit(self, e: Expr, env: Env) -> Iterator[Hit]:
        """What happens in e, parts first."""
        if not self.delicate(e):
            return
        for part, inner in self._parts(e, env):
            yield from self.visit(part, inner)
        try:
            here = tuple(self._here(e, env))
        except DomainError:
            return
        yield from here

    def _parts(self, e: Expr, env: Env) -> Iterator[tuple[Expr, Env]]:
        """The parts that are read, and where."""
        match e:
            case Reduce(_, binders, guards, body):
                yield from ((body, inner) for inner in self.site.tuples(binders, guards, env))
            case Cases(branches):
                yield from next(([(b, env)] for guards, b in branches if self.site.holds(guards, env)), [])
            case Select(relation, left, right, yes, no):
                yield from ((left, env), (right, env))
                try:
                    chosen = RELATIONS[relation](self.site.difference(left, right, env), 0)
                except DomainError:
                    return
                yield (yes if chosen else no), env
            case _:
                yield from ((part, env) for part in children(e))

    def _here(self, e: Expr, env: Env) -> Iterator[Hit]:
        """What happens at the node itself."""
        match e:
            case Reduce("max" | "min"):
                yield from self._ties(e, env)
            case Select(relation, left, right):
                holds = "holds" if relation in ("<=", ">=", "==") else "doesn't hold"
                says = f"its condition {holds} there, and the derivative is that of the branch taken"
                yield from self._condition(e, Condition("kink", (), left, "==", right, says), env)
            case _:
                for condition in conditions_at(e):
                    if not (isinstance(e, Power) and _whole(self.site, e, env)):
                        yield from self._condition(e, condition, env)

    def _condition(self, e: Expr, condition: Condition, env: Env) -> Iterator[Hit]:
        difference = self.site.difference(condition.left, condition.right, env)
        if RELATIONS[condition.relation](difference, 0) == (condition.kind == "domain"):
            return
        at = forms(env)
        left, right = substitute(condition.left, at), substitute(condition.right, at)
        here = replace(condition, left=left, right=right, label=self.label)
        if condition.kind == "kink":
            yield Hit(substitute(e, at), here)
        else:
            value = as_fraction(difference + self.site.value(condition.right, env))
            yield Hit(substitute(e, at), here, value, self._defined(e, env))

    def _defined(self, e: Expr, env: Env) -> bool:
        try:
            self.site.value(e, env)
        except DomainError:
            return False
        return True

    def _ties(self, e: Reduce, env: Env) -> Iterator[Hit]:
        """The first extremal place and the next one with the same value."""
        best: Env | None = None
        tied: Env | None = None
        for inner in self.site.tuples(e.binders, e.guards, env):
            if best is None:
                best = inner
                continue
            sign = self._order(e.body, best, inner)
            if sign == 0 and tied is None:
                tied = inner
            if sign != 0 and (sign < 0) == (e.kind == "max"):
                best, tied = inner, None
        if best is not None and tied is not None:
            (condition,) = conditions_at(e)
            left, right = substitute(e.body, forms(best)), substitute(e.body, forms(tied))
            yield Hit(substitute(e, forms(env)), replace(condition, left=left, right=right, label=self.label))

    def _order(self, body: Expr, one: Env, other: Env) -> int:
        """The sign of the body at one place minus the body at another."""
        difference = self.site.difference(body, body, one, other)
        return (difference > 0) - (difference < 0)


def _whole(site: Site, e: Power, env: Env) -> bool:
    """Whether an exponent of numbers and indices is an integer with which the power has a value: any base will do."""
    if accesses(e.exponent):
        return False
    exponent = site.value(e.exponent, env).exact
    if exponent is None or exponent.denominator != 1:
        return False
    return exponent >= 0 or site.difference(e.base, number(0), env) != 0


def as_fraction(value: Mixed) -> Fraction | None:
    """The value, exactly or to 17 digits; None where it is beyond the range of double precision."""
    if abs(value) > LARGEST:
        return None
    if value.exact is not None:
        return value.exact
    return Fraction(0) if abs(value) < 1 / LARGEST else Fraction(float(value.real))
