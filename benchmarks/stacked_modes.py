r"""How many of the thousand modes of Stacked MNIST? The published protocols.

    python benchmarks/stacked_modes.py --data mnist.npz

trains with few regularizers each and tables the modes of the generated images
and the reverse KL divergence, with standard errors, as a classifier of digits
sees them. Protocols (`--protocol`):

* `quarter`, `half`: the hard ones of unrolled GANs, with a discriminator a
  quarter or half as wide as the generator, batches of 128 and 25,600 samples
  (there: 500,000 steps).
* `veegan`: that of VEEGAN and PacGAN, a DCGAN, batches of 64 and 26,000
  samples (there: 100,000 steps of the discriminator, width 64).

Every run is kept in the output folder, and one that is there is not repeated.
"""

import argparse
import pathlib
import time
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import kept_runs
import keras
import numpy as np

import keras_regan as kr

layers = keras.layers
COLUMNS = {
    "modes": ("modes", 1, 1),
    "reverse_kl": ("reverse KL", 1, 3),
    "processor_seconds": ("processor seconds", 1, 0),
}
# Stacks that are put together at a time.
_CHUNK = 50


class Protocol(NamedTuple):
    """How the modes of a GAN are counted.

    Attributes:
        build: Called with a width and the first layers of the discriminator,
            a list; returns the networks.
        width: The published one.
        batch: Stacks in a step.
        samples: How many are judged.
        rates: Of the generator's and the discriminator's Adam.
        betas: Of both.
    """

    build: Callable[[int, list], tuple[keras.Model, keras.Model]]
    width: int
    batch: int
    samples: int
    rates: tuple[float, float]
    betas: tuple[float, float]


