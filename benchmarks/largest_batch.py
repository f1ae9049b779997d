"""How much memory does a step need, and which batch fits into 16 GB?

    KERAS_BACKEND=torch python benchmarks/largest_batch.py

Steps of `networks.dcgan` with `recipes.dcgan` and of `networks.r3gan` with
`recipes.r3gan`, the latter also with `keras.remat` around each residual block
(`checkpointed.py`), and with `ApproximateR1` and `ApproximateR2` in place of R1
and R2 ("first order"), at 64, 128 and 256 pixels.

The batch is doubled as long as a step is expected to need at most
`--up-to-gigabytes`. Memory grows in a straight line with the batch, so the
line through the two largest batches that were measured tells the largest one
for `--gigabytes`.

On TensorFlow and PyTorch one step is taken, in a process of its own, whose
peak is compared with that of one that only imports. On JAX nothing runs: the
compiler tells what the step needs, to which variables and images are added.
There it does not undo `keras.remat`, as it would for a CPU.
"""

import argparse
import math
import pathlib
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

import keras
import result_files
import rounds

MODULE = "rivals.large_steps"
SETTINGS = (
    "dcgan",
    "r3gan",
    "r3gan, blocks computed again",
    "r3gan, first order",
    "r3gan, first order, blocks computed again",
)
FILE = pathlib.Path(__file__).with_suffix(".json")
ENVIRONMENT = {
    # Freed memory goes back at once, so that the peak is what was in use.
    "MALLOC_MMAP_MAX_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_TOP_PAD_": "131072",
    # For a CPU, the compiler would find that something is computed again, and
    # keep it. It does not on a GPU.
    "XLA_FLAGS": "--xla_disable_hlo_passes=cse_barrier_expander",
}


class Line(NamedTuple):
    """Memory by batch, in gigabytes.

    Attributes:
        fixed: What is needed for no image.
        each: What each image adds.
    """

    fixed: float
    each: float

    @classmethod
    def through_last_two(cls, measured: Mapping[int, float]) -> "Line":
        """Returns the line through the two largest batches."""
        small, large = sorted(measured)[-2:]
        each = (measured[large] - measured[small]) / (large - small)
        return cls(measured[large] - each * large, each)

    def at(self, batch: int) -> float:
        """Returns what a batch needs."""
        return self.fixed + self.each * batch

    def largest_batch(self, gigabytes: float) -> int:
        """Returns the largest batch for so much memory."""
        return max(0, math.floor((gigabytes - self.fixed) / self.each))


def by_doubling(
    need: Callable[[int], float], first: int, up_to: float
) -> dict[int, float]:
    """Returns what batches need, at least of two of them.

    Args:
        need: Measures the need of a batch, in gigabytes.
        first: The smallest batch.
        up_to: What a batch may be expected to need.
    """
    measured = {first: need(first)}
    batch = 2 * first
    measured[batch] = need(batch)
    while Line.through_last_two(measured).at(2 * batch) <= up_to:
        batch *= 2
        measured[batch] = need(batch)
    return measured


def gigabytes_of_a_step(setting: str, *arguments: int) -> float:
    """Returns what one step needs, in a process of its own."""
    worker = rounds.Worker(
        rounds.Program(MODULE, setting, keras.backend.backend(), arguments),
        ENVIRONMENT,
    )
    try:
        taken = worker.run(1)
    finally:
        worker.stop()
    if taken.temporary_megabytes is not None:
        return taken.temporary_megabytes / 1e3
    return taken.peak_megabytes * 2**20 / 1e9


def measure(
    setting: str, size: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Returns what a setting needs by batch, and the largest batch."""
    width = getattr(arguments, f"{setting.split(',')[0]}_width")
    imports = 0.0
    if keras.backend.backend() != "jax":
        imports = gigabytes_of_a_step("imports", size, 1, width)

    def need(batch):
        gigabytes = gigabytes_of_a_step(setting, size, batch, width) - imports
        print(f"{setting}, {size}, {batch}: {gigabytes:.3f} GB", flush=True)
        return gigabytes

    measured = by_doubling(need, arguments.first, arguments.up_to_gigabytes)
    line = Line.through_last_two(measured)
    return {
        "width": width,
        "gigabytes": {str(batch): used for batch, used in measured.items()},
        "gigabytes of each image": line.each,
        f"largest batch in {arguments.gigabytes:g} GB": line.largest_batch(
            arguments.gigabytes
        ),
    }


def main() -> None:
    """Measures, and saves each row as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--settings", nargs="+", choices=SETTINGS, default=SETTINGS)
    add("--sizes", nargs="+", type=int, default=[64, 128, 256])
    add("--first", type=int, default=2, help="batch (%(default)s)")
    add("--up-to-gigabytes", type=float, default=4.0, help="(%(default)s)")
    add("--gigabytes", type=float, default=16.0, help="(%(default)s)")
    add("--dcgan-width", type=int, default=64, help="(%(default)s)")
    add("--r3gan-width", type=int, default=192, help="(%(default)s)")
    add("--output", type=pathlib.Path, default=FILE, help="(%(default)s)")
    arguments = parser.parse_args()
    for size in arguments.sizes:
        for setting in arguments.settings:
            row = measure(setting, size, arguments)
            save(arguments.output, f"{setting}, {size} pixels", row)


def save(file: pathlib.Path, key: str, row: dict[str, Any]) -> None:
    """Adds a row to those of the backend."""
    found = result_files.read(file)
    rows = found.setdefault(keras.backend.backend(), {})
    rows[key] = {**row, "machine": result_files.machine()}
    result_files.write(file, result_files.rounded(found))
    print(key, row, flush=True)


if __name__ == "__main__":
    main()
