"""Which elements formulas read, each counted once: inputs, and the elements that trees are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from symbp.calculus.affine import Affine, Index, Lookup
from symbp.calculus.expression import Access, Cases, Expr, Mul, Number, Reduce, children
from symbp.cost.boxes import Box, Interval, volume
from symbp.cost.classes import Class, Classes
from symbp.cost.index_runs import Env, Plan
from symbp.cost.shared import Shared
from symbp.cost.unfolded import Unfolded

Spans = dict[str, Interval]
"""Indices that run through intervals, all of whose values are alike."""

Found = tuple[Access, Box]


class Reads:
    """What formulas read, once the costs of all classes are known."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.runs = classes.runs
        self.bodies = classes.bodies

    def within(self, e: Expr, env: Env, spans: Spans) -> list[Found]:
        """Each access of a formula with the elements that it reads; what is multiplied by 0 isn't read."""
        found: list[Found] = []
        self._collect(e, env, spans, found)
        return found

    def _collect(self, e: Expr, env: Env, spans: Spans, found: list[Found]) -> None:
        kind = type(e)
        if kind is Access:
            found.extend(self.elements(e, env, spans))  # type: ignore[arg-type]
        elif kind is Cases:
            for guards, body in e.branches:  # type: ignore[union-attr]
                if all(self.runs.holds(g, env) for g in guards):
                    self._collect(body, env, spans, found)
                    break
        elif kind is Reduce:
            if id(e) not in self.bodies.free:
                for inner in self.reduced(e, env, spans):  # type: ignore[arg-type]
                    self._collect(e.body, env, inner, found)  # type: ignore[union-attr]
        elif kind is not Number and not (
            kind is Mul and self.bodies.vanished and self.bodies.part(e, env).literal == 0
        ):
            for part in children(e):
                self._collect(part, env, spans, found)

    def reduced(self, e: Reduce, env: Env, spans: Spans) -> Iterator[Spans]:
        plan = self.bodies.plans.get(id(e))
        return self.ranges(e.binders, env, spans) if plan is None else self.planned(plan, env, spans)

    def ranges(self, indices: Sequence[Index], env: Env, spans: Spans) -> Iterator[Spans]:
        """Whole ranges, which read sizes only."""
        inner = dict(spans)
        for index in indices:
            low, high = index.range.lower.evaluate(env), index.range.upper.evaluate(env)
            if low > high:
                return
            inner[index.name] = low, high
        yield inner

    def planned(self, plan: Plan, env: Env, spans: Spans) -> Iterator[Spans]:
        """The values that a plan runs through, those that are alike as intervals."""
        if all(self.runs.holds(g, env) for g in plan.outer):
            yield from self._planned(plan, 0, env, spans)

    def _planned(self, plan: Plan, place: int, env: Env, spans: Spans) -> Iterator[Spans]:
        if place == len(plan.steps):
            yield spans
            return
        step = plan.steps[place]
        name = step.index.name
        span = self.runs.span(step, env)
        for value, alike in self.runs.alike(step, span, env):
            if alike > 1:
                inner = {**spans, name: (value, value + alike - 1)}
            else:
                inner = {k: v for k, v in spans.items() if k != name}
            env[name] = value
            yield from self._planned(plan, place + 1, env, inner)
        env.pop(name, None)

    def elements(self, access: Access, env: Env, spans: Spans) -> list[Found]:
        """Boxes whose elements an access reads while indices run through intervals."""
        single = [s for s in self.entangled(access) if s in spans]
        if not single:
            return [(access, tuple([self.interval(s, env, spans) for s in access.subscripts]))]
        ranges = [range(spans[s][0], spans[s][1] + 1) for s in single]
        left = {s: v for s, v in spans.items() if s not in single}
        found: list[Found] = []
        for values in product(*ranges):
            self.runs.meter.spend(1)
            inner = {**env, **dict(zip(single, values, strict=True))}
            found.append((access, tuple([self.interval(s, inner, left) for s in access.subscripts])))
        return found

    def entangled(self, access: Access) -> list[str]:
        """Indices whose values lead to no interval: read twice, with a stride, or by an integer input."""
        met: dict[str, int] = {}
        found: list[str] = []
        for subscript in access.subscripts:
            if isinstance(subscript, Lookup):
                found += subscript.symbols
                continue
            for symbol, factor in subscript.terms:
                met[symbol] = met.get(symbol, 0) + 1
                if met[symbol] > 1 or factor not in (1, -1):
                    found.append(symbol)
        return list(dict.fromkeys(found))

    def interval(self, subscript: Affine | Lookup, env: Env, spans: Spans) -> Interval:
        if isinstance(subscript, Lookup):
            value = self.classes.integers.value(subscript, env)
            return value, value
        low = high = subscript.constant
        for symbol, factor in subscript.terms:
            first, last = spans[symbol] if symbol in spans else (env[symbol], env[symbol])
            low += factor * (first if factor > 0 else last)
            high += factor * (last if factor > 0 else first)
        return low, high


