"""Formulas equal up to the names of arrays: what is worked out for one is read off for the others.

A formula's spelling is the list of its nodes in reading order, its arrays numbered by first occurrence; letters of
indices, ranges and guards are part of it. Two formulas with one spelling differ in the names of arrays only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from symbp.calculus.affine import Guard, Lookup
from symbp.calculus.expression import (
    PARTS,
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
    accesses,
    with_children,
)
from symbp.calculus.matching import Pattern
from symbp.calculus.model import Equation, Term
from symbp.calculus.node import keep, node

Spelling = tuple[Hashable, ...]

MOST_PATTERNS = 32
"""Patterns beyond which a formula isn't compared: to list them would take as long as to try them."""


class Unlike(Exception):
    """A formula that isn't compared: it reads integer inputs, or holds partials."""


class Numbers(dict[str, int]):
    """Numbers for names, by first occurrence; `functions` has the functions and reductions that stood among them."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: set[str] = set()

    def __missing__(self, name: str) -> int:
        return self.add(name)

    def add(self, name: str) -> int:
        """The number of a new name."""
        self[name] = number = len(self)
        return number

    def spelled(self, e: Expr) -> Spelling:
        """The spelling of a formula, its new names numbered on; raises Unlike."""
        said: list[Hashable] = []
        stack = [e]
        while stack:
            node = stack.pop()
            kind = node.__class__
            if kind is Access:
                for s in node.subscripts:  # type: ignore[union-attr]
                    if s.__class__ is Lookup:
                        raise Unlike
                said += self[node.name], node.subscripts  # type: ignore[union-attr]
            elif kind is Number:
                said += "Number", node.value.numerator, node.value.denominator  # type: ignore[union-attr]
            elif kind is Constant or kind is Position:
                said.append(node)
            else:
                parts = PARTS[kind](node)
                said += kind.__name__, len(parts), self._own(node)
                stack.extend(parts[::-1])
        return tuple(said)

    def equation(self, e: Equation) -> Spelling:
        """The spelling of an equation's target and pieces; raises Unlike."""
        said: list[Hashable] = [self[e.target], e.indices]
        for piece in e.pieces:
            without_lookups(piece.guards)
            said += piece.guards, piece.filler, len(piece.terms)
            for term in piece.terms:
                without_lookups(term.guards)
                if term.binders:
                    self.functions.add(f"{term.kind} over")
                said += term.coefficient, term.binders, term.guards, term.kind, term.component, len(term.factors)
                for factor in term.factors:
                    said += self.spelled(factor)
        return tuple(said)

    def _own(self, node: Expr) -> Hashable:
        """What a node that has parts says besides; raises Unlike."""
        match node:
            case Add() | Mul() | Power():
                return None
            case Apply(function, _, orders):
                self.functions.add(function)
                return function, orders
            case Reduce(kind, binders, guards, _, component):
                self.functions.add(f"{kind} over")
                without_lookups(guards)
                return kind, binders, guards, component
            case Cases(branches):
                for guards, _ in branches:
                    without_lookups(guards)
                return tuple(guards for guards, _ in branches)
            case Select(relation):
                return relation
            case _:
                raise Unlike


def without_lookups(guards: Iterable[Guard]) -> None:
    """Raises Unlike where a guard reads an integer input."""
    if any(g.lookup is not None for g in guards):
        raise Unlike


@node
class Renaming:
    """What `renamed` made a formula of: one that it differs from in the names of arrays only."""

    of: Expr
    names: Mapping[str, str]


def renamed(e: Expr, names: Mapping[str, str]) -> Expr:
    """`under_names`, of which the new formula keeps what it was made of."""
    made = under_names(e, names)
    if made is not e:
        keep(made, Renaming(e, names))
    return made


def under_names(e: Expr, names: Mapping[str, str]) -> Expr:
    """The formula with its arrays renamed; a name that isn't in `names` stays."""
    kind = e.__class__
    if kind is Access:
        return _access_under_names(e, names)  # type: ignore[arg-type]
    parts = PARTS[kind](e)
    if parts:
        return with_children(e, tuple([under_names(p, names) for p in parts]))
    if kind is Partial:
        ends = [_access_under_names(a, names) for a in (e.of, e.wrt)]  # type: ignore[union-attr]
        return Partial(e.kind, ends[0], ends[1])  # type: ignore[arg-type, union-attr]
    return e


