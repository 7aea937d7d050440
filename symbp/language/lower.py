"""Syntax tree to Model: names and ranges resolved, formulas split into elementary equations, everything checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbp.calculus.model import Array, Model
from symbp.calculus.schedule import Unschedulable, ordered
from symbp.calculus.uncollected import uncollected
from symbp.calculus.validate import problems
from symbp.errors import Diagnostic, LanguageError
from symbp.language import syntax
from symbp.language.appearance import error_names, looks, stated_roles
from symbp.language.bounds import Bounds
from symbp.language.collector import Collector
from symbp.language.definitions import check_uncalled
from symbp.language.elementary import Equations
from symbp.language.expressions import World
from symbp.language.facts import facts
from symbp.language.file import File, collect
from symbp.language.given import Given
from symbp.language.goal import choose_loss, choose_wrt, warn_of_unused
from symbp.language.inference import infer
from symbp.language.inner import inner_looks
from symbp.language.ranges import Ranges
from symbp.language.repeats import Repeats
from symbp.language.shapes import shape_of


@uncollected
def lower(program: syntax.Program, of: str | None = None) -> Model:
    """The Model that a program states; raises LanguageError with every mistake.

    `of` is what will be differentiated if that is already decided: then the file needs no loss.
    """
    mistakes = Collector(program.source)
    file = collect(program, mistakes)
    ranges = infer(file)
    world = World(file, ranges, Bounds(file), Equations(declared(file, ranges), set(file.names)))
    shapes = [shape_of(name, cases, ranges, world.bounds) for name, cases in file.definitions.items()]
    repeats = Repeats(world)
    for shape in shapes:
        repeats.define(shape)
    check_uncalled(world)
    assumed = facts(world)
    rate = _rate(file)
    given = Given(world)
    given.read(rate)
    given.check(world.bounds.requirements)
    named = error_names(file, ranges)
    templates, letters = looks(file, ranges)
    roles = stated_roles(file)
    loss = choose_loss(file, world.equations.equations, of)
    if not mistakes.failed:
        ranges.tell_unknown()
        ranges.warn_of_sizes()
    mistakes.finish()
    equations = tuple(world.equations.equations)
    sizes = tuple(sorted(ranges.sizes, key=lambda s: ranges.sizes[s].start))
    arrays = world.equations.arrays
    model = Model(
        sizes=sizes,
        arrays=arrays,
        equations=equations,
        loss=loss,
        wrt=choose_wrt(file),
        functions={name: len(g.parameters) for name, g in file.generics.items()},
        facts=assumed,
        requirements=tuple(world.bounds.requirements),
        size_values=given.sizes,
        values=dict(given.values),
        error_names=named,
        looks=templates,
        look_letters=letters,
        roles=roles,
        rate=rate,
        stages=tuple(file.definitions),
        index_ranges=ranges.index_ranges(),
    )
    model = _in_order(model, file)
    inner, places = inner_looks(model)
    model = replace(model, looks={**templates, **inner}, look_letters={**letters, **places})
    _check(model, file, repeats.alike)
    warn_of_unused(model, mistakes)
    return replace(model, warnings=tuple(mistakes.warnings))


def declared(file: File, ranges: Ranges) -> dict[str, Array]:
    """The arrays that the file declares."""
    found: dict[str, Array] = {}
    for name, (role, statement) in file.arrays.items():
        letters = tuple(letter for a in statement.axes if (letter := _letter(a, ranges)) is not None)
        written = letters if len(set(letters)) == len(statement.axes) else ranges.letters_used.get(name, ())
        found[name] = Array(name, ranges.of_axes(name), role, ranges.values.get(name), written)
    return found


def _letter(axis: syntax.Axis, ranges: Ranges) -> str | None:
    """The index letter that an axis is declared by; None for a size or bounds."""
    if axis.lower is None and isinstance(axis.upper, syntax.Name) and axis.upper.name not in ranges.sizes:
        return axis.upper.name
    return None


def _rate(file: File) -> str | None:
    for later in file.updates[1:]:
        file.mistakes.error(
            later.span, "a file has one `update`", "", ((file.updates[0].span, "the first one"),),
        )
    if not file.updates:
        return None
    update = file.updates[0]
    entry = file.names.get(update.rate)
    if entry is not None and entry.kind not in ("const", "input"):
        file.mistakes.error(
            update.rate_span, f"`{update.rate}` is {entry.what}, so it can't be the learning rate", "",
            ((entry.span, f"{entry.what} here"),),
        )
    return update.rate


def _in_order(model: Model, file: File) -> Model:
    try:
        return replace(model, equations=ordered(model))
    except Unschedulable as cycle:
        cases = [c for name in cycle.names for c in file.definitions.get(name, ())]
        first = min(cases, key=lambda c: c.span.start, default=None)
        if first is None:
            raise
        diagnostic = Diagnostic(file.program.source, first.name_span, str(cycle))
        raise LanguageError((diagnostic,)) from None


def _check(model: Model, file: File, alike: Mapping[str, str]) -> None:
    """Tells every rule of the one form that the model breaks."""
    for problem in problems(model, alike):
        equation = model.by_target.get(problem.equation or "")
        cases = file.definitions.get(equation.owner or equation.target) if equation is not None else None
        span = cases[0].name_span if cases else file.program.statements[0].span
        file.mistakes.error(span, problem.message)
    file.mistakes.finish()
