"""The command line's edge: text in from files, whole results out, and every failure as one line on standard error."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from symbp.errors import SymbpError

READ_LIMIT = 2**20 + 1
"""Bytes that are read of a model: one more than it may have."""

_PROBE = "∂Σσδηŷ⁽²⁾₁·−≤√"


class UsageError(SymbpError):
    """A command line, or a file named on it, that can't be served."""


def printable(text: str) -> str:
    """`text` with control, bidirectional and other unprintable characters as \\u{202E}: safe on a terminal."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):X}}}" for c in text)


def read_model(path: str) -> tuple[bytes, str]:
    """The bytes of a file (`-`: standard input), no more than tell that they are too many, and the name for messages.

    Raises UsageError where it can't be read.
    """
    name = "<stdin>" if path == "-" else path
    try:
        return _read_bytes(path), name
    except OSError as error:
        raise UsageError(f"{printable(name)}: {_reason(error)}") from None
    except ValueError:
        raise UsageError(f"{printable(name)}: a file name can't hold a NUL character") from None


def _read_bytes(path: str) -> bytes:
    if path != "-":
        with open(path, "rb") as file:
            return file.read(READ_LIMIT)
    if sys.stdin is None:
        raise UsageError("<stdin>: standard input is closed")
    return sys.stdin.buffer.read(READ_LIMIT)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()


def terminal_shows_unicode() -> bool:
    """Whether standard output's encoding has the letters of mathematics."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        _PROBE.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def readable(text: str, out: str | None) -> str:
    """`text` as it can be read where it goes: d for ∂, and an escape for any other letter that is missing there."""
    if out not in (None, "-"):
        return text
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        letters = text if terminal_shows_unicode() else text.replace("∂", "d")
        return "".join(c if _fits(c, encoding) else f"\\u{{{ord(c):X}}}" for c in letters)
    return text


def _fits(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def write_result(text: str, out: str | None, inputs: tuple[str, ...] = ()) -> None:
    """Writes the whole of `text` to the file `out` as UTF-8, or to standard output (None or `-`). Raises UsageError.

    A file is complete or untouched: the text goes to a neighbour first, which then takes the file's name. A file that
    is among `inputs` is refused. A closed pipe is no failure: whoever reads has seen enough.
    """
    text = text if text.endswith("\n") or not text else text + "\n"
    if out is None or out == "-":
        _write_standard_output(text)
    else:
        write_bytes(text.encode("utf-8"), out, inputs)


def check_file_name(out: str) -> None:
    """Raises UsageError for what can't name a file, before anything is made for it."""
    if not out or out.endswith("/"):
        raise UsageError(f"`-o {printable(out)}`: not the name of a file")


def write_bytes(content: bytes, out: str, inputs: tuple[str, ...] = ()) -> None:
    """Writes a file completely or leaves it untouched. Raises UsageError, also for a file that is among `inputs`."""
    check_file_name(out)
    for path in inputs:
        if path != "-" and os.path.exists(out) and os.path.samefile(path, out):
            raise UsageError(f"{printable(out)}: this is the model itself; name another file to write to")
    try:
        _write_file(Path(os.path.realpath(out)), content)
    except OSError as error:
        raise UsageError(f"{printable(out)}: can't be written: {_reason(error)}") from None
    except ValueError:
        raise UsageError(f"{printable(out)}: not a file name") from None


def _write_file(target: Path, data: bytes) -> None:
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with open(target, "wb") as device:
            device.write(data)
        return
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "permission denied")
    neighbour = target.with_name(f".symbp-{os.getpid()}.tmp")
    try:
        descriptor = os.open(neighbour, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(neighbour, mode)
        os.replace(neighbour, target)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


def _write_standard_output(text: str) -> None:
    if sys.stdout is None:
        raise UsageError("standard output is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_standard_output()
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise UsageError(
            f"standard output ({error.encoding}) can't show `\\u{{{ord(letter):X}}}`; "
            "write to a file with `-o`, or set PYTHONIOENCODING=utf-8"
        ) from None
    except OSError as error:
        abandon_standard_output()
        raise UsageError(f"standard output can't be written: {_reason(error)}") from None


def abandon_standard_output() -> None:
    """Sends what is still buffered nowhere, so that the interpreter's own last flush stays silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def complain(message: str) -> None:
    """One message on standard error, whatever its encoding; lost where nobody listens."""
    if sys.stderr is None:
        return
    encoding = getattr(sys.stderr, "encoding", None) or "ascii"
    try:
        sys.stderr.write(message.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()
    except OSError:
        return


def run_guarded(command: Callable[[], int], describe: Callable[[SymbpError], str]) -> NoReturn:
    """Runs a command and exits with its status; a foreseeable failure is a message and a status, never a traceback."""
    try:
        status = command()
    except SymbpError as error:
        complain(describe(error))
        status = error.exit_status
    except BrokenPipeError:
        abandon_standard_output()
        status = 0
    except OSError as error:
        complain(f"error: {_reason(error)}")
        status = 2
    except MemoryError:
        complain("error: out of memory; the result is too large to write out here")
        status = 2
    except RecursionError:
        complain("error: nested too deeply to work out; give the inner parts names of their own")
        status = 2
    except KeyboardInterrupt:
        complain("interrupted")
        status = 130
    sys.exit(status)
