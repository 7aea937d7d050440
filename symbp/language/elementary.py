"""Generated equations: parts of a formula that get a name, shared where two are equal up to their letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access
from symbp.calculus.model import Array, Equation, Piece, Role, Term
from symbp.errors import Refused
from symbp.language.conditions import complement
from symbp.language.value import Atom, Value, canonical, merged, of_atom, piece_symbols

MOST_EQUATIONS = 200_000
"""A model of more elementary equations is refused."""

MOST_FROM_HELPERS = 40_000
"""A model where helpers make more of them is refused."""


@dataclass(frozen=True)
class Place:
    """Where a formula stands: what its letters mean, the indices in scope (outer first), the guards around it."""

    env: Mapping[str, Index | Value]
    indices: tuple[Index, ...] = ()
    guards: tuple[Guard, ...] = ()
    inside: bool = False
    """Whether a reduction binds around it."""
    helpers: tuple[str, ...] = ()
    """The helpers whose bodies it stands in, outermost first."""


@dataclass
class Equations:
    """The equations of a model under construction, and the arrays that they define."""

    arrays: dict[str, Array]
    taken: set[str]
    """Names that generated ones must avoid."""
    equations: list[Equation] = field(default_factory=list)
    _from_helpers: set[str] = field(default_factory=set)

    def add(self, equation: Equation, array: Array, *, from_helper: bool = False) -> None:
        self.equations.append(equation)
        self.arrays[array.name] = array
        if len(self.equations) > MOST_EQUATIONS:
            raise Refused(
                f"the model has more than {MOST_EQUATIONS} elementary equations "
                f"(the limit was reached in `{equation.owner or equation.target}`)"
            )
        if from_helper:
            self._from_helpers.add(equation.target)
        if len(self._from_helpers) > MOST_FROM_HELPERS:
            raise Refused(
                f"the model's helpers make more than {MOST_FROM_HELPERS} elementary equations "
                f"(the limit was reached in `{equation.owner or equation.target}`)"
            )

    def is_from_helper(self, name: str) -> bool:
        """Whether a helper made the equation of a name."""
        return name in self._from_helpers


class Owner:
    """Names parts of one author's definition."""

    def __init__(self, name: str, line: int, into: Equations) -> None:
        self.name = name
        self.line = line
        self._into = into
        self._inline = 0
        self._letters: dict[str, int] = {}
        self._shared: dict[object, str] = {}

    def fresh(self, letter: str) -> str:
        """A name for an index that nothing else in the definition has."""
        number = self._letters.get(letter, 0) + 1
        self._letters[letter] = number
        return letter if number == 1 else f"{letter}#{number}"

    def atom(self, value: Value, place: Place) -> Atom:
        """The value as something that a function can be applied to, named if need be."""
        atom = value.atom
        return atom if atom is not None else self.split(value, place)

    def alone(self, value: Value, place: Place) -> Value:
        """The value as one that can be added and multiplied: products and extrema over an index get a name."""
        return of_atom(self.split(value, place)) if value.is_extremal else value

    def split(self, value: Value, place: Place) -> Access:
        """An equation of its own for the value: inline for a nest of scalars, named where it binds an index."""
        if not value.partial or not place.guards:
            return self.define((Piece((), value.terms),), place)
        if not value.is_extremal:
            terms = tuple(
                Term(t.coefficient, t.factors, t.binders, merged(place.guards, t.guards), t.kind) for t in value.terms
            )
            return self.define((Piece((), terms),), place)
        return self.define(within((Piece((), value.terms),), place.guards), place)

    def define(self, pieces: tuple[Piece, ...], place: Place) -> Access:
        """An equation with these pieces over the indices that occur in them; the access that reads it."""
        used = piece_symbols(pieces)
        free = tuple(i for i in place.indices if i.name in used)
        indices, pieces = canonical(free, pieces)
        key = (indices, pieces)
        name = self._shared.get(key)
        if name is None:
            inline = not any(t.binders for p in pieces for t in p.terms)
            name = self.part_name(inline)
            self._shared[key] = name
            equation = Equation(name, indices, pieces, inline, self.name, self.line)
            letters = tuple(i.letter for i in indices)
            array = Array(name, tuple(i.range for i in indices), Role.DEFINED, letters=letters)
            self._into.add(equation, array, from_helper=bool(place.helpers))
        return Access(name, tuple(Affine.of(i.name) for i in free))

    def part_name(self, inline: bool) -> str:
        """The next part's name."""
        return self._inline_name() if inline else self._inner_name()

    def _inline_name(self) -> str:
        self._inline += 1
        return f"{self.name}#{self._inline}"

    def _inner_name(self) -> str:
        base = self.name.rstrip("_") or self.name
        name, number = f"{base}_s", 1
        while name in self._into.taken:
            number += 1
            name = f"{base}_s{number}"
        self._into.taken.add(name)
        return name


def within(pieces: Sequence[Piece], guards: tuple[Guard, ...]) -> tuple[Piece, ...]:
    """The pieces where the guards hold, 0 elsewhere."""
    inner = tuple(Piece(merged(guards, p.guards), p.terms) for p in pieces)
    return (*inner, *(Piece(g, (), filler=True) for g in complement(guards)))

