"""Which characters a text may hold, and what to type in place of the others."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Control characters, line separators, bidirectional marks, surrogates and tags: refused even in a comment."""

COMBINING = re.compile("[\u0300-\u034e\u0350-\u036f\u20d0-\u20f0]")
"""Marks that may follow a letter in a name: the hat of ŷ, the bar of x̄, the arrow of v⃗."""

INVISIBLE_LETTERS = "\u115f\u1160\u3164\uffa0"

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-*/^=<>!.,()[]{} \t\n#")
"""The ASCII characters of the language."""

ADVICE = {
    "$": "formulas stand without `$` here",
    "\\": "there are no LaTeX commands here: write `sum(i, x[i])`, `alpha`, `exp(x)`",
    "'": "there are no primes and no texts: give the derivative a name of its own",
    '"': "there are no texts in the language",
    "`": "leave it out",
    "@": "write a product of matrices as a sum over its index: `sum(k, A[i,k] * B[k,j])`",
    "%": "there is no remainder, and no percent: write `x/100`",
    "&": "write `and`",
    "|": "write `abs(x)` for the absolute value, `or` between conditions",
    "~": "write `not`, or `-`",
    "?": "write `where(condition, yes, no)`",
    ":": "write `=` for a definition, `in` for a range: `i in 1..n`",
    ";": "write one statement on a line",
    "−": "write `-`", "–": "write `-`", "—": "write `-`", "‐": "write `-`", "‑": "write `-`", "‒": "write `-`",
    "×": "write `*`", "·": "write `*`", "⋅": "write `*`", "∙": "write `*`", "∗": "write `*`", "•": "write `*`",
    "⊙": "write `*` on each element: `a[i] * b[i]`", "∘": "write `*` on each element: `a[i] * b[i]`",
    "÷": "write `/`", "∕": "write `/`", "⁄": "write `/`",
    "≤": "write `<=`", "≥": "write `>=`", "≠": "write `!=`", "≦": "write `<=`", "≧": "write `>=`",
    "∈": "write `in`", "≔": "write `=`", "≡": "write `=`", "←": "write `=`", "∧": "write `and`", "∨": "write `or`",
    "¬": "write `not`", "…": "write `..` for a range", "‥": "write `..` for a range",
    "∑": "write `sum(i, x[i])`", "∏": "write `prod(i, x[i])`", "√": "write `sqrt(x)`",
    "‘": "there are no quotation marks", "’": "there are no primes and no quotation marks",
    "“": "there are no quotation marks", "”": "there are no quotation marks",
    "′": "there are no primes: give the derivative a name of its own",
    "″": "there are no primes: give the derivative a name of its own",
    "´": "there are no primes: give the derivative a name of its own",
    "。": "write `.`", "、": "write `,`", "「": "write `[`", "」": "write `]`", "【": "write `[`", "】": "write `]`",
    "⟨": "write `(`", "⟩": "write `)`",
    "∂": "gradients are derived: leave it out", "∇": "gradients are derived: leave it out",
    "∞": "there is no infinity here", "°": "write `* pi/180`",
}
"""What to type in place of a character that people type or paste; for `－` and its like, their compatibility form."""


@lru_cache(maxsize=4096)
def fault(character: str, after_letter: bool = False) -> tuple[str, str] | None:
    """Why a character can't stand in a statement, and what to do; None where it can. Letters of any script can."""
    if character in PLAIN or (after_letter and COMBINING.match(character)):
        return None
    plain = unicodedata.normalize("NFKC", character)
    composed = unicodedata.normalize("NFC", character)
    if character.isalpha() and plain == composed and character not in INVISIBLE_LETTERS:
        return None
    return f"unexpected character {described(character)}", advice(character, plain)


def advice(character: str, plain: str) -> str:
    """What to type; "" where nobody knows. `plain` is the character's compatibility form."""
    if character in ADVICE:
        return ADVICE[character]
    decomposition = unicodedata.decomposition(character)
    if decomposition.startswith("<super>") and plain.isascii():
        return f"write `^{plain}`"
    if decomposition.startswith("<sub>") and plain.isascii():
        return f"write a subscript in brackets, `x[{plain}]`, or in the name, `x{plain}`"
    if unicodedata.category(character) == "Zs":
        return "type an ordinary space"
    if unicodedata.category(character) in ("Zl", "Zp"):
        return "end the line with an ordinary newline"
    if unicodedata.category(character) in ("Cf", "Cc"):
        return "it can't be seen: leave it out"
    if unicodedata.category(character) == "Nd":
        return f"write `{unicodedata.digit(character)}`"
    if plain != character and plain.isprintable() and not plain.isspace():
        return f"write `{plain}`"
    return ""


def described(character: str) -> str:
    """`²` as U+00B2 SUPERSCRIPT TWO: the character where it can be seen, its code point and its name."""
    if character.isascii() and character.isprintable():
        return f"`{character}`"
    name = unicodedata.name(character, CONTROL_NAMES.get(character, ""))
    code = f"U+{ord(character):04X}"
    shown = f"`{character}` " if character.isprintable() and not unicodedata.combining(character) else ""
    return f"{shown}{code} {name}".rstrip()


CONTROL_NAMES = {
    "\x00": "NULL", "\x07": "BELL", "\x08": "BACKSPACE", "\x0b": "LINE TABULATION", "\x0c": "FORM FEED",
    "\x1b": "ESCAPE", "\x7f": "DELETE", "\x85": "NEXT LINE",
}
