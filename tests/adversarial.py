"""Bad, hostile and delicate inputs: their loose syntax made into model files, run, and held against what each must get.

A case declares its arrays under `options`; here they become declarations in front of its own text, and lines are
counted from the case's first. Declarations that are no statements of the language stand behind.
"""

from __future__ import annotations

import base64
import codecs
import contextlib
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symbp.errors import SymbpError
from symbp.language.parse import parse

HERE = Path(__file__).parent
ROOT = HERE.parent
FILE = "case.bp"
SECONDS = 60
BOM = codecs.BOM_UTF8

GENERATED: dict[str, Callable[[], str]] = {
    "lex-25-long-line-col": lambda: "L = " + "w*x+" * 250_000 + "$\n",
    "lex-33-name-1e6": lambda: "L = " + "a" * 1_000_000 + "*x\n",
    "bomb-06-1e6-terms": lambda: "L = " + "+".join(["w*x"] * 1_000_000) + "\n",
    "bomb-09-1e6-blank-lines": lambda: "\n" * 1_000_000 + "L = w*x\n",
    "bomb-12-1e5-sin": lambda: "L = " + "sin(" * 100_000 + "w" + ")" * 100_000 + "\n",
    "bomb-15-nested-sums-3000": lambda: "L = " + "".join(f"sum(i{q}, " for q in range(3000)) + "w" + ")" * 3000 + "\n",
    "bomb-21-dag-64": lambda: "y0 = w\n"
    + "".join(f"y{q + 1} = sin(y{q})*cos(y{q})\n" for q in range(64)) + "L = y64\n",
    "bomb-24-laughs-10": lambda: "f0(a) = a*w\n"
    + "".join(f"f{q + 1}(a) = " + " + ".join([f"f{q}(a)"] * 10) + "\n" for q in range(12)) + "L = f12(x)\n",
    "bomb-27-max-500": lambda: "L = max(" + ", ".join(f"x[{q}]" for q in range(1, 501)) + ")\n",
    "bomb-30-1e5-definitions": lambda: "".join(f"a{q} = w*x + {q}\n" for q in range(100_000)) + "L = a99999\n",
    "bomb-33-many-args": lambda: "L = exp(" + ", ".join(["w"] * 100_000) + ")\n",
    "bomb-36-slow-report": lambda: "h0 = w\n"
    + "".join(f"h{q + 1} = exp(h{q})/(1 + exp(h{q}) + h{q}^2)\n" for q in range(12)) + "L = h12\n",
    "own-bomb-parens": lambda: "L = " + "(" * 50_000 + "w" + ")" * 50_000 + "\n",
    "own-bomb-open-parens": lambda: "L = " + "(" * 100_000,
    "own-bomb-minus": lambda: "L = " + "-" * 100_000 + "w\n",
    "own-bomb-power-tower": lambda: "L = " + "w^" * 50_000 + "2\n",
    "own-bomb-helpers-doubling": lambda: "f0(a) = sin(a)\n"
    + "".join(f"f{q + 1}(a) = f{q}(f{q}(a))\n" for q in range(60)) + "L = f60(w)\n",
    "own-bomb-nest-200": lambda: "L = " + "sin(" * 150 + "w" + ")" * 150 + "\n",
    "own-bomb-digits": lambda: "L = " + "9" * 100_000 + "*w\n",
    "own-bomb-subscript-digits": lambda: "L = x[" + "1" * 5_000 + "]\n",
    "own-bomb-many-errors": lambda: "".join(f"a{q} = nosuch{q}\n" for q in range(5_000)) + "L = w\n",
    "own-bomb-many-lexical-errors": lambda: "$\n" * 20_000,
    "own-bomb-deep-index": lambda: "L = x[" + "(" * 5_000 + "1" + ")" * 5_000 + "]\n",
    "own-bomb-chain-2000": lambda: "y0 = w\n"
    + "".join(f"y{q + 1} = tanh(y{q}*w)\n" for q in range(2_000)) + "L = y2000\n",
    "own-bomb-conditions": lambda: "L = sum(i if " + " and ".join(["i != 2"] * 3_000) + ", x[i])\n",
    "own-bomb-alternatives": lambda: "L = sum(i if " + " and ".join(f"(i != {q} or i > {q})" for q in range(60))
    + ", x[i])\n",
    "own-bomb-product-1000": lambda: "L = " + "*".join(["w"] * 1_000) + "\n",
    "own-bomb-long-comment": lambda: "# " + "x" * 900_000 + "\nL = w*x\n",
    "own-bomb-where": lambda: "L = " + "where(w > 0, " * 2_000 + "w" + ", x)" * 2_000 + "\n",
    "own-bomb-assume": lambda: "L = w\n" + "assume w > 0\n" * 30_000,
}


