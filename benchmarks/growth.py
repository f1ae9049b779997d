"""Does a step grow as the work does, and no faster?

    KERAS_BACKEND=tensorflow python benchmarks/growth.py

A DCGAN's step in `fit`, as one thing grows and all others stay:

* `batch`: samples, 16 to 4096.
* `pixels`: the side of an image, 32 to 256.
* `terms`: regularizers of the generator, 0 to 12.
* `classes`: classes of a conditional pair, 2 to 2000.
* `answers`: samples that the generator makes for each condition, 1 to 8.

Processor time of interleaved rounds, each size in a process of its own, and
the most memory that the process has held. The work is what is known to grow:
the multiplications of the two networks' layers times the samples. Time may
grow less than the work, since a small step has costs of its own, and not more:
the last column is the time of a unit of work against that of the size before.

Half an hour on two cores. `--steps 1 --rounds 1 --axes terms` shows that it
runs.
"""

import argparse
import math
import pathlib
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import result_files
import rounds
from rounds import Program

import keras_regan as kr

AXES = {
    "batch": [16, 64, 256, 1024, 4096],
    "pixels": [32, 64, 128, 256],
    "terms": [0, 1, 2, 4, 8, 12],
    "classes": [2, 20, 200, 2000],
    "answers": [1, 2, 4, 8],
}
# Time grows by factors along these, and little along the others.
GROW_WITH_WORK = ("batch", "pixels")
USUAL = {"batch": 16, "pixels": 32, "terms": 0, "classes": 0, "answers": 0}
WIDTH = 8


def settings(axis: str, value: int) -> dict[str, int]:
    """Returns all sizes, one of which is as asked."""
    return {**USUAL, axis: value}


def networks(sizes: dict[str, int]) -> tuple[keras.Model, keras.Model]:
    """Returns a DCGAN's pair, or one that answers conditions."""
    shape = (sizes["pixels"], sizes["pixels"], 3)
    if sizes["answers"]:
        return kr.networks.unet(shape, shape, width=WIDTH)
    return kr.networks.dcgan(
        shape, width=WIDTH, num_classes=sizes["classes"] or None
    )


def multiplications(network: keras.Model) -> int:
    """Returns how many a pass of one sample takes in layers with kernels."""
    return sum(
        math.prod(layer.kernel.shape) * _positions(layer)
        for layer in network.layers
        if hasattr(layer, "kernel")
    )


def _positions(layer):
    """Returns at how many places of one sample a kernel is applied."""
    if len(layer.kernel.shape) < 4:
        return 1
    transposed = isinstance(layer, keras.layers.Conv2DTranspose)
    spread = layer.input if transposed else layer.output
    return math.prod(spread.shape[1:-1])


def work(axis: str, value: int) -> float:
    """Returns the multiplications of a pass of both networks, for a batch.

    Terms and classes are small beside the layers, so these do not count them.
    Answers do not count either: a batch has as many samples, of fewer
    conditions.
    """
    sizes = settings(axis, value)
    pair = networks(sizes)
    return float(sum(map(multiplications, pair)) * sizes["batch"])


def prepare(axis: str, value: int) -> Callable[[int], Any]:
    """Returns what trains for a number of steps."""
    sizes = settings(axis, value)
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*networks(sizes), seed=0)
    terms = [
        kr.regularizers.PairwiseDistance(0.1, name=f"pairs_{index}")
        for index in range(sizes["terms"])
    ]
    gan.compile(
        generator_regularizers=terms,
        samples_per_condition=max(1, sizes["answers"]),
    )
    random = np.random.default_rng(0)

    def images(count):
        shape = (count, sizes["pixels"], sizes["pixels"], 3)
        return random.uniform(-1, 1, shape).astype("float32")

    data = [images(sizes["batch"])]
    if sizes["answers"]:
        data.append(images(sizes["batch"]))
    if sizes["classes"]:
        data.append(np.arange(sizes["batch"]) % sizes["classes"])

    def run(steps):
        many = [np.concatenate([part] * steps) for part in data]
        return gan.fit(
            *many, batch_size=sizes["batch"], shuffle=False, verbose=0
        )

    return run


CONTENDERS = {"step": prepare}


