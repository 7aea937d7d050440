"""Forward mode: one sweep for each element of each parameter, with a tangent beside each value.

    v˙ = Σ_u (∂v/∂u) · u˙,  the parameter's own tangent being a given dense array

What local derivatives are made of is worked out once, as forward values are; a sweep multiplies and adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symbp.calculus.affine import Affine, Guard, Index, Lookup
from symbp.calculus.expression import (
    ONE,
    ZERO,
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Power,
    Reduce,
    Select,
    accesses,
    add,
    apply,
    children,
    multiply,
    number,
    power,
    split_coefficient,
    subtract,
)
from symbp.calculus.functions import partials
from symbp.calculus.indices import all_symbols, apart, fresh, substitute
from symbp.calculus.local import Scope
from symbp.calculus.model import Array, Definition, Role, whole_access
from symbp.cost.counting import by_definition, count
from symbp.cost.passes.dead import dead
from symbp.cost.passes.named import named
from symbp.cost.program import Program
from symbp.cost.stages import is_simple, line_about, staged, within_cases
from symbp.cost.tally import KINDS, Tally
from symbp.numeric.elements import names_read

TANGENT_MARK = "˙"


def tangent_name(name: str) -> str:
    """The structured name of the tangent beside `name`; no author's name holds the mark."""
    return name + TANGENT_MARK


def values(program: Program, parameters: Iterable[str]) -> Program:
    """What is worked out once for all sweeps: the forward values of the first output, and local derivatives.

    Its outputs are the first output and the local derivatives that a sweep by one of the parameters reads.
    """
    return _Tangents(program, parameters).values


def tangent(program: Program, parameter: str) -> Program:
    """One sweep: the tangents of what leads from the parameter to the first output of the program.

    The parameter's own tangent is an input of its shape (1 at one element for a column of the Jacobian), and so are
    the names of `values(program, (parameter,))`. The output is the tangent of the first output.
    """
    made = _Tangents(program, (parameter,))
    moved = frozenset((parameter, *(name for name, mask in made.masks.items() if mask)))
    lines = [made.tangent_of(d, moved, tangent_name(d.target)) for d in made.stages if d.target in moved]
    given = [made.array(name) for name in (*made.values.by_target, tangent_name(parameter))]
    arrays = {**made.values.arrays, **{a.name: a for a in given}}
    return dead(Program(tuple(lines), (tangent_name(program.outputs[0]),), arrays, program.sizes))


def forward_mode(
    program: Program,
    parameters: Sequence[str],
    sizes: Mapping[str, int],
    primitives: frozenset[str] = frozenset(),
    given: Mapping[str, object] | None = None,
) -> Tally[int]:
    """The first output and all its partial derivatives by forward mode: values once, a sweep for each element.

    A quantity that several parameters move through the same names costs the same in the sweep of each of them, and is
    counted for them together.
    """
    made = _Tangents(program, parameters)
    extents = [made.extent(p, sizes) for p in parameters]
    lines, weights = made.columns(extents)
    once = count(named(made.values), sizes, primitives, given)
    sweeps = by_definition(made.program_with(lines), sizes, primitives, given)
    return _total([(once, 1), *((sweeps[name], weight) for name, weight in weights.items())])


