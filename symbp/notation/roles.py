"""What each name of a model is in a network, found from the equations, or stated by the file with `role`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Apply, Expr, Power, Select, accesses, split_coefficient, walk
from symbp.calculus.model import Model, Role
from symbp.calculus.network import Network, Weighting

Place = Literal["hidden", "output", "deep"]
"""A layer among others, the last one, or any of as many as a layer index counts."""

FRONT = ("input", "target", "loss", "residual")
"""Roles that have no layer of their own."""


@dataclass(frozen=True)
class Part:
    """A name's role in a network. `layer` counts weighted sums from the inputs; None where an axis does, or none is.

    The axes of the array: `depth` is the layer index of a network of symbolic depth, `to` and `source` are the unit
    that a weight leads to and the one that it comes from, `other` are all the rest (units, time, …).
    """

    name: str
    role: str
    layer: int | None = None
    place: Place = "hidden"
    depth: int | None = None
    to: tuple[int, ...] = ()
    source: tuple[int, ...] = ()
    other: tuple[int, ...] = ()
    linear: bool = False
    """Whether it is a weighted sum itself, with no activation after it."""


@dataclass(frozen=True)
class Letter:
    """What an index letter counts: units of a layer (0: the inputs), layers, or time."""

    counts: Literal["units", "layers", "time"]
    layer: int | None = None
    place: Literal["input", "hidden", "output"] = "hidden"


@dataclass(frozen=True)
class Roles:
    """The roles of a model's names and letters; what isn't in it has none."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    letters: Mapping[str, Letter] = field(default_factory=dict)
    nets: tuple[str, ...] = ()
    """What enters each layer's units, whose error terms a notation names: pre-activations, or units without one."""
    functions: tuple[str, ...] = ()
    """The generic functions that are activations."""
    mixed: frozenset[int | None] = frozenset()
    """Layers in which some name has no role (None: those that a layer index counts)."""

    def without_layers(self, layers: frozenset[int | None]) -> Roles:
        """The same without what belongs to some layers: their names keep the author's letters together."""
        parts = {n: p for n, p in self.parts.items() if p.role in FRONT or p.layer not in layers}
        functions = self.functions if any(p.role not in FRONT for p in parts.values()) else ()
        return replace(self, parts=parts, nets=tuple(n for n in self.nets if n in parts), functions=functions)


def infer_roles(model: Model) -> Roles:
    """The roles in a model, from its structure alone; those that the file states go before."""
    return _Finder(Network(model)).roles()


