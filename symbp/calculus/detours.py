"""Whether an element depends on another one by a way through further quantities, besides what its equation reads."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Access, Cases, Expr, Reduce, accesses, children
from symbp.calculus.folding import domain_of
from symbp.calculus.indices import all_symbols, apart, rename_binders, solve, substitute

VISITS = 3
"""How often a search looks behind one name: a recurrence has no end."""

Guards = tuple[Guard, ...]


@dataclass(frozen=True)
class Read:
    """An element that is read, and where."""

    access: Access
    guards: Guards = ()


class Detours:
    """The equations of a derivation, searched from what is computed back to what it is computed from."""

    def __init__(self, equations: Sequence[DisplayEquation], context: Guards) -> None:
        self.equations: dict[str, list[DisplayEquation]] = {}
        for e in equations:
            self.equations.setdefault(e.target.name, []).append(e)
        self.context = context
        self.found: dict[tuple[Access, Access], bool] = {}

    def depends(self, of: Access, wrt: Access) -> bool:
        """Whether something that `of` reads depends on `wrt`, wherever their indices have values."""
        key = of, wrt
        if key not in self.found:
            self.found[key] = self._search(of, wrt)
        return self.found[key]

    def _search(self, of: Access, wrt: Access) -> bool:
        above = self._above(wrt.name)
        if not any(n in above for n in self._names_read(of.name)):
            return False
        waiting = deque(self._reads(Read(of), wrt))
        visits: Counter[str] = Counter()
        while waiting:
            read = waiting.popleft()
            if read.access.name not in above or visits[read.access.name] == VISITS:
                continue
            visits[read.access.name] += 1
            for behind in self._reads(read, wrt):
                if behind.access.name == wrt.name and self._may_be(behind, wrt):
                    return True
                waiting.append(behind)
        return False

    def _above(self, name: str) -> frozenset[str]:
        """The names whose equations read a name, in any number of steps."""
        readers: dict[str, list[str]] = {}
        for target in self.equations:
            for read in self._names_read(target):
                readers.setdefault(read, []).append(target)
        found: set[str] = set()
        waiting = [name]
        while waiting:
            further = [r for r in readers.get(waiting.pop(), ()) if r not in found]
            found.update(further)
            waiting.extend(further)
        return frozenset(found)

    def _names_read(self, name: str) -> Mapping[str, None]:
        return dict.fromkeys(a.name for e in self.equations.get(name, ()) for a in accesses(e.body))

    def _reads(self, reader: Read, wrt: Access) -> Iterator[Read]:
        """What the equations of an element read, under letters of their own."""
        for equation in self.equations.get(reader.access.name, ()):
            taken = {s for e in (reader.access, wrt) for s in all_symbols(e)}
            taken.update(s for g in reader.guards for s in g.symbols)
            unknowns, renaming = apart(equation.indices, taken)
            taken.update(i.name for i in unknowns)
            target = substitute(equation.target, renaming)
            assert isinstance(target, Access)
            pairs = zip(target.subscripts, reader.access.subscripts, strict=True)
            known = [(a, b) for a, b in pairs if isinstance(a, Affine) and isinstance(b, Affine)]
            own = tuple(g.substitute(renaming) for g in equation.guards)
            solution = solve([a for a, _ in known], [b for _, b in known], unknowns, own)
            guards = (*reader.guards, *domain_of(solution.remaining), *solution.guards)
            if not self._empty(guards):
                body = substitute(substitute(equation.body, renaming), solution.values)
                for read in _within(rename_binders(body, taken), guards):
                    if not self._empty(read.guards):
                        yield read

    def _may_be(self, read: Read, wrt: Access) -> bool:
        """Whether the element that is read can be `wrt`."""
        pairs = zip(read.access.subscripts, wrt.subscripts, strict=True)
        equal = (Guard("eq", a - b) for a, b in pairs if isinstance(a, Affine) and isinstance(b, Affine))
        return not self._empty((*read.guards, *equal))

    def _empty(self, guards: Guards) -> bool:
        return sets.empty((*self.context, *(g for g in guards if g.lookup is None)))


def _within(e: Expr, guards: Guards) -> Iterator[Read]:
    """The elements that a formula reads, each with the conditions and the ranges around it."""
    match e:
        case Access():
            yield Read(e, guards)
        case Reduce(_, binders, own, body):
            yield from _within(body, (*guards, *domain_of(binders), *own))
        case Cases(branches):
            for own, body in branches:
                yield from _within(body, (*guards, *own))
        case _:
            for part in children(e):
                yield from _within(part, guards)
