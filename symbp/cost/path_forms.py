"""The number of paths from the parameters to what is differentiated, as formulas in the sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbp.calculus import derivation as data
from symbp.cost.paths import has_union, reads_of, start_of
from symbp.cost.printed import printed
from symbp.cost.symbolic.closed import Closed, polynomials
from symbp.cost.symbolic.form import Form


def path_forms(parameters: Sequence[str], derivation: data.Derivation) -> Closed | None:
    """From all elements of the parameters, as `paths.paths_from` counts them; each case's `operations` are the paths.

    None where there is no such formula.
    """
    program = reads_of(printed(derivation), derivation, parameters)
    if has_union(program):
        return None
    found = polynomials(program, (derivation.of,), unfolded=True, met=True)
    if not isinstance(found, Closed):
        return None
    starts = [start_of(p, program) for p in parameters]
    cases = (
        replace(case, operations=sum((case.met.get(s, Form.of(0)) for s in starts), Form.of(0)).separated())
        for case in found.cases
    )
    return replace(found, cases=tuple(cases))
