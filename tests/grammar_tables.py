"""Writes the parser's tables anew: `python -m tests.grammar_tables`, after a change of the grammar."""

from __future__ import annotations

from symbp.language.grammar import grammar_text, tables_path, written
from symbp.language.parse import LineBreaks

if __name__ == "__main__":
    tables_path().write_text(written(grammar_text(), LineBreaks()), encoding="utf-8")