def inputs_read(shared: Shared, names: Iterable[str]) -> int:
    """How many elements of inputs are read by all elements of these definitions together."""
    reads = Reads(shared)
    found: dict[str, dict[Box, None]] = {}
    for name in names:
        d = shared.definitions[name]
        env = dict(shared.sizes)
        for spans in reads.planned(shared.demands.plan(d.indices, shared.wanted[d.target]), env, {}):
            for access, box in reads.within(d.body, env, spans):
                if access.name not in shared.definitions:
                    found.setdefault(access.name, {})[box] = None
    return sum(volume(boxes) for boxes in found.values())


class Reached:
    """The elements of a program that the trees of some names are made of."""

    def __init__(self, trees: Unfolded, names: Iterable[str]) -> None:
        self.trees = trees
        self.reads = Reads(trees)
        self.boxes: dict[Class, dict[Box, None]] = {}
        """The elements that are read, by class, or by the class of one like them."""
        for name in names:
            d = trees.definitions[name]
            axes = trees.axes[name]
            env = dict(trees.sizes)
            for spans in self.reads.planned(trees.demands.plan(d.indices, trees.wanted[name]), env, {}):
                box = tuple([spans.get(i.name) or (env[i.name], env[i.name]) for i in d.indices])
                self.note((name, *[env[d.indices[k].name] for k in axes]), box)

    def note(self, known: Class, box: Box) -> None:
        self.boxes.setdefault(known, {})[box] = None

    def distinct(self) -> int:
        """Operations and numbers in the formulas of all elements that are reached, and inputs, each once."""
        alike: dict[tuple[str, int], dict[Box, None]] = {}
        for known in reversed(self.trees.parts):
            boxes = self.boxes.pop(known, None)
            if boxes is not None:
                own = sum(n for key, n in self.trees.parts[known].cost.items() if isinstance(key, str))
                alike.setdefault((known[0], own), {}).update(boxes)
                self.open(known, boxes)
        inside = sum(own * volume(boxes) for (_, own), boxes in alike.items())
        return inside + sum(volume(boxes) for boxes in self.boxes.values())

    def open(self, known: Class, boxes: Mapping[Box, None]) -> None:
        """Notes what elements of a class read."""
        trees = self.trees
        d = trees.definitions[known[0]]
        env = dict(trees.sizes)
        env.update(zip([d.indices[k].name for k in trees.axes[d.target]], known[1:], strict=True))
        for box in boxes:
            spans = {i.name: interval for i, interval in zip(d.indices, box, strict=True)}
            for access, read in self.reads.within(d.body, env, spans):
                at = (access.name, *[read[k][0] for k in trees.axes.get(access.name, ())])
                if at not in trees.seen or trees.seen[at].literal is None:
                    self.note(at, read)
