"""A model seen as a network: what is weighted by what, what runs in circles, and in which layer each name is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Access, Add, Expr, Mul, Reduce, accesses, children, split_coefficient
from symbp.calculus.folding import display_equations, fold_inline
from symbp.calculus.graph import components
from symbp.calculus.model import Model, Role


@dataclass(frozen=True)
class Weighting:
    """One `w[j,k] * x[k]`, under the sums over `binders`, in an equation of `target`.

    `adds` where nothing is done to it there but adding.
    """

    target: Access
    weight: Access
    values: tuple[Access, ...]
    binders: tuple[str, ...]
    adds: bool


@dataclass(frozen=True)
class Shift:
    """A parameter that is added (sign 1) or subtracted (−1) where a weighted sum or an activation's argument stands."""

    target: str
    parameter: Access
    sign: int


@dataclass(frozen=True)
class Network:
    """The equations of a model as the author wrote them, and what they say of each name's part in a network."""

    model: Model

    @cached_property
    def equations(self) -> tuple[DisplayEquation, ...]:
        return display_equations(self.model, fold_inline(self.model))

    @cached_property
    def cases(self) -> Mapping[str, tuple[DisplayEquation, ...]]:
        """Each defined name's equations."""
        found: dict[str, tuple[DisplayEquation, ...]] = {}
        for equation in self.equations:
            found[equation.target.name] = (*found.get(equation.target.name, ()), equation)
        return found

    @cached_property
    def weightings(self) -> tuple[Weighting, ...]:
        return tuple(w for e in self.equations for w in self._weightings(e))

    @cached_property
    def weights(self) -> Mapping[str, frozenset[str]]:
        """The weights in the formula of each name."""
        found: dict[str, frozenset[str]] = {}
        for w in self.weightings:
            found[w.target.name] = found.get(w.target.name, frozenset()) | {w.weight.name}
        return found

    @cached_property
    def shifts(self) -> tuple[Shift, ...]:
        """Parameters beside a weighted sum, or beside what was one, in a formula's sum."""
        return tuple(s for e in self.equations for s in self._shifts(e))

    @cached_property
    def weighted(self) -> frozenset[str]:
        """The names that are weighted sums."""
        return frozenset(w.target.name for w in self.weightings if w.adds)

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """What each defined name reads, itself and the generated parts of its own formula looked through."""
        return {name: tuple(dict.fromkeys(self._sources(name))) for name in self.cases}

    @cached_property
    def before(self) -> Mapping[str, tuple[str, ...]]:
        """The defined names among the sources."""
        return {name: tuple(s for s in sources if s in self.cases) for name, sources in self.sources.items()}

    @cached_property
    def loops(self) -> Mapping[str, tuple[str, ...]]:
        """The names that each name runs through in circles (itself among them), of those in a recurrence."""
        names = tuple(self.cases)
        found: dict[str, tuple[str, ...]] = {}
        for component in components(names, self.before):
            if len(component) > 1 or self._reads_itself(component[0]):
                found.update(dict.fromkeys(component, component))
        return found

    @cached_property
    def layers(self) -> Mapping[str, int]:
        """How many weighted sums, at most, lie on a way from an input to each name; one that reads none has 0."""
        found = dict.fromkeys(self.model.arrays, 0)
        weighting = {w.target.name for w in self.weightings}
        for component in components(tuple(self.cases), self.before):
            before = (found.get(s, 0) for n in component for s in self.sources[n] if s not in component)
            here = max(before, default=0) + any(n in weighting for n in component)
            found.update(dict.fromkeys(component, here))
        return found

    @cached_property
    def steps(self) -> Mapping[str, int]:
        """The axis of each name in a loop along which it reads earlier entries of the loop."""
        found: dict[str, int] = {}
        for equation in self.equations:
            loop = self.loops.get(equation.target.name, ())
            for access in accesses(equation.body):
                if access.name in loop:
                    for axis in _stepped(equation.target, access):
                        found.setdefault(access.name, axis)
                        found.setdefault(equation.target.name, axis)
        for name, loop in self.loops.items():
            axes = [found[n] for n in loop if n in found]
            if axes and all(len(self.model.arrays[n].axes) > axes[0] for n in loop):
                found.setdefault(name, axes[0])
        return found

    @cached_property
    def depth_letters(self) -> tuple[str, ...]:
        """The letters of the loops that count layers: each turn has weights of its own."""
        return tuple(dict.fromkeys(
            letter for w in self.weightings if (letter := self._step_letter(w.target)) and _at(w.weight, letter)
        ))

    @cached_property
    def depth_axes(self) -> Mapping[str, int]:
        """The axis of each name at which a layer index stands, wherever it is read or defined."""
        found: dict[str, int] = {}
        letters = frozenset(self.depth_letters)
        for equation in self.equations if letters else ():
            for access in (equation.target, *accesses(equation.body)):
                for axis, s in enumerate(access.subscripts):
                    if isinstance(s, Affine) and letters.intersection(s.symbols):
                        found.setdefault(access.name, axis)
        return found

    @cached_property
    def time_letters(self) -> tuple[str, ...]:
        """The letters of the other loops: each turn has the same weights."""
        stepped = (self._step_letter(e.target) for e in self.equations if e.target.name in self.loops)
        return tuple(dict.fromkeys(s for s in stepped if s and s not in self.depth_letters))

    def role(self, name: str) -> Role | None:
        """What a name is to its author; None for what no array is."""
        array = self.model.arrays.get(name)
        return array.role if array is not None else None

    def _step_letter(self, target: Access) -> str | None:
        axis = self.steps.get(target.name)
        return _letter(target, axis) if axis is not None else None

    def _is_weight(self, access: Access) -> bool:
        stated = self.model.roles.get(access.name)
        return stated == "weight" or (stated is None and self.role(access.name) is Role.PARAM)

    def _is_value(self, access: Access) -> bool:
        return self.role(access.name) in (Role.INPUT, Role.DEFINED)

    def _weightings(self, equation: DisplayEquation) -> Iterator[Weighting]:
        """Products of a parameter and a unit's value, under a sum or between single numbers."""
        stack: list[tuple[Expr, tuple[str, ...], bool]] = [(equation.body, (), True)]
        while stack:
            node, binders, adds = stack.pop()
            if isinstance(node, Mul):
                yield from self._product(equation.target, node, binders, adds)
            if isinstance(node, Reduce):
                binders, adds = (*binders, *(b.name for b in node.binders)), adds and node.kind == "sum"
            adds = adds and isinstance(node, Add | Mul | Reduce)
            stack.extend((child, binders, adds) for child in reversed(children(node)))

    def _product(self, target: Access, node: Mul, binders: tuple[str, ...], adds: bool) -> Iterator[Weighting]:
        plain = [f for f in node.factors if isinstance(f, Access)]
        values = tuple(a for f in node.factors for a in accesses(f) if self._is_value(a))
        for weight in (f for f in plain if self._is_weight(f)):
            inside = any(s for b in binders for s in weight.subscripts if isinstance(s, Affine) and b in s.symbols)
            single = not weight.subscripts and not target.subscripts
            if values and (inside or single):
                yield Weighting(target, weight, values, binders, adds)

    def _shifts(self, equation: DisplayEquation) -> Iterator[Shift]:
        weighs = equation.target.name in self.weighted
        stack: list[tuple[Expr, bool]] = [(equation.body, weighs)]
        while stack:
            node, top = stack.pop()
            if isinstance(node, Add) and (top or self._has_net(equation.target.name, node)):
                yield from self._added(equation.target.name, node)
            stack.extend((child, False) for child in reversed(children(node)))

    def _has_net(self, target: str, node: Add) -> bool:
        """Whether a sum within a formula has a weighted sum, by its name or written out, among its terms."""
        weights = self.weights.get(target, frozenset())
        return any(a.name in self.weighted if t is a else a.name in weights for t in node.terms for a in accesses(t))

    def _added(self, target: str, node: Add) -> Iterator[Shift]:
        for term in node.terms:
            coefficient, factors = split_coefficient(term)
            if abs(coefficient) != 1 or len(factors) != 1:
                continue
            factor = factors[0]
            if isinstance(factor, Access) and self.role(factor.name) is Role.PARAM:
                yield Shift(target, factor, int(coefficient))

    def _sources(self, name: str) -> Iterator[str]:
        waiting, seen = [name], {name}
        while waiting:
            reads = (a.name for e in self.cases[waiting.pop()] for a in accesses(e.body))
            for read in reads:
                if read not in seen:
                    seen.add(read)
                    if self._is_part(read, name):
                        waiting.append(read)
                    else:
                        yield read

    def _is_part(self, name: str, owner: str) -> bool:
        """Whether a name was generated for a part of its owner's formula, and is no weighted sum."""
        return name in self.cases and self.model.by_target[name].owner == owner and name not in self.weighted

    def _reads_itself(self, name: str) -> bool:
        return any(a.name == name for e in self.cases[name] for a in accesses(e.body))


def _stepped(target: Access, read: Access) -> Iterator[int]:
    """The axes along which `read` stands a constant distance from `target`."""
    for axis, (own, other) in enumerate(zip(target.subscripts, read.subscripts, strict=False)):
        if isinstance(own, Affine) and isinstance(other, Affine) and own.as_symbol:
            distance = other - own
            if distance.is_constant and distance.constant:
                yield axis


def _letter(access: Access, axis: int) -> str | None:
    subscript = access.subscripts[axis] if axis < len(access.subscripts) else None
    return subscript.as_symbol if isinstance(subscript, Affine) else None


def _at(access: Access, letter: str) -> bool:
    return any(isinstance(s, Affine) and s.as_symbol == letter for s in access.subscripts)
