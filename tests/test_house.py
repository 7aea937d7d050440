"""The house: which room may import which, what the source may not do, and what the command line may not cost."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "symbp").rglob("*.py"))

ARROWS: dict[str, tuple[str, ...]] = {
    "symbp.language.syntax": (),
    "symbp.errors": ("symbp.language.syntax",),
    "symbp.alphabet": (),
    "symbp.shipped": ("symbp.errors",),
    "symbp.console": ("symbp.errors",),
    "symbp.arguments": ("symbp.console", "symbp.settings", "symbp.cost"),
    "symbp.calculus": ("symbp.errors",),
    "symbp.settings": ("symbp.errors", "symbp.calculus"),
    "symbp.language": ("symbp.errors", "symbp.language.syntax", "symbp.calculus", "symbp.shipped", "symbp.alphabet"),
    "symbp.numeric": ("symbp.errors", "symbp.calculus", "symbp.evaluate", "symbp.certificate"),
    "symbp.evaluate": ("symbp.errors", "symbp.calculus", "symbp.numeric"),
    "symbp.certificate": ("symbp.numeric",),
    "symbp.claims": ("symbp.errors", "symbp.calculus", "symbp.numeric", "symbp.evaluate", "symbp.checks"),
    "symbp.verify": ("symbp.errors", "symbp.calculus", "symbp.numeric", "symbp.evaluate", "symbp.claims",
                     "symbp.certificate"),
    "symbp.point": ("symbp.errors", "symbp.calculus", "symbp.numeric", "symbp.evaluate"),
    "symbp.checks": ("symbp.errors", "symbp.calculus", "symbp.numeric", "symbp.evaluate"),
    "symbp.costs": ("symbp.errors", "symbp.calculus", "symbp.cost", "symbp.render", "symbp.settings"),
    "symbp.cost_output": ("symbp.arguments", "symbp.console", "symbp.costs", "symbp.output", "symbp.render",
                          "symbp.tex"),
    "symbp.cost": ("symbp.errors", "symbp.calculus", "symbp.numeric", "symbp.evaluate"),
    "symbp.render": ("symbp.errors", "symbp.calculus", "symbp.alphabet", "symbp.cost"),
    "symbp.notation": ("symbp.errors", "symbp.calculus", "symbp.render"),
    "symbp.tex": ("symbp.errors", "symbp.render"),
    "symbp.api": ("symbp.errors", "symbp.calculus", "symbp.verify", "symbp.point", "symbp.render", "symbp.console",
                  "symbp.tex", "symbp.checks", "symbp.cost", "symbp.costs", "symbp.settings"),
    "symbp.output": ("symbp.api", "symbp.arguments", "symbp.calculus", "symbp.console", "symbp.cost", "symbp.render",
                     "symbp.tex"),
    "symbp": ("symbp.errors", "symbp.language", "symbp.calculus", "symbp.settings", "symbp.console", "symbp.api",
              "symbp.notation", "symbp.render"),
    "symbp.cli": ("symbp", "symbp.api", "symbp.arguments", "symbp.errors", "symbp.console", "symbp.shipped",
                  "symbp.language", "symbp.render", "symbp.calculus", "symbp.numeric", "symbp.output", "symbp.cost",
                  "symbp.cost_output"),
    "symbp.__main__": ("symbp.cli",),
}
"""Each room, and the rooms that it may import from besides itself."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The longest name in ARROWS that `module` is or lies in; the package itself is a room of one module."""
    rooms = [r for r in ARROWS if module == r or (r != "symbp" and module.startswith(r + "."))]
    assert rooms, f"{module} is in no room: add it to ARROWS"
    return max(rooms, key=len)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every import of a symbp module, lazy ones and those for types included; the version is anybody's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (ROOT / whole.replace(".", "/")).with_suffix(".py").exists()
                if whole != "symbp.__version__":
                    yield node.lineno, whole if is_module else str(node.module)


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_follow_the_arrows(path: Path) -> None:
    room = room_of(module_name(path))
    allowed = {room, *ARROWS[room]}
    for line, imported in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if imported.split(".")[0] == "symbp":
            assert room_of(imported) in allowed, f"{path.name}:{line}: {room} may not import {imported}"


FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "sympify", "parse_expr", "lambdify", "nsimplify", "S", "parse_latex",
    "setrecursionlimit",
}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "latex2sympy2", "sympy.parsing"}
SYMPY_TAKES_NAMES = {"Symbol", "Dummy", "Function", "IndexedBase", "symbols"}


def offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Doors through which text could be run: forbidden calls, forbidden imports, strings handed to SymPy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            bare = isinstance(function, ast.Name)
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in FORBIDDEN_CALLS and (bare or name not in {"compile", "eval", "exec"}):
                yield node.lineno, f"calls {name}"
            of_sympy = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in {"sp", "sympy"}
            texts = [a for a in node.args if isinstance(a, ast.JoinedStr) or isinstance(getattr(a, "value", 0), str)]
            if of_sympy and texts and name not in SYMPY_TAKES_NAMES:
                yield node.lineno, f"hands a string to sympy.{name}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for imported in [module] if module else [a.name for a in node.names]:
                if any(imported == m or imported.startswith(m + ".") for m in FORBIDDEN_MODULES):
                    yield node.lineno, f"imports {imported}"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_door_for_code_in_text(path: Path) -> None:
    assert list(offences(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("line", [
    "eval('1')", "sp.sympify(text)", "import pickle", "from sympy.parsing.sympy_parser import parse_expr", "S('x')",
    "sp.Integer('3')", "exec(text)", "sp.lambdify([], x)", "from sympy.parsing import latex",
])
def test_the_lint_sees_each_door(line: str) -> None:
    assert list(offences(ast.parse(line)))


@pytest.mark.parametrize("line", ["re.compile('x')", "sp.Symbol('x')", "value.eval()", "S.Zero", "sp.Integer(3)"])
def test_the_lint_lets_the_harmless_pass(line: str) -> None:
    assert not list(offences(ast.parse(line)))


HEAVY = ("sympy", "numpy", "mpmath", "islpy", "lark")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["derive", "--help"], ["cost", "--help"], ["--version"], ["examples"]], ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom symbp.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=True,
    )
    assert done.stderr.strip() == "[]"
    assert done.stdout


def test_importing_the_package_imports_nothing_heavy() -> None:
    script = f"import sys, symbp; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
