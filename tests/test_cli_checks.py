"""What the command line does when a check fails or leaves something open."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import symbp
from symbp.certificate import Certificate
from symbp.cli import main
from symbp.numeric.ladder import Verdict

SQUARE = "f(x) = x^2"


def certificate(verdict: Verdict) -> Certificate:
    """A true certificate with one verdict changed."""
    true = symbp.derive(SQUARE).verify(points=1)
    first, *rest = true.comparisons
    return replace(true, comparisons=(replace(first, verdict=verdict, where="x[1], n = 2", agreed=0), *rest))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["symbp", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_derive_prints_nothing_that_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = certificate(Verdict.DIFFERS)
    monkeypatch.setattr(symbp.Derivation, "check", lambda self: wrong)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: the check failed, so nothing is printed:\n  equation F1: relative error ")
    assert "at x[1], n = 2" in err


def test_derive_says_what_could_not_be_decided(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    undecided = certificate(Verdict.UNDECIDED)
    monkeypatch.setattr(symbp.Derivation, "check", lambda self: undecided)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 0
    every = len(undecided.comparisons)
    assert f"Verified; 1 of {every} statements could not be compared (1 met at kinks only, " in capsys.readouterr().out


def test_derive_counts_what_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    costly = certificate(Verdict.COSTLY)
    monkeypatch.setattr(symbp.Derivation, "check", lambda self: costly)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 0
    assert "statements could not be compared (1 too long to work out): see symbp verify." in capsys.readouterr().out
    nothing = replace(costly, comparisons=costly.comparisons[:1])
    monkeypatch.setattr(symbp.Derivation, "check", lambda self: nothing)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 0
    assert "Unverified; 1 of 1 statements" in capsys.readouterr().out


def test_a_statement_that_agrees_in_places_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    undecided = certificate(Verdict.UNDECIDED)
    first, *rest = undecided.comparisons
    agreed = replace(undecided, comparisons=(replace(first, agreed=2, elements=3), *rest))
    monkeypatch.setattr(symbp.Derivation, "check", lambda self: agreed)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 0
    out = capsys.readouterr().out
    every = len(agreed.comparisons)
    assert "every form and every step was checked" not in out
    assert f"Verified; 1 of {every} statements could not be compared everywhere: see symbp verify." in out


def test_a_statement_met_nowhere_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    unmet = certificate(Verdict.UNMET)
    assert not unmet.passed and unmet.comparisons[0].is_open
    monkeypatch.setattr(symbp.Derivation, "check", lambda self: unmet)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 0
    assert "could not be compared (1 about nothing at the sizes and points tried)" in capsys.readouterr().out


def test_verify_prints_the_certificate_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = certificate(Verdict.DIFFERS)
    monkeypatch.setattr(symbp.Derivation, "verify", lambda self, points, seed: wrong)
    assert run(monkeypatch, "verify", "-e", SQUARE) == 1
    assert "FAILED" in capsys.readouterr().out
    assert run(monkeypatch, "verify", "-e", SQUARE, "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["passed"] is False


def test_verify_passes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "verify", "-e", SQUARE, "--points", "1", "--seed", "7", "--table") == 0
    out = capsys.readouterr().out
    assert "central difference" in out
    assert "passed: " in out
    assert "seed 7" in out


def test_verify_looks_at_the_lines_of_a_notation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Haykin's error terms have the sign turned, and a name."""
    text = "input x[i]\ntarget y\nparam w[i]\nz = sum(i, w[i]*x[i])\no = sigmoid(z)\nloss L = (o - y)^2"
    assert run(monkeypatch, "verify", "-e", text, "--points", "1", "--format", "json") == 0
    assert "error term" not in capsys.readouterr().out
    assert run(monkeypatch, "verify", "-e", text, "--points", "1", "--format", "json", "--notation", "haykin") == 0
    assert "error term" in capsys.readouterr().out
    assert run(monkeypatch, "verify", "-e", text, "--notation", "hayken") == 2


@pytest.mark.parametrize(("failure", "message"), [
    (MemoryError, "error: out of memory"),
    (RecursionError, "error: nested too deeply"),
    (OSError(5, "Input/output error"), "error: input/output error"),
])
def test_a_failing_machine_gets_a_message(
    failure: BaseException, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(symbp, "derive", fail)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith(message)) == ("", True)


def test_an_interrupt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(symbp, "derive", interrupt)
    assert run(monkeypatch, "derive", "-e", SQUARE) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_in_full_the_document_says_how_many_statements_were_checked(monkeypatch, capsys):
    assert run(monkeypatch, "derive", "-e", SQUARE, "--detail", "full", "--format", "text") == 0
    assert re.search(r"Verified: (of )?\d+ statements", capsys.readouterr().out)
    assert run(monkeypatch, "derive", "-e", SQUARE, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True
