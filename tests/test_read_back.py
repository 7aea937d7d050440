"""Every equality on the page is true: documents read as a person reads them, and evaluated."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import symbp
from symbp.calculus.derivation import Derivation
from symbp.render.document import latex_document_fragment, markdown_document
from symbp.render.options import LANGUAGES, Options
from tests.reading_back import Subject, Verdict, read_back

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((*ROOT.glob("examples/*.bp"), *ROOT.glob("tests/models/*.bp")))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@cache
def derivation_of(path: Path) -> Derivation:
    return symbp.derive(symbp.load(path)).data


@cache
def subject_of(path: Path) -> Subject:
    return Subject.of(path, derivation_of(path))


@cache
def fragment_of(path: Path) -> str:
    return latex_document_fragment(derivation_of(path), Options())


def verdict(text: str, path: Path, story: bool = True) -> Verdict:
    return read_back(text, subject_of(path), named(path), story=story)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_equality_of_the_document_holds(path: Path) -> None:
    found = verdict(fragment_of(path), path)
    assert found.complaints == []
    assert found.values >= found.claims > len(derivation_of(path).gradients)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_and_of_the_full_one_in_markdown(path: Path) -> None:
    """Every form of every gradient, at other sizes and another point."""
    text = markdown_document(derivation_of(path), Options(("chain", "shared", "inlined", "expanded"), detail="full"))
    found = read_back(text, subject_of(path), f"{named(path)} again", shift=1)
    assert found.complaints == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_both_languages_say_the_same(path: Path) -> None:
    """The displays of every language are those of the first one."""
    displays = {
        language: re.findall(r"\\\[.*?\\\]", latex_document_fragment(
            derivation_of(path), Options(language=language)), re.DOTALL)
        for language in LANGUAGES
    }
    first, *others = displays.values()
    assert len(first) > 2
    assert all(other == first for other in others)
