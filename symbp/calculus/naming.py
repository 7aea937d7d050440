"""Which adjoints get a name: the author's error terms, recursions, and whatever two or more others use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Expr, accesses, add, multiply, number
from symbp.calculus.graph import components
from symbp.calculus.indices import substitute
from symbp.calculus.model import Equation, Model, Term, adjoint_base, adjoint_name, term_body


@dataclass(frozen=True)
class Naming:
    """Adjoints by base name: the named ones with letter and sign, and the copies that speak for an inline node."""

    named: dict[str, tuple[str, int]]
    """base → (name, sign): name = sign · ∂base."""
    stand_in: dict[str, tuple[str, int]] = field(default_factory=dict)
    """inline base z → (author's base x, s) where ∂z = s · ∂x, and ∂x takes over the definition of ∂z."""
    readers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """base → the bases whose adjoints use ∂base, once for each use."""
    live: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """base → the bases whose adjoints ∂base reads, for all that the gradients need, in sweep order."""

    @cached_property
    def owners(self) -> dict[str, tuple[str, int]]:
        """author's base x → (inline base z, s), for each stand-in."""
        return {x: (z, s) for z, (x, s) in self.stand_in.items()}


def adjoint_references(equation: Equation) -> tuple[str, ...]:
    """The bases whose adjoints an adjoint equation reads, once for each term."""
    found: list[str] = []
    for term in equation.pieces[0].terms:
        names = (adjoint_base(a.name) for f in term.factors for a in accesses(f))
        found.extend(dict.fromkeys(n for n in names if n is not None))
    return tuple(found)


def told_in_stages(model: Model) -> bool:
    """Whether the model has no index at all."""
    return not any(array.axes for array in model.arrays.values())


def choose_names(program: Model, of: str, wrt: Sequence[str]) -> Naming:
    """The names that are certain before anything is written out: the author's, and one in every recursion.

    A model without an index is told in stages: each of the author's nodes has a derivative line of its own.
    """
    reads = live_references(program, wrt)
    stand_in = _stand_ins(program, reads)
    resolved = _resolved(reads, stand_in)
    named = {e.of: (e.name, e.sign) for e in program.error_names if e.of in resolved}
    if told_in_stages(program):
        named |= {b: (adjoint_name(b), 1) for b in resolved if b in program.stages and b != of and b not in named}
    _name_recursions(resolved, named, program)
    return Naming(named, stand_in, _readers(resolved), reads)


def _readers(resolved: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """For each base, the bases whose adjoints are written in terms of its adjoint, once for each use."""
    readers: dict[str, list[str]] = {}
    for base, refs in resolved.items():
        for r in refs:
            if r != base:
                readers.setdefault(r, []).append(base)
    return {base: tuple(names) for base, names in readers.items()}


def beneficiaries(program: Model, naming: Naming, base: str) -> frozenset[str]:
    """The author's own quantities whose gradients use ∂base, generated nodes looked through."""
    found: set[str] = set()
    seen = {base}
    stack = list(naming.readers.get(base, ()))
    while stack:
        reader = stack.pop()
        if reader in seen:
            continue
        seen.add(reader)
        forward = program.by_target.get(reader)
        if forward is not None and (forward.inline or forward.owner is not None):
            stack.extend(naming.readers.get(reader, ()))
        else:
            found.add(reader)
    return frozenset(found)


def live_references(program: Model, wrt: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each base whose adjoint the gradients need: the bases whose adjoints it reads, in sweep order."""
    needed: set[str] = set()
    stack = list(wrt)
    found: dict[str, tuple[str, ...]] = {}
    while stack:
        base = stack.pop()
        if base in needed:
            continue
        needed.add(base)
        found[base] = adjoint_references(program.by_target[adjoint_name(base)])
        stack.extend(found[base])
    order = [b for e in program.equations if (b := adjoint_base(e.target)) is not None and b in needed]
    return {b: found[b] for b in order}


def _stand_ins(program: Model, reads: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, int]]:
    """Inline nodes whose adjoint is, up to sign, that of one of the author's own definitions."""
    authors = {e.of for e in program.error_names}
    found: dict[str, tuple[str, int]] = {}
    candidates = [b for b in reads if b in program.by_target and not _is_inline(program, b)]
    candidates.sort(key=lambda b: b not in authors)
    for base in candidates:
        copied = _copied(program.by_target[adjoint_name(base)])
        if copied is not None and _is_inline(program, copied[0]) and copied[0] not in found:
            found[copied[0]] = (base, copied[1])
    return found


def _copied(equation: Equation) -> tuple[str, int] | None:
    """(z, ±1) where the equation says ∂x[K] = ±∂z[K]."""
    terms = equation.pieces[0].terms
    if len(terms) != 1:
        return None
    (term,) = terms
    plain = not term.binders and not term.guards and abs(term.coefficient) == 1 and len(term.factors) == 1
    factor = term.factors[0] if plain else None
    if not isinstance(factor, Access):
        return None
    base = adjoint_base(factor.name)
    symbols = tuple(getattr(s, "as_symbol", None) for s in factor.subscripts)
    if base is None or symbols != tuple(i.name for i in equation.indices):
        return None
    return base, int(term.coefficient)


def _resolved(
    reads: dict[str, tuple[str, ...]], stand_in: dict[str, tuple[str, int]]
) -> dict[str, tuple[str, ...]]:
    """The references after each stand-in has taken over the definition of what it stands for."""
    owner = {x: z for z, (x, _) in stand_in.items()}
    swapped = {base: reads[owner[base]] if base in owner else refs for base, refs in reads.items()}
    return {
        base: tuple(stand_in[r][0] if r in stand_in else r for r in refs)
        for base, refs in swapped.items()
        if base not in stand_in
    }


def _is_inline(program: Model, base: str) -> bool:
    forward = program.by_target.get(base)
    return forward is not None and forward.inline


def _name_recursions(
    resolved: dict[str, tuple[str, ...]], named: dict[str, tuple[str, int]], program: Model
) -> None:
    """In every cycle of adjoints that nothing named cuts, the author's most used one gets a name."""
    uses = {base: len(names) for base, names in _readers(resolved).items()}
    position = {base: k for k, base in enumerate(resolved)}
    while True:
        edges = {b: tuple(r for r in refs if r not in named) for b, refs in resolved.items() if b not in named}
        cyclic = [c for c in components(list(edges), edges) if len(c) > 1 or c[0] in edges[c[0]]]
        if not cyclic:
            return
        for cycle in cyclic:
            best = min(cycle, key=lambda b: (_is_inline(program, b), -uses.get(b, 0), position[b]))
            named[best] = (adjoint_name(best), 1)


def adjoint_body(program: Model, naming: Naming, base: str) -> tuple[Equation, Expr]:
    """The adjoint equation that defines ∂base, as a tree, with stand-ins' signs in place."""
    owner = naming.owners
    equation = program.by_target[adjoint_name(base)]
    if base not in owner:
        return equation, _sum(equation.pieces[0].terms)
    z, sign = owner[base]
    source = program.by_target[adjoint_name(z)]
    renaming = {
        a.name: Affine.of(b.name) for a, b in zip(source.indices, equation.indices, strict=True) if a.name != b.name
    }
    return equation, multiply((number(sign), substitute(_sum(source.pieces[0].terms), renaming)))


def _sum(terms: tuple[Term, ...]) -> Expr:
    return add(term_body(t) for t in terms)
