"""The notes of steps, and the paths from parameters, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.derivation import HeldFixed, Identity, Note, OneTerm, Route, Solved, Way, Ways
from symbp.calculus.expression import Expr, Position
from symbp.render.blocks import Typeset
from symbp.render.lines import Lines
from symbp.render.printer import Context
from symbp.render.ways_section import Arrows

Json = dict[str, object]
Show = Callable[[Expr, Context], Json]
"""A formula at its place: its LaTeX and its text."""
Where = Callable[[Sequence[Guard], Context], Json]
"""{"where": …} for conditions, {} for none."""


def note_data(note: Note, context: Context, show: Show, where: Where) -> Json:
    """What kind of reason it is, and what it speaks of."""
    def letters(indices: Sequence[Index]) -> list[Json]:
        return [show(Position(Affine.of(i.name)), context) for i in indices]

    def values(pairs: Sequence[tuple[Index, Affine]]) -> list[Json]:
        return [{"index": letters((i,))[0], "is": show(Position(form), context)} for i, form in pairs]

    match note:
        case Route(source, reader, unit, summed, fixed, guards):
            return {
                "kind": "route", "source": show(source, context), "reader": show(reader, context),
                "units": letters(unit), "summed": letters(summed), "fixed": values(fixed), **where(guards, context),
            }
        case OneTerm(label, binder, at, wrt):
            return {"kind": "one term", "label": label, "wrt": show(wrt, context), "term": values([(binder, at)])}
        case HeldFixed(label, wrt, binder, at, linear):
            term = [] if binder is None or at is None else values([(binder, at)])
            return {"kind": "held fixed", "label": label, "wrt": show(wrt, context), "term": term, "linear": linear}
        case Identity(function, label):
            return {"kind": "identity", "function": function, "label": label}
        case Solved(source, reader, written, pairs, guards, reversed_in):
            return {
                "kind": "solved", "source": show(source, context), "reader": show(reader, context),
                "written": show(written, context), "values": values(pairs), "reversed": letters(reversed_in),
                **where(guards, context),
            }


def ways_data(
    found: Ways, lines: Lines, show: Show, typeset: Callable[[Typeset], Json],
    where: Where, index: Callable[[Index, Context], Json],
) -> Json:
    """The ways from one parameter: arrows, and the indices whose values make as many paths through single elements."""
    def way_data(way: Way) -> Json:
        context = lines.vocabulary.display((*found.indices, *way.running))
        return {
            "arrows": typeset(Arrows(way.stations, context)), "again": way.again, "exact": way.exact,
            "running": [index(i, context) for i in way.running], **where(way.guards, context),
        }

    return {
        "parameter": show(found.parameter, lines.vocabulary.display(found.indices, found.parameter)),
        "ways": [way_data(way) for way in found.ways], "left_out": found.left_out,
    }
