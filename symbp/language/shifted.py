"""`l[n+1] = …` is refused; the hint is the line written for `l[n]`."""

from __future__ import annotations

from symbp.calculus.affine import Affine
from symbp.calculus.describe import form_text
from symbp.language import syntax
from symbp.language.file import File
from symbp.language.linear import integer_form, parts
from symbp.language.syntax import Span


def refuse_shift(file: File, case: syntax.Definition, subscript: syntax.Expression) -> str | None:
    """Records the mistake if the subscript is an index moved by a number, and gives the index; else None."""
    form = integer_form(subscript, Affine.of)
    if form is None:
        return None
    moved = [s for s, c in form.terms if file.is_index(s) and c == 1]
    if len(moved) != 1:
        return None
    letter = moved[0]
    rest = form - letter
    quoted = file.mistakes.quote(subscript.span)
    file.mistakes.error(
        subscript.span,
        f"{quoted} can't stand on the left: the left side is `{case.name}[{letter}]`, for every {letter}",
        f"write `{rewritten(file, case, letter, rest)}`",
    )
    return letter


def rewritten(file: File, case: syntax.Definition, letter: str, shift: Affine) -> str:
    """The definition with letter − shift in place of the letter, wherever it stands."""
    text = file.program.source.text
    moved = Affine.of(letter) - shift
    changes: list[tuple[Span, str]] = []
    stack: list[tuple[syntax.Expression, bool]] = [(case.body, False), *((s, True) for s in case.subscripts)]
    while stack:
        node, subscript = stack.pop()
        if subscript:
            form = integer_form(node, Affine.of)
            if form is not None:
                if form.coefficient(letter):
                    changes.append((node.span, form_text(form.substitute({letter: moved}))))
                continue
        if isinstance(node, syntax.Name) and node.name == letter:
            changes.append((node.span, f"({form_text(moved)})"))
        stack.extend((p, isinstance(node, syntax.Subscripted)) for p in parts(node))
    result, end = [], case.name_span.start
    for span, new in sorted(changes, key=lambda c: c[0].start):
        result += [text[end : span.start], new]
        end = span.end
    result.append(text[end : case.span.end])
    return " ".join("".join(result).split())
