"""Programs that benchmarks time, without processes of their own."""

import importlib

import pytest
import rounds


@pytest.fixture
def here(monkeypatch):
    """Programs run in this process; returns what they return at first."""
    first = {}

    class Here(rounds.Worker):
        def __init__(self, program):
            self._program = program
            module = importlib.import_module(program.module)
            self._run = module.CONTENDERS[program.name](*program.arguments)

        def run(self, steps):
            def run(steps):
                first.setdefault(self._program, self._run(steps))

            run.temporary_bytes = getattr(self._run, "temporary_bytes", None)
            return rounds.measured(run, steps)

        def stop(self):
            pass

    monkeypatch.setattr(rounds, "Worker", Here)
    monkeypatch.setattr(
        rounds,
        "names_in",
        lambda module, _: list(importlib.import_module(module).CONTENDERS),
    )
    return first
