"""What is computed once and used again: who reads one element of each quantity, and at how many places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.calculus.affine import Affine, Guard, Index, form_in_range
from symbp.calculus.expression import Access, Cases, Expr, Reduce, children
from symbp.calculus.indices import apart
from symbp.calculus.model import Definition
from symbp.cost.program import Program

Held = tuple[Access, tuple[Guard, ...], tuple[Index, ...]]
"""An access with the conditions and the binders around it."""


@dataclass(frozen=True)
class Reader:
    """Of `target`, the elements that read one and the same element of a quantity.

    Their subscripts are in terms of that element's indices and of `running`, which take all their values.
    """

    target: str
    subscripts: tuple[Affine, ...]
    running: tuple[Index, ...]
    count: tuple[Affine, ...]
    """The extents whose product is how many they are."""
    exact: bool = True
    """False where there may be fewer, at a border for instance."""
    only: tuple[Guard, ...] = ()
    """Where the element has to stand for them to read it: a[l,j] is read by C for l = L alone."""


@dataclass(frozen=True)
class Reuse:
    """One element of name[indices] and its readers, in the order in which they are computed."""

    name: str
    indices: tuple[Index, ...]
    readers: tuple[Reader, ...]

    @property
    def is_shared(self) -> bool:
        """Whether more than one element may read it."""
        return len(self.readers) > 1 or any(r.count for r in self.readers)


def reuses(program: Program) -> tuple[Reuse, ...]:
    """For each quantity that more than one element reads, its readers; outputs and inputs have none here."""
    made = {d.target: d for d in program.definitions if d.target not in program.outputs}
    readers: dict[str, list[Reader]] = {name: [] for name in made}
    for d in program.definitions:
        for held in _reads(d.body):
            name = held[0].name
            if name in made:
                readers[name].append(_Solving(made[name].indices, d, *held).reader())
    found = (Reuse(name, made[name].indices, _each_once(of)) for name, of in readers.items())
    return tuple(r for r in found if r.is_shared)


def _reads(e: Expr) -> Iterator[Held]:
    """Every access, left to right."""
    stack: list[tuple[Expr, tuple[Guard, ...], tuple[Index, ...]]] = [(e, (), ())]
    while stack:
        node, guards, binders = stack.pop()
        match node:
            case Access():
                yield node, guards, binders
            case Reduce(binders=own, guards=own_guards, body=body):
                stack.append((body, (*guards, *own_guards), (*binders, *own)))
            case Cases(branches):
                stack.extend((body, (*guards, *when), binders) for when, body in reversed(branches))
            case _:
                stack.extend((child, guards, binders) for child in reversed(children(node)))


@dataclass
class _Solving:
    """subscripts = element, solved for the reader's own indices: w[h,j] reads g[j], so j is given and h runs."""

    element: tuple[Index, ...]
    reader_of: Definition
    access: Access
    guards: tuple[Guard, ...]
    binders: tuple[Index, ...]
    fixed: dict[str, Affine] = field(default_factory=dict)
    """The reader's indices that the element gives."""
    several: list[Affine] = field(default_factory=list)
    """Extents of binders that make up for an index that isn't given: p in x[p + r]."""
    only: list[Guard] = field(default_factory=list)
    exact: bool = True

    def reader(self) -> Reader:
        self._pin()
        bound = {b.name: b for b in self.binders}
        met: set[str] = set()
        for index, subscript in zip(self.element, self.access.subscripts, strict=True):
            inner = [s for s in subscript.symbols if s in bound]
            if isinstance(subscript, Affine):
                self._solve(index, subscript.substitute(self.fixed), [bound[s] for s in inner], met)
            else:
                self.exact = False
            met.update(inner)
        self.exact = self.exact and len(list(self._held)) == len(self.guards)
        return self._in_terms_of_the_element()

    @property
    def _held(self) -> Iterator[Guard]:
        """The conditions around that are about given indices alone."""
        loose = {i.name for i in (*self.reader_of.indices, *self.binders)} - self.fixed.keys()
        return (g for g in self.guards if g.lookup is None and not loose & set(g.symbols))

    def _pin(self) -> None:
        """Indices that a condition gives: l in the case l = L."""
        for g in self.guards:
            free = [i.name for i in self.reader_of.indices if abs(g.form.coefficient(i.name)) == 1]
            if g.kind == "eq" and g.lookup is None and len(free) == 1 and not self._bound(g.form):
                c = g.form.coefficient(free[0])
                self.fixed[free[0]] = (Affine.of(free[0]) * c - g.form) * c

    def _bound(self, form: Affine) -> bool:
        return any(form.coefficient(b.name) for b in self.binders)

    def _solve(self, index: Index, subscript: Affine, inner: Sequence[Index], met: set[str]) -> None:
        """subscript = index, for one of the reader's indices that isn't given yet."""
        free = [i.name for i in self.reader_of.indices if i.name not in self.fixed and subscript.coefficient(i.name)]
        if not free and not inner:
            self.only.append(Guard("eq", Affine.of(index.name) - subscript))
        elif not free:
            self._solve_for_binder(index, subscript, inner, met)
        elif len(free) == 1 and abs(c := subscript.coefficient(free[0])) == 1:
            if inner:
                self.several.extend(b.range.extent for b in inner)
                self.exact = False
            else:
                solved = (Affine.of(index.name) - subscript) * c + Affine.of(free[0])
                self.fixed[free[0]] = solved
                own = next(i for i in self.reader_of.indices if i.name == free[0])
                self.only.extend(form_in_range(solved, own.range))
        else:
            self.exact = False

    def _solve_for_binder(self, index: Index, subscript: Affine, inner: Sequence[Index], met: set[str]) -> None:
        """subscript = index, for a binder: some term of the sum reads the element."""
        c = subscript.coefficient(inner[0].name)
        if len(inner) > 1 or abs(c) != 1 or inner[0].name in met:
            self.exact = False
        else:
            solved = (Affine.of(index.name) - subscript) * c + Affine.of(inner[0].name)
            self.only.extend(form_in_range(solved, inner[0].range))

    def _told(self, guards: Iterable[Guard]) -> tuple[Guard, ...]:
        """The conditions on the element that its own range doesn't imply."""
        ends = {i.name: (i.range.lower, i.range.upper) for i in self.element}
        return tuple(dict.fromkeys(g for g in guards if not _implied(g, ends)))

    def _in_terms_of_the_element(self) -> Reader:
        """Running indices get names that the element's don't have."""
        own = self.reader_of.indices
        running = tuple(i for i in own if i.name not in self.fixed)
        renamed, names = apart(running, {i.name for i in self.element})
        values = {**self.fixed, **names}
        count = self.several or [i.range.extent for i in running]
        told = tuple(c for c in count if c != Affine.of(1))
        return Reader(
            self.reader_of.target, tuple(values[i.name] for i in own), renamed, told, self.exact,
            self._told((*self.only, *(g.substitute(self.fixed) for g in self._held))),
        )