def _access_under_names(a: Access, names: Mapping[str, str]) -> Access:
    return Access(names.get(a.name, a.name), a.subscripts)


def term_under_names(term: Term, names: Mapping[str, str]) -> Term:
    """The term with its arrays renamed."""
    factors = tuple([under_names(f, names) for f in term.factors])
    return Term(term.coefficient, factors, term.binders, term.guards, term.kind, term.component)


def pattern_under_names(p: Pattern, names: Mapping[str, str], label: str) -> Pattern:
    """The pattern of the same equation under other names."""
    factors = tuple([under_names(f, names) for f in p.factors])
    return Pattern(label, p.indices, p.guards, p.coefficient, factors, under_names(p.replacement, names))


@node
class Look:
    """What something is but for names, and the names."""

    spelling: Hashable
    names: tuple[str, ...]

    def renaming(self, other: Look) -> dict[str, str]:
        """The names of something alike for these."""
        return dict(zip(self.names, other.names, strict=True))


class Reach:
    """Which patterns can play a part where a formula is tidied, and how they look from there.

    A pattern takes the place of its factors, so every array, function and reduction in these stands in the formula, or
    is an array that another pattern has brought in: no step of the display algebra makes a function or a reduction.
    """

    def __init__(self, patterns: Sequence[Pattern], facts: Sequence[Pattern]) -> None:
        cited = frozenset(f.label for f in facts)
        looks: dict[Hashable, int] = {}
        self._known = [_Known(p, p.label in cited, looks) for p in patterns]
        counts = Counter(name for known in self._known for name in known.read)
        self._at: dict[str, list[int]] = {}
        self._anywhere: list[int] = []
        for place, known in enumerate(self._known):
            rarest = min(known.read, key=counts.__getitem__, default=None)
            (self._anywhere if rarest is None else self._at.setdefault(rarest, [])).append(place)

    def spelled(self, numbers: Numbers) -> tuple[Spelling, tuple[str, ...]]:
        """How the patterns look whose parts are among the numbered names, and their labels. Raises Unlike for many.

        The names that they bring in are numbered on.
        """
        found: set[int] = set()
        waiting: list[int] = []
        candidates = [*self._anywhere, *(k for name in numbers for k in self._at.get(name, ()))]
        while candidates:
            brought: list[str] = []
            for place in candidates:
                known = self._known[place]
                if place in found or not known.uses <= numbers.functions:
                    continue
                if not all(name in numbers for name in known.read):
                    waiting.append(place)
                    continue
                if known.look is None:
                    raise Unlike
                found.add(place)
                for name in known.brought:
                    if name not in numbers:
                        numbers.add(name)
                        brought.append(name)
            if not brought:
                break
            if len(found) > MOST_PATTERNS:
                raise Unlike
            candidates, waiting = [*waiting, *(k for name in brought for k in self._at.get(name, ()))], []
        used = [self._known[place] for place in sorted(found)]
        return tuple((k.look, *[numbers[n] for n in k.names]) for k in used), tuple(k.label for k in used)


class _Known:
    """What `Reach` has to know about a pattern."""

    def __init__(self, p: Pattern, cited: bool, looks: dict[Hashable, int]) -> None:
        numbers = Numbers()
        self.label = p.label
        look: Hashable
        try:
            without_lookups(p.guards)
            factors = tuple(numbers.spelled(f) for f in p.factors)
            self.read = tuple(numbers)
            look = (p.indices, p.guards, p.coefficient, factors, numbers.spelled(p.replacement), cited)
        except Unlike:
            self.read = tuple(dict.fromkeys(a.name for f in p.factors for a in accesses(f)))
            look = None
        self.uses = frozenset(numbers.functions)
        self.names = tuple(numbers)
        self.brought = tuple(dict.fromkeys(a.name for a in accesses(p.replacement)))
        self.look = looks.setdefault(look, len(looks)) if look is not None else None
        """The number of the patterns that differ in names only; None where it isn't compared."""
