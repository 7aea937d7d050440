"""Every example in every notation, language and format: what tests that look at all documents go through."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import symbp
from symbp.calculus.checks import Checks
from symbp.calculus.derivation import Derivation
from symbp.calculus.differentiate import differentiate
from symbp.calculus.model import Model
from symbp.checks import checks_of
from symbp.notation.apply import with_notation
from symbp.notation.presets import preset_names
from symbp.render.document import latex_document_fragment, markdown_document
from symbp.render.notation import Notation
from symbp.render.options import LANGUAGES, Language, Options

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(ROOT.glob("examples/*.bp"))
NOTATIONS = preset_names()


@cache
def model_of(path: Path) -> Model:
    return symbp.load(path)


@cache
def told(path: Path, notation: str) -> tuple[Derivation, Notation]:
    """An example's derivation under a notation, and how that prints."""
    model, printed = with_notation(model_of(path), notation)
    return (symbp.derive(model).data if printed.name == "plain" else differentiate(model)), printed


@cache
def checked(path: Path, notation: str) -> Checks:
    """What a reader can check of it."""
    return checks_of(told(path, notation)[0])


def fragment(path: Path, notation: str, language: Language, width: int | None = None) -> str:
    derivation, printed = told(path, notation)
    options = Options(language=language, notation=printed, max_width=width)
    return latex_document_fragment(derivation, options, checks=checked(path, notation))


def documents(path: Path, notation: str) -> Iterator[str]:
    """The LaTeX and the Markdown of an example in every language."""
    derivation, printed = told(path, notation)
    for language in LANGUAGES:
        options = Options(language=language, notation=printed)
        yield latex_document_fragment(derivation, options, checks=checked(path, notation))
        yield markdown_document(derivation, options, checks=checked(path, notation))
