"""Sentences in every language: the same keys and slots, the same mathematics, every message translated."""

from __future__ import annotations

import re
from functools import cache

import pytest

import symbp
from symbp.api import Derivation
from symbp.calculus.conditions import conditions_of
from symbp.calculus.functions import FUNCTIONS
from symbp.render.blocks import Quoted
from symbp.render.document import latex_document_fragment, text_document
from symbp.render.options import LANGUAGES, Options
from symbp.render.prose import Prose, templates
from symbp.shipped import example_names, example_text

SLOT = re.compile(r"\{([a-z_]+)\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
DISPLAY = re.compile(r"\\\[.*?\\\]", re.DOTALL)
INLINE = re.compile(r"\$[^$]+\$")


@cache
def derived(name: str) -> Derivation:
    return symbp.derive(symbp.parse(example_text(name), name))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_sentence_with_the_same_slots(language):
    own, english = templates(language), templates("en")
    assert set(own) == set(english)
    assert {k: set(SLOT.findall(t)) for k, t in own.items()} == {k: set(SLOT.findall(t)) for k, t in english.items()}


def test_chinese_sentences_are_chinese():
    """No English sentence is left in the table, and punctuation after Chinese is full-width."""
    for key, text in templates("zh").items():
        bare = SLOT.sub("", text)
        assert CHINESE.search(bare) or not re.search(r"[A-Za-z]{3}", bare), (key, text)
        assert not re.search(r"[\u4e00-\u9fff][,;:?!.]", bare), (key, text)


@pytest.mark.parametrize("name", example_names())
def test_displays_are_the_same_in_every_language(name):
    texts = [latex_document_fragment(derived(name).data, Options(language=language), True) for language in LANGUAGES]
    displays = [DISPLAY.findall(text) for text in texts]
    assert displays[0] and all(found == displays[0] for found in displays)
    inline = [sorted(INLINE.findall(DISPLAY.sub("", text))) for text in texts]
    assert inline[0] and all(found == inline[0] for found in inline)


@pytest.mark.parametrize("name", example_names())
def test_a_chinese_document_has_no_english_sentence(name):
    text = latex_document_fragment(derived(name).data, Options(language="zh"), True)
    prose = re.sub(r"\\[A-Za-z]+\*?", "", INLINE.sub("", DISPLAY.sub("", text)))
    assert CHINESE.search(prose)
    assert not re.search(r"[a-z]{3,} [a-z]{2,}", prose), prose


def test_what_is_said_at_kinks_is_translated():
    prose = Prose("zh")
    said = {kink.says for function in FUNCTIONS.values() for kink in function.kinks}
    maxima = symbp.derive(symbp.parse("param a[i], b[i]\nindex i in 1..3\nloss E = max(i, a[i]) + min(i, b[i])", "x"))
    said |= {c.says for c in conditions_of(maxima.data.forward, _no_signs(maxima), {"E"}) if c.kind == "kink"}
    assert len(said) > 7
    for text in said:
        assert any(isinstance(part, str) and CHINESE.search(part) for part in prose.message(text)), text


def _no_signs(derivation: Derivation):
    from symbp.calculus.signs import Signs

    return Signs(derivation.data.forward, (), frozenset(), derivation.model.arrays)


def test_a_message_without_a_template_stands_as_it_is():
    assert Prose("zh").message("something new") == (Quoted("something new"),)
    assert Prose("en").message("something new") == (Quoted("something new"),)


def test_without_reasons_there_are_displays_and_headings():
    told = text_document(derived("watermelon").data, Options(reasons=False), True)
    assert "the chain rule over" not in told and "(E2)" in told
    assert "the chain rule over" in text_document(derived("watermelon").data, Options(), True)


def test_brief_is_much_shorter_and_keeps_every_result():
    brief = text_document(derived("watermelon").data, Options(detail="brief"), True)
    textbook = text_document(derived("watermelon").data, Options(), True)
    full = text_document(derived("watermelon").data, Options(detail="full"), True)
    assert len(brief) * 1.8 < len(textbook) < len(full) / 1.2
    for result in ("Δw[h,j] = η · g[j] · b[h]", "Δv[i,h] = η · e[h] · x[i]", "Δθ[j] = −η · g[j]", "Δγ[h] = −η · e[h]"):
        assert result in brief and result in textbook and result in full
