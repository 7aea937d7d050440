"""Numbers for a model, element by element and on demand, in any arithmetic.

`Evaluator` holds compiled definitions for given sizes; `Run` gives their values at one point. An element is worked out
when something reads it, once. Elements wait for each other on an explicit stack, so a recurrence may be of any length.
`symbp.numeric.arrays` works the same values out in double precision, whole arrays at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from symbp.calculus.affine import Index
from symbp.calculus.expression import Expr, PartialKind
from symbp.calculus.model import Definition, Model, definition_of
from symbp.errors import DomainError, ModelError
from symbp.numeric.arithmetic import EXACT, FLOAT, Arithmetic, Undefined, Value, multiprecision
from symbp.numeric.closures import DEEPEST, Compiler, height
from symbp.numeric.elements import box, names_read, reachable, spell
from symbp.numeric.instances import Instance
from symbp.numeric.loops import Closure, Element, Env, IntegerClosure, Key, Scope

Elements = Mapping[str, Mapping[Key, Any]]
"""Numbers by name and by index tuple; a scalar's tuple is ()."""

Differentiate = Callable[["Run", PartialKind, Element, Element], Value]
"""How a run answers a typed partial derivative."""

FRAMES = 400
"""Closures that may be active at once; where more are needed, elements wait on a stack of our own."""

HOISTED = "#"
"""What the names of cut-off lower parts of deep trees begin with; no model's name does."""


@dataclass(frozen=True)
class Origin:
    """Where a definition comes from, for messages."""

    owner: str | None = None
    inline: bool = False
    line: int | None = None


@dataclass
class _Compiled:
    body: Closure
    frames: int
    origin: Origin
    letters: tuple[str, ...]
    bounds: tuple[tuple[IntegerClosure, IntegerClosure], ...] = ()


class _Deep(Exception):
    """An element that is too far down: it is to be worked out first."""

    def __init__(self, element: Element) -> None:
        self.element = element


class _Busy:
    """Marks an element that is being worked out."""


_BUSY = _Busy()


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
    ) -> None:
        self.definitions = {d.target: d for d in definitions}
        self.sizes = dict(sizes)
        self.arithmetic = arithmetic
        self.origins = dict(origins or {})
        self._compiler = Compiler(self.sizes, arithmetic, dict(instances or {}), self._hoist)
        self._compiled: dict[str, _Compiled] = {}
        self._hoisted: dict[str, tuple[Expr, Scope, str]] = {}
        self._compiling = ""

    @staticmethod
    def of_model(
        model: Model,
        sizes: Mapping[str, int],
        arithmetic: Arithmetic = FLOAT,
        *,
        instances: Mapping[str, Instance] | None = None,
        extra: Iterable[Definition] = (),
    ) -> Evaluator:
        """A model's equations, and further definitions that read them."""
        definitions = [*(definition_of(e) for e in model.equations), *extra]
        origins = {e.target: Origin(e.owner, e.inline, e.line) for e in model.equations}
        return Evaluator(definitions, sizes, arithmetic, instances=instances, origins=origins)

    def defines(self, name: str) -> bool:
        return name in self.definitions or name in self._hoisted

    def points(self, indices: tuple[Index, ...]) -> list[Key]:
        """Every tuple of the indices' ranges, in lexicographic order; a range may read the indices before it."""
        return box(tuple(i.range for i in indices), self.sizes, tuple(i.name for i in indices))

    def prepare(self, e: Expr, indices: tuple[str, ...]) -> Closure:
        """A formula over the named indices made ready for `Run.closure`."""
        return self._body("a formula", e, {name: slot for slot, name in enumerate(indices)})

    def compiled(self, name: str) -> _Compiled:
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

    def run(self, values: Elements, probes: Elements | None = None, differentiate: Differentiate | None = None) -> Run:
        """Values at a point; `probes` adds to elements of defined names as they are worked out."""
        return Run(self, values, probes or {}, differentiate)

    def _compile(self, name: str) -> _Compiled:
        if name in self._hoisted:
            body, scope, owner = self._hoisted[name]
            origin = self._origin(owner)
            origin = Origin(origin.owner or owner, True, origin.line)
            letters = tuple(s.partition("#")[0] for s in scope)
            return _Compiled(self._body(owner, body, scope), _frames(body), origin, letters)
        definition = self.definitions[name]
        scope = {}
        bounds = []
        for slot, index in enumerate(definition.indices):
            lower, upper = index.range.lower, index.range.upper
            bounds.append((self._compiler.affine(lower, scope), self._compiler.affine(upper, scope)))
            scope[index.name] = slot
        letters = tuple(index.letter for index in definition.indices)
        closure = self._body(name, definition.body, scope)
        return _Compiled(closure, _frames(definition.body), self._origin(name), letters, tuple(bounds))

    def _origin(self, name: str) -> Origin:
        return self.origins.get(name, Origin())

    def _body(self, owner: str, body: Expr, scope: Scope) -> Closure:
        self._compiling = owner
        return self._compiler.expression(body, scope)

    def _hoist(self, e: Expr, scope: Scope) -> Closure:
        name = f"{HOISTED}{len(self._hoisted)}"
        self._hoisted[name] = (e, scope, self._compiling)
        slots = len(scope)
        return lambda env, read: read.value(name, tuple(env[:slots]))


