"""How long things take, as medians, beside the cost of importing SymPy on the same machine in the same run.

    python benchmarks/times.py [RUNS]

Each command runs in a fresh process, the contestants in turn, so that a busy moment of the machine hits them alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WATERMELON = ROOT / "examples" / "watermelon.bp"
LAYERS = 100

COMMANDS: dict[str, list[str]] = {
    "python -c 'import sympy'": ["-c", "import sympy"],
    "symbp --help": ["-m", "symbp", "--help"],
    "symbp derive watermelon.bp": ["-m", "symbp", "derive", str(WATERMELON)],
    "symbp derive watermelon.bp --no-verify": ["-m", "symbp", "derive", str(WATERMELON), "--no-verify"],
}


def layers_written_out(count: int) -> str:
    """A network whose layers are written one by one, each with names of its own."""
    lines = ["index i in 1..n, j in 1..n", "input x[i]", "target y[i]"]
    for k in range(1, count + 1):
        before = "x" if k == 1 else f"a{k - 1}"
        lines += [f"param W{k}[i,j], b{k}[i]", f"z{k}[i] = sum(j, W{k}[i,j]*{before}[j]) + b{k}[i]",
                  f"a{k}[i] = tanh(z{k}[i])"]
    lines.append(f"loss E = 1/2 * sum(i, (a{count}[i] - y[i])^2)")
    return "\n".join(lines)


def seconds(task: Callable[[], object]) -> float:
    begin = time.perf_counter()
    task()
    return time.perf_counter() - begin


def process(arguments: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)


def derive_layers() -> None:
    """Every gradient known; steps are worked out when they are looked at."""
    import symbp

    symbp.derive(layers_written_out(LAYERS))


def tell_layers() -> None:
    """Every step worked out and printed."""
    import symbp

    symbp.derive(layers_written_out(LAYERS)).latex()


def main(runs: int) -> None:
    """Prints one line for each task, measured on this checkout: median, range, and the ratio to importing SymPy."""
    sys.path.insert(0, str(ROOT))
    tasks: dict[str, Callable[[], object]] = {name: process(a) for name, a in COMMANDS.items()}
    tasks[f"symbp.derive, {LAYERS} layers written out (in process)"] = derive_layers
    tasks[f"the same and its LaTeX, {LAYERS} layers (in process)"] = tell_layers
    for task in tasks.values():
        task()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            times[name].append(seconds(task))
    unit = statistics.median(times["python -c 'import sympy'"])
    width = max(map(len, tasks))
    print(f"{'task':{width}}  median      min      max  import sympy = 1")
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:{width}}  {median:5.2f} s  {min(measured):5.2f} s  {max(measured):5.2f} s  {median / unit:15.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
