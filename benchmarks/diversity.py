r"""What soft regularization is worth where a generator is told what to make.

    python benchmarks/diversity.py --data fashion_mnist.npz
    python benchmarks/diversity.py --data cats64.npz \
        --features efficientnet_lite0.keras --output runs/diversity_cats

Completes the lower half of images that were not trained on, eight times each.
The same U-shaped networks with the same seeds are trained with each setting:
drawn to the true image only, with each regularizer of pairs besides, or with
only the nearer of two answers drawn to it. It prints how far the answers to one
condition are apart, beside how far real images are, how near the nearest of
eight comes to the truth, and what this costs in quality and time; then each
setting against the one without, seed by seed. A figure has quality against
variety as factors grow, a curve for each setting, of all runs in the folder
that have these seeds.

    ... --settings none "ModeSeeking, each condition twice=0.01" \
        "ModeSeeking, each condition twice=1"

Features are those of `--features`, or of a small classifier that is trained on
the labels of the data. Every run is kept, and one that is there is not
repeated, so the comparison can be interrupted and enlarged. The factor of
`PairwiseDistance` was chosen with seed 0; the seeds 2 to 6 are for comparing.
"""

import argparse
import pathlib
import sys
import time
from typing import Any

import image_quality
import kept_runs
import keras
import numpy as np
import trade_off
from image_judge import QUALITY
from image_judge import ImageJudge
from metrics_on_cifar10 import feature_extractor
from pair_runs import Run
from pair_runs import add_choices
from pair_runs import chosen_runs
from pair_runs import keep_all
from pair_runs import report
from pair_settings import Setting
from pair_settings import Task
from pair_settings import falling
from pair_settings import four_of_each
from pair_settings import none
from pair_settings import of_conditions
from pair_settings import pairwise
from reduced_images import reduced

import keras_regan as kr
from keras_regan.metrics._feature_sharing import shared_features

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from complete_images import completing_networks  # noqa: E402
from complete_images import upper_halves  # noqa: E402
from sample_rows import save_rows  # noqa: E402

ANSWERS = 8
ROWS = 6
LATENTS = 8

COLUMNS = {
    "spread": ("distance of answers", 1, 3),
    "of_real": ("of real ones", 1, 2),
    "diversity": ("in features", 1, 2),
    "best": (f"best of {ANSWERS}", 1, 2),
    "mean": (f"mean of {ANSWERS}", 1, 2),
    **QUALITY,
    "processor_seconds": ("processor seconds", 1, 0),
}

SETTINGS = {
    **of_conditions(6.0, 2.0),
    **four_of_each(6.0),
    "PairwiseDistance, constant, each condition twice": Setting(
        pairwise(), 6.0, each=2
    ),
    "nearest of 2, each condition twice": Setting(none, each=2, nearest_of=2),
    "nearest of 2 and PairwiseDistance, each condition twice": Setting(
        falling(pairwise()), 6.0, each=2, nearest_of=2
    ),
    "nearest of 2 and PairwiseDistance, second pass": Setting(
        falling(pairwise()), 6.0, nearest_of=2
    ),
}


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    train, held_out = load(arguments.data)
    features = arguments.features or classifier(
        arguments.data, output / "classifier.keras"
    )
    judge = Judge(held_out[: arguments.conditions], features, output)
    keras.config.set_dtype_policy(arguments.policy)
    runs = chosen_runs(arguments, lambda name: SETTINGS[name].factor)
    keep_all(
        output,
        runs,
        protocol(arguments),
        lambda which: run(which, train, judge, arguments),
    )
    report(output, runs, COLUMNS)
    trade_off.draw(
        output / "trade_off.png",
        trade_off.kept(output, arguments.seeds),
        ("spread", "distance of answers, in pixels"),
        [
            ("fd", "Frechet distance"),
            ("best", f"nearest of {ANSWERS} answers to the truth"),
        ],
    )
    drawn = [
        np.load(which.file(output / "answers", ".npy")) / 127.5 - 1.0
        for which in runs
        if which.setting in arguments.drawn and which.seed == runs[0].seed
    ]
    if drawn:
        truth = held_out[:ROWS]
        save_rows(output / "answers.png", upper_halves(truth), truth, *drawn)


