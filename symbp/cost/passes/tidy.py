"""A generated line that is read at one place, once for each of its elements, is written there."""

from __future__ import annotations

from collections import Counter

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Cases, Expr, Reduce, accesses
from symbp.calculus.indices import replace_accesses, substitute
from symbp.calculus.model import Definition
from symbp.cost.ordering import bound_apart, reads
from symbp.cost.passes.invariants import leaves_out
from symbp.cost.passes.lines import MARK
from symbp.cost.passes.scopes import Scope, contains
from symbp.cost.passes.sites import Site, sites
from symbp.cost.program import Program


def tidy(program: Program) -> Program:
    """The program without generated lines that save nothing."""
    while True:
        lines = _lines(program)
        inlined = {}
        for d in program.definitions:
            if lines.keys() & reads(d.body):
                for site in sites(d):
                    body = _written(site, lines)
                    if body is not None and not reads(body) & lines.keys():
                        inlined[site.part] = d.target, body
        if not inlined:
            return program
        program = _with(program, inlined)


def _lines(program: Program) -> dict[str, Definition]:
    """Generated lines that are read once, as values and not as positions, and don't read themselves."""
    generated = {d.target: d for d in program.definitions if MARK in d.target and d.target not in program.outputs}
    if not generated:
        return {}
    read: Counter[str] = Counter()
    for d in program.definitions:
        read.update(a.name for a in accesses(d.body))
    positions = {d.target for d in generated.values() if isinstance(d.body, Reduce) and d.body.kind.startswith("arg")}
    return {n: d for n, d in generated.items() if read[n] == 1 and n not in positions and n not in reads(d.body)}


def _written(site: Site, lines: dict[str, Definition]) -> Expr | None:
    """What a line says, at the only place that reads it; None where it is read more than once for each element."""
    access = site.part
    if not isinstance(access, Access) or access.name not in lines:
        return None
    forms = [s for s in access.subscripts if isinstance(s, Affine)]
    d = lines[access.name]
    named = frozenset(f.as_symbol or "" for f in forms)
    if len(forms) != len(access.subscripts) or len(named) != len(forms) or leaves_out(named, site.scope):
        return None
    values = dict(zip((i.name for i in d.indices), forms, strict=True))
    if not isinstance(d.body, Cases):
        return substitute(d.body, values)
    return _only_case(d.body, values, site.stated)


def _only_case(body: Cases, values: dict[str, Affine], scope: Scope) -> Expr | None:
    if len(body.branches) != 1:
        return None
    guards, inside = body.branches[0]
    return substitute(inside, values) if contains(scope, [g.substitute(values) for g in guards]) else None


def _with(program: Program, inlined: dict[Expr, tuple[str, Expr]]) -> Program:
    changed = {target for target, _ in inlined.values()}
    gone = {a.name for a in inlined if isinstance(a, Access)}

    def written(a: Access) -> Expr | None:
        return inlined[a][1] if a in inlined else None

    return program.with_definitions(tuple(
        bound_apart(Definition(d.target, d.indices, replace_accesses(d.body, written))) if d.target in changed else d
        for d in program.definitions if d.target not in gone
    ))
