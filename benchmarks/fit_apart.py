r"""What does `fit` do besides what a hand-tuned loop does, and at what cost?

    KERAS_BACKEND=jax python benchmarks/fit_apart.py --network dcgan

takes `fit` apart: it is timed as it is, without leaving out bad batches,
without looking for them, and without the means that it logs, beside the loop,
over the same networks with the same mathematics. All are in one process and
take turns, each round in another order; what the loop costs once more tells
how far ratios are to be believed. `--rounds 1 --steps 1` shows that it runs.
"""

import argparse
import contextlib
import importlib
import pathlib
import random
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras
import result_files
import rivals
import rounds
import step_time
from keras import ops
from rivals import with_keras_regan

from keras_regan import _backend
from keras_regan._game.player import Player
from keras_regan.models import regularized_gan

_LOOP = "hand-tuned loop"
_ONCE_MORE = f"{_LOOP}, once more"


@contextlib.contextmanager
def nothing_left_out() -> Iterator[None]:
    """Lets every step be taken, whatever the batch holds."""

    def step_if(predicate, step, variables, compiled):
        step()

    with mock.patch.object(_backend, "step_if", step_if):
        yield


@contextlib.contextmanager
def nothing_looked_for() -> Iterator[None]:
    """Does not look for NaN and infinity either."""
    always = mock.patch.object(
        _backend, "all_finite", lambda samples: ops.convert_to_tensor(True)
    )
    with nothing_left_out(), always:
        yield


@contextlib.contextmanager
def nothing_logged() -> Iterator[None]:
    """Keeps no means of losses either."""
    untracked = mock.patch.multiple(
        Player, track=lambda self, values, batch_size: None, has_means=True
    )
    results = mock.patch.object(
        regularized_gan,
        "results_of",
        lambda metrics: {"d_loss": ops.zeros(()), "g_loss": ops.zeros(())},
    )
    with nothing_looked_for(), untracked, results:
        yield


FITS = {
    "fit": contextlib.nullcontext,
    "fit that leaves no batch out": nothing_left_out,
    "and does not look for NaN": nothing_looked_for,
    "and logs nothing": nothing_logged,
}


def prepared(network: str, batch: int) -> dict[str, Callable[[int], Any]]:
    """Returns what trains for a number of steps, by name; all have compiled."""
    backend = keras.backend.backend()
    loops = importlib.import_module(f"rivals.in_{backend}").CONTENDERS
    programs = {_LOOP: loops[_LOOP](network, batch)}
    for name, without in FITS.items():
        programs[name] = _fitting(network, batch, without, backend == "jax")
    programs[_ONCE_MORE] = loops[_LOOP](network, batch)
    for run in programs.values():
        run(2)
    return programs


def _fitting(network, batch, without, compiled):
    def run(steps):
        # The step is traced within the first call.
        with without():
            return fit(steps)

    model = with_keras_regan.gan(network, jit_compile=compiled)
    fit = with_keras_regan.fitting(model, network, batch)
    return run


def main() -> None:
    """Times all in turn and prints the ratios to the loop."""
    arguments = parse_arguments()
    batch = step_time.BATCH[arguments.network]
    programs = prepared(arguments.network, batch)
    times = {name: [] for name in programs}
    order = list(programs)
    for _ in range(arguments.rounds):
        random.shuffle(order)
        for name in order:
            times[name].append(rounds.measured(programs[name], arguments.steps))
    rows = {
        name: {
            "processor_ms": 1e3
            * rounds.quartiles(t.processor for t in slices)[1],
            "ratio_quartiles": rounds.quartiles(
                rounds.ratios(slices, times[_LOOP])
            ),
        }
        for name, slices in times.items()
    }
    print(f"\n{keras.backend.backend()}, {arguments.network}, batch {batch}\n")
    print("| | processor ms | ratio to the loop |")
    print("|---|---|---|")
    for name, row in rows.items():
        lower, median, upper = row["ratio_quartiles"]
        print(
            f"| {name} | {row['processor_ms']:.2f} "
            f"| {median:.3f} ({lower:.3f} to {upper:.3f}) |"
        )
    if arguments.output:
        _save(pathlib.Path(arguments.output), rows, arguments)


def _save(path, rows, arguments):
    results = result_files.read(path)
    results[f"{keras.backend.backend()}, {arguments.network}"] = {
        "machine": result_files.machine(),
        "steps": arguments.steps,
        "rounds": arguments.rounds,
        "rows": rows,
    }
    result_files.write(path, result_files.rounded(results))


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--network", choices=rivals.NETWORKS, default="dcgan", help="(dcgan)")
    add("--steps", type=int, default=4, help="a round (%(default)s)")
    add("--rounds", type=int, default=25, help="(%(default)s)")
    add("--output", help="a JSON file, to which the table is added")
    return parser.parse_args()


if __name__ == "__main__":
    main()
