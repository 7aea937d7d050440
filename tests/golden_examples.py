"""What the examples give, as files under `examples/` here; `python -m tests.golden_examples` writes them anew."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from symbp.cli import app

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "examples"
EXAMPLES = tuple(sorted(path.stem for path in (ROOT / "examples").glob("*.bp")))

EVERYWHERE = {
    "show.txt": ["show"],
    "derive.txt": ["derive", "--format", "text"],
    "all.txt": ["derive", "--form", "all", "--format", "text"],
    "all.tex": ["derive", "--form", "all", "--format", "latex"],
    "all.json": ["derive", "--form", "all", "--format", "json"],
}
ESPECIALLY = {
    "conv": {
        "nine.txt": ["derive", "--wrt", "w", "--form", "expanded", "--set", "P=2,Q=2", "--format", "text"],
        "image.tex": ["derive", "--wrt", "a", "--format", "latex"],
    },
    "deep": {"two.txt": ["derive", "--form", "expanded", "--set", "L=2,n=1", "--format", "text"]},
    "nielsen": {"paths.txt": ["derive", "--wrt", "w2", "--form", "chain", "--format", "text"]},
    "watermelon": {"ascii.txt": ["derive", "--format", "text"]},
}


def cases() -> dict[str, list[str]]:
    """File name under `examples/` → the command line whose output it holds."""
    return {
        f"{example}/{name}": [*command, str(ROOT / "examples" / f"{example}.bp")]
        for example in EXAMPLES
        for name, command in {**EVERYWHERE, **ESPECIALLY.get(example, {})}.items()
    }


def output(command: list[str], encoding: str = "utf-8") -> str:
    """What the command prints on a terminal with this encoding; it must succeed without a word on standard error."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    err = io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = app.main(command, prog_name="symbp", standalone_mode=False)
    out.seek(0)
    assert status == 0, f"symbp {' '.join(command)}: {status}"
    assert err.getvalue() == ""
    return out.read()


def encoding_of(name: str) -> str:
    return "ascii" if name.endswith("ascii.txt") else "utf-8"


def main() -> None:
    made = {name: output(command, encoding_of(name)) for name, command in cases().items()}
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, text in made.items():
        target = GOLDEN / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