class _Finder:
    """One model's roles, found in an order in which each needs earlier ones only."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.model = network.model
        self.found: dict[str, str] = {}
        self.pre: dict[str, str] = {}
        self.of_shift: dict[str, str] = {}
        self.last = max((network.layers.get(n, 0) for n in network.weighted), default=0)

    def roles(self) -> Roles:
        self._params()
        self._units()
        self._ends()
        self.found.update(self.model.roles)
        parts = {name: self._part(name, role) for name, role in self.found.items()}
        return Roles(parts, self._letters(), self._nets(), self._functions(), self._mixed())

    def _mixed(self) -> frozenset[int | None]:
        """The layers of the author's names between inputs and loss for which no role is found."""
        named = (n for n in self.network.cases if self.model.by_target[n].owner is None and self._layer(n) > 0)
        roleless = (n for n in named if n not in self.found and not self._reads_target(n))
        return frozenset(None if n in self.network.depth_axes else self._layer(n) for n in roleless)

    def _params(self) -> None:
        """Weights multiply a unit's value, biases are added, thresholds subtracted."""
        for weighting in self.network.weightings:
            self.found[weighting.weight.name] = self._kind_of_weight(weighting)
        for shift in self.network.shifts:
            name = shift.parameter.name
            self.of_shift.setdefault(name, shift.target)
            self.found.setdefault(name, "bias" if shift.sign > 0 else "threshold")

    def _kind_of_weight(self, weighting: Weighting) -> str:
        """Into a unit that weights other values too: from the unit's own past, or from outside."""
        unit = weighting.target.name
        loop = self.network.loops.get(unit, ())
        others = [w for w in self.network.weightings if w.target.name == unit]
        from_past = {w.weight.name: any(v.name in loop for v in w.values) for w in others}
        if len(set(from_past.values())) == 1 or weighting.weight.name in self.network.depth_axes:
            return "weight"
        return "recurrent-weight" if from_past[weighting.weight.name] else "input-weight"

    def _units(self) -> None:
        """The argument of an activation is a pre-activation; a weighted sum that is weighted again is a unit."""
        valued = {a.name for w in self.network.weightings for a in w.values}
        for name in self.network.cases:
            net = self._net_of(name)
            if net is not None:
                self.pre[name] = net
                self.found[net] = "pre-activation"
                self.found[name] = "activation"
            elif name in valued and any(w.target.name == name for w in self.network.weightings):
                self.found.setdefault(name, "activation")

    def _net_of(self, name: str) -> str | None:
        """The one weighted sum that a nonlinear function of one quantity is taken of."""
        bodies = [e.body for e in self.network.cases[name]]
        if name == self.model.loss or self.model.by_target[name].owner is not None or self._reads_target(name):
            return None
        defined = self.network.before[name]
        if name in self.network.weighted or len(defined) != 1 or not self._is_net(defined[0]):
            return None
        if self.model.arrays[name].rank != self.model.arrays[defined[0]].rank:
            return None
        nested = any(_is_nonlinear(b) for b in bodies) or self._through_parts(name)
        return defined[0] if nested else None

    def _is_net(self, name: str) -> bool:
        return name in self.network.weighted or self.model.roles.get(name) == "pre-activation"

    def _through_parts(self, name: str) -> bool:
        """Whether a name reads generated parts of its own formula, as a softmax its sum of exponentials."""
        return any(self.model.by_target[a.name].owner == name for e in self.network.cases[name]
                   for a in accesses(e.body) if a.name in self.network.cases)

    def _ends(self) -> None:
        """Inputs, targets, what the loss compares with a target, their difference, and the loss."""
        for name, array in self.model.arrays.items():
            if array.role is Role.TARGET:
                self.found[name] = "target"
            elif array.role is Role.INPUT and name in self._entries():
                self.found[name] = "input"
        for name in self.network.cases:
            if self._reads_target(name):
                self._compared(name)
        if self.model.loss is not None and ("target" in self.found.values() or "weight" in self.found.values()):
            self.found[self.model.loss] = "loss"

    def _compared(self, name: str) -> None:
        """The units that a formula reads with a target are outputs; their difference is a residual."""
        units = [s for s in self.network.before[name] if self._is_unit(s)]
        for unit in units:
            if unit not in self.network.depth_axes:
                self.found[unit] = "output"
        body = self.network.cases[name][0].body
        if name != self.model.loss and len(units) == 1 and _is_difference(body):
            self.found[name] = "residual"

    def _is_unit(self, name: str) -> bool:
        return self.found.get(name) == "activation" or (
            name in self.network.weighted and self.found.get(name) != "pre-activation"
        )

    def _reads_target(self, name: str) -> bool:
        return any(self.network.role(s) is Role.TARGET for s in self.network.sources[name])

    def _entries(self) -> frozenset[str]:
        """The inputs that are weighted, as they are or as the first entries of a unit."""
        weighed = {a.name for w in self.network.weightings for a in w.values}
        equations = (e for e in self.network.equations if e.target.name in weighed)
        copies = {e.body.name for e in equations if isinstance(e.body, Access)}
        return frozenset(weighed | copies)

    def _nets(self) -> tuple[str, ...]:
        own = {name for name, net in self.pre.items() if net in self.found}
        return tuple(
            n for n in self.network.cases
            if self.found.get(n) == "pre-activation"
            or (n in self.network.weighted and self.found.get(n) in ("activation", "output") and n not in own)
        )

    def _functions(self) -> tuple[str, ...]:
        """Generic functions of one argument in the formulas of activations."""
        used = {n.function for name, role in self.found.items() if role in ("activation", "output")
                for e in self.network.cases.get(name, ()) for n in walk(e.body) if isinstance(n, Apply)}
        return tuple(f for f, arity in self.model.functions.items() if arity == 1 and f in used)

    def _layer(self, name: str) -> int:
        return self.network.layers.get(name, 0)

    def _part(self, name: str, role: str) -> Part:
        rank = self.model.arrays[name].rank
        plain = Part(name, role, other=tuple(range(rank)))
        if role in FRONT:
            return plain
        owner = self._owner(name)
        layer = self._layer(owner) if owner is not None else 0
        depth = self.network.depth_axes.get(name)
        place: Place = "deep" if depth is not None else "output" if layer == self.last else "hidden"
        rest = tuple(axis for axis in range(rank) if axis != depth)
        part = replace(plain, layer=layer if depth is None else None, place=place, depth=depth, other=rest)
        part = replace(part, linear=name in self.network.weighted)
        weighting = next((w for w in self.network.weightings if w.weight.name == name), None)
        return part if weighting is None else _weight_axes(part, weighting)

    def _owner(self, name: str) -> str | None:
        """The name whose layer a part belongs to: itself, or what a parameter enters."""
        if name in self.network.cases:
            return name
        for weighting in self.network.weightings:
            if weighting.weight.name == name:
                return weighting.target.name
        reader = (e.target.name for e in self.network.equations if any(a.name == name for a in accesses(e.body)))
        return self.of_shift.get(name) or next(reader, None)

    def _letters(self) -> dict[str, Letter]:
        found: dict[str, Letter] = {}
        for letter in self.network.depth_letters:
            found[letter] = Letter("layers")
        for letter in self.network.time_letters:
            found[letter] = Letter("time")
        pairs = [(w, self._unit_letters(w, found)) for w in self.network.weightings]
        for w, (to, _) in pairs:
            if to is not None:
                found.setdefault(to, self._units_of(self._layer(w.target.name), w.target.name))
        for w, (_, source) in pairs:
            if source is not None:
                value = w.values[0].name
                found.setdefault(source, self._units_of(self._layer(value), value))
        return {letter: what for letter, what in found.items() if letter in self.model.index_ranges}

    def _units_of(self, layer: int, name: str) -> Letter:
        if layer == 0 and name not in self.network.loops:
            return Letter("units", 0, "input")
        is_last = layer == self.last and name not in self.network.depth_axes
        return Letter("units", layer, "output" if is_last else "hidden")

    def _unit_letters(self, w: Weighting, others: Mapping[str, Letter]) -> tuple[str | None, str | None]:
        """The letters of the unit that a weight leads to and of the one that it comes from, where there is one each."""
        symbols = [s.as_symbol.partition("#")[0] for s in w.weight.subscripts if isinstance(s, Affine) and s.as_symbol]
        bound = {b.partition("#")[0] for b in w.binders}
        source = [s for s in symbols if s in bound]
        to = [s for s in symbols if s not in bound and s not in others]
        return to[0] if len(to) == 1 else None, source[0] if len(source) == 1 else None


def _weight_axes(part: Part, w: Weighting) -> Part:
    """The axes of a weight: those under the sum come from a unit, the others lead to one."""
    source = tuple(
        axis for axis, s in enumerate(w.weight.subscripts)
        if axis != part.depth and any(b in s.symbols for b in w.binders)
    )
    return replace(part, to=tuple(a for a in part.other if a not in source), source=source, other=())


def _is_nonlinear(e: Expr) -> bool:
    return any(isinstance(n, Apply | Power | Select) for n in walk(e))


def _is_difference(e: Expr) -> bool:
    """a − b of two entries."""
    terms: Iterator[tuple[int, bool]] = (
        (int(c), len(f) == 1 and isinstance(f[0], Access))
        for c, f in (split_coefficient(t) for t in getattr(e, "terms", ()))
    )
    return sorted(terms) == [(-1, True), (1, True)]