class _Tangents:
    """The stages of a program's first output, and the local derivatives that its tangents read."""

    def __init__(self, program: Program, parameters: Iterable[str]) -> None:
        self.parameters = tuple(parameters)
        forward = dead(program.wanted(program.outputs[0]))
        moved = _swept(forward, self.parameters)
        self.program = staged(forward, frozenset((*self.parameters, *(n for n, mask in moved.items() if mask))))
        self.stages = self.program.definitions
        self.masks = _swept(self.program, self.parameters)
        """The parameters in whose sweeps a defined name has a tangent, as bits."""
        self.taken = {*program.arrays, *self.program.by_target}
        self.locals: dict[tuple[str, Expr, tuple[Guard, ...]], tuple[Definition, Access]] = {}
        for d in self.stages:
            moving = frozenset(n for n in _slopes_read(d.body) if self.mask(n) & self.masks[d.target])
            if moving:
                self.tangent_of(d, moving, tangent_name(d.target))

    @cached_property
    def values(self) -> Program:
        own = tuple(line for line, _ in self.locals.values())
        outputs = (self.program.outputs[0], *(d.target for d in own))
        return self.program.with_definitions((*self.stages, *own)).wanted(*outputs)

    @cached_property
    def made(self) -> dict[str, Definition]:
        return self.values.by_target

    def array(self, name: str) -> Array:
        """A name that a sweep is given, with the axes of what it stands beside."""
        base = name.removesuffix(TANGENT_MARK)
        if base in self.program.arrays:
            return replace(self.program.arrays[base], name=name)
        return Array(name, tuple(i.range for i in self.made[base].indices), Role.INPUT)

    def extent(self, parameter: str, sizes: Mapping[str, int]) -> int:
        """The number of the parameter's elements."""
        product = 1
        for axis in self.program.arrays[parameter].axes:
            product *= max(0, axis.extent.evaluate(sizes))
        return product

    def columns(self, extents: Sequence[int]) -> tuple[list[Definition], dict[str, int]]:
        """The tangent of each name for each set of names through which it is moved, and the sweeps that need it."""
        lines: list[Definition] = []
        weights: dict[str, int] = {}
        totals: dict[int, int] = {}
        for d in self.stages:
            for k, (mask, moved) in enumerate(self.ways(d)):
                if mask not in totals:
                    totals[mask] = sum(n for p, n in enumerate(extents) if mask >> p & 1)
                line = self.tangent_of(d, moved, f"{tangent_name(d.target)}{k}")
                lines.append(line)
                weights[line.target] = totals[mask]
        return lines, weights

    def ways(self, d: Definition) -> list[tuple[int, frozenset[str]]]:
        """The parameters that move a name, in groups by the names through which they do."""
        groups: list[tuple[int, frozenset[str]]] = [(self.masks[d.target], frozenset())]
        for name in _slopes_read(d.body):
            through = self.mask(name)
            if through:
                groups = [
                    part
                    for mask, moved in groups
                    for part in ((mask & through, moved | {name}), (mask & ~through, moved))
                    if part[0]
                ]
        return [(mask, moved) for mask, moved in groups if mask]

    def mask(self, name: str) -> int:
        if name in self.masks:
            return self.masks[name]
        return 1 << self.parameters.index(name) if name in self.parameters else 0

    def program_with(self, lines: Sequence[Definition]) -> Program:
        """Values, then tangents that read each other's as given arrays."""
        read = sorted({n for d in lines for n in names_read(d.body) if n.endswith(TANGENT_MARK)})
        arrays = {**self.program.arrays, **{n: self.array(n) for n in read}}
        values = self.values
        outputs = (*values.outputs, *(d.target for d in lines))
        return Program((*values.definitions, *lines), outputs, arrays, self.program.sizes)

    def tangent_of(self, d: Definition, moved: frozenset[str], target: str) -> Definition:
        """The line of a tangent, where only the `moved` names have one."""
        own = whole_access(d.indices, d.target)
        return Definition(target, d.indices, _Linear(self, d.target, moved).of(d.body, Scope(d.indices), own))

    def local(self, owner: str, e: Expr, scope: Scope) -> Access:
        """A local derivative as an element of its own line."""
        key = owner, e, scope.about(e).guards
        if key not in self.locals:
            self.taken.add(name := fresh(f"{owner}#local", self.taken))
            self.locals[key] = line_about(name, e, scope)
        return self.locals[key][1]


