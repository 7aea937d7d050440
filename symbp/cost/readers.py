"""Who reads one element of a quantity: subscripts = element, solved for the indices of the formula that reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from symbp.calculus.affine import Affine, Guard, Index, Subscript, range_guards, symbols_of
from symbp.calculus.expression import Access, Cases, Expr, Reduce, children
from symbp.calculus.indices import apart, solve
from symbp.calculus.sets import all_implied, cells, disjoint, empty, merged, negation, project, shortened

Guards = tuple[Guard, ...]


@dataclass(frozen=True)
class Place:
    """An access in a formula, with the binders and the conditions around it."""

    access: Access
    binders: tuple[Index, ...] = ()
    guards: Guards = ()


@dataclass(frozen=True)
class Reader:
    """Of `target`, the elements that read one and the same element of a quantity.

    Their subscripts are in terms of that element's indices and of `running`, which take all their values for which the
    conditions hold.
    """

    target: str
    subscripts: tuple[Affine, ...]
    running: tuple[Index, ...] = ()
    where: Guards = ()
    times: int | None = None
    """In how many places each of them reads the element, where that is the same for all."""
    exact: bool = True
    """False where integer inputs decide which of them read it."""

    @property
    def only(self) -> Guards:
        """Conditions on the element alone: a[l,j] is read by C for l = L."""
        return tuple(g for g in self.where if not self._runs(g))

    @property
    def among(self) -> Guards:
        """Conditions on the running indices."""
        return tuple(g for g in self.where if self._runs(g))

    @property
    def count(self) -> tuple[Affine, ...]:
        """The extents of the running indices: their product is how many readers there are, without conditions."""
        return tuple(e for i in self.running if (e := i.range.extent) != Affine.of(1))

    def _runs(self, g: Guard) -> bool:
        return any(i.name in g.symbols for i in self.running)


@dataclass(frozen=True)
class Uses:
    """The values of `running` at which a place stands for an element, where the conditions hold; and the readers."""

    running: tuple[Index, ...]
    where: Guards
    readers: tuple[Reader, ...]

    @property
    def all(self) -> Guards:
        """The conditions and the ranges of the running indices."""
        return (*_within(self.running), *self.where)


def places(e: Expr) -> Iterator[Place]:
    """Every access, left to right; where several cases may hold, the first one does."""
    stack: list[tuple[Expr, Place]] = [(e, Place(Access("")))]
    while stack:
        node, around = stack.pop()
        match node:
            case Access():
                yield replace(around, access=node)
            case Reduce(binders=binders, guards=guards, body=body):
                inside = (*around.guards, *guards)
                stack.append((body, Place(around.access, (*around.binders, *binders), inside)))
            case Cases(branches):
                firsts = zip(branches, _first(branches), strict=True)
                inner = [(body, when) for (_, body), alternatives in firsts for when in alternatives]
                stack.extend((body, replace(around, guards=(*around.guards, *when))) for body, when in reversed(inner))
            case _:
                stack.extend((child, around) for child in reversed(children(node)))


def _first(branches: Sequence[tuple[Guards, Expr]]) -> list[list[Guards]]:
    """For each branch the conditions under which it is the first that holds, as alternatives."""
    found: list[list[Guards]] = []
    before: list[Guards] = []
    for guards, _ in branches:
        alternatives = [guards]
        for other in before:
            if not disjoint(guards, other, ()):
                alternatives = [
                    (*so_far, *other[:k], negation(g)) for so_far in alternatives for k, g in enumerate(other)
                    if not empty((*so_far, *other[:k], negation(g)))
                ]
        found.append(alternatives)
        before.append(guards)
    return found


@lru_cache(maxsize=50_000)
def uses(
    element: tuple[Index, ...], own: tuple[Index, ...], subscripts: tuple[Subscript, ...], binders: tuple[Index, ...],
    guards: Guards, known: Guards,
) -> Uses | None:
    """Where a place of a definition over `own` indices stands for an element; `known` is what holds of the sizes.

    The readers have no name yet. None where it never does.
    """
    renamed, names = apart((*own, *binders), {i.name for i in element})
    outer, inner = renamed[: len(own)], renamed[len(own) :]
    asked = tuple(s.substitute(names) for s in subscripts), tuple(Affine.of(i.name) for i in element)
    around = tuple(g.substitute(names) for g in guards)
    solution = solve(*asked, (*inner, *outer), around)
    everywhere = (*known, *_within(element))
    if empty((*everywhere, *_within(solution.remaining), *solution.guards)):
        return None
    found = Uses(solution.remaining, solution.guards, ())
    bound = {i.name for i in inner}
    if any(i.name in bound for i in solution.remaining):
        if any(s in bound for i in outer if i.name in solution.values for s in solution.values[i.name].symbols):
            solution = solve(*asked, inner, around)
            solution = replace(solution, remaining=(*solution.remaining, *outer))
        loose = tuple(i for i in solution.remaining if i.name in bound)
        alternatives = project((*_within(loose), *solution.guards), [i.name for i in loose])
    else:
        loose, alternatives = (), (solution.guards,)
    running = tuple(i for i in solution.remaining if i.name not in bound)
    forms = tuple(solution.values.get(i.name, Affine.of(i.name)) for i in outer)
    looked_up = {s for g in solution.guards if g.lookup is not None for s in g.lookup.symbols}
    plain = Reader("", forms, running, (), None if loose else 1, bound.isdisjoint(looked_up))
    readers = (_tidy(replace(plain, where=a), everywhere) for a in alternatives)
    return replace(found, readers=tuple(r for r in readers if r is not None))


def _within(indices: Sequence[Index]) -> Guards:
    return tuple(g for i in indices for g in range_guards(i.name, i.range))


def _tidy(reader: Reader, everywhere: Guards) -> Reader | None:
    """Without running indices that a condition gives, and without conditions that hold anyway."""
    solution = solve((), (), reader.running, reader.where)
    context = (*everywhere, *_within(solution.remaining))
    if empty((*context, *solution.guards)):
        return None
    forms = tuple(f.substitute(solution.values) for f in reader.subscripts)
    where = shortened(solution.guards, context)
    found = replace(reader, subscripts=forms, running=solution.remaining, where=where)
    given = any(abs(g.form.coefficient(i.name)) == 1 for g in _equalities(found) for i in found.running)
    return _tidy(found, everywhere) if given and found != reader else found


def together(readers: Sequence[Reader], element: tuple[Index, ...], known: Guards) -> tuple[Reader, ...]:
    """Each set of readers once: those of one form under the union of their conditions, none within another's."""
    everywhere = (*known, *_within(element))
    groups: dict[tuple[object, ...], list[Reader]] = {}
    for r in _in_one_form(readers, everywhere):
        groups.setdefault((r.target, r.subscripts, r.running, r.exact), []).append(r)
    united = [t for group in groups.values() for r in _united(group, everywhere) if (t := _tidy(r, everywhere))]
    found: list[Reader] = []
    for k, r in enumerate(united):
        if not any(_covers(other, r, everywhere) for n, other in enumerate(united) if n != k and _is_wider(other, r)):
            wider = any(_covers(r, other, everywhere) for other in united if _is_wider(r, other))
            found.append(replace(r, times=None) if wider else r)
    return tuple(found)


