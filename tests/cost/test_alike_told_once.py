"""Layers that are alike are told once, in each part of the report; the data has all of them."""

from __future__ import annotations

import json
import re
from functools import cache

import symbp
from symbp.costs import Costs
from symbp.render.cost_alike import grouped

LAYERS = 40


@cache
def deep() -> Costs:
    layers = [f"a{k}[j] = tanh(sum(i, W{k}[j,i]*{f'a{k - 1}' if k > 1 else 'x'}[i]))" for k in range(1, LAYERS + 1)]
    names = ", ".join(f"W{k}[j,i]" for k in range(1, LAYERS + 1))
    text = ["index i in 1..3, j in 1..3", "input x[i], y[i]", f"param {names}", *layers]
    return symbp.derive("\n".join((*text, f"loss E = 1/2*sum(j, (a{LAYERS}[j] - y[j])^2)"))).cost()


@cache
def wide() -> Costs:
    """Parameters that all do the same."""
    sums = " + ".join(f"w{k}*x{k}" for k in range(1, LAYERS + 1))
    names = [", ".join(f"{letter}{k}" for k in range(1, LAYERS + 1)) for letter in "wx"]
    return symbp.derive(f"param {names[0]}\ninput {names[1]}, y\nz = {sums}\nloss E = (z - y)^2").cost()


def said(costs: Costs) -> str:
    return " ".join(costs.text(lines=True).split())


def test_a_few_stay_where_they_are() -> None:
    letters = "abcaXbaaX"
    assert ["".join(g) for g in grouped(letters, str.upper)] == ["aaaa", "b", "c", "X", "b", "X"]
    assert sorted(x for g in grouped(letters, str.upper) for x in g) == sorted(letters)


def test_quantities_with_like_readers_are_one_sentence() -> None:
    told = said(deep())
    assert f"for {LAYERS - 3} more, a2[j] to a{LAYERS - 2}[j]" in told or "of their own, for" in told
    sentences = re.findall(r"Each ([^ ]+) is computed once", told)
    alike = [int(n) for n in re.findall(r"of their own, for (\d+) more", told)]
    further = sum(map(int, re.findall(r"(\d+) further quantities", told)))
    assert len(sentences) + sum(alike) + further == len(deep().data.reused)
    assert len(sentences) < 10


def test_lines_that_differ_in_names_are_one_line() -> None:
    told = said(deep())[said(deep()).index("The program line by line"):]
    counted = re.findall(r"- .*? operations: (\d+)(?: \([^()]*\))?(?:\. Likewise [^:]* to [^:]*: (\d+) more)?", told)
    times = [int(more or 0) + 1 for _, more in counted]
    assert sum(times) == len(deep().data.lines)
    assert sum(int(n) * t for (n, _), t in zip(counted, times, strict=True)) == deep().operations("shared")


def test_gradients_with_equal_counts_have_one_row() -> None:
    rows = [r for r in wide().text().splitlines() if re.match(r"∂E/∂w\S*(  | and)", r)]
    assert len(rows) == 1 and f"∂E/∂w1 and {LAYERS - 1} alike, each" in rows[0]
    each = wide().data.of_parameter("w7")
    assert str(each.expanded) in rows[0].split() and str(each.shared) in rows[0].split()


def test_of_many_gradients_the_first_and_the_last_have_rows() -> None:
    rows = re.findall(r"^(?:∂E/∂W(\d+)\S*  |further gradients: (\d+))", deep().text(), re.M)
    shown = [int(n) for n, _ in rows if n]
    assert shown == [*range(1, 13), *range(LAYERS - 11, LAYERS + 1)]
    assert [int(n) for _, n in rows if n] == [LAYERS - 24]


def test_readers_that_read_in_the_same_way_are_told_by_the_first_and_the_last() -> None:
    told = " ".join(wide().text().split())
    assert f"serves ∂E/∂w1 to ∂E/∂w{LAYERS} ({LAYERS} in all)" in told


def test_the_data_is_complete() -> None:
    data = json.loads(deep().json(lines=True))
    assert len(data["parameters"]) == LAYERS and len(data["lines"]) == len(deep().data.lines)
    assert len(data["reused"]) == len(deep().data.reused) > LAYERS
