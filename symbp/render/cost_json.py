"""Counts as data, schema 1."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbp import __version__
from symbp.calculus.affine import Guard, Index
from symbp.calculus.expression import Expr, Position, multiply, number
from symbp.calculus.model import whole_access
from symbp.cost.readers import Reader
from symbp.cost.report import Cost, Line
from symbp.cost.reuse import Reuse
from symbp.cost.sweep import Sweep
from symbp.cost.symbolic.closed import Case, Reason
from symbp.cost.tally import Tally
from symbp.cost.ways import CLOSED, WAYS, Unknown, Way
from symbp.render.cost_closed import conditions, expression, why
from symbp.render.cost_lines import sides
from symbp.render.cost_names import quantity
from symbp.render.escape import checked_latex, escape_terminal
from symbp.render.integers import dumped
from symbp.render.latex import latex
from symbp.render.lines import Lines
from symbp.render.printer import Context, print_conditions
from symbp.render.prose import Prose
from symbp.render.text import TextStyle, text

SCHEMA = 1

Json = dict[str, object]


def cost_json(lines: Lines, cost: Cost, with_lines: bool = False) -> str:
    """`cost_data` as text, ASCII only."""
    return dumped(cost_data(lines, cost, with_lines))


def sweep_json(sweep: Sweep) -> str:
    """`sweep_data` as text, ASCII only."""
    return dumped(sweep_data(sweep))


def cost_data(lines: Lines, cost: Cost, with_lines: bool = False) -> Json:
    """Everything that was counted; integers are None where a size has no value, or where counting was refused."""
    found: Json = {
        "schema": SCHEMA,
        "symbp": __version__,
        "of": cost.of,
        "sizes": {s: cost.sizes.get(s) for s in cost.printed.sizes},
        "program": cost.chosen,
        "primitives": sorted(cost.primitives),
        **{way: _amount(cost.tally(way)) for way in (*WAYS, "minimal_forward")},
        "ratio": _number(cost.ratio),
        "bound": _number(cost.bound),
        "paths": cost.paths,
        "polynomials": {way: general_formula(lines, cost, way) for way in CLOSED},
        "cases": {way: _cases(lines, cost, way) for way in CLOSED},
        "path_cases": _path_cases(lines, cost),
        "reasons": _reasons(cost),
        "parameters": {name: _parameter(cost, name) for name in cost.derivation.gradients},
        "reused": [_reused(lines, cost, r) for r in cost.reused],
        "rules": [a.rule for a in cost.minimised.applied],
    }
    if cost.asks_sympy:
        found["sympy"] = None if isinstance(cost.sympy, Unknown) else {"diff": cost.sympy.diff, "cse": cost.sympy.cse}
    if with_lines:
        found["lines"] = [_line(lines, line) for line in cost.lines]
    return found


def sweep_data(sweep: Sweep) -> Json:
    """Operations at each value of the size."""
    cost = sweep.cost
    return {
        "schema": SCHEMA,
        "symbp": __version__,
        "of": cost.of,
        "size": sweep.size,
        "at": list(sweep.at),
        "sizes": {s: n for s, n in cost.sizes.items() if s in cost.printed.sizes and s != sweep.size},
        "program": cost.chosen,
        "primitives": sorted(cost.primitives),
        "operations": {growth.way: list(growth.operations) for growth in sweep.ways},
        "reasons": {way: escape_terminal(reason) for way, reason in sweep.left_out},
    }


def _amount(tally: Tally[int] | Unknown) -> Json:
    if isinstance(tally, Unknown):
        return {"operations": None, "by_kind": None, "nodes": None, "distinct": None, "depth": None}
    return {
        "operations": tally.operations, "by_kind": dict(tally.by_kind), "nodes": tally.nodes,
        "distinct": tally.distinct, "depth": tally.depth,
    }


def _number(ratio: Fraction | None) -> float | None:
    return None if ratio is None else float(ratio)


def _parameter(cost: Cost, name: str) -> Json:
    found = cost.of_parameter(name)
    return {"elements": found.elements, "expanded": found.expanded, "shared": found.shared, "paths": found.paths}


# Formulas in the sizes


def general_formula(lines: Lines, cost: Cost, way: Way) -> str | None:
    """The operations of one way as a formula in the sizes, in ASCII; the general case."""
    found = cost.closed(way)
    return None if isinstance(found, Reason) else _formula(lines, found.cases[0], found.sizes)


def _cases(lines: Lines, cost: Cost, way: Way) -> list[Json]:
    found = cost.closed(way)
    if isinstance(found, Reason):
        return []
    return [
        {"operations": _formula(lines, case, found.sizes), "where": _where(lines, conditions(case))}
        for case in found.cases
    ]


def _path_cases(lines: Lines, cost: Cost) -> list[Json]:
    found = cost.path_forms
    if found is None:
        return []
    return [
        {"paths": _formula(lines, case, found.sizes), "where": _where(lines, conditions(case))} for case in found.cases
    ]


def _formula(lines: Lines, case: Case, sizes: tuple[str, ...]) -> str:
    return _in_sizes(lines, expression(case.operations, sizes))


def _in_sizes(lines: Lines, e: Expr) -> str:
    return text(e, lines.vocabulary.display((), e), unicode=False).replace(" * ", "*")


def _where(lines: Lines, guards: Sequence[Guard], context: Context | None = None) -> list[str]:
    style = TextStyle(lines.vocabulary.names, unicode=False)
    return print_conditions(guards, context or lines.vocabulary.display(()), style)


def _reasons(cost: Cost) -> Json:
    """Why something has no number or no formula."""
    prose = Prose("en")
    found: Json = {}
    for way in WAYS:
        tally = cost.tally(way)
        if isinstance(tally, Unknown) and not cost.missing:
            found[way] = escape_terminal(tally.reason)
    for way in CLOSED:
        closed = cost.closed(way)
        if isinstance(closed, Reason):
            found[f"polynomials.{way}"] = "".join(map(str, _plain(prose, closed)))
    if cost.asks_sympy and isinstance(cost.sympy, Unknown):
        found["sympy"] = escape_terminal(cost.sympy.reason)
    return found


def _plain(prose: Prose, reason: Reason) -> list[str]:
    return [part if isinstance(part, str) else escape_terminal(reason.name) for part in why(prose, reason)]


# Formulas of the model


def _reused(lines: Lines, cost: Cost, r: Reuse) -> Json:
    element = whole_access(r.indices, r.name)
    return {
        "name": _shown(lines, r.indices, element),
        "readers": [_reader(lines, r.indices, reader) for reader in r.readers],
        "elements": cost.elements_of(r),
        "occurrences": cost.occurrences(r),
    }


def _reader(lines: Lines, indices: tuple[Index, ...], r: Reader) -> Json:
    shown = quantity(lines, r.target, r.subscripts)
    context = lines.vocabulary.display((*indices, *r.running), shown)
    several = multiply(number(e.constant) if e.is_constant else Position(e) for e in r.count)
    where = {"where": _where(lines, r.where, context)} if r.where else {}
    exact = r.exact and not r.among
    return {
        "reader": _both(shown, context), "count": _in_sizes(lines, several), "exact": exact, "places": r.times, **where,
    }


def _line(lines: Lines, line: Line) -> Json:
    left, right = sides(lines, line.definition)
    context = lines.vocabulary.display(line.definition.indices, left, right)
    amount = {"operations": None, "by_kind": None} if line.tally is None else {
        "operations": line.tally.operations, "by_kind": dict(line.tally.by_kind),
    }
    return {
        "latex": checked_latex(f"{latex(left, context)} = {latex(right, context)}"),
        "text": f"{text(left, context)} = {text(right, context)}",
        "elements": line.elements, **amount,
    }


def _shown(lines: Lines, indices: tuple[Index, ...], e: Expr) -> Json:
    return _both(e, lines.vocabulary.display(indices, e))


def _both(e: Expr, context: Context) -> Json:
    return {"latex": checked_latex(latex(e, context)), "text": text(e, context)}
