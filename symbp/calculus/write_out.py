"""Formulas of single elements at given sizes: every index a number, every sum over an index written out.

Through SymPy this is a second road to a gradient: all elements substituted into one scalar, differentiated by SymPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from symbp.calculus.affine import Affine, Guard, Lookup, Subscript
from symbp.calculus.expression import (
    ONE,
    ZERO,
    Access,
    Cases,
    Constant,
    Expr,
    Number,
    Partial,
    Position,
    Reduce,
    Select,
    accesses,
    add,
    apply,
    children,
    multiply,
    number,
)
from symbp.calculus.model import Model, definition_of
from symbp.calculus.operations import DEPTH_LIMIT, Size, size_of
from symbp.calculus.unroll import rebuilt
from symbp.errors import ModelError, Refused

if TYPE_CHECKING:
    import sympy as sp

    from symbp.calculus.to_sympy import Elements

Key = tuple[int, ...]
Element = tuple[str, Key]
Integers = Mapping[str, Mapping[Key, int]]
"""Values of integer inputs, by name and index tuple."""

NODES_LIMIT = 20_000
"""Nodes of one written-out formula, or of all elements of a model together, beyond which it is refused."""


def write_out(e: Expr, sizes: Mapping[str, int], env: Mapping[str, int], integers: Integers | None = None) -> Expr:
    """The formula at given sizes and free indices: reductions opened in lexicographic order, cases decided.

    A subscript or condition that reads an integer input keeps it unless `integers` has its value. Raises Refused beyond
    NODES_LIMIT nodes, and where a max or min ranges over nothing or under a condition that can't be decided.
    """
    return _Writing(integers or {}).of(e, {**sizes, **env})


class _Writing:
    """One formula in the making, and the nodes made so far."""

    def __init__(self, integers: Integers) -> None:
        self.integers = integers
        self.nodes = 0

    def of(self, e: Expr, at: Mapping[str, int]) -> Expr:
        self.nodes += 1
        if self.nodes > NODES_LIMIT:
            raise Refused(f"written out it has more than {NODES_LIMIT:,} parts")
        match e:
            case Number() | Constant():
                return e
            case Position(form):
                return number(form.evaluate(at))
            case Access():
                return self.element(e, at)
            case Partial(kind, of, wrt):
                return Partial(kind, self.element(of, at), self.element(wrt, at))
            case Cases(branches):
                return self.cases(branches, at)
            case Reduce():
                return self.reduction(e, at)
            case _:
                return rebuilt(e, [self.of(p, at) for p in children(e)])

    def element(self, access: Access, at: Mapping[str, int]) -> Access:
        return Access(access.name, tuple(self.subscript(s, at) for s in access.subscripts))

    def subscript(self, s: Subscript, at: Mapping[str, int]) -> Subscript:
        if isinstance(s, Affine):
            return Affine.of(s.evaluate(at))
        key = tuple(a.evaluate(at) for a in s.subscripts)
        known = self.integers.get(s.array)
        return Affine.of(known[key]) if known is not None else Lookup(s.array, tuple(map(Affine.of, key)))

    def guards(self, guards: tuple[Guard, ...], at: Mapping[str, int]) -> tuple[Guard, ...] | None:
        """The conditions that an unknown integer input leaves open; None where one doesn't hold."""
        left = []
        for g in guards:
            read = self.subscript(g.lookup, at) if g.lookup is not None else None
            if isinstance(read, Lookup):
                left.append(Guard(g.kind, Affine.of(g.form.evaluate(at)), g.modulus, read))
            elif not g.holds(at, read.constant if read is not None else None):
                return None
        return tuple(left)

    def cases(self, branches: tuple[tuple[tuple[Guard, ...], Expr], ...], at: Mapping[str, int]) -> Expr:
        kept = []
        for guards, body in branches:
            left = self.guards(guards, at)
            if left is not None:
                kept.append((left, self.of(body, at)))
                if not left:
                    break
        if not kept:
            return ZERO
        return Cases(tuple(kept)) if kept[0][0] else kept[0][1]

    def reduction(self, e: Reduce, at: Mapping[str, int]) -> Expr:
        parts = []
        for point in self.points(e, at):
            left = self.guards(e.guards, point)
            if left is not None:
                parts.append((left, self.of(e.body, point), point))
        match e.kind:
            case "sum":
                return add(Cases(((left, body),)) if left else body for left, body, _ in parts)
            case "prod":
                return multiply(Cases(((left, body), ((), ONE))) if left else body for left, body, _ in parts)
        if not parts:
            raise Refused(f"{e.kind} over no elements")
        if any(left for left, _, _ in parts):
            raise Refused(f"{e.kind} under a condition on an integer input whose value is not given")
        if e.kind in ("max", "min"):
            return _folded(e.kind, [body for _, body, _ in parts])
        name = e.binders[e.component].name
        return _first_extremal(e.kind, [body for _, body, _ in parts], [point[name] for _, _, point in parts])

    def points(self, e: Reduce, at: Mapping[str, int]) -> Iterator[Mapping[str, int]]:
        """Every tuple of the binders, in lexicographic order."""

        def inner(k: int, point: Mapping[str, int]) -> Iterator[Mapping[str, int]]:
            if k == len(e.binders):
                yield point
                return
            b = e.binders[k]
            for value in range(b.range.lower.evaluate(point), b.range.upper.evaluate(point) + 1):
                self.nodes += 1
                if self.nodes > NODES_LIMIT:
                    raise Refused(f"written out it has more than {NODES_LIMIT:,} parts")
                yield from inner(k + 1, {**point, b.name: value})

        return inner(0, at)


