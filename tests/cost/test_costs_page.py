"""The page about costs lists the rules and the fields that there are. Its sessions are run beside the README's."""

from __future__ import annotations

import json
import re

import symbp
from symbp.shipped import example_text
from tests.costs_page import PAGE, with_rules

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_lists_the_rules_that_there_are() -> None:
    assert with_rules(TEXT) == TEXT


def test_the_page_lists_the_fields_that_there_are() -> None:
    costs = symbp.derive(example_text("watermelon")).cost({"d": 2, "q": 2, "l": 1}, sympy=True)
    data = json.loads(costs.json(lines=True))
    listed = set(re.findall(r"`(\w+)`", TEXT.partition("## As data")[2]))
    reused = data["reused"][0]
    parts = (data["shared"], data["parameters"]["w"], reused, reused["readers"][0], data["lines"][0])
    fields = {*data, *(key for part in parts for key in part)}
    assert fields <= listed
