"""What a derivation prints, as a program: forward lines, error terms, and gradients with error terms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from symbp.calculus import derivation as data
from symbp.calculus.affine import Affine, Guard
from symbp.calculus.derivation import DisplayEquation, Refusal
from symbp.calculus.expression import Cases, Expr, Number
from symbp.calculus.folding import author_body, fold_inline
from symbp.calculus.indices import normal_guard, replace_accesses
from symbp.calculus.model import Array, Definition, Role, adjoint_name
from symbp.cost.ordering import bound_apart, in_order, reads
from symbp.cost.outlines import outlined
from symbp.cost.program import Program

GIVEN = (Role.INPUT, Role.TARGET, Role.PARAM, Role.CONST, Role.INTEGER)


def printed(derivation: data.Derivation) -> Program:
    """The program of the printed equations; its outputs are the differentiated scalar, then the gradients in order.

    The lines of one name are one definition by cases. An error term stands under its own name, with its own sign; one
    that is a number is that number where it is read. The positions of maxima that a gradient reads stand beside the
    maxima.
    """
    lines: dict[str, Definition] = {}
    for d in (*_forward(derivation), *_errors(derivation), *_gradients(derivation)):
        lines.setdefault(d.target, d)
    arrays = {name: a for name, a in derivation.model.arrays.items() if a.role in GIVEN and name not in lines}
    for d in _selections(derivation, lines, arrays):
        lines[d.target] = d
    outputs = (derivation.of, *(adjoint_name(p) for p in derivation.gradients))
    definitions = in_order([bound_apart(d) for d in lines.values()])
    errors = {e.name for e in derivation.errors}.difference(outputs)
    return Program(_numbers_put_in(definitions, errors), outputs, arrays, derivation.model.sizes)


def _numbers_put_in(definitions: tuple[Definition, ...], errors: Collection[str]) -> tuple[Definition, ...]:
    """Without the error terms that are numbers: with ∂f/∂u = 1/2, 2 (∂f/∂u) v is v."""
    if not any(isinstance(d.body, Number) and d.target in errors for d in definitions):
        return definitions
    numbers: dict[str, Expr] = {}
    made = []
    for d in definitions:
        if not numbers.keys().isdisjoint(reads(d.body)):
            d = Definition(d.target, d.indices, replace_accesses(d.body, lambda a: numbers.get(a.name)))
        if d.target in errors and isinstance(d.body, Number):
            numbers[d.target] = d.body
        else:
            made.append(d)
    return tuple(made)


def _forward(derivation: data.Derivation) -> Iterator[Definition]:
    lines: dict[str, list[DisplayEquation]] = {}
    for line in derivation.forward:
        lines.setdefault(line.target.name, []).append(line)
    return (_one_definition(derivation, name, of_name) for name, of_name in lines.items())


def _one_definition(derivation: data.Derivation, name: str, lines: list[DisplayEquation]) -> Definition:
    """The lines l[0] = …, l[t] = … (t ≥ 1) as l[t] by cases, over the indices of its equation."""
    indices = derivation.model.by_target[name].indices
    branches = []
    for line in lines:
        at = [s for s in line.target.subscripts if isinstance(s, Affine)]
        places = [(i.name, s) for i, s in zip(indices, at, strict=True) if s.as_symbol != i.name]
        fixed = [normal_guard(Guard("eq", s - name)) for name, s in places]
        branches.append(((*fixed, *line.guards), line.body))
    return Definition(name, indices, _by_cases(branches))


def _errors(derivation: data.Derivation) -> Iterator[Definition]:
    return (Definition(e.name, e.indices, _by_cases(e.branches)) for e in derivation.errors)


def _gradients(derivation: data.Derivation) -> Iterator[Definition]:
    for gradient in derivation.gradients.values():
        body = gradient.forms["shared"]
        assert not isinstance(body, Refusal)
        yield Definition(adjoint_name(gradient.parameter), gradient.indices, body)


def _by_cases(branches: Iterable[tuple[tuple[Guard, ...], Expr]]) -> Expr:
    """The branches as one formula; a single one without conditions is its body."""
    made = tuple(branches)
    return made[0][1] if len(made) == 1 and not made[0][0] else Cases(made)


def _selections(
    derivation: data.Derivation, lines: dict[str, Definition], arrays: dict[str, Array]
) -> list[Definition]:
    """What is read and isn't printed as a line of its own, from the derivation's program."""
    found: dict[str, Definition] = {}
    waiting = list(lines.values())
    folding = None
    while waiting:
        outline, names = outlined(waiting.pop().body)
        everything = (*names, *outline.fixed) if outline.fixed else names
        missing = [name for name in everything if name not in lines and name not in arrays]
        for name in sorted(set(missing).difference(found)) if missing else ():
            equation = derivation.program.by_target[name]
            folding = folding or fold_inline(derivation.program)
            found[name] = Definition(name, equation.indices, author_body(equation, folding))
            waiting.append(found[name])
    return list(found.values())
