"""Every block in every format, in both languages: LaTeX, Markdown and text."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pykatex
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbp
from symbp.calculus.affine import Guard
from symbp.calculus.expression import Cases, Expr, Reduce, add, multiply, number
from symbp.render.blocks import (
    Block,
    Citation,
    Comparison,
    Display,
    Extent,
    Formula,
    Heading,
    Items,
    Lead,
    MatrixDisplay,
    MatrixRow,
    Paragraph,
    Quote,
    Quoted,
    Row,
    Table,
    Typeset,
    Where,
)
from symbp.render.escape import LatexGuardError, checked_latex, escape_latex, is_chinese
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import write_latex
from symbp.render.markdown_document import write_markdown
from symbp.render.options import Options
from symbp.render.printer import Context, Vocabulary
from symbp.render.standalone import standalone
from symbp.render.style import Style
from symbp.render.text_document import columns, filled, write_text
from symbp.render.width import latex_width
from tests.render_models import H, I, J, at, ge, network

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*.bp"))
VOCABULARY = Vocabulary.of(network())
NAMES = VOCABULARY.names
CHINESE = Options(language="zh")
PROBE = "a_b & <c> {d} $e$ 100% #1 ~x ^y \\z |w| [u](v) *t* `s`"


def context(*expressions: Expr) -> Context:
    return VOCABULARY.display((I, H, J), *expressions)


def formula(e: Expr) -> Formula:
    return Formula(e, context(e))


def row(left: Expr | None, right: Expr) -> Row:
    return Row(None if left is None else formula(left), formula(right))


@dataclass(frozen=True)
class Product(Typeset):
    """δ xᵀ, as some other printer would have it."""

    def printed(self, style: Style) -> str:
        return "\\delta\\,x" if isinstance(style, LatexStyle) else "δ x"


SUM = Reduce("sum", (J,), (), multiply((at("w", "h", "j"), at("y", "j"))))
DISPLAY = Display((row(at("alpha", "h"), SUM),), "F1", guards=(ge("h", 2),), extents=(I,), source=("F2",))
SEVERAL = Display((row(at("alpha", "h"), SUM), row(None, number(Fraction(1, 2)))), boxed=True)
CASES = Display((row(at("b", "h"), Cases((((ge("h", 2),), at("b", "h")), ((), number(0))))),))
MATRIX = MatrixDisplay((MatrixRow(Product(), Product()), MatrixRow(None, Product())), "M1")
TABLE = Table(
    (("by",), (formula(at("v", "i", "h")),)),
    ((("a",), (formula(number(-3)),)), (("long one",), (Comparison(formula(at("x", "i")), ">", formula(number(0))),))),
    "lr",
)
INLINE = Paragraph((
    Lead("Sign."), " If ", Comparison(formula(at("x", "i")), "<", formula(at("y", "j"))), ", then ", Citation("F1"),
    " for ", Extent(I, context()), " and ", Where((ge("h", 2), Guard("ne", ge("i", "h").form)), context()), ": ",
    Comparison(formula(at("y", "j")), None, None, (formula(number(0)), formula(number(1)))), "; ", Product(), " is ",
    Quoted(PROBE), ".",
))
BLOCKS: tuple[Block, ...] = (
    Heading(("Gradients of ", formula(at("E")))), INLINE, DISPLAY, CASES, Heading(("The steps",), 2), SEVERAL, MATRIX,
    Items((("one",), ("two ", formula(at("x", "i"))))), Quote(("Careful.",)), TABLE,
)


def formulas(text: str) -> list[str]:
    r"""What stands in \[ … \], $$ … $$ and $ … $."""
    found = re.findall(r"\\\[\n(.*?)\n\\\]|\$\$\n(.*?)\n\$\$|(?<![\\$])\$([^$\n]+)\$", text, re.DOTALL)
    return ["".join(groups) for groups in found]


def katex(text: str) -> None:
    shown = formulas(text)
    assert shown
    for each in shown:
        pykatex.renderToString(each, displayMode="\\tag" in each, strict="error", throwOnError=True)


def test_latex() -> None:
    shown = write_latex(BLOCKS, NAMES)
    katex(shown)
    assert shown.startswith("\\section*{Gradients of $E$}\n\n\\emph{Sign.} If $x_i < y_j$, then (F1) for $i = 1, ")
    assert "$h \\ge 2,\\; i \\ne h$: $y_j \\in \\{0, 1\\}$; $\\delta\\,x$ is a\\_b \\& \\ensuremath{<}c" in shown
    note = "\\qquad (h \\ge 2,\\; i = 1, \\dots, d) \\qquad (\\mathrm{F2}) \\tag{F1}"
    assert f"\\alpha_h = \\sum_{{m=1}}^{{l}} w_{{hm}}\\,y_m {note}\n\\]" in shown
    rows = "\\alpha_h &= \\sum_{m=1}^{l} w_{hm}\\,y_m \\\\\n&= \\frac{1}{2}"
    assert f"\\boxed{{\\begin{{aligned}}\n{rows}\n\\end{{aligned}}}}" in shown
    assert "\\begin{cases} b_h & h \\ge 2 \\\\ 0 & h \\le 1 \\end{cases}" in shown
    assert "\\begin{aligned}\n\\delta\\,x &= \\delta\\,x \\\\\n&= \\delta\\,x\n\\end{aligned} \\tag{M1}" in shown
    assert "\\begin{itemize}\n\\item one\n\\item two $x_i$\n\\end{itemize}" in shown
    assert "\\begin{quote}\nCareful.\n\\end{quote}" in shown
    assert "\\begin{tabular}{lr}\n\\hline\nby & $v_{ih}$ \\\\\n\\hline\na & $-3$ \\\\\nlong one & $x_i > 0$" in shown


def test_markdown() -> None:
    shown = write_markdown(BLOCKS, NAMES)
    katex(shown)
    assert shown.startswith("# Gradients of $E$\n\n**Sign.** If $x_i \\lt y_j$, then (F1) for $i = 1, \\dots, d$")
    assert "$h \\ge 2,\\thickspace i \\ne h$: $y_j \\in \\lbrace 0, 1\\rbrace$" in shown
    assert "\n\n$$\n\\alpha_h = \\sum_{m=1}^{l} w_{hm}\\thinspace y_m \\qquad" in shown
    assert "\\tag{F1}\n$$\n\n" in shown
    assert "\n\n- one\n- two $x_i$\n\n> Careful.\n\n| by | $v_{ih}$ |\n| :-- | --: |\n| a | $-3$ |\n" in shown


def test_text() -> None:
    shown = write_text(BLOCKS, NAMES, Options())
    assert shown.startswith("Gradients of E\n==============\n\nSign. If x[i] < y[j], then (F1) for i = 1..d and h ≥ 2,")
    assert "(F1)  α[h] = Σ_{m=1..l} w[h,m] · y[m]   (h ≥ 2, i = 1..d)   [F2]\n      b[h] = { b[h] if h ≥ 2; 0 " in shown
    assert "\n(M1)  δ x = δ x\n          = δ x\n\n- one\n- two x[i]\n\n    Careful.\n\n" in shown
    assert "by          v[i,h]\n--------  --------\na               −3\nlong one  x[i] > 0\n" in shown
    assert write_text(BLOCKS[:-2], NAMES, Options(unicode=False)).replace("δ", "").isascii()


@pytest.mark.parametrize("write", [write_latex, write_markdown, write_text])
def test_chinese_prose_and_the_same_displays(write: object) -> None:
    blocks = (Paragraph(("对", formula(at("x", "i")), "求导，得", Citation("F1"), "。")), DISPLAY, CASES, MATRIX, TABLE)
    chinese, english = (write(blocks, NAMES, o) for o in (CHINESE, Options()))  # type: ignore[operator]
    assert "求导" in chinese
    if write is not write_text:
        assert all(f.isascii() for f in formulas(chinese))
        assert formulas(chinese) == formulas(english)
    if write is not write_markdown:
        assert chinese.splitlines()[1:] == english.splitlines()[1:]
    if write is write_latex:
        assert "求导" not in english and "U+5BFC" in english


def test_formulas_have_room_in_chinese_markdown() -> None:
    x = formula(at("x", "i"))
    shown = write_markdown((Paragraph((Lead("符号。"), "对", x, "求导，", x, "。")),), NAMES)
    assert shown == "**符号。** 对 $x_i$ 求导， $x_i$。\n"


@pytest.mark.parametrize("text", ["é", "$中$", "\\[\n中\n\\]", "Д", "\u3000", "中\u202e"])
def test_only_prose_may_be_chinese(text: str) -> None:
    with pytest.raises(LatexGuardError):
        checked_latex(text, "zh")
    assert checked_latex(escape_latex("中，“文”", "zh"), "zh") == "中，“文”"
    with pytest.raises(LatexGuardError):
        checked_latex("中")


@given(st.text(max_size=40))
def test_no_text_gets_through_raw_in_chinese_either(text: str) -> None:
    shown = checked_latex(escape_latex(text, "zh"), "zh")
    assert all(c.isascii() or is_chinese(c) for c in shown)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_a_quoted_text_makes_no_markdown(text: str) -> None:
    shown = write_markdown((Paragraph((Quoted(text),)),), NAMES).rstrip("\n")
    bare = re.sub(r"\\[\\`*_\[\]|$~#{}.)+-]|&(?:lt|gt|amp);", "", shown)
    assert not re.search(r"[\\`*_\[\]|$~#{}<>]", bare)
    assert not re.match(r"[-+] |\d+[.)] ", shown)


def test_left_aligned_displays() -> None:
    shown = write_latex((DISPLAY, SEVERAL), NAMES, Options(align_left=True))
    assert "\\[" not in shown
    assert shown.startswith("\\smallskip\n\\noindent$\\displaystyle \\alpha_h = ") and "$\\hfill(F1)\n\n" in shown
    markdown = write_markdown((DISPLAY, SEVERAL), NAMES, Options(align_left=True))
    assert "$$" not in markdown and markdown.count("\n") == 3
    katex(markdown)


LONG = add([multiply((at("x", "i"), at("gamma", "h"), at("b", "h"), at("alpha", "h")))] * 7)


@pytest.mark.parametrize("width", [30, 45, 66, 90])
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    blocks = (Display((row(at("b", "h"), LONG), row(None, multiply((at("c1"), add((LONG, SUM))))))),)
    options = Options(max_width=width)
    lines = [line for line in write_latex(blocks, NAMES, options).splitlines() if "&" in line]
    widths = [latex_width(line) for line in lines]
    assert max(widths) <= width + 3 and max(widths) > width / 2
    text = write_text(blocks, NAMES, options)
    assert max(map(len, text.splitlines())) <= width + 12
    narrower = len(write_text(blocks, NAMES, Options(max_width=30)).splitlines())
    assert narrower >= len(text.splitlines())


@given(st.lists(st.sampled_from(["word", "x[i] + y", "中文", "标点，", "a-b"]), max_size=40), st.integers(20, 60))
def test_running_text_is_only_parted(words: list[str], limit: int) -> None:
    text = " ".join(words)
    lines = filled(text, limit, "- ", "  ").splitlines()
    assert "".join(lines).replace(" ", "").removeprefix("-") == text.replace(" ", "")
    assert all(columns(line) <= limit for line in lines)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("options", [Options(), Options(align_left=True)])
def test_pdflatex_sets_every_block(options: Options, tmp_path: Path) -> None:
    source = standalone(write_latex(BLOCKS, NAMES, options), "en", options.align_left)
    (tmp_path / "x.tex").write_text(source, encoding="ascii")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in (tmp_path / "x.log").read_text(encoding="latin-1")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_wide_table_is_set_within_the_margins(tmp_path: Path) -> None:
    wide = multiply((at("c1"), add((LONG, SUM))))
    rows = tuple(((formula(e),), (formula(number(Fraction(-1, 3))),), (Quoted("0.123456"),)) for e in (wide, LONG, SUM))
    shown = write_latex((Table(((), ("formula",), ("difference",)), rows, "lrr"),), NAMES)
    assert re.search(r"\\begin\{tabular\}\{p\{[\d.]+em\}rr\}", shown)
    katex(shown)
    (tmp_path / "x.tex").write_text(standalone(shown), encoding="ascii")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in (tmp_path / "x.log").read_text(encoding="latin-1")


@pytest.mark.parametrize("width", [30, 45])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_no_line_of_an_example_is_wider_than_asked_for(path: Path, width: int) -> None:
    shown = symbp.derive(symbp.load(path)).latex("inlined", "expanded", max_width=width)
    displays = re.findall(r"\\begin\{aligned\}\n(.*?)\n\\end\{aligned\}", shown, re.DOTALL)
    assert all(latex_width(line) <= width + 8 for display in displays for line in display.splitlines())
