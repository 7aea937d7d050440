"""How the counts grow with a size: a table, and what a plot of it shows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Position
from symbp.cost.sweep import Sweep
from symbp.render.blocks import Block, Formula, Heading, Paragraph, Sentence, Table
from symbp.render.cost_names import scalar, way_name
from symbp.render.cost_numbers import Count, Ratio
from symbp.render.cost_plot import Curve, Plot
from symbp.render.cost_section import sizes_of
from symbp.render.lines import Lines
from symbp.render.prose import Prose

MOST_ROWS = 50
"""Of more values, those that are evenly spaced have a row, and the first and the last."""


def sweep_document(lines: Lines, prose: Prose, sweep: Sweep) -> Iterator[Block]:
    """A heading, what the other sizes are, and a row for each value."""
    yield Heading(_title(lines, prose, sweep))
    fixed = sizes_of(lines, sweep.cost, without=sweep.size)
    if fixed:
        yield Paragraph(prose.say("costs.sweep_fixed", sizes=prose.listed(fixed)))
    yield _table(lines, prose, sweep)
    for way, reason in sweep.left_out:
        name = way_name(lines, prose, way)
        yield Paragraph(prose.say("costs.unknown_row", way=name, reason=prose.message(reason)))


def plot(lines: Lines, prose: Prose, sweep: Sweep) -> Plot:
    """The same as curves."""
    curves = tuple(Curve(way_name(lines, prose, g.way), g.operations) for g in sweep.ways)
    up = prose.say("costs.operations")
    title, fixed = _title(lines, prose, sweep), sizes_of(lines, sweep.cost, without=sweep.size)
    if fixed:
        title = prose.say("costs.sweep_title_at", title=title, sizes=prose.listed(fixed))
    return Plot(title, (_size(lines, sweep),), up, sweep.at, curves)


def _title(lines: Lines, prose: Prose, sweep: Sweep) -> Sentence:
    ends = {"first": Count(sweep.at[0]), "last": Count(sweep.at[-1])}
    return prose.say("costs.sweep_title", of=scalar(lines), size=_size(lines, sweep), **ends)


def _size(lines: Lines, sweep: Sweep) -> Formula:
    return lines.formula((), Position(Affine.of(sweep.size)))


def _table(lines: Lines, prose: Prose, sweep: Sweep) -> Table:
    by_way = {g.way: g.operations for g in sweep.ways}
    expanded, shared = by_way.get("expanded"), by_way.get(sweep.cost.shared_way)
    head = [(_size(lines, sweep),), *(way_name(lines, prose, g.way) for g in sweep.ways)]
    if expanded and shared:
        head.append(prose.say("costs.ratio_of_both", way=way_name(lines, prose, sweep.cost.shared_way)))
    rows = []
    for k in _places(len(sweep.at)):
        row: list[Sentence] = [(Count(sweep.at[k]),), *((Count(g.operations[k]),) for g in sweep.ways)]
        if expanded and shared:
            row.append((Ratio(Fraction(expanded[k], shared[k])),) if shared[k] else ())
        rows.append(tuple(row))
    return Table(tuple(head), tuple(rows), "r" * len(head))


def _places(count: int) -> list[int]:
    """Which values have a row."""
    if count <= MOST_ROWS:
        return list(range(count))
    return sorted({k * (count - 1) // (MOST_ROWS - 1) for k in range(MOST_ROWS)})
