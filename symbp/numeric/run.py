"""The values of definitions at one point: worked out on demand, once, and without recursion between elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symbp.calculus.expression import Expr, PartialKind
from symbp.errors import DomainError, ModelError
from symbp.numeric.arithmetic import FLOAT, Undefined, Value
from symbp.numeric.elements import spell
from symbp.numeric.loops import HOISTED, Closure, Element, Env, Key

if TYPE_CHECKING:
    from symbp.numeric.evaluator import Compiled, Evaluator

Elements = Mapping[str, Mapping[Key, Any]]
"""Numbers by name and by index tuple; a scalar's tuple is ()."""

Differentiate = Callable[["Run", PartialKind, Element, Element], Value]
"""How a run answers a typed partial derivative."""

FRAMES = 400
"""Closures that may be active at once; where more are needed, elements wait on a stack of our own."""


class _Deep(Exception):
    """An element that is too far down: it is to be worked out first."""

    def __init__(self, element: Element) -> None:
        self.element = element


class _Busy:
    """Marks an element that is being worked out."""


_BUSY = _Busy()


class Run:
    """The values of an evaluator's definitions at one point, worked out on demand and kept."""

    moves = False

    def __init__(
        self,
        evaluator: Evaluator,
        values: Elements,
        probes: Elements,
        differentiate: Differentiate | None = None,
        track: bool = False,
    ) -> None:
        self.evaluator = evaluator
        self.arithmetic = evaluator.arithmetic
        self.values = values
        self.probes = probes
        self.differentiate = differentiate
        self._memo: dict[str, dict[Key, Any]] = {}
        self._numbers: dict[str, dict[Key, Value]] = {}
        self._frames = 0
        self._reading: list[Element] | None = [] if track else None
        self._readers: dict[Element, list[Element]] = {}
        self._elsewhere: dict[str, dict[Key, Any]] = {}

    def value(self, name: str, key: Key = ()) -> Value:
        """The element as a number. DomainError where it has none; ModelError out of range or without a definition."""
        if self._reading is not None:
            self._reading.append((name, key))
        known = self._numbers.get(name)
        if known is None:
            known = self._numbers[name] = {}
        elif key in known:
            return known[key]
        value = known[key] = self._number(self._element(name, key))
        return value

    def integer(self, name: str, key: Key = ()) -> int:
        """The element of an integer input or of an argmax."""
        if self._reading is not None:
            self._reading.append((name, key))
        raw = self._element(name, key)
        if isinstance(raw, int):
            return raw
        if raw != int(raw):
            raise DomainError(f"{spell(name, key)} is {raw}, and stands in a subscript: an integer is needed")
        return int(raw)

    def still(self, closure: Closure, env: Env) -> Value:
        return closure(env, self)

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
        outer = self._frames
        if not outer and self._reading is not None:
            self._reading.clear()
        try:
            while True:
                try:
                    self._frames = 0
                    return closure(list(key), self)
                except _Deep as deep:
                    self._settle(deep.element)
        except Undefined as undefined:
            raise DomainError(f"{undefined} in a formula") from None
        finally:
            self._frames = outer

    def shifted(self, element: Element, shift: Value) -> ShiftedRun:
        """A run in which one element is greater by `shift`; what doesn't depend on it is read from this one."""
        return ShiftedRun(self, element, shift)

    def share(self, other: Run, names: Iterable[str]) -> None:
        """Uses another run's numbers for what neither defines, and what it has worked out of the names given.

        The two must have the same values and arithmetic, and these names the same definitions.
        """
        for name, numbers in other._numbers.items():
            if not self.evaluator.defines(name) and not other.evaluator.defines(name):
                self._numbers[name] = numbers
        self._elsewhere = {name: other._memo.setdefault(name, {}) for name in names}

    def dependents(self, element: Element) -> set[Element]:
        """The element, and every one worked out so far that depends on it."""
        found = {element}
        stack = [element]
        while stack:
            for reader in self._readers.get(stack.pop(), ()):
                if reader not in found:
                    found.add(reader)
                    stack.append(reader)
        return found

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
        shared = self._elsewhere.get(name)
        if shared is not None and shared.get(key, _BUSY) is not _BUSY:
            return shared[key]
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
        outer = self._reading
        if outer is not None:
            self._reading = []
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
            if self._reading is not None:
                for element in dict.fromkeys(self._reading):
                    self._readers.setdefault(element, []).append((name, key))
            self._reading = outer
        probe = self.probes.get(name)
        if probe is not None and key in probe:
            value = value + probe[key]
        memo[key] = value
        return value

    def _check_range(self, name: str, key: Key, compiled: Compiled) -> None:
        if name.startswith(HOISTED):
            return
        if len(key) != len(compiled.bounds):
            raise ModelError(f"{spell(name, key)} is read, and `{name}` has {len(compiled.bounds)} axes")
        env = list(key)
        for letter, at, (lower, upper) in zip(compiled.letters, key, compiled.bounds, strict=True):
            if not lower(env) <= at <= upper(env):
                within = f"{letter} in {lower(env)}..{upper(env)}"
                raise ModelError(f"{spell(name, key)} is read, and is out of range: {within}")


class ShiftedRun(Run):
    """A tracked run's values where one element is shifted: only what depends on it is worked out again.

    An element that the other run never needed is worked out here, since what it depends on isn't known.
    """

    moves = True

    def __init__(self, base: Run, element: Element, shift: Value) -> None:
        assert base._reading is not None
        name, key = element
        defined = base.evaluator.defines(name)
        super().__init__(base.evaluator, base.values, {name: {key: shift}} if defined else {}, base.differentiate)
        self._base = base
        self._dirty = base.dependents(element)
        if not defined:
            self._numbers[name] = {**base._numbers.get(name, {}), key: base.value(name, key) + shift}

    def still(self, closure: Closure, env: Env) -> Value:
        return closure(env, self._base)

    def _element(self, name: str, key: Key) -> Any:
        if (name, key) not in self._dirty:
            base = self._base
            if not base.evaluator.defines(name):
                known = base._numbers.get(name)
                return known[key] if known is not None and key in known else super()._element(name, key)
            known = base._memo.get(name)
            if known is not None and key in known and known[key] is not _BUSY:
                return known[key]
        return super()._element(name, key)


def _told(what: str, name: str, key: Key, compiled: Compiled) -> str:
    """What went wrong, and in which equation at which indices: `log of -1.5 in p[2] (line 9)`."""
    origin = compiled.origin
    place = spell(name, key)
    if origin.inline and origin.owner is not None:
        at = ", ".join(f"{letter} = {value}" for letter, value in zip(compiled.letters, key, strict=True))
        place = f"{origin.owner} at {at}" if at else origin.owner
    line = f" (line {origin.line})" if origin.line is not None else ""
    return f"{what} in {place}{line}"
