"""What outputs need, against a walk from reader to read."""

from __future__ import annotations

import pytest

import symbp
from symbp.cost.needs import Needs
from symbp.cost.passes.named import named
from symbp.cost.printed import printed
from symbp.numeric.elements import names_read
from tests.many_models import many_models

MODELS = many_models(random=20)


@pytest.mark.parametrize("name", MODELS)
def test_needs_are_what_a_walk_meets(name: str) -> None:
    program = named(printed(symbp.derive(MODELS[name]).data))
    weights = {d.target: 3**k for k, d in enumerate(program.definitions)}
    equal = dict.fromkeys(weights, 2)
    made = program.by_target
    for d in program.definitions:
        wanted = (program.outputs[0], d.target)
        met: set[str] = set()
        waiting = list(wanted)
        while waiting:
            found = waiting.pop()
            if found in made and found not in met:
                met.add(found)
                waiting.extend(names_read(made[found].body))
        assert Needs(program, weights).operations(wanted) == sum(weights[n] for n in met)
        assert Needs(program, equal).operations(wanted) == 2 * len(met)