def _in_one_form(readers: Sequence[Reader], everywhere: Guards) -> list[Reader]:
    """Readers whose subscripts are those of another one wherever they read: δ[L,j] as δ[l,j] where l = L."""
    found = []
    for r in readers:
        context = (*everywhere, *_within(r.running), *r.where)
        form = next((
            other.subscripts for other in readers
            if other.subscripts != r.subscripts and (other.target, other.running) == (r.target, r.running)
            and len(_equalities(other)) < len(_equalities(r)) and all_implied(context, [
                Guard("eq", a - b) for a, b in zip(other.subscripts, r.subscripts, strict=True)
            ])
        ), r.subscripts)
        found.append(replace(r, subscripts=form))
    return found


def _equalities(r: Reader) -> list[Guard]:
    return [g for g in r.where if g.kind == "eq" and g.lookup is None]


def _united(group: Sequence[Reader], everywhere: Guards) -> list[Reader]:
    """Readers of one form that differ in their conditions: the union of these, and in how many places they read."""
    first = group[0]
    if all(r.where == first.where for r in group):
        return [replace(first, times=_sum([r.times for r in group]))]
    if not first.exact:
        return list(dict.fromkeys(group))
    context = (*everywhere, *_within(first.running))
    wheres = [r.where for r in group]
    split = cells(context, wheres)
    times = {_sum([group[k].times for k in held]) for _, held in split if held}
    same = times.pop() if len(times) == 1 else None
    whole = merged([guards for guards, held in split if held], context)
    return [replace(first, where=tuple(guards), times=same) for guards in whole]


def _sum(times: Sequence[int | None]) -> int | None:
    return None if None in times else sum(t for t in times if t is not None)


def _is_wider(large: Reader, small: Reader) -> bool:
    return large.target == small.target and len(large.running) > len(small.running)


def _covers(large: Reader, small: Reader, everywhere: Guards) -> bool:
    """Whether all that `small` says is said by `large`, with values for its running indices."""
    runs = {i.name: i for i in large.running}
    pairs = tuple(zip(large.subscripts, small.subscripts, strict=True))
    values = {name: b for a, b in pairs if (name := a.as_symbol) in runs and name is not None}
    if len(values) < len(runs) or not (large.exact and small.exact):
        return False
    context = (*everywhere, *_within(small.running), *small.where)
    meets = [Guard("eq", a.substitute(values) - b) for a, b in pairs]
    meets += [g.substitute(values) for g in (*_within(large.running), *large.where)]
    return all_implied(context, meets)


@lru_cache(maxsize=50_000)
def is_used(found: tuple[Uses, ...], element: tuple[Index, ...], known: Guards) -> bool:
    """Whether some element is read."""
    return any(not empty((*known, *_within(element), *u.all)) for u in found)


@lru_cache(maxsize=50_000)
def used_twice(found: tuple[Uses, ...], element: tuple[Index, ...], known: Guards) -> bool:
    """Whether some element is read in two places."""
    everywhere = (*known, *_within(element))
    return any(_several(u, everywhere) for u in found) or any(
        _meet(a, b, everywhere) for k, a in enumerate(found) for b in found[k + 1 :]
    )


def _several(u: Uses, everywhere: Guards) -> bool:
    """Whether some element has two values of the running indices."""
    others, names = apart(u.running, symbols_of((*everywhere, *_within(u.running), *u.where)))
    doubled = (*everywhere, *u.all, *_within(others), *(g.substitute(names) for g in u.where))
    return any(
        not empty((*doubled, Guard("ge", names[i.name] - Affine.of(i.name) - 1))) for i in u.running
    )


def _meet(a: Uses, b: Uses, everywhere: Guards) -> bool:
    """Whether some element has values for both."""
    others, names = apart(b.running, symbols_of((*everywhere, *a.all)))
    return not empty((*everywhere, *a.all, *_within(others), *(g.substitute(names) for g in b.where)))
