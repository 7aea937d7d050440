"""The proof of the counts: what is counted is what stands in the printed text, and the text gives the gradients.

Each model is small enough to be written out. Its program is printed as text, once as assignments and once with
everything substituted; the text is counted token by token and executed. The counts must be those of `symbp.cost`, and
the numbers must be the forward model's value and its slopes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from random import Random

import pytest

import symbp
from symbp.calculus.derivation import Derivation
from symbp.calculus.differentiate import differentiate
from symbp.calculus.model import Model, adjoint_name
from symbp.cost.counting import by_definition, count, occurrences, unfolded
from symbp.cost.forward_mode import forward_mode, tangent, tangent_name, values
from symbp.cost.passes.minimal import minimal
from symbp.cost.passes.named import named
from symbp.cost.passes.signs import signs
from symbp.cost.paths import paths
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.cost.tally import Tally
from symbp.numeric.sizes import nearest
from tests import written_program as written
from tests.counted_text import Counted
from tests.counting_models import counting_example
from tests.element_graph import ElementGraph
from tests.float_duals import SCALARS, FloatPoint
from tests.interpreter import Key
from tests.programs import PROGRAMS
from tests.strategies import Drawn, example

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted(ROOT.glob("examples/*.bp")) + sorted(ROOT.glob("benchmarks/models/*.bp"))
FILES += sorted(ROOT.glob("tests/models/*.bp"))
LARGEST = 3
"""Sizes are 1 to this."""
MODELS, BLOCK = 320, 20
GENERAL = 60
"""Of the random models that all derivations are tested with, so many."""
LONGEST = 20_000
"""Characters of an unfolded formula that is still written out."""
WALKED = 300
"""Ways that are walked one by one."""
SIGMA = frozenset({"sigmoid"})


@dataclass
class Proof:
    """A model at sizes, its point, and what is expected there."""

    told: str
    model: Model
    sizes: dict[str, int]
    seed: int

    @cached_property
    def derivation(self) -> Derivation:
        return differentiate(self.model)

    @cached_property
    def printed(self) -> Program:
        return printed(self.derivation)

    @cached_property
    def normalised(self) -> Program:
        return signs(self.printed)

    @cached_property
    def named(self) -> Program:
        return named(self.normalised)

    @cached_property
    def minimal(self) -> Program:
        return minimal(self.named, self.sizes)

    @cached_property
    def point(self) -> FloatPoint:
        return FloatPoint(self.model, self.sizes, self.seed, written.running_integers(self.printed, self.sizes))

    @cached_property
    def values(self) -> dict[written.Element, float]:
        return {(name, key): v for name, row in self.point.values.items() for key, v in row.items()}

    @cached_property
    def wanted(self) -> dict[str, tuple[dict[Key, float], float]]:
        """For each output a direction, and the forward model's slope along it; for the loss its value."""
        dice = Random(self.seed)
        loss = self.derivation.of
        found: dict[str, tuple[dict[Key, float], float]] = {loss: ({(): 1.0}, self.point.forward().value(loss).value)}
        for parameter in self.derivation.gradients:
            direction = {key: dice.uniform(-1, 1) for key in self.point.values[parameter]}
            slope = self.point.forward(parameter, direction).value(loss).slope
            found[adjoint_name(parameter)] = direction, slope
        return found

    def integers(self, program: Program) -> written.Integers:
        """As counting takes them: positions of maxima run through their values as integer inputs do."""
        return written.running_integers(program, self.sizes)

    def measured(self, program: Program) -> written.Integers:
        """Integer inputs as they are given, and where the maxima are at the point."""
        interpreter = self.point.forward()
        interpreter.definitions = program.by_target
        return lambda name, key: int(interpreter.value(name, key))

    def text(self, program: Program) -> written.Written:
        return written.straight_line(program, self.sizes, self.integers(program))

    def trees(self, program: Program, names: Sequence[str], integers: written.Integers) -> written.Written:
        return written.unfolded(program, names, self.sizes, integers, limit=LONGEST)

    def gives_the_gradients(self, text: written.Written) -> None:
        numbers = text.run(self.values, SCALARS)
        for output, (direction, wanted) in self.wanted.items():
            found = sum(weight * numbers[output, key] for key, weight in direction.items())
            assert close(found, wanted), self.about(text, output)

    def runs(self, program: Program) -> None:
        """The loss, and along a random direction each gradient, are the forward model's."""
        self.gives_the_gradients(written.straight_line(program, self.sizes, self.measured(program)))

    def tangent_of_the_loss(self, once: Program, sweep: Program, seeds: dict[written.Element, float]) -> float:
        """The text of values and of one sweep, executed."""
        both = Program((*once.definitions, *sweep.definitions), sweep.outputs, sweep.arrays, sweep.sizes)
        text = written.straight_line(both, self.sizes, self.measured(both))
        return float(text.run({**self.values, **seeds}, SCALARS).get((sweep.outputs[0], ()), 0))

    def counted_sweep(self, once: Program, sweep: Program) -> Counted:
        """The lines of a sweep, where all that they read is given, other tangents too."""
        apart = tuple(replace(line, target=f"{line.target} alone") for line in sweep.definitions)
        both = Program((*once.definitions, *apart), tuple(d.target for d in apart), sweep.arrays, sweep.sizes)
        found = self.text(both).by_definition()
        whole = Counted()
        for line in apart:
            whole.and_also(found.get(line.target, Counted()))
        return whole

    def about(self, text: written.Written, *more: object) -> str:
        return "\n".join([self.told, str(self.sizes), text.text, *map(str, more)])


