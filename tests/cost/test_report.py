"""The report: its numbers against counts of the printed formulas, its words in every format and language."""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction
from functools import cache

import pytest

import symbp
from symbp.calculus.model import adjoint_name
from symbp.cost.large import digits, rounded
from symbp.cost.passes.dead import dead
from symbp.cost.symbolic.closed import Closed, Reason, polynomials, whole
from symbp.cost.ways import CLOSED, WAYS
from symbp.costs import Costs
from symbp.errors import ModelError, Refused
from symbp.render.integers import dumped
from symbp.settings import with_integers, with_sizes
from symbp.shipped import example_names, example_text
from tests.cost.brute_force import BruteForce

WATERMELON = example_text("watermelon")
SIZES = {"d": 3, "q": 2, "l": 1}
PER_PARAMETER = {"v": 6, "gamma": 2, "w": 2, "theta": 1}


@cache
def costs(d: int = 3, q: int = 2, l: int = 1, program: str = "named") -> Costs:  # noqa: E741
    return symbp.derive(WATERMELON).cost({"d": d, "q": q, "l": l}, program=program)


def test_the_forward_pass_is_counted_by_hand() -> None:
    """α: q(2d − 1); b: q(1 + 4); β: l(2q − 1); ŷ: l(1 + 4); E: l differences, l squares, l − 1 sums, one half."""
    for d, q, l in ((3, 2, 1), (4, 5, 3)):  # noqa: E741
        expected = q * (2 * d - 1) + 5 * q + l * (2 * q - 1) + 5 * l + 3 * l
        assert costs(d, q, l).operations("forward") == expected


def test_elements_and_paths_are_those_of_the_network() -> None:
    found = costs(4, 5, 3).data
    extents = {"v": 20, "gamma": 5, "w": 15, "theta": 3}
    branches = {"v": 3, "gamma": 3, "w": 1, "theta": 1}
    for name, n in extents.items():
        of_parameter = found.of_parameter(name)
        assert of_parameter.elements == n
        assert of_parameter.paths == n * branches[name]
    assert found.paths == sum(n * branches[name] for name, n in extents.items())


@pytest.mark.parametrize("program", ["named", "minimal"])
@pytest.mark.parametrize("name", ["watermelon", "deep", "softmax", "bptt"])
def test_the_counts_of_a_gradient_are_of_it_alone(name: str, program: str) -> None:
    """Of the program, the lines that the gradient needs, written out element by element."""
    derivation = symbp.derive(example_text(name))
    found = derivation.cost(dict.fromkeys(derivation.model.sizes, 3), program=program).data
    for parameter in found.derivation.gradients:
        needed = dead(found.program.wanted(adjoint_name(parameter)))
        written = BruteForce(needed, found.sizes, False, frozenset())
        assert found.of_parameter(parameter).shared == sum(written.total(list(needed.by_target))[0].values())


def test_what_a_gradient_does_not_read_of_the_loss_is_not_counted() -> None:
    """E = w x + log(y): ∂E/∂w = x takes nothing, while E takes 3."""
    found = symbp.derive("param w\ninput x, y\nloss E = w*x + log(y)").cost().data
    assert (found.operations("forward"), found.of_parameter("w").shared) == (3, 0)


def test_expanded_is_the_sum_of_the_gradients_and_the_loss() -> None:
    found = costs().data
    parts = [found.of_parameter(name).expanded or 0 for name in PER_PARAMETER]
    assert found.operations("expanded") == sum(parts) + costs().operations("forward")


@pytest.mark.parametrize("name", example_names())
def test_the_formulas_give_the_numbers(name: str) -> None:
    derivation = symbp.derive(example_text(name))
    sizes = {s: 4 + k for k, s in enumerate(derivation.model.sizes)}
    try:
        found = derivation.cost(sizes).data
    except ModelError:
        pytest.skip("these sizes are impossible")
    for way in ("forward", "shared", "expanded"):
        closed = found.closed(way)
        if isinstance(closed, Closed) and found.operations(way) is not None:
            assert closed.operations({s: sizes.get(s, n) for s, n in found.sizes.items()}) == found.operations(way)


