r"""What keeps a GAN from spoiling when it goes on with few images?

    python benchmarks/few_images.py --source runs/photos/modern/gan.keras \
        --data portraits128.npz --features efficientnet_lite0.keras

A GAN of many images of one kind, such as the cat faces of `photos.py`, goes on
with 10, 30 and 100 of another, such as portraits. Of so few, a discriminator
learns each by heart, and the generator copies them or makes one image. It
prints for each setting how near samples come to images of the new kind that
were not trained on (the kernel distance), whether they are copies (how far
the nearest training image is, as a share of how far it is from held-out ones),
and how varied they are, as a share of held-out ones; then each setting against
the one without, seed by seed.

    ... --counts 10 --settings none StartingPoint=0.001 StartingPoint=0.01

Every run is kept, and one that is there is not repeated. Each seed draws other
training images. Factors are chosen with seed 0; the seeds 2 to 6 are for
comparing.
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
from metrics_on_cifar10 import feature_extractor
from pair_runs import Run
from pair_runs import add_choices
from pair_runs import chosen_runs
from pair_runs import keep_all
from pair_runs import report
from reduced_images import reduced
from sample_panels import draw
from sample_panels import in_a_row

import keras_regan as kr

# How many images of the new kind the samples are compared with.
HELD_OUT = 400
SAMPLES = 400
FROZEN_BLOCKS = 2
DRAWN = 12
PROTOCOL = ["size", "steps", "batch", "rate", "r1", "samples"]

COLUMNS = {
    "kd": ("KD x 1000", 1e3, 1),
    "nearest": ("distance to nearest, of held-out", 1, 2),
    "diversity": ("variety, of held-out", 1, 2),
    "processor_seconds": ("processor seconds", 1, 0),
}


class Start(NamedTuple):
    """What settings have to know of the GAN that goes on.

    Attributes:
        gan: The GAN of many images.
        images: Those that it goes on with.
        factor: The factor of what is added.
    """

    gan: kr.RegularizedGAN
    images: np.ndarray
    factor: float

    @property
    def margin(self) -> float:
        """How far apart the images are."""
        distance = kr.regularizers.PairwiseDistance(
            1.0, direction="attract", distance="l1", pairing="all"
        )
        return float(distance(self.images))


Setting = Callable[[Start], dict[str, Any]]


def none(start: Start) -> dict[str, Any]:
    return {}


def l2(start: Start) -> dict[str, Any]:
    return {"generator_regularizers": [kr.regularizers.L2(start.factor)]}


def starting_point(start: Start) -> dict[str, Any]:
    return {
        "generator_regularizers": [kr.penalties.StartingPoint(start.factor)]
    }


def elastic_weight(start: Start) -> dict[str, Any]:
    """Draws weights back as much as `starting_point` does, on average."""
    information = start.gan.fisher_information(200)
    total = sum(part.sum() for part in information)
    mean = total / sum(part.size for part in information)
    return {
        "generator_regularizers": [
            kr.penalties.ElasticWeight(information, start.factor / mean)
        ]
    }


def frozen(start: Start) -> dict[str, Any]:
    """Leaves the first layers of the discriminator as they are."""
    with_weights = [
        layer for layer in start.gan.discriminator.layers if layer.weights
    ]
    for layer in with_weights[:FROZEN_BLOCKS]:
        layer.trainable = False
    return {}


def augmented(start: Start) -> dict[str, Any]:
    return {"augmentation": kr.augmentations.DiffAugment()}


def adaptive(start: Start) -> dict[str, Any]:
    return {"augmentation": kr.augmentations.AdaptiveAugmentation()}


def soft(start: Start) -> dict[str, Any]:
    return {
        "generator_regularizers": [
            kr.regularizers.PairwiseDistance(
                start.factor, distance="l1", margin=start.margin
            )
        ]
    }


SETTINGS: dict[str, tuple[Setting, float]] = {
    "none": (none, 0.0),
    "L2": (l2, 1e-4),
    "StartingPoint": (starting_point, 0.001),
    "ElasticWeight": (elastic_weight, 0.001),
    "frozen layers": (frozen, 0.0),
    "DiffAugment": (augmented, 0.0),
    "AdaptiveAugmentation": (adaptive, 0.0),
    "PairwiseDistance": (soft, 1.0),
}


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    images = load(arguments.data, arguments.size)
    features = feature_extractor(arguments.features, "efficientnet")
    features.value_range = (-1.0, 1.0)
    judge = Judge(images[:HELD_OUT], features)
    rest = images[HELD_OUT:]
    for count in arguments.counts:
        folder = pathlib.Path(arguments.output) / f"{count} images"
        runs = chosen_runs(arguments, lambda name: SETTINGS[name][1])
        keep_all(
            folder,
            runs,
            kept_runs.protocol(arguments, PROTOCOL),
            lambda which, n=count: run(which, n, rest, judge, arguments),
        )
        print(f"\n{count} images\n")
        report(folder, runs, COLUMNS)
        draw(
            folder / "samples.png",
            folder / "samples",
            runs,
            in_a_row,
            size=(8.0, 0.5),
        )


def load(path: str, size: int) -> np.ndarray:
    """Returns all images, in [-1, 1], of `size` pixels."""
    with np.load(path) as data:
        images = np.concatenate([data["x_train"], data["x_test"]])
    return reduced(images, size) / 127.5 - 1.0


class Judge:
    """Compares samples with images of the new kind, and with those known."""

    def __init__(self, real: np.ndarray, features: kr.metrics.FeatureExtractor):
        self.real = real
        self._features = features
        self._rows = self._rows_of(real)

    def __call__(
        self, samples: np.ndarray, known: np.ndarray
    ) -> dict[str, float]:
        """Returns all values.

        Args:
            samples: Generated images.
            known: The images that were trained on.
        """
        kernel = kr.metrics.KernelDistance(
            self._features, subset_size=min(200, len(self.real))
        )
        for first in range(0, len(samples), 100):
            part = slice(first, first + 100)
            kernel.update_state(self.real[part], samples[part])
        rows, of_known = self._rows_of(samples), self._rows_of(known)
        return {
            "kd": float(kernel.values()[kernel.name]),
            "nearest": nearest(rows, of_known) / nearest(self._rows, of_known),
            "diversity": kr.metrics.feature_diversity(rows)
            / kr.metrics.feature_diversity(self._rows),
        }

    def _rows_of(self, images: np.ndarray) -> np.ndarray:
        parts = [
            keras.ops.convert_to_numpy(self._features(images[i : i + 100]))
            for i in range(0, len(images), 100)
        ]
        return np.concatenate(parts)


def nearest(rows: np.ndarray, others: np.ndarray) -> float:
    """Returns the mean distance of rows to the nearest of others."""
    squares = (others**2).sum(1) - 2.0 * rows @ others.T
    squares = squares.min(axis=1) + (rows**2).sum(1)
    return float(np.sqrt(squares.clip(0.0)).mean())


def run(
    which: Run,
    count: int,
    images: np.ndarray,
    judge: Judge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Goes on with one GAN and judges it."""
    keras.utils.set_random_seed(which.seed)
    rng = np.random.default_rng(which.seed)
    known = images[rng.choice(len(images), count, replace=False)]
    source = keras.models.load_model(arguments.source)
    if source.ema_generator is not None:
        source.generator.set_weights(source.ema_generator.get_weights())
    gan = kr.RegularizedGAN(
        source.generator,
        source.discriminator,
        ema_momentum=0.99,
        seed=which.seed,
    )
    add, _ = SETTINGS[which.setting]
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(arguments.rate, beta_1=0.0),
        discriminator_optimizer=keras.optimizers.Adam(
            arguments.rate, beta_1=0.0
        ),
        discriminator_regularizers=[kr.penalties.R1(arguments.r1, interval=4)],
        **add(Start(gan, known, which.factor)),
    )
    start = time.process_time()
    gan.fit(
        in_batches(known, arguments.batch, which.seed),
        steps_per_epoch=arguments.steps,
        verbose=0,
    )
    seconds = time.process_time() - start
    samples = gan.generate(arguments.samples, seed=which.seed)
    folder = pathlib.Path(arguments.output) / f"{count} images" / "samples"
    which.save_images(folder, samples[:DRAWN])
    return {**judge(samples, known), "processor_seconds": seconds}


def in_batches(images: np.ndarray, size: int, seed: int):
    """Yields batches without end, of images drawn again and again."""
    rng = np.random.default_rng(seed)
    while True:
        yield (images[rng.integers(0, len(images), size)],)


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--source", required=True, help="the GAN of many images, .keras")
    add("--data", required=True, help="images of another kind, .npz")
    add("--features", required=True, help="EfficientNet-Lite0, .keras")
    add("--counts", type=int, nargs="+", default=[10, 30, 100])
    add_choices(parser, SETTINGS)
    add("--size", type=int, default=64, help="pixels (%(default)s)")
    add("--steps", type=int, default=600, help="(%(default)s)")
    add("--batch", type=int, default=16, help="(%(default)s)")
    add("--rate", type=float, default=1e-3, help="(%(default)s)")
    add("--r1", type=float, default=0.1, help="factor of R1 (%(default)s)")
    add("--samples", type=int, default=SAMPLES, help="(%(default)s)")
    add("--output", default="runs/few_images", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
