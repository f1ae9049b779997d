"""How far is `ApproximateR1` from `R1`, and what does it save?

    KERAS_BACKEND=torch python benchmarks/approximate_r1.py

The first part, `--parts distance`, trains small convolutional discriminators on
garments for a moment, one with kinks (leaky ReLU) and a smooth one (SiLU), and
then asks, for noise of several sizes, with the same weights and the same 64
images:

* how much larger or smaller the penalty is than R1, in 8 draws of the noise;
* in which direction its gradient points, and how long it is: the cosine to
  R1's, and the ratio of norms, of single draws and of the mean of all.

In float32 and, with the same weights, in bfloat16. The second, `--parts cost`,
takes steps of the one with kinks, with either penalty in turn, and compares
processor time, by the median over rounds of the ratio to the step without one
in the same round.
"""

import argparse
import pathlib
import sys
import time
from typing import Any

import keras
import numpy as np
import result_files

import keras_regan as kr

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from image_data import load_images  # noqa: E402

FILE = pathlib.Path(__file__).with_suffix(".json")
BATCH = 64
WIDTH = 16
# What such images begin with.
FACTOR = kr.recipes.r1_factor((28, 28, 1), BATCH)
DEVIATIONS = {
    "float32": (1e-4, 1e-3, 1e-2, 0.1, 1.0),
    "mixed_bfloat16": (1e-2, 0.1),
}
ACTIVATIONS = ("leaky_relu", "silu")
STEPS = {
    "none": [],
    "none again": [],
    "R1": [kr.penalties.R1(FACTOR)],
    "ApproximateR1": [kr.penalties.ApproximateR1(FACTOR)],
}


@keras.saving.register_keras_serializable("benchmarks")
class Nothing(kr.losses.AdversarialLoss):
    """A loss without a gradient, which leaves a step to the penalty."""

    def discriminator_loss(self, real_logits, fake_logits):
        """Returns zero."""
        return 0.0 * keras.ops.mean(real_logits)

    def generator_loss(self, fake_logits, real_logits=None):
        """Returns zero."""
        return 0.0 * keras.ops.mean(fake_logits)


def generator() -> keras.Model:
    """Builds a generator of which steps of a penalty hardly notice."""
    return kr.networks.mlp((28, 28, 1), latent_dim=8, hidden=(8,))[0]


def discriminator(activation: str) -> keras.Model:
    """Builds one, the same in every call but for its precision."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = x = keras.Input((28, 28, 1))
    for filters in (WIDTH, 2 * WIDTH, 4 * WIDTH):
        x = layers.Conv2D(
            filters,
            4,
            strides=2,
            padding="same",
            activation=activation,
            kernel_initializer="he_normal",
        )(x)
    logits = layers.Dense(1, dtype="float32")(layers.Flatten()(x))
    return keras.Model(inputs, logits)


def dcgan(activation: str) -> tuple[keras.Model, keras.Model]:
    """Builds the discriminator and a generator of its size."""
    return (
        kr.networks.dcgan((28, 28, 1), width=WIDTH)[0],
        discriminator(activation),
    )


def compiled(
    networks: tuple[keras.Model, keras.Model], penalties: list, **arguments: Any
) -> kr.RegularizedGAN:
    """Returns a model to take steps with."""
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(discriminator_regularizers=penalties, **arguments)
    return gan


class PenaltyGradient:
    """Steps of a discriminator that show a penalty and its gradient.

    Args:
        penalty: The penalty.
        discriminator: The discriminator.
        weights: The discriminator's.
        images: The real ones.
    """

    def __init__(
        self, penalty: kr.penalties.Penalty, discriminator, weights, images
    ):
        still, plain = keras.optimizers.SGD(0.0), keras.optimizers.SGD(1.0)
        self._gan = compiled(
            (generator(), discriminator),
            [penalty],
            generator_optimizer=still,
            discriminator_optimizer=plain,
            loss=Nothing(),
        )
        self._key = f"d_{penalty.name}"
        self._weights, self._images = weights, images

    def draw(self) -> tuple[float, np.ndarray]:
        """Returns the penalty and, as one vector, what a step of one moves."""
        discriminator = self._gan.discriminator
        discriminator.set_weights(self._weights)
        self._gan.reset_metrics()
        logs = self._gan.train_on_batch(self._images, return_dict=True)
        moves = [
            before - after
            for before, after in zip(
                self._weights, discriminator.get_weights(), strict=True
            )
        ]
        return float(logs[self._key]), np.concatenate(
            [m.ravel() for m in moves]
        )


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the cosine of the angle between two vectors."""
    return first @ second / (np.linalg.norm(first) * np.linalg.norm(second))