def _unrolled(part: int) -> Callable:
    """Returns what builds the networks of unrolled GANs.

    Args:
        part: The discriminator's layers have this fraction of the filters.
    """

    def build(width, first):
        filters = [width // 2, width // 4, width // 8]
        generator = keras.Sequential([keras.Input((256,))])
        generator.add(layers.Dense(4 * 4 * width, use_bias=False))
        generator.add(layers.Reshape((4, 4, width)))
        for count, more in zip(filters, (0, None, None), strict=True):
            generator.add(layers.BatchNormalization(momentum=0.9))
            generator.add(layers.ReLU())
            # From 4 to 7, to 14 and to 28 pixels.
            generator.add(
                layers.Conv2DTranspose(
                    count, 3, 2, "same", output_padding=more, use_bias=False
                )
            )
        generator.add(layers.BatchNormalization(momentum=0.9))
        generator.add(layers.ReLU())
        generator.add(layers.Conv2D(3, 3, padding="same", activation="tanh"))
        discriminator = keras.Sequential([keras.Input((28, 28, 3)), *first])
        for count in reversed(filters):
            discriminator.add(layers.Conv2D(count // part, 3, 2, "same"))
            discriminator.add(layers.BatchNormalization(momentum=0.9))
            discriminator.add(layers.LeakyReLU(0.3))
        discriminator.add(layers.Flatten())
        discriminator.add(layers.Dense(1))
        return generator, discriminator

    return build


def _dcgan(width, first):
    """The networks of PacGAN's experiments, seven times as high and wide."""
    generator = keras.Sequential([keras.Input((100,))])
    generator.add(layers.Dense(2 * 2 * 8 * width, use_bias=False))
    generator.add(layers.Reshape((2, 2, 8 * width)))
    # To 4, 7, 14 and 28 pixels.
    for count, more in ((4, None), (2, 0), (1, None)):
        generator.add(layers.BatchNormalization(momentum=0.9))
        generator.add(layers.ReLU())
        generator.add(
            layers.Conv2DTranspose(
                count * width, 5, 2, "same", output_padding=more, use_bias=False
            )
        )
    generator.add(layers.BatchNormalization(momentum=0.9))
    generator.add(layers.ReLU())
    generator.add(layers.Conv2DTranspose(3, 5, 2, "same", activation="tanh"))
    discriminator = keras.Sequential([keras.Input((28, 28, 3)), *first])
    for index in range(4):
        discriminator.add(layers.Conv2D(2**index * width, 5, 2, "same"))
        if index:
            discriminator.add(layers.BatchNormalization(momentum=0.9))
        discriminator.add(layers.LeakyReLU(0.2))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1))
    return generator, discriminator


PROTOCOLS = {
    "quarter": Protocol(
        _unrolled(4), 64, 128, 25_600, (1e-4, 2e-4), (0.5, 0.99)
    ),
    "half": Protocol(_unrolled(2), 64, 128, 25_600, (1e-4, 2e-4), (0.5, 0.99)),
    "veegan": Protocol(_dcgan, 64, 64, 26_000, (2e-4, 2e-4), (0.5, 0.999)),
}


def settings() -> dict[str, Callable[[], dict[str, Any]]]:
    """Returns what differs from a plain GAN, by name.

    `first` is for the discriminator, everything else for `compile`.
    """
    pairs = kr.regularizers.PairwiseDistance

    def penalties():
        return {
            "discriminator_regularizers": [
                kr.penalties.R1(0.1),
                kr.penalties.R2(0.1),
            ]
        }

    def relativistic():
        return {"loss": kr.losses.Relativistic(), **penalties()}

    return {
        "plain": dict,
        "packing 2": lambda: {"first": [kr.layers.Packing(2)]},
        "packing 4": lambda: {"first": [kr.layers.Packing(4)]},
        "pairwise distance": lambda: {"generator_regularizers": [pairs(1.0)]},
        "R1 and R2": penalties,
        "relativistic, R1 and R2": relativistic,
        "relativistic, R1, R2 and pairwise distance": lambda: {
            **relativistic(),
            "generator_regularizers": [pairs(1.0)],
        },
    }


def main() -> None:
    """Trains what is missing and tables what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    with np.load(arguments.data) as data:
        digits = {name: data[name] for name in data.files}
    classifier = digit_classifier(output / "classifier.keras", digits)
    files = {
        name: [
            output / f"{arguments.protocol}, {name}, seed {seed}.json"
            for seed in arguments.seeds
        ]
        for name in arguments.settings
    }
    # One seed of all first: an interrupted comparison is one already.
    for index, seed in enumerate(arguments.seeds):
        for name in arguments.settings:
            kept_runs.keep(
                files[name][index],
                protocol(arguments),
                lambda n=name, s=seed: run(n, s, digits, classifier, arguments),
            )
    runs = kept_runs.read(files)
    stem = output / f"table, {arguments.protocol}"
    kept_runs.write_summary(stem.with_suffix(".json"), runs, COLUMNS)
    text = kept_runs.table(runs, COLUMNS)
    stem.with_suffix(".md").write_text(text)
    print(text)


def digit_classifier(
    path: pathlib.Path, digits: dict[str, np.ndarray]
) -> keras.Model:
    """Returns a classifier of digits, trained unless it is there."""
    if path.exists():
        return keras.models.load_model(path)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    train, test = (
        digits[f"x_{split}"].reshape(-1, 28, 28, 1).astype("float32") / 127.5
        - 1.0
        for split in ("train", "test")
    )
    model.fit(train, digits["y_train"], batch_size=128, epochs=3, verbose=0)
    _, accuracy = model.evaluate(test, digits["y_test"], verbose=0)
    print(f"The classifier is right about {100 * accuracy:.2f} % of digits.")
    model.save(path)
    return model


def run(
    name: str,
    seed: int,
    digits: dict[str, np.ndarray],
    classifier: keras.Model,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and counts the modes of its samples."""
    keras.utils.set_random_seed(seed)
    rules = PROTOCOLS[arguments.protocol]
    setting = settings()[name]()
    width = arguments.width or rules.width
    networks = rules.build(width, setting.pop("first", []))
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.999, seed=seed)
    generator_optimizer, discriminator_optimizer = (
        keras.optimizers.Adam(
            rate * arguments.faster,
            beta_1=rules.betas[0],
            beta_2=rules.betas[1],
        )
        for rate in rules.rates
    )
    gan.compile(
        generator_optimizer=generator_optimizer,
        discriminator_optimizer=discriminator_optimizer,
        **setting,
    )
    start = time.perf_counter(), time.process_time()
    gan.fit(
        batches(digits, rules.batch, seed),
        steps_per_epoch=arguments.steps,
        verbose=0,
    )
    seconds = time.perf_counter() - start[0]
    processor = time.process_time() - start[1]
    metric = kr.metrics.ModeCoverage(
        classifier=kr.datasets.stacked_mnist_classifier(classifier)
    )
    count = arguments.samples or rules.samples
    made = gan.generate(count, seed=seed)
    for first in range(0, count, 1000):
        metric.update_state(None, made[first : first + 1000])
    return {
        **{key: float(value) for key, value in metric.values().items()},
        "seconds": seconds,
        "processor_seconds": processor,
    }


def batches(digits: dict[str, np.ndarray], size: int, seed: int):
    """Yields batches of new stacks without end."""
    images = np.concatenate([digits["x_train"], digits["x_test"]])
    labels = np.concatenate([digits["y_train"], digits["y_test"]])
    random = np.random.default_rng(seed)
    while True:
        stacks, _ = kr.datasets.stacked_mnist(
            images, labels, size * _CHUNK, int(random.integers(2**31))
        )
        for first in range(0, len(stacks), size):
            yield (stacks[first : first + size],)


def protocol(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    names = "protocol width steps samples faster".split()
    return kept_runs.protocol(arguments, names)


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="MNIST as an .npz file")
    add("--protocol", choices=PROTOCOLS, default="quarter", help="(quarter)")
    add("--settings", nargs="+", choices=settings(), default=list(settings()))
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    add("--steps", type=int, default=10_000, help="(%(default)s)")
    add("--faster", type=float, default=1.0, help="factor of the rates (1)")
    add("--width", type=int, help="of the networks (the published one)")
    add("--samples", type=int, help="judged (the published number)")
    add("--output", default="runs/stacked_modes", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
