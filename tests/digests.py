"""A line for every output of every example, with its digest: `python -m tests.digests`."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import symbp
from symbp.calculus.derivation import FORMS
from symbp.notation.presets import preset_names
from symbp.render.overview import overview
from tests.golden_examples import ESPECIALLY, EXAMPLES, ROOT, cases, encoding_of, output


def documents(name: str, notation: str) -> Iterator[tuple[str, str]]:
    """What one example gives: each format, in both languages, and in a notation."""
    model = symbp.load(ROOT / "examples" / f"{name}.bp")
    derivation = symbp.derive(model).element_by_element()
    yield "overview", overview(model)
    yield "latex", derivation.latex(*FORMS, detail="full")
    yield "text", derivation.text(*FORMS)
    yield "ascii", derivation.text(unicode=False)
    yield "json", derivation.json(*FORMS)
    yield notation, symbp.derive(model, notation=notation).markdown(language="zh")


def outputs() -> Iterator[tuple[str, str]]:
    notations = preset_names()
    for place, name in enumerate(EXAMPLES):
        for what, text in documents(name, notations[place % len(notations)]):
            yield f"{name}, {what}", text
    commands = cases()
    for name in (f"{example}/{file}" for example, files in ESPECIALLY.items() for file in files):
        command = [*commands[name], "--no-verify"]
        yield name, output(command, encoding_of(name))
    yield "certificate", output(["verify", "--points", "1", "--table", str(ROOT / "examples" / "linear321.bp")])


if __name__ == "__main__":
    for what, text in outputs():
        print(what, sha256(text.encode()).hexdigest())
