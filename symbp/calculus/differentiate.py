"""Model → Derivation: the adjoint program, the names of error terms, every gradient in its forms, and the steps."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.conditions import conditions_of
from symbp.calculus.derivation import Derivation, Steps
from symbp.calculus.model import Model
from symbp.calculus.naming import choose_names
from symbp.calculus.request import requested
from symbp.calculus.reverse import active_names, adjoint_program
from symbp.calculus.schedule import stepped_sizes
from symbp.calculus.telling import Telling


def differentiate(model: Model, of: str | None = None, wrt: Sequence[str] = ()) -> Derivation:
    """The gradients of the scalar `of` (the loss by default) by each name in `wrt` (the parameters by default).

    Raises ModelError where a name doesn't exist, isn't a real quantity, or `of` isn't a scalar.
    """
    of, wrt = requested(model, of, tuple(wrt))
    program = adjoint_program(model, of, wrt)
    telling = Telling(model, program, choose_names(program, wrt), of, wrt)
    errors = telling.error_terms()
    gradients = {w: telling.gradient(w) for w in wrt}
    reached = active_names(model, of, wrt)
    unreached = tuple(f"{of} does not depend on {w}: its gradient is 0" for w in wrt if w not in reached)
    return Derivation(
        model=model,
        of=of,
        forward=telling.forward,
        errors=errors,
        gradients=gradients,
        steps=Steps(lambda: telling.steps(errors, tuple(gradients.values()))),
        program=program,
        warnings=(*model.warnings, *unreached),
        facts=telling.facts_cited(),
        conditions=conditions_of(telling.forward),
        pinned={s: model.size_values[s] for s in stepped_sizes(model) if s in model.size_values},
    )
