"""What the outputs don't need isn't computed."""

from __future__ import annotations

from symbp.cost.ordering import reads
from symbp.cost.program import Program


def dead(program: Program) -> Program:
    """The program without the definitions that no output reads, directly or through others."""
    made = program.by_target
    needed: set[str] = set()
    waiting = list(program.outputs)
    while waiting:
        name = waiting.pop()
        if name in made and name not in needed:
            needed.add(name)
            waiting.extend(reads(made[name].body))
    if len(needed) == len(made):
        return program
    return program.with_definitions(tuple(d for d in program.definitions if d.target in needed))
