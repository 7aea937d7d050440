"""The order in which a model's equations are evaluated, with loops where they are recurrent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.calculus import graph
from symbp.calculus.affine import Affine, Guard, Lookup, Subscript
from symbp.calculus.model import Equation, Model
from symbp.calculus.reads import Read, names_read, read_domain, reads
from symbp.calculus.sets import Background, implies
from symbp.errors import ModelError


@dataclass(frozen=True)
class Group:
    """Equations that are evaluated together.

    A plain group is one equation, evaluated whole: `direction` is 0, `body` is empty. A recurrent one is a loop: at
    step τ, counted up where direction is 1 and down where it is −1, each equation in the order of `equations` is
    evaluated where its axis `axes[k]` has the value τ − shifts[k] (and not at all where that is outside the axis). The
    steps run over the union of the shifted axes. `body` is the same step in full: plain groups, and further loops over
    other axes inside the step.
    """

    equations: tuple[str, ...]
    axes: tuple[int, ...] = ()
    direction: int = 0
    shifts: tuple[int, ...] = ()
    body: tuple[Group, ...] = ()

    @property
    def recurrent(self) -> bool:
        return self.direction != 0

    def axis(self, name: str) -> int:
        return self.axes[self.equations.index(name)]

    def shift(self, name: str) -> int:
        return self.shifts[self.equations.index(name)]


class Unschedulable(ModelError):
    """Names that are defined through each other, with no order of evaluation. `names` is a cycle of author's names."""

    def __init__(self, names: tuple[str, ...], line: int | None) -> None:
        self.names = names
        self.line = line
        if len(names) == 1:
            text = f"`{names[0]}` is defined through itself"
        else:
            text = f"{' and '.join(f'`{n}`' for n in names[:2])} are defined through each other"
            if len(names) > 2:
                text = f"{', '.join(f'`{n}`' for n in names[:-1])} and `{names[-1]}` are defined through each other"
        super().__init__(f"{text}, and no order of the indices computes each value before it is read")


def schedule(model: Model) -> tuple[Group, ...]:
    """The groups in dependency order, the author's order among independent ones; raises Unschedulable."""
    targets = {e.target: e for e in model.equations}
    successors = {name: [n for n in names_read(e) if n in targets] for name, e in targets.items()}
    if in_order(successors):
        return tuple(Group((name,)) for name in targets)
    groups: list[Group] = []
    for members in graph.components(list(targets), successors):
        if len(members) == 1 and members[0] not in successors[members[0]]:
            groups.append(Group(members))
        else:
            groups.append(_recurrent(model, [targets[m] for m in members]))
    return tuple(groups)


def in_order(successors: Mapping[str, Sequence[str]]) -> bool:
    """Whether each name reads only names that stand before it."""
    done: set[str] = set()
    for name, read in successors.items():
        if not done.issuperset(read):
            return False
        done.add(name)
    return True


def stepped_sizes(model: Model) -> tuple[str, ...]:
    """The sizes in the ranges that recurrences step through: what a formula without recursion must know."""
    found: dict[str, None] = {}
    pending = list(schedule(model))
    while pending:
        group = pending.pop(0)
        pending.extend(group.body)
        if group.recurrent:
            for name, axis in zip(group.equations, group.axes, strict=True):
                bounds = model.arrays[name].axes[axis]
                found.update(dict.fromkeys((*bounds.lower.symbols, *bounds.upper.symbols)))
    return tuple(found)


def ordered(model: Model) -> tuple[Equation, ...]:
    """The equations so that each comes after what it reads, as far as recurrences allow; raises Unschedulable."""
    by_name = {e.target: e for e in model.equations}
    return tuple(by_name[name] for group in schedule(model) for name in group.equations)


Bounds = tuple[int | None, int | None]


@dataclass
class _Edge:
    """`reader` reads `source` under some conditions, which are worked out when they are needed."""

    reader: Equation
    read: Read
    source: str
    background: Background
    distances: dict[tuple[int, int], Bounds] = field(default_factory=dict)

    def distance(self, reader_axis: int, source_axis: int) -> Bounds:
        """Bounds of (the reader's index − the subscript read); None where no bound of use is known."""
        key = reader_axis, source_axis
        if key not in self.distances:
            index = self.reader.indices[reader_axis].name
            self.distances[key] = self._bounds(index, self.read.access.subscripts[source_axis])
        return self.distances[key]

    def _bounds(self, index: str, subscript: Subscript) -> Bounds:
        if isinstance(subscript, Lookup):
            return None, None
        behind = Affine.of(index) - subscript
        if behind.is_constant:
            return behind.constant, behind.constant
        domain = read_domain(self.reader, self.read)
        context = (*domain, *self.background.about(domain))
        lower = next((k for k in (1, 0) if implies(context, Guard("ge", behind - k))), None)
        upper = next((k for k in (-1, 0) if implies(context, Guard("ge", -behind + k))), None)
        return lower, upper


def _recurrent(model: Model, members: Sequence[Equation]) -> Group:
    background = Background(model.sizes, model.requirements)
    inside = {e.target for e in members}
    edges = [_Edge(e, r, r.access.name, background) for e in members for r in reads(e) if r.access.name in inside]
    return _loop(members, edges)


