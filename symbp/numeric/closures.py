"""A formula as a Python closure, for given sizes and one arithmetic.

A closure takes the values of the indices, one slot for each, and the reader that gives it array elements. Trees deeper
than `DEEPEST` are cut: the lower part is handed to `hoist` and read back like an array element, so that no tree is too
deep for Python's stack.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symbp.calculus.affine import Affine, Guard, Lookup, Subscript, symbols_of
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    PartialKind,
    Position,
    Power,
    Reduce,
    Select,
    children,
    walk,
)
from symbp.calculus.functions import ALIASES, FUNCTIONS, is_marked, unmarked
from symbp.errors import ModelError
from symbp.numeric.arithmetic import EXACT, Arithmetic, Value
from symbp.numeric.instances import Instance
from symbp.numeric.loops import (
    Charge,
    Closure,
    Env,
    IntegerClosure,
    KeyClosure,
    Reader,
    Scope,
    Test,
    added,
    at_rest,
    extremal,
    first_holding,
    lexicographic,
    located_in,
    multiplied,
    multiplied_while_nonzero,
)
from symbp.numeric.work import straight, weight

DEEPEST = 60

Hoist = Callable[[Expr, Scope], Closure]

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}


@dataclass(frozen=True)
class Compiler:
    """Turns trees into closures. `sizes` are folded in.

    `hoist` takes what would nest too deeply, and reductions that don't depend on every index around them: it keeps
    their values, so that nested sums of an expanded formula cost no more than the equations that they come from.
    """

    sizes: Mapping[str, int]
    arithmetic: Arithmetic
    instances: Mapping[str, Instance]
    hoist: Hoist
    charge: Charge

    def affine(self, form: Affine, scope: Scope) -> IntegerClosure:
        """The form's value; the commonest shapes have closures of their own."""
        constant = form.constant
        parts: list[tuple[int, int]] = []
        for symbol, c in form.terms:
            if symbol in scope:
                parts.append((scope[symbol], c))
            elif symbol in self.sizes:
                constant += c * self.sizes[symbol]
            else:
                raise ModelError(f"`{symbol}` has no value: neither an index here nor a given size")
        if not parts:
            return lambda env: constant
        if len(parts) == 1:
            slot, c = parts[0]
            if c == 1:
                return (lambda env: env[slot] + constant) if constant else (lambda env: env[slot])
            return lambda env: constant + c * env[slot]
        return lambda env: constant + sum([c * env[slot] for slot, c in parts])

    def subscript(self, subscript: Subscript, scope: Scope) -> Callable[[Env, Reader], int]:
        if isinstance(subscript, Affine):
            form = self.affine(subscript, scope)
            return lambda env, read: form(env)
        return self.lookup(subscript, scope)

    def lookup(self, lookup: Lookup, scope: Scope) -> Callable[[Env, Reader], int]:
        name, key = lookup.array, self.key(lookup.subscripts, scope)
        return lambda env, read: read.integer(name, key(env, read))

    def key(self, subscripts: tuple[Subscript, ...], scope: Scope) -> KeyClosure:
        """The tuple of subscripts' values."""
        forms = [self.affine(s, scope) for s in subscripts if isinstance(s, Affine)]
        if len(forms) == len(subscripts):
            match forms:
                case []:
                    return lambda env, read: ()
                case [one]:
                    return lambda env, read: (one(env),)
                case [one, two]:
                    return lambda env, read: (one(env), two(env))
                case _:
                    return lambda env, read: tuple([f(env) for f in forms])
        mixed = [self.subscript(s, scope) for s in subscripts]
        return lambda env, read: tuple([f(env, read) for f in mixed])

    def guard(self, guard: Guard, scope: Scope) -> Test:
        form = self.affine(guard.form, scope)
        if guard.lookup is not None:
            looked = self.lookup(guard.lookup, scope)
            return lambda env, read: guard.holds_for(looked(env, read) - form(env))
        match guard.kind:
            case "ge":
                return lambda env, read: form(env) >= 0
            case "eq":
                return lambda env, read: form(env) == 0
            case "ne":
                return lambda env, read: form(env) != 0
            case "divides":
                return lambda env, read: form(env) % guard.modulus == 0
            case "not_divides":
                return lambda env, read: form(env) % guard.modulus != 0

    def all_hold(self, guards: tuple[Guard, ...], scope: Scope) -> Test:
        tests = [self.guard(g, scope) for g in guards]
        match tests:
            case []:
                return lambda env, read: True
            case [one]:
                return one
            case _:
                return lambda env, read: all(t(env, read) for t in tests)

    def expression(self, e: Expr, scope: Scope, depth: int = 0) -> Closure:
        """The value of e, where every index in scope has its slot."""
        if depth >= DEEPEST and children(e):
            return self.hoist(e, scope)
        if isinstance(e, Reduce) and depth and scope and not scope.keys() <= index_symbols(e):
            return self.hoist(e, scope)

        def inner(part: Expr) -> Closure:
            return self.expression(part, scope, depth + 1)

        a = self.arithmetic
        match e:
            case Number(value):
                constant = a.number(value)
                return lambda env, read: constant
            case Constant(name):
                constant = a.constants[name]()
                return lambda env, read: constant
            case Position(form):
                position = self.affine(form, scope)
                return lambda env, read: a.number(position(env))
            case Access(name, subscripts):
                key = self.key(subscripts, scope)
                return lambda env, read: read.value(name, key(env, read))
            case Add(terms):
                return added([inner(t) for t in terms])
            case Mul(factors):
                edges = [f for f in factors if isinstance(f, Partial) and f.kind is PartialKind.EDGE]
                if edges:
                    rest = [f for f in factors if f not in edges]
                    return multiplied_while_nonzero([inner(f) for f in (*edges, *rest)])
                return multiplied([inner(f) for f in factors])
            case Power(base, exponent):
                return self._power(inner(base), exponent, scope, depth)
            case Apply() if is_marked(e):
                return inner(unmarked(e))
            case Apply(function, arguments, orders):
                return self._apply(function, [inner(x) for x in arguments], orders)
            case Reduce():
                return self._reduce(e, scope, depth)
            case Cases(branches):
                zero = a.number(0)
                return first_holding([(self.all_hold(g, scope), inner(b)) for g, b in branches], zero)
            case Select(relation, left, right, yes, no):
                holds = RELATIONS[relation]
                x, y, then, otherwise = at_rest(inner(left)), at_rest(inner(right)), inner(yes), inner(no)
                return lambda env, read: (then if holds(x(env, read), y(env, read)) else otherwise)(env, read)
            case Partial(kind, of, wrt):
                of_key, wrt_key = self.key(of.subscripts, scope), self.key(wrt.subscripts, scope)
                return lambda env, read: read.partial(
                    kind, (of.name, of_key(env, read)), (wrt.name, wrt_key(env, read))
                )

    def _power(self, base: Closure, exponent: Expr, scope: Scope, depth: int) -> Closure:
        """Exponents made of literals, indices and sizes are exact, so that (−2)^k and 0^0 are right."""
        a = self.arithmetic
        match exponent:
            case Number(Fraction(numerator=2, denominator=1)):
                return lambda env, read: (lambda x: x * x)(base(env, read))
            case Number(value):
                return lambda env, read: a.power(base(env, read), value)
        if height(exponent, DEEPEST) < DEEPEST and _is_literal(exponent):
            exact = Compiler(self.sizes, EXACT, {}, self.hoist, self.charge).expression(exponent, scope, depth + 1)
            return lambda env, read: a.power(base(env, read), exact(env, read))
        raised = self.expression(exponent, scope, depth + 1)
        return lambda env, read: a.raise_to(base(env, read), raised(env, read))

    def _apply(self, function: str, arguments: list[Closure], orders: tuple[int, ...]) -> Closure:
        a = self.arithmetic
        instance = self.instances.get(function)
        if instance is not None:
            return lambda env, read: instance.value(a, tuple([x(env, read) for x in arguments]), orders)
        name = ALIASES.get(function, function)
        if name not in FUNCTIONS:
            raise ModelError(f"`{function}` stands for any function: give a concrete one")
        if name == "stop":
            return at_rest(arguments[0])
        if name in a.branches:
            return _following(a, name, arguments)
        if len(arguments) == 1:
            only = arguments[0]
            return lambda env, read: a.call(name, (only(env, read),))
        return lambda env, read: a.call(name, tuple([x(env, read) for x in arguments]))

    def _reduce(self, e: Reduce, scope: Scope, depth: int) -> Closure:
        within = dict(scope)
        for binder in e.binders:
            within[binder.name] = max(within.values(), default=-1) + 1
        points = self._points(e, scope, within)
        body = self.expression(e.body, within, depth + 1)
        shown = [(b.letter, within[b.name]) for b in e.binders]
        located = located_in(body, shown)
        match e.kind:
            case "sum":
                zero = self.arithmetic.number(0)

                def total(env: Env, read: Reader) -> Value:
                    result = zero
                    for _ in points(env, read):
                        result = result + located(env, read)
                    return result

                return total
            case "prod":
                one = self.arithmetic.number(1)

                def product(env: Env, read: Reader) -> Value:
                    result = one
                    for _ in points(env, read):
                        result = result * located(env, read)
                    return result

                return product
            case _:
                slot = within[e.binders[e.component].name] if e.kind in ("argmax", "argmin") else None
                return extremal(points, located, e.kind.endswith("max"), slot)

    def _points(self, e: Reduce, scope: Scope, within: Scope) -> Callable[[Env, Reader], Iterator[None]]:
        """Sets the binders' slots to each tuple where the guards hold, in lexicographic order.

        A guard is tested as soon as all its binders are set.
        """
        levels: list[tuple[int, IntegerClosure, IntegerClosure, Test]] = []
        binders, known, waiting = e.binders, dict(scope), list(e.guards)
        outer: tuple[Guard, ...] = ()
        bound = {b.name for b in binders}
        if binders:
            outer = tuple(g for g in waiting if not bound & set(g.symbols))
            waiting = [g for g in waiting if bound & set(g.symbols)]
        for position, binder in enumerate(binders):
            lower, upper = self.affine(binder.range.lower, known), self.affine(binder.range.upper, known)
            known[binder.name] = within[binder.name]
            later = {b.name for b in binders[position + 1 :]}
            ready = tuple(g for g in waiting if not later & set(g.symbols))
            waiting = [g for g in waiting if later & set(g.symbols)]
            levels.append((within[binder.name], lower, upper, self.all_hold(ready, known)))
        work = straight(e.body) * weight(self.arithmetic)
        return lexicographic(levels, self.all_hold(outer or tuple(waiting), scope), self.charge, work)


