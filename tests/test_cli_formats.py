"""`derive` in every format: what the options mean, which contradict each other, and what the endings of files say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symbp
from symbp.console import UsageError
from symbp.output import Output

MODEL = "f(x, y) = x*sigmoid(x*y)"
ROOT = Path(__file__).resolve().parent.parent


def symbp_command(*arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "symbp", *arguments]
    environment = {"PATH": "/nowhere", "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, timeout=120, check=False, env=environment)


@pytest.mark.parametrize(("out", "style", "expected"), [
    ("x.tex", None, "latex"), ("x.md", None, "markdown"), ("x.MD", None, "markdown"), ("x.txt", None, "text"),
    ("x.json", None, "json"), ("x.pdf", None, "pdf"), ("x.pdf", "latex", "pdf"), ("x", None, "latex"),
    ("x.md", "text", "text"), ("-", "json", "json"), (None, "markdown", "markdown"),
])
def test_the_format(out: str | None, style: str | None, expected: str) -> None:
    assert Output.of(style, out, False).format == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("arguments", "said"), [
    (("text", "x.pdf", False), "`-o x.pdf` is made from LaTeX"),
    (("text", None, True), "`--document` makes a whole LaTeX file; it means nothing for text"),
    ((None, "x.md", True), "it means nothing for Markdown"),
    (("json", None, False, ["--align"]), "`--align` means nothing for JSON"),
    ((None, "x.json", False, ["--max-width"]), "`--max-width` means nothing for JSON"),
])
def test_contradictions(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Output.of(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [("--detail", "brief"), ("--no-reasons",), ("--align", "left"), ("--max-width", "60")]
)
def test_data_is_told_in_one_way(options: tuple[str, ...]) -> None:
    done = symbp_command("derive", "-e", MODEL, "--format", "json", *options)
    assert done.returncode == 2
    assert f"`{options[0]}` means nothing for JSON" in done.stderr.decode()


@pytest.mark.parametrize(("options", "said"), [
    (("--lang", "zh-CN"), "no document can be written in `zh-CN`; the languages are en and zh; did you mean `zh`?"),
    (("--lang", "Chinese"), "did you mean `zh`?"),
    (("--lang", "fr"), "the languages are en and zh\n"),
    (("--max-width", "10"), "a line of 10 letters is too short for formulas: 30 at least"),
    (("--max-width", "wide"), "'wide' is not a valid integer"),
    (("--detail", "long"), "'long' is not one of 'brief', 'textbook', 'full'"),
    (("-o", "notes.pdf"), "a PDF needs pdflatex, which isn't installed"),
])
def test_wrong_options_are_one_message(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    if options[0] == "-o":
        options = ("-o", str(tmp_path / options[1]))
    done = symbp_command("derive", "-e", MODEL, *options)
    assert done.returncode == 2 and not done.stdout
    assert said in done.stderr.decode() and b"Traceback" not in done.stderr


def test_the_language_is_known_before_anything_is_derived() -> None:
    assert b"`xx`" in symbp_command("derive", "no-such-file.bp", "--lang", "xx").stderr


def test_a_chinese_document_wants_unicode() -> None:
    done = symbp_command("derive", "-e", MODEL, "--lang", "zh", "--format", "latex", "--no-verify", encoding="ascii")
    assert done.returncode == 2 and b"write to a file with `-o`" in done.stderr


def test_files_by_their_ending(tmp_path: Path) -> None:
    derivation = symbp.derive(MODEL)
    written = {
        "x.tex": derivation.latex(verified=False), "x.md": derivation.markdown(verified=False),
        "x.txt": derivation.text(verified=False), "x.json": derivation.json(verified=False),
    }
    for name, expected in written.items():
        done = symbp_command("derive", "-e", MODEL, "--no-verify", "-o", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        shown = (tmp_path / name).read_text(encoding="utf-8")
        assert shown.rstrip("\n") == expected.rstrip("\n")
    assert json.loads((tmp_path / "x.json").read_text())["schema"] == 1


def test_documents_and_their_options() -> None:
    derivation = symbp.derive(MODEL)
    whole = symbp_command("derive", "-e", MODEL, "--no-verify", "--document", "--align", "left", "--detail", "brief")
    assert whole.stdout.decode() == derivation.document(verified=False, align="left", detail="brief")
    assert whole.stdout.startswith(b"\\documentclass[11pt,a4paper,fleqn]{article}\n\\usepackage{amsmath}\n")
    shown = derivation.document("zh", "chain", max_width=40, reasons=False)
    assert shown.startswith("\\documentclass[zihao=false,11pt,a4paper]{ctexart}")
    assert shown.endswith("\\end{document}\n")


def test_unknown_layouts() -> None:
    derivation = symbp.derive(MODEL)
    with pytest.raises(symbp.ModelError, match="`right` is no alignment; there are: left, centre"):
        derivation.latex(align="right")  # type: ignore[arg-type]
    with pytest.raises(symbp.ModelError, match="`long` is no detail"):
        derivation.text(detail="long")  # type: ignore[arg-type]
    with pytest.raises(symbp.ModelError, match="did you mean `en`"):
        derivation.markdown(language="en_US")  # type: ignore[arg-type]


def test_help_brings_in_nothing_heavy() -> None:
    code = "import sys; from symbp.cli import app; app.main(['derive', '--help'], standalone_mode=False);"
    code += "print([m for m in sys.modules if m in ('sympy', 'lark', 'mpmath', 'symbp.api', 'symbp.render')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_pdf_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "symbp", "derive", "-e", MODEL, "--no-verify", "-o", str(tmp_path / "notes.pdf")]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "notes.pdf").read_bytes().startswith(b"%PDF")
    assert [p.name for p in tmp_path.iterdir()] == ["notes.pdf"]
