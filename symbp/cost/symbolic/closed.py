"""Counts of a program as closed forms in its sizes, each with the sizes for which it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.indices import substitute
from symbp.calculus.model import Array, Definition
from symbp.calculus.sets import empty, negation
from symbp.cost.convention import LEAF, Key, in_order
from symbp.cost.program import Program
from symbp.cost.symbolic.context import Context, NoClosedForm, Undecided, Why
from symbp.cost.symbolic.counter import Counter
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.poles import Pole, poles
from symbp.cost.symbolic.reductions import Cost

MOST_CASES = 6
"""So many ways in which sizes compare are told apart."""


@dataclass(frozen=True)
class Reason:
    """Why there is no closed form; see `context.NoClosedForm`."""

    why: Why
    name: str
    """The index, definition or integer input that it is about."""


@dataclass(frozen=True)
class Case:
    """Counts for the sizes that are at least `minimum` and satisfy the conditions."""

    minimum: Mapping[str, int]
    conditions: tuple[Guard, ...]
    operations: Form
    by_kind: Mapping[str, Form]
    """Only kinds that occur, in the order of a Tally."""
    nodes: Form

    def holds(self, sizes: Mapping[str, int]) -> bool:
        return all(sizes[s] >= least for s, least in self.minimum.items()) and all(
            g.holds(sizes) for g in self.conditions
        )


@dataclass(frozen=True)
class Closed:
    """The first case is the general one; others are apart, such as n = 1 where the general one divides by n − 1."""

    sizes: tuple[str, ...]
    """The sizes that may occur, in the program's order, which is that of print."""
    cases: tuple[Case, ...]
    elsewhere: tuple[Reason, ...] = field(default=())
    """Why some sizes that the cases leave out have no closed form."""

    def case(self, sizes: Mapping[str, int]) -> Case | None:
        """The case that the sizes fall under, or None."""
        return next((c for c in self.cases if c.holds(sizes)), None)

    def operations(self, sizes: Mapping[str, int]) -> int | None:
        """The exact number of operations; None for sizes that no case covers."""
        case = self.case(sizes)
        return None if case is None else whole(case.operations, sizes)


def whole(form: Form, sizes: Mapping[str, int]) -> int:
    """The value of a count at sizes."""
    value = form.evaluate(sizes)
    assert value.denominator == 1
    return value.numerator


def polynomials(
    program: Program,
    names: Sequence[str] | None = None,
    *,
    unfolded: bool = False,
    primitives: frozenset[str] = frozenset(),
    sizes: Mapping[str, int] | None = None,
) -> Closed | Reason:
    """The operations of the named definitions, each once; or, `unfolded`, of all their elements written out as trees.

    Without names: all definitions, and for trees the outputs. `sizes` gives some sizes a value. A Reason where no
    closed form is found.
    """
    if names is None:
        names = program.outputs if unfolded else tuple(d.target for d in program.definitions)
    fixed = {s: Affine.of(v) for s, v in (sizes or {}).items()}
    search = _Search(tuple(names), primitives, unfolded)
    search.explore(_with_sizes(program, fixed), (), ())
    if not search.cases:
        return search.reasons[0]
    return Closed(program.sizes, tuple(search.cases), tuple(dict.fromkeys(search.reasons)))


