"""What makes a list of equations a Model: every rule of the one form, checked, with the evidence for each violation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from symbp.calculus import sets
from symbp.calculus.affine import Guard, Range, symbols_of
from symbp.calculus.bounds import range_problems
from symbp.calculus.coverage import empty_extremum_problems, piece_problems
from symbp.calculus.describe import access_text, guards_text, name_text, range_text
from symbp.calculus.elementary import shape_problems
from symbp.calculus.expression import Access, Position, accesses, walk
from symbp.calculus.model import Equation, Model, Role, Term
from symbp.calculus.problem import Problem, named, problem
from symbp.calculus.reads import names_read, reads
from symbp.calculus.schedule import Unschedulable, in_order, schedule
from symbp.calculus.sets import Background

COMPUTED = (Role.DEFINED, Role.ADJOINT)
NONE: Mapping[str, str] = MappingProxyType({})


def problems(model: Model, alike: Mapping[str, str] = NONE) -> tuple[Problem, ...]:
    """Every violation, in the order of the equations; () for a valid Model.

    Sizes are taken to be at least 1 and to satisfy the model's requirements. Ranges are checked only where names and
    ranks are right. `alike` names for some equations another one that differs in the names of arrays only, of the same
    axes and roles: where that one is right, they are.
    """
    background = Background(model.sizes, model.requirements)
    right: set[str] = set()
    found = [*_model_problems(model), *_definitions(model)]
    if sets.empty((*background.about(model.requirements), *model.requirements)):
        found.append(Problem("range", f"no sizes satisfy {guards_text(model.requirements)}"))
    for equation in model.equations:
        if alike.get(equation.target) in right:
            continue
        faults = [*_target_problems(model, equation, background), *_read_problems(model, equation)]
        faults.extend(_symbol_problems(model, equation))
        is_adjoint = equation.target in model.arrays and model.arrays[equation.target].role is Role.ADJOINT
        faults.extend(shape_problems(equation, model.functions, nested=is_adjoint))
        if not faults:
            faults.extend(piece_problems(equation, background))
            faults.extend(empty_extremum_problems(equation, background))
            faults.extend(range_problems(model, equation, background))
        if not faults:
            right.add(equation.target)
        found.extend(faults)
    if not found or all(f.requirement is not None for f in found):
        found.extend(_order_problems(model))
    return tuple(found)


def _model_problems(model: Model) -> Iterator[Problem]:
    """The loss, the names to differentiate by, and the facts, against the declared arrays."""
    if model.loss is not None and (model.loss not in model.arrays or model.arrays[model.loss].rank):
        yield Problem("name", f"the loss `{name_text(model.loss)}` is no scalar of the model")
    for name in model.wrt:
        if name not in model.arrays:
            yield Problem("name", f"there is no `{name_text(name)}` to differentiate by")
    for fact in model.facts:
        for side in (fact.left, fact.right):
            for access in accesses(side) if side is not None else ():
                array = model.arrays.get(access.name)
                if array is None:
                    yield Problem("name", f"unknown name `{name_text(access.name)}` in an assumption", line=fact.line)
                elif array.rank != len(access.subscripts):
                    yield Problem("rank", _rank_text(access, array.rank), line=fact.line, access=access)


def _definitions(model: Model) -> Iterator[Problem]:
    """Single assignment: one equation for each computed name, none for a given one."""
    seen: set[str] = set()
    for e in model.equations:
        if e.target in seen:
            yield problem("twice", e, f"{named(e)} is defined twice")
        seen.add(e.target)
    for name, array in model.arrays.items():
        if array.role in COMPUTED and name not in seen:
            yield Problem("name", f"`{name_text(name)}` has no definition", equation=name)


def _target_problems(model: Model, equation: Equation, background: Background) -> Iterator[Problem]:
    """The target is a computed array whose axes are the ranges of the equation's indices."""
    array = model.arrays.get(equation.target)
    if array is None:
        yield problem("name", equation, f"{named(equation)} is not declared")
        return
    if array.role not in COMPUTED:
        yield problem("role", equation, f"{named(equation)} is a given {array.role.value} and can't be defined")
    if array.rank != len(equation.indices):
        axes, given = _count(array.rank, "axis"), _count(len(equation.indices), "subscript")
        yield problem("rank", equation, f"{named(equation)} has {axes}, and is defined with {given}")
        return
    for index, axis in zip(equation.indices, array.axes, strict=True):
        if index.range != axis and not _same_range(index.range, axis, background):
            ranges = f"{range_text(index.range)}, and the axis is {range_text(axis)}"
            yield problem("axis", equation, f"`{index.letter}` in {named(equation)} runs over {ranges}")