def _implied(guard: Guard, ends: Mapping[str, tuple[Affine, Affine]]) -> bool:
    """Whether a condition holds wherever the indices are between their ends, as far as that shows at once."""
    form = guard.form
    for name, (low, high) in ends.items():
        c = form.coefficient(name)
        form = form.substitute({name: low if c > 0 else high}) if c else form
    if guard.kind == "eq":
        return form == Affine() and not any(guard.form.coefficient(name) for name in ends)
    return guard.kind == "ge" and form.is_constant and form.constant >= 0


def _each_once(readers: Sequence[Reader]) -> tuple[Reader, ...]:
    """Without repetition, and without those that are among the elements of another one."""
    found = tuple(dict.fromkeys(readers))
    return tuple(r for r in found if not any(_covers(other, r) for other in found if other != r))


def _covers(large: Reader, small: Reader) -> bool:
    """Whether all that `small` says is said by `large`: at more elements, or for a running index in place of one."""
    if large.target != small.target or large.only or large.exact != small.exact:
        return False
    runs = {i.name for i in large.running}
    pinned = {s: Affine.of(s) - g.form for g in small.only if g.kind == "eq" for s in g.form.symbols[-1:]}
    pairs = zip(large.subscripts, small.subscripts, strict=True)
    larger = len(large.running) > len(small.running) or bool(small.only)
    return larger and all(a.substitute(pinned) == b or a.as_symbol in runs for a, b in pairs)