@dataclass(frozen=True)
class _Linear:
    """The tangent of one stage: linear in the tangents of the moved names."""

    tangents: _Tangents
    owner: str
    moved: frozenset[str]

    def of(self, e: Expr, scope: Scope, own: Access | None = None) -> Expr:
        """`own` is the element whose value the formula is, where it is one."""
        match e:
            case Access(name, subscripts):
                return Access(tangent_name(name), subscripts) if name in self.moved else ZERO
            case Add(terms):
                return add(self.of(t, scope) for t in terms)
            case Mul(factors):
                return self.product(factors, scope)
            case Power() | Apply():
                assert own is not None or not self.moves(e), "a stage holds one function or power"
                return self.step(e, own, scope) if own is not None else ZERO
            case Reduce():
                return self.reduction(e, scope)
            case Cases():
                return self.cases(e, scope, own)
            case Select(relation, left, right, yes, no):
                up, down = self.of(yes, scope), self.of(no, scope)
                return ZERO if up == down == ZERO else Select(relation, left, right, up, down)
            case _:
                return ZERO

    def moves(self, e: Expr) -> bool:
        return any(a.name in self.moved for a in accesses(e))

    def product(self, factors: tuple[Expr, ...], scope: Scope) -> Expr:
        """(f g)˙ = f˙ g + f g˙."""
        inner = [self.of(f, scope) for f in factors]
        return add(
            self.scaled(multiply((*factors[:k], *factors[k + 1:])), slope, scope)
            for k, slope in enumerate(inner)
            if slope != ZERO
        )

    def step(self, e: Power | Apply, own: Access, scope: Scope) -> Expr:
        """f(u, v, …)˙ = Σ_k ∂f/∂u_k · u_k˙."""
        if isinstance(e, Power):
            parts: tuple[Expr, ...] = (e.base, e.exponent)
            slopes: tuple[Expr, ...] = _partials_of_power(e, own)
        else:
            parts = e.arguments
            slopes = tuple(_with_own_value(p, e, own) for p in partials(e))
        inner = [self.of(p, scope) for p in parts]
        return add(self.scaled(s, t, scope) for s, t in zip(slopes, inner, strict=True) if t != ZERO)

    def reduction(self, e: Reduce, scope: Scope) -> Expr:
        """(Σ f)˙ = Σ f˙;  (Π f)˙ = Σ_R f(R)˙ Π_{R′≠R} f(R′);  (max f)˙ = f˙ at the first extremal indices."""
        if e.kind in ("argmax", "argmin") or not self.moves(e):
            return ZERO
        if e.kind == "sum":
            inner = self.of(e.body, scope.under(e.binders, e.guards))
            return Reduce("sum", e.binders, e.guards, inner) if inner != ZERO else ZERO
        if e.kind == "prod":
            return self.product_over(e, scope)
        extremal = tuple(
            Guard("eq", Affine.of(b.name), lookup=self.place(e, k, scope)) for k, b in enumerate(e.binders)
        )
        return Reduce("sum", e.binders, (*e.guards, *extremal), self.of(e.body, scope))

    def product_over(self, e: Reduce, scope: Scope) -> Expr:
        own, renaming = apart(e.binders, {*all_symbols(e), *(i.name for i in scope.indices)})
        guards = tuple(g.substitute(renaming) for g in e.guards)
        inside = scope.under(own, guards)
        slope = self.of(substitute(e.body, renaming), inside)
        others = multiply(_product_without(e, own))
        return Reduce("sum", own, guards, self.scaled(others, slope, inside)) if slope != ZERO else ZERO

    def place(self, e: Reduce, component: int, scope: Scope) -> Lookup:
        """Where the first extremal value is, as a line of its own."""
        chosen = replace(e, kind="argmax" if e.kind == "max" else "argmin", component=component)
        element = self.tangents.local(self.owner, chosen, scope)
        return Lookup(element.name, tuple(s for s in element.subscripts if isinstance(s, Affine)))

    def cases(self, e: Cases, scope: Scope, own: Access | None) -> Expr:
        branches = tuple((guards, self.of(body, inner, own)) for guards, body, inner in within_cases(e, scope))
        return ZERO if all(body == ZERO for _, body in branches) else Cases(branches)

    def scaled(self, slope: Expr, inner: Expr, scope: Scope) -> Expr:
        """slope · inner; a slope of more than one factor is read from its own line, its sign apart."""
        c, factors = split_coefficient(slope)
        if is_simple(slope) or (abs(c) == 1 and len(factors) == 1 and is_simple(factors[0])):
            return multiply((slope, inner))
        sign = number(-1 if c < 0 else 1)
        return multiply((sign, self.tangents.local(self.owner, multiply((sign, slope)), scope), inner))


