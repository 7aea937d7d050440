"""All binding-aware algebra: fresh names, substitution without capture, canonical names, solving φ(I, R) = K.

No other module renames or substitutes under a bound index.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range, Subscript, range_guards
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
    Partial,
    Position,
    Power,
    Reduce,
    Select,
    add,
    children,
    multiply,
    with_children,
)

Forms = Mapping[str, Affine]


def fresh(name: str, taken: Collection[str]) -> str:
    """`name`, or its letter with the first free mark: j, j#2, j#3, …"""
    if name not in taken:
        return name
    letter = name.partition("#")[0]
    if letter not in taken:
        return letter
    mark = 2
    while f"{letter}#{mark}" in taken:
        mark += 1
    return f"{letter}#{mark}"


def apart(indices: Sequence[Index], taken: Collection[str]) -> tuple[tuple[Index, ...], dict[str, Affine]]:
    """The indices under names that aren't taken, and the renaming."""
    used = set(taken)
    renaming: dict[str, Affine] = {}
    opened = []
    for i in indices:
        name = fresh(i.name, used)
        used.add(name)
        opened.append(Index(name, i.range.substitute(renaming)))
        renaming[i.name] = Affine.of(name)
    return tuple(opened), renaming


@lru_cache(maxsize=50_000)
def free_symbols(e: Expr) -> tuple[str, ...]:
    """The indices and sizes that occur free, in reading order."""
    found: dict[str, None] = {}
    _collect_free(e, frozenset(), found)
    return tuple(found)


def _collect_free(e: Expr, bound: frozenset[str], found: dict[str, None]) -> None:
    match e:
        case Access(_, subscripts):
            _note(_subscript_symbols(subscripts), bound, found)
        case Position(value):
            _note(value.symbols, bound, found)
        case Reduce(_, binders, guards, body):
            for b in binders:
                _note(b.range.lower.symbols, bound, found)
                _note(b.range.upper.symbols, bound, found)
                bound = bound | {b.name}
            _note((s for g in guards for s in g.symbols), bound, found)
            _collect_free(body, bound, found)
        case Cases(branches):
            for guards, body in branches:
                _note((s for g in guards for s in g.symbols), bound, found)
                _collect_free(body, bound, found)
        case Partial(_, of, wrt):
            _note(_subscript_symbols(of.subscripts), bound, found)
            _note(_subscript_symbols(wrt.subscripts), bound, found)
        case _:
            for part in children(e):
                _collect_free(part, bound, found)


def _note(symbols: Iterable[str], bound: frozenset[str], found: dict[str, None]) -> None:
    for symbol in symbols:
        if symbol not in bound:
            found[symbol] = None


def _subscript_symbols(subscripts: Iterable[Subscript]) -> Iterable[str]:
    for s in subscripts:
        yield from s.symbols


def all_symbols(e: Expr) -> set[str]:
    """Every index and size that occurs, bound or free: what a fresh name must avoid."""
    found = set(free_symbols(e))
    stack = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, Reduce):
            found.update(b.name for b in node.binders)
        stack.extend(children(node))
    return found


def substitute(e: Expr, values: Forms) -> Expr:
    """Simultaneous replacement of free indices and sizes by affine forms; binders that would capture are renamed."""
    if not values:
        return e
    match e:
        case Access(name, subscripts):
            return Access(name, substitute_subscripts(subscripts, values))
        case Position(value):
            return Position(value.substitute(values))
        case Reduce(kind, binders, guards, body, component):
            opened, inner = open_binders(binders, values, lambda: all_symbols(e))
            return Reduce(
                kind, opened, tuple(g.substitute(inner) for g in guards), substitute(body, inner), component
            )
        case Cases(branches):
            return Cases(
                tuple((tuple(g.substitute(values) for g in guards), substitute(b, values)) for guards, b in branches)
            )
        case Partial(kind, of, wrt):
            return Partial(
                kind,
                Access(of.name, substitute_subscripts(of.subscripts, values)),
                Access(wrt.name, substitute_subscripts(wrt.subscripts, values)),
            )
        case Add() | Mul() | Power() | Apply() | Select():
            return with_children(e, tuple(substitute(p, values) for p in children(e)))
        case _:
            return e


