"""Every equality on the page is true: documents read as a person reads them, and evaluated."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

import pytest

import symbp
from symbp.calculus.derivation import Derivation
from symbp.checks import checks_of
from symbp.render.document import latex_document_fragment, markdown_document
from symbp.render.options import LANGUAGES, Options
from tests.reading_back import Subject, Verdict, read_back
from tests.sweep import EXAMPLES, NOTATIONS, told

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
def test_every_printed_number_is_right(path: Path) -> None:
    """The values of the forward pass, and of each gradient by its formula and by a difference, at the page's point."""
    found = verdict(with_numbers(path), path)
    assert found.complaints == []
    assert found.numbers > 0


def with_numbers(path: Path) -> str:
    derivation = derivation_of(path)
    return latex_document_fragment(derivation, Options(), checks=checks_of(derivation))


def test_a_wrong_digit_is_seen() -> None:
    path = ROOT / "examples" / "watermelon.bp"
    text = with_numbers(path)
    section = text[text.index("Take $d = q = l = 2$"):]
    numbers = re.findall(r"-?\d\.\d{6,}", section)
    assert len(numbers) > 12
    for number in numbers[::3]:
        other = number[:-3] + str((int(number[-3]) + 1) % 10) + number[-2:]
        assert verdict(text.replace(number, other, 1), path).complaints, number


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_and_in_every_notation(path: Path, notation: str) -> None:
    """The book's letters, signs and matrix lines say the same."""
    derivation, printed = told(path, notation)
    text = latex_document_fragment(derivation, Options(notation=printed))
    found = read_back(
        text, Subject.of(path, derivation), f"{named(path)} {notation}", differential=printed.partial == "d",
    )
    assert found.complaints == []
    assert found.claims > len(derivation.gradients)


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_and_in_every_language(path: Path) -> None:
    """Ranges, labels, sections and numbers are found in the other languages too."""
    derivation = derivation_of(path)
    for language in LANGUAGES:
        found = verdict(latex_document_fragment(
            derivation, Options(language=language, detail="full"), checks=checks_of(derivation)), path)
        assert found.complaints == []
        assert found.numbers > 0


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


MUTATIONS = {
    "a prime": (r"'(?=\()", ""),
    "a Σ": (r"\\(?:sum|prod)_(?:\{\\substack\{[^{}]*\}\}|\{[^{}]*\})\^(?:\{[^{}]*\}|\w) ", ""),
    "a leading minus": (r"(?<=[=:] )-", ""),
    "a plus": (r" \+ ", " - "),
    "a minus": (r" - ", " + "),
    "an index": (r"_\{(\w)(\w)\}", r"_\1"),
    "the order of indices": (r"_\{(\w)(\w)\}", r"_{\2\1}"),
    "a factor 1 - a": (r"\(1 - [^()]*\)", ""),
    "a square": (r"\)\^2", ")"),
    "a half": (r"\\frac\{1\}\{2\}", ""),
    "a factor": (r"\\,(?:\\hat\{)?[a-z]\}?_\w(?=[ \\])", ""),
    "a condition": (r"\\substack\{(\w=\w) \\\\ [^{}]*\}", r"\1"),
    "a case": (r" & (\w) < (\w) ", r" & \1 > \2 "),
}
"""Slips of the pen: what is hit, and what stands there then."""


def slips(text: str, pattern: str) -> list[re.Match[str]]:
    """Where in the displays of a document a slip may happen."""
    displays = re.finditer(r"\\\[.*?\\\]", text, re.DOTALL)
    return [m for d in displays for m in re.compile(pattern).finditer(text, d.start(), d.end())]


@pytest.mark.parametrize("name", ["bptt", "deep", "nielsen", "residual", "watermelon"])
def test_the_reader_sees_slips(name: str) -> None:
    """Whatever is lost or exchanged in a formula is found."""
    path = ROOT / "examples" / f"{name}.bp"
    text, random = fragment_of(path), Random(name)
    tried = 0
    for what, (pattern, instead) in MUTATIONS.items():
        spots = slips(text, pattern)
        for spot in random.sample(spots, min(2, len(spots))):
            changed = text[: spot.start()] + spot.expand(instead) + text[spot.end():]
            if changed != text:
                tried += 1
                found = read_back(changed, subject_of(path), name, thorough=False)
                assert found.complaints, (what, text[max(0, spot.start() - 200): spot.end() + 60])
    assert tried > 12


@pytest.mark.parametrize(("slip", "instead"), [
    (r"\^\{\\top\}", ""), (r"\\odot", r"\\,"), (r"\\mathbf\{1\} - ", "-"), (r"(?<=&= )-", ""), (r"\{3\}", "{2}"),
])
def test_slips_in_matrix_lines(slip: str, instead: str) -> None:
    path = ROOT / "examples" / "watermelon.bp"
    derivation, printed = told(path, "nielsen")
    text = latex_document_fragment(derivation, Options(notation=printed))
    spots = [spot for spot in slips(text, slip) if spot.start() > text.index("Matrix form}")]
    assert spots
    for spot in spots:
        changed = text[: spot.start()] + spot.expand(instead) + text[spot.end():]
        found = read_back(changed, Subject.of(path, derivation), "matrices")
        assert found.complaints, text[spot.start() - 80: spot.end() + 40]


@pytest.mark.parametrize(("slip", "instead", "complaint"), [
    (r"\sum_{m=1}^{l} \frac{\partial E}{\partial \hat", r"\sum_{j=1}^{l} \frac{\partial E}{\partial \hat",
     "free on the right alone"),
    (r"\tag{L2}", "", "(L2) is cited and stands nowhere"),
    (r"\boxed{\Delta \theta_j = -\eta\,g_j}", r"\Delta \theta_j = -\eta\,g_j", "no box for theta"),
    (r"\beta_j = \sum_{h=1}^{q} w_{hj}\,b_h", r"\beta_j = \sum_{h=1}^{q} w_{hj}", "the file"),
    ("h, n = 1, \\dots, q", "h, n = 1, \\dots, d", ""),
])
def test_the_reader_minds_the_whole_story(slip: str, instead: str, complaint: str) -> None:
    path = ROOT / "examples" / "watermelon.bp"
    text = fragment_of(path)
    assert slip in text
    assert any(complaint in c for c in verdict(text.replace(slip, instead), path).complaints)
