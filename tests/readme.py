"""Runs the blocks of README, tutorial and the page about costs; `python -m tests.readme` writes their outputs anew.

A `console` block is a session in a folder that holds the examples and nothing else: each `$ command` is run by bash,
and what it prints on both streams stands below it. A command that starts with `cat NAME` also makes that file, of what
stands below it, so that a reader sees what the next command reads. A command that writes a PDF is run where TeX is
installed. A `pycon` block is a doctest in the same folder.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/tutorial.md", "docs/costs.md")
_BLOCK = re.compile(r"^```(console|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One command of a block and the text that stands below it."""

    command: str
    shown: str


def blocks(text: str, kind: str) -> Iterator[str]:
    return (body for k, body in _BLOCK.findall(text) if k == kind)


def examples(block: str) -> tuple[Example, ...]:
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    assert parts[0] == "", "a console block starts with a command"
    return tuple(Example(c, s) for c, s in zip(parts[1::2], parts[2::2], strict=True))


def folder() -> TemporaryDirectory[str]:
    """A new folder with the examples in it."""
    made: TemporaryDirectory[str] = TemporaryDirectory()
    shutil.copytree(ROOT / "examples", Path(made.name, "examples"))
    return made


def run(example: Example, where: Path) -> str:
    """What the command prints, both streams as a terminal shows them."""
    if example.command.endswith(".pdf") and shutil.which("pdflatex") is None:
        return example.shown
    if example.command.startswith("cat "):
        (where / example.command.removeprefix("cat ")).write_text(example.shown, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    script = f'symbp() {{ "{sys.executable}" -m symbp "$@"; }}\n{example.command}'
    done = subprocess.run(
        ["bash", "-c", script], cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=120, check=False,
    )
    return done.stdout.decode()


def rerun_console(text: str) -> str:
    """The text with the output of every console command as it is now."""
    with folder() as where:
        def renew(match: re.Match[str]) -> str:
            if match[1] != "console":
                return match[0]
            return "```console\n" + "".join(f"$ {e.command}\n{run(e, Path(where))}" for e in examples(match[2])) + "```"

        return _BLOCK.sub(renew, text)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def failures_in_python(name: str) -> str:
    """What doctest has to say about a page's pycon blocks; empty where all is as shown."""
    report: list[str] = []
    source = "\n".join(blocks(page(name), "pycon"))
    test = doctest.DocTestParser().get_doctest(source, {}, name, name, 0)
    with folder() as where, chdir(where):
        doctest.DocTestRunner().run(test, out=report.append)
    return "".join(report)


if __name__ == "__main__":
    for written in PAGES:
        (ROOT / written).write_text(rerun_console(page(written)), encoding="utf-8")
        print(failures_in_python(written), end="")
