"""The data that comes with the package: in an installed copy beside the code, in a checkout at the root."""

from __future__ import annotations

from pathlib import Path

from symbp.errors import ModelError

_PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Where `grammars` or `examples` lies: symbp/<folder> as installed, else <folder> beside the package."""
    installed = _PACKAGE / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def example_names() -> tuple[str, ...]:
    """The shipped examples' names, without `.bp`, in alphabetical order."""
    return tuple(sorted(path.stem for path in shipped("examples").glob("*.bp")))


def example_text(name: str) -> str:
    """The text of one shipped example; `watermelon` and `watermelon.bp` are the same. Raises ModelError."""
    stem = name.removesuffix(".bp")
    if stem not in example_names():
        raise ModelError(f"there is no example `{name}`; there are: {', '.join(example_names())}")
    return (shipped("examples") / f"{stem}.bp").read_text(encoding="utf-8")
