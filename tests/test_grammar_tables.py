"""The parser's tables that come with the package say what the grammar says, and are left aside where they don't fit."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lark import Lark, UnexpectedInput

from symbp.language import grammar
from symbp.language.build import Build
from symbp.language.grammar import from_grammar, grammar_text, mark, parser_of, tables_path
from symbp.language.mistake import Mistake
from symbp.language.parse import LineBreaks, parser, stop_of
from tests.layered import damaged, layered

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.bp"))


@pytest.fixture(scope="module")
def worked_out() -> Lark:
    return from_grammar(grammar_text(), Build(), LineBreaks())


def outcome(reader: Lark, text: str, start: str) -> object:
    """The tree; or where reading stopped, and what could have stood there."""
    try:
        return reader.parse(text + "\n" if start == "program" else text, start=start)
    except Mistake as mistake:
        return mistake.span, mistake.message, mistake.hint
    except UnexpectedInput as error:
        return type(error), stop_of(error, text)


def test_tables_are_of_this_grammar() -> None:
    """After a change of the grammar: python -m tests.grammar_tables."""
    assert json.loads(tables_path().read_bytes())["of"][1:] == mark(grammar_text())[1:]


def test_tables_read_as_the_grammar_does(worked_out: Lark) -> None:
    random = Random(3)
    texts = [path.read_text(encoding="utf-8") for path in EXAMPLES]
    texts += [damaged(text, random) for text in texts for _ in range(8)]
    texts += [damaged(layered(random), random) for _ in range(60)]
    for text in texts:
        assert outcome(parser(), text, "program") == outcome(worked_out, text, "program")
        for line in text.split("\n"):
            formula = line.partition("=")[2]
            assert outcome(parser(), formula, "expression") == outcome(worked_out, formula, "expression")


@pytest.mark.parametrize("change", ["none", "no json", "another grammar", "another Lark"])
def test_tables_that_do_not_fit_are_left_aside(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tables.json"
    tables: dict[str, Any] = json.loads(tables_path().read_bytes())
    tables["data"]["parser"]["parser"]["states"] = {}
    if change == "another grammar":
        tables["of"][1] += 1
    if change == "another Lark":
        tables["of"][0] += "+"
    if change != "none":
        path.write_text("{" if change == "no json" else json.dumps(tables), encoding="utf-8")
    monkeypatch.setattr(grammar, "tables_path", lambda: path)
    reader = parser_of(Build(), LineBreaks())
    assert outcome(reader, "loss E = (w*x - y)^2", "program") == outcome(parser(), "loss E = (w*x - y)^2", "program")