def _folded(kind: str, values: list[Expr]) -> Expr:
    """max(max(a, b), c): at a tie the first."""
    result = values[0]
    for value in values[1:]:
        result = apply(kind, result, value)
    return result


def _first_extremal(kind: str, values: list[Expr], positions: list[int]) -> Expr:
    """The position of the first extremal value, by comparing each with the best before it."""
    best, position = values[0], number(positions[0])
    result: Expr = position
    for value, k in zip(values[1:], positions[1:], strict=True):
        result = Select(">" if kind == "argmax" else "<", value, best, number(k), result)
        best = apply("max" if kind == "argmax" else "min", best, value)
    return result


def scalar_program(model: Model, sizes: Mapping[str, int], integers: Integers | None = None) -> dict[Element, Expr]:
    """Every element of every defined array as a formula of other elements; each stands after those that it reads.

    Integer inputs that subscript a defined array must have values. Raises Refused beyond NODES_LIMIT nodes together.
    """
    writing = _Writing(integers or {})
    made: dict[Element, Expr] = {}
    for equation in model.equations:
        definition = definition_of(equation)
        ranges = [range(i.range.lower.evaluate(sizes), i.range.upper.evaluate(sizes) + 1) for i in definition.indices]
        for key in product(*ranges):
            at = {**sizes, **{i.name: k for i, k in zip(definition.indices, key, strict=True)}}
            made[definition.target, key] = writing.of(definition.body, at)
    order = _ordered(made)
    return {element: made[element] for element in order}


def element_of(access: Access) -> Element:
    """The element that a written-out access reads. Raises ModelError where an integer input is in the way."""
    key = []
    for s in access.subscripts:
        if isinstance(s, Lookup):
            raise ModelError(f"`{s.array}` is read as a subscript: its values are needed")
        key.append(s.constant)
    return access.name, tuple(key)


def _ordered(made: Mapping[Element, Expr]) -> list[Element]:
    """The elements, each after those that it reads; without recursion."""
    done: dict[Element, None] = {}
    for start in made:
        stack = [start]
        while stack:
            element = stack[-1]
            if element in done:
                stack.pop()
                continue
            waiting = [r for r in _reads(made[element], made) if r not in done]
            if not waiting:
                done[element] = None
                stack.pop()
            stack.extend(reversed(waiting))
    return list(done)


def _reads(e: Expr, made: Mapping[Element, Expr]) -> list[Element]:
    found = (element_of(a) for a in dict.fromkeys(accesses(e)) if all(isinstance(s, Affine) for s in a.subscripts))
    return [r for r in found if r in made]


def sympy_gradient(
    model: Model, sizes: Mapping[str, int], of: str, parameter: str, element: Key, integers: Integers | None = None
) -> sp.Expr:
    """∂of/∂parameter[element] at given sizes: everything substituted into one scalar, and SymPy's own derivative of it.

    Elements are those of IndexedBases, as in `to_sympy`; `parameter` is an input. Raises Refused where the scalar is
    too large or too deep.
    """
    elements = sympy_elements(model, sizes, integers)
    return elements.shown(elements.value((of, ())).diff(elements.symbol_of((parameter, element))))


def sympy_elements(model: Model, sizes: Mapping[str, int], integers: Integers | None = None) -> Elements:
    """Every element of a model in terms of its inputs, in SymPy."""
    from symbp.calculus.to_sympy import Elements

    program = scalar_program(model, sizes, integers)
    _check_substituted(program)
    return Elements(model, program)


def _check_substituted(program: Mapping[Element, Expr]) -> None:
    """Refuses elements that are too large or deep once everything is substituted; counts without substituting."""
    names = {name for name, _ in program}
    sizes: dict[Element, Size] = {}

    def known(access: Access) -> Size:
        return sizes[element_of(access)] if access.name in names else Size()

    for element, e in program.items():
        size = size_of(e, known)
        if size.operations > NODES_LIMIT or size.depth > DEPTH_LIMIT:
            name = f"{element[0]}{list(element[1]) or ''}"
            raise Refused(f"`{name}` written out has {size.operations:,} operations in {size.depth} levels")
        sizes[element] = size
