"""A printed document evaluated: is every equality on the page true of the model that it is about?

The page gives the equations; the model's file gives what the names are, and its own values by a second reading of the
language. Nothing of the printer, of the calculus or of the product's evaluator is used: derivatives are differences.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from random import Random

from symbp.calculus.derivation import Derivation
from symbp.calculus.model import Model
from symbp.language.parse import parse
from symbp.language.syntax import Program
from symbp.numeric.instances import instances_for
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import settings
from tests.reading import Reading
from tests.reading_document import Document, Statement, free_letters, read_document
from tests.reading_latex import Notation
from tests.reading_matrices import Matrices, agree
from tests.reading_names import lexicon_of, spelling
from tests.reading_numbers import read_numbers
from tests.reading_tree import Call, Comparison, Misread, Node, Partial, Span, Symbol, bound_letters, parts
from tests.reading_values import Definition, World, generic

CLOSE = 1e-6


@dataclass(frozen=True)
class Subject:
    """What a document is about: a model's file, and what is differentiated by what."""

    program: Program
    model: Model
    scalar: str
    parameters: tuple[str, ...]

    @staticmethod
    def of(path: Path, derivation: Derivation) -> Subject:
        program = parse(path.read_text(encoding="utf-8"), path.name)
        return Subject(program, derivation.model, derivation.of, tuple(derivation.gradients))