def close(found: float, wanted: float) -> bool:
    return math.isclose(found, wanted, rel_tol=1e-7, abs_tol=1e-9)


def differences(tally: Tally[int], found: Counted) -> list[str]:
    """Where a count isn't what stands in a text."""
    sides = (
        ("by kind", dict(tally.by_kind), dict(+found.by_kind)), ("operations", tally.operations, found.operations),
        ("nodes", tally.nodes, found.nodes), ("depth", tally.depth, found.depth),
    )
    return [f"{what}: counted {counted}, written {there}" for what, counted, there in sides if counted != there]


def at_small_sizes(told: str, model: Model, seed: int) -> Proof:
    dice = Random(seed)
    return Proof(told, model, nearest(model, {s: dice.randint(1, LARGEST) for s in model.sizes}), seed)


def shipped(path: Path) -> Iterator[Proof]:
    for seed in (1, 2):
        yield at_small_sizes(str(path.stem), symbp.load(path), seed)


def by_hand() -> Iterator[Proof]:
    for name, make in PROGRAMS.items():
        yield at_small_sizes(name, make(), 3)


def random_models(kind: Callable[[int], Drawn], start: int) -> Iterator[Proof]:
    yield from numbered(kind, range(start, start + BLOCK))


def numbered(kind: Callable[[int], Drawn], numbers: Iterable[int]) -> Iterator[Proof]:
    for number in numbers:
        text = kind(number).text
        yield at_small_sizes(f"{number}\n{text}", symbp.parse(text), number)


GROUPS: dict[str, Callable[[], Iterator[Proof]]] = {
    **{f"{path.parent.name}/{path.stem}": partial(shipped, path) for path in FILES},
    "programs": by_hand,
    "values that stop reads alone": partial(numbered, counting_example, (489, 1399)),
    **{f"random {n}": partial(random_models, counting_example, n) for n in range(0, MODELS, BLOCK)},
    **{f"general {n}": partial(random_models, example, n) for n in range(0, GENERAL, BLOCK)},
}


@cache
def proofs(group: str) -> tuple[Proof, ...]:
    return tuple(GROUPS[group]())


def some(group: str, every: int) -> tuple[Proof, ...]:
    """All that aren't random, and of the random ones a few."""
    return proofs(group)[:: every if group.startswith(("random", "general")) else 1]


each_group = pytest.mark.parametrize("group", GROUPS)


@each_group
def test_the_printed_text_gives_the_gradients(group: str) -> None:
    for proof in proofs(group):
        proof.runs(proof.printed)


@each_group
def test_the_named_program_gives_the_same_and_costs_no_more(group: str) -> None:
    """Costs at sizes that are no borderline case: its rules know no sizes."""
    for proof in proofs(group):
        proof.runs(proof.normalised)
        proof.runs(proof.named)
        sizes = nearest(proof.model, {s: LARGEST + 1 + k for k, s in enumerate(proof.model.sizes)})
        before, after = (count(program, sizes).operations for program in (proof.printed, proof.named))
        assert after <= before, (proof.about(proof.text(proof.named)), sizes)


@each_group
def test_the_minimal_program_gives_the_same_and_costs_no_more(group: str) -> None:
    for proof in some(group, 12):
        proof.runs(proof.minimal)
        text, before = proof.text(proof.minimal), count(proof.named, proof.sizes)
        assert differences(count(proof.minimal, proof.sizes), text.counted()) == [], proof.about(text)
        assert text.counted().operations <= before.operations, proof.about(text)


