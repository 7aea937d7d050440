"""A model in a notation: looks for its names and index letters, names and signs for its error terms.

The mathematics stays: names, equations and values are the author's, and only what is printed changes, beside the signs
of error terms, which `derive` takes from the model.

A preset is asked for explicitly, so its letters go before the file's own `name` and `show`, which still hold for every
name that the preset says nothing of; with `file_first` it is the other way round. No two names print alike: a layer
whose letters would clash, with each other or with a name that keeps its own, is left as the author has it; so is one in
which some name has no role, since its letters belong together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.calculus.model import ErrorName, Model
from symbp.notation.letters import letter_looks
from symbp.notation.presets import Preset, load_preset
from symbp.notation.roles import Roles, infer_roles
from symbp.notation.wishes import LAYERLESS, Wish, template_of, wishes
from symbp.render.names import Names
from symbp.render.notation import Notation

Looks = dict[str, tuple[str, tuple[str, ...]]]


def with_notation(model: Model, preset: Preset | str, *, file_first: bool = False) -> tuple[Model, Notation]:
    """The model with the looks and error terms of a notation, and the part of it that the renderer takes.

    `preset` is one that was loaded, a name of `preset_names()`, or the path of a `.toml` file. Raises ModelError.
    """
    if isinstance(preset, str):
        preset = load_preset(preset)
    if not preset.letters and not preset.indices:
        return _with_differentials(model, _printed(model, preset))
    found = infer_roles(model)
    left: frozenset[int | None] = found.mixed
    while True:
        roles = found.without_layers(left)
        named, errors = _error_names(model, preset, roles, file_first)
        named_model = replace(model, error_names=named)
        looks, clashing = _settled(named_model, preset, roles, errors, file_first)
        if clashing <= left:
            break
        left |= clashing
    shown = replace(
        named_model,
        looks={**model.looks, **{name: text for name, (text, _) in looks.items()}},
        look_letters={**model.look_letters, **{name: letters for name, (_, letters) in looks.items()}},
    )
    letters = letter_looks(shown, preset, roles)
    shown = replace(
        shown,
        looks={**shown.looks, **letters},
        look_letters={**shown.look_letters, **dict.fromkeys(letters, ())},
    )
    return _with_differentials(shown, _printed(shown, preset))


def _error_names(
    model: Model, preset: Preset, roles: Roles, file_first: bool
) -> tuple[tuple[ErrorName, ...], dict[str, str]]:
    """The error terms, with the preset's signs, and for each quantity of theirs that the preset names its error term.

    A notation in which derivatives have no letters of their own, as they are dx, has no error terms.
    """
    lettered = any(role == "error-term" for role, _ in preset.letters)
    by_base = {e.of: e for e in model.error_names}
    nets = tuple(n for n in roles.nets if n not in by_base) if file_first else roles.nets
    if not lettered:
        return () if preset.printed.partial == "d" and not file_first else model.error_names, {}
    errors = {of: by_base[of].name if of in by_base else _fresh(model, of) for of in nets}
    kept = tuple(e for e in model.error_names if e.of not in errors)
    own = tuple(
        replace(by_base[of], sign=preset.sign, order=()) if of in by_base else _error_name(model, name, of, preset.sign)
        for of, name in errors.items()
    )
    return (*kept, *own), errors


def _error_name(model: Model, name: str, of: str, sign: int) -> ErrorName:
    indices = model.by_target[of].indices
    return ErrorName(name, sign, of, tuple(i.letter for i in indices), tuple(range(len(indices))))


def _fresh(model: Model, of: str) -> str:
    """A name for the error term of `of` that nothing has yet."""
    taken = {*model.arrays, *model.sizes, *model.functions, *model.index_ranges, *(e.name for e in model.error_names)}
    name = f"delta_{of}"
    while name in taken or name == model.rate:
        name += "_"
    return name


@dataclass(frozen=True)
class _Shown:
    """A wish as it will print, less its indices."""

    wish: Wish
    text: str
    letters: tuple[str, ...]
    bare: str


def _settled(
    model: Model, preset: Preset, roles: Roles, errors: Mapping[str, str], file_first: bool
) -> tuple[Looks, frozenset[int | None]]:
    """The looks that remain when every role without layers is left out whose letters clash, and clashing layers."""
    without: frozenset[str] = frozenset()
    own = {*model.looks} if file_first else set()
    while True:
        wanted = [w for w in wishes(preset, roles, errors, without) if w.name not in own]
        shown = list(_printed_wishes(wanted, preset))
        clashing = list(_clashing(model, shown))
        layers = frozenset(w.layer for w in clashing if w.role not in LAYERLESS)
        if layers or not clashing:
            return {s.wish.name: (s.text, s.letters) for s in shown}, layers
        without |= {w.role for w in clashing}


def _printed_wishes(wanted: Sequence[Wish], preset: Preset) -> Iterator[_Shown]:
    templates = {w.name: template_of(w, preset) for w in wanted}
    for wish in wanted:
        text, letters = templates[wish.name]
        names = Names({wish.name: wish.rank}, Names.templates({wish.name: text}, {wish.name: letters}))
        yield _Shown(wish, text, letters, names.latex(wish.name))


def _clashing(model: Model, shown: Sequence[_Shown]) -> Iterator[Wish]:
    """The wishes that print like another one, or like a name that keeps its look."""
    owners: dict[str, list[Wish]] = {}
    for s in shown:
        owners.setdefault(s.bare, []).append(s.wish)
    wished = {s.wish.name for s in shown}
    names = Names.of(model)
    kept = {
        names.latex(n) for n in (*model.arrays, *model.functions, *(e.name for e in model.error_names))
        if n not in wished and "#" not in n
    }
    kept |= {names.latex(model.rate)} if model.rate is not None else set()
    for bare, alike in owners.items():
        if len(alike) > 1 or bare in kept:
            yield from alike


def _with_differentials(model: Model, notation: Notation) -> tuple[Model, Notation]:
    return replace(model, differential=notation.partial == "d"), notation


def _printed(model: Model, preset: Preset) -> Notation:
    """What the renderer takes; ∂ stays where a name already looks like the derivative of another: dx beside x."""
    if preset.printed.partial == "d":
        names = Names.of(model)
        texts = {names.text(name, True) for name in (*model.arrays, *(e.name for e in model.error_names))}
        if any("d" + text in texts for text in texts):
            return replace(preset.printed, partial="∂")
    return preset.printed
