"""The cases of a count: assumptions on the sizes that grow as the counting asks, and shrink where that is proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbp.calculus.affine import Affine, Guard
from symbp.calculus.sets import empty, negation
from symbp.cost.convention import Key
from symbp.cost.program import Program
from symbp.cost.symbolic.context import Context, NoClosedForm, Undecided
from symbp.cost.symbolic.counter import Counter
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.poles import Pole, poles
from symbp.cost.symbolic.sizes import at_least, raised, with_sizes

MOST_CASES = 6
"""So many ways in which sizes compare are told apart."""
MOST_TRIALS = 8
"""So many smaller values of a size are looked at one by one."""

Forms = dict[Key, Form]


@dataclass(frozen=True)
class Found:
    """What is counted where sizes are at least `minimum` and the conditions hold; `equal` says which were replaced."""

    minimum: Mapping[str, int]
    equal: tuple[Guard, ...]
    conditions: tuple[Guard, ...]
    forms: Mapping[Key, Form]


class Search:
    """Collects cases, and failures where there is no closed form."""

    def __init__(
        self, names: tuple[str, ...], primitives: frozenset[str], unfolded: bool, met: bool = False
    ) -> None:
        self._names = names
        self._met = met
        self._primitives = primitives
        self._unfolded = unfolded
        self.cases: list[Found] = []
        self.failures: list[NoClosedForm] = []

    def explore(self, program: Program, equal: tuple[Guard, ...] = (), conditions: tuple[Guard, ...] = ()) -> None:
        """Add the cases of a program some of whose sizes have been replaced, as `equal` says."""
        try:
            minimum, forms = self._general(program, dict.fromkeys(program.sizes, 1), conditions)
        except NoClosedForm as failure:
            self.failures.append(failure)
        except Undecided as question:
            self._branch(program, equal, conditions, question.guard)
        else:
            if not empty((*at_least(minimum), *conditions)):
                least = minimum if conditions else self._lowered(program, minimum, forms)
                self._settle(program, equal, conditions, least, forms)

    def _branch(
        self, program: Program, equal: tuple[Guard, ...], conditions: tuple[Guard, ...], guard: Guard
    ) -> None:
        if len(self.cases) + len(conditions) >= MOST_CASES or any(s not in program.sizes for s in guard.symbols):
            self.failures.append(NoClosedForm("order", guard.symbols[0]))
            return
        for way in (guard, negation(guard)):
            if not empty((*at_least(dict.fromkeys(program.sizes, 1)), *conditions, way)):
                self.explore(program, equal, (*conditions, way))

    def _general(
        self, program: Program, minimum: dict[str, int], conditions: tuple[Guard, ...]
    ) -> tuple[dict[str, int], Forms]:
        """The count for large sizes, and how large; raises Undecided where that doesn't decide, and NoClosedForm."""
        while True:
            try:
                return minimum, self._forms(program, minimum, conditions)
            except Undecided as question:
                larger = raised(minimum, question.guard)
                if larger is None:
                    raise
                minimum = larger

    def _forms(self, program: Program, minimum: Mapping[str, int], conditions: tuple[Guard, ...]) -> Forms:
        context = Context((*at_least(minimum), *conditions))
        cost = Counter(program, context, self._primitives, self._unfolded, self._met).counted(self._names)
        return {key: Form.of(count).normal() for key, count in cost.items()}

    def _lowered(
        self,
        program: Program,
        minimum: dict[str, int],
        forms: Forms,
        wanted: Mapping[str, int] | None = None,
    ) -> dict[str, int]:
        """Smaller minima: with a size below its minimum, the count is made by itself, and compared as a closed form.

        As far down as `wanted`, or to 1.
        """
        fixed = {s for f in forms.values() for s in f.in_bases}
        for size in minimum:
            trials = MOST_TRIALS
            least = 1 if wanted is None else wanted[size]
            while minimum[size] > least and size not in fixed and trials:
                trials -= 1
                if not self._holds(program, minimum, forms, {size: Affine.of(minimum[size] - 1)}):
                    break
                minimum = {**minimum, size: minimum[size] - 1}
        return minimum

    def _holds(
        self, program: Program, minimum: Mapping[str, int], forms: Forms, at: Mapping[str, Affine]
    ) -> bool:
        """Whether the forms give the count at some sizes, whatever the others are from their minima on."""
        others = {s: least for s, least in minimum.items() if s not in at}
        specialised = with_sizes(program, at)
        try:
            least, special = self._general(specialised, others, ())
        except (NoClosedForm, Undecided):
            return False
        none = Form.of(0)
        if any((forms.get(k, none).substitute(at) - special.get(k, none)).normal() for k in (*forms, *special)):
            return False
        return least == others or self._lowered(specialised, least, special, others) == others

    def _settle(
        self,
        program: Program,
        equal: tuple[Guard, ...],
        conditions: tuple[Guard, ...],
        minimum: dict[str, int],
        forms: Forms,
    ) -> None:
        """A case, and those in which one of its divisors vanishes."""
        apart = poles(forms.values(), minimum)
        if apart is None:
            self.failures.append(NoClosedForm("roots", self._names[0]))
            return
        unequal: list[Guard] = []
        for pole in apart:
            if pole.value.is_constant and minimum[pole.size] == pole.value.constant:
                minimum = {**minimum, pole.size: minimum[pole.size] + 1}
            else:
                unequal.append(Guard("ne", Affine.of(pole.size) - pole.value))
        self.cases.append(Found(minimum, equal, (*conditions, *unequal), forms))
        for pole in apart:
            self._vanishing(program, equal, conditions, pole)

    def _vanishing(
        self, program: Program, equal: tuple[Guard, ...], conditions: tuple[Guard, ...], pole: Pole
    ) -> None:
        if len(self.cases) >= MOST_CASES:
            self.failures.append(NoClosedForm("roots", self._names[0]))
            return
        values = {pole.size: pole.value}
        kept = tuple(g.substitute(values) for g in conditions)
        special = Guard("eq", Affine.of(pole.size) - pole.value)
        self.explore(with_sizes(program, values), (*equal, special), kept)