def _arranged(members: Sequence[Equation], edges: Sequence[_Edge]) -> tuple[Group, ...]:
    """The equations in an order that respects the edges, loops where these are cyclic."""
    by_name = {e.target: e for e in members}
    successors: dict[str, list[str]] = {name: [] for name in by_name}
    for edge in edges:
        successors[edge.reader.target].append(edge.source)
    components = graph.components(list(by_name), successors)
    component = {name: k for k, names in enumerate(components) for name in names}
    inner: list[list[_Edge]] = [[] for _ in components]
    for edge in edges:
        if component[edge.reader.target] == component[edge.source]:
            inner[component[edge.source]].append(edge)
    return tuple(
        _loop([by_name[n] for n in names], inside) if inside else Group(names)
        for names, inside in zip(components, inner, strict=True)
    )


def _loop(members: Sequence[Equation], edges: Sequence[_Edge]) -> Group:
    """A loop over one axis of each equation that puts every source before its reader, or together with it."""
    candidates = list(_shared_axes(members, edges))
    for shifted in (False, True):
        for axes in candidates:
            for direction in (1, -1):
                shifts = _shifts(members, edges, axes, direction) if shifted else {m.target: 0 for m in members}
                if shifts is None:
                    continue
                behind = [_progress(e, axes, direction, shifts) for e in edges]
                if any(b is None or b < 0 for b in behind) or not any(behind):
                    continue
                body = _arranged(members, [e for e, b in zip(edges, behind, strict=True) if not b])
                names = tuple(n for g in body for n in g.equations)
                return Group(
                    names, tuple(axes[n] for n in names), direction, tuple(direction * shifts[n] for n in names), body
                )
    raise _unschedulable(members, edges)


def _progress(edge: _Edge, axes: Mapping[str, int], direction: int, shifts: Mapping[str, int]) -> int | None:
    """By how many steps, at least, the source is computed before its reader."""
    lower, upper = edge.distance(axes[edge.reader.target], axes[edge.source])
    bound = lower if direction == 1 else (None if upper is None else -upper)
    return None if bound is None else bound + shifts[edge.reader.target] - shifts[edge.source]


def _shifts(
    members: Sequence[Equation], edges: Sequence[_Edge], axes: Mapping[str, int], direction: int
) -> dict[str, int] | None:
    """Delays of the equations under which no source comes after its reader (Bellman and Ford), or None."""
    shifts = {m.target: 0 for m in members}
    for _ in range(len(members)):
        changed = False
        for edge in edges:
            behind = _progress(edge, axes, direction, shifts)
            if behind is None:
                return None
            if behind < 0:
                shifts[edge.reader.target] -= behind
                changed = True
        if not changed:
            least = min(shifts.values())
            return {name: s - least for name, s in shifts.items()}
    return None


def _shared_axes(members: Sequence[Equation], edges: Sequence[_Edge]) -> Iterator[dict[str, int]]:
    """For each axis of the first equation of least rank, the axis of every other that runs along with it.

    The axes are carried through the accesses: h[t-1, j] read at t joins h's first axis to the reader's t.
    """
    first = min(members, key=lambda e: len(e.indices))
    touching: dict[str, list[_Edge]] = {m.target: [] for m in members}
    for edge in edges:
        touching[edge.reader.target].append(edge)
        touching[edge.source].append(edge)
    for axis in range(len(first.indices)):
        axes = {first.target: axis}
        queue = deque([first.target])
        while queue:
            name = queue.popleft()
            for edge in touching[name]:
                for other, along in _joined(edge, name, axes[name]):
                    if other not in axes:
                        axes[other] = along
                        queue.append(other)
        if len(axes) == len(members):
            yield axes


def _joined(edge: _Edge, name: str, axis: int) -> Iterator[tuple[str, int]]:
    """What runs along with an axis of `name` through one edge: (name, axis), in either direction."""
    subscripts = edge.read.access.subscripts
    indices = [i.name for i in edge.reader.indices]
    if edge.reader.target == name and axis < len(indices):
        for along, s in enumerate(subscripts):
            if _moves_with(s, indices[axis]):
                yield edge.source, along
    if edge.source == name and axis < len(subscripts):
        for along, index in enumerate(indices):
            if _moves_with(subscripts[axis], index):
                yield edge.reader.target, along


def _moves_with(subscript: Subscript, index: str) -> bool:
    return isinstance(subscript, Affine) and subscript.terms == ((index, 1),)


def _unschedulable(members: Sequence[Equation], edges: Sequence[_Edge]) -> Unschedulable:
    successors: dict[str, list[str]] = {m.target: [] for m in members}
    for edge in edges:
        successors[edge.reader.target].append(edge.source)
    names = graph.cycle([m.target for m in members if not m.inline] or [members[0].target], successors)
    by_name = {m.target: m for m in members}
    written = tuple(dict.fromkeys(by_name[n].owner or n for n in names))
    return Unschedulable(written, by_name[names[0]].line)
