"""How long until the first step is done, beside a loop of one's own?

    python benchmarks/first_step.py

Each run is a new process: it imports, builds the networks, and takes one step.
Processor seconds of all threads, from the start of the process: after the
imports, and after the step. The medians of interleaved rounds with their
quartiles, and the ratio to the loop. Nothing is kept between processes.

Five minutes on two cores. `--rounds 1` shows that it runs.
"""

import argparse
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import result_files
import rounds
import step_time

BACKENDS = ("tensorflow", "jax", "torch")
LOOPS = {
    "tensorflow": "tutorial's train_step",
    "jax": "hand-tuned loop",
    "torch": "hand-tuned loop",
}


def contenders(backend: str) -> dict[str, tuple[str, str]]:
    """Returns the module and the name of a loop and of `fit`."""
    return {
        LOOPS[backend]: (f"rivals.in_{backend}", LOOPS[backend]),
        "fit": ("rivals.with_keras_regan", "default fit"),
    }


def first_step(module: str, name: str, network: str) -> dict[str, float]:
    """Takes a step in this process, and returns how long it has run."""
    prepare = importlib.import_module(module).CONTENDERS[name]
    imported = time.process_time()
    prepare(network, step_time.BATCH[network])(1)
    return {"imported": imported, "stepped": time.process_time()}


def in_new_process(
    module: str, name: str, backend: str, network: str
) -> dict[str, float]:
    """Returns what `first_step` returns in a process of its own."""
    ended = subprocess.run(
        [sys.executable, __file__, "--one", module, name, network],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(ended.stdout.splitlines()[-1])


def measure(backend: str, network: str, count: int) -> dict[str, Any]:
    """Returns the medians and quartiles of both contenders."""
    compared = contenders(backend)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in compared}
    for _ in range(count):
        for name, (module, key) in compared.items():
            runs[name].append(in_new_process(module, key, backend, network))
    loop = [run["stepped"] for run in runs[LOOPS[backend]]]
    return {
        name: {
            "imported": rounds.quartiles(run["imported"] for run in each),
            "stepped": rounds.quartiles(run["stepped"] for run in each),
            "ratio": rounds.quartiles(
                run["stepped"] / other
                for run, other in zip(each, loop, strict=True)
            ),
        }
        for name, each in runs.items()
    }


def table(rows: dict[str, Any]) -> str:
    """Returns the medians as a table in Markdown."""
    lines = [
        "| | imported, s | first step done, s | ratio |",
        "|---|---|---|---|",
    ]
    for name, row in rows.items():
        lower, median, upper = row["ratio"]
        lines.append(
            f"| {name} | {row['imported'][1]:.2f} | {row['stepped'][1]:.2f} "
            f"| {median:.2f} ({lower:.2f} to {upper:.2f}) |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures what was asked for, and saves each table as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    add("--networks", nargs="+", default=["mlp", "dcgan"])
    add("--rounds", type=int, default=5, help="(%(default)s)")
    add("--output", type=pathlib.Path, help="a JSON file")
    add("--one", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(first_step(*chosen.one)))
        return
    results: dict[str, Any] = {"machine": result_files.machine()}
    for network in chosen.networks:
        for backend in chosen.backends:
            rows = measure(backend, network, chosen.rounds)
            results[f"{network}, {backend}"] = rows
            print(f"\n{network}, {backend}\n\n{table(rows)}", flush=True)
            if chosen.output:
                result_files.write(chosen.output, result_files.rounded(results))


if __name__ == "__main__":
    main()