@pytest.mark.parametrize("name", example_names())
def test_the_ratio_is_below_its_bound(name: str) -> None:
    derivation = symbp.derive(example_text(name))
    found = derivation.cost({s: 3 for s in derivation.model.sizes if s not in derivation.model.size_values}).data
    if found.ratio is not None:
        assert found.bound is not None and 1 <= found.ratio <= found.bound


@pytest.mark.parametrize("name", example_names())
def test_the_fewest_operations_are_compared_with_the_fewest_of_the_loss(name: str) -> None:
    """Counted by writing out every element of its program."""
    derivation = symbp.derive(example_text(name))
    sizes = {s: 3 for s in derivation.model.sizes if s not in derivation.model.size_values}
    found = derivation.cost(sizes, program="minimal").data
    program = found.minimal_loss
    assert program.outputs == (found.of,)
    written = BruteForce(program, found.sizes, False, frozenset())
    fewest = sum(written.total([d.target for d in program.definitions])[0].values())
    assert found.operations("minimal_forward") == fewest <= (found.operations("forward") or 0)
    assert found.ratio == Fraction(found.operations("minimal") or 0, fewest)
    assert found.bound is not None and 1 <= found.ratio <= found.bound


def test_the_row_per_loss_has_the_ratio_of_either_program() -> None:
    """The logarithm of a quotient is a difference: with the fewest operations the loss alone takes fewer, too."""
    derivation = symbp.derive("index j in 1..n\nparam z[j]\ninput t[j]\np[j] = exp(z[j])/sum(k, exp(z[k]))\n"
                              "loss L = -sum(j, t[j]*log(p[j]))")
    costs = derivation.cost({"n": 5}, program="minimal")
    found = costs.data
    alone, fewest = found.operations("forward"), found.operations("minimal_forward")
    assert alone is not None and fewest is not None and fewest < alone
    assert found.ratio == Fraction(found.operations("minimal") or 0, fewest)
    assert "In the program of the fewest operations L and all its gradients take" in " ".join(costs.text().split())
    assert f"L alone takes {fewest} operations at the fewest" in " ".join(costs.text().split())


def test_the_bound_by_hand() -> None:
    """w·x: a product adds at most 4; (w·x)²: a square 3; log: a quotient and an addition."""
    assert symbp.derive("param w\ninput x\nloss L = w*x").cost().data.bound == 5
    assert symbp.derive("param w\ninput x\nloss L = (w*x)^2").cost().data.bound == Fraction(2 + 4 + 3, 2)
    assert symbp.derive("param w\nloss L = log(w)").cost().data.bound == 1 + 1 + 2
    assert symbp.derive("param w, v\nloss L = (w + v)^v").cost().data.bound == Fraction(2 + 2 + 9, 2)


# Sentences


def said(costs: Costs) -> str:
    return " ".join(costs.text().split())


@pytest.mark.parametrize("name", example_names())
def test_error_terms_are_said_to_gather_the_paths(name: str) -> None:
    """With the number of them, at sizes; each error term that is named is one of the derivation's."""
    derivation = symbp.derive(example_text(name))
    found = derivation.cost({s: 3 for s in derivation.model.sizes if s not in derivation.model.size_values})
    assert f"{found.data.paths:,} in all, as in Nielsen's sum over paths" in said(found)
    errors = {e.name for e in found.data.derivation.errors}
    gathering = [r for r in found.data.reused if r.name in errors]
    assert bool(gathering) == ("all paths from" in said(found))


def test_the_number_of_paths_is_a_formula_without_sizes() -> None:
    found = symbp.derive(WATERMELON).cost()
    assert "d · q · l + 2 · q · l + l in all, as in Nielsen's sum over paths" in said(found)
    assert json.loads(found.json())["path_cases"] == [{"paths": "d*q*l + 2*q*l + l", "where": []}]


