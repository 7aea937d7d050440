"""Every example's document in every language and notation compiles, and no line is too wide for its page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symbp.render.options import LANGUAGES, Language
from symbp.render.standalone import room, standalone
from tests.sweep import EXAMPLES, NOTATIONS, fragment

ENGINES = {"en": "pdflatex", "zh": "xelatex"}
WIDEST = 10.0
"""Points that a line may stand out; more is seen on the page."""

OVERFULL = re.compile(r"Overfull \\[hv]box \((?P<points>[\d.]+)pt too (?:wide|high)\)[^\n]*")
ALL_MARKER = "the documents stand here"


def together(parts: dict[str, str], language: Language) -> str:
    """One file with all documents, each on pages of its own, and each named in the log as it begins."""
    whole = "\n".join(f"\\clearpage\\typeout{{[document {name}]}}\n{text}" for name, text in parts.items())
    return standalone(ALL_MARKER, language).replace(ALL_MARKER, whole)


def compiled(text: str, engine: str, folder: Path) -> str:
    """The log of a run that may neither call a shell nor stop for questions; fails where TeX finds an error."""
    (folder / "all.tex").write_text(text, encoding="utf-8")
    command = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    if engine == "xelatex":
        command.insert(1, "-no-pdf")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "max_print_line": "1000"}
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False, env=environment)
    log = (folder / "all.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-3000:]
    return log


def too_wide(log: str) -> list[str]:
    """The lines of a log that tell of a box wider than it may be, with the document that it is in."""
    found, document = [], ""
    for line in log.splitlines():
        document = line if line.startswith("[document ") else document
        box = OVERFULL.match(line)
        if box and float(box["points"]) > WIDEST:
            found.append(f"{document} {line}")
    return found


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_examples_are_set_within_the_margins(language: Language, notation: str, tmp_path: Path) -> None:
    engine = ENGINES[language]
    if shutil.which(engine) is None:
        pytest.skip(f"needs {engine}")
    parts = {path.stem: fragment(path, notation, language, room(align_left=False)) for path in EXAMPLES}
    log = compiled(together(parts, language), engine, tmp_path)
    assert log.count("[document ") >= len(EXAMPLES)
    assert too_wide(log) == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_fragments_fit_an_article_as_it_is(tmp_path: Path) -> None:
    parts = {path.stem: fragment(path, "plain", "en") for path in EXAMPLES}
    head = "\\documentclass{article}\n\\usepackage{amsmath}\n\\emergencystretch=9em\n\\begin{document}\n"
    whole = together(parts, "en")
    narrow = head + whole[whole.index("\\begin{document}") + len("\\begin{document}"):]
    assert too_wide(compiled(narrow, "pdflatex", tmp_path)) == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_displays_at_the_left_margin_fit(tmp_path: Path) -> None:
    parts = {path.stem: fragment(path, "plain", "en", room(align_left=True)) for path in EXAMPLES}
    whole = together(parts, "en").replace("a4paper", "a4paper,fleqn", 1)
    assert too_wide(compiled(whole, "pdflatex", tmp_path)) == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_line_that_is_too_wide_is_found(tmp_path: Path) -> None:
    wide = together({"wide": "\\[\n" + " + ".join(["x_1"] * 60) + "\n\\]"}, "en")
    assert [line.split("]")[0] for line in too_wide(compiled(wide, "pdflatex", tmp_path))] == ["[document wide"]
