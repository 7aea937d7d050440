"""The executed notebook: Python alone gives what stands below its cells."""

from __future__ import annotations

import json

from tests.notebook import CELLS, NOTEBOOK, run_plainly, stored

DATA = json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def test_the_cells_are_those_of_the_script() -> None:
    assert tuple((c["cell_type"], "".join(c["source"])) for c in DATA["cells"]) == CELLS


def test_it_is_a_notebook_of_format_4_with_every_cell_run_in_order() -> None:
    assert (DATA["nbformat"], DATA["nbformat_minor"]) == (4, 5)
    code = [c for c in DATA["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert not any(o["output_type"] == "error" for c in code for o in c["outputs"])


def test_the_cells_show_what_stands_below_them() -> None:
    for number, (as_stored, as_run) in enumerate(zip(stored(), run_plainly(), strict=True), 1):
        assert as_stored == as_run, f"code cell {number}"


def test_mathematics_is_shown() -> None:
    assert sum("text/latex" in shown.value for shown in stored()) >= 4
