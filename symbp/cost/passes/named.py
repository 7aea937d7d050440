"""The program in which every quantity of the person's model is computed and kept, each value once."""

from __future__ import annotations

from symbp.cost.passes.across import across
from symbp.cost.passes.common import common
from symbp.cost.passes.copies import copies
from symbp.cost.passes.dead import dead
from symbp.cost.passes.factoring import factoring
from symbp.cost.passes.invariants import invariants
from symbp.cost.passes.prefix import prefix
from symbp.cost.passes.reciprocals import reciprocals
from symbp.cost.passes.signs import signs
from symbp.cost.passes.tidy import tidy
from symbp.cost.program import Program

RULES = (copies, dead, factoring, reciprocals, invariants, copies, common, copies, prefix, across, tidy, dead)
"""The rules in the order in which they are applied, in each round after the signs."""

MOST_ROUNDS = 8


def named(program: Program) -> Program:
    """The program after the rules that need no sizes, again and again while they change it.

    It is an equal one, of no more operations for general extents; at extents of 1 and 2 it may have one or two more.
    """
    for _ in range(MOST_ROUNDS):
        before = program
        for rule in (signs, *RULES):
            program = rule(program)
        if program == before:
            break
    return program