@dataclass(frozen=True)
class Case:
    id: str
    kind: str
    text: bytes
    expectation: dict[str, Any]
    options: dict[str, Any]

    @property
    def expects(self) -> str:
        return str(self.expectation["type"])


@dataclass(frozen=True)
class Ran:
    """What one command did, in how many seconds of processor time. `memory_mb` is the process's peak, None where it ran
    inside this one.
    """

    status: int
    out: str
    err: str
    seconds: float
    memory_mb: float | None = None


def load(name: str) -> list[Case]:
    cases = json.loads((HERE / name).read_text(encoding="utf-8"))["cases"]
    return [Case(c["id"], c["kind"], _text(c), c["expectation"], c["options"]) for c in cases]


def _text(case: dict[str, Any]) -> bytes:
    written = case["input"]
    if written.startswith("@b64:"):
        return base64.b64decode(written.removeprefix("@b64:"))
    if written.startswith("@gen:"):
        return GENERATED[case["id"]]().encode()
    return bytes(written, "utf-8")


def declarations(options: dict[str, Any]) -> str:
    """The arrays of `options` as `param` lines; `arrays` gives the shape of a defined one, by its first index `i`."""
    lines = []
    for name, shape in options["params"].items():
        axes = "[" + ",".join(map(str, shape)) + "]" if shape else ""
        lines.append(f"param {name}{axes}")
    lines += [f"index i in 1..{shape[0]}" for shape in options.get("arrays", {}).values()]
    lines += options.get("lines", [])
    if at := options.get("at"):
        scalars = {name: value for name, value in at.items() if "[" not in name}
        if scalars:
            lines.append("at " + ", ".join(f"{name} = {value}" for name, value in scalars.items()))
    return "".join(line + "\n" for line in lines)


def in_our_syntax(text: str) -> str:
    """`sum(i, lo, hi, body)` as `sum(i in lo..hi, body)`."""
    return re.sub(r"\b(sum|prod)\((\w+), ([^,()]+), ([^,()]+), ", r"\1(\2 in \3..\4, ", text)


def program(case: Case, text: bytes | None = None) -> tuple[bytes, int]:
    """The model file for a case, and how many lines stand in front of the case's first."""
    own = case.text if text is None else text
    if case.expects != "error":
        own = in_our_syntax(own.decode()).encode()
    if not _has_statement(own):
        return own, 0
    extra = declarations(case.options)
    if _is_well_formed(extra):
        mark = BOM if own.startswith(BOM) else b""
        return mark + extra.encode() + own.removeprefix(BOM), extra.count("\n")
    separator = b"" if own.endswith((b"\n", b"\r")) else b"\n"
    return own + separator + extra.encode(), 0


def _is_well_formed(text: str) -> bool:
    try:
        parse(text)
    except SymbpError:
        return False
    return True


def _has_statement(text: bytes) -> bool:
    lines = text.removeprefix(BOM).splitlines()
    return any(line.strip() and not line.strip().startswith(b"#") for line in lines)


def arguments(case: Case) -> list[str]:
    return ["--of", case.options["loss"], "--wrt", ",".join(case.options["wrt"])]


def write(case: Case, folder: Path, text: bytes | None = None) -> tuple[str, int]:
    """Writes the model file, and gives its name and the number of lines in front."""
    name = case.options.get("filename", FILE)
    data, before = program(case, text)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return name, before


def run_here(arguments: list[str], folder: Path) -> Ran:
    """`symbp arguments` inside this process."""
    from symbp.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    argv, sys.argv = sys.argv, ["symbp", *arguments]
    begun = time.process_time()
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.argv = argv
    seconds = time.process_time() - begun
    shown, told = (stream.buffer.getvalue().decode() for stream in (out, err))
    return Ran(status, shown, told, seconds)


