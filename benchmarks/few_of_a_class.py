r"""What soft regularization is worth with few images of each class.

    python benchmarks/few_of_a_class.py --data cifar10.npz \
        --features efficientnet_lite0.keras

Trains class-conditional DCGANs on 100 images of each class, with DiffAugment
and a lazy R1. The same networks with the same seeds are trained with each
setting: without, and with each regularizer of pairs. It prints how far apart
samples of one class are, beside how far real ones are, how near samples are to
the images of the training (copies are nearer than other real images), quality
against images that were not trained on, and the time; then each setting against
the one without, seed by seed.

    ... --settings none "PairwiseDistance, each condition twice=0.3" \
        "PairwiseDistance, each condition twice=3"

Every run is kept, and one that is there is not repeated, so the comparison can
be interrupted and enlarged. Factors are chosen with seed 0; the seeds 2 to 6
are for comparing.
"""

import argparse
import pathlib
import time
from typing import Any

import kept_runs
import keras
import numpy as np
from diversity import classifier
from diversity import extractor
from image_judge import QUALITY
from image_judge import ImageJudge
from pair_runs import Run
from pair_runs import add_choices
from pair_runs import chosen_runs
from pair_runs import keep_all
from pair_runs import report
from pair_settings import Task
from pair_settings import four_of_each
from pair_settings import of_conditions

import keras_regan as kr

LATENTS = 64
# As many samples of each image of the test set as its class is asked for.
SAMPLES = 4

COLUMNS = {
    "apart": ("distance in a class", 1, 2),
    "of_real": ("of real ones", 1, 3),
    "to_training": ("to the training", 1, 3),
    **QUALITY,
    "processor_seconds": ("processor seconds", 1, 0),
}

SETTINGS = of_conditions(3.0, 1.0) | four_of_each(1.0)


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    train = of_each_class(arguments.data, "train", arguments.each)
    held_out = of_each_class(arguments.data, "test", arguments.held_out)
    features = arguments.features or classifier(
        arguments.data, output / "classifier.keras"
    )
    judge = Judge(train, held_out, features, output)
    runs = chosen_runs(arguments, lambda name: SETTINGS[name].factor)
    names = "each steps batch width rate held_out".split()
    keep_all(
        output,
        runs,
        {
            **kept_runs.protocol(arguments, names),
            "data": pathlib.Path(arguments.data).stem,
            "features_of": "efficientnet" if arguments.features else "classes",
        },
        lambda which: run(which, *train, judge, arguments),
    )
    report(output, runs, COLUMNS)