def distance_to_r1(
    activation: str, images: np.ndarray, trained: int, draws: int
) -> dict[str, dict[str, float]]:
    """Returns what noise of each size makes of R1, in each precision."""
    gan = compiled(dcgan(activation), [kr.penalties.R1(FACTOR)])
    gan.fit(images[: BATCH * trained], batch_size=BATCH, verbose=0)
    given = gan.discriminator.get_weights(), images[:BATCH]
    exact = PenaltyGradient(
        kr.penalties.R1(FACTOR), discriminator(activation), *given
    ).draw()
    rows = {}
    for precision, deviations in DEVIATIONS.items():
        for deviation in deviations:
            keras.config.set_dtype_policy(precision)
            judge = discriminator(activation)
            keras.config.set_dtype_policy("float32")
            penalty = kr.penalties.ApproximateR1(FACTOR, deviation=deviation)
            approximation = PenaltyGradient(penalty, judge, *given)
            drawn = [approximation.draw() for _ in range(draws)]
            row = compared(drawn, exact)
            rows[f"{precision}, {deviation}"] = row
            print(activation, precision, deviation, row, flush=True)
    return rows


def compared(
    drawn: list[tuple[float, np.ndarray]], exact: tuple[float, np.ndarray]
) -> dict[str, float]:
    """Returns draws of a value and its gradient as multiples of exact ones."""
    value, gradient = exact
    norm = np.linalg.norm(gradient)
    values = np.array([drawn_value for drawn_value, _ in drawn]) / value
    gradients = np.array([drawn_gradient for _, drawn_gradient in drawn])
    mean = gradients.mean(axis=0)
    row = {
        "value": values.mean(),
        "value, deviation of a draw": values.std(ddof=1),
        "cosine": np.mean([cosine(one, gradient) for one in gradients]),
        "norm": (np.linalg.norm(gradients, axis=1) / norm).mean(),
        "cosine of the mean": cosine(mean, gradient),
        "norm of the mean": np.linalg.norm(mean) / norm,
    }
    return {name: round(float(number), 4) for name, number in row.items()}


def cost(images, steps: int, rounds: int) -> dict[str, Any]:
    """Returns the processor time of steps, in turn."""
    images = images[: BATCH * steps]

    def seconds(gan):
        start = time.process_time()
        gan.fit(images, batch_size=BATCH, shuffle=False, verbose=0)
        return time.process_time() - start

    gans = {
        name: compiled(dcgan(ACTIVATIONS[0]), STEPS[name]) for name in STEPS
    }
    for gan in gans.values():
        seconds(gan)
    taken = [
        {name: seconds(gan) for name, gan in gans.items()}
        for _ in range(rounds)
    ]
    ratios = {
        name: [round(one[name] / one["none"], 4) for one in taken]
        for name in gans
    }
    step = np.median([one["none"] for one in taken]) / steps
    return {
        "processor seconds of a step": round(float(step), 4),
        "ratios": ratios,
        "medians": {
            name: round(float(np.median(values)), 3)
            for name, values in ratios.items()
        },
    }


def main() -> None:
    """Measures and writes the JSON file: distances once, costs by backend."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=["distance", "cost"],
        default=["distance", "cost"],
    )
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--trained", type=int, default=60, help="steps before")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--output", type=pathlib.Path, default=FILE)
    arguments = parser.parse_args()
    images = load_images("fashion_mnist_subset").images
    file = arguments.output
    found = result_files.read(file)
    versions = {"keras": keras.__version__}
    if "distance" in arguments.parts:
        found["distance"] = {
            **versions,
            "backend": keras.backend.backend(),
            **{
                activation: distance_to_r1(
                    activation, images, arguments.trained, arguments.draws
                )
                for activation in ACTIVATIONS
            },
        }
    if "cost" in arguments.parts:
        taken = cost(images, arguments.steps, arguments.rounds)
        found[f"cost, {keras.backend.backend()}"] = versions | taken
        print(taken["medians"])
    result_files.write(file, found)


if __name__ == "__main__":
    main()