def measure(
    axis: str, values: Sequence[int], steps: int, count: int
) -> dict[str, Any]:
    """Times all sizes of one axis."""
    backend = keras.backend.backend()
    programs = {
        str(value): Program("growth", "step", backend, (axis, value))
        for value in values
    }
    times = rounds.in_turn(programs, steps, count, warm_up=2)
    rows = {
        name: {
            "processor_ms": [
                1e3 * q for q in rounds.quartiles(s.processor for s in slices)
            ],
            "peak_megabytes": slices[-1].peak_megabytes,
            "multiplications": work(axis, int(name)),
        }
        for name, slices in times.items()
    }
    for before, after in zip(values, values[1:], strict=False):
        ratios = rounds.ratios(times[str(after)], times[str(before)])
        more = work(axis, after) / work(axis, before)
        rows[str(after)]["time_of_a_unit"] = [
            ratio / more for ratio in rounds.quartiles(ratios)
        ]
    return rows


def table(axis: str, rows: dict[str, Any]) -> str:
    """Returns the rows of one axis as Markdown."""
    lines = [
        f"| {axis} | processor ms | MB | multiplications | a unit's time |",
        "|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        unit = row.get("time_of_a_unit")
        growth = "" if unit is None else f"{unit[1]:.2f}"
        lines.append(
            f"| {name} | {row['processor_ms'][1]:.1f} "
            f"| {row['peak_megabytes']:.0f} | {row['multiplications']:.2g} "
            f"| {growth} |"
        )
    return "\n".join(lines)


def draw(path: pathlib.Path, results: dict[str, Any]) -> None:
    """Draws time and memory of each axis, one column each."""
    from matplotlib import figure

    axes = [axis for axis in AXES if axis in results]
    page = figure.Figure(figsize=(3 * len(axes), 5), layout="constrained")
    panels = page.subplots(2, len(axes), squeeze=False)
    for (time, memory), axis in zip(panels.T, axes, strict=True):
        rows = results[axis]
        sizes = [int(name) for name in rows]
        lower, middle, upper = zip(
            *(row["processor_ms"] for row in rows.values()), strict=True
        )
        time.plot(sizes, middle, "o-", label="measured")
        time.fill_between(sizes, lower, upper, alpha=0.3)
        amounts = np.array([row["multiplications"] for row in rows.values()])
        time.plot(sizes, middle[0] * amounts / amounts[0], ":", label="work")
        memory.plot(sizes, [row["peak_megabytes"] for row in rows.values()])
        memory.set_xlabel(axis)
        memory.set_ylim(
            0, 1.2 * max(r["peak_megabytes"] for r in rows.values())
        )
        if axis in GROW_WITH_WORK:
            time.set_yscale("log")
        else:
            time.set_ylim(0, 2.0 * max(upper))
        for panel in (time, memory):
            if axis != "terms":
                panel.set_xscale("log")
            panel.minorticks_off()
            panel.set_xticks(sizes, list(rows))
    panels[0][0].set_ylabel("processor ms a step")
    panels[1][0].set_ylabel("peak megabytes")
    panels[0][0].legend()
    page.savefig(path, dpi=80)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures what was asked for; saves a table and a figure as it goes."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--axes", nargs="+", choices=AXES, default=list(AXES))
    add("--steps", type=int, default=4, help="a round (%(default)s)")
    add("--rounds", type=int, default=5, help="(%(default)s)")
    add("--output", type=pathlib.Path, help="a JSON file")
    add("--figure", type=pathlib.Path, help="a PNG file")
    chosen = parser.parse_args(arguments)
    backend = keras.backend.backend()
    results: dict[str, Any] = {}
    for axis in chosen.axes:
        rows = measure(axis, AXES[axis], chosen.steps, chosen.rounds)
        results[axis] = rows
        print(f"\n{axis}, {backend}\n\n{table(axis, rows)}", flush=True)
        if chosen.output:
            found = result_files.read(chosen.output)
            found[backend] = {
                "machine": result_files.machine(),
                **result_files.rounded(results),
            }
            result_files.write(chosen.output, found)
    if chosen.figure:
        draw(chosen.figure, results)


if __name__ == "__main__":
    main()
