"""Notations in files: `presets/*.toml`, or a file of somebody's own, read and checked."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

from symbp.errors import ModelError
from symbp.notation.roles import Place
from symbp.render.notation import PLAIN, Notation, Sign
from symbp.render.templates import read_template

FOLDER = Path(__file__).resolve().parent / "presets"

LARGEST = 65_536
"""The most bytes of a notation's file."""

LONGEST = 20
"""The most characters of a letter."""

Mark = Literal["t", "(t)", "joined"]
"""Where a layer's number stands: above, above in brackets, behind the letter as in W1."""

LETTERED = (
    "input", "weight", "recurrent-weight", "input-weight", "bias", "threshold", "pre-activation", "activation",
    "output", "linear-output", "target", "residual", "loss", "error-term", "function",
)
"""What a notation may give letters to."""

COUNTED = ("input", "hidden", "output", "units", "layers", "time")
"""What an index letter may count; `units` are those of a network of symbolic depth."""

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "letters": LETTERED,
    "layers": ("mark", "first", "always"),
    "weights": ("order",),
    "error-terms": ("sign",),
    "indices": COUNTED,
    "print": ("partial", "matrix", "bold"),
}


@dataclass(frozen=True)
class Preset:
    """One notation: letters for roles, in hidden layers and in the last one, and how layers and indices are written."""

    name: str
    letters: Mapping[tuple[str, Place], str] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()
    """The roles with one letter for all layers."""
    mark: Mark = "t"
    first: int = 1
    """The number of the first layer that has weights."""
    always: bool = False
    """Whether letters that stand for all layers carry the layer even where there is only one."""
    order: tuple[str, ...] = ("to", "from")
    sign: int = 1
    """What error terms are times ∂loss/∂pre-activation."""
    indices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    printed: Notation = PLAIN


def preset_names() -> tuple[str, ...]:
    """The notations that come with the package, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_preset(name: str) -> Preset:
    """A notation by its name, or by the path of a file that ends in `.toml`. Raises ModelError, with what is wrong."""
    if name.endswith(".toml"):
        return read_preset(Path(name).stem, _text(Path(name)), name)
    names = preset_names()
    if name not in names:
        raise ModelError(f"there is no notation `{name}`; {_suggest(name, names)}there are: {', '.join(names)}")
    path = FOLDER / f"{name}.toml"
    return read_preset(name, _text(path), path.name)


def read_preset(name: str, text: str, source: str) -> Preset:
    """The notation that a TOML text describes; `source` is what messages call it by. Raises ModelError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ModelError(f"{source}: {wrong}") from None
    except ValueError:
        raise ModelError(f"{source}: a number has too many digits") from None
    except RecursionError:
        raise ModelError(f"{source}: nested too deeply for a notation") from None
    return _Reader(source, table).preset(name)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as wrong:
        raise ModelError(f"{path}: can't be read: {wrong.strerror or wrong}") from None
    if len(data) > LARGEST:
        raise ModelError(f"{path}: too large for a notation, {LARGEST} bytes at most")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ModelError(f"{path}: is not text in UTF-8") from None


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`? " if close else ""


def _is_index_letter(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isalpha() and len(value) <= LONGEST


class _Reader:
    """One file's table, read entry by entry."""

    def __init__(self, source: str, table: Mapping[str, object]) -> None:
        self.source = source
        self.table = table

    def preset(self, name: str) -> Preset:
        self._known(self.table, ("title", *SECTIONS), "")
        if not isinstance(self.table.get("title", ""), str):
            self._fail("`title` takes a text")
        letters = self._section("letters")
        layers, printed = self._section("layers"), self._section("print")
        return Preset(
            name,
            {(role, place): text for role, value in letters.items() for place, text in self._letters(role, value)},
            frozenset(role for role, value in letters.items() if isinstance(value, str)),
            cast(Mark, self._choice("layers.mark", layers.get("mark", "t"), get_args(Mark))),
            self._number("layers.first", layers.get("first", 1)),
            self._truth("layers.always", layers.get("always", False)),
            self._order(self._section("weights").get("order", ["to", "from"])),
            -1 if self._choice("error-terms.sign", self._section("error-terms").get("sign", "+"), "+-") == "-" else 1,
            {what: self._index_letters(what, value) for what, value in self._section("indices").items()},
            Notation(
                name,
                cast(Sign, self._choice("print.partial", printed.get("partial", "∂"), get_args(Sign))),
                self._truth("print.matrix", printed.get("matrix", False)),
                self._truth("print.bold", printed.get("bold", False)),
            ),
        )

    def _fail(self, message: str) -> None:
        raise ModelError(f"{self.source}: {message}")

    def _known(self, table: Mapping[str, object], keys: Sequence[str], section: str) -> None:
        for key in table:
            if key not in keys:
                where = f" in [{section}]" if section else ""
                self._fail(f"`{key}` is unknown{where}; {_suggest(key, keys)}there are: {', '.join(keys)}")

    def _section(self, name: str) -> Mapping[str, object]:
        table = self.table.get(name, {})
        if not isinstance(table, dict):
            self._fail(f"`{name}` is a section: write [{name}]")
        section = cast("Mapping[str, object]", table)
        self._known(section, SECTIONS[name], name)
        return section

    def _letters(self, role: str, value: object) -> Iterable[tuple[Place, str]]:
        places: tuple[Place, ...] = get_args(Place)
        if isinstance(value, dict):
            self._known(value, places, f"letters.{role}")
            found = {p: self._letter(f"letters.{role}.{p}", value[p]) for p in places if p in value}
            return [*found.items(), *(("deep", found[p]) for p in ("hidden",) if p in found and "deep" not in found)]
        return [(p, self._letter(f"letters.{role}", value)) for p in places]

    def _letter(self, key: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > LONGEST or read_template(value, ()) is None:
            self._fail(
                f"`{key}` takes a letter or a word, as `w`, `alpha`, `yhat`, `E_n`: letters, digits and ^ _ {{ }} , ( )"
            )
        return str(value)

    def _index_letters(self, what: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(map(_is_index_letter, value)):
            self._fail(f'`indices.{what}` takes a list of letters, as ["i", "tau"]')
        return tuple(str(v) for v in cast("list[object]", value))

    def _order(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or value not in (["to", "from"], ["from", "to"]):
            self._fail('`weights.order` takes ["to", "from"] or ["from", "to"]')
        return tuple(cast("list[str]", value))

    def _choice(self, key: str, value: object, allowed: Sequence[str]) -> str:
        if value not in tuple(allowed):
            self._fail(f"`{key}` takes {' or '.join(f'`{a}`' for a in allowed)}")
        return str(value)

    def _number(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 99:
            self._fail(f"`{key}` takes a whole number from 0 to 99")
        return cast(int, value)

    def _truth(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            self._fail(f"`{key}` takes true or false")
        return bool(value)