@dataclass
class Verdict:
    """What a reading found: how many equalities were compared at how many values, how many numbers, what is wrong."""

    claims: int = 0
    values: int = 0
    numbers: int = 0
    complaints: list[str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.complaints = []


def world_of(subject: Subject, seed: str, shift: int = 0) -> World:
    """Small sizes, distinct where they can be, and a random point that the file's assumptions allow."""
    model = subject.model
    several = settings(model)
    sizes = several[shift % len(several)]
    point = Sampler(model, sizes, instances_for(model.functions, 0)).draw(Random(seed), 0)
    values = {
        name: {k: int(v) if v == int(v) else float(v) for k, v in of.items()} for name, of in point.values.items()
    }
    lexicon = lexicon_of(model)
    return World(printed_sizes(sizes, model), values, lexicon, Symbol(subject.scalar), model.rate)


def printed_sizes(sizes: Mapping[str, int], model: Model) -> dict[str, int]:
    """Sizes under their names, and as LaTeX has them: letters, Greek letters, words, or the look that is stated."""
    looks = dict(sizes)
    for name, value in sizes.items():
        word = model.looks.get(name, name)
        for look in (word, "\\" + word, f"\\mathrm{{{word}}}"):
            looks[look] = value
    return looks


def read_back(
    text: str, subject: Subject, seed: str = "", shift: int = 0, story: bool = True, differential: bool = False,
    thorough: bool = True,
) -> Verdict:
    """What is found when the document is read; `story` asks for what a whole derivation has besides true equations.

    `differential`: the notation writes dx for the derivative by x. Not `thorough`: the first mistake ends it.
    """
    world = world_of(subject, seed, shift)
    verdict = Verdict()
    try:
        document = read_document(text, Notation(world.lexicon, differential=differential))
        world.scalar = scalar_of(document, subject, world)
        claims = settle(document, world)
        verdict.complaints += forward_complaints(world, subject)
    except (Misread, ArithmeticError, ValueError) as error:
        verdict.complaints.append(f"misread: {error}")
        return verdict
    verdict.complaints += label_complaints(document)
    if story:
        verdict.complaints += box_complaints(document, subject, world)
        verdict.complaints += name_complaints(document, subject, world)
    for statement in claims:
        if verdict.complaints and not thorough:
            return verdict
        verdict.claims += 1
        try:
            verdict.values += compared(statement, document, world, subject.model)
        except (Misread, ArithmeticError, ValueError) as error:
            verdict.complaints.append(f"{error}\n    in {statement.source}")
    try:
        numbers, wrong = read_numbers(text, world, subject.model, Notation(world.lexicon, differential=differential))
        verdict.numbers, verdict.complaints = numbers, verdict.complaints + wrong
    except (Misread, ArithmeticError, ValueError) as error:
        verdict.complaints.append(f"numbers: {error}")
    return verdict


def scalar_of(document: Document, subject: Subject, world: World) -> Symbol:
    """What is differentiated, as it is printed: one name on the whole page."""
    looks = {
        s for statement in document.statements for s in parts(statement.sides)
        if isinstance(s, Symbol) and world.lexicon.name_of(s.stem, s.above, s.below) == subject.scalar
    }
    if len(looks) != 1:
        raise Misread(f"{subject.scalar} is printed as {sorted(map(str, looks))}")
    return looks.pop()


def settle(document: Document, world: World) -> list[Statement]:
    """Put the page's definitions into the world; what is left are claims.

    a := b defines an error term. An equation whose left side is a name that is neither given nor an error term, and
    whose right side differentiates nothing, defines it; a numbered one rather than another.
    """
    claims = []
    numbered = {(s.left, s.conditions) for s in document.statements if s.label}
    errors = {s.left.stem for s in document.statements if s.defines and isinstance(s.left, Symbol) and not s.matrix}
    for statement in document.statements:
        left = statement.left
        if statement.matrix:
            claims.append(statement)
        elif statement.defines and isinstance(left, Symbol):
            world.errors.setdefault(left.stem, []).append(definition(statement, document))
            if len(statement.sides) > 2:
                claims.append(Statement((left, *statement.sides[2:]), statement.signs[1:], statement.conditions,
                                        label=statement.label, place=statement.place, source=statement.source))
        elif (isinstance(left, Symbol) and left.stem not in errors and not left.stem.startswith("\\Delta ")
              and not any(isinstance(p, Partial) for p in parts(statement.sides[1:]))
              and (statement.label or (left, statement.conditions) not in numbered)
              and defines_new(statement, world, document)):
            world.definitions.setdefault(left.stem, []).append(definition(statement, document))
        else:
            claims.append(statement)
    return claims


def defines_new(statement: Statement, world: World, document: Document) -> bool:
    """Whether no equation before has the same left side, and it isn't a given quantity."""
    left = statement.left
    assert isinstance(left, Symbol)
    looks = world.lexicon.looks.get(spelling(left.stem), ())
    if any(look.name in world.values for look in looks):
        return False
    return all((d.left, d.conditions) != (left, statement.conditions) for d in world.definitions.get(left.stem, ()))


def spans_of(statement: Statement, document: Document) -> dict[str, Span]:
    """The ranges of letters at one statement: the document's, or its own."""
    own = {x: c for c in statement.conditions if isinstance(c, Span) for x in c.letters}
    return {**document.ranges, **own}


def definition(statement: Statement, document: Document) -> Definition:
    spans = spans_of(statement, document)
    letters = {s.stem for s in parts(statement.left) if isinstance(s, Symbol)}
    conditions = tuple(c for c in statement.conditions if not isinstance(c, Span))
    right = statement.sides[1]
    check_letters(statement, spans)
    return Definition(statement.left, {x: s for x, s in spans.items() if x in letters}, right, conditions)  # type: ignore[arg-type]


def check_letters(statement: Statement, spans: Mapping[str, Span]) -> set[str]:
    """The free letters of a statement; raises where the sides disagree about them, or a bound letter hides one."""
    letters = set(spans)
    free = free_letters(statement, letters)
    left = {s.stem for s in parts(statement.left) if isinstance(s, Symbol) and s.stem in letters}
    left -= bound_letters(statement.left)
    if free - left:
        raise Misread(f"{sorted(free - left)} free on the right alone")
    hidden = bound_letters(statement.sides) & left
    if hidden:
        raise Misread(f"{sorted(hidden)} both free and bound")
    return free


def compared(statement: Statement, document: Document, world: World, model: Model) -> int:
    """How many values of the free letters both sides of a statement were compared at; raises where they differ."""
    spans = spans_of(statement, document)
    free = sorted(check_letters(statement, spans))
    count = 0
    for environment in environments(statement, free, spans, world):
        if statement.matrix:
            count += compared_whole(statement, environment, Matrices(world, model))
            continue
        values = [world.base.number(side, environment) for side in statement.sides]
        for sign, before, after in zip(statement.signs, values[:-1], values[1:], strict=True):
            if not related(before, sign, after):
                raise Misread(f"{before} {sign} {after} at {environment}")
        count += 1
    if not count:
        raise Misread("compared nowhere")
    return count


def compared_whole(statement: Statement, environment: Mapping[str, float], matrices: Matrices) -> int:
    """The same for a line about whole arrays: 1; raises where they differ."""
    values = [matrices.value(side, environment) for side in statement.sides]
    for before, after in pairwise(values):
        if not agree(before, after, close):
            raise Misread(f"{before} = {after} at {environment}")
    return 1


def close(before: float, after: float) -> bool:
    return math.isclose(before, after, rel_tol=CLOSE, abs_tol=CLOSE / 10)


def environments(
    statement: Statement, free: list[str], spans: Mapping[str, Span], world: World
) -> Iterator[dict[str, float]]:
    """Every value of the free letters that the statement speaks of; real arguments of functions at a few values."""
    found: list[dict[str, float]] = [{}]
    arguments = real_arguments(statement, world)
    for name, value in product(arguments, (0.7,)):
        found = [{**e, name: value} for e in found] + [{**e, name: -0.4} for e in found]
    for letter in free:
        found = [{**e, letter: k} for e in found for k in values_of(letter, statement, spans[letter], world, e)]
    conditions = [c for c in statement.conditions if not isinstance(c, Span)]
    for e in found:
        if all(world.base.holds(c, e) for c in conditions) and not any(
            all(world.base.holds(c, e) for c in other) for other in statement.earlier
        ):
            yield e


def values_of(
    letter: str, statement: Statement, span: Span, world: World, environment: Mapping[str, float]
) -> Sequence[int]:
    """The values of a letter in a statement: its range, or the one that the condition `letter = …` says."""
    for condition in statement.conditions:
        match condition:
            case Comparison((Symbol(stem, (), ()), value), ("=",)) if stem == letter:
                if not any(isinstance(p, Symbol) and p.stem not in world.sizes for p in parts(value)):
                    return [world.base.integer(value, environment)]
    return world.range(span, environment)


def real_arguments(statement: Statement, world: World) -> list[str]:
    """The variables of a statement about a function: σ(z) = … is for every z."""
    if not any(isinstance(p, Call) for p in parts(statement.left)) or any(
        isinstance(p, Partial) for p in parts(statement.left)
    ):
        return []
    found = {}
    for p in parts(statement.left):
        if isinstance(p, Call):
            for a in p.arguments:
                if isinstance(a, Symbol) and not a.above + a.below and world.lexicon.element(a.stem, (), ()) is None:
                    found[a.stem] = None
    return list(found)


def related(before: float, sign: str, after: float) -> bool:
    if sign in ("=", ":="):
        return close(before, after)
    return {"<": before < after, "<=": before <= after, ">": before > after, ">=": before >= after,
            "!=": before != after}[sign]


# What a derivation needs besides true equations


def forward_complaints(world: World, subject: Subject) -> Iterator[str]:
    """The page's own forward equations against a second reading of the file."""
    reading = Reading(
        subject.program, {s: world.sizes[s] for s in subject.model.sizes}, world.values,  # type: ignore[arg-type]
        dict.fromkeys(subject.model.functions, generic),
    )
    defined = set()
    for stem, definitions in world.definitions.items():
        for d in definitions:
            for environment in keys_of(d, world):
                element = world.base.key(d.left, environment)
                look = world.lexicon.look_of(d.left.stem, d.left.above, d.left.below)
                key = look.key(element[1], element[2]) if look is not None else None
                known = (look.name, key) if look is not None and key is not None else world.lexicon.element(*element)
                if known is None or known[0] not in (*reading.cases, *reading.helpers):
                    continue
                defined.add(known[0])
                here, there = world.base.element(element), file_value(reading, *known)
                if not related(here, "=", there):
                    yield f"the page has {here} for {stem} at {environment}, the file {there}"
    if subject.scalar not in defined:
        yield f"no equation for {subject.scalar}"


def file_value(reading: Reading, name: str, key: tuple[int, ...]) -> float:
    """An element of what the file defines; f(x, y) = … is a scalar of the file's inputs."""
    if name not in reading.cases:
        return reading.number(reading.helpers[name].body, {})
    try:
        return reading.element(name, key)
    except (KeyError, StopIteration) as error:
        raise Misread(f"the file has no {name}{list(key)}") from error


def keys_of(definition: Definition, world: World) -> Iterator[dict[str, float]]:
    found: list[dict[str, float]] = [{}]
    for letter, span in definition.spans.items():
        found = [{**e, letter: k} for e in found for k in world.range(span, e)]
    return (e for e in found if all(world.base.holds(c, e) for c in definition.conditions))


def label_complaints(document: Document) -> Iterator[str]:
    for label, place in document.cited:
        if label not in document.labels:
            yield f"({label}) is cited and stands nowhere"
        elif document.labels[label] > place and label not in document.listed:
            yield f"({label}) is cited before it stands"


def box_complaints(document: Document, subject: Subject, world: World) -> Iterator[str]:
    """One box for each parameter."""
    boxed = Counter(boxed_name(s.left, world) for s in document.statements if s.boxed)
    yield from (f"a box for {name}" for name in boxed if name not in subject.parameters)
    yield from (f"no box for {name}" for name in subject.parameters if not boxed[name])


def boxed_name(left: Node, world: World) -> str:
    match left:
        case Symbol(stem, above, below):
            found = world.lexicon.name_of(stem.removeprefix("\\Delta "), above, below)
        case Partial(_, Symbol(stem, above, below)):
            found = world.lexicon.name_of(stem, above, below)
        case _:
            found = None
    return found or f"{left}"


def occurrences(stem: str, node: Node) -> int:
    return sum(isinstance(p, Symbol) and p.stem == stem for p in parts(node))


def name_complaints(document: Document, subject: Subject, world: World) -> Iterator[str]:
    """A named error term is used at least twice after its definition, unless the file asks for the name.

    A model of scalars is told in stages, and each stage has its derivative.
    """
    if not any(array.axes for array in subject.model.arrays.values()):
        return
    asked = {spelling(e.name) for e in subject.model.error_names}
    for stem in world.errors:
        if spelling(stem) in asked:
            continue
        start = max(s.place for s in document.statements if s.defines and s.left == world.errors[stem][0].left)
        later = {
            (s.sides[1:], s.conditions): s.sides[1:] for s in document.statements if s.place > start and not s.matrix
        }
        uses = sum(max(map(partial(occurrences, stem), sides), default=0) for sides in later.values())
        if uses < 2:
            yield f"{stem} is named and used {uses} times"


