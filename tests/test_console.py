"""The command line's edge, as a shell sees it: files, pipes, encodings, messages, exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WATERMELON = (ROOT / "examples" / "watermelon.bp").read_text(encoding="utf-8")


def symbp(
    *arguments: str | bytes, cwd: Path = ROOT, stdin: bytes = b"", encoding: str = "utf-8",
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "symbp", *arguments], cwd=cwd, input=stdin, env=environment, capture_output=True,
        timeout=60, check=False,
    )


def refused(done: subprocess.CompletedProcess[bytes]) -> str:
    """The message of a command that refused its input: status 2, nothing on standard output, no traceback."""
    message = done.stderr.decode()
    assert done.returncode == 2, message
    assert done.stdout == b""
    assert "Traceback" not in message
    assert message.strip()
    return message


@pytest.mark.parametrize(("arguments", "expected"), [
    (["derive"], "error: nothing to read: give a FILE, `-` for standard input, or `-e TEXT`"),
    (["derive", "-e", "f(x) = x", "a.bp"], "error: give a FILE or `-e TEXT`, not both"),
    (["derive", "missing.bp"], "error: missing.bp: no such file or directory"),
    (["derive", "."], "error: .: is a directory"),
    (["derive", "a\nb\x1b[31m\u202e.bp"], "error: a\\u{A}b\\u{1B}[31m\\u{202E}.bp: no such file or directory"),
    (["derive", "-e", "f(x) = x", "--wrt", "a,,b"], "with commas between them"),
    (["derive", "-e", "f(x) = x", "--set", "d"], "`--set d`: write a size and a positive integer"),
    (["derive", "-e", "f(x) = x", "--set", "d=-1"], "`--set d=-1`"),
    (["derive", "-e", "f(x) = x", "--set", "d=٣"], "write a size and a positive integer"),
    (["derive", "-e", "f(x) = x", "--set", "d=10^3"], "`--set d=10^3`: write the integer out, 1000"),
    (["verify", "-e", "f(x) = x", "--set", "d=1,d=2"], "`--set` gives `d` two values; leave one of them out"),
    (["derive", "-e", "f(x) = x", "--of", "f", "--of", "f"], "`--of` is given twice: one of these counts"),
    (["derive", "-e", "f(x) = x", "-o", "x.doc"], "`.doc` says no format; there are .tex, .md, .markdown, .txt"),
    (["verify", "-e", "f(x) = x", "-o", "x.tex"], "`.tex` says no format; there are .txt, .text, .json"),
    (["derive", "--form", "fancy", "x.bp"], "'fancy' is not one of"),
    (["derive", "--fromat", "text", "x.bp"], "--format"),
    (["deriv", "x.bp"], "Did you mean 'derive'?"),
    (["verify", "x.bp", "--points", "0"], "--points"),
    (["verify", "x.bp", "--points", "many"], "--points"),
    (["examples", "watermellon"], "there is no example `watermellon`; there are: bptt, "),
    (["show", "a", "b"], "unexpected extra argument"),
    (["model.bp"], "error: a command comes first: `symbp derive model.bp`"),
    (["-", "--wrt", "w"], "error: a command comes first: `symbp derive -`"),
    (["derive", "-e", "f(x) = x", "--of", " "], "`--of` wants a name"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_command_line_is_told_what_is_wrong(arguments: list[str], expected: str, tmp_path: Path) -> None:
    assert expected in refused(symbp(*arguments, cwd=tmp_path))


def test_a_binary_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "cat.bp").write_bytes(b"input x\n\x89PNG\xff\xfe")
    assert "cat.bp:2:1: this is not UTF-8 text" in refused(symbp("derive", "cat.bp", cwd=tmp_path))


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert "/dev/zero:1:1: the text is too long" in refused(symbp("derive", "/dev/zero"))


def test_an_unreadable_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bp"
    secret.write_text("f(x) = x")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may read everything")
    assert "permission denied" in refused(symbp("derive", str(secret)))


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    assert "\\u{DCFF}.bp: no such file" in refused(symbp("derive", b"\xff.bp", cwd=tmp_path))


def test_a_message_fits_any_encoding(tmp_path: Path) -> None:
    done = symbp("derive", "模型.bp", cwd=tmp_path, encoding="ascii")
    assert done.returncode == 2
    assert done.stderr == b"error: \\u6a21\\u578b.bp: no such file or directory\n"


def test_no_arguments_is_help() -> None:
    assert symbp().stdout == symbp("--help").stdout


def test_help_shows_four_worked_examples_and_every_command() -> None:
    text = symbp("--help").stdout.decode()
    assert sum(line.startswith(("  symbp derive ", "  symbp verify ")) for line in text.splitlines()) == 4
    for command in ("derive", "verify", "show", "examples"):
        assert f"\n  {command} " in text


def test_examples_are_printed_as_they_are() -> None:
    assert symbp("examples", "watermelon").stdout.decode() == WATERMELON
    assert symbp("examples", "watermelon.bp").stdout.decode() == WATERMELON


def test_examples_are_listed_with_what_they_are() -> None:
    lines = symbp("examples").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == sorted(p.stem for p in (ROOT / "examples").glob("*.bp"))
    assert lines[-1].split("  ")[-1] == WATERMELON.splitlines()[0].removeprefix("# ")


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    out = tmp_path / "w.bp"
    assert symbp("examples", "watermelon", "-o", str(out)).stdout == b""
    assert out.read_text(encoding="utf-8") == WATERMELON
    assert [p.name for p in tmp_path.iterdir()] == ["w.bp"]


def test_a_link_is_followed_and_the_mode_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "real.bp"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "link.bp").symlink_to(target)
    symbp("examples", "watermelon", "-o", "link.bp", cwd=tmp_path)
    assert (tmp_path / "link.bp").is_symlink()
    assert target.read_text(encoding="utf-8") == WATERMELON
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("out", "expected"), [
    ("missing/w.bp", "missing/w.bp: can't be written: no such file or directory"),
    (".", ".: can't be written: is a directory"),
    ("", "not the name of a file"),
    ("a" * 300, "can't be written: file name too long"),
    ("/dev/full", "/dev/full: can't be written: no space left on device"),
])
def test_an_unwritable_result(out: str, expected: str, tmp_path: Path) -> None:
    assert expected in refused(symbp("examples", "watermelon", "-o", out, cwd=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_full_standard_output() -> None:
    command = f"{sys.executable} -m symbp examples watermelon > /dev/full"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: standard output can't be written: no space left on device\n"


def test_a_closed_pipe_is_silent() -> None:
    command = f"set -o pipefail; {sys.executable} -m symbp examples watermelon | (exec 0<&-; sleep 1)"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_closed_standard_output() -> None:
    command = f"{sys.executable} -m symbp examples watermelon >&-"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_closed_standard_input() -> None:
    command = f"{sys.executable} -m symbp derive - <&-"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_standard_input_is_a_dash() -> None:
    done = symbp("derive", "-", stdin=WATERMELON.encode())
    assert done.stdout == symbp("derive", "examples/watermelon.bp").stdout
    assert done.stderr == b""


def test_a_mistake_on_standard_input() -> None:
    assert refused(symbp("derive", "-", stdin=b"f(x) = y\n")).startswith("<stdin>:1:8: ")


def test_the_model_is_not_overwritten(tmp_path: Path) -> None:
    model = tmp_path / "w.bp"
    model.write_text(WATERMELON, encoding="utf-8")
    (tmp_path / "link.bp").symlink_to(model)
    done = symbp("derive", "w.bp", "-o", "link.bp", "--format", "latex", cwd=tmp_path)
    assert "this is the model itself" in refused(done)
    assert model.read_text(encoding="utf-8") == WATERMELON


def test_what_fails_leaves_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("before")
    refused(symbp("derive", "-e", "f(x) = y", "-o", "out.txt", cwd=tmp_path))
    assert (tmp_path / "out.txt").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_no_check_is_said_for_all_to_see() -> None:
    for style in ("text", "latex", "json"):
        checked = symbp("derive", "-e", "f(x) = x^2", "--format", style).stdout.lower()
        unchecked = symbp("derive", "-e", "f(x) = x^2", "--format", style, "--no-verify").stdout.lower()
        assert b"unverified" in unchecked
        assert b"unverified" not in checked


def test_an_ascii_terminal_gets_ascii() -> None:
    done = symbp("derive", "-e", "损失 = alpha^2\nparam alpha", "--format", "text", encoding="ascii")
    assert b"d\\u{635F}\\u{5931}/dalpha = 2 * alpha" in done.stdout
    assert symbp("verify", "examples/watermelon.bp", encoding="ascii").stdout.isascii()
    assert symbp("show", "examples/watermelon.bp", encoding="ascii").stdout.isascii()


def test_the_format_suits_where_the_result_goes(tmp_path: Path) -> None:
    def derived(*more: str) -> str:
        return symbp("derive", "-e", "f(x) = x^2", *more, cwd=tmp_path).stdout.decode()

    formats = {"text": derived("--format", "text"), "latex": derived("--format", "latex"),
               "json": derived("--format", "json")}
    assert derived() == derived("-o", "-") == formats["latex"]
    for out, style in {"a.tex": "latex", "pdf": "latex", "a.txt": "text", "a.text": "text", "a.JSON": "json"}.items():
        assert derived("-o", out) == ""
        assert (tmp_path / out).read_text(encoding="utf-8") == formats[style]
    derived("-o", "b.txt", "--format", "json")
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == formats["json"]


@pytest.mark.parametrize("out", ["", "a.tex/", "a.pdf/"])
def test_what_names_no_file(out: str, tmp_path: Path) -> None:
    done = symbp("derive", "-e", "f(x) = x^2", "-o", out, cwd=tmp_path)
    assert (done.returncode, done.stderr.decode().strip()) == (2, f"error: `-o {out}`: not the name of a file")
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_gets_text() -> None:
    primary, secondary = os.openpty()
    command = [sys.executable, "-m", "symbp", "derive", "-e", "f(x) = x^2"]
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=secondary, timeout=60, check=False)
        assert done.returncode == 0
        assert os.read(primary, 14) == b"Gradients of f"
    finally:
        os.close(primary)
        os.close(secondary)


def test_warnings_go_to_standard_error() -> None:
    done = symbp("derive", "-e", "param v, w\nloss L = v^2")
    assert done.returncode == 0
    assert b"warning: " in done.stderr
    assert b"`w`" in done.stderr


def test_sizes_are_set() -> None:
    assert b"d  3" in symbp("show", "examples/watermelon.bp", "--set", "d=3, q=2").stdout
    assert "`dd` is not a size of this model; did you mean `d`?" in refused(
        symbp("show", "examples/watermelon.bp", "--set", "dd=3"),
    )
    assert "its sizes are `P`, `Q`" in refused(symbp("show", "examples/conv.bp", "--set", "n=3"))
    assert "it has none" in refused(symbp("show", "examples/staged.bp", "--set", "n=3"))
    for size in ("0", "1000001"):
        assert "a size is an integer from 1 to 1,000,000" in refused(
            symbp("show", "examples/watermelon.bp", "--set", f"d={size}"),
        )


def test_sizes_that_read_out_of_range_are_refused() -> None:
    model = "size m\nindex p in 1..P\nparam x[1..m]\nloss L = sum(p, x[2*p]^2)"
    assert b"m \xe2\x89\xa5 2\xc2\xb7P" in symbp("show", "-e", model).stdout
    assert symbp("derive", "-e", model, "--set", "m=6,P=3").returncode == 0
    assert "with P = 3, m = 5 the model reads out of range" in refused(symbp("derive", "-e", model, "--set", "m=5,P=3"))


def test_what_and_by_what() -> None:
    asked = ("--wrt", "w, v", "--wrt", "w", "--form", "shared", "--format", "text")
    done = symbp("derive", "examples/watermelon.bp", *asked)
    shown = done.stdout.decode()
    assert shown.index("∂E/∂w") < shown.index("∂E/∂v")
    assert "∂E/∂θ" not in shown
    assert "did you mean `theta`" in refused(symbp("derive", "examples/watermelon.bp", "--wrt", "thet"))


def test_shell_completion_is_there() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "_SYMBP_COMPLETE": "bash_source"}
    done = subprocess.run(
        [sys.executable, "-m", "symbp"], env=environment, capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0
    assert "complete -o nosort -F _symbp_completion symbp" in done.stdout