def _swept(program: Program, parameters: Sequence[str]) -> dict[str, int]:
    """The parameters that each defined name moves with and moves the output with, as bits.

    Names that read each other share theirs. What `stop` reads, a condition or a subscript moves nothing.
    """
    moved = dict.fromkeys(program.by_target, 0)
    given = {p: 1 << k for k, p in enumerate(parameters)}
    reads = {d.target: _slopes_read(d.body) for d in program.definitions}
    changed = True
    while changed:
        changed = False
        for name, mask in moved.items():
            for r in reads[name]:
                mask |= moved.get(r, given.get(r, 0))
            changed = changed or mask != moved[name]
            moved[name] = mask
    needed = dict.fromkeys(moved, 0)
    needed[program.outputs[0]] = moved[program.outputs[0]]
    changed = True
    while changed:
        changed = False
        for name in reversed(needed):
            for r in reads[name]:
                mask = needed.get(r, 0) | needed[name] & moved.get(r, 0)
                if r in needed and mask != needed[r]:
                    needed[r] = mask
                    changed = True
    return needed


def _slopes_read(e: Expr) -> tuple[str, ...]:
    """The names whose tangents the formula's tangent reads, by name."""
    return tuple(sorted(set(_with_slopes(e))))


def _with_slopes(e: Expr) -> Iterator[str]:
    match e:
        case Access(name):
            yield name
        case Apply():
            for part, slope in zip(e.arguments, partials(e), strict=True):
                if slope != ZERO:
                    yield from _with_slopes(part)
        case Power(base, Number(n)):
            if n != 0:
                yield from _with_slopes(base)
        case Select(_, _, _, yes, no):
            yield from _with_slopes(yes)
            yield from _with_slopes(no)
        case Reduce("argmax" | "argmin"):
            return
        case _:
            for part in children(e):
                yield from _with_slopes(part)


def _partials_of_power(e: Power, own: Access) -> tuple[Expr, Expr]:
    """∂(a^n)/∂a = n a^(n−1), ∂(a^b)/∂b = a^b log a."""
    if isinstance(e.exponent, Number):
        n = e.exponent.value
        if n == 0:
            return ZERO, ZERO
        if n == -1:
            return multiply((number(-1), power(own, number(2)))), ZERO
        return multiply((e.exponent, power(e.base, Number(n - 1)) if n != 1 else ONE)), ZERO
    lower = Power(e.base, subtract(e.exponent, ONE))
    return multiply((e.exponent, lower)), multiply((own, apply("log", e.base)))


def _with_own_value(e: Expr, call: Apply, own: Access) -> Expr:
    """The formula with the call's value read where the call stands in it."""
    if e == call:
        return own
    match e:
        case Add(terms):
            return add(_with_own_value(t, call, own) for t in terms)
        case Mul(factors):
            return multiply(_with_own_value(f, call, own) for f in factors)
        case Power(base, exponent):
            return Power(_with_own_value(base, call, own), exponent)
        case Apply(function, arguments, orders):
            return Apply(function, tuple(_with_own_value(a, call, own) for a in arguments), orders)
        case _:
            return e


def _product_without(e: Reduce, own: tuple[Index, ...]) -> Iterable[Expr]:
    """Π_{R ≠ R′} f(R) = Π_k Π_{R_k ≠ R_k′, later binders} f(R_1′, …, R_{k−1}′, R_k, …)."""
    for k, (binder, excluded) in enumerate(zip(e.binders, own, strict=True)):
        fixed = {b.name: Affine.of(o.name) for b, o in zip(e.binders[:k], own[:k], strict=True)}
        differs = Guard("ne", Affine.of(binder.name) - Affine.of(excluded.name))
        yield substitute(Reduce("prod", e.binders[k:], (differs, *e.guards), e.body), fixed)


def _total(parts: Sequence[tuple[Tally[int], int]]) -> Tally[int]:
    """Tallies added, each so many times."""
    kinds: dict[str, int] = {}
    for tally, weight in parts:
        for kind, n in tally.by_kind.items():
            kinds[kind] = kinds.get(kind, 0) + weight * n
    ordered = {k: kinds[k] for k in (*KINDS, *sorted(kinds.keys() - set(KINDS))) if kinds.get(k)}
    return Tally(
        ordered,
        sum(weight * t.operations for t, weight in parts),
        sum(weight * t.nodes for t, weight in parts),
        sum(weight * t.distinct for t, weight in parts),
        max((t.depth for t, _ in parts if t.depth is not None), default=None),
    )
