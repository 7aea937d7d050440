"""The parser: from tables that come with the package where they fit, else worked out from the grammar."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, __version__
from lark.grammar import Rule
from lark.lark import PostLex
from lark.lexer import TerminalDef

from symbp.shipped import shipped

HOW: dict[str, Any] = {
    "parser": "lalr", "lexer": "contextual", "start": ["program", "expression"], "keep_all_tokens": True,
    "maybe_placeholders": False,
}

Tables = dict[str, Any]


def grammar_text() -> str:
    return (shipped("grammars") / "symbp.lark").read_text(encoding="utf-8")


def tables_path() -> Path:
    """Where the tables lie, which `python -m tests.grammar_tables` writes."""
    return shipped("grammars") / "symbp.tables.json"


def parser_of(builder: Transformer[Token, Any], line_breaks: PostLex) -> Lark:
    """The parser whose rules call the builder. Tables of another grammar, or of another Lark, are left aside."""
    grammar = grammar_text()
    tables = _read(tables_path())
    if tables.get("of") != mark(grammar):
        return from_grammar(grammar, builder, line_breaks)
    rules = {int(key): rule for key, rule in tables["memo"].items()}
    load: Any = Lark._load_from_dict  # its public door wants a pickle
    loaded: Lark = load(tables["data"], rules, transformer=builder, postlex=line_breaks)
    return loaded


def from_grammar(grammar: str, builder: Transformer[Token, Any] | None, line_breaks: PostLex) -> Lark:
    return Lark(grammar, transformer=builder, postlex=line_breaks, **HOW)


def mark(grammar: str) -> list[Any]:
    """What tables depend on."""
    return [__version__, zlib.crc32(grammar.encode()), HOW]


def written(grammar: str, line_breaks: PostLex) -> str:
    """The tables of a grammar as JSON."""
    data, memo = from_grammar(grammar, None, line_breaks).memo_serialize([TerminalDef, Rule])
    data["options"]["postlex"] = None
    return json.dumps({"of": mark(grammar), "data": data, "memo": memo}, separators=(",", ":")) + "\n"


def _read(path: Path) -> Tables:
    """The tables, their states and tokens counted by integers, which JSON's keys can't be; {} where there are none."""
    try:
        tables: Tables = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    parser = tables["data"]["parser"]["parser"]
    parser["tokens"] = {int(key): name for key, name in parser["tokens"].items()}
    parser["states"] = {
        int(key): {int(token): tuple(action) for token, action in actions.items()}
        for key, actions in parser["states"].items()
    }
    return tables
