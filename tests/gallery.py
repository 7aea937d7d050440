"""The gallery: every example and its derivation in brief; `python -m tests.gallery` writes docs/gallery.md anew."""

from __future__ import annotations

from pathlib import Path

from tests.golden_examples import EXAMPLES, ROOT, output

GALLERY = ROOT / "docs" / "gallery.md"

HEAD = """# Gallery

Every example, and what `symbp derive FILE --detail brief` makes of it. They come with the package: `symbp examples`
lists them, `symbp examples NAME -o NAME.bp` writes one. This page is made by `python -m tests.gallery`.
"""


def source(name: str) -> Path:
    return ROOT / "examples" / f"{name}.bp"


def title(text: str) -> str:
    """The first line of the comment that an example begins with."""
    return text.partition("\n")[0].removeprefix("# ")


def anchor(heading: str) -> str:
    """What GitHub makes of a heading: letters, digits, `-` and `_` in lower case, blanks as `-`."""
    return "".join("-" if c == " " else c for c in heading.lower() if c.isalnum() or c in " -_")


def lowered(markdown: str) -> str:
    """The document with its headings two levels down, to stand under the example's own."""
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in markdown.splitlines())


def entry(name: str) -> str:
    text = source(name).read_text(encoding="utf-8")
    derivation = output(["derive", "--detail", "brief", "--format", "markdown", str(source(name))])
    return f"## {title(text)}\n\n`examples/{name}.bp`\n\n```text\n{text.rstrip()}\n```\n\n{lowered(derivation)}\n"


def gallery() -> str:
    titles = {name: title(source(name).read_text(encoding="utf-8")) for name in EXAMPLES}
    contents = "".join(f"- [{heading}](#{anchor(heading)})\n" for heading in titles.values())
    return "\n".join((HEAD, contents, *(entry(name) for name in EXAMPLES)))


if __name__ == "__main__":
    GALLERY.write_text(gallery(), encoding="utf-8")