def substitute_subscripts(subscripts: tuple[Subscript, ...], values: Forms) -> tuple[Subscript, ...]:
    return tuple(s.substitute(values) for s in subscripts)


def open_binders(
    binders: tuple[Index, ...], values: Forms, others: Callable[[], Collection[str]]
) -> tuple[tuple[Index, ...], dict[str, Affine]]:
    """The binders under a substitution, renamed where they would capture, and the substitution inside."""
    inner = {s: f for s, f in values.items() if s not in {b.name for b in binders}}
    inserted = {s for f in inner.values() for s in f.symbols}
    taken: set[str] | None = None
    opened = []
    for b in binders:
        name = b.name
        if name in inserted:
            if taken is None:
                taken = inserted | set(others()) | set(inner)
            name = fresh(name, taken)
            taken.add(name)
        opened.append(Index(name, b.range.substitute(inner)))
        if name != b.name:
            inner[b.name] = Affine.of(name)
    return tuple(opened), inner


def replace_accesses(e: Expr, replacement: Callable[[Access], Expr | None]) -> Expr:
    """Every access for which `replacement` answers is replaced, sums and products opened; no capture happens.

    An inserted tree's free symbols are subscripts of the access that it replaces, so nothing new can be caught;
    its own binders are renamed away from the binders around it.
    """
    return _replace(e, replacement, ())


def _replace(e: Expr, replacement: Callable[[Access], Expr | None], around: tuple[str, ...]) -> Expr:
    match e:
        case Access():
            found = replacement(e)
            return e if found is None else rename_binders(found, around) if around else found
        case Add(terms):
            return add(_replace(t, replacement, around) for t in terms)
        case Mul(factors):
            return multiply(_replace(f, replacement, around) for f in factors)
        case Reduce(kind, binders, guards, body, component):
            inside = _replace(body, replacement, (*around, *(b.name for b in binders)))
            return Reduce(kind, binders, guards, inside, component)
        case Power() | Apply() | Select() | Cases():
            return with_children(e, tuple(_replace(p, replacement, around) for p in children(e)))
        case _:
            return e


def replace_subscript(e: Expr, name: str, lookup: Lookup) -> Expr | None:
    """The formula with the free index `name` replaced by an integer input; None where it is more than a subscript."""
    if name not in free_symbols(e):
        return e
    match e:
        case Access(array, subscripts):
            if any(name in s.symbols and (isinstance(s, Lookup) or s.as_symbol != name) for s in subscripts):
                return None
            return Access(array, tuple(lookup if name in s.symbols else s for s in subscripts))
        case Add() | Mul() | Power() | Apply() | Select():
            parts = [replace_subscript(p, name, lookup) for p in children(e)]
            found = tuple(p for p in parts if p is not None)
            return with_children(e, found) if len(found) == len(parts) else None
        case _:
            return None


def rename_binders(e: Expr, taken: Collection[str]) -> Expr:
    """The same formula with no binder named as in `taken`, nor twice on one path."""
    match e:
        case Reduce(kind, binders, guards, body, component):
            used = set(taken)
            renaming: dict[str, Affine] = {}
            opened = []
            everything: set[str] | None = None
            for b in binders:
                name = b.name
                if name in used:
                    if everything is None:
                        everything = all_symbols(e)
                    name = fresh(name, used | everything)
                    everything.add(name)
                opened.append(Index(name, b.range.substitute(renaming)))
                if name != b.name:
                    renaming[b.name] = Affine.of(name)
                used.add(name)
            inner = substitute(body, renaming)
            return Reduce(
                kind, tuple(opened), tuple(g.substitute(renaming) for g in guards), rename_binders(inner, used),
                component,
            )
        case Add() | Mul() | Power() | Apply() | Select() | Cases():
            return with_children(e, tuple(rename_binders(p, taken) for p in children(e)))
        case _:
            return e