def load(path: str, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Returns images to train on and others, with channels, in [-1, 1]."""
    with np.load(path) as data:
        sets = [data["x_train"], data["x_test"]]
    return tuple(
        reduced(x[..., None] if x.ndim == 3 else x, size) / 127.5 - 1.0
        for x in sets
    )


def classifier(
    data: str, path: pathlib.Path, size: int | None = None
) -> keras.Model:
    """Returns the features of a classifier, trained once and kept."""
    if not path.exists():
        keras.utils.set_random_seed(0)
        train, held_out = load(data, size)
        with np.load(data) as arrays:
            labels, of_held_out = arrays["y_train"], arrays["y_test"]
        layers = [keras.Input(train.shape[1:])]
        for width in (32, 64):
            layers += [
                keras.layers.Conv2D(width, 3, padding="same"),
                keras.layers.LeakyReLU(),
                keras.layers.MaxPooling2D(),
            ]
        layers += [
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="leaky_relu", name="features"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(int(labels.max()) + 1),
        ]
        network = keras.Sequential(layers)
        network.compile(
            keras.optimizers.Adam(),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        network.fit(train, labels, batch_size=128, epochs=4, verbose=0)
        _, accuracy = network.evaluate(held_out, of_held_out, verbose=0)
        print(f"The classifier is right for {accuracy:.1%} of new images.")
        network.save(path)
    network = keras.models.load_model(path)
    return keras.Model(
        network.inputs, network.get_layer("features").output, name="classifier"
    )


def extractor(features: str | keras.Model) -> kr.metrics.FeatureExtractor:
    """Returns the features of a network, or of a file of EfficientNet."""
    if isinstance(features, str):
        efficientnet = feature_extractor(features, "efficientnet")
        efficientnet.value_range = (-1.0, 1.0)
        return efficientnet
    return kr.metrics.FeatureExtractor(
        features, preprocessing=keras.layers.Rescaling(1 / 127.5, -1.0)
    )


class Judge:
    """Compares answers with the true images, in features and in pixels."""

    def __init__(
        self,
        real: np.ndarray,
        features: str | keras.Model,
        folder: pathlib.Path,
    ):
        self.real = real
        alike = np.stack([real, real[most_alike(real, len(real))]], axis=1)
        self.spread_of_real = spread(lower_halves(alike))
        self.conditions = upper_halves(real)
        self._features = extractor(features)
        self._quality = ImageJudge(real, self._features, folder)

    def __call__(self, answers: np.ndarray) -> dict[str, float]:
        """Returns all values, of answers `(conditions, ANSWERS, ...)`."""
        kinds = kr.metrics
        several = {
            "diversity": kinds.ConditionalDiversity(
                self._features, samples_per_condition=ANSWERS
            ),
            "nearest": kinds.BestOfMany(
                self._features, samples_per_condition=ANSWERS
            ),
        }
        for first in range(0, len(answers), 50):
            part = slice(first, first + 50)
            real, of_all = self.real[part], answers[part]
            with shared_features():
                for metric in several.values():
                    metric.update_state(real, of_all, self.conditions[part])
        best, mean = several["nearest"].result().values()
        diversity = list(several["diversity"].result().values())[0]
        apart = spread(lower_halves(answers))
        values = {
            "spread": apart,
            "of_real": apart / self.spread_of_real,
            "diversity": diversity,
            "best": best,
            "mean": mean,
            **self._quality(answers[:, 0]),
        }
        return {name: float(value) for name, value in values.items()}


def lower_halves(answers: np.ndarray) -> np.ndarray:
    return answers[:, :, answers.shape[2] // 2 :]


def spread(answers: np.ndarray) -> float:
    """Returns the mean absolute difference of two answers to a condition."""
    count = answers.shape[1]
    pairs = [(i, j) for i in range(count) for j in range(i)]
    return np.mean(
        [np.abs(answers[:, i] - answers[:, j]).mean() for i, j in pairs]
    )


def run(
    which: Run,
    train: np.ndarray,
    judge: Judge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and judges it."""
    setting, factor, seed = which
    keras.utils.set_random_seed(seed)
    task = Task(
        train.shape[1:],
        LATENTS,
        distance_of_alike(train[:10_000]),
        arguments.steps,
    )
    gan = kr.RegularizedGAN(
        *completing_networks(train.shape[1:], arguments.width),
        ema_momentum=0.99,
        seed=seed,
    )
    rate = arguments.rate
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        generator_regularizers=[
            kr.regularizers.Reconstruction(
                10.0, nearest_of=SETTINGS[setting].nearest_of
            ),
            *SETTINGS[setting].terms(factor, task),
        ],
        discriminator_regularizers=[kr.penalties.R1(0.02, interval=4)],
        samples_per_condition=SETTINGS[setting].each,
    )
    start = time.process_time()
    history = gan.fit(
        batches(train, arguments.batch, seed),
        steps_per_epoch=arguments.steps,
        verbose=0,
    )
    seconds = time.process_time() - start
    answers = gan.generate(
        conditions=judge.conditions, samples_per_condition=ANSWERS, seed=seed
    )
    which.save_images(
        pathlib.Path(arguments.output) / "answers", answers[:ROWS]
    )
    return {
        **judge(answers),
        "processor_seconds": seconds,
        "margin": task.margin,
        "logs": {k: float(v[-1]) for k, v in history.history.items()},
    }


def most_alike(images: np.ndarray, count: int = 1000) -> np.ndarray:
    """Returns for each of the first images which upper half is most like its.

    The two lower halves are what real answers to nearly one condition are.
    """
    upper = images[:, : images.shape[1] // 2].reshape(len(images), -1)
    some = upper[:count]
    squares = (upper**2).sum(1) - 2.0 * some @ upper.T
    np.fill_diagonal(squares, np.inf)
    return squares.argmin(axis=1)


def distance_of_alike(images: np.ndarray, count: int = 1000) -> float:
    """Returns how far images are apart whose upper halves are one.

    It is a mean of absolute differences over whole images, as if the upper
    halves that are most alike were equal, which those of answers are.
    """
    lower = images[:, images.shape[1] // 2 :]
    others = lower[most_alike(images, count)]
    apart = np.abs(lower[:count] - others).mean()
    return float(apart * lower.shape[1] / images.shape[1])


def batches(images: np.ndarray, size: int, seed: int):
    """Yields batches without end, with their conditions."""
    for (batch,) in image_quality.batches(images, size, seed):
        yield batch, upper_halves(batch)


def protocol(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    names = "width steps batch rate conditions policy".split()
    return {
        **kept_runs.protocol(arguments, names),
        "data": pathlib.Path(arguments.data).stem,
        "features_of": "efficientnet" if arguments.features else "classifier",
    }


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="images as an .npz file")
    add("--features", help="EfficientNet-Lite0 as a .keras file")
    add_choices(parser, SETTINGS)
    add("--drawn", nargs="*", default=["none", list(SETTINGS)[1]])
    add("--steps", type=int, default=2000, help="(%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=32, help="(%(default)s)")
    add("--rate", type=float, default=1e-3, help="(%(default)s)")
    add("--conditions", type=int, default=1000, help="(%(default)s)")
    add("--policy", default="float32", help="of both networks (%(default)s)")
    add("--output", default="runs/diversity", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
