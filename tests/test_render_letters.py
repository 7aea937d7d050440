"""Letters of bound indices: never one that stands for something else in the display."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbp
from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import Expr, Reduce, add, multiply
from symbp.render.latex import latex
from symbp.render.letters import FAMILY
from symbp.render.lines import Lines
from symbp.render.printer import Vocabulary
from tests.render_models import RANGES, H, I, J, at, ge, network


def show(e: Expr, *free: Index, **fields: object) -> str:
    return latex(e, Vocabulary.of(network(**fields)).display(free, e))


def over(name: str, body: Expr, within: str = "j") -> Reduce:
    return Reduce("sum", (Index(name, RANGES[within]),), (), body)


def test_the_wish_is_taken_where_it_is_free() -> None:
    assert show(over("j#2", at("y", "j#2")), H) == "\\sum_{j=1}^{l} y_j"


def test_another_letter_where_the_wish_is_free_in_the_display() -> None:
    e = multiply((at("yhat", "j"), over("j#2", at("y", "j#2"))))
    assert show(e, J) == "\\hat{y}_j \\sum_{m=1}^{l} y_m"


def test_the_free_index_may_stand_on_the_other_side_only() -> None:
    assert show(over("j#2", at("y", "j#2")), J) == "\\sum_{m=1}^{l} y_m"


def test_an_author_s_letter_of_the_same_range_is_preferred() -> None:
    ranges = {**RANGES, "k": RANGES["j"]}
    e = multiply((at("yhat", "j"), over("j#2", at("y", "j#2"))))
    assert show(e, J, index_ranges=ranges) == "\\hat{y}_j \\sum_{k=1}^{l} y_k"


def test_siblings_share_a_letter_and_nested_sums_do_not() -> None:
    siblings = add((over("j#2", at("y", "j#2")), over("j#3", at("y", "j#3"))))
    assert show(siblings) == "\\sum_{j=1}^{l} y_j + \\sum_{j=1}^{l} y_j"
    nested = over("j#2", multiply((at("y", "j#2"), over("j#3", at("y", "j#3")))))
    assert show(nested) == "\\sum_{j=1}^{l} y_j \\sum_{m=1}^{l} y_m"


def test_a_fresh_binder_leaves_the_author_s_letter_to_the_sum_below() -> None:
    nested = over("j#2", multiply((at("y", "j#2"), over("j", at("y", "j")))))
    assert show(nested) == "\\sum_{m=1}^{l} y_m \\sum_{j=1}^{l} y_j"


def test_sizes_and_arrays_are_not_letters() -> None:
    within = Range.of(1, "m")
    fields = {"sizes": ("m",), "index_ranges": {"j": within}}
    e = multiply((at("y", "j"), Reduce("sum", (Index("j#2", within),), (), at("k", "j#2"))))
    shown = show(e, Index("j", within), **fields)
    assert shown == "y_j \\sum_{n=1}^{m} k_n"


def test_primes_when_every_letter_is_taken() -> None:
    ranges = {letter: Range.of(1, 9 + place) for place, letter in enumerate(FAMILY)}
    e = multiply((at("y", "j"), Reduce("sum", (Index("j#2", ranges["j"]),), (), at("y", "j#2"))))
    shown = show(e, Index("j", ranges["j"]), index_ranges=ranges, functions={}, sizes=())
    assert shown == "y_j \\sum_{j'=1}^{19} y_{j'}"


def test_no_two_ranges_share_a_letter() -> None:
    for ranges in ({"i": RANGES["i"], "h": RANGES["h"], "j": RANGES["j"]}, {**RANGES, "k": RANGES["j"]}):
        families = Vocabulary.of(network(index_ranges=ranges)).supply.families
        letters = [letter for family in families.values() for letter in family]
        assert len(letters) == len(set(letters))
        assert not {"d", "q", "l", "x", "y", "v", "w", "b", "f", "k", "g", "e"} & (set(letters) - set(ranges))


def test_the_letters_of_each_range_in_a_document() -> None:
    """i = 1..d; h, n = 1..q; j, m = 1..l: as a book has them."""
    lines = Lines(symbp.derive(symbp.load("examples/watermelon.bp")).data)
    assert list(lines.families().values()) == [("i",), ("h", "n"), ("j", "m")]


@pytest.mark.parametrize("name", ["watermelon", "tanh", "bptt", "deep", "softmax", "residual", "layernorm", "conv"])
@pytest.mark.parametrize("notation", [None, "bishop", "zhou"])
def test_a_letter_has_one_range_throughout_a_document(name: str, notation: str | None) -> None:
    """Every Σ of a document: where a letter stands below, the same end stands above."""
    told = symbp.derive(symbp.load(f"examples/{name}.bp"), notation=notation).latex()
    ends: dict[str, set[str]] = {}
    for letter, _, high in re.findall(r"\\sum_\{(?:\\substack\{)?(\S+?)=(\w+).*?\}\^\{([^{}]*)\}", told):
        ends.setdefault(letter, set()).add(high.partition("-")[0])
        assert "'" not in letter
    assert ends
    assert {letter: found for letter, found in ends.items() if len(found) > 1} == {}


def test_ranges_and_guards_use_the_letters() -> None:
    within = Range(Affine.of("j"), Affine.of("l"))
    e = Reduce("sum", (Index("j#2", within),), (Guard("ne", Affine.of("j#2") - "j"),), at("y", "j#2"))
    assert show(e, J) == "\\sum_{\\substack{m=j \\\\ m \\ne j}}^{l} y_m"
    e = Reduce("sum", (Index("j#2", within),), (ge("j#2", Affine.of("j") + 1),), at("y", "j#2"))
    assert show(e, J) == "\\sum_{m=j+1}^{l} y_m"


def test_free_fresh_indices_get_letters_too() -> None:
    assert show(multiply((at("y", "j#2"), at("y", "j#3"))), Index("j#2", RANGES["j"]), Index("j#3", RANGES["j"])) == (
        "y_j\\,y_m"
    )
    assert show(multiply((at("y", "j"), at("y", "j#3"))), J) == "y_j\\,y_m"


_LETTERS = st.sampled_from(["i", "j", "h", "m"])


@st.composite
def nests(draw: st.DrawFn, scope: tuple[str, ...] = ("i", "j"), depth: int = 3) -> Expr:
    """Sums in sums, with names that wish for few letters."""
    own = [at("y", draw(st.sampled_from(scope))) for _ in range(2)]
    if depth == 0:
        return multiply(own)
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        name = f"{draw(_LETTERS)}#{depth}{draw(st.integers(0, 9))}"
        if name in scope:
            continue
        body = draw(nests((*scope, name), depth - 1))
        parts.append(Reduce("sum", (Index(name, RANGES["j"]),), (), body))
    return multiply((*own, *parts))


@settings(max_examples=200)
@given(nests())
def test_no_letter_is_bound_twice_in_scope(tree: Expr) -> None:
    """Read back by position: each subscript's letter must be the one its own binder got."""
    shown = show(tree, I, J)
    assert re.findall(r"#", shown) == []
    vocabulary = Vocabulary.of(network())
    _check(tree, vocabulary.display((I, J), tree).letters, {})


def _check(tree: Expr, letters: object, spelled: dict[str, str]) -> None:
    from symbp.calculus.expression import Mul
    from symbp.render.letters import Letters

    assert isinstance(letters, Letters)
    if isinstance(tree, Mul):
        for factor in tree.factors:
            _check(factor, letters, spelled)
    elif isinstance(tree, Reduce):
        inner = letters.bind(tree)
        (binder,) = tree.binders
        letter = inner.letter(binder.name)
        assert letter not in ("i", "j", *spelled.values())
        _check(tree.body, inner, {**spelled, binder.name: letter})


def test_a_fresh_letter_is_none_that_marks_a_name() -> None:
    """E_n is the error of example n: no sum in the same display runs over another n."""
    told = symbp.derive(symbp.load("examples/tanh.bp"), notation="bishop").latex()
    assert "\\partial E_{n}" in told
    assert not re.search(r"\\sum_\{n=", told)
