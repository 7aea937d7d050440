"""The looks that a notation wishes for a model's names: letters by role, layers where a letter serves several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase

from symbp.notation.presets import Preset
from symbp.notation.roles import Part, Roles
from symbp.render.templates import read_template

LAYERLESS = ("input", "target", "residual", "loss", "function")
"""Roles that no layer's number belongs to."""


@dataclass(frozen=True)
class Wish:
    """A look for one name: the letter, its layer's number if it has one, and its axes above and below."""

    name: str
    role: str
    letter: str
    number: int | None = None
    above: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    shown: bool = False
    """Whether the layer's number is to be seen."""
    layer: int | None = None
    """The layer that it belongs to; None for one that a layer index counts."""

    @property
    def rank(self) -> int:
        return len(self.above) + len(self.below)


def wishes(preset: Preset, roles: Roles, errors: Mapping[str, str], without: frozenset[str]) -> list[Wish]:
    """The looks for every name whose role has a letter, save the roles in `without`.

    `errors` gives the name of the error term of each quantity that has one.
    """
    found = [w for part in roles.parts.values() if (w := _wish(part, preset)) is not None]
    for of, name in errors.items():
        wish = _wish(replace(roles.parts[of], name=name, role="error-term"), preset)
        found += [wish] if wish is not None else []
    if len(roles.functions) == 1 and ("function", "hidden") in preset.letters:
        found.append(Wish(roles.functions[0], "function", preset.letters["function", "hidden"]))
    return list(_numbered([w for w in found if w.role not in without], preset))


def _wish(part: Part, preset: Preset) -> Wish | None:
    linear = ("linear-output", part.place) if part.role == "output" and part.linear else ("output", part.place)
    key = linear if linear in preset.letters and part.role == "output" else (part.role, part.place)
    letter = preset.letters.get(key)
    if letter is None and part.role in ("recurrent-weight", "input-weight"):
        letter = preset.letters.get(("weight", part.place))
    if letter is None:
        return None
    units = (part.to, part.source) if preset.order == ("to", "from") else (part.source, part.to)
    below = (*part.other, *units[0], *units[1])
    depth = () if part.depth is None else (part.depth,)
    number = None if part.layer is None or part.role in LAYERLESS else part.layer + preset.first - 1
    if preset.mark == "joined":
        return Wish(part.name, part.role, letter, number, (), (*depth, *below), layer=part.layer)
    return Wish(part.name, part.role, letter, number, depth, below, layer=part.layer)


def _numbered(found: Sequence[Wish], preset: Preset) -> Iterator[Wish]:
    """A letter that serves several layers carries their numbers; where a notation always does, in one layer too."""
    layers: dict[str, set[int | None]] = {}
    for wish in found:
        layers.setdefault(wish.letter, set()).add(wish.number)
    for wish in found:
        general = wish.role in preset.everywhere and (
            wish.role != "output" or wish.letter == preset.letters.get(("activation", "hidden"))
        )
        several = len(layers[wish.letter]) > 1
        yield replace(wish, shown=wish.number is not None and (several or (preset.always and general)))


def template_of(wish: Wish, preset: Preset) -> tuple[str, tuple[str, ...]]:
    """A wish as a `show` template, and the letters that it speaks of, one for each axis.

    A layer above a single number stands in brackets in every notation: a³ would be a power.
    """
    parts = read_template(wish.letter, ())
    assert parts is not None, "letters are checked where they are read"
    above, below = ("".join(map(str, group)) for group in (parts.above, parts.below))
    base = parts.base
    free = [c for c in ascii_lowercase if c not in above + below]
    letters = tuple(free[: wish.rank])
    if wish.shown and preset.mark == "joined":
        base += str(wish.number)
    marks = [str(wish.number)] if wish.shown and preset.mark != "joined" else []
    marks += [letters[axis] for axis in wish.above]
    if marks:
        bracketed = preset.mark == "(t)" or wish.rank == 0
        above += f"({','.join(marks)})" if bracketed else ",".join(marks)
    below += "".join(letters[axis] for axis in wish.below)
    text = base + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")
    return text, letters
