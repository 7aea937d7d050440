"""Derives hostile texts while listening to the interpreter: does any text make it compile, run or open something?

Run as a process of its own: `python -m tests.audit` prints the number of texts and every event that they caused.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import symbp

ROOT = Path(__file__).resolve().parent.parent
EVENTS = (
    "compile", "exec", "open", "import", "os.system", "os.exec", "subprocess.Popen", "socket.connect", "ctypes.dlopen",
)

PAYLOADS = (
    '__import__("os").system("id")', "__import__('os')", "open('/etc/passwd')", "eval(1)", "exec(1)", "().__class__",
    "Symbol.__new__.__globals__", "(lambda: 0)()", "exit()", "r_[eval(1)]", "[x for x in y]", "f'{x}'", "x.__class__",
    "sympify(x)", "lambdify(x)", "os.system(x)", "`id`", "$(id)", "\\input{/etc/passwd}", "\\write18{id}", "%s", "{x}",
    "1E999999999", "9^9^9^9", "99999!", "E", "I", "S", "N", "Q", "lambda", "None", "True", "print(x)", "breakpoint()",
)
PLACES = (
    "f(x, y) = {}", "f({}) = 1", "{} = 1", "input {}\nloss L = 1", "input x[{}]\nloss L = sum(i, x[i])",
    "index i in 1..{}\ninput x[i]\nloss L = sum(i, x[i])", "param w\nloss L = w\nassume w > {}",
    "param w\nloss L = w\nshow w as {}", "param w\nloss L = w^2\nlet w = {}",
    "param w\nloss L = w\nrole w = {}", "param w\nloss L = w\nrole {} = weight",
    "param w\nloss L = w\nname {} = grad(w)",
    "# {}\nf(x) = x", "param {0}\nloss L = {0}^2",
)


def work(text: str) -> bool:
    """The whole road with one text; whether it led anywhere."""
    try:
        derivation = symbp.derive(text)
        derivation.latex()
        derivation.text()
        derivation.json()
        derivation.verify(points=1)
    except symbp.SymbpError as error:
        str(error)
        return False
    return True


def main() -> None:
    for module in pkgutil.walk_packages(symbp.__path__, "symbp."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for example in sorted((ROOT / "examples").glob("*.bp")):
        work(example.read_text(encoding="utf-8"))
    for text in ("f(x) = )", "f(x) = y", "f(x) = sigmod(x)", "f(x, y) = sigmoid(x*y)^2/exp(y)", "$"):
        work(text)
    texts = [place.format(payload) for place in PLACES for payload in PAYLOADS]
    heard: list[str] = []
    listening = True

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event in EVENTS:
            heard.append(f"{event} {arguments[:1]!r:.120}")

    sys.addaudithook(listen)
    derived = 0
    causes = []
    for text in texts:
        before = len(heard)
        derived += work(text)
        causes += [f"{text!r}: {event}" for event in heard[before:]]
    listening = False
    print(len(texts), derived)
    print("\n".join(causes), end="")


if __name__ == "__main__":
    main()
