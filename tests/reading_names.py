"""Which array of a model a printed symbol is: by its spelling, or by the author's own `show` statement."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from symbp.calculus.model import Model
from tests.reading_tree import Misread

Key = tuple[int, ...]
Place = int | str
"""An axis of the array, or a text that stands there in every element."""

COMBINING = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot"}


@dataclass(frozen=True)
class Look:
    """How the elements of an array are printed: a spelling, and what stands above and below."""

    name: str
    stem: str
    above: tuple[Place, ...] = ()
    below: tuple[Place, ...] = ()

    def key(self, above: tuple[Place, ...], below: tuple[Place, ...]) -> Key | None:
        """The element whose indices have these values; None where a text of the look isn't there."""
        if (len(above), len(below)) != (len(self.above), len(self.below)):
            return None
        axes: dict[int, int] = {}
        for place, value in zip((*self.above, *self.below), (*above, *below), strict=True):
            if isinstance(place, str):
                if place != str(value):
                    return None
            elif isinstance(value, int):
                axes[place] = value
            else:
                return None
        return tuple(axes[k] for k in sorted(axes))


@dataclass
class Lexicon:
    """The looks of a model's arrays, by spelling, and its functions."""

    looks: dict[str, list[Look]] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    """The functions that the model declares, by spelling."""

    def add(self, look: Look) -> None:
        rivals = self.looks.setdefault(look.stem, [])
        if any((r.above, r.below) == (look.above, look.below) for r in rivals):
            raise Misread(f"{rivals[0].name} and {look.name} are spelled alike")
        rivals.append(look)

    def element(self, stem: str, above: tuple[Place, ...], below: tuple[Place, ...]) -> tuple[str, Key] | None:
        """The array and the element that a printed symbol stands for; None for a name that isn't the model's."""
        spelled = spelling(stem)
        for look in self.looks.get(spelled, ()):
            key = look.key(above, below)
            if key is not None:
                return look.name, key
        together = spelled + "".join(map(str, (*above, *below)))
        return next(((look.name, ()) for look in self.looks.get(together, ()) if not look.above + look.below), None)


    def look_of(self, stem: str, above: tuple[object, ...], below: tuple[object, ...]) -> Look | None:
        """The look of an array whose elements are printed so, whatever their indices are."""
        printed = (*above, *below)
        for look in self.looks.get(spelling(stem), ()):
            places = (*look.above, *look.below)
            if (len(look.above), len(look.below)) == (len(above), len(below)) and all(
                not isinstance(p, str) or p == str(v) for p, v in zip(places, printed, strict=True)
            ):
                return look
        return None

    def name_of(self, stem: str, above: tuple[object, ...], below: tuple[object, ...]) -> str | None:
        """The name of that array."""
        look = self.look_of(stem, above, below)
        return look.name if look is not None else None


def spelling(text: str) -> str:
    r"""Letters and digits alone, accents last: \hat{y}, ŷ and y_hat are yhat; W^{\mathrm{in}} and W_in are Win."""
    text = re.sub(r"\\(hat|bar|tilde|dot|ddot)\{(\\?\w+)\}", r"\2\1", text)
    text = re.sub(r"\\(?:math\w+|operatorname|boldsymbol)(?![a-z])", "", text)
    spelled = ""
    for character in unicodedata.normalize("NFD", text):
        if character in COMBINING:
            spelled += COMBINING[character]
        elif ord(character) > 127:
            name = unicodedata.name(character, "").split()
            greek = name[-1].lower() if name[:1] == ["GREEK"] else character
            spelled += greek.replace("lamda", "lambda").capitalize() if "CAPITAL" in name else greek.replace(
                "lamda", "lambda",
            )
        elif character.isalnum():
            spelled += character
    return spelled


def lexicon_of(model: Model) -> Lexicon:
    """The names that a file declares and defines; the looks that it states come before spelling."""
    lexicon = Lexicon(functions={spelling(model.looks.get(f, f)): f for f in model.functions})
    for name, array in model.arrays.items():
        if name in model.looks:
            lexicon.add(stated_look(name, list(model.look_letters.get(name, ())), model.looks[name]))
        elif "#" not in name:
            lexicon.add(Look(name, spelling(name), (), tuple(range(array.rank))))
    for error in model.error_names:
        if error.name in model.looks:
            lexicon.add(stated_look(error.name, list(model.look_letters.get(error.name, ())), model.looks[error.name]))
        else:
            lexicon.add(Look(error.name, spelling(error.name), (), tuple(range(len(error.letters)))))
    if model.rate is not None and model.rate not in model.arrays:
        lexicon.add(Look(model.rate, spelling(model.rate)))
    return lexicon


def stated_look(name: str, letters: list[str], look: str) -> Look:
    """`w^l_jk` for w[l,j,k]."""
    base, *groups = re.split(r"(?=[\^_])", look.replace("{", "").replace("}", "").strip())
    places: dict[str, tuple[Place, ...]] = {"^": (), "_": ()}
    for group in groups:
        text = group[1:].strip("(),").replace(",", "")
        found: list[Place] = []
        while text:
            letter = next((x for x in sorted(letters, key=len, reverse=True) if text.startswith(x)), text[0])
            found.append(letters.index(letter) if letter in letters else letter)
            text = text[len(letter):]
        places[group[0]] = tuple(found)
    return Look(name, spelling(base), places["^"], places["_"])
