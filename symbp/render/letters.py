"""Letters for bound indices: `j#2` prints as a letter that nothing else in the display has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from symbp.alphabet import is_ascii_letter, letter_latex
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range, Subscript
from symbp.calculus.expression import Access, Cases, Expr, Partial, Position, Reduce, children, walk
from symbp.calculus.model import Model, Role
from symbp.render.names import Names

FAMILY = (
    "m", "n", "k", "p", "q", "r", "s", "t", "u", "i", "j", "h", "v", "w", "c", "g", "a", "b", "f", "x", "y", "z",
    "tau", "kappa", "nu", "xi", "zeta", "iota", "rho", "omega", "phi", "chi", "psi",
)
"""Where a second letter comes from; without l and o, which look like digits, and d and e, which stand for more."""

NEIGHBOURS = {"t": ("s", "tau"), "l": ("r", "s")}
"""Second letters that a book would take before the rest."""

FURTHER = 3
"""Letters that a range has for itself beside the author's, as long as there are any."""


@dataclass(frozen=True)
class Supply:
    """What letters there are: the author's, with their ranges, and what other names have taken for themselves."""

    names: Names
    ranges: Mapping[str, Range]
    reserved: frozenset[str]
    families: Mapping[Range, tuple[str, ...]] = field(default_factory=dict)
    """The letters of each range, the author's first. No letter belongs to two ranges."""
    spoken: frozenset[str] = frozenset()
    """Letters of free indices that the author gave no range: each keeps its own meaning, and no range has them."""

    @staticmethod
    def of(model: Model, names: Names, spoken: Iterable[str] = ()) -> Supply:
        for_themselves = frozenset(spoken) - frozenset(model.index_ranges)
        own = frozenset(names.latex(letter) for letter in model.index_ranges)
        reserved = (names.bare - own) | names.letters_in_marks
        free = [c for c in FAMILY if c not in for_themselves and _stands_free(c, names, own | reserved)]
        free.sort(key=lambda c: names.latex(c).upper() in reserved)
        return Supply(names, model.index_ranges, reserved, _families(model, free), for_themselves)

    def choose(self, index: Index, taken: frozenset[str]) -> str:
        """The first candidate whose print is neither taken nor another name's."""
        for letter in self._candidates(index):
            look = self.names.latex(letter)
            if look not in taken and (letter in self.ranges or self._is_free(letter, look)):
                return letter
        raise AssertionError("primes never end")

    def family(self, index: Index) -> tuple[str, ...]:
        """The letters for what an index counts: those of its own letter's range, else of its range."""
        return self.families.get(self.meaning(index), ())

    def meaning(self, index: Index) -> Range:
        """What an index counts: the range of its own letter where the author gave one, else its range."""
        return self.ranges.get(index.letter, index.range)

    def _is_free(self, letter: str, look: str) -> bool:
        """Whether no name prints like it, so that it could keep its own print."""
        return look not in self.reserved and (look == letter or not is_ascii_letter(letter))

    def _candidates(self, index: Index) -> Iterator[str]:
        """The wish; the letters of its range; letters that no range has; primes."""
        wish = index.letter
        yield wish
        yield from self.family(index)
        if len(wish) == 1:
            owned = {letter for letters in self.families.values() for letter in letters} | self.spoken
            looks = {self.names.latex(letter) for letter in owned}
            yield from (letter for letter in FAMILY if letter not in owned and self.names.latex(letter) not in looks)
        yield from (wish + "'" * k for k in count(1))


def _stands_free(letter: str, names: Names, others: frozenset[str]) -> bool:
    """Whether nothing else prints like a letter, and it prints as itself."""
    look = names.latex(letter)
    return look not in others and look == letter_latex(letter)


def _families(model: Model, free: Sequence[str]) -> dict[Range, tuple[str, ...]]:
    """Every range's letters: the author's, then further ones, of which no two ranges share one.

    A chain sums over the units of what is defined, and it starts at the outputs: so the range that is written last
    chooses first, and those that only inputs and parameters have choose after all others.
    """
    found: dict[Range, tuple[str, ...]] = {}
    for letter, within in model.index_ranges.items():
        found[within] = (*found.get(within, ()), letter)
    defined = [a for a in model.arrays.values() if a.role is Role.DEFINED]
    running = {axis for a in defined for axis in a.axes}
    running |= {model.index_ranges[c] for a in defined for c in a.letters if c in model.index_ranges}
    last_first = list(found)[::-1]
    order = sorted(last_first, key=lambda within: within not in running)
    left = list(free)
    for _ in range(FURTHER):
        for within in order:
            wanted = (c for c in NEIGHBOURS.get(found[within][0], ()) if c in left)
            if left:
                found[within] = (*found[within], next(wanted, left[0]))
                left.remove(found[within][-1])
    return found


