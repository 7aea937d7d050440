"""Letters and accents: from an author's spelling to LaTeX and to Unicode."""

from __future__ import annotations

import unicodedata

_LOWER = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}
_UPPER = {
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}
_VARIANTS = {"varepsilon": "ϵ", "vartheta": "ϑ", "varphi": "ϕ", "varrho": "ϱ", "varsigma": "ς", "varpi": "ϖ"}

GREEK = {**_LOWER, **_UPPER, **_VARIANTS}
"""A Greek letter's name, which is LaTeX's command too, and its character."""

GREEK_NAME = {character: name for name, character in GREEK.items()} | {"\u00b5": "mu", "\u2126": "Omega"}
"""A Greek character's name."""

ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
"""Suffixes that are accents after one letter, and their combining characters."""

MARKS = {
    **{mark: name for name, mark in ACCENTS.items()},
    "\u0300": "grave", "\u0301": "acute", "\u0306": "breve", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check",
}
"""Combining characters and the LaTeX accent that draws each."""

WORDS_LIKE_ACCENTS = frozenset({"chat", "that", "what"})
"""English words of one letter and `hat`: printed as words."""


def is_ascii_letter(text: str) -> bool:
    """One of A–Z, a–z."""
    return len(text) == 1 and text.isascii() and text.isalpha()


def letter_latex(word: str) -> str | None:
    """One letter, plain, Greek (by name or character) or accented, as LaTeX; None for any other text."""
    if is_ascii_letter(word):
        return word
    if word in GREEK:
        return "\\" + word
    if word in GREEK_NAME:
        return "\\" + GREEK_NAME[word]
    accented = split_mark(word)
    if accented is not None:
        base, accent = accented
        inner = letter_latex(base)
        if inner is not None:
            return f"\\{accent}{{{inner}}}"
    return None


def split_mark(text: str) -> tuple[str, str] | None:
    """A letter with one combining mark (composed or not) as the letter and the LaTeX accent's name."""
    decomposed = unicodedata.normalize("NFD", text)
    if len(decomposed) == 2 and decomposed[1] in MARKS:
        return decomposed[0], MARKS[decomposed[1]]
    return None


def split_accent(word: str) -> tuple[str, str] | None:
    """`yhat`, `alphabar` as the letter and its accent; None where the suffix isn't an accent."""
    if word in WORDS_LIKE_ACCENTS:
        return None
    for accent in ACCENTS:
        base = word.removesuffix(accent)
        if base != word and is_letter(base):
            return base, accent
    return None


def is_letter(word: str) -> bool:
    """One ASCII letter, or one Greek letter by name or character."""
    return is_ascii_letter(word) or word in GREEK or word in GREEK_NAME


def word_latex(word: str) -> str:
    """A word upright: ASCII as it is, known letters drawn, any other character as its code point, `U+635F`."""
    return "\\mathrm{" + "".join(_character(c) for c in word) + "}"


def verbatim_latex(name: str) -> str:
    """A name spelled out, character by character; different names are different text."""
    return "\\mathrm{" + "".join(c if c.isascii() and c.isalnum() else _escaped(c) for c in name) + "}"


def _character(c: str) -> str:
    if c.isascii() and c.isalnum():
        return c
    drawn = letter_latex(c)
    return f"{{{drawn}}}" if drawn else _escaped(c)


def _escaped(c: str) -> str:
    if c == "_":
        return "\\_"
    return f"\\text{{U+{ord(c):04X}}}"