def test_without_sizes_leading_terms_say_why_it_is_cheap() -> None:
    told = said(symbp.derive(WATERMELON).cost())
    assert "about 3 · d · q + 5 · q · l operations, and E alone 2 · d · q + 2 · q · l: that is" in told
    assert "(3 · d + 5 · l)/(2 · (d + l)) times as many" in told
    assert "about 6 · d^2 · q^2 · l operations, 6 · d^2 · q · l/(3 · d + 5 · l) times as many as the shared" in told


def test_what_is_not_more_is_said_so() -> None:
    """w + 1 and its derivative 1 take one addition together, in either way."""
    found = symbp.derive("param w\nloss E = w + 1").cost()
    assert found.ratio == 1 and found.data.saved == 1
    assert "E and all its gradients take as many operations as E alone." in said(found)
    assert "Written out, the same takes as many operations as the shared program." in said(found)
    assert " 1 times" not in said(found)


# Formats


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", example_names())
def test_every_example_has_a_report_in_every_format(name: str, language: symbp.render.options.Language) -> None:
    found = symbp.derive(example_text(name)).cost()
    assert found.text(language, lines=True)
    assert found.latex(language, lines=True)
    assert found.markdown(language, lines=True)
    assert found.text(language, unicode=False).replace("–", "-").isascii() or language == "zh"


def test_languages_have_the_same_numbers() -> None:
    tables = [re.findall(r"[\d,.]{2,}", re.sub(r"（.*?）", "", costs().text(language))) for language in ("en", "zh")]
    numbers = [{n for n in found if n.strip(",.")} for found in tables]
    assert {"1,222"} <= numbers[0] & numbers[1]


def test_the_data() -> None:
    data = json.loads(costs().json(lines=True))
    assert data["schema"] == 1 and data["sizes"] == SIZES
    for way in WAYS:
        assert data[way]["operations"] == costs().operations(way)
        assert sum(data[way]["by_kind"].values()) == data[way]["operations"]
    assert data["polynomials"]["forward"] == "2*d*q + 2*q*l + 4*q + 7*l"
    assert data["parameters"]["v"]["paths"] == 6
    assert sum(line["operations"] for line in data["lines"]) == data["shared"]["operations"]


def test_without_sizes_there_are_formulas_alone() -> None:
    data = json.loads(symbp.derive(WATERMELON).cost().json())
    assert data["shared"]["operations"] is None and data["paths"] is None
    assert data["parameters"]["w"]["expanded"] is None
    assert data["sizes"] == {"d": None, "q": None, "l": None}
    assert data["polynomials"]["forward"] == "2*d*q + 2*q*l + 4*q + 7*l"
    with pytest.raises(Refused, match="no value is given for d, q, l"):
        symbp.derive(WATERMELON).cost().operations()


def test_a_formula_that_there_is_not_has_a_reason() -> None:
    text = "index t in 1..T, i in 1..n, c in 1..n\nparam w[i]\ninput tok[t] in 1..n\nloss L = sum(t, w[tok[t]]^2)"
    data = json.loads(symbp.derive(text).cost().json())
    for way, formula in data["polynomials"].items():
        assert formula is not None or data["reasons"][f"polynomials.{way}"]


@pytest.mark.parametrize("name", ["expression", "linear321", "staged"])
def test_without_any_sizes_the_formulas_are_the_numbers(name: str) -> None:
    found = symbp.derive(example_text(name)).cost().data
    assert not found.missing
    for way in ("forward", "shared", "expanded"):
        slow = polynomials(found.printed if way == "expanded" else
                           found.named if way == "shared" else found.loss_alone, unfolded=way == "expanded")
        assert isinstance(slow, Closed) and slow.operations({}) == found.operations(way)
        assert found.closed(way) == slow