def _same_range(a: Range, b: Range, background: Background) -> bool:
    equal = (Guard("eq", a.lower - b.lower), Guard("eq", a.upper - b.upper))
    return sets.all_implied(background.about(equal), equal)


def _read_problems(model: Model, equation: Equation) -> Iterator[Problem]:
    """Every name that is read is declared, has as many axes as it is given subscripts, and is of the right kind."""
    seen: set[tuple[Access, bool]] = set()
    for read in reads(equation):
        access = read.access
        if (access, read.integer) in seen:
            continue
        seen.add((access, read.integer))
        array = model.arrays.get(access.name)
        if array is None:
            yield problem("name", equation, f"unknown name `{name_text(access.name)}` in {named(equation)}", access)
        elif array.rank != len(access.subscripts):
            yield problem("rank", equation, _rank_text(access, array.rank), access)
        elif read.integer and not is_integer(model, access.name):
            message = f"`{name_text(access.name)}` is no integer input, and can't stand in a subscript or a condition"
            yield problem("role", equation, message, access)


def is_integer(model: Model, name: str) -> bool:
    """Whether an array holds integers: an integer input with known values, or an argmax or argmin."""
    array = model.arrays[name]
    if array.role is Role.INTEGER:
        return array.values is not None
    equation = model.by_target.get(name)
    terms = [t for p in equation.pieces for t in p.terms] if equation is not None else []
    return bool(terms) and all(t.kind in ("argmax", "argmin") for t in terms)


def _rank_text(access: Access, rank: int) -> str:
    given = _count(len(access.subscripts), "subscript")
    return f"`{access_text(access)}` has {given}, and `{name_text(access.name)}` has {_count(rank, 'axis')}"


def _count(n: int, noun: str) -> str:
    plural = "axes" if noun == "axis" else f"{noun}s"
    return f"{n} {noun if n == 1 else plural}"


def _symbol_problems(model: Model, equation: Equation) -> Iterator[Problem]:
    """Every index and size that stands in the equation is visible there, and no name means two things."""
    sizes = set(model.sizes)
    own = [i.name for i in equation.indices]
    yield from _clashes(equation, own, sizes)
    for i in equation.indices:
        yield from _unknown(equation, (*i.range.lower.symbols, *i.range.upper.symbols), sizes)
    visible = sizes.union(own)
    for piece in equation.pieces:
        yield from _unknown(equation, symbols_of(piece.guards), visible)
        for term in piece.terms:
            if term.binders:
                yield from _clashes(equation, [*own, *(b.name for b in term.binders)], sizes)
            yield from _unknown_in_term(equation, term, visible)


def _unknown_in_term(equation: Equation, term: Term, visible: set[str]) -> Iterator[Problem]:
    inner = set(visible) if term.binders else visible
    for b in term.binders:
        yield from _unknown(equation, (*b.range.lower.symbols, *b.range.upper.symbols), inner)
        inner.add(b.name)
    yield from _unknown(equation, symbols_of(term.guards), inner)
    for factor in term.factors:
        nodes = (factor,) if isinstance(factor, Access) else walk(factor)
        for node in nodes:
            if isinstance(node, Position):
                yield from _unknown(equation, node.value.symbols, inner)
            elif isinstance(node, Access):
                yield from _unknown(equation, (s for k in node.subscripts for s in k.symbols), inner)


def _clashes(equation: Equation, names: Sequence[str], sizes: set[str]) -> Iterator[Problem]:
    for k, name in enumerate(names):
        if name in sizes or name in names[:k]:
            yield problem("symbol", equation, f"`{name_text(name)}` stands for two things in {named(equation)}")


def _unknown(equation: Equation, symbols: Sequence[str] | Iterator[str], visible: set[str]) -> Iterator[Problem]:
    for s in symbols:
        if s not in visible:
            yield problem("symbol", equation, f"`{name_text(s)}` in {named(equation)} is no index that it has there")


def _order_problems(model: Model) -> Iterator[Problem]:
    """A cycle that no loop breaks; or an equation that stands before another one that it reads."""
    targets = {e.target for e in model.equations}
    if in_order({e.target: [n for n in names_read(e) if n in targets] for e in model.equations}):
        return
    try:
        groups = schedule(model)
    except Unschedulable as error:
        yield Problem("cycle", str(error), error.names[0], error.line)
        return
    group = {name: k for k, g in enumerate(groups) for name in g.equations}
    position = {e.target: k for k, e in enumerate(model.equations)}
    for k, equation in enumerate(model.equations):
        for name in names_read(equation):
            if position.get(name, -1) > k and group[name] != group[equation.target]:
                yield problem("order", equation, f"{named(equation)} reads `{name_text(name)}` before it is defined")
