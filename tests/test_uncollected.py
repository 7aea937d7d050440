"""Garbage collection is put off while a text is read, and no longer."""

from __future__ import annotations

import gc

import pytest

import symbp
import symbp.calculus.uncollected as uncollected_work
from symbp.calculus.uncollected import uncollected


@pytest.fixture(autouse=True)
def collecting() -> None:
    assert gc.isenabled()


def test_it_is_put_off_until_the_work_is_done() -> None:
    seen: list[bool] = []

    @uncollected
    def work(value: int, *, more: int) -> int:
        seen.append(gc.isenabled())
        return value + more

    assert work(1, more=2) == 3
    assert seen == [False] and gc.isenabled()


def test_it_goes_on_after_a_mistake() -> None:
    for text in ("a = = b", "loss E = x"):
        with pytest.raises(symbp.SymbpError):
            symbp.parse(text)
        assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        symbp.parse("param w\nloss E = w^2")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_left_is_collected_once_there_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        for _ in range(3_000):
            cycle: list[object] = []
            cycle.append(cycle)

    monkeypatch.setattr(uncollected_work, "MANY", 10_000)
    monkeypatch.setattr(uncollected_work, "_left", uncollected_work._Left())
    often = uncollected(work)
    gc.collect()
    begun = gc.get_stats()[2]["collections"]
    for _ in range(20):
        often()
    stayed = len(gc.get_objects())
    gc.collect()
    assert 1 <= gc.get_stats()[2]["collections"] - begun - 1 <= 6
    assert stayed - len(gc.get_objects()) < 20 * 3_000


def test_nothing_lasts_longer_than_its_derivation() -> None:
    def objects() -> int:
        for text in ("param w, b\ninput x\nloss E = (sigmoid(w*x + b) - x)^2", "param w\nloss E = log(1 + exp(w))/w"):
            symbp.derive(text).cost().text()
        gc.collect()
        return len(gc.get_objects())

    found = [objects() for _ in range(5)]
    assert found[-1] <= found[1] + 5