@each_group
def test_operations_of_a_program_are_those_of_its_text(group: str) -> None:
    """Operations by kind, nodes, levels and what is distinct, in all and for each definition; σ whole and in parts."""
    for proof in proofs(group):
        for program in (proof.printed, proof.named):
            text = proof.text(program)
            tally = count(program, proof.sizes)
            assert differences(tally, text.counted()) == [], proof.about(text)
            assert tally.distinct == text.distinct(), proof.about(text)
        parts = by_definition(proof.named, proof.sizes)
        for name, found in proof.text(proof.named).by_definition().items():
            assert differences(parts[name], found) == [], proof.about(proof.text(proof.named), name)
        whole = written.straight_line(proof.named, proof.sizes, proof.integers(proof.named), SIGMA)
        assert differences(count(proof.named, proof.sizes, SIGMA), whole.counted()) == [], proof.about(whole)


@each_group
def test_operations_of_trees_are_those_of_their_text(group: str) -> None:
    """What the trees of all outputs, and of each alone, have; and the text of the trees gives the gradients."""
    for proof in proofs(group):
        program = proof.normalised
        try:
            proof.gives_the_gradients(proof.trees(program, program.outputs, proof.measured(program)))
        except written.TooLong:
            continue
        for names in (program.outputs, *((name,) for name in program.outputs)):
            text = proof.trees(program, names, proof.integers(program))
            tally = unfolded(program, names, proof.sizes)
            assert differences(tally, text.counted()) == [], proof.about(text, names)
            bodies = written.bodies_of_trees(program, names, proof.sizes, proof.integers(program))
            assert tally.distinct == bodies.distinct(), proof.about(bodies, names)


@each_group
def test_paths_are_those_of_the_graph_of_elements(group: str) -> None:
    """Nielsen's sum has one product for each way through single elements of the author's lines."""
    for proof in proofs(group):
        lines = {line.target.name for line in proof.derivation.forward}
        forward = proof.printed.with_definitions(tuple(d for d in proof.printed.definitions if d.target in lines))
        graph = ElementGraph(written.Writer(forward, proof.sizes, proof.integers(proof.printed)))
        for parameter in proof.derivation.gradients:
            found = graph.paths(parameter, (proof.derivation.of, ()))
            if found <= WALKED:
                assert graph.walks(parameter, (proof.derivation.of, ()), WALKED) == found
            assert paths(proof.derivation, parameter, proof.sizes) == found, (proof.told, proof.sizes, parameter)


@each_group
def test_reused_elements_stand_in_the_trees_as_often_as_counted(group: str) -> None:
    for proof in some(group, 4):
        program, dice = proof.normalised, Random(proof.seed)
        names = [d.target for d in program.definitions if d.target not in program.outputs]
        for name in dice.sample(names, min(3, len(names))):
            try:
                text = written.unfolded(
                    program, program.outputs, proof.sizes, proof.integers(program), marked=name, limit=LONGEST
                )
            except written.TooLong:
                continue
            found = occurrences(program, name, program.outputs, proof.sizes)
            assert found == text.counted().by_kind["marked"], proof.about(text, name)


@each_group
def test_forward_mode_is_what_its_sweeps_say(group: str) -> None:
    """Values once, and for each element of each parameter the operations of the sweep's text, which gives the slope."""
    for proof in some(group, 4):
        program, parameters = proof.normalised, tuple(proof.derivation.gradients)
        whole = proof.text(named(values(program, parameters))).counted()
        for parameter in parameters:
            once, sweep = values(program, (parameter,)), tangent(program, parameter)
            direction, slope = proof.wanted[adjoint_name(parameter)]
            seeds = {(tangent_name(parameter), key): weight for key, weight in direction.items()}
            assert close(proof.tangent_of_the_loss(once, sweep, seeds), slope), (proof.told, parameter)
            unit = tangent(program, parameter, unit=True)
            if () in direction:
                assert close(direction[()] * proof.tangent_of_the_loss(once, unit, {}), slope), (proof.told, parameter)
            whole.and_also(proof.counted_sweep(once, unit), times=len(direction))
        tally = forward_mode(program, parameters, proof.sizes)
        assert dict(tally.by_kind) == dict(+whole.by_kind), (proof.told, proof.sizes)
