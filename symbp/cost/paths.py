"""The number of paths from a parameter to what is differentiated: Nielsen's sum, through single elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.calculus import derivation as data
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.expression import ZERO, Access, Apply, Cases, Expr, Reduce, add, apply, children, walk
from symbp.calculus.indices import canonical, free_symbols
from symbp.calculus.model import Array, Definition, Role, whole_access
from symbp.cost import long
from symbp.cost.bodies import Bodies
from symbp.cost.convention import Part, total
from symbp.cost.demand import Demand, Demands, OfAccess
from symbp.cost.index_runs import Env
from symbp.cost.looked_at import FEW, TooMany
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.cost.unfolded import Unfolded

UNION = "∪"
"""The function of the reads that may meet in one element: each element is counted once."""

START = "∘"
"""Behind a defined name: where the paths from its elements begin."""


def paths(
    derivation: data.Derivation, parameter: str, sizes: Mapping[str, int], given: Mapping[str, object] | None = None
) -> int:
    """How many paths lead from elements of the parameter to the differentiated scalar, all elements together.

    An edge leads from one element to another where the formula of the latter reads the value of the former, as the
    author's lines are printed; it counts once, however often the element is read there. Exact, by dynamic programming:
    a program in which each element is the sum of what it reads, unfolded, holds the parameter once for each path.
    """
    return paths_from((parameter,), derivation, sizes, given)[parameter]


def paths_from(
    parameters: Sequence[str], derivation: data.Derivation, sizes: Mapping[str, int],
    given: Mapping[str, object] | None = None,
) -> dict[str, int]:
    """The same for each of several parameters, in one go."""
    program = reads_of(printed(derivation), derivation, parameters)
    try:
        trees = Edges(program, sizes, frozenset(), given, FEW)
    except TooMany:
        known = None if has_union(program) else long.met(program, (derivation.of,), sizes, given)
        if known is not None:
            return {name: known.get(start_of(name, program), 0) for name in parameters}
        trees = Edges(program, sizes, frozenset(), given)
    found = trees.occurrences(trees.roots((derivation.of,))[0])[1]
    return {name: found.get(start_of(name, program), 0) for name in parameters}


def start_of(parameter: str, reads: Program) -> str:
    """The name that stands in the trees of what reads once for each path."""
    return parameter + START if parameter + START in reads.arrays else parameter


def reads_of(program: Program, derivation: data.Derivation, parameters: Sequence[str]) -> Program:
    """The author's lines, each as the sum of the elements that it reads, of defined names and of the parameters.

    An element of a defined name that is asked for is a start as well.
    """
    names = {line.target.name for line in derivation.forward}
    lines = [d for d in program.definitions if d.target in names]
    axes = {d.target: tuple(i.range for i in d.indices) for d in lines}
    axes.update({name: derivation.model.arrays[name].axes for name in parameters})
    starts = {d.target: whole_access(d.indices, d.target + START) for d in lines if d.target in parameters}
    made = tuple(
        Definition(d.target, d.indices, add((_reads(d.body, axes), starts.get(d.target, ZERO)))) for d in lines
    )
    arrays = {start.name: Array(start.name, axes[name], Role.INPUT) for name, start in starts.items()}
    return replace(program, definitions=made, outputs=(derivation.of,), arrays={**program.arrays, **arrays})


def has_union(program: Program) -> bool:
    return any(isinstance(e, Apply) and e.function == UNION for d in program.definitions for e in walk(d.body))


@dataclass(frozen=True)
class Pattern:
    """access, for all values of the binders where the guards hold."""

    access: Access
    binders: tuple[Index, ...]
    guards: tuple[Guard, ...]
    unless: tuple[tuple[Guard, ...], ...] = ()
    """Conditions of cases that come before."""

    def formula(self) -> Expr:
        inner: Expr = self.access
        guards = () if self.binders else self.guards
        if guards or self.unless:
            inner = Cases((*((before, ZERO) for before in self.unless), (guards, inner)))
        return Reduce("sum", self.binders, self.guards, inner) if self.binders else inner


def _reads(body: Expr, axes: Mapping[str, tuple[Range, ...]]) -> Expr:
    found: dict[str, dict[Expr, Pattern]] = {}
    for read in _patterns(body, (), (), ()):
        if read.access.name in axes:
            pattern = _needed(read)
            found.setdefault(pattern.access.name, {})[canonical(pattern.formula())] = pattern
    terms: list[Expr] = []
    for name, patterns in found.items():
        left = _uncovered(list(patterns.values()), axes[name])
        if all(_injective(p) for p in left) and _disjoint(left):
            terms.extend(p.formula() for p in left)
        else:
            terms.append(apply(UNION, *(p.formula() for p in left)))
    return add(terms) if terms else ZERO


def _patterns(
    e: Expr, binders: tuple[Index, ...], guards: tuple[Guard, ...], unless: tuple[tuple[Guard, ...], ...]
) -> Iterator[Pattern]:
    """Every access, with the binders around it and the conditions under which it is read."""
    match e:
        case Access():
            yield Pattern(e, binders, guards, unless)
        case Reduce():
            yield from _patterns(e.body, (*binders, *e.binders), (*guards, *e.guards), unless)
        case Cases():
            before = unless
            for own, body in e.branches:
                yield from _patterns(body, binders, (*guards, *own), before)
                before = (*before, own)
        case _:
            for part in children(e):
                yield from _patterns(part, binders, guards, unless)


def _needed(pattern: Pattern) -> Pattern:
    """Without the binders that say nothing of which element is read, other than that they have a value."""
    needed = {s for a in pattern.access.subscripts for s in a.symbols}
    needed.update(s for g in pattern.guards for s in g.symbols)
    needed.update(s for before in pattern.unless for g in before for s in g.symbols)
    kept: list[Index] = []
    inhabited: list[Guard] = []
    for binder in reversed(pattern.binders):
        if binder.name in needed:
            kept.append(binder)
            needed.update((*binder.range.lower.symbols, *binder.range.upper.symbols))
        else:
            guard = Guard("ge", binder.range.extent - 1)
            inhabited.append(guard)
            needed.update(guard.symbols)
    guards = tuple(dict.fromkeys((*pattern.guards, *reversed(inhabited))))
    return replace(pattern, binders=tuple(reversed(kept)), guards=guards)


def _injective(pattern: Pattern) -> bool:
    """Whether different values of the binders read different elements: each stands alone in a subscript."""
    own = {b.name for b in pattern.binders}
    alone = set()
    for subscript in pattern.access.subscripts:
        if isinstance(subscript, Lookup):
            return False
        met = own.intersection(subscript.symbols)
        if len(met) == 1:
            alone |= met
    return alone == own


def _disjoint(patterns: Sequence[Pattern]) -> bool:
    """Whether no two read one element: a subscript differs by a constant between them."""
    return all(
        any(_apart(a, b) for a, b in zip(_fixed(p), _fixed(q), strict=True))
        for k, p in enumerate(patterns) for q in patterns[k + 1 :]
    )


def _fixed(pattern: Pattern) -> list[Affine | None]:
    """The subscripts that no binder moves."""
    own = {b.name for b in pattern.binders}
    return [
        s if isinstance(s, Affine) and own.isdisjoint(s.symbols) else None for s in pattern.access.subscripts
    ]


def _apart(one: Affine | None, other: Affine | None) -> bool:
    if one is None or other is None:
        return False
    difference = one - other
    return difference.is_constant and difference.constant != 0


def _uncovered(patterns: list[Pattern], axes: tuple[Range, ...]) -> list[Pattern]:
    """Without patterns all of whose elements another one reads too."""
    left = list(patterns)
    for p in patterns:
        if any(q is not p and _covers(q, p, axes) for q in left):
            left.remove(p)
    return left


def _covers(wide: Pattern, narrow: Pattern, axes: tuple[Range, ...]) -> bool:
    """Whether the wide one runs through whole axes, and where it doesn't, reads what the narrow one reads."""
    if wide.guards or wide.unless:
        return False
    ranges = {b.name: b.range for b in wide.binders}
    inner = {b.name for b in narrow.binders}
    used: set[str] = set()
    for axis, a, b in zip(axes, wide.access.subscripts, narrow.access.subscripts, strict=True):
        name = a.as_symbol if isinstance(a, Affine) else None
        if name in ranges and name not in used and ranges[name] == axis:
            used.add(name)
        elif a != b or not inner.isdisjoint(b.symbols) or not ranges.keys().isdisjoint(a.symbols):
            return False
    return True