@dataclass(frozen=True)
class Letters:
    """The letters in force at one place of a display."""

    supply: Supply
    spelled: Mapping[str, str]
    taken: frozenset[str]
    shown: tuple[Expr, ...] = ()
    """The display's formulas, which live as long as this does."""
    below: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """For each of their sums (by identity): the author's letters that it and the sums in it bind."""

    @staticmethod
    def display(supply: Supply, free: tuple[Index, ...], expressions: tuple[Expr, ...]) -> Letters:
        """The letters of a display's free indices; every other free symbol in it keeps its own name."""
        named = {index.name for index in free}
        symbols = dict.fromkeys(s for e in expressions for s in free_symbols(e) if s not in named)
        symbols |= dict.fromkeys(s for i in free for e in (i.range.lower, i.range.upper) for s in e.symbols)
        taken = frozenset(supply.names.latex(s) for s in symbols if "#" not in s and s not in named)
        fresh = tuple(Index(s, Range.of(1, 1)) for s in symbols if "#" in s and s not in named)
        letters = Letters(supply, {}, taken, expressions, _plain_binders(expressions))
        for index in sorted((*free, *fresh), key=lambda i: "#" in i.name):
            letters = letters._with(index, frozenset())
        return letters

    def letter(self, symbol: str) -> str:
        """The name to print for an index or a size."""
        return self.spelled.get(symbol) or symbol.partition("#")[0]

    def bind(self, node: Reduce) -> Letters:
        """The letters under a sum's binders. A fresh binder leaves the author's letters to the sums below it."""
        below = self.below.get(id(node))
        if below is None:
            below = _plain_binders((node,))[id(node)]
        avoid = frozenset(self.supply.names.latex(name) for name in below)
        letters = self
        for binder in node.binders:
            letters = letters._with(binder, avoid if "#" in binder.name else frozenset())
        return letters

    def _with(self, index: Index, avoid: frozenset[str]) -> Letters:
        letter = self.supply.choose(index, self.taken | avoid)
        look = self.supply.names.latex(letter)
        return replace(self, spelled={**self.spelled, index.name: letter}, taken=self.taken | {look})


def _plain_binders(expressions: Iterable[Expr]) -> dict[int, frozenset[str]]:
    """For each sum: the binders without a number that stand in it, itself included."""
    found: dict[int, frozenset[str]] = {}
    for e in expressions:
        stack: list[tuple[Expr, list[str], list[str] | None]] = [(e, [], None)] if _has_sum(e) else []
        while stack:
            node, above, own = stack.pop()
            if own is not None:
                found[id(node)] = frozenset(own)
                above.extend(found[id(node)])
                continue
            into = above
            if isinstance(node, Reduce):
                into = [b.name for b in node.binders if "#" not in b.name]
                stack.append((node, above, into))
            stack.extend((child, into, None) for child in children(node))
    return found


def _has_sum(e: Expr) -> bool:
    """Whether a reduction stands in it; a formula may be deeper than a kept hash could be worked out."""
    return any(n.__class__ is Reduce for n in walk(e))


def free_symbols(e: Expr) -> tuple[str, ...]:
    """Indices and sizes that occur free, in reading order, without repeats."""
    found: dict[str, None] = {}
    stack: list[tuple[Expr, frozenset[str]]] = [(e, frozenset())]
    while stack:
        node, bound = stack.pop()
        if isinstance(node, Reduce):
            for binder in node.binders:
                _note(found, (binder.range.lower, binder.range.upper), bound)
                bound = bound | {binder.name}
        _note(found, _forms(node), bound)
        stack.extend([(child, bound) for child in children(node)[::-1]])
    return tuple(found)


def names_read(e: Expr) -> Iterator[str]:
    """The arrays that a formula names, as values and inside partials, subscripts and guards."""
    for node in walk(e):
        guards: tuple[Guard, ...] = ()
        subscripts: tuple[Subscript, ...] = ()
        match node:
            case Access(name, own):
                yield name
                subscripts = own
            case Partial(_, of, wrt):
                yield from (of.name, wrt.name)
                subscripts = (*of.subscripts, *wrt.subscripts)
            case Reduce(guards=own_guards):
                guards = own_guards
            case Cases(branches):
                guards = tuple(g for gs, _ in branches for g in gs)
        yield from (s.array for s in subscripts if isinstance(s, Lookup))
        yield from (g.lookup.array for g in guards if g.lookup is not None)


def _note(found: dict[str, None], forms: Iterable[Affine], bound: frozenset[str]) -> None:
    found.update(dict.fromkeys(s for form in forms for s in form.symbols if s not in bound))


def _forms(node: Expr) -> Iterator[Affine]:
    """The affine forms that stand in a node itself."""
    match node:
        case Position(value):
            yield value
        case Access(_, subscripts):
            yield from _subscript_forms(subscripts)
        case Partial(_, of, wrt):
            yield from _subscript_forms((*of.subscripts, *wrt.subscripts))
        case Reduce(guards=guards):
            yield from _guard_forms(guards)
        case Cases(branches):
            for guards, _ in branches:
                yield from _guard_forms(guards)
        case _:
            return


def _subscript_forms(subscripts: Iterable[Subscript]) -> Iterator[Affine]:
    for subscript in subscripts:
        if isinstance(subscript, Lookup):
            yield from subscript.subscripts
        else:
            yield subscript


def _guard_forms(guards: Iterable[Guard]) -> Iterator[Affine]:
    for guard in guards:
        yield guard.form
        if guard.lookup is not None:
            yield from guard.lookup.subscripts
