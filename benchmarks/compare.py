"""symbp and its peers on the same formulas in one run: times, memory, sizes of results, counts of operations.

    python benchmarks/compare.py [--runs N] [--write docs/benchmarks.md]

Needs the extra `bench` (SymPy, SymEngine, CasADi, JAX). What is timed is the way from a text, or from a peer's own
construction, to all gradients in shared form: nothing is verified, nothing is left to be worked out later, nothing is
kept on disk, and every run has names of its own. Contestants take turns, so that a busy moment hits all alike.
"""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tabulate import tabulate

HERE = Path(__file__).resolve().parent
PROFILE = HERE / "profile.md"
"""Where the time went before and after the work on it: measured by hand, and kept."""
sys.path[:0] = [str(HERE.parent), str(HERE)]

import texts  # noqa: E402
from contests import ROOT, Contest, contests, expanded_counts, measure, memory, peak, process_seconds  # noqa: E402
from operations import MODELS, best_peer, counts  # noqa: E402
from peers.casadi_peer import CasadiMX  # noqa: E402
from peers.formulas import hidden  # noqa: E402
from peers.jax_peer import Jax  # noqa: E402
from peers.sympy_peer import SymPy  # noqa: E402


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


def print_memory(title: str, name: str) -> None:
    contest = next(c for c in contests() if c.title == title)
    before = peak()
    result = contest.tasks[name](1)
    print(peak() - before)
    del result


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
        "\n" + PROFILE.read_text(encoding="utf-8").rstrip(),
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
