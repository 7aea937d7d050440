"""The table of rules on the page about costs; `python -m tests.costs_page` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

from symbp.cost.passes.minimal import RULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "costs.md"
HEAD = "| rule | | formula | for instance |\n|---|---|---|---|\n"
_TABLE = re.compile(re.escape(HEAD) + r"(\|.*\n)*")


def with_rules(text: str) -> str:
    """The page with the rules as they are now."""
    rows = [f"| {r.name} | {r.says} | ${r.formula}$ | {', '.join(r.pays)} |\n" for r in RULES]
    return _TABLE.sub(lambda _: HEAD + "".join(rows), text)


if __name__ == "__main__":
    PAGE.write_text(with_rules(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
