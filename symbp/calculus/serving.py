"""Which error terms and gradients are written in terms of an error term: why it has a name."""

from __future__ import annotations

from symbp.calculus.derivation import Derivation, Refusal
from symbp.calculus.expression import accesses


def served_by(derivation: Derivation) -> dict[str, tuple[str, ...]]:
    """For each error term's name, whose derivatives read it: those by parameters, then by the bases of error terms."""
    readers: dict[str, dict[str, None]] = {e.name: {} for e in derivation.errors}
    for name, gradient in derivation.gradients.items():
        shared = gradient.forms["shared"]
        if not isinstance(shared, Refusal):
            for access in accesses(shared):
                if access.name in readers:
                    readers[access.name][name] = None
    for error in derivation.errors:
        for _, body in error.branches:
            for access in accesses(body):
                if access.name in readers:
                    readers[access.name][error.of] = None
    return {name: tuple(found) for name, found in readers.items()}
