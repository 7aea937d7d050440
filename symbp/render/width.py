"""About how wide LaTeX prints, in widths of a letter: what a line has room for."""

from __future__ import annotations

import re

_STACK = re.compile(r"\\substack\{((?:[^{}]|\{[^{}]*\})*)\}")
_FRACTION = re.compile(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}")
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|.", re.DOTALL)

SCRIPT = 0.75
"""How much narrower letters above and below the line are."""

_WIDTHS = {
    **dict.fromkeys(("+", "-", "=", "<", ">", "\\le", "\\ge", "\\ne", "\\mid", "\\in"), 2.4),
    **dict.fromkeys(("(", ")", "[", "]", "|", "!", "'", ".", "\\{", "\\}"), 0.75),
    **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1.3),
    **dict.fromkeys(("\\sum", "\\prod"), 3.0),
    **dict.fromkeys(("\\left", "\\right", "\\mathrm", "\\text", "\\begin", "\\end", "\\operatorname", "\\sqrt"), 0.0),
    **dict.fromkeys(("\\operatorname*", "\\hat", "\\bar", "\\tilde", "\\dot", "\\displaystyle", " ", "{", "}"), 0.0),
    **dict.fromkeys(("\\sin", "\\cos", "\\tan", "\\log", "\\exp", "\\max", "\\min", "\\bmod"), 3.0),
    **dict.fromkeys(("\\sinh", "\\cosh", "\\tanh"), 4.4),
    **dict.fromkeys(("\\arcsin", "\\arccos", "\\arctan"), 5.4),
    ",": 0.8, "\\,": 0.35, "\\;": 0.6, "\\cdot": 1.5, "\\dots": 2.5, "\\quad": 2.0, "\\qquad": 4.0,
}


def latex_width(latex: str) -> float:
    """The width of a formula on one line: of a fraction the wider part, of a stack the widest row."""
    text, before = latex, ""
    while text != before:
        before = text
        text = _STACK.sub(lambda m: max(m[1].split("\\\\"), key=len), text)
        text = _FRACTION.sub(lambda m: max(m[1], m[2], key=len) + "\\,", text)
    return _walked(text)


def _walked(text: str) -> float:
    width = 0.0
    scripts: list[bool] = []
    raised = False
    for token in _TOKEN.findall(text):
        if token in ("_", "^"):
            raised = True
            continue
        if token == "{":
            scripts.append(raised or (bool(scripts) and scripts[-1]))
        elif token == "}" and scripts:
            scripts.pop()
        small = raised or (bool(scripts) and scripts[-1])
        width += _WIDTHS.get(token, 1.0) * (SCRIPT if small else 1.0)
        raised = raised and token == " "
    return width
