"""How names look: `alpha` is α, `yhat` is ŷ, `W1[i,j]` is W⁽¹⁾ with subscripts, `x1` is x₁; no two names look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from symbp.alphabet import (
    ACCENTS,
    GREEK,
    is_ascii_letter,
    is_letter,
    letter_latex,
    split_accent,
    verbatim_latex,
    word_latex,
)
from symbp.calculus.model import Model, adjoint_base, adjoint_name, step_base, step_name
from symbp.render.templates import Subscript, Template, join_subscripts, read_template

NO_LOOKS: Mapping[str, Template] = MappingProxyType({})
NO_ORDERS: Mapping[str, tuple[int, ...]] = MappingProxyType({})

PLACE_MARK = "at_"
"""`y#at_r` is the r at which the maximum y is reached."""

_DIGITS_AT_END = re.compile(r"([^\W\d_]+)([0-9]+)")


@dataclass(frozen=True)
class Look:
    """A name as LaTeX: a stem, its marks below (a scalar's) or above, or an author's template.

    `order` is the order in which its subscripts are shown, where that isn't their own.
    """

    stem: str
    below: str = ""
    above: str = ""
    template: Template | None = None
    order: tuple[int, ...] = ()

    def access(self, subscripts: tuple[Subscript, ...]) -> tuple[str, bool]:
        """The name with subscripts, and whether it carries a superscript."""
        if self.order and len(subscripts) == len(self.order):
            subscripts = tuple(subscripts[axis] for axis in self.order)
        if self.template is not None and len(subscripts) == self.template.arity:
            return self.template.fill(self.stem, subscripts)
        if self.template is not None and not subscripts:
            return self.template.bare(self.stem), bool(self.template.above)
        below = ",".join(part for part in (self.below, join_subscripts(subscripts)) if part)
        above = f"^{{{self.above}}}" if self.above else ""
        return self.stem + above + (f"_{_braced(below)}" if below else ""), bool(above)


@dataclass(frozen=True)
class Parts:
    """A name taken apart: the stem as LaTeX and as Unicode, and its marks, singly and as written."""

    stem: str
    plain: str
    tags: tuple[str, ...]
    rest: str


def take_apart(name: str) -> Parts | None:
    """`W1_in` is W with the marks 1 and in; None for a name that is shown letter by letter (`_x`, `a__b`)."""
    first, *rest = name.split("_")
    if not first or not all(rest):
        return None
    digits = _DIGITS_AT_END.fullmatch(first)
    word, tags = (digits[1], [digits[2]]) if digits else (first, [])
    if rest and rest[0] in ACCENTS and is_letter(word):
        stem, plain = f"\\{rest[0]}{{{letter_latex(word)}}}", _with_mark(word, rest[0])
        rest = rest[1:]
    elif (accented := split_accent(word)) is not None:
        stem, plain = f"\\{accented[1]}{{{letter_latex(accented[0])}}}", _with_mark(*accented)
    else:
        stem, plain = letter_latex(word) or word_latex(word), GREEK.get(word, word)
    return Parts(stem, plain, (*tags, *rest), "".join((*tags, *("_" + part for part in rest))))


def _with_mark(letter: str, accent: str) -> str:
    return unicodedata.normalize("NFC", GREEK.get(letter, letter) + ACCENTS[accent])


def _tag_below(tag: str) -> str:
    if tag.isascii() and tag.isdigit():
        return tag
    return letter_latex(tag) or word_latex(tag)


def _tags_above(tags: tuple[str, ...]) -> str:
    """One word stands upright by itself; digits, Greek and several marks stand in brackets: none looks like a power."""
    if len(tags) == 1 and tags[0] not in GREEK and not tags[0].isdigit():
        return word_latex(tags[0])
    return "(" + ",".join(t if is_ascii_letter(t) else _tag_below(t) for t in tags) + ")"


def _braced(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"


class Names:
    """The looks of all names of one model. Equal inputs give equal looks, and different names different ones."""

    def __init__(
        self, ranks: Mapping[str, int], looks: Mapping[str, Template] = NO_LOOKS, differential: bool = False,
        orders: Mapping[str, tuple[int, ...]] = NO_ORDERS,
    ) -> None:
        """`ranks` gives each name its number of subscripts; `looks` are the author's templates.

        With `differential` the adjoint of x is called dx. `orders` has the names whose subscripts are shown in another
        order than their own.
        """
        self._orders = orders
        self._ranks = dict(ranks)
        self.differential = differential
        self._templates = {name: looks[name] for name in looks if name in self._ranks}
        self._looks: dict[str, Look] = {}
        self._text: dict[bool, dict[str, str]] = {True: {}, False: {}}
        self._used: set[str] = set()
        self._stems = _bare_stems(self._ranks)
        for name in sorted(looks):
            if name in self._ranks:
                template = None if looks[name].is_plain else looks[name]
                self._take(name, (Look(_stem(looks[name].base), template=template),))
        for name in sorted(self._ranks):
            if name not in self._looks:
                self._take(name, self._candidates(name))
        for unicode in (True, False):
            self._text[unicode] = self._text_names(unicode)

    @staticmethod
    def of(model: Model, *programs: Model, differential: bool = False) -> Names:
        """Every name of a model, of its adjoints and of further programs."""
        ranks = dict.fromkeys((*model.sizes, *model.index_ranges, *model.functions), 0)
        if model.rate is not None:
            ranks[model.rate] = 0
        for source in (model, *programs):
            for name, array in source.arrays.items():
                ranks.setdefault(name, array.rank)
            for equation in source.equations:
                ranks.setdefault(equation.target, len(equation.indices))
        for name, rank in list(ranks.items()):
            if adjoint_base(name) is None and name not in model.sizes and name not in model.index_ranges:
                ranks.setdefault(adjoint_name(name), rank)
                ranks.setdefault(step_name(name), rank)
        for error in model.error_names:
            ranks.setdefault(error.name, len(error.letters))
        orders = {e.name: e.order for e in model.error_names if e.order != tuple(range(len(e.order)))}
        return Names(ranks, Names.templates(model.looks, model.look_letters), differential, orders)

    @staticmethod
    def templates(looks: Mapping[str, str], letters: Mapping[str, tuple[str, ...]]) -> Mapping[str, Template]:
        """The templates of those looks that are well formed."""
        read = {name: read_template(text, letters.get(name, ())) for name, text in looks.items()}
        return {name: template for name, template in read.items() if template is not None}

    def look(self, name: str) -> Look:
        """The name's look; one that wasn't announced gets the first free one."""
        if name not in self._looks:
            self._take(name, self._candidates(name))
        return self._looks[name]

    def latex(self, name: str) -> str:
        """The name by itself, without subscripts."""
        if name.endswith("'"):
            return self.latex(name.rstrip("'")) + "'" * (len(name) - len(name.rstrip("'")))
        return self.look(name).access(())[0]

    def text(self, name: str, unicode: bool) -> str:
        """The name for a terminal: as written, or with Greek letters and accents drawn."""
        if name.endswith("'"):
            bare = name.rstrip("'")
            return self.text(bare, unicode) + ("′" if unicode else "'") * (len(name) - len(bare))
        known = self._text[unicode].get(name)
        return known if known is not None else self._text_candidate(name, unicode)

    def text_order(self, name: str, rank: int) -> tuple[int, ...]:
        """The axes of a name in the order in which its look has them."""
        look = self.look(name)
        shown = look.order if len(look.order) == rank else tuple(range(rank))
        if look.template is None or look.template.arity != rank:
            return shown
        return tuple(shown[axis] for axis in look.template.order)

    @cached_property
    def bare(self) -> frozenset[str]:
        """The LaTeX of every announced name without subscripts, and of the stems of those with a look of their own."""
        stems = (look.stem for look in self._looks.values() if look.template is not None)
        return frozenset((*(self.latex(name) for name in self._ranks), *stems))

    @cached_property
    def letters_in_marks(self) -> frozenset[str]:
        """Single letters that some look shows above or below, whatever the indices: n of E_n."""
        templates = [look.template for look in self._looks.values() if look.template is not None]
        groups = (group for t in templates for group in (t.above, t.below))
        return frozenset(p for group in groups for p in group if isinstance(p, str) and len(p) == 1 and p.isalpha())

    @cached_property
    def text_names(self) -> frozenset[str]:
        """The drawn text of every announced name."""
        return frozenset(self._text[True].values())

    def _take(self, name: str, candidates: Iterable[Look]) -> None:
        rank = self._ranks.get(name, 0)
        slots = tuple(Subscript(f"<{axis}>", True) for axis in range(rank))
        for look in candidates:
            printed = look.access(slots)[0]
            if printed not in self._used:
                self._used.add(printed)
                self._looks[name] = replace(look, order=self._orders.get(name, ()))
                return

    def _candidates(self, name: str) -> Iterable[Look]:
        """Looks in order of preference; the last is the name letter by letter, which no other name has."""
        base, stepped = adjoint_base(name), step_base(name)
        if stepped is not None:
            own = self.look(stepped)
            yield replace(own, stem="\\Delta " + own.stem)
        if base is not None and self.differential:
            own = self.look(base)
            yield replace(own, stem="d" + own.stem)
        if base is not None:
            yield Look("\\delta", above=f"({self.latex(base)})")
            yield Look("\\delta", above=f"(({self.latex(base)}))")
        owner, mark, number = name.partition("#")
        if mark and base is None and stepped is None:
            place = number.removeprefix(PLACE_MARK)
            if place != number:
                yield Look(_stem(place), above=f"({self.latex(owner)})")
            marks = (*_marks(owner), *map(_tag_below, number.split("_")))
            yield Look(self.look(owner).stem, above=f"[{','.join(marks)}]")
        parts = take_apart(name) if not mark and base is None and stepped is None else None
        if parts is not None:
            yield from self._part_looks(parts, self._ranks.get(name, 0))
        yield Look(verbatim_latex(name))

    def _part_looks(self, parts: Parts, rank: int) -> Iterable[Look]:
        if not parts.tags:
            yield Look(parts.stem)
            return
        if rank == 0 and parts.stem not in self._stems:
            yield Look(parts.stem, below=",".join(_tag_below(t) for t in parts.tags))
        yield Look(parts.stem, above=_tags_above(parts.tags))
        yield Look(parts.stem, above="(" + ",".join(_tag_below(t) for t in parts.tags) + ")")

    def _text_names(self, unicode: bool) -> dict[str, str]:
        """Drawn names; those that would be drawn alike, or like another as it is written, stand as they are written."""
        drawn = {name: self._text_candidate(name, unicode) for name in self._ranks}
        while True:
            owners: dict[str, int] = {}
            for text in drawn.values():
                owners[text] = owners.get(text, 0) + 1
            alike = [name for name, text in drawn.items() if owners[text] > 1 and text != name]
            if not alike:
                return drawn
            drawn.update((name, name) for name in alike)

    def _text_candidate(self, name: str, unicode: bool) -> str:
        template = self._templates.get(name)
        if template is not None:
            return _drawn(template.base, unicode) + template.marks
        base = adjoint_base(name)
        if base is not None and self.differential:
            return "d" + self._text_candidate(base, unicode)
        if base is not None:
            return f"{'δ' if unicode else 'delta'}_{self._text_candidate(base, unicode)}"
        stepped = step_base(name)
        if stepped is not None:
            return ("Δ" if unicode else "Delta_") + self._text_candidate(stepped, unicode)
        owner, mark, number = name.partition("#")
        if number.startswith(PLACE_MARK):
            return f"{number.removeprefix(PLACE_MARK)}_{self._text_candidate(owner, unicode)}"
        return _drawn(owner, unicode) + mark + number


def _stem(base: str) -> str:
    parts = take_apart(base)
    return parts.stem if parts is not None and not parts.tags else verbatim_latex(base)


def _marks(owner: str) -> tuple[str, ...]:
    parts = take_apart(owner)
    return tuple(_tag_below(t) for t in parts.tags) if parts else ()


def _bare_stems(ranks: Mapping[str, int]) -> frozenset[str]:
    """The stems of names that take subscripts and have no marks: x where x[i] is an array."""
    apart = (take_apart(name) for name, rank in ranks.items() if rank > 0)
    return frozenset(p.stem for p in apart if p is not None)


def _drawn(word: str, unicode: bool) -> str:
    """A name with its Greek letters and accents drawn."""
    parts = take_apart(word) if unicode else None
    return word if parts is None else parts.plain + parts.rest