class Edges(Unfolded):
    """Elements as sums of what they read, with unions, which are looked at element by element."""

    def make_demands(self, access: OfAccess) -> Demands:
        return UnionDemands(self.sizes, access)

    def make_bodies(self, primitives: frozenset[str]) -> Bodies:
        made = super().make_bodies(primitives)
        made.rules[Apply] = self.union
        return made

    def union(self, e: Apply, env: Env) -> Part[int]:
        """Each element that one of the patterns reads, once."""
        found: dict[tuple[int, ...], Access] = {}
        for pattern in e.arguments:
            for access in self.each(pattern, env):
                at = tuple([self.subscript(s, env) for s in access.subscripts])
                found.setdefault(at, Access(access.name, tuple(Affine.of(k) for k in at)))
        return total([(self.read(access, env), 1) for access in found.values()])

    def each(self, pattern: Expr, env: Env) -> Iterator[Access]:
        """The pattern's access, at one value of its binders after another."""
        match pattern:
            case Access():
                yield pattern
            case Cases(branches):
                met = (body for guards, body in branches if all(self.runs.holds(g, env) for g in guards))
                yield from self.each(next(met, ZERO), env)
            case Reduce(_, binders, guards, body):
                every = Demand(frozenset(b.name for b in binders))
                for _ in self.runs.of(self.demands.plan(binders, every, guards), env):
                    yield from self.each(body, env)


class UnionDemands(Demands):
    """Which elements a union holds depends on every index in it."""

    def of(self, e: Expr) -> Demand:
        if isinstance(e, Apply) and e.function == UNION:
            return Demand(frozenset(free_symbols(e)) - self.sizes)
        return super().of(e)
