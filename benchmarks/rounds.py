"""Times several programs in turn, in processes of their own.

Each program is prepared once and then asked, round after round, for a number
of steps, while the others wait. What the machine does besides hits all of
them alike, so that ratios within a round say more than times do. Times are
processor seconds of all threads of the process, and wall seconds beside them.
"""

import importlib
import json
import math
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple


class Program(NamedTuple):
    """What a process runs.

    Attributes:
        module: Importable name of a module with a dictionary `CONTENDERS`.
        name: The key in it of a function that returns `run(steps)`.
        backend: The Keras backend.
        arguments: What the function is called with.
    """

    module: str
    name: str
    backend: str
    arguments: tuple[Any, ...]


class Slice(NamedTuple):
    """What some steps took.

    Attributes:
        processor: Seconds a step, of all threads.
        wall: Seconds a step.
        peak_megabytes: The most that the process has held so far.
        temporary_megabytes: What a step needs besides its arguments and
            results, if its compiler tells.
        device_megabytes: The most in use on an accelerator so far, if its
            framework tells.
    """

    processor: float
    wall: float
    peak_megabytes: float
    temporary_megabytes: float | None
    device_megabytes: float | None = None


class Worker:
    """A process that has prepared a program and waits.

    Args:
        program: The program.
        environment: Variables of its environment besides those of this one.
    """

    def __init__(
        self, program: Program, environment: Mapping[str, str] | None = None
    ):
        self.program = program
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(program.backend) | dict(environment or {}),
        )
        self._answer()

    def run(self, steps: int) -> Slice:
        """Lets the program take some steps."""
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return Slice(**self._answer())

    def stop(self) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()

    def _answer(self):
        line = self._process.stdout.readline()
        while line and not line.startswith("{"):
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.program} has ended.")
        return json.loads(line)


def in_turn(
    programs: Mapping[str, Program],
    steps: int,
    rounds: int,
    warm_up: int,
    seconds: float = math.inf,
) -> dict[str, list[Slice]]:
    """Returns what each program took in each round.

    Args:
        programs: By name.
        steps: How many steps a program takes in a round.
        rounds: How many rounds.
        warm_up: How many steps each takes before.
        seconds: After so many no further round begins; the first always does.
    """
    began = time.perf_counter()
    workers = {}
    try:
        for name, program in programs.items():
            workers[name] = Worker(program)
            workers[name].run(warm_up)
        times = {name: [] for name in workers}
        for done in range(rounds):
            if done and time.perf_counter() - began > seconds:
                break
            for name, worker in workers.items():
                times[name].append(worker.run(steps))
    finally:
        for worker in workers.values():
            worker.stop()
    return times


def measured(run: Callable[[int], Any], steps: int) -> Slice:
    """Returns what some steps take."""
    wall, processor = time.perf_counter(), time.process_time()
    run(steps)
    temporary = getattr(run, "temporary_bytes", None)
    device = getattr(run, "device_bytes", lambda: None)()
    return Slice(
        processor=(time.process_time() - processor) / steps,
        wall=(time.perf_counter() - wall) / steps,
        peak_megabytes=_peak() / 1024,
        temporary_megabytes=None if temporary is None else temporary / 1e6,
        device_megabytes=None if device is None else device / 1e6,
    )


def names_in(module: str, backend: str) -> list[str]:
    """Returns the names of a module's programs."""
    code = f"import {module} as m, json; print(json.dumps(list(m.CONTENDERS)))"
    out = subprocess.run(
        [sys.executable, "-c", code],
        env=_environment(backend),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=os.path.dirname(os.path.abspath(__file__)),
    )
    return json.loads(out.stdout.splitlines()[-1])


def ratios(times: Iterable[Slice], to: Iterable[Slice]) -> list[float]:
    """Returns ratios of processor time, round by round."""
    return [a.processor / b.processor for a, b in zip(times, to, strict=True)]


def quartiles(values: Iterable[float]) -> tuple[float, float, float]:
    """Returns the lower quartile, the median and the upper quartile."""
    values = list(values)
    if len(values) == 1:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


# TensorFlow takes memory for every result of an operation anew. Where the C
# library gives freed memory back to the system at once, as that of Linux does,
# up to half of the time goes into clearing pages. These keep it.
KEPT_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "67108864",
}


def _environment(backend: str) -> dict[str, str]:
    given = os.environ | {
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # A process that waits must not keep a core busy.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    return KEPT_MEMORY | given


def _serve(program: Program) -> None:
    contenders = importlib.import_module(program.module).CONTENDERS
    run = contenders[program.name](*program.arguments)
    print("{}", flush=True)
    for line in sys.stdin:
        print("\n" + json.dumps(measured(run, int(line))._asdict()), flush=True)


def _peak() -> int:
    """Returns the most kilobytes that this process has held.

    Linux tells it for a program alone. `ru_maxrss` begins at the peak of the
    process that started it.
    """
    status = pathlib.Path("/proc/self/status")
    told = status.read_text() if status.exists() else ""
    if peak := re.search(r"VmHWM:\s*(\d+) kB", told):
        return int(peak[1])
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes // 1024 if sys.platform == "darwin" else kilobytes


if __name__ == "__main__":
    _serve(Program(*json.loads(sys.argv[1])))
