"""What is another quantity under another name is read under that one's: with a_i = b_i, c a_i is c b_i."""

from __future__ import annotations

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Expr
from symbp.calculus.indices import replace_accesses, substitute
from symbp.calculus.model import Definition
from symbp.cost.ordering import reads
from symbp.cost.program import Program


def copies(program: Program) -> Program:
    """The program in which nothing reads a definition that is a copy; outputs that are copies stay."""
    copied = {d.target: d for d in program.definitions if isinstance(d.body, Access)}
    if not copied:
        return program

    def original(a: Access) -> Expr | None:
        found: Access | None = None
        while a.name in copied and all(isinstance(s, Affine) for s in a.subscripts):
            d = copied[a.name]
            at = {i.name: s for i, s in zip(d.indices, a.subscripts, strict=True) if isinstance(s, Affine)}
            read = substitute(d.body, at)
            assert isinstance(read, Access)
            a = found = read
        return found

    made = tuple(
        Definition(d.target, d.indices, replace_accesses(d.body, original))
        if any(name in copied for name in reads(d.body)) else d
        for d in program.definitions
    )
    return program if made == program.definitions else program.with_definitions(made)
