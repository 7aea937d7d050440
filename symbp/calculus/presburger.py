"""The questions on rows that exact elimination leaves open, answered by isl (which is imported when first asked)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from symbp.calculus.linear import Row, replaced, row, tidy
from symbp.errors import Refused

if TYPE_CHECKING:
    import islpy as isl


P = ParamSpec("P")
T = TypeVar("T")

MOST_OPERATIONS = 2_000_000
"""What isl may spend on one question: about a second."""

MOST_RESIDUES = 1_000
"""The most cases that a set is split into by residues."""


def _limited(question: Callable[P, T]) -> Callable[P, T]:
    """The same question, refused where isl would take too long to answer."""

    @wraps(question)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        import islpy

        islpy.DEFAULT_CONTEXT.set_max_operations(MOST_OPERATIONS)
        islpy.DEFAULT_CONTEXT.reset_operations()
        try:
            return question(*args, **kwargs)
        except islpy.Error as error:
            raise Refused("the conditions on the indices are too many and too entangled to decide") from error

    return asked


def integer_set(rows: Sequence[Row], symbols: int) -> isl.Set:
    """{ x ∈ ℤ^symbols : all rows hold }."""
    import islpy

    names = ",".join(f"x{k}" for k in range(symbols))
    return islpy.Set(f"{{ [{names}] : {' and '.join(map(_condition, rows)) or 'true'} }}")


def _condition(r: Row) -> str:
    form = f"{r.constant}" + "".join(f"{c:+d}*x{s}" for s, c in r.terms)
    match r.kind:
        case "ge":
            return f"{form} >= 0"
        case "eq":
            return f"{form} = 0"
        case "ne":
            return f"{form} != 0"
        case "divides":
            return f"({form}) mod {r.modulus} = 0"
        case "not_divides":
            return f"({form}) mod {r.modulus} != 0"


@_limited
def is_empty(rows: Sequence[Row], symbols: int) -> bool:
    return bool(integer_set(rows, symbols).is_empty())


@_limited
def without(rows: Sequence[Row], symbols: int, eliminate: Collection[int], context: Sequence[Row]) -> list[list[Row]]:
    """∃ eliminate of the rows, as disjuncts; conditions that the context implies may be left out of them."""
    import islpy

    projected = integer_set(rows, symbols)
    for s in sorted(eliminate, reverse=True):
        projected = projected.project_out(islpy.dim_type.set, s, 1)
    remaining = [s for s in range(symbols) if s not in eliminate]
    number = {s: k for k, s in enumerate(remaining)}
    known = [r._replace(terms=tuple((number[s], c) for s, c in r.terms)) for r in context]
    simple = projected.gist(integer_set(known, len(remaining))).compute_divs().coalesce()
    found = [d for basic in simple.get_basic_sets() for d in _disjuncts(basic, len(remaining))]
    named = [[r._replace(terms=tuple((remaining[s], c) for s, c in r.terms)) for r in d] for d in found]
    return sorted(named)


def _disjuncts(basic: isl.BasicSet, symbols: int) -> list[list[Row]]:
    """A basic set as rows; each of its ⌊f/m⌋ splits it by the residue of f modulo m."""
    import islpy

    divs = basic.dim(islpy.dim_type.div)
    rows = []
    for constraint in basic.get_constraints():
        coefficients = {k: constraint.get_coefficient_val(islpy.dim_type.set, k).to_python() for k in range(symbols)}
        for k in range(divs):
            coefficients[symbols + k] = constraint.get_coefficient_val(islpy.dim_type.div, k).to_python()
        kind = "eq" if constraint.is_equality() else "ge"
        rows.append(row("eq" if kind == "eq" else "ge", coefficients, constraint.get_constant_val().to_python()))
    found = [rows]
    for k in reversed(range(divs)):
        numerator, constant, modulus = _floor(basic.get_div(k), symbols, k)
        if len(found) * modulus > MOST_RESIDUES:
            raise Refused(f"the conditions on the indices fall into more than {MOST_RESIDUES} cases by residue")
        found = [split for rows in found for split in _residues(rows, symbols + k, numerator, constant, modulus)]
    return found


def _floor(div: isl.Aff, symbols: int, earlier: int) -> tuple[dict[int, int], int, int]:
    """⌊(Σ c·s + c₀)/m⌋ as ({s: c}, c₀, m); floors that come earlier are the symbols after the set's own."""
    import islpy

    values = [div.get_coefficient_val(islpy.dim_type.in_, k) for k in range(symbols)]
    values += [div.get_coefficient_val(islpy.dim_type.div, k) for k in range(earlier)]
    values.append(div.get_constant_val())
    modulus = div.get_denominator_val()
    integers = [(v * modulus).to_python() for v in values]
    return dict(enumerate(integers[:-1])), integers[-1], modulus.to_python()


def _residues(
    rows: list[Row], floor: int, numerator: dict[int, int], constant: int, modulus: int
) -> list[list[Row]]:
    """The rows with floor = (numerator + constant − r)/modulus, for each residue r that leaves them possible."""
    found = []
    for residue in range(modulus):
        exact = [replaced(r, floor, numerator, constant - residue, modulus) for r in rows]
        exact.append(row("divides", numerator, constant - residue, modulus))
        kept = tidy(exact)
        if kept is not None:
            found.append(kept)
    return found


@_limited
def small_point(rows: Sequence[Row], symbols: int) -> list[int] | None:
    """The lexicographically least point in the smallest of a few boxes around 0 that holds one, or None."""
    import islpy

    points = integer_set(rows, symbols)
    for bound in (1, 2, 3, 5, 8, 20, 100):
        box = [Row("ge", ((s, sign),), bound) for s in range(symbols) for sign in (1, -1)]
        inside = points.intersect(integer_set(box, symbols))
        if not inside.is_empty():
            points = inside.lexmin()
            break
    if points.is_empty():
        return None
    point = points.sample_point()
    return [point.get_coordinate_val(islpy.dim_type.set, k).to_python() for k in range(symbols)]