def bound_once(e: Expr, taken: set[str]) -> Expr:
    """The same formula with each binder under a name of its own that isn't in `taken`, to which its names are added.

    `taken` holds at least the formula's free symbols.
    """
    match e:
        case Reduce(kind, binders, guards, body, component):
            opened, renaming = apart(binders, taken)
            taken.update(b.name for b in opened)
            moved = {name: form for name, form in renaming.items() if form != Affine.of(name)}
            inside = bound_once(substitute(body, moved), taken)
            return Reduce(kind, opened, tuple(g.substitute(moved) for g in guards), inside, component)
        case Add() | Mul() | Power() | Apply() | Select() | Cases():
            return with_children(e, tuple(bound_once(p, taken) for p in children(e)))
        case _:
            return e


@lru_cache(maxsize=50_000)
def canonical(e: Expr) -> Expr:
    """The same formula with binders named by position (%0, %1, …): equal trees mean equal formulas up to letters."""
    return _canonical(e, {}, 0)


def _order(guard: Guard) -> tuple[str, tuple[tuple[str, int], ...], int, int, str]:
    return guard.kind, guard.form.terms, guard.form.constant, guard.modulus, repr(guard.lookup)


def _canonical(e: Expr, names: dict[str, Affine], depth: int) -> Expr:
    if isinstance(e, Reduce):
        inner = dict(names)
        opened = []
        for offset, b in enumerate(e.binders):
            name = f"%{depth + offset}"
            opened.append(Index(name, b.range.substitute(inner)))
            inner[b.name] = Affine.of(name)
        guards = tuple(sorted((g.substitute(inner) for g in e.guards), key=_order))
        body = _canonical(e.body, inner, depth + len(e.binders))
        return Reduce(e.kind, tuple(opened), guards, body, e.component)
    if isinstance(e, (Access, Position, Partial)):
        return substitute(e, names)
    if isinstance(e, Cases):
        return Cases(
            tuple(
                (tuple(sorted((g.substitute(names) for g in guards), key=_order)), _canonical(b, names, depth))
                for guards, b in e.branches
            )
        )
    parts = children(e)
    if not parts:
        return e
    outermost = not names and not depth
    return with_children(e, tuple(canonical(p) if outermost else _canonical(p, names, depth) for p in parts))


@dataclass(frozen=True)
class Solution:
    """What solving φ(I, R) = K leaves: forms for the eliminated indices, the indices still free, and guards on them."""

    values: dict[str, Affine]
    remaining: tuple[Index, ...]
    guards: tuple[Guard, ...]


def solve(
    subscripts: Sequence[Subscript],
    wanted: Sequence[Affine],
    unknowns: Sequence[Index],
    guards: Sequence[Guard] = (),
) -> Solution:
    """Solve subscripts = wanted over the integers for the unknowns, earlier unknowns first.

    An unknown with coefficient ±1 is eliminated, and its range becomes a guard; an equation that none can solve stays
    as a guard. Names of unknowns must not occur in `wanted`. An equality among `guards` eliminates in the same way.
    Where the ranges of what remains would then read each other, later unknowns go first, or none goes.
    """
    for order in (tuple(unknowns), tuple(unknowns)[::-1]):
        solution = _solved(subscripts, wanted, order, guards)
        ordered = in_scope(solution.remaining)
        if ordered is not None:
            return Solution(solution.values, ordered, solution.guards)
    unsolved = _solved(subscripts, wanted, (), guards)
    return Solution({}, tuple(unknowns), unsolved.guards)


def in_scope(binders: Sequence[Index]) -> tuple[Index, ...] | None:
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


def _solved(
    subscripts: Sequence[Subscript], wanted: Sequence[Affine], unknowns: Sequence[Index], guards: Sequence[Guard]
) -> Solution:
    values: dict[str, Affine] = {}
    remaining = {u.name: u for u in unknowns}
    kept: list[Guard] = []

    def eliminate(zero: Affine) -> bool:
        for name in list(remaining):
            c = zero.coefficient(name)
            if c not in (1, -1):
                continue
            form = Affine.of(name) - zero * c
            assert name not in form.symbols
            for done in values:
                values[done] = values[done].substitute({name: form})
            values[name] = form
            kept.extend(range_guards(name, remaining.pop(name).range))
            return True
        return False

    for subscript, want in zip(subscripts, wanted, strict=True):
        if isinstance(subscript, Lookup):
            kept.append(Guard("eq", want, lookup=subscript))
            continue
        zero = (subscript - want).substitute(values)
        if not eliminate(zero):
            kept.append(Guard("eq", zero))
    for guard in guards:
        zero = guard.form.substitute(values)
        if guard.kind != "eq" or guard.lookup is not None or not eliminate(zero):
            kept.append(guard)
    settled = tuple(dict.fromkeys(normal_guard(g.substitute(values)) for g in kept))
    left = tuple(Index(i.name, i.range.substitute(values)) for i in remaining.values())
    return Solution(values, left, settled)


