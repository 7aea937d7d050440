"""`name g[j] = -grad(beta[j])`, `role w = weight`, `show w[l,j,k] as w^l_jk`: what results and names are called."""

from __future__ import annotations

from symbp.calculus.model import PARTS, ErrorName
from symbp.language import syntax
from symbp.language.collector import nearest, similar
from symbp.language.file import File
from symbp.language.ranges import Ranges

MARKS = "^_{},()"


def error_names(file: File, ranges: Ranges) -> tuple[ErrorName, ...]:
    found = (_error_name(s, file, ranges) for s in file.error_names)
    return tuple(f for f in found if f is not None)


def _error_name(s: syntax.ErrorNameStatement, file: File, ranges: Ranges) -> ErrorName | None:
    of = s.of
    if of.name not in ranges.axes:
        entry = file.names.get(of.name)
        message = f"`{of.name}` is not defined" if entry is None else f"`{of.name}` is {entry.what}, not an array"
        file.mistakes.error(of.span, message, similar(of.name, tuple(file.array_names())))
        return None
    subscripts = of.subscripts if isinstance(of, syntax.Subscripted) else ()
    rank = len(ranges.axes[of.name])
    inner, outer = _letters(subscripts, file), _letters(s.subscripts, file)
    if inner is None or outer is None:
        return None
    if len(inner) != rank:
        file.mistakes.error(
            of.span, f"`{of.name}` has {rank} subscript{'s' * (rank != 1)}, {len(inner)} given",
        )
        return None
    if sorted(inner) != sorted(outer):
        file.mistakes.error(s.name_span, f"`{s.name}` and `{of.name}` must have the same subscripts here")
        return None
    return ErrorName(s.name, s.sign, of.name, inner, tuple(inner.index(letter) for letter in outer))


def _letters(subscripts: tuple[syntax.Expression, ...], file: File) -> tuple[str, ...] | None:
    """Distinct index letters; None after a mistake."""
    found: list[str] = []
    for e in subscripts:
        if not isinstance(e, syntax.Name) or not file.is_index(e.name):
            file.mistakes.error(e.span, f"{file.mistakes.quote(e.span)} is no index letter")
            return None
        if e.name in found:
            file.mistakes.error(e.span, f"`{e.name}` stands twice")
            return None
        found.append(e.name)
    return tuple(found)


def stated_roles(file: File) -> dict[str, str]:
    """What each name of a `role` statement is in the network."""
    found: dict[str, str] = {}
    arrays = tuple(file.array_names())
    for s in file.roles:
        entry = file.names.get(s.name)
        if entry is None or not entry.is_array:
            what = "not defined" if entry is None else f"{entry.what}, so it has no role"
            file.mistakes.error(s.name_span, f"`{s.name}` is {what}", similar(s.name, arrays))
        elif s.part not in PARTS:
            hint = nearest(s.part, PARTS) or "there are: " + ", ".join(PARTS)
            file.mistakes.error(s.part_span, f"`{s.part}` is no role", hint)
        elif s.name in found:
            file.mistakes.error(s.name_span, f"`{s.name}` gets a role twice")
        else:
            found[s.name] = s.part
    return found


def looks(file: File, ranges: Ranges) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The templates of `show`, and the letters that each speaks of."""
    templates: dict[str, str] = {}
    letters: dict[str, tuple[str, ...]] = {}
    ranks = {name: len(axes) for name, axes in ranges.axes.items()}
    ranks.update((s.name, len(s.subscripts)) for s in file.error_names)
    for s in file.shows:
        if s.name not in ranks:
            file.mistakes.error(s.name_span, f"`{s.name}` is not defined", similar(s.name, ranks))
            continue
        found = _letters(s.subscripts, file)
        if found is None or not _allowed(s, file):
            continue
        if len(found) != ranks[s.name]:
            rank = ranks[s.name]
            file.mistakes.error(
                s.name_span, f"`{s.name}` has {rank} subscript{'s' * (rank != 1)}, {len(found)} given",
            )
            continue
        if s.name in templates:
            file.mistakes.error(s.name_span, f"`{s.name}` gets a look twice")
            continue
        templates[s.name] = s.look
        letters[s.name] = found
    return templates, letters


def _allowed(s: syntax.Show, file: File) -> bool:
    for c in s.look:
        if not (c.isalpha() or c in "0123456789" or c in MARKS or c == " "):
            shown = c if c.isprintable() else f"U+{ord(c):04X}"
            file.mistakes.error(
                s.look_span, f"`{shown}` can't stand in a look", "letters, digits and ^ _ { } , ( ) can",
            )
            return False
    depth = 0
    for c in s.look:
        depth += (c in "{(") - (c in "})")
        if depth < 0:
            break
    if depth:
        file.mistakes.error(s.look_span, f"the brackets of {file.mistakes.quote(s.look_span)} don't match")
        return False
    return True
