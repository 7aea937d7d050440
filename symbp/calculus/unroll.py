"""Definitions ready to be substituted: recurrences opened step by step, where the sizes that this needs are known.

An axis along which a name is defined through itself is *stepped*: its subscript must be a number for the definition to
be written out, and so must every index that such a subscript reads. Sums over these indices are opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.expression import (
    ONE,
    ZERO,
    Access,
    Add,
    Cases,
    Expr,
    Mul,
    Reduce,
    accesses,
    add,
    apply,
    children,
    multiply,
    walk,
    with_children,
)
from symbp.calculus.indices import all_symbols, fresh, replace_accesses, replace_subscript, substitute, truth
from symbp.calculus.model import Definition, Model
from symbp.calculus.operations import Size
from symbp.calculus.outline import Place, moving, needed_steps, outline_of, reached
from symbp.errors import Refused

COPIES_LIMIT = 50_000
"""Copies of one body beyond which a sum over steps is not opened."""

GATHER_DEPTH = 50
"""Definitions through which an integer input is carried as a subscript."""


class Unrolled:
    """The definitions that stand between `of` and the inputs, with recurrences opened.

    A recurrence that does not depend on `parameter` keeps its name where the sizes of its steps are not known. Raises
    Refused where one that does depend on it needs a size that is not known. `magnitudes` keeps the sizes of
    definitions, whatever the parameter.
    """

    def __init__(self, model: Model, of: str, parameter: str, sizes: Mapping[str, int]) -> None:
        self.model = model
        outline = outline_of(model)
        definitions, loops = outline.definitions, outline.loops
        self.moving = moving(outline.readers, parameter)
        self._opened: dict[Place, Expr] = {}
        self._plain: dict[tuple[str, int], bool] = {}
        try:
            self._settle(definitions, of, loops, sizes)
        except Refused:
            still = {n: d for n, d in definitions.items() if n in self.moving or n not in loops}
            self._settle(still, of, loops, sizes)
        self.magnitudes: dict[Place, Size] = {}
        if not self.stepped:
            self._opened, self.magnitudes = outline.bodies, outline.magnitudes

    def _settle(
        self,
        definitions: Mapping[str, Definition],
        of: str,
        loops: Mapping[str, frozenset[int]],
        known: Mapping[str, int],
    ) -> None:
        self.definitions = definitions
        self.stepped = needed_steps(definitions, of, {n: a for n, a in loops.items() if n in definitions})
        self.sizes: dict[str, int] = {}
        if self.stepped:
            self._settle_sizes(of, known)

    def place(self, access: Access) -> Place | None:
        """The definition that an access reads; None for what stays as it is."""
        if access.name not in self.definitions:
            return None
        stepped = self.stepped.get(access.name, frozenset())
        steps: list[int | None] = []
        for axis, s in enumerate(access.subscripts):
            if axis not in stepped:
                steps.append(None)
            elif isinstance(s, Affine) and s.is_constant:
                steps.append(s.constant)
            else:
                raise Refused(f"`{access.name}` would be read at a step that is not a number")
        return Place(access.name, tuple(steps))

    def letters(self, name: str) -> tuple[str, ...]:
        """The free indices of a definition, one for each axis."""
        return tuple(i.name for i in self.definitions[name].indices)

    def body(self, at: Place) -> Expr:
        """The definition there, over the indices that are left, one level deep."""
        if at not in self._opened:
            self._opened[at] = self._body(at)
        return self._opened[at]

    def _body(self, at: Place) -> Expr:
        definition = self.definitions[at.name]
        known = {s: Affine.of(v) for s, v in self.sizes.items()}
        values = dict(known)
        for index, step in zip(definition.indices, at.steps, strict=True):
            if step is not None:
                values[index.name] = Affine.of(step)
                within = index.range.substitute(known)
                if any(truth(g) is False for g in _inside(Affine.of(step), within)):
                    return ZERO
        return self._open(self._without_gathers(substitute(definition.body, values)))

    def _without_gathers(self, e: Expr) -> Expr:
        """u[tok[t]] of a defined u is Σ_{v | tok[t] = v} u[v], where its definition does more with v than subscript."""
        taken = all_symbols(e)

        def written(access: Access) -> Expr | None:
            gathered = [axis for axis, s in enumerate(access.subscripts) if isinstance(s, Lookup)]
            if access.name not in self.definitions or all(self._only_subscripts(access.name, a) for a in gathered):
                return None
            known = {s: Affine.of(v) for s, v in self.sizes.items()}
            binders: list[Index] = []
            guards: list[Guard] = []
            plain: list[Affine] = []
            for s, axis in zip(access.subscripts, self.model.arrays[access.name].axes, strict=True):
                if isinstance(s, Affine):
                    plain.append(s)
                    continue
                name = fresh("v", taken)
                taken.add(name)
                binders.append(Index(name, axis.substitute(known)))
                guards.append(Guard("eq", Affine.of(name), lookup=s))
                plain.append(Affine.of(name))
            return Reduce("sum", tuple(binders), tuple(guards), Access(access.name, tuple(plain)))

        return replace_accesses(e, written)

    def _only_subscripts(self, name: str, axis: int, depth: int = 0) -> bool:
        """Whether a definition, and those that it reads, use the index of an axis as a plain subscript only."""
        key = name, axis
        if key in self._plain:
            return self._plain[key]
        definition = self.definitions.get(name)
        if definition is None:
            return True
        index = definition.indices[axis].name
        found = (
            depth < GATHER_DEPTH
            and axis not in self.stepped.get(name, frozenset())
            and replace_subscript(definition.body, index, Lookup("")) is not None
            and all(
                self._only_subscripts(a.name, k, depth + 1)
                for a in accesses(definition.body)
                for k, s in enumerate(a.subscripts)
                if index in s.symbols
            )
        )
        self._plain[key] = found
        return found

    def _open(self, e: Expr) -> Expr:
        """Sums over stepped indices opened, conditions on numbers decided."""
        match e:
            case Reduce():
                return self._open_reduction(e)
            case Cases(branches):
                kept = []
                for guards, body in branches:
                    values = [truth(g) for g in guards]
                    if False in values:
                        continue
                    kept.append((tuple(g for g, v in zip(guards, values, strict=True) if v is None), self._open(body)))
                    if not kept[-1][0]:
                        break
                if not kept:
                    return ZERO
                return kept[0][1] if not kept[0][0] else Cases(tuple(kept))
            case _:
                return rebuilt(e, [self._open(p) for p in children(e)])

    def _open_reduction(self, e: Reduce) -> Expr:
        opened = self._stepped_binders(e)
        if not opened:
            return with_children(e, (self._open(e.body),))
        parts = []
        for values in _values([b for b in e.binders if b.name in opened]):
            forms = {s: Affine.of(v) for s, v in values.items()}
            guards = tuple(g.substitute(forms) for g in e.guards)
            if any(truth(g) is False for g in guards):
                continue
            left = tuple(Index(b.name, b.range.substitute(forms)) for b in e.binders if b.name not in opened)
            undecided = tuple(g for g in guards if truth(g) is None)
            parts.append(_slice(e, left, undecided, self._open(substitute(e.body, forms))))
        return _joined(e, parts)

    def _stepped_binders(self, e: Reduce) -> frozenset[str]:
        """The binders that some stepped subscript reads, and those that their ranges read."""
        own = {b.name: b for b in e.binders}
        needed = {s for a in accesses(e.body) for s in self._step_symbols(a) if s in own}
        pending = list(needed)
        while pending:
            within = own[pending.pop()].range
            for s in (*within.lower.symbols, *within.upper.symbols):
                if s in own and s not in needed:
                    needed.add(s)
                    pending.append(s)
        if needed and e.kind in ("max", "min"):
            last = max(k for k, b in enumerate(e.binders) if b.name in needed)
            needed = {b.name for b in e.binders[: last + 1]}
        return frozenset(needed)

    def _step_symbols(self, access: Access) -> Iterable[str]:
        stepped = self.stepped.get(access.name, frozenset())
        for axis, s in enumerate(access.subscripts):
            if axis in stepped:
                yield from s.symbols

    def _settle_sizes(self, of: str, known: Mapping[str, int]) -> None:
        """The sizes without which the steps are not numbers; Refused where one is not known."""
        for name, axes in self.stepped.items():
            definition = self.definitions[name]
            ranges = [(i.letter, i.range) for k, i in enumerate(definition.indices) if k in axes]
            ranges += [
                (b.letter, b.range)
                for r in walk(definition.body)
                if isinstance(r, Reduce)
                for b in r.binders
                if b.name in self._stepped_binders(r)
            ]
            for letter, within in ranges:
                for size in (*within.lower.symbols, *within.upper.symbols):
                    if size in self.model.sizes:
                        self._settle_size(size, letter, known)
        for name in reached(self.definitions, of):
            for access in accesses(self.definitions[name].body):
                for size in self._step_symbols(access):
                    if size in self.model.sizes:
                        self._settle_size(size, size, known)

    def _settle_size(self, size: str, letter: str, known: Mapping[str, int]) -> None:
        if size not in known:
            along = f"along `{letter}`" if letter != size else f"up to `{size}`"
            raise Refused(
                f"the model is recurrent {along}: written out it has one nest for each step, so it exists only at a "
                f"given size (for example --set {size}=3)"
            )
        self.sizes[size] = known[size]


def rebuilt(e: Expr, parts: Sequence[Expr]) -> Expr:
    """The node over other parts, sums and products opened."""
    match e:
        case Add():
            return add(parts)
        case Mul():
            return multiply(parts)
        case _:
            return with_children(e, tuple(parts)) if parts else e


def _inside(form: Affine, within: Range) -> tuple[Guard, Guard]:
    return Guard("ge", form - within.lower), Guard("ge", within.upper - form)


def _values(binders: Sequence[Index]) -> Iterable[dict[str, int]]:
    """Every tuple of the binders, in lexicographic order."""
    found: list[dict[str, int]] = [{}]
    for b in binders:
        longer: list[dict[str, int]] = []
        for point in found:
            try:
                lower, upper = b.range.lower.evaluate(point), b.range.upper.evaluate(point)
            except KeyError as missing:
                raise Refused(f"the range of `{b.letter}` depends on `{missing.args[0]}`, which has no value") from None
            if len(longer) + upper - lower >= COPIES_LIMIT:
                raise Refused(f"the recurrence has more than {COPIES_LIMIT:,} steps to write out")
            longer += [{**point, b.name: v} for v in range(lower, upper + 1)]
        found = longer
    return found


def _slice(e: Reduce, left: tuple[Index, ...], guards: tuple[Guard, ...], body: Expr) -> Expr:
    """The part of a reduction at one value of the opened binders."""
    if left:
        return Reduce(e.kind, left, guards, body, e.component)
    if not guards:
        return body
    if e.kind == "sum":
        return Cases(((guards, body),))
    if e.kind == "prod":
        return Cases(((guards, body), ((), ONE)))
    raise Refused(f"a {e.kind} over steps under a condition on other indices is not written out")


def _joined(e: Reduce, parts: Sequence[Expr]) -> Expr:
    if e.kind == "sum":
        return add(parts)
    if e.kind == "prod":
        return multiply(parts)
    if not parts:
        raise Refused(f"a {e.kind} over no steps has no value")
    result = parts[0]
    for part in parts[1:]:
        result = apply(e.kind, result, part)
    return result
