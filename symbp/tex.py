"""A LaTeX file → PDF, through the TeX that is installed: in an empty folder, without a shell, within a time limit."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from symbp.errors import SymbpError
from symbp.render.options import Language

SECONDS = 60.0
"""How long TeX may take."""

ENGINES: dict[Language, str] = {"en": "pdflatex", "zh": "xelatex"}
PACKAGES: dict[Language, str] = {
    "en": "texlive-latex-recommended", "zh": "texlive-xetex and texlive-lang-chinese",
}
"""What to install, by the names that Debian and Ubuntu give."""

ARGUMENTS = ("-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error")
KEPT = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")
"""Of the environment, what TeX and its fonts are found by."""
CONFINED = {"openin_any": "p", "openout_any": "p", "max_print_line": "1000", "LC_ALL": "C"}
"""TeX reads and writes in its own folder only; its messages aren't broken into lines."""

LOG_LIMIT = 2**20
JOB = "symbp"


class TexError(SymbpError):
    """No PDF was made, for want of TeX or by a failure of it."""


def pdf(source: str, language: Language = "en", seconds: float = SECONDS) -> bytes:
    """The PDF of a whole LaTeX file. Raises TexError, which says what to install, or what TeX said."""
    engine = shutil.which(ENGINES[language])
    if engine is None:
        raise TexError(
            f"a PDF needs {ENGINES[language]}, which isn't installed: install TeX Live (on Debian and Ubuntu "
            f"{PACKAGES[language]}), or write a .tex file"
        )
    with TemporaryDirectory(prefix="symbp-") as folder:
        where = Path(folder)
        (where / f"{JOB}.tex").write_text(source, encoding="utf-8")
        status = _run([engine, *ARGUMENTS, f"{JOB}.tex"], where, seconds)
        log = _log(where / f"{JOB}.log")
        if status:
            raise TexError(_failure(log, status, language))
        try:
            made = (where / f"{JOB}.pdf").read_bytes()
        except OSError:
            made = b""
    if not made.startswith(b"%PDF"):
        raise TexError(f"{ENGINES[language]} made no PDF")
    return made


def _run(command: list[str], where: Path, seconds: float) -> int:
    """The exit status. What runs too long is ended together with everything that it started."""
    environment = {key: os.environ[key] for key in KEPT if key in os.environ} | CONFINED
    try:
        process = subprocess.Popen(
            command, cwd=where, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )
    except OSError as error:
        raise TexError(f"{Path(command[0]).name} can't be run: {(error.strerror or str(error)).lower()}") from None
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise TexError(f"{Path(command[0]).name} took longer than {seconds:g} seconds, and was stopped") from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its children, where it hasn't ended by itself."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _log(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(LOG_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""


def _failure(log: str, status: int, language: Language) -> str:
    """What went wrong in one line: TeX's first message."""
    message = re.search(r"^! *(.*)", log, re.MULTILINE)
    said = "".join(c if c.isprintable() else " " for c in message[1]).strip() if message else f"exit status {status}"
    lacking = re.search(r"File `([^']*)' not found|[Ff]ont .* cannot be found", said)
    advice = f"; install {PACKAGES[language]} (the names on Debian and Ubuntu)" if lacking else ""
    return f"{ENGINES[language]} failed: {said}{advice}"
