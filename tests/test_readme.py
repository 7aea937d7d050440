"""What the README and the tutorial show is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readme import PAGES, blocks, examples, failures_in_python, page, rerun_console

CI = (Path(__file__).resolve().parent.parent / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_console_command_prints_what_is_shown(name: str) -> None:
    assert rerun_console(page(name)) == page(name)


@pytest.mark.parametrize("name", PAGES)
def test_the_python_session_goes_as_shown(name: str) -> None:
    assert failures_in_python(name) == ""


@pytest.mark.parametrize("name", PAGES)
def test_there_is_something_to_run(name: str) -> None:
    commands = [e.command for block in blocks(page(name), "console") for e in examples(block)]
    assert sum(c.startswith("symbp ") for c in commands) >= 4
    assert list(blocks(page(name), "pycon"))
    assert "Traceback" not in page(name)


def test_two_commands_do_the_set_up_and_the_continuous_integration_runs_the_second() -> None:
    commands = "```sh\npip install . && symbp derive examples/watermelon.bp\npip install '.[dev]' && pytest\n```"
    assert commands in page("README.md")
    assert "README.md" in CI
    assert 'eval "$readme_command"' in CI
