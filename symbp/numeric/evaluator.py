"""Definitions made ready for given sizes and one arithmetic; `run.Run` evaluates them at a point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from symbp.calculus.affine import Affine, Index
from symbp.calculus.expression import Expr
from symbp.calculus.indices import canonical, substitute
from symbp.calculus.model import Definition, Model, definition_of
from symbp.numeric.arithmetic import FLOAT, Arithmetic, Value
from symbp.numeric.closures import DEEPEST, Compiler, height, index_symbols
from symbp.numeric.elements import box, names_read, reachable
from symbp.numeric.instances import Instance
from symbp.numeric.loops import HOISTED, Closure, Env, IntegerClosure, Key, Reader, Scope
from symbp.numeric.run import Differentiate, Elements, Run
from symbp.numeric.work import COMPILING, Meter, straight, weight


@dataclass(frozen=True)
class Origin:
    """Where a definition comes from, for messages."""

    owner: str | None = None
    inline: bool = False
    line: int | None = None


@dataclass
class Compiled:
    """A definition ready to be evaluated: its closure, how deep that goes, and what messages say of it."""

    body: Closure
    frames: int
    origin: Origin
    letters: tuple[str, ...]
    bounds: tuple[tuple[IntegerClosure, IntegerClosure], ...] = ()


class Evaluator:
    """Definitions made ready for given sizes and one arithmetic."""

    def __init__(
        self,
        definitions: Iterable[Definition],
        sizes: Mapping[str, int],
        arithmetic: Arithmetic = FLOAT,
        *,
        instances: Mapping[str, Instance] | None = None,
        origins: Mapping[str, Origin] | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.definitions = {d.target: d for d in definitions}
        self.sizes = dict(sizes)
        self.arithmetic = arithmetic
        self.origins = dict(origins or {})
        self._meter = meter or Meter()
        self._weight = weight(arithmetic)
        self._compiler = Compiler(self.sizes, arithmetic, dict(instances or {}), self._hoist, self._meter.charge)
        self._compiled: dict[str, Compiled] = {}
        self._hoisted: dict[str, tuple[Expr, Scope, str]] = {}
        self._parts: dict[tuple[Expr, str], str] = {}
        self._compiling = ""

    @staticmethod
    def of_model(
        model: Model,
        sizes: Mapping[str, int],
        arithmetic: Arithmetic = FLOAT,
        *,
        instances: Mapping[str, Instance] | None = None,
        extra: Iterable[Definition] = (),
        meter: Meter | None = None,
    ) -> Evaluator:
        """A model's equations, and further definitions that read them. `meter` counts all work, and may stop it."""
        definitions = [*(definition_of(e) for e in model.equations), *extra]
        origins = {e.target: Origin(e.owner, e.inline, e.line) for e in model.equations}
        return Evaluator(definitions, sizes, arithmetic, instances=instances, origins=origins, meter=meter)

    def defines(self, name: str) -> bool:
        return name in self.definitions or name in self._hoisted

    def points(self, indices: tuple[Index, ...]) -> list[Key]:
        """Every tuple of the indices' ranges, in lexicographic order; a range may read the indices before it."""
        return box(tuple(i.range for i in indices), self.sizes, tuple(i.name for i in indices))

    def prepare(self, e: Expr, indices: tuple[str, ...]) -> Closure:
        """A formula over the named indices made ready for `Run.closure`."""
        return self._body("a formula", e, {name: slot for slot, name in enumerate(indices)})

    def compiled(self, name: str) -> Compiled:
        """The closure of a definition, made when first wanted."""
        found = self._compiled.get(name)
        if found is None:
            found = self._compiled[name] = self._compile(name)
        return found

    @cached_property
    def reads(self) -> dict[str, frozenset[str]]:
        """The names that each definition's value depends on, through every path, itself included."""
        direct = {name: names_read(d.body) for name, d in self.definitions.items()}
        return {name: reachable(name, direct) for name in direct}

    def run(
        self,
        values: Elements,
        probes: Elements | None = None,
        differentiate: Differentiate | None = None,
        *,
        track: bool = False,
    ) -> Run:
        """Values at a point; `probes` adds to elements of defined names as they are worked out.

        A run that tracks what reads what can be asked for `shifted` ones.
        """
        return Run(self, values, probes or {}, differentiate, track)

    def _compile(self, name: str) -> Compiled:
        if name in self._hoisted:
            body, scope, owner = self._hoisted[name]
            origin = self._origin(owner)
            origin = Origin(origin.owner or owner, True, origin.line)
            letters = tuple(s.partition("#")[0] for s in scope)
            return Compiled(self._body(owner, body, scope), _frames(body), origin, letters)
        definition = self.definitions[name]
        scope = {}
        bounds = []
        for slot, index in enumerate(definition.indices):
            lower, upper = index.range.lower, index.range.upper
            bounds.append((self._compiler.affine(lower, scope), self._compiler.affine(upper, scope)))
            scope[index.name] = slot
        letters = tuple(index.letter for index in definition.indices)
        closure = self._body(name, definition.body, scope)
        return Compiled(closure, _frames(definition.body), self._origin(name), letters, tuple(bounds))

    def _origin(self, name: str) -> Origin:
        return self.origins.get(name, Origin())

    def _body(self, owner: str, body: Expr, scope: Scope) -> Closure:
        self._compiling = owner
        closure = self._compiler.expression(body, scope)
        nodes, charge = straight(body), self._meter.charge
        work = nodes * self._weight
        charge(COMPILING * nodes)

        def charged(env: Env, read: Reader) -> Value:
            charge(work)
            return closure(env, read)

        return charged

    def _hoist(self, e: Expr, scope: Scope) -> Closure:
        """A part of a formula as a definition of its own, over the indices that it uses; equal parts are one."""
        used = index_symbols(e)
        own = {symbol: slot for symbol, slot in scope.items() if symbol in used}
        name = f"{HOISTED}{len(self._hoisted)}"
        if height(e, DEEPEST) < DEEPEST:
            places = {symbol: Affine.of(f"{HOISTED}{place}") for place, symbol in enumerate(own)}
            name = self._parts.setdefault((canonical(substitute(e, places)), self._compiling), name)
        if name not in self._hoisted:
            self._hoisted[name] = (e, {symbol: place for place, symbol in enumerate(own)}, self._compiling)
        slots = tuple(own.values())
        return lambda env, read: read.value(name, tuple([env[slot] for slot in slots]))


def _frames(body: Expr) -> int:
    """A bound on the closures that are active at once in a body's evaluation."""
    return 3 + 2 * min(height(body, DEEPEST), DEEPEST)
