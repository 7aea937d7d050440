"""What a formula lowers to: a sum of elementary terms, and what it can be made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript
from symbp.calculus.expression import (
    Access,
    Apply,
    Constant,
    Expr,
    Number,
    Position,
    Power,
    Select,
    children,
    walk,
    with_children,
)
from symbp.calculus.model import Piece, Term
from symbp.language.extents import nonnegative

Atom = Access | Number | Constant | Position


@dataclass(frozen=True)
class Value:
    """A sum of terms. `partial` says that it may be evaluated only where the guards around it hold."""

    terms: tuple[Term, ...]
    partial: bool = False

    @property
    def number(self) -> Fraction | None:
        """The value of a literal, else None."""
        if not self.terms:
            return Fraction(0)
        if len(self.terms) == 1:
            (term,) = self.terms
            if not term.factors and not term.binders and not term.guards:
                return term.coefficient
        return None

    @property
    def plain(self) -> Term | None:
        """The one term, where there is only one and nothing is bound in it."""
        if len(self.terms) == 1 and not self.terms[0].binders:
            return self.terms[0]
        return None

    @property
    def atom(self) -> Atom | None:
        """The value as a number, a position or one access, where it is that."""
        number = self.number
        if number is not None:
            return Number(number)
        term = self.plain
        if term is not None and len(term.factors) == 1 and term.coefficient == 1 and not term.guards:
            factor = term.factors[0]
            if isinstance(factor, (Access, Constant, Position)):
                return factor
        return position_of(self.terms)

    @property
    def is_extremal(self) -> bool:
        """Whether a term is a product, maximum or minimum over an index, which stands alone in its case."""
        return any(t.kind != "sum" for t in self.terms)

    @property
    def is_one_sum(self) -> bool:
        """Whether it is one term that sums over an index."""
        return len(self.terms) == 1 and bool(self.terms[0].binders) and self.terms[0].kind == "sum"

    @property
    def has_binders(self) -> bool:
        return any(t.binders for t in self.terms)


ZERO = Value(())


def literal(value: Fraction) -> Value:
    return Value((Term(value, ()),)) if value else ZERO


def of_factor(factor: Expr, partial: bool = False) -> Value:
    return Value((Term(Fraction(1), (factor,)),), partial)


POISON = Value((Term(Fraction(1), (Access("?"),)),))
"""The value of a part with a mistake in it, which has been recorded."""


def of_atom(atom: Atom, partial: bool = False) -> Value:
    return literal(atom.value) if isinstance(atom, Number) else of_factor(atom, partial)


def position_of(terms: tuple[Term, ...]) -> Position | None:
    """Sums of integer multiples of positions and integers as one position; None for anything else."""
    total = Affine()
    seen = False
    for term in terms:
        if term.binders or term.guards or term.coefficient.denominator != 1 or len(term.factors) > 1:
            return None
        if not term.factors:
            total = total + int(term.coefficient)
        elif isinstance(term.factors[0], Position):
            seen = True
            total = total + term.factors[0].value * int(term.coefficient)
        else:
            return None
    return Position(total) if seen else None


def scaled(value: Value, factor: Fraction) -> Value:
    """factor · value, for a value without a product or extremum over an index."""
    if factor == 1:
        return value
    return Value(tuple(replace(t, coefficient=t.coefficient * factor) for t in value.terms), value.partial)


def guarded(value: Value, guards: Iterable[Guard]) -> Value:
    """value where the guards hold, 0 elsewhere, for a value without a product or extremum over an index."""
    extra = tuple(guards)
    if not extra:
        return value
    return Value(tuple(replace(t, guards=merged(t.guards, extra)) for t in value.terms), value.partial)


def merged(first: Iterable[Guard], second: Iterable[Guard]) -> tuple[Guard, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def is_positive(form: Affine, indices: Iterable[Index]) -> bool:
    """Whether a form is at least 1 for all values of the indices and sizes in it."""
    ranges = {i.name: i.range for i in indices}
    least = {s: ranges[s].lower if c > 0 else ranges[s].upper for s, c in form.terms if s in ranges}
    return nonnegative(form.substitute(least) - 1)


def never_zero(factor: Expr, indices: tuple[Index, ...]) -> bool:
    """Whether a factor is a number other than 0 for all values of the indices, whatever the data."""
    match factor:
        case Position(form):
            return is_positive(form, indices)
        case Constant() | Apply("exp" | "cosh"):
            return True
        case Power(base, Number()) | Apply("sqrt", (base,)):
            return never_zero(base, indices)
        case Number(value):
            return value > 0
        case _:
            return False


def inverse(factor: Expr) -> Expr | None:
    """1/factor as one factor; None where it needs a name of its own."""
    match factor:
        case Access() | Constant() | Position():
            return Power(factor, Number(Fraction(-1)))
        case Power(base, Number(value)):
            return base if value == -1 else Power(base, Number(-value))
    return None


# Symbols


def factor_symbols(factor: Expr) -> Iterable[str]:
    """The indices and sizes that a factor mentions."""
    if isinstance(factor, Access):
        for subscript in factor.subscripts:
            yield from subscript.symbols
        return
    for node in walk(factor):
        if isinstance(node, Access):
            for subscript in node.subscripts:
                yield from subscript.symbols
        elif isinstance(node, Position):
            yield from node.value.symbols


def piece_symbols(pieces: Iterable[Piece]) -> dict[str, None]:
    """Every symbol of some pieces, bound ones included."""
    found: dict[str, None] = {}
    for piece in pieces:
        for guard in piece.guards:
            found.update(dict.fromkeys(guard.symbols))
        for term in piece.terms:
            for guard in term.guards:
                found.update(dict.fromkeys(guard.symbols))
            for factor in term.factors:
                found.update(dict.fromkeys(factor_symbols(factor)))
    return found


# Renaming


def canonical(indices: tuple[Index, ...], pieces: tuple[Piece, ...]) -> tuple[tuple[Index, ...], tuple[Piece, ...]]:
    """The same equation with each index under its own letter, `j#2`, `j#3` … where the letter is taken."""
    renaming: dict[str, Affine] = {}
    taken: set[str] = set()
    bound = [b for p in pieces for t in p.terms for b in t.binders]
    for index in (*indices, *bound):
        if index.name in renaming:
            continue
        name, number = index.letter, 1
        while name in taken:
            number += 1
            name = f"{index.letter}#{number}"
        taken.add(name)
        renaming[index.name] = Affine.of(name)
    if all(form.as_symbol == old for old, form in renaming.items()):
        return indices, pieces
    renamed = tuple(Index(_new(i, renaming), i.range) for i in indices)
    return renamed, tuple(_renamed_piece(p, renaming) for p in pieces)


def _new(index: Index, renaming: Mapping[str, Affine]) -> str:
    return renaming[index.name].as_symbol or index.name


def renamed_pieces(pieces: tuple[Piece, ...], renaming: Mapping[str, Affine]) -> tuple[Piece, ...]:
    """Pieces with symbols replaced by other symbols."""
    return tuple(_renamed_piece(p, renaming) for p in pieces)


def _renamed_piece(piece: Piece, renaming: Mapping[str, Affine]) -> Piece:
    guards = tuple(g.substitute(renaming) for g in piece.guards)
    return replace(piece, guards=guards, terms=tuple(_renamed_term(t, renaming) for t in piece.terms))


def _renamed_term(term: Term, renaming: Mapping[str, Affine]) -> Term:
    return replace(
        term,
        factors=tuple(renamed(f, renaming) for f in term.factors),
        binders=tuple(Index(_symbol(b.name, renaming), b.range) for b in term.binders),
        guards=tuple(g.substitute(renaming) for g in term.guards),
    )


def _symbol(name: str, renaming: Mapping[str, Affine]) -> str:
    form = renaming.get(name)
    return name if form is None else form.as_symbol or name


def renamed(factor: Expr, renaming: Mapping[str, Affine]) -> Expr:
    """An elementary factor with symbols replaced by forms."""
    match factor:
        case Access(name, subscripts):
            return Access(name, tuple(_moved(s, renaming) for s in subscripts)) if subscripts else factor
        case Position(value):
            return Position(value.substitute(renaming))
        case Power() | Select():
            return with_children(factor, tuple(renamed(c, renaming) for c in children(factor)))
    parts = children(factor)
    return with_children(factor, tuple(renamed(c, renaming) for c in parts)) if parts else factor


def _moved(subscript: Subscript, renaming: Mapping[str, Affine]) -> Subscript:
    if isinstance(subscript, Lookup):
        return subscript.substitute(renaming)
    return subscript.substitute(renaming)