def test_integers_longer_than_python_prints_stay_integers() -> None:
    deep = symbp.derive(example_text("deep")).cost({"L": 9000, "n": 10})
    text = deep.json()
    found = re.search(r'"expanded": \{\s*"operations": (\d+)', text)
    assert found is not None and len(found[1]) > 4300
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert json.loads(text)["expanded"]["operations"] == deep.operations("expanded")
    finally:
        sys.set_int_max_str_digits(limit)
    assert f"{len(found[1]):,} digits" in deep.text()
    assert "10^" in deep.text() and deep.latex()


def test_dumped_is_what_json_writes() -> None:
    data = {"a": [1, "x\0y", None, True], "b": {"c": 2.5, "d": -(10**20)}}
    assert json.loads(dumped(data)) == data


@pytest.mark.parametrize("value", [1, 9, 10, 99, 100, 994, 995, 999, 10**18 - 1, 10**18, 10**905 - 1, 10**905, 7**5000])
def test_digits_and_rounding(value: int) -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        shown = str(value)
    finally:
        sys.set_int_max_str_digits(limit)
    assert digits(value) == len(shown)
    mantissa, exponent = rounded(value, 2)
    assert mantissa < 100 and 2 * abs(mantissa * 10**exponent - value) <= 10**exponent


def test_the_closing_section_of_a_derivation() -> None:
    derivation = symbp.derive(symbp.with_sizes(symbp.parse(WATERMELON), SIZES))
    closed = derivation.with_costs()
    for language, heading in (("en", "What it costs"), ("zh", "计算量")):
        for render in (type(closed).text, type(closed).latex, type(closed).markdown):
            assert heading in render(closed, language=language)
            assert heading not in render(derivation, language=language)
    assert json.loads(closed.json())["cost"]["shared"]["operations"] == derivation.cost().operations()
    assert "cost" not in json.loads(derivation.json())


def test_a_primitive_counts_once() -> None:
    one = symbp.derive(WATERMELON).cost(SIZES, primitives=["sigmoid"])
    assert costs().operations("forward") - one.operations("forward") == 3 * (SIZES["q"] + SIZES["l"])
    assert "σ(z) 1" in one.text()


def test_what_is_not_known() -> None:
    derivation = symbp.derive(WATERMELON)
    with pytest.raises(ModelError, match="`smallest` is no program that is counted; there are: named, minimal"):
        derivation.cost(program="smallest")
    with pytest.raises(ModelError, match="`tanh` is one operation in any case"):
        derivation.cost(primitives=["tanh"])
    with pytest.raises(ModelError, match="`n` is not a size"):
        derivation.cost({"n": 3})


def test_sympy_stands_beside() -> None:
    found = symbp.derive(WATERMELON).cost(SIZES, sympy=True)
    assert "SymPy's own diff" in found.text()
    assert set(json.loads(found.json())["sympy"]) == {"diff", "cse"}
    large = symbp.derive(WATERMELON).cost({"d": 784, "q": 30, "l": 10}, sympy=True)
    assert "SymPy is not asked" in large.text() and json.loads(large.json())["sympy"] is None


def test_a_long_table_of_numbers_in_latex_fits_its_pages() -> None:
    """In pieces of equal length, each with its head; numbers at the right of their columns, none made narrower."""
    growth = symbp.derive(example_text("deep")).cost({"n": 8}).over("L", range(1, 51))
    tables = re.findall(r"\\begin\{tabular\}\{([^}]*)\}(.*?)\\end\{tabular\}", growth.document(), re.S)
    assert [columns for columns, _ in tables] == ["rrrrrr", "rrrrrr"]
    rows = [re.findall(r"^\$(\d+)\$ &", body, re.M) for _, body in tables]
    assert [int(n) for piece in rows for n in piece] == list(range(1, 51)) and {len(piece) for piece in rows} == {25}
    assert all("expanded" in body for _, body in tables)


def test_the_growth_of_the_smallest_program_is_compared_with_it() -> None:
    growth = symbp.derive(example_text("softmax")).cost({"d": 3}, program="minimal").over("K", [4])
    head, row = (re.split(r"  +", line.strip()) for line in growth.text().splitlines()[-3::2])
    told = dict(zip(head, row, strict=True))
    assert told["expanded / fewest"] == f"{growth.operations('expanded')[0] / growth.operations('minimal')[0]:.2f}"


