"""Counts of a program as closed forms in its sizes, each with the sizes for which it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symbp.calculus.affine import Affine, Guard
from symbp.cost.convention import LEAF, in_order
from symbp.cost.program import Program
from symbp.cost.symbolic.context import Why
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.search import Found, Search
from symbp.cost.symbolic.sizes import with_sizes
from symbp.cost.tally import Tally


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
    met: Mapping[str, Form] = field(default_factory=dict)
    """How often elements of each name stand in the trees, where that is asked for; literal ones don't count."""

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


def constant(tally: Tally[int]) -> Closed:
    """A count that depends on no size."""
    kinds = {kind: Form.of(n) for kind, n in tally.by_kind.items()}
    return Closed((), (Case({}, (), Form.of(tally.operations), kinds, Form.of(tally.nodes)),))


def polynomials(
    program: Program,
    names: Sequence[str] | None = None,
    *,
    unfolded: bool = False,
    primitives: frozenset[str] = frozenset(),
    sizes: Mapping[str, int] | None = None,
    met: bool = False,
) -> Closed | Reason:
    """The operations of the named definitions, each once; or, `unfolded`, of all their elements written out as trees.

    Without names: all definitions, and for trees the outputs. `sizes` gives some sizes a value; `met` asks how often
    elements of each name stand in the trees, too. A Reason where no closed form is found.
    """
    if names is None:
        names = program.outputs if unfolded else tuple(d.target for d in program.definitions)
    search = Search(tuple(names), primitives, unfolded, met)
    search.explore(with_sizes(program, {s: Affine.of(v) for s, v in (sizes or {}).items()}))
    reasons = tuple(dict.fromkeys(Reason(f.why, f.name) for f in search.failures))
    if not search.cases:
        return reasons[0]
    return Closed(program.sizes, tuple(_case(found) for found in search.cases), reasons)


def _case(found: Found) -> Case:
    kinds = in_order({k: f for k, f in found.forms.items() if isinstance(k, str) and f})
    operations = sum(kinds.values(), Form.of(0))
    nodes = operations + found.forms.get(LEAF, Form.of(0))
    return Case(
        dict(found.minimum),
        (*found.equal, *found.conditions),
        operations.separated(),
        {k: f.separated() for k, f in kinds.items()},
        nodes.separated(),
        {k[0]: f.separated() for k, f in found.forms.items() if not isinstance(k, str)},
    )
