"""The words of the language: what may not name an array, an index, a size or a function."""

from __future__ import annotations

from symbp.calculus.functions import ALIASES, FUNCTIONS, REDUCTIONS

BINDING = tuple(r for r in REDUCTIONS if r not in ("max", "min"))
"""Words that always bind an index: every one of REDUCTIONS but max and min, which also take two numbers."""

FORMS = ("where", "pad", "stop")
"""Calls with a meaning of their own."""

LOGIC = ("and", "or", "not", "if")

RESERVED = frozenset((*REDUCTIONS, *FORMS, *LOGIC, *FUNCTIONS, *ALIASES))
"""Function words and the words of conditions. A word that begins a statement (`input`, `loss`) is not among them."""

OPERATORS = ("+", "-", "*", "/", "^")

ROLES = ("input", "target", "param", "const")
"""The words that declare arrays."""

KEYWORDS = frozenset((
    *ROLES, "index", "size", "function", "loss", "assume", "update", "name", "role", "show", "let", "at", "in", "as",
    "grad", *LOGIC,
))
"""Every word of the grammar."""