def test_alike_quantities_have_numbers_of_their_own() -> None:
    """Each that is told by name alone is read as the first is, but stands another number of times."""
    found = symbp.derive(example_text("expression")).cost()
    told = re.findall(r"of their own, for 6 more, ([^.]*)\.", said(found))
    assert told == ["∂f/∂u6, ∂f/∂u3, u2, u3, u6 and u7"]
    stand = {r.name: found.data.occurrences(r) for r in found.data.reused}
    assert len({stand[name] for name in ("u2", "u3", "u6", "u7")}) > 1
    assert "with names and numbers of their own" in said(found)


def test_where_nothing_is_used_again_the_report_says_so() -> None:
    found = symbp.derive("f(x, y) = x*y").cost()
    assert not found.data.reused and not found.data.kept
    assert "2 in all, as in Nielsen's sum over paths" in said(found)
    assert "No computed value is used more than once" in said(found)


@pytest.mark.parametrize(("sizes", "english", "chinese"), [
    ({}, "SymPy is not asked: no value is given for L, n.", "没有用 SymPy 计算：没有给定 L, n 的值。"),
    (
        {"L": 50, "n": 200}, "SymPy is not asked: `w` has too many elements for SymPy.",
        "没有用 SymPy 计算：`w` 的分量太多。",
    ),
])
def test_why_sympy_is_not_asked(sizes: dict[str, int], english: str, chinese: str) -> None:
    found = symbp.derive(example_text("deep")).cost(sizes, sympy=True)
    assert english in said(found)
    assert chinese in found.text("zh")


# Integer inputs


TOKENS = """index t in 1..T, k in 1..n, v in 1..V
input tok[t] in 1..V, lab in 1..V
param Emb[v,k], U[v,k]
h[k] = mean(t, Emb[tok[t],k])
z[v] = sum(k, U[v,k]*h[k])
p[v] = softmax(v, z[v])
loss L = -log(p[lab])
"""


@pytest.mark.parametrize(("values", "known"), [
    ({}, True), ({"lab": [1]}, True), ({"lab": [4]}, True),
    ({"tok": [3, 1, 3]}, False), ({"tok": [3, 1, 3], "lab": [4]}, False),
])
def test_formulas_are_those_of_the_given_integers(values: dict[str, list[int]], known: bool) -> None:
    """Of an integer they hold for its value; tokens that are given say nothing of those of a longer text."""
    sizes = {"T": 3, "V": 5, "n": 2}
    model = with_integers(with_sizes(symbp.parse(TOKENS), sizes), values)
    found = symbp.derive(model).cost().data
    for way in CLOSED:
        closed = found.closed(way)
        if not known and way != "forward":
            assert isinstance(closed, Reason) and closed.why == "lookup"
        else:
            assert isinstance(closed, Closed)
            case = closed.case(sizes)
            assert case is not None and whole(case.operations, sizes) == found.operations(way)
    assert found.path_forms is None or not values


def test_what_integers_are_taken_to_be_is_said() -> None:
    model = symbp.parse(TOKENS)
    assert "The elements of tok and lab, in their order, are taken to run through their values" in said(
        symbp.derive(model).cost())
    given = with_integers(with_sizes(model, {"T": 3, "V": 5}), {"tok": [3, 1, 3]})
    assert "lab is taken to have the least of its values." in said(symbp.derive(given).cost())
    assert "taken to" not in said(symbp.derive(with_integers(given, {"lab": [4]})).cost())


def test_a_wrong_name_is_said_to_be_wrong() -> None:
    with pytest.raises(ModelError, match="`fewest` is no way of counting here; there are: forward, shared, minimal"):
        costs().operations("fewest")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="`fewest` is no way of counting here"):
        costs().polynomial("fewest")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="`x` is no parameter with a gradient here; there are: v, gamma, w, theta"):
        costs().paths("x")
