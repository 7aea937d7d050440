"""What an equation reads, and where: its accesses and lookups with the conditions under which they are evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbp.calculus.affine import Guard, Lookup, range_guards
from symbp.calculus.expression import Access, Expr, walk
from symbp.calculus.model import Equation, Piece, Term


@dataclass(frozen=True)
class Read:
    """One access in a term of a piece. A lookup counts as a read of its integer array; then `term` may be None."""

    access: Access
    piece: Piece
    term: Term | None
    integer: bool = False


def reads(equation: Equation) -> Iterator[Read]:
    """Every read, in reading order: those of a piece's guards, then those of each term, repeats included."""
    for piece in equation.pieces:
        yield from (_looked_up(k, piece, None) for k in guard_lookups(piece.guards))
        for term in piece.terms:
            yield from (_looked_up(k, piece, term) for k in guard_lookups(term.guards))
            for factor in term.factors:
                for access in factor_accesses(factor):
                    yield Read(access, piece, term)
                    for s in access.subscripts:
                        if isinstance(s, Lookup):
                            yield _looked_up(s, piece, term)


def names_read(equation: Equation) -> tuple[str, ...]:
    """The distinct names that an equation reads, in order."""
    found: dict[str, None] = {}
    for piece in equation.pieces:
        if piece.guards:
            found.update((k.array, None) for k in guard_lookups(piece.guards))
        for term in piece.terms:
            if term.guards:
                found.update((k.array, None) for k in guard_lookups(term.guards))
            for factor in term.factors:
                for access in factor_accesses(factor):
                    found[access.name] = None
                    for s in access.subscripts:
                        if isinstance(s, Lookup):
                            found[s.array] = None
    return tuple(found)


def factor_accesses(factor: Expr) -> tuple[Access, ...]:
    if isinstance(factor, Access):
        return (factor,)
    return tuple(n for n in walk(factor) if isinstance(n, Access))


def guard_lookups(guards: Iterable[Guard]) -> Iterator[Lookup]:
    return (g.lookup for g in guards if g.lookup is not None)


def target_domain(equation: Equation) -> tuple[Guard, ...]:
    """The ranges of the target's own indices."""
    return tuple(g for i in equation.indices for g in range_guards(i.name, i.range))


def read_domain(equation: Equation, read: Read) -> tuple[Guard, ...]:
    """Where a read takes place: the target's ranges, the piece's guards, the term's ranges and guards.

    A lookup that stands in guards is read without them, to decide them.
    """
    ranges = target_domain(equation)
    if read.term is None:
        return ranges
    bound = tuple(g for i in read.term.binders for g in range_guards(i.name, i.range))
    within = (*ranges, *read.piece.guards, *bound)
    if read.integer and any(_is_of(read.access, k) for k in guard_lookups(read.term.guards)):
        return within
    return (*within, *read.term.guards)


def _looked_up(lookup: Lookup, piece: Piece, term: Term | None) -> Read:
    return Read(Access(lookup.array, lookup.subscripts), piece, term, integer=True)


def _is_of(access: Access, lookup: Lookup) -> bool:
    return access.name == lookup.array and access.subscripts == lookup.subscripts