def _following(arithmetic: Arithmetic, name: str, arguments: list[Closure]) -> Closure:
    """A function with a kink: where an element is shifted, on the branch that is taken at rest."""
    resting = [at_rest(x) for x in arguments]
    branch = arithmetic.branches[name]

    def value(env: Env, read: Reader) -> Value:
        moved = tuple([x(env, read) for x in arguments])
        if not read.moves:
            return arithmetic.call(name, moved)
        return branch(*[x(env, read) for x in resting], *moved)

    return value


def _is_literal(e: Expr) -> bool:
    """Whether e is made of numbers, indices and sizes by + · and powers only."""
    return all(isinstance(node, Number | Position | Add | Mul | Power) for node in walk(e))


def index_symbols(e: Expr) -> set[str]:
    """Every index and size that occurs in a tree, bound or free."""
    found: set[str] = set()
    for node in walk(e):
        match node:
            case Access(_, subscripts):
                found.update(s for form in subscripts for s in form.symbols)
            case Position(form):
                found.update(form.symbols)
            case Reduce(_, binders, guards):
                found.update(s for b in binders for form in (b.range.lower, b.range.upper) for s in form.symbols)
                found.update(symbols_of(guards))
            case Cases(branches):
                found.update(s for guards, _ in branches for s in symbols_of(guards))
            case Partial(_, of, wrt):
                found.update(s for access in (of, wrt) for form in access.subscripts for s in form.symbols)
    return found


def height(e: Expr, cap: int) -> int:
    """The number of levels of a tree, or `cap` where there are more."""
    level: list[Expr] = [e]
    levels = 0
    while level and levels < cap:
        levels += 1
        level = [child for node in level for child in children(node)]
    return levels
