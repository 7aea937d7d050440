"""The page about JSON lists the fields that there are, and its session goes as shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import symbp
from tests.readme import ROOT, failures_in_python, page

PAGE = "docs/json.md"
KEYED = re.compile(r"^(gradients|gradients\.\*|point\.gradients|checks\.numbers\.sizes)$")
"""Objects whose keys are names of the model."""
NAMED = ("gradients.*", "point.gradients.*", "checks.numbers.sizes.*")
"""What has its line in the table under the object's own name."""
FIELD = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)

AT = "param w, b\ninput x\nloss L = relu(w*x)*b\nat w = 2, b = 1, x = 3\n"
LONG = "size n = 3000\nindex i in 1..n, j in 1..n\nparam w\nloss L = sum(i, sum(j, (w + i*j)^2))\nat w = 2\n"


def fields(value: object, path: str = "") -> Iterator[str]:
    """The path of every field: `[]` for the members of a list, `*` for the name of something in the model."""
    if isinstance(value, dict) and set(value) != {"latex", "text"}:
        for key, part in value.items():
            below = f"{path}.*" if KEYED.match(path) else f"{path}.{key}".removeprefix(".")
            if below not in NAMED:
                yield below
            yield from fields(part, below)
    if isinstance(value, list):
        for part in value:
            yield from fields(part, f"{path}[]")


@cache
def found() -> frozenset[str]:
    models = sorted((*Path(ROOT, "examples").glob("*.bp"), *Path(ROOT, "tests", "models").glob("*.bp")))
    texts = [json.loads(symbp.derive(symbp.load(m)).json()) for m in models]
    texts += [json.loads(symbp.derive(text).json()) for text in (AT, LONG)]
    return frozenset(f for data in texts for f in fields(data))


def test_the_page_lists_the_fields_that_there_are() -> None:
    listed = FIELD.findall(page(PAGE))
    assert len(set(listed)) == len(listed)
    assert set(listed) == found()


def test_the_session_goes_as_shown() -> None:
    assert failures_in_python(PAGE) == ""
