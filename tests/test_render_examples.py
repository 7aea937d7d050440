"""Every shipped example as a document: KaTeX draws it, the gate lets it through, hash seeds change nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pykatex
import pytest

import symbp
from symbp.calculus.derivation import Derivation
from symbp.render.document import json_data, latex_document_fragment, latex_results, standalone, text_document
from symbp.render.options import Options

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.bp"))


@cache
def derived(name: str) -> Derivation:
    return symbp.derive(symbp.load(ROOT / "examples" / f"{name}.bp")).data


def formulas(fragment: str) -> Iterator[str]:
    """What stands between \\[ and \\], and between dollars."""
    for display in re.findall(r"\\\[\n(.*?)\n\\\]", fragment, re.DOTALL):
        yield re.sub(r"\\tag\{[^}]*\}", "", display)
    yield from re.findall(r"(?<!\\)\$([^$]+)\$", fragment)


def latex_strings(data: object) -> Iterator[str]:
    """Every value under a key `latex`."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "latex" and isinstance(value, str):
                yield value
            else:
                yield from latex_strings(value)
    elif isinstance(data, list):
        for item in data:
            yield from latex_strings(item)


@pytest.mark.parametrize("name", EXAMPLES)
def test_katex_draws_the_document(name: str) -> None:
    fragment = latex_document_fragment(derived(name), Options(("chain", "shared", "inlined", "expanded")))
    for formula in formulas(fragment):
        pykatex.renderToString(formula)
    pykatex.renderToString(latex_results(derived(name)).strip("$"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_katex_draws_the_data(name: str) -> None:
    data = json_data(derived(name))
    json.dumps(data)
    for latex in latex_strings({k: v for k, v in data.items() if k not in ("facts", "conditions")}):
        pykatex.renderToString(latex)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_gradient_is_boxed_once_and_nothing_is_cited_before_it_stands(name: str) -> None:
    fragment = latex_document_fragment(derived(name))
    assert fragment.count("\\boxed") == len(derived(name).gradients)
    for found in re.finditer(r"\(([FLE][0-9]+)\)", fragment):
        assert f"\\tag{{{found[1]}}}" in fragment[: found.end() + 20], found[1]


@pytest.mark.parametrize("name", EXAMPLES)
def test_text_has_the_same_parts(name: str) -> None:
    for unicode in (True, False):
        shown = text_document(derived(name), Options(unicode=unicode))
        assert shown.isascii() or unicode
        for equation in derived(name).forward:
            assert f"({equation.label})  " in shown


def test_hash_seeds_change_nothing() -> None:
    script = (
        "import sys, symbp\n"
        "for path in sys.argv[1:]:\n"
        "    d = symbp.derive(symbp.load(path))\n"
        "    print(d.latex(), d.text(), d.json())\n"
    )
    paths = [str(ROOT / "examples" / f"{name}.bp") for name in EXAMPLES[:4]]
    shown = {
        subprocess.run(
            [sys.executable, "-c", script, *paths], cwd=ROOT, check=True, capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(shown) == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("name", EXAMPLES)
def test_pdflatex_sets_it_within_the_margins(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.tex").write_text(standalone(latex_document_fragment(derived(name))), encoding="ascii")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in (tmp_path / "x.log").read_text(encoding="latin-1")
