"""The gallery is up to date, and GitHub can show it."""

from __future__ import annotations

import re

import pytest

from tests.gallery import GALLERY, anchor, entry, gallery, title
from tests.golden_examples import EXAMPLES
from tests.test_katex import complaint

PAGE = GALLERY.read_text(encoding="utf-8")


def test_the_page_is_what_the_examples_give() -> None:
    assert gallery() == PAGE


def test_every_link_leads_to_a_heading() -> None:
    headings = {anchor(line.lstrip("# ")) for line in PAGE.splitlines() if line.startswith("#")}
    links = re.findall(r"\]\(#([^)]*)\)", PAGE)
    assert len(links) == len(EXAMPLES)
    assert set(links) <= headings


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_entry_has_the_model_and_displays_that_katex_reads(name: str) -> None:
    text = entry(name)
    displays = re.findall(r"^\$\$\n(.*?)\n\$\$$", text, re.MULTILINE | re.DOTALL)
    assert f"## {title(text.partition('```text')[2].lstrip())}" in text
    assert len(displays) >= 3
    assert [c for d in displays if (c := complaint(d, True))] == []
