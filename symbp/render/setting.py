"""The beginning of a story: what is given, the forward equations, what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus.affine import Index
from symbp.calculus.derivation import Derivation, DisplayEquation, FormName, Gradient, Refusal
from symbp.calculus.expression import (
    MINUS_ONE,
    ZERO,
    Access,
    Expr,
    Partial,
    PartialKind,
    Power,
    Reduce,
    multiply,
    negate,
    walk,
)
from symbp.calculus.indices import axis_indices
from symbp.calculus.model import Array, Definition, Role, adjoint_base, definition_of, step_name, whole_access
from symbp.calculus.parameters import Connection, connections, is_one_example
from symbp.render.blocks import Block, Comparison, Extent, Formula, Heading, Inline, Paragraph
from symbp.render.ground import assumed
from symbp.render.letters import names_read
from symbp.render.lines import Lines, branches_body
from symbp.render.prose import Prose

Sentence = tuple[Inline, ...]

ROLES: tuple[tuple[Role, str], ...] = (
    (Role.INPUT, "setting.input"), (Role.TARGET, "setting.target"), (Role.CONST, "setting.const"),
    (Role.INTEGER, "setting.integer"), (Role.PARAM, "setting.param"),
)
"""The order in which declared arrays are listed."""


def setting(lines: Lines, prose: Prose, brackets: bool, forms: Sequence[FormName] = ()) -> Iterator[Block]:
    """Indices with their ranges, roles, generic functions, assumptions, and what a bracket is where there are some.

    `forms` are the gradients' forms that are shown by themselves.
    """
    example = prose.say("setting.example") if is_one_example(lines.derivation.model) else ()
    bracket = prose.say("setting.bracket") if brackets else ()
    named = (example, _indices(lines, prose, forms), *_roles(lines, prose), _functions(lines, prose))
    said = [s for s in (*named, bracket, assumed(lines, prose)) if s]
    if said:
        yield Heading(prose.say("setting.setting"), 2)
        yield Paragraph(prose.sentences(said))


def forward(lines: Lines, prose: Prose, forms: Sequence[FormName] = ()) -> Iterator[Block]:
    """The numbered equations, and definitions that only the derivatives need, those shown in `forms` included."""
    yield Heading(prose.say("setting.forward"), 2)
    stated = lines.derivation.stated
    if stated is not None:
        yield lines.equation(stated)
        yield Paragraph(prose.say("setting.stages"))
    for equation in lines.derivation.forward:
        yield from _normaliser(lines, prose, equation)
        yield lines.equation(equation)
    generated = _generated(lines.derivation, forms)
    if generated:
        yield Paragraph(prose.say("setting.generated"))
    for definition in generated:
        target = whole_access(definition.indices, definition.target)
        yield lines.display(definition.indices, target, definition.body)


def _normaliser(lines: Lines, prose: Prose, equation: DisplayEquation) -> Iterator[Block]:
    """That a generated sum has a name, where the formula that it belongs to is divided by it."""
    name = equation.target.name
    if equation.kind != "inner" or not isinstance(equation.body, Reduce):
        return
    for reader in lines.derivation.forward:
        if any(isinstance(n, Power) and n.exponent == MINUS_ONE and _is_named(n.base, name) for n in walk(reader.body)):
            whole = lines.formula(reader.indices, reader.target)
            named = lines.formula(equation.indices, equation.target)
            yield Paragraph(prose.say("setting.normaliser", name=named, reader=whole))
            return


def _is_named(e: Expr, name: str) -> bool:
    return isinstance(e, Access) and e.name == name


def goal(lines: Lines, prose: Prose) -> Iterator[Block]:
    """The derivatives that are wanted, the step that follows from each, and what a ∂ means."""
    gradients = tuple(lines.derivation.gradients.values())
    partials = [lines.formula(g.indices, lines.partial(g)) for g in gradients]
    said = [prose.say("setting.wanted", partials=prose.listed(partials))]
    said.extend(_step(lines, prose, "setting.update"))
    said.extend(_partials(lines, prose))
    yield Heading(prose.say("setting.goal"), 2)
    yield Paragraph(prose.sentences(said))


def update_goal(lines: Lines, prose: Prose) -> Iterator[Block]:
    """Of the goal, the step that follows from a derivative, where there are steps."""
    said = list(_step(lines, prose, "setting.step"))
    if said:
        yield Heading(prose.say("setting.goal"), 2)
        yield Paragraph(prose.sentences(said))


def _step(lines: Lines, prose: Prose, key: str) -> Iterator[Sentence]:
    """Δw = −η ∂E/∂w for the first parameter that has a step, and η > 0."""
    stepping = next((g for g in lines.derivation.gradients.values() if g.updates), None)
    if stepping is not None:
        rate = Access(lines.derivation.model.rate or "")
        context = lines.vocabulary.display((), rate)
        positive = Comparison(Formula(rate, context), ">", Formula(ZERO, context))
        yield prose.say(key, step=update_rule(lines, stepping), positive=positive)


def update_rule(lines: Lines, gradient: Gradient) -> Comparison:
    """Δw = −η ∂E/∂w."""
    rate = lines.derivation.model.rate
    assert rate is not None
    left: Expr = whole_access(gradient.indices, step_name(gradient.parameter))
    right = multiply((negate(Access(rate)), lines.partial(gradient)))
    context = lines.vocabulary.display(gradient.indices, left, right)
    return Comparison(Formula(left, context), "==", Formula(right, context))


def _indices(lines: Lines, prose: Prose, forms: Sequence[FormName]) -> Sentence:
    families = {family[0]: family[1:] for family in lines.families(forms).values()}
    others = {letter for further in families.values() for letter in further}
    letters = [Index(name, within) for name, within in lines.ranges.items() if name not in others]
    extents = [Extent(i, lines.vocabulary.display((i,)), families.get(i.name, ())) for i in letters]
    return prose.say("setting.indices", ranges=prose.listed(extents)) if extents else ()


def _roles(lines: Lines, prose: Prose) -> Iterator[Sentence]:
    """`Parameters: …`; a role that only restates what is differentiated by is left to the goal."""
    arrays = [a for a in lines.derivation.model.arrays.values() if a.name not in lines.derivation.model.by_target]
    connected = connections(lines.derivation.model)
    for role, key in ROLES:
        named = [_named(lines, prose, a, connected.get(a.name)) for a in arrays if a.role is role]
        if named:
            yield prose.say(key, names=prose.listed(named))


def _named(lines: Lines, prose: Prose, array: Array, connection: Connection | None) -> Sentence:
    """A name with its indices; of a parameter, what it connects; of an index that stands nowhere else, the range."""
    if connection is not None and array.role is Role.PARAM:
        c = connection
        shown = (c.parameter, c.target) if c.source is None else (c.parameter, c.target, c.source)
        context = lines.vocabulary.display(c.indices, *shown)
        parameter, target, *sources = (Formula(a, context) for a in shown)
        slots = {"source": sources[0]} if sources else {}
        return prose.say(f"setting.{c.part}", parameter=parameter, target=target, **slots)
    indices = axis_indices(array.axes, array.letters, lines.derivation.model.sizes)
    name = lines.formula(indices, whole_access(indices, array.name))
    unknown = [i for i in indices if lines.ranges.get(i.letter) != i.range]
    if not unknown:
        return (name,)
    return prose.say("setting.ranging", name=name, ranges=prose.listed([Extent(i, name.context) for i in unknown]))


def _functions(lines: Lines, prose: Prose) -> Sentence:
    names = list(lines.derivation.model.functions)
    if not names:
        return ()
    shown = prose.listed([lines.formula((), Access(name)) for name in names])
    return prose.say("setting.function" if len(names) == 1 else "setting.functions", names=shown)


def _partials(lines: Lines, prose: Prose) -> Iterator[Sentence]:
    """That a partial of one equation holds the rest fixed, while the derivative of the loss follows every path."""
    found = ((s.indices, n) for s in lines.derivation.steps for n in walk(s.before) if isinstance(n, Partial))
    edge = next(((i, n) for i, n in found if n.kind is PartialKind.EDGE and n.of.name != lines.derivation.of), None)
    gradient = next(iter(lines.derivation.gradients.values()), None)
    if edge is not None and gradient is not None:
        yield prose.say(
            "setting.partials", edge=lines.formula(*edge),
            total=lines.formula(gradient.indices, lines.partial(gradient)),
            of=lines.formula((), Access(lines.derivation.of)),
        )


def _generated(derivation: Derivation, forms: Sequence[FormName]) -> Sequence[Definition]:
    """Definitions of names that are shown and that stand in the program only: the place of a maximum."""
    known = {e.target.name for e in derivation.forward} | {e.name for e in derivation.errors}
    found: dict[str, Definition] = {}
    waiting = list(dict.fromkeys(_names_shown(derivation, forms)))
    while waiting:
        name = waiting.pop(0)
        equation = derivation.program.by_target.get(name)
        if equation is not None and name not in known and name not in found and adjoint_base(name) is None:
            found[name] = definition_of(equation)
            waiting.extend(names_read(found[name].body))
    return list(found.values())


def _names_shown(derivation: Derivation, forms: Sequence[FormName]) -> Iterator[str]:
    """The names in error terms, steps, and those forms of the gradients that stand by themselves."""
    for error in derivation.errors:
        yield error.of
        yield from names_read(branches_body(error))
    for gradient in derivation.gradients.values():
        for form in forms:
            body = gradient.forms.get(form)
            if body is not None and not isinstance(body, Refusal):
                yield from names_read(body)
    for step in derivation.steps:
        yield from names_read(step.before)
        yield from names_read(step.after)