def of_each_class(
    path: str, split: str, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first images of each class, in [-1, 1], and their labels.

    They are in turn: one of each class, then the next of each.
    """
    with np.load(path) as data:
        images, labels = data[f"x_{split}"], data[f"y_{split}"].ravel()
    classes = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    fewest = min(map(len, classes))
    if fewest < count:
        raise SystemExit(
            f"A class of {path} has {fewest} images to {split} with. Expected "
            f"{count} or more."
        )
    order = np.stack([each[:count] for each in classes], axis=1).ravel()
    images = images[order].astype("float32") / 127.5 - 1.0
    images = images[..., None] if images.ndim == 3 else images
    return images, labels[order].astype("int32")


class Judge:
    """Compares samples of classes with real images.

    Args:
        train: Images and labels of the training.
        held_out: Others.
        features: Of a network, or the file of EfficientNet.
        folder: Where features of real images are kept.
    """

    def __init__(
        self,
        train: tuple[np.ndarray, np.ndarray],
        held_out: tuple[np.ndarray, np.ndarray],
        features: str | keras.Model,
        folder: pathlib.Path,
    ):
        self.real, self.labels = held_out
        self._extractor = extractor(features)
        self._quality = ImageJudge(self.real, self._extractor, folder)
        self._train = self._features(train[0])
        self._of_held_out = self._to_training(self.real)

    def __call__(self, samples: np.ndarray) -> dict[str, float]:
        """Returns all values of samples `(images, SAMPLES, ...)`."""
        variety = kr.metrics.ConditionalDiversity(
            self._extractor, samples_per_condition=SAMPLES
        )
        for first in range(0, len(samples), 50):
            part = slice(first, first + 50)
            variety.update_state(
                self.real[part], samples[part], self.labels[part]
            )
        apart, of_real = variety.result().values()
        values = {
            "apart": apart,
            "of_real": of_real,
            "to_training": self._to_training(samples[:, 0]) / self._of_held_out,
            **self._quality(samples[:, 0]),
        }
        return {name: float(value) for name, value in values.items()}

    def _to_training(self, images):
        """Returns the mean distance to the nearest image of the training."""
        features = self._features(images)
        squares = (
            (features**2).sum(1)[:, None]
            - 2.0 * features @ self._train.T
            + (self._train**2).sum(1)
        )
        return np.sqrt(np.maximum(squares.min(axis=1), 0.0)).mean()

    def _features(self, images):
        found = [
            keras.ops.convert_to_numpy(self._extractor(images[i : i + 100]))
            for i in range(0, len(images), 100)
        ]
        return np.concatenate(found).astype("float64")


def run(
    which: Run,
    images: np.ndarray,
    labels: np.ndarray,
    judge: Judge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and judges it."""
    setting, factor, seed = which
    keras.utils.set_random_seed(seed)
    task = Task(
        images.shape[1:],
        LATENTS,
        distance_in_a_class(images, labels),
        arguments.steps,
    )
    gan = kr.RegularizedGAN(
        *kr.networks.dcgan(
            images.shape[1:],
            latent_dim=LATENTS,
            width=arguments.width,
            num_classes=int(labels.max()) + 1,
            discriminator_batch_normalization=False,
        ),
        ema_momentum=0.995,
        seed=seed,
    )
    gan.compile(
        keras.optimizers.Adam(arguments.rate, beta_1=0.5),
        keras.optimizers.Adam(arguments.rate, beta_1=0.5),
        generator_regularizers=SETTINGS[setting].terms(factor, task),
        discriminator_regularizers=[kr.penalties.R1(0.1, interval=4)],
        augmentation=kr.augmentations.DiffAugment(),
        samples_per_condition=SETTINGS[setting].each,
    )
    return {
        **trained_and_judged(gan, which, images, labels, judge, arguments),
        "margin": task.margin,
    }


def trained_and_judged(
    gan: kr.RegularizedGAN,
    which: Run,
    images: np.ndarray,
    labels: np.ndarray,
    judge: Judge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains a compiled GAN, keeps some samples, and judges many."""
    start = time.process_time()
    history = gan.fit(
        batches(images, labels, arguments.batch, which.seed),
        steps_per_epoch=arguments.steps,
        verbose=0,
    )
    seconds = time.process_time() - start
    samples = gan.generate(
        conditions=judge.labels, samples_per_condition=SAMPLES, seed=which.seed
    )
    which.save_images(
        pathlib.Path(arguments.output) / "samples",
        samples[: labels.max() + 1],
    )
    return {
        **judge(samples),
        "processor_seconds": seconds,
        "logs": {k: float(v[-1]) for k, v in history.history.items()},
    }


def distance_in_a_class(images: np.ndarray, labels: np.ndarray) -> float:
    """Returns the mean absolute difference of two real images of one class."""
    means = []
    for one in np.unique(labels):
        some = images[labels == one][:50].reshape(-1, images[0].size)
        apart = np.abs(some[:, None] - some[None]).mean(axis=2)
        means.append(apart.sum() / (len(some) * (len(some) - 1)))
    return float(np.mean(means))


def batches(images: np.ndarray, labels: np.ndarray, size: int, seed: int):
    """Yields batches without end, each image once an epoch."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(len(images))
        for first in range(0, len(order) - size + 1, size):
            rows = order[first : first + size]
            yield images[rows], labels[rows]


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="images with labels as an .npz file")
    add("--features", help="EfficientNet-Lite0 as a .keras file")
    add("--each", type=int, default=100, help="images a class (%(default)s)")
    add("--held-out", type=int, default=100, help="a class (%(default)s)")
    add_choices(parser, SETTINGS)
    add("--steps", type=int, default=4000, help="(%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=32, help="(%(default)s)")
    add("--rate", type=float, default=5e-4, help="(%(default)s)")
    add("--output", default="runs/few_of_a_class", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
