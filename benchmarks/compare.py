"""symbp and its peers on the same formulas in one run: times, memory, sizes of results, counts of operations.

    python benchmarks/compare.py [--runs N] [--write docs/benchmarks.md]

Needs the extra `bench` (SymPy, SymEngine, CasADi, JAX). What is timed is the way from a text, or from a peer's own
construction, to all gradients in shared form: nothing is verified, nothing is left to be worked out later, nothing is
kept on disk, and every run has names of its own. Contestants take turns, so that a busy moment hits all alike.
"""

from __future__ import annotations

import argparse
import gc
import math
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tabulate import tabulate

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import texts  # noqa: E402
from peers.casadi_peer import CasadiMX, CasadiSX  # noqa: E402
from peers.formulas import ARRAY_FORMULAS, FORMULAS, array_hidden, array_layers, hidden  # noqa: E402
from peers.jax_peer import Jax  # noqa: E402
from peers.sympy_peer import SymEngine, SymPy  # noqa: E402

Task = Callable[[int], object]
SLOW = 1.0
"""A task that takes longer than this many seconds is run three times at most."""


@dataclass
class Contest:
    """Tasks that do the same work, by contestant."""

    title: str
    tasks: dict[str, Task]
    times: dict[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.times[name])


def symbp_task(text: Callable[[str], str]) -> Task:
    def derive(run: int) -> object:
        import symbp

        derivation = symbp.derive(text(f"r{run}n")).data
        return [g.forms["shared"] for g in derivation.gradients.values()]

    return derive


def contests() -> list[Contest]:
    """What is compared; a peer stands where it can do the work within a minute."""
    sympy, symengine, sx, mx, jax = SymPy(), SymEngine(), CasadiSX(), CasadiMX(), Jax()

    def one_layer(d: int, q: int, o: int, with_scalars: bool) -> dict[str, Task]:
        tasks: dict[str, Task] = {"symbp": symbp_task(lambda p: texts.hidden(d, q, o, p))}
        if with_scalars:
            tasks[sympy.name] = lambda run: sympy.gradient(hidden(d, q, o, f"r{run}"))
            tasks[symengine.name] = lambda run: symengine.gradient(hidden(d, q, o, f"r{run}"))
            tasks[sx.name] = lambda run: sx.gradient(hidden(d, q, o))
        tasks[mx.name] = lambda run: mx.gradient(array_hidden(d, q, o))
        tasks[jax.name] = lambda run: jax.gradient(array_hidden(d, q, o))
        return tasks

    def many_layers(count: int) -> dict[str, Task]:
        return {
            "symbp": symbp_task(lambda p: texts.layers(count, 8, p)),
            mx.name: lambda run: mx.gradient_by_each(array_layers(count, 8)),
            jax.name: lambda run: jax.gradient(array_layers(count, 8)),
        }

    made = [
        ("one hidden layer, 3-2-1", one_layer(3, 2, 1, True)),
        ("one hidden layer, 10-10-10", one_layer(10, 10, 10, True)),
        ("one hidden layer, 784-30-10", one_layer(784, 30, 10, False)),
        ("100 layers written out, width 8", many_layers(100)),
        ("1000 layers written out, width 8", many_layers(1000)),
        ("a layer index, L = 50", {"symbp": symbp_task(lambda p: texts.deep(50, 8, p))}),
        ("a layer index, L = 1000", {"symbp": symbp_task(lambda p: texts.deep(1000, 8, p))}),
    ]
    return [Contest(title, tasks, {name: [] for name in tasks}) for title, tasks in made]


def measure(contest: Contest, runs: int) -> None:
    for run in range(runs + 1):
        for name, task in contest.tasks.items():
            known = contest.times[name]
            if len(known) >= 3 and known[0] > SLOW and name != "symbp":
                continue
            gc.collect()
            begin = time.perf_counter()
            task(run)
            took = time.perf_counter() - begin
            if run or took > SLOW:
                known.append(took)


def process_seconds(arguments: list[str], runs: int) -> float:
    """The median time of a command in a fresh process."""
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def memory(title: str, name: str) -> float:
    """MiB that the first run adds to the peak of a fresh process in which all contestants are imported."""
    command = [sys.executable, str(HERE / "compare.py"), "--memory", title, name]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(ran.stdout)


def print_memory(title: str, name: str) -> None:
    contest = next(c for c in contests() if c.title == title)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = contest.tasks[name](1)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    del result