class Run:
    """The values of an evaluator's definitions at one point, worked out on demand and kept."""

    def __init__(
        self,
        evaluator: Evaluator,
        values: Elements,
        probes: Elements,
        differentiate: Differentiate | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.arithmetic = evaluator.arithmetic
        self.values = values
        self.probes = probes
        self.differentiate = differentiate
        self._memo: dict[str, dict[Key, Any]] = {}
        self._numbers: dict[str, dict[Key, Value]] = {}
        self._frames = 0

    def value(self, name: str, key: Key = ()) -> Value:
        """The element as a number. DomainError where it has none; ModelError out of range or without a definition."""
        known = self._numbers.get(name)
        if known is None:
            known = self._numbers[name] = {}
        elif key in known:
            return known[key]
        value = known[key] = self._number(self._element(name, key))
        return value

    def integer(self, name: str, key: Key = ()) -> int:
        """The element of an integer input or of an argmax."""
        raw = self._element(name, key)
        if isinstance(raw, int):
            return raw
        if raw != int(raw):
            raise DomainError(f"{spell(name, key)} is {raw}, and stands in a subscript: an integer is needed")
        return int(raw)

    def partial(self, kind: PartialKind, of: Element, wrt: Element) -> Value:
        if self.differentiate is None:
            raise ModelError(f"∂{spell(*of)}/∂{spell(*wrt)} has a value in a verification only")
        return self.differentiate(self, kind, of, wrt)

    def table(self, name: str) -> dict[Key, Value]:
        """Every element of a defined name."""
        definition = self.evaluator.definitions[name]
        return {key: self.value(name, key) for key in self.evaluator.points(definition.indices)}

    def expression(self, e: Expr, indices: Mapping[str, int] | None = None) -> Value:
        """The value of a formula at given indices, its reads answered by this run."""
        indices = indices or {}
        return self.closure(self.evaluator.prepare(e, tuple(indices)), tuple(indices.values()))

    def closure(self, closure: Closure, key: Key) -> Value:
        """The value of a compiled formula whose first slots are `key`."""
        while True:
            try:
                self._frames = 0
                return closure(list(key), self)
            except _Deep as deep:
                self._settle(deep.element)
            except Undefined as undefined:
                raise DomainError(f"{undefined} in a formula") from None

    def fork(self, values: Elements | None = None, probes: Elements | None = None, *, changed: str) -> Run:
        """A run in which only `changed` has other values or a probe; what doesn't depend on it is kept."""
        reads = self.evaluator.reads

        def stays(name: str) -> bool:
            return changed not in reads[name] if name in reads else name != changed and not name.startswith(HOISTED)

        other = Run(
            self.evaluator,
            self.values if values is None else values,
            self.probes if probes is None else probes,
            self.differentiate,
        )
        other._memo = {name: memo for name, memo in self._memo.items() if stays(name)}
        other._numbers = {name: numbers for name, numbers in self._numbers.items() if stays(name)}
        return other

    def _number(self, raw: Any) -> Value:
        if isinstance(raw, int) or type(raw) is Fraction:
            return self.arithmetic.number(raw)
        if isinstance(raw, float) and self.arithmetic is not FLOAT:
            return self.arithmetic.number(Fraction(raw))
        return raw

    def _element(self, name: str, key: Key) -> Any:
        known = self._memo.get(name)
        if known is not None and key in known:
            found = known[key]
            if found is _BUSY:
                raise ModelError(f"{spell(name, key)} depends on itself")
            return found
        given = self.values.get(name)
        if given is not None and not self.evaluator.defines(name):
            try:
                return given[key]
            except KeyError:
                raise ModelError(f"{spell(name, key)} is read, and has no value: out of range") from None
        if not self.evaluator.defines(name):
            raise ModelError(f"`{name}` has no value and no definition")
        if self._frames:
            compiled = self.evaluator.compiled(name)
            if self._frames + compiled.frames > FRAMES:
                raise _Deep((name, key))
            return self._work_out(name, key)
        self._settle((name, key))
        return self._memo[name][key]

    def _settle(self, element: Element) -> None:
        """Works an element out, those that are too far down first."""
        waiting = {element: None}
        while waiting:
            name, key = next(reversed(waiting))
            if key not in self._memo.get(name, {}):
                try:
                    self._frames = 0
                    self._work_out(name, key)
                except _Deep as deep:
                    if deep.element in waiting:
                        raise ModelError(f"{spell(*deep.element)} depends on itself") from None
                    waiting[deep.element] = None
                    continue
                finally:
                    self._frames = 0
            del waiting[(name, key)]

    def _work_out(self, name: str, key: Key) -> Any:
        compiled = self.evaluator.compiled(name)
        self._check_range(name, key, compiled)
        memo = self._memo.setdefault(name, {})
        memo[key] = _BUSY
        self._frames += compiled.frames
        try:
            env: Env = list(key)
            value = compiled.body(env, self)
            if not isinstance(value, int) and not self.arithmetic.is_finite(value):
                raise Undefined("overflow")
        except Undefined as undefined:
            del memo[key]
            raise DomainError(_told(str(undefined), name, key, compiled)) from None
        except BaseException:
            del memo[key]
            raise
        finally:
            self._frames -= compiled.frames
        probe = self.probes.get(name)
        if probe is not None and key in probe:
            value = value + probe[key]
        memo[key] = value
        return value

    def _check_range(self, name: str, key: Key, compiled: _Compiled) -> None:
        if name.startswith(HOISTED):
            return
        if len(key) != len(compiled.bounds):
            raise ModelError(f"{spell(name, key)} is read, and `{name}` has {len(compiled.bounds)} axes")
        env = list(key)
        for letter, at, (lower, upper) in zip(compiled.letters, key, compiled.bounds, strict=True):
            if not lower(env) <= at <= upper(env):
                within = f"{letter} in {lower(env)}..{upper(env)}"
                raise ModelError(f"{spell(name, key)} is read, and is out of range: {within}")


def evaluate(
    model: Model,
    sizes: Mapping[str, int],
    values: Elements,
    arithmetic: Arithmetic = FLOAT,
    *,
    instances: Mapping[str, Instance] | None = None,
) -> dict[str, dict[Key, Value]]:
    """Every element of every defined name of a model at a point.

    `values` has the inputs, parameters and constants by actual indices (an axis 0..4 has the keys 0 to 4). Raises
    DomainError with the equation and the indices where a value isn't defined, and `Irrational` where exact arithmetic
    can't go on.
    """
    run = Evaluator.of_model(model, sizes, arithmetic, instances=instances).run(values)
    return {e.target: run.table(e.target) for e in model.equations}


def _told(what: str, name: str, key: Key, compiled: _Compiled) -> str:
    """What went wrong, and in which equation at which indices: `log of -1.5 in p[2] (line 9)`."""
    origin = compiled.origin
    place = spell(name, key)
    if origin.inline and origin.owner is not None:
        at = ", ".join(f"{letter} = {value}" for letter, value in zip(compiled.letters, key, strict=True))
        place = f"{origin.owner} at {at}" if at else origin.owner
    line = f" (line {origin.line})" if origin.line is not None else ""
    return f"{what} in {place}{line}"


def _frames(body: Expr) -> int:
    """A bound on the closures that are active at once in a body's evaluation."""
    return 3 + 2 * min(height(body, DEEPEST), DEEPEST)


__all__ = [
    "EXACT", "FLOAT", "Elements", "Evaluator", "Origin", "Run", "box", "evaluate", "multiprecision", "spell",
]