def run_apart(arguments: list[str], folder: Path, limit: float) -> Ran:
    """`symbp arguments` in a process of its own, killed after `limit` seconds of the clock."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "symbp", *arguments], cwd=folder, env=environment, stdout=out, stderr=err,
            stdin=subprocess.DEVNULL,
        )
        status, usage, memory = _wait(process, time.monotonic() + limit)
        seconds = usage.ru_utime + usage.ru_stime
        out.seek(0)
        err.seek(0)
        shown, told = out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")
        return Ran(status, shown, told, seconds, memory)


def _wait(
    process: subprocess.Popen[bytes], deadline: float
) -> tuple[int, resource.struct_rusage, float | None]:
    """Its status, its times, and the most memory that it was seen to hold."""
    memory = None
    while True:
        memory = _memory(process.pid) or memory
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage, memory
        if time.monotonic() > deadline:
            process.send_signal(signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.02)


def _memory(pid: int) -> float | None:
    """The most memory in MB that a process has held since its program began; None where the system doesn't say.

    `ru_maxrss` won't do: Linux starts it at the memory of the process that forked."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)


POSITION = re.compile(r"^(?P<file>.*?):(?P<line>\d+):(?P<column>\d+): (?P<rest>.*)$", re.MULTILINE)


def misses(case: Case, ran: Ran, before: int = 0) -> list[str]:
    """What an error, refusal or answer lacks of what the case must get; empty where nothing."""
    want = case.expectation
    found = list(_ceilings(want, ran)) + list(_manners(want, ran))
    match case.expects:
        case "error":
            found += _error(want, ran, before)
        case "refuse":
            found += [f"status {ran.status}"] if ran.status != 2 else []
            found += _mentions(want, ran)
        case "refuse_or_answer":
            if ran.status != 0 and (ran.status != 2 or want.get("must_answer")):
                found.append(f"status {ran.status}: {ran.err[:200]}")
        case _:
            if ran.status != 0:
                found.append(f"status {ran.status}: {ran.err[:200]}")
    return found


def _ceilings(want: dict[str, Any], ran: Ran) -> list[str]:
    found = []
    if ran.seconds > want.get("seconds", SECONDS):
        found.append(f"{ran.seconds:.1f} s")
    if ran.memory_mb is not None and ran.memory_mb > want.get("memory_mb", 2048):
        found.append(f"{ran.memory_mb:.0f} MB")
    return found


def _manners(want: dict[str, Any], ran: Ran) -> list[str]:
    found = []
    if "Traceback" in ran.err:
        found.append("traceback: " + ran.err.strip().splitlines()[-1])
    if ran.status == 2 and ran.out:
        found.append("standard output is not empty")
    if ran.status not in (0, 1, 2):
        found.append(f"status {ran.status}")
    if len(ran.err.encode()) > want.get("max_message_bytes", 100_000):
        found.append(f"message of {len(ran.err.encode())} bytes")
    found += [f"raw {raw!r}" for raw in want.get("no_raw", ()) if raw in ran.out + ran.err]
    return found


def _error(want: dict[str, Any], ran: Ran, before: int) -> list[str]:
    """The first mistake that is told of the case's own text."""
    found = [] if ran.status == 2 else [f"status {ran.status}"]
    if "line" in want:
        places = (place for place in POSITION.finditer(ran.err) if int(place["line"]) > before)
        place = next(places, None)
        if place is None:
            return [*found, f"no position: {ran.err[:200]!r}"]
        line, column = int(place["line"]) - before, int(place["column"])
        if line != want["line"]:
            found.append(f"line {line}, not {want['line']}: {place['rest']}")
        if abs(column - want.get("column", column)) > want.get("column_slack", 0):
            found.append(f"column {column}, not {want['column']}: {place['rest']}")
    return found + _mentions(want, ran)


def _mentions(want: dict[str, Any], ran: Ran) -> list[str]:
    told = ran.err.casefold()
    absent = [m for m in want.get("mentions", ()) if m.casefold() not in told]
    return [f"no mention of {absent}: {ran.err[:300]!r}"] if absent else []