def expanded_counts(runs: int) -> tuple[float, float, int]:
    """Seconds to derive 1000 layers, seconds to count their expanded gradients, and the digits of that number."""
    import symbp
    from symbp.cost.counting import unfolded_operations
    from symbp.cost.passes.signs import signs
    from symbp.cost.printed import printed

    derive_times, count_times = [], []
    digits = 0
    for run in range(runs):
        gc.collect()
        begin = time.perf_counter()
        derivation = symbp.derive(texts.layers(1000, 8, f"e{run}n")).data
        for gradient in derivation.gradients.values():
            gradient.forms["shared"]
        middle = time.perf_counter()
        program = signs(printed(derivation))
        found = sum(unfolded_operations(program, program.outputs, {}).values())
        derive_times.append(middle - begin)
        count_times.append(time.perf_counter() - middle)
        digits = int(math.log10(found)) + 1
    return statistics.median(derive_times), statistics.median(count_times), digits


@dataclass(frozen=True)
class Counted:
    """A formula of the comparison as a model, and the sizes that it is counted at."""

    formula: str
    model: str
    sizes: dict[str, int]


MODELS = (
    Counted("expression", "expression.bp", {}),
    Counted("hidden 3-2-1", "hidden.bp", {"d": 3, "q": 2, "l": 1}),
    Counted("hidden 10-10-10", "hidden.bp", {"d": 10, "q": 10, "l": 10}),
    Counted("hidden 784-30-10", "hidden.bp", {"d": 784, "q": 30, "l": 10}),
    Counted("deep, 50 layers", "deep.bp", {}),
    Counted("convolution", "conv.bp", {}),
    Counted("softmax, label", "softmax_label.bp", {}),
    Counted("softmax, any target", "softmax.bp", {}),
    Counted("softmax, Σy = 1", "softmax_shares.bp", {}),
    Counted("logistic, 49 maps", "logistic.bp", {}),
    Counted("product of 1000", "product.bp", {}),
)
SCALARS = ("expression", "hidden 3-2-1", "convolution", "softmax, label", "softmax, any target")
"""Formulas that SymPy and SymEngine can write out in seconds."""
TOO_MANY_SCALARS = ("hidden 784-30-10",)


def counts(counted: Counted) -> dict[str, int]:
    """Operations of the loss and all gradients, by system."""
    import symbp

    model = symbp.load(HERE / "models" / counted.model)
    cost = symbp.derive(symbp.with_sizes(model, counted.sizes)).cost()
    found = {"symbp, named": cost.operations("shared"), "symbp, minimal": cost.operations("minimal")}
    name = counted.formula
    peers = [CasadiSX()] if name in FORMULAS and name not in TOO_MANY_SCALARS else []
    for peer in (*peers, *((SymPy(), SymEngine()) if name in SCALARS else ())):
        found[peer.name] = peer.operations(FORMULAS[name])
    for array_peer in (CasadiMX(), Jax()) if name in ARRAY_FORMULAS else ():
        found[array_peer.name] = array_peer.operations(ARRAY_FORMULAS[name])
    return found


def best_peer(found: dict[str, int]) -> str:
    peers = {name: n for name, n in found.items() if not name.startswith("symbp")}
    if not peers:
        return ""
    name = min(peers, key=lambda n: peers[n])
    return f"{peers[name]:,} {name}"


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.1f} ms"


def table(rows: list[list[str]], headers: list[str]) -> str:
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def times_section(measured: list[Contest]) -> list[str]:
    rows = []
    for contest in measured:
        for name, taken in contest.times.items():
            title = contest.title if name == "symbp" else ""
            spread = f"{seconds(min(taken))} to {seconds(max(taken))}"
            ratio = contest.median(name) / contest.median("symbp")
            rows.append([title, name, seconds(contest.median(name)), spread, f"{ratio:,.2f}", str(len(taken))])
    return [table(rows, ["formula", "system", "median", "range", "ratio to symbp", "runs"])]


def goals_section(measured: list[Contest], processes: dict[str, float], counted: tuple[float, float, int]) -> list[str]:
    """The ratios that are aimed at, as they came out."""
    by_title = {c.title: c for c in measured}
    small, middle, large = (by_title[f"one hidden layer, {s}"] for s in ("3-2-1", "10-10-10", "784-30-10"))
    hundred, thousand = (by_title[f"{n} layers written out, width 8"] for n in (100, 1000))
    short, long = (by_title[f"a layer index, L = {n}"] for n in (50, 1000))
    derive, count, digits = counted
    symbp = "symbp"
    rows = [
        ["10-10-10: SymPy diff + cse / symbp", "at least 300",
         f"{middle.median(SymPy.name) / middle.median(symbp):,.0f}"],
        ["symbp: 784-30-10 / 3-2-1", "within 10 % of 1", f"{large.median(symbp) / small.median(symbp):.2f}"],
        ["1000 layers: symbp / JAX make_jaxpr(grad)", "below 1",
         f"{thousand.median(symbp) / thousand.median(Jax.name):.2f}"],
        ["1000 layers: symbp / CasADi MX", "at most 8",
         f"{thousand.median(symbp) / thousand.median(CasadiMX.name):.1f}"],
        ["a layer index: L = 1000 / L = 50", "1", f"{long.median(symbp) / short.median(symbp):.2f}"],
        ["time a layer: 1000 layers / 100 layers", "at most 1.5",
         f"{thousand.median(symbp) / hundred.median(symbp) / 10:.2f}"],
        [f"1000 layers: exact expanded count ({digits} digits) / derive", "below 0.1", f"{count / derive:.3f}"],
        ["`symbp derive watermelon.bp` / `import sympy`", "below 2.5",
         f"{processes['symbp derive watermelon.bp'] / processes['import sympy']:.2f}"],
        ["`symbp --help` / `import sympy`", "", f"{processes['symbp --help'] / processes['import sympy']:.2f}"],
    ]
    return [table(rows, ["ratio", "goal", "measured"])]


