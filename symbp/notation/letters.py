"""The letters of indices and sizes in a notation: the book's for what they count, none that anything else has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from symbp.calculus.model import Model
from symbp.notation.presets import Preset
from symbp.notation.roles import Letter, Roles
from symbp.render.letters import FAMILY
from symbp.render.names import Names


def letter_looks(model: Model, preset: Preset, roles: Roles) -> dict[str, str]:
    """Looks for the index letters and sizes that don't keep their own.

    Index letters with a role choose first, then the others, then sizes, which give way to all of them.
    """
    names = Names.of(model)
    taken = _stems(model, names)
    found: dict[str, str] = {}
    for letter in (*roles.letters, *(i for i in model.index_ranges if i not in roles.letters)):
        wanted = _wanted(letter, roles.letters.get(letter), preset, bool(_depth(roles)))
        _choose(letter, (*wanted, letter, *FAMILY), names, taken, found)
    for size in model.sizes:
        capital = size.upper() if len(size) == 1 else size
        _choose(size, (size, capital, *(f.upper() for f in FAMILY)), names, taken, found)
    return found


def _depth(roles: Roles) -> tuple[str, ...]:
    return tuple(letter for letter, what in roles.letters.items() if what.counts == "layers")


def _wanted(letter: str, what: Letter | None, preset: Preset, deep: bool) -> tuple[str, ...]:
    """The notation's letters for what a letter counts."""
    if what is None:
        return ()
    if what.counts != "units":
        return preset.indices.get(what.counts, ())
    if deep and what.place != "input" and "units" in preset.indices:
        return preset.indices["units"]
    return preset.indices.get(what.place, ())


def _choose(name: str, wanted: Iterable[str], names: Names, taken: set[str], found: dict[str, str]) -> None:
    """The first of the candidates that nothing has; a look is noted where it isn't the name itself."""
    own = Names({name: 0}).latex(name)
    for candidate in _with_more(name, wanted):
        look = Names({candidate: 0}).latex(candidate)
        if look not in taken:
            taken.add(look)
            if look != own:
                found[name] = candidate
            return


def _with_more(name: str, wanted: Iterable[str]) -> Iterator[str]:
    yield from wanted
    yield from (f"{name}_{k}" for k in count(0))


def _stems(model: Model, names: Names) -> set[str]:
    """What arrays, error terms, functions and the rate print like, without their indices, their letters and marks."""
    found: set[str] = set(names.letters_in_marks)
    named = (*model.arrays, *model.functions, *(e.name for e in model.error_names))
    for name in (*named, *((model.rate,) if model.rate is not None else ())):
        found.update((names.latex(name), names.look(name).stem))
    return found
