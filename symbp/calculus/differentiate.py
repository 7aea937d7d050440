"""Model → Derivation: the adjoint program, the names of error terms, every gradient in its forms, and the steps."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.adjoints import Adjoints
from symbp.calculus.conditions import conditions_of
from symbp.calculus.derivation import Derivation, Later
from symbp.calculus.facts import facts_told
from symbp.calculus.knowledge import Knowledge
from symbp.calculus.local import LocalDerivatives
from symbp.calculus.model import Model
from symbp.calculus.naming import choose_names
from symbp.calculus.paths import Paths
from symbp.calculus.request import requested
from symbp.calculus.reverse import active_names, adjoint_program, ancestors
from symbp.calculus.schedule import stepped_sizes
from symbp.calculus.signs import Signs
from symbp.calculus.telling import Telling
from symbp.calculus.ways import ways_of
from symbp.calculus.writing import Writing


def differentiate(model: Model, of: str | None = None, wrt: Sequence[str] = ()) -> Derivation:
    """The gradients of the scalar `of` (the loss by default) by each name in `wrt` (the parameters by default).

    Raises ModelError where a name doesn't exist, isn't a real quantity, or `of` isn't a scalar.
    """
    of, wrt = requested(model, of, tuple(wrt))
    program = adjoint_program(model, of, wrt)
    known = Knowledge(model, program, of)
    adjoints = Adjoints(known, program, choose_names(program, of, wrt), wrt)
    paths = Paths(model, known.folding, of, active_names(model, of, wrt))
    writing = Writing(adjoints, paths)
    gradients = {w: writing.gradient(w) for w in wrt}
    local = LocalDerivatives(known, paths)
    telling = Telling(adjoints, writing, local, adjoints.error_terms(), tuple(gradients.values()))
    steps = Later(telling.steps)
    reached, above = active_names(model, of, wrt), ancestors(model, of)
    told = model.wrt if of == model.loss else ()
    unreached = tuple(
        f"{of} does not depend on {w}: its gradient is 0" for w in wrt if w not in reached and w not in told
    )
    return Derivation(
        model=model,
        of=of,
        forward=known.forward,
        errors=tuple(telling.errors.values()),
        gradients=gradients,
        steps=steps,
        order=telling.order,
        program=program,
        warnings=(*model.warnings, *unreached),
        facts=Later(lambda: facts_told(known.facts, {label for s in steps for label in s.because}, above)),
        functions=Later(lambda: local.functions),
        ways=Later(lambda: ways_of(paths, wrt)),
        conditions=conditions_of(
            known.forward, Signs(known.forward, model.facts, known.sizes, model.arrays), above
        ),
        pinned={s: model.size_values[s] for s in stepped_sizes(model) if s in model.size_values},
    )