def memory_section(measured: list[Contest]) -> list[str]:
    titles = [f"{n} layers written out, width 8" for n in (100, 1000)]
    contests_named = [c for c in measured if c.title in titles]
    rows = [[c.title, name, f"{memory(c.title, name):.0f} MiB"] for c in contests_named for name in c.tasks]
    return [table(rows, ["formula", "system", "added to the peak"])]


def growth_section() -> list[str]:
    """How long the results are: symbp's gradients in shared form as LaTeX, SymPy's as text after cse."""
    import symbp

    rows = []
    for d, q, o in ((3, 2, 1), (10, 10, 10), (784, 30, 10)):
        derivation = symbp.derive(texts.hidden(d, q, o, "g"))
        ours = sum(len(g.latex()) for g in derivation.gradients.values())
        theirs = "not in minutes"
        if d < 100:
            shared, roots = SymPy().gradient(hidden(d, q, o))
            theirs = f"{sum(len(str(e)) for e in (*shared, *roots)):,}"
        rows.append([f"{d}-{q}-{o}", f"{ours:,}", theirs])
    return [table(rows, ["one hidden layer", "symbp, LaTeX of all gradients", "SymPy, text after cse"])]


def counts_section() -> list[str]:
    rows = []
    for counted in MODELS:
        found = counts(counted)
        others = ", ".join(f"{name} {n:,}" for name, n in found.items() if not name.startswith("symbp"))
        named, minimal = found["symbp, named"], found["symbp, minimal"]
        rows.append([counted.formula, f"{named:,}", f"{minimal:,}", best_peer(found), others])
    return [table(rows, ["formula", "named", "minimal", "best peer", "all peers"])]


def versions() -> str:
    libraries = ("sympy", "symengine", "casadi", "jax")
    found = ", ".join(f"{name} {version(name)}" for name in libraries)
    return f"Python {platform.python_version()}, {found}"


def report(runs: int) -> str:
    measured = contests()
    for contest in measured:
        measure(contest, runs)
        print(f"measured: {contest.title}", file=sys.stderr)
    watermelon = str(ROOT / "examples" / "watermelon.bp")
    processes = {
        "import sympy": process_seconds(["-c", "import sympy"], runs),
        "symbp derive watermelon.bp": process_seconds(["-m", "symbp", "derive", watermelon], runs),
        "symbp --help": process_seconds(["-m", "symbp", "--help"], runs),
    }
    parts = [
        HEAD.format(runs=runs, versions=versions()),
        "## Against the goals\n", *goals_section(measured, processes, expanded_counts(min(runs, 5))),
        "\n## Times\n", *times_section(measured),
        "\n## Memory\n", *memory_section(measured),
        "\n## Length of the results\n", *growth_section(),
        "\n## Operations of the loss and all gradients\n", COUNTS, *counts_section(),
    ]
    return "\n".join(parts) + "\n"


HEAD = """# Benchmarks

Written by `python benchmarks/compare.py --runs {runs} --write docs/benchmarks.md` (extra `bench`): {versions}.
Every number is of one run on one machine; the ratios are what counts.

Timed is the way from a text, or from a peer's own construction, to all gradients in shared form: nothing is verified,
nothing is left to be worked out later, nothing is kept on disk, every run has names of its own, and contestants take
turns. A first run is not counted, unless it takes more than a second; what takes so long runs three times. JAX traces
(`make_jaxpr`) and compiles nothing here.
"""

COUNTS = """By the convention of [costs.md](costs.md), in the programs that each system made; `cse` was applied where
there is one. Written as 1/(1 + exp(−z)) for the systems without a sigmoid.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--memory", nargs=2, metavar=("FORMULA", "SYSTEM"))
    arguments = parser.parse_args()
    if arguments.memory:
        print_memory(*arguments.memory)
        return
    page = report(arguments.runs)
    if arguments.write:
        arguments.write.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
