"""Does a step on a CPU take JAX and PyTorch as long as TensorFlow?

    python benchmarks/backends_on_cpu.py

times the generator alone, a step of `fit`, and a step with R1, each with the
backend's usual settings, in processor time of interleaved rounds. "Keras's
layers" is the same network with `keras.layers.Conv2DTranspose` in place of
`keras_regan.layers.Conv2DTranspose`. Ratios are to TensorFlow.

Some minutes for each network on one core. `--steps 1 --rounds 1` shows that it
runs.
"""

import argparse
import functools
import pathlib
import warnings
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import result_files
import rounds
from rounds import Program

import keras_regan as kr

BATCH = 16
NETWORKS = {
    "dcgan, 64 x 64, width 32": (
        kr.networks.dcgan,
        {"image_shape": (64, 64, 3), "width": 32},
    ),
    "dcgan, 64 x 64": (kr.networks.dcgan, {"image_shape": (64, 64, 3)}),
    "resnet, 32 x 32, width 16": (
        kr.networks.resnet,
        {"image_shape": (32, 32, 3), "width": 16},
    ),
    "resnet, 64 x 64, width 32": (
        kr.networks.resnet,
        {"image_shape": (64, 64, 3), "width": 32},
    ),
    "r3gan, 32 x 32, width 32": (
        kr.networks.r3gan,
        {"image_shape": (32, 32, 3), "width": 32},
    ),
    "unet, 64 x 64": (
        kr.networks.unet,
        {"sample_shape": (64, 64, 3), "condition_shape": (64, 64, 1)},
    ),
}
PARTS = ("generator", "step", "step with R1")


def networks(name: str, part: str) -> tuple[keras.Model, keras.Model]:
    """Returns a pair; the DCGAN's has no normalization that R1 misses."""
    build, arguments = NETWORKS[name]
    if build is kr.networks.dcgan and part == "step with R1":
        arguments = {**arguments, "discriminator_batch_normalization": False}
    return build(**arguments)


def with_layers_of_keras(network: keras.Model) -> keras.Model:
    """Returns a network of the same shape without the layer of this package."""

    def plain(layer):
        kind = type(layer)
        if kind is kr.layers.Conv2DTranspose:
            kind = keras.layers.Conv2DTranspose
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=plain)


def prepared(name: str, part: str, plain: bool) -> Callable[[int], Any]:
    """Returns what runs a part of a network for a number of steps."""
    keras.utils.set_random_seed(0)
    pair = networks(name, part)
    if plain:
        pair = tuple(map(with_layers_of_keras, pair))
        warnings.filterwarnings("ignore", message="JAX computes the gradients")
    gan = kr.RegularizedGAN(*pair, seed=0)
    penalties = [kr.penalties.R1(1.0)] if part == "step with R1" else []
    gan.compile(discriminator_regularizers=penalties)
    random = np.random.default_rng(0)
    data = [
        random.uniform(-1, 1, (BATCH, *network.shape[1:])).astype("float32")
        for network in keras.tree.flatten(gan.discriminator.input)
    ]
    if part == "generator":
        given = {"conditions": data[1]} if len(data) > 1 else {"n": BATCH}
        return lambda steps: [gan.generate(**given) for _ in range(steps)]
    data = data[0] if len(data) == 1 else tuple(data)

    def fit(steps):
        many = keras.tree.map_structure(
            lambda x: np.tile(x, (steps, *[1] * (x.ndim - 1))), data
        )
        many = many if isinstance(many, tuple) else (many,)
        return gan.fit(*many, batch_size=BATCH, shuffle=False, verbose=0)

    return fit


CONTENDERS = {
    f"{part}{', layers of Keras' * plain}": functools.partial(
        prepared, part=part, plain=plain
    )
    for part in PARTS
    for plain in (False, True)
}


def programs(name: str, part: str, backends: list[str]) -> dict[str, Program]:
    """Returns what is compared: each backend, and JAX with Keras's layers."""
    module = pathlib.Path(__file__).stem
    found = {b: Program(module, part, b, (name,)) for b in backends}
    if "jax" in backends and NETWORKS[name][0] not in _WITHOUT_TRANSPOSED:
        plain = f"{part}, layers of Keras"
        found["jax, layers of Keras"] = Program(module, plain, "jax", (name,))
    return found


_WITHOUT_TRANSPOSED = (kr.networks.resnet, kr.networks.r3gan)


def compared(times: Mapping[str, Sequence[rounds.Slice]]) -> dict[str, Any]:
    """Returns medians, and ratios to the first with their quartiles."""
    first = next(iter(times.values()))
    return {
        name: {
            "processor_ms": 1e3
            * rounds.quartiles(t.processor for t in slices)[1],
            "ratio_quartiles": rounds.quartiles(rounds.ratios(slices, first)),
        }
        for name, slices in times.items()
    }


def _print(rows):
    print(f"| | processor ms | ratio to {next(iter(rows))} |")
    print("|---|---|---|")
    for name, row in rows.items():
        lower, median, upper = row["ratio_quartiles"]
        print(
            f"| {name} | {row['processor_ms']:.1f} "
            f"| {median:.2f} ({lower:.2f} to {upper:.2f}) |",
            flush=True,
        )


def main() -> None:
    """Times what was asked for, prints it, and saves each part as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    backends = ["tensorflow", "jax", "torch"]
    add("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    add("--backends", nargs="+", choices=backends, default=backends)
    add("--steps", type=int, default=4, help="a round (%(default)s)")
    add("--rounds", type=int, default=7, help="(%(default)s)")
    add("--output", help="a JSON file, to which the parts are added")
    arguments = parser.parse_args()
    for name in arguments.networks:
        for part in arguments.parts:
            contenders = programs(name, part, arguments.backends)
            times = rounds.in_turn(
                contenders, arguments.steps, arguments.rounds, 1
            )
            rows = compared(times)
            print(f"\n{name}, {part}, batch {BATCH}\n")
            _print(rows)
            if arguments.output:
                _save(f"{name}, {part}", rows, arguments)


def _save(key, rows, arguments):
    path = pathlib.Path(arguments.output)
    results = result_files.read(path)
    results[key] = {
        "machine": result_files.machine(),
        "steps": arguments.steps,
        "rounds": arguments.rounds,
        "rows": rows,
    }
    result_files.write(path, result_files.rounded(results))


if __name__ == "__main__":
    main()
