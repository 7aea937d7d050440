"""The program in which every quantity of the person's model is computed and kept, each value once."""

from __future__ import annotations

from symbp.cost.passes.across import across
from symbp.cost.passes.common import common
from symbp.cost.passes.copies import copies
from symbp.cost.passes.dead import dead
from symbp.cost.passes.invariants import invariants
from symbp.cost.passes.prefix import prefix
from symbp.cost.passes.reciprocals import reciprocals
from symbp.cost.passes.signs import signs
from symbp.cost.passes.tidy import tidy
from symbp.cost.program import Program

PASSES = (signs, copies, dead, reciprocals, invariants, copies, common, copies, prefix, across, tidy, dead)


def named(program: Program) -> Program:
    """The program after the rules that need no sizes: an equal one, of no more operations."""
    for rule in PASSES:
        program = rule(program)
    return program
