"""Who does the same work, and what each took: times in turns, memory in processes of their own."""

from __future__ import annotations

import gc
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import texts
from peers.casadi_peer import CasadiMX, CasadiSX
from peers.formulas import array_hidden, array_layers, hidden
from peers.jax_peer import Jax
from peers.sympy_peer import SymEngine, SymPy

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

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


def peak() -> float:
    """The most MiB that this process has held since its program began.

    `ru_maxrss` won't do: Linux starts it at the memory of the process that forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


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