def without_single_values(e: Reduce) -> Expr | None:
    """⊕_{i=c..c} f_i as f_c, for each binder whose range is one value; None where there is none to take away.

    What the guards still ask for is an Iverson bracket around a sum's only term; no other reduction is opened then.
    """
    values: dict[str, Affine] = {}
    for b in e.binders:
        within = b.range.substitute(values)
        if within.lower == within.upper:
            values[b.name] = within.lower
    if not values or e.kind in ("argmax", "argmin"):
        return None
    kept = tuple(Index(b.name, b.range.substitute(values)) for b in e.binders if b.name not in values)
    guards = tuple(g for g in (g.substitute(values) for g in e.guards) if truth(g) is not True)
    if guards and not kept and e.kind != "sum":
        return None
    if kept:
        opened, inner = open_binders(kept, values, lambda: all_symbols(e))
        return Reduce(e.kind, opened, tuple(g.substitute(inner) for g in guards), substitute(e.body, inner))
    body = substitute(e.body, values)
    return Cases(((guards, body),)) if guards else body


def normal_guard(guard: Guard) -> Guard:
    """The same condition with a fixed sign for equalities: the first symbol's coefficient is positive."""
    if guard.kind in ("eq", "ne", "divides", "not_divides") and guard.lookup is None:
        first = guard.form.terms[0][1] if guard.form.terms else guard.form.constant
        if first < 0:
            return Guard(guard.kind, -guard.form, guard.modulus)
    return guard


def truth(guard: Guard) -> bool | None:
    """True or False where the condition holds always or never on its face, else None."""
    if guard.lookup is not None or not guard.form.is_constant:
        return None
    return guard.holds({})


def axis_indices(axes: Sequence[Range], letters: Sequence[str], taken: Collection[str] = ()) -> tuple[Index, ...]:
    """Fresh indices for an array's axes, by its author's letters where it has them."""
    used = set(taken)
    made = []
    for position, axis in enumerate(axes):
        wish = letters[position] if position < len(letters) and letters[position] else DEFAULT_LETTERS[position % 8]
        name = fresh(wish, used)
        used.add(name)
        made.append(Index(name, axis))
    return tuple(made)


DEFAULT_LETTERS = ("i", "j", "k", "m", "n", "p", "q", "r")


def inline_accesses(e: Expr, replacement: Callable[[Access], Expr | None], around: tuple[str, ...] = ()) -> Expr:
    """`replace_accesses`, but a product in the place of a factor stays one factor: (a b) c keeps its bracket.

    A derivative of the result then has the brackets of the definitions, and is shorter for it.
    """
    match e:
        case Mul(factors):
            parts = tuple(inline_accesses(f, replacement, around) for f in factors)
            literal = multiply(p for p in parts if isinstance(p, Number))
            rest = tuple(p for p in parts if not isinstance(p, Number))
            if literal == ZERO or not rest:
                return literal
            kept = rest if literal == ONE else (literal, *rest)
            return kept[0] if len(kept) == 1 else Mul(kept)
        case Add(terms):
            return add(inline_accesses(t, replacement, around) for t in terms)
        case Reduce(kind, binders, guards, body, component):
            inside = inline_accesses(body, replacement, (*around, *(b.name for b in binders)))
            return Reduce(kind, binders, guards, inside, component)
        case Power() | Apply() | Select() | Cases():
            return with_children(e, tuple(inline_accesses(p, replacement, around) for p in children(e)))
        case _:
            return _replace(e, replacement, around)
