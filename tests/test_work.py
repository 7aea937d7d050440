"""Checks are bounded: work is counted before and while it is done, and what takes too much is left out and said."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

import symbp
from symbp.calculus.affine import Affine, Index, Range
from symbp.cli import main
from symbp.errors import Refused
from symbp.evaluate import FLOAT, Evaluator, multiprecision
from symbp.numeric.elements import box, drawn_tuples, first_tuples
from symbp.numeric.ladder import Verdict
from symbp.numeric.loops import lexicographic
from symbp.numeric.points import Sampler
from symbp.numeric.sites import Sites
from symbp.numeric.sizes import settings
from symbp.numeric.work import Costly, Meter, counted, index_count, model_work
from symbp.verify import FULL_EFFORT, QUICK_EFFORT, certify_quickly, table, verify

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.bp")) or sorted(
    (Path(__file__).parent.parent / "examples").glob("*.bp")
)

HOPELESS = {
    "a double sum": ("param w\nloss L = sum(i0 in 1..1000000, sum(i1 in 1..1000000, w))\n", "2,000,000,000,000"),
    "many elements": ("param w[1000000000]\nloss L = sum(i, w[i]^2)\n", "9,000,000,000"),
    "a matrix": ("param w[2000,2000], x[2000]\ny[i] = sum(j, w[i,j]*x[j])\nloss L = sum(i, y[i]^2)\n", "20,000,000"),
    "a long recurrence": (
        "index t in 1..100000\nparam w\ninput x[t]\nh[0] = 0\nh[t] = tanh(w*h[t-1] + x[t])\nloss L = h[100000]\n",
        "1,000,000",
    ),
    "many facts": ("param w[1000000]\nassume w[i] > 0\nloss L = w[1]\n", "4,000,000"),
}

NETWORK = """\
param w1[30,784], b1[30], w2[10,30], b2[10]
input x[784]
target y[10]
z1[i] = sum(j, w1[i,j]*x[j]) + b1[i]
a1[i] = sigmoid(z1[i])
z2[k] = sum(i, w2[k,i]*a1[i]) + b2[k]
a2[k] = sigmoid(z2[k])
loss C = 1/2*sum(k, (a2[k] - y[k])^2)
"""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["symbp", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("name", HOPELESS)
def test_what_takes_too_much_is_not_checked(name: str) -> None:
    text, size = HOPELESS[name]
    derivation = symbp.derive(text).data
    certificate = certify_quickly(derivation)
    assert not certificate.passed and certificate.comparisons == ()
    assert size in certificate.refused
    assert json.loads(certificate.json())["passed"] is False
    assert f"not checked: {certificate.refused}" in certificate.text()
    for refused in (verify, table):
        with pytest.raises(Refused, match="takes about"):
            refused(derivation)


def test_the_command_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = HOPELESS["a double sum"]
    assert run(monkeypatch, "derive", "-e", text) == 0
    assert "nverified: one evaluation of L takes about 2" in capsys.readouterr().out
    assert run(monkeypatch, "derive", "-e", text, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["verified"] is False
    assert run(monkeypatch, "verify", "-e", text) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: this can't be checked: one evaluation of L takes about 2,000,000,000,000 operations")


def test_a_network_as_large_as_in_a_book_is_checked_by_samples() -> None:
    derivation = symbp.derive(NETWORK).data
    certificate = certify_quickly(derivation)
    assert certificate.passed and not certificate.spared
    assert certificate.text() == certify_quickly(derivation).text()


def test_what_is_left_out_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = "param w[3000], v[3000]\nq[i] = softmax(i, w[i])\nloss L = sum(i, q[i]*v[i])\n"
    certificate = certify_quickly(symbp.derive(text).data)
    assert certificate.passed and certificate.spared
    assert {c.verdict for c in certificate.spared} == {Verdict.COSTLY}
    assert f"{len(certificate.spared)} not compared" in certificate.text()
    assert run(monkeypatch, "derive", "-e", text, "--format", "text") == 0
    written = capsys.readouterr().out
    every, spared = len(certificate.comparisons), len(certificate.spared)
    assert f"Verified; {spared} of {every} statements could not be compared ({spared} too long to work out)" in written


@pytest.mark.parametrize("effort", [QUICK_EFFORT, FULL_EFFORT])
def test_no_more_is_spent_than_allowed(effort, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Sites] = []
    begun = Sites.__init__

    def noted(self, *arguments):
        begun(self, *arguments)
        made.append(self)

    monkeypatch.setattr(Sites, "__init__", noted)
    derivation = symbp.derive("param w[3000]\nq[i] = softmax(i, w[i])\nloss L = sum(i, q[i]^2)\n").data
    (certify_quickly if effort is QUICK_EFFORT else verify)(derivation)
    assert made[0].meter.spent <= 1.1 * effort.work


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_bound_bounds_what_is_counted(path: Path) -> None:
    model = symbp.load(path)
    for sizes in settings(model)[:3]:
        sampler = Sampler(model, sizes, {})
        if model.functions:
            continue
        point = sampler.draw(Random(1), 0)
        meter = Meter()
        evaluator = Evaluator.of_model(model, sizes, FLOAT, meter=meter)
        run = evaluator.run(sampler.at(point, FLOAT))
        for equation in model.equations:
            evaluator.compiled(equation.target)
        once = meter.spent
        for equation in model.equations:
            run.table(equation.target)
        assert meter.spent - once <= 1.2 * model_work(model, sizes) + 50


def test_a_meter() -> None:
    meter = Meter()
    meter.charge(10**9)
    meter.allow(10)
    meter.charge(10)
    with pytest.raises(Costly, match="1,000,000,000"):
        meter.charge(1)


def test_precision_costs() -> None:
    model = symbp.parse("param w[10]\nloss L = sum(i, w[i]^2)\n")
    spent = []
    for arithmetic in (FLOAT, multiprecision(50), multiprecision(640)):
        meter = Meter()
        Evaluator.of_model(model, {}, arithmetic, meter=meter).run({"w": {(k,): k for k in range(1, 11)}}).value("L")
        spent.append(meter.spent)
    assert spent == sorted(set(spent))


def test_counts() -> None:
    assert [counted(n) for n in (7, 12_345, 2_300_000, 10**12)] == ["7", "12,345", "2,000,000", "1,000,000,000,000"]
    assert counted(2 * 10**36) == "2e36"


TRIANGLE = (Index("i", Range.of(1, "n")), Index("j", Range(Affine.of("i"), Affine.of("n"))))


def test_tuples_of_ranges() -> None:
    ranges, names = tuple(i.range for i in TRIANGLE), ("i", "j")
    assert box(ranges, {"n": 3}, names) == [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]
    assert first_tuples(TRIANGLE, {"n": 10**9}, 2) == [(1, 1), (1, 2)]
    assert first_tuples((), {}, 5) == [()]
    assert index_count(TRIANGLE, {"n": 10}) == 100
    drawn = list(drawn_tuples(TRIANGLE, {"n": 10**9}, Random(0), 200))
    assert len(drawn) == len(set(drawn)) > 100
    assert all(1 <= i <= j <= 10**9 for i, j in drawn)
    assert any(i == 1 for i, _ in drawn) and any(i == j for i, j in drawn) and any(1 < i < j - 1 for i, j in drawn)


@pytest.mark.parametrize("seed", range(8))
def test_further_points_where_the_first_ones_are_at_kinks(seed: int) -> None:
    """relu(w) is 0 for all w < 0, where sqrt has no derivative."""
    derivation = symbp.derive("param w\nloss L = sqrt(relu(w))\n").data
    certificate = certify_quickly(derivation, seed=seed)
    assert certificate.passed, certificate.text()


def test_further_points_are_counted() -> None:
    derivation = symbp.derive("param w\nloss L = sqrt(relu(w))\n").data
    assert max(certify_quickly(derivation, seed=s).places[0].points for s in range(8)) > 1


def test_a_range_of_any_length_is_charged_for():
    meter = Meter(1000)
    levels = [(0, lambda env: 1, lambda env: 10**30, lambda env, read: True)]
    with pytest.raises(Costly):
        next(lexicographic(levels, lambda env, read: True, meter.charge, 1)([], None))
