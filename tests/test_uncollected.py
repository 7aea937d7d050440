"""Garbage collection is put off while a text is read, and no longer."""

from __future__ import annotations

import gc

import pytest

import symbp
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
