"""What an error term is for: whose derivatives read it, which steps it keeps without a minus, and what recurs."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import Derivation, Gradient, Refusal
from symbp.calculus.expression import Access, Add, Cases, Expr, accesses, split_coefficient
from symbp.calculus.graph import components
from symbp.calculus.model import whole_access


def served_by(derivation: Derivation) -> dict[str, tuple[Access, ...]]:
    """For each error term's name, what the derivatives are by that read it: parameters, then bases of error terms.

    They stand where they read it at its own indices: z[l−1,j] reads δ[l,j], since δ[l,j] reads δ[l+1,k].
    """
    readers: dict[str, dict[Access, None]] = {e.name: {} for e in derivation.errors}
    found = [(name, g.indices, body) for name, g, body in _shared(derivation)]
    found += [(e.of, e.indices, body) for e in derivation.errors for _, body in e.branches]
    for name, indices, body in found:
        for access in accesses(body):
            if access.name in readers:
                readers[access.name][_reader(name, indices, access)] = None
    return {name: tuple(users) for name, users in readers.items()}


def without_minus(derivation: Derivation) -> dict[str, tuple[str, ...]]:
    """For each negative error term's name, the parameters whose step is a product with it that has no minus."""
    found: dict[str, list[str]] = {e.name: [] for e in derivation.errors if e.sign < 0}
    for name, gradient, body in _shared(derivation):
        step = gradient.updates.get("shared")
        if step is not None and all(_is_positive_product(s) for s in _cases(step)):
            for error in dict.fromkeys(a.name for a in accesses(body) if a.name in found):
                found[error].append(name)
    return {name: tuple(parameters) for name, parameters in found.items()}


def recurrences_behind(derivation: Derivation) -> dict[str, tuple[str, ...]]:
    """For each parameter without an inlined form, the error terms behind its gradient that are defined by recursion."""
    names = [e.name for e in derivation.errors]
    reads = {
        e.name: tuple(dict.fromkeys(a.name for _, body in e.branches for a in accesses(body) if a.name in names))
        for e in derivation.errors
    }
    groups = components(names, reads)
    recurrent = {n for group in groups for n in group if len(group) > 1 or n in reads[n]}
    found: dict[str, tuple[str, ...]] = {}
    for name, gradient, body in _shared(derivation):
        if isinstance(gradient.forms["inlined"], Refusal):
            behind = _reached([a.name for a in accesses(body) if a.name in reads], reads)
            cyclic = tuple(n for n in behind if n in recurrent)
            if cyclic:
                found[name] = cyclic
    return found


def _shared(derivation: Derivation) -> Iterator[tuple[str, Gradient, Expr]]:
    """Each gradient that is written in terms of error terms, with its parameter."""
    for name, gradient in derivation.gradients.items():
        shared = gradient.forms["shared"]
        if not isinstance(shared, Refusal):
            yield name, gradient, shared


def _reader(name: str, indices: tuple[Index, ...], access: Access) -> Access:
    """name[I], with each index moved back as far as the access is ahead of it."""
    ahead = {i.name: s - Affine.of(i.name) for s in access.subscripts if isinstance(s, Affine) for i in indices
             if s.coefficient(i.name) == 1 and (s - Affine.of(i.name)).is_constant}
    own = whole_access(indices, name)
    return Access(name, tuple(
        s - ahead[i.name] if isinstance(s, Affine) and i.name in ahead else s
        for i, s in zip(indices, own.subscripts, strict=True)
    ))


def _is_positive_product(e: Expr) -> bool:
    coefficient, factors = split_coefficient(e)
    return coefficient > 0 and not any(isinstance(f, Add) for f in factors)


def _cases(e: Expr) -> tuple[Expr, ...]:
    return tuple(body for _, body in e.branches) if isinstance(e, Cases) else (e,)


def _reached(start: list[str], reads: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(start)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting.extend(reads[name])
    return tuple(found)
