"""`symbp cost`: options, files, pictures, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from symbp.arguments import sweep
from symbp.cli import main
from symbp.console import UsageError
from symbp.shipped import example_text

SET = ("--set", "d=3,q=2,l=1")


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "model.bp"
    path.write_text(example_text("watermelon"), encoding="utf-8")
    return str(path)


@pytest.fixture
def deep(tmp_path: Path) -> str:
    path = tmp_path / "deep.bp"
    path.write_text(example_text("deep"), encoding="utf-8")
    return str(path)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["symbp", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(monkeypatch, *arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    return err


def test_the_report(model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(monkeypatch, capsys, "cost", model, *SET)
    assert text.startswith("What E and its gradients cost\n=====")
    assert "Each g[j] is computed once and serves e[h] for all q values of h" in " ".join(text.split())
    assert "The program line by line" not in text
    assert "α[h] = Σ_{i=1..d} v[i,h] · x[i]." in told(monkeypatch, capsys, "cost", model, *SET, "--lines")


def test_one_parameter(model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(monkeypatch, capsys, "cost", model, *SET, "--wrt", "w", "--format", "json"))
    assert list(data["parameters"]) == ["w"]
    assert data["parameters"]["w"]["shared"] + 2 == data["shared"]["operations"]  # ½ (…)² is needed for E alone


def test_the_small_program(model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("cost", model, *SET, "--program", "minimal", "--lines", "--format", "json")
    data = json.loads(told(monkeypatch, capsys, *arguments))
    assert data["program"] == "minimal"
    assert sum(line["operations"] for line in data["lines"]) == data["minimal"]["operations"]


@pytest.mark.parametrize(("ending", "begins"), [
    ("txt", "What E"), ("tex", "\\section*"), ("md", "# What"), ("json", "{\n  \"schema\": 1"),
])
def test_the_ending_says_the_format(
    ending: str, begins: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / f"cost.{ending}"
    assert told(monkeypatch, capsys, "cost", model, *SET, "-o", str(out)) == ""
    assert out.read_text(encoding="utf-8").startswith(begins)


def test_the_growth_as_a_table(deep: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(monkeypatch, capsys, "cost", deep, "--set", "n=3", "--sweep", "L=1..50")
    rows = [line.split() for line in text.splitlines() if re.match(r"\s*\d", line)]
    assert [row[0] for row in rows] == [str(k) for k in range(1, 51)]
    assert "≈" in rows[-1]


def test_the_growth_as_data(deep: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("cost", deep, "--set", "n=3", "--format", "json")
    data = json.loads(told(monkeypatch, capsys, *arguments, "--sweep", "L=2..10:4"))
    assert data["size"] == "L" and data["at"] == [2, 6, 10] and data["sizes"] == {"n": 3}
    for k, depth in enumerate(data["at"]):
        at = json.loads(told(monkeypatch, capsys, "cost", deep, "--set", f"n=3,L={depth}", "--format", "json"))
        for way, operations in data["operations"].items():
            assert operations[k] == at[way]["operations"]


def test_the_growth_as_a_picture(
    deep: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    """Valid XML; a curve for each way, its points inside the axes and rising; a logarithmic axis up to 10^60."""
    picture = told(monkeypatch, capsys, "cost", deep, "--set", "n=3", "--sweep", "L=1..50", "--format", "svg")
    root = ElementTree.fromstring(picture)
    curves = [e.attrib["points"] for e in root.iter("{http://www.w3.org/2000/svg}polyline")]
    assert len(curves) == 4
    for points in curves:
        pairs = [tuple(map(float, p.split(","))) for p in points.split()]
        assert len(pairs) == 50
        assert all(92 <= x <= 696 and 90 <= y <= 400 for x, y in pairs)
        assert pairs == sorted(pairs, key=lambda p: (p[0], -p[1]))
    words = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"L", "operations", "C alone", "shared", "expanded", "forward mode", "10⁵⁰"} <= set(words)
    assert "prefers-color-scheme: dark" in picture


def test_a_linear_axis_where_nothing_explodes(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ("cost", model, "--set", "q=1,l=1", "--sweep", "d=1..3", "--format", "svg")
    assert "10⁵" not in told(monkeypatch, capsys, *arguments)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX")
def test_the_growth_as_pgfplots_source(
    deep: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    source = told(monkeypatch, capsys, "cost", deep, "--set", "n=3", "--sweep", "L=1..50", "--format", "pgfplots")
    if subprocess.run(["kpsewhich", "pgfplots.sty"], capture_output=True).returncode:
        pytest.skip("no pgfplots")
    head = "\\documentclass{article}\\usepackage{amsmath,pgfplots}\\pgfplotsset{compat=1.16}\\begin{document}\n"
    (tmp_path / "plot.tex").write_text(head + source + "\\end{document}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "plot.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


@pytest.mark.parametrize(("arguments", "message"), [
    (("--set", "n=3"), "`n` is not a size of this model; its sizes are `d`, `q`, `l`"),
    (("--sweep", "n=1..3"), "`n` is not a size of this model; its sizes are `d`, `q`, `l`"),
    (("--sweep", "d=1..3"), "the sweep over `d` needs a value for `q`, `l`, as with --set q=3,l=3"),
    (("--sweep", "d=5..1"), "5..1 is empty; write the smaller number first"),
    (("--sweep", "d", *SET), "write a size and its values, as in L=1..50 or d=10..100:10"),
    (("--sweep", "d=1..9:0", *SET), "the step is at least 1"),
    (("--sweep", "d=1..5000"), "5,000 values are too many, at most 1,000 are counted; take larger steps"),
    (("--sweep", "d=1..5000"), "as in d=1..5000:5"),
    (("--sweep", "d=1..900000000"), "900,000,000 values are too many"),
    (("--sweep", "d=0..3", "--set", "q=2,l=1"), "size `d` = 0: a size is an integer from 1 to 1,000,000"),
    (("--sweep", "d=1..3", *SET), "`d` has a value by `--set` and others by `--sweep`; leave d out of `--set`"),
    (("--sweep", "d=1..10^3"), "`--sweep d=1..10^3`: write the integer out, 1000"),
    (("--sweep", "d=1..3", "--sweep", "q=1..3"), "`--sweep` is given twice: one of these counts"),
    (("--sweep", "d=1..3", "--sympy"), "`--sympy` is about one program; it means nothing with `--sweep`"),
    (("--set", "d=10^9"), "`--set d=10^9`: a size is an integer from 1 to 1,000,000, written out"),
    (("--set", "d=1e3"), "`--set d=1e3`: write the integer out, 1000"),
    (("--set", "d=1_000"), "`--set d=1_000`: write the integer out, 1000"),
    (("--set", "d=2**10"), "`--set d=2**10`: write the integer out, 1024"),
    (("--set", "d=12345678901"), "`--set d=12345678901`: a size is an integer from 1 to 1,000,000"),
    (("--set", "d=-3"), "`--set d=-3`: a size is an integer from 1 to 1,000,000"),
    (("--set", "d=3,q=2,d=4"), "`--set` gives `d` two values; leave one of them out"),
    (("--set", "d=3", "--set", "d=4"), "`--set` gives `d` two values; leave one of them out"),
    (("--of", "E", "--of", "yhat"), "`--of` is given twice: one of these counts"),
    (("--format", "svg", *SET), "`--format svg` shows how counts grow: it needs `--sweep`"),
    (("--lines", "--sweep", "d=1..3"), "`--lines` is about one program; it means nothing with `--sweep`"),
    (("--document", "--format", "json"), "`--document` makes a whole LaTeX file; it means nothing for json"),
    (("--values", "c=1"), "`c` is no integer input of this model; it has none"),
    (("--values", "c"), "write an integer input and its values, with colons between them, as in --values c=3"),
    (("--set", "d=3,"), "`--set d=3,`: a comma stands between two sizes, as in `--set d=3,q=2`"),
    (("--set", "d=3", "q=2"), "Several sizes have commas between them, and no blank: `--set d=3,q=2`."),
    (("--sweep", "d=1..5,q=1..3"), "one size is swept; give the others a value, as in --set q=2"),
    (("--sweep", "d=1..5:-1"), "write a size and its values, as in L=1..50 or d=10..100:10"),
    (("--wrt", "zz"), "`zz` is not defined; there are `v`, `gamma`, `w`, `theta`"),
    (("--wrt", "v[1,1]"), "`--wrt v[1,1]`: write names without their indices, such as `--wrt v`"),
    (("--primitive", "tanh"), "`tanh` is one operation in any case, or no function; as one: sigmoid"),
    (("--lang", "fr"), "no document can be written in `fr`"),
])
def test_what_is_refused(
    arguments: tuple[str, ...], message: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "untouched"
    assert message in refused(monkeypatch, capsys, "cost", model, *arguments, "-o", str(out))
    assert not out.exists()


def test_an_ending_that_says_no_format(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "cost.xyz"
    said = refused(monkeypatch, capsys, "cost", model, "-o", str(out))
    assert "`.xyz` says no format; there are .txt, .text, .tex, .md, .markdown, .json, .svg, .tikz, .pgf, .pdf" in said
    assert "or add `--format`" in said and not out.exists()
    assert told(monkeypatch, capsys, "cost", model, "-o", str(out), "--format", "markdown") == ""
    assert out.read_text(encoding="utf-8").startswith("# What")


def test_sizes_that_have_no_value_are_named_where_others_have_one(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "cost", model, "--set", "d=3") == 0
    out, err = capsys.readouterr()
    assert out.startswith("What E")
    assert err == (
        "warning: there is no value for `q`, `l`, so counts are formulas; for numbers add --set q=3,l=3\n"
    )
    assert run(monkeypatch, "cost", model) == 0
    assert capsys.readouterr().err == ""


def test_the_model_is_not_overwritten(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ("cost", model, *SET, "-o", model, "--format", "text")
    assert "this is the model itself" in refused(monkeypatch, capsys, *arguments)


def test_where_an_integer_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "rows.bp"
    text = "index t in 1..3, c in 1..4\ninput tok[t] in 1..4, x[t]\nparam w[c]\nloss L = sum(t, exp(w[tok[t]]*x[t]))\n"
    path.write_text(text, encoding="utf-8")
    counted = {}
    for values in ("1:1:1", "1:2:3"):
        data = json.loads(told(monkeypatch, capsys, "cost", str(path), "--values", f"tok={values}", "--format", "json"))
        counted[values] = data["expanded"]["operations"]
    assert counted == {"1:1:1": 8 + 3 * 3 + 2, "1:2:3": 8 + 3 * 3}
    assert "its values are 1 to 4" in refused(monkeypatch, capsys, "cost", str(path), "--values", "tok=1:2:5")
    few = refused(monkeypatch, capsys, "cost", str(path), "--values", "tok=1:2")
    assert "has 3 elements, and 2 values are given" in few


def test_reading_a_sweep() -> None:
    assert sweep("L=1..5", {}) == ("L", (1, 2, 3, 4, 5))
    assert sweep(" d = 10 .. 100 : 30 ", {"L": 3}) == ("d", (10, 40, 70, 100))
    with pytest.raises(UsageError):
        sweep("d=1..x", {})


def test_derive_closes_with_costs(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    text = told(monkeypatch, capsys, "derive", model, *SET, "--with-costs", "--format", "text")
    assert text.index("What it costs") > text.index("The gradient with respect to")
    assert "What it costs" not in told(monkeypatch, capsys, "derive", model, *SET, "--format", "text")