class _Search:
    """Counts under assumptions, which grow by what the counting asks."""

    def __init__(self, names: tuple[str, ...], primitives: frozenset[str], unfolded: bool) -> None:
        self._names = names
        self._primitives = primitives
        self._unfolded = unfolded
        self.cases: list[Case] = []
        self.reasons: list[Reason] = []

    def explore(self, program: Program, equal: tuple[Guard, ...], conditions: tuple[Guard, ...]) -> None:
        """Add the cases of a program some of whose sizes have been replaced, as `equal` says."""
        minimum = dict.fromkeys(program.sizes, 1)
        while True:
            known = (*(_at_least(s, least) for s, least in minimum.items()), *conditions)
            if empty(known):
                return
            try:
                cost = Counter(program, Context(known), self._primitives, self._unfolded).counted(self._names)
            except NoClosedForm as failure:
                self.reasons.append(Reason(failure.why, failure.name))
                return
            except Undecided as question:
                if _raised(minimum, question.guard):
                    continue
                self._branch(program, equal, conditions, question.guard)
                return
            self._settle(program, equal, conditions, minimum, cost)
            return

    def _branch(
        self, program: Program, equal: tuple[Guard, ...], conditions: tuple[Guard, ...], guard: Guard
    ) -> None:
        if len(self.cases) + len(conditions) >= MOST_CASES or any(s not in program.sizes for s in guard.symbols):
            self.reasons.append(Reason("order", guard.symbols[0]))
            return
        for way in (guard, negation(guard)):
            self.explore(program, equal, (*conditions, way))

    def _settle(
        self, program: Program, equal: tuple[Guard, ...], conditions: tuple[Guard, ...], minimum: dict[str, int],
        cost: Cost,
    ) -> None:
        """A case, and those in which one of its divisors vanishes."""
        forms = {key: Form.of(count).normal() for key, count in cost.items()}
        apart = poles(forms.values(), minimum)
        if apart is None:
            self.reasons.append(Reason("roots", self._names[0]))
            return
        for pole in apart:
            if pole.value.is_constant and minimum[pole.size] == pole.value.constant:
                minimum[pole.size] += 1
            else:
                conditions = (*conditions, Guard("ne", Affine.of(pole.size) - pole.value))
        self.cases.append(_case(forms, minimum, (*equal, *conditions)))
        for pole in apart:
            self._vanishing(program, equal, conditions, pole)

    def _vanishing(
        self, program: Program, equal: tuple[Guard, ...], conditions: tuple[Guard, ...], pole: Pole
    ) -> None:
        if len(self.cases) >= MOST_CASES:
            self.reasons.append(Reason("roots", self._names[0]))
            return
        values = {pole.size: pole.value}
        kept = tuple(g.substitute(values) for g in conditions)
        special = Guard("eq", Affine.of(pole.size) - pole.value)
        self.explore(_with_sizes(program, values), (*equal, special), kept)


def _case(forms: Mapping[Key, Form], minimum: Mapping[str, int], conditions: tuple[Guard, ...]) -> Case:
    kinds = in_order({k: f for k, f in forms.items() if isinstance(k, str) and f})
    operations = sum(kinds.values(), Form.of(0))
    leaves = forms.get(LEAF, Form.of(0))
    nodes = operations + leaves
    apart = {k: f.separated() for k, f in kinds.items()}
    return Case(dict(minimum), conditions, operations.separated(), apart, nodes.separated())


def _with_sizes(program: Program, values: Mapping[str, Affine]) -> Program:
    """The program with some sizes replaced."""
    if not values:
        return program
    definitions = tuple(
        Definition(
            d.target, tuple(Index(i.name, i.range.substitute(values)) for i in d.indices), substitute(d.body, values)
        )
        for d in program.definitions
    )
    arrays = {
        name: Array(
            a.name, tuple(r.substitute(values) for r in a.axes), a.role,
            a.values.substitute(values) if a.values else None, a.letters,
        )
        for name, a in program.arrays.items()
    }
    sizes = tuple(s for s in program.sizes if s not in values)
    return replace(program, definitions=definitions, arrays=arrays, sizes=sizes)


def _at_least(size: str, least: int) -> Guard:
    return Guard("ge", Affine.of(size) - least)


def _raised(minimum: dict[str, int], guard: Guard) -> bool:
    """Raise a minimum so far that the guard is decided above it; False where larger sizes don't decide it."""
    terms = guard.form.terms
    if guard.kind in ("divides", "not_divides") or any(s not in minimum for s, _ in terms):
        return False
    sign = 1 if terms[0][1] > 0 else -1
    if any(c * sign < 0 for _, c in terms):
        return False
    # With all coefficients positive, the form grows: raise the first size until it is at least 0, or 1 where 0 counts.
    size, coefficient = terms[0][0], terms[0][1] * sign
    wanted = 1 if guard.kind in ("eq", "ne") or sign < 0 else 0
    others = sum(c * sign * minimum[s] for s, c in terms[1:]) + guard.form.constant * sign
    minimum[size] = max(minimum[size], -(-(wanted - others) // coefficient))
    return True
