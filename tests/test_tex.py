"""PDF through TeX: what a stand-in for TeX is given and what is said when it fails; and the real one, where it is."""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path

import pytest

import symbp
from symbp.render.standalone import standalone
from symbp.tex import TexError, pdf

MODEL = "f(x, y) = x*sigmoid(x*y)"


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A function that puts a shell script in TeX's place, and gives the folder that it may write notes to."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("HOME", str(tmp_path))

    def put(script: str, name: str = "pdflatex") -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return tmp_path

    return put


def test_what_tex_makes_is_what_comes_back(pretend) -> None:  # type: ignore[no-untyped-def]
    script = 'cat symbp.tex > "$HOME/given"; echo "$@" > "$HOME/said"; pwd > "$HOME/folder"; printf %%PDF-x > symbp.pdf'
    where = pretend(script)
    assert pdf("the source") == b"%PDF-x"
    assert (where / "given").read_text() == "the source"
    assert (where / "said").read_text() == "-no-shell-escape -interaction=nonstopmode -halt-on-error symbp.tex\n"
    assert not Path((where / "folder").read_text().strip()).exists()


def test_tex_gets_a_small_environment_and_an_empty_folder(pretend, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("SECRET", "1")
    monkeypatch.setenv("openin_any", "a")
    monkeypatch.setenv("TEXINPUTS", "/etc")
    where = pretend('ls -A > "$HOME/files"; env > "$HOME/environment"; printf %%PDF-x > symbp.pdf')
    pdf("x")
    environment = (where / "environment").read_text().splitlines()
    assert (where / "files").read_text() == "symbp.tex\n"
    assert {"openin_any=p", "openout_any=p"} <= set(environment)
    assert not any(line.startswith(("SECRET", "TEXINPUTS")) for line in environment)


def test_the_first_message_is_told(pretend) -> None:  # type: ignore[no-untyped-def]
    pretend("printf 'This is TeX\\n! Undefined control sequence.\\nl.3 x\\n! Emergency stop.\\n' > symbp.log; exit 1")
    with pytest.raises(TexError, match=r"^pdflatex failed: Undefined control sequence\.$"):
        pdf("x")


@pytest.mark.parametrize(("script", "said"), [
    ("exit 3", r"^pdflatex failed: exit status 3$"),
    ("exit 0", r"^pdflatex made no PDF$"),
    ("echo text > symbp.pdf", r"^pdflatex made no PDF$"),
    ("printf '! A\\033[31mB\\n' > symbp.log; exit 1", r"^pdflatex failed: A \[31mB$"),
])
def test_failures_are_one_line(script: str, said: str, pretend) -> None:  # type: ignore[no-untyped-def]
    pretend(script)
    with pytest.raises(TexError, match=said):
        pdf("x")


def test_what_is_missing_is_named(pretend) -> None:  # type: ignore[no-untyped-def]
    pretend("printf '! LaTeX Error: File `ctexart.cls'\"'\"' not found.\\n' > symbp.log; exit 1", "xelatex")
    with pytest.raises(TexError, match=r"`ctexart\.cls' not found\.; install texlive-xetex and texlive-lang-chinese"):
        pdf("x", "zh")


def test_what_takes_too_long_is_ended_with_its_children(pretend) -> None:  # type: ignore[no-untyped-def]
    where = pretend('sleep 30 & echo $! > "$HOME/child"; wait')
    began = time.monotonic()
    with pytest.raises(TexError, match=r"^pdflatex took longer than 0\.5 seconds, and was stopped$"):
        pdf("x", seconds=0.5)
    assert time.monotonic() - began < 10
    child = int((where / "child").read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize(("language", "engine"), [("en", "pdflatex"), ("zh", "xelatex")])
def test_without_tex_it_is_said_what_to_install(language: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TexError, match=f"needs {engine}, which isn't installed: install TeX Live .*texlive-"):
        pdf("x", language)  # type: ignore[arg-type]


def test_a_failure_leaves_the_file_as_it_was(pretend, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    pretend("exit 1")
    target = tmp_path / "notes.pdf"
    target.write_text("before")
    with pytest.raises(symbp.SymbpError):
        symbp.derive(MODEL).pdf(target)
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir() if "symbp" in p.name] == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_real_pdf(tmp_path: Path) -> None:
    symbp.derive(MODEL).pdf(tmp_path / "notes.pdf", align="left")
    assert (tmp_path / "notes.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="needs xelatex")
def test_a_real_pdf_in_chinese(tmp_path: Path) -> None:
    symbp.derive(MODEL).pdf(tmp_path / "notes.pdf", language="zh")
    assert (tmp_path / "notes.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize(("body", "said"), [
    ("\\input{/etc/passwd}", "failed"), ("\\input{../../etc/passwd}", "failed"), ("\\nosuch", "Undefined control"),
])
def test_the_real_one_reads_nothing_else(body: str, said: str) -> None:
    source = standalone("x").replace("\n\nx\n", f"\n\n{body}\n")
    with pytest.raises(TexError, match=said):
        pdf(source)
