r"""Does regularization help? Images of CIFAR-10, equal budgets, several seeds.

    python benchmarks/image_quality.py --data cifar10.npz \
        --features efficientnet_lite0.keras --output runs/image_quality

trains the same networks with each regularizer in turn and compares what the
moving average of the generator makes with the test images. More:

    ... --sweep hard soft     the factors of both, over four decades
    ... --images 1000         few images to train on
    ... --network resnet
    ... --judgements 4        judged during the training as well, drawn

Every run is kept in the output folder, and one that is there is not repeated,
so a comparison can be interrupted and enlarged. The table, the figure of a
sweep and the grids of the best and the worst are made of all that is there.

Without `--features` a convolutional network that was never trained takes the
place of the one that was; see `examples/measures.py`. The full protocol of the
table in README.md is the default; `--steps 100000 --samples 10000 --width 64`
is one that a GPU can do.
"""

import argparse
import json
import pathlib
import sys
import time
from typing import Any

import kept_runs
import keras
import numpy as np
from image_figures import draw_sweep
from image_figures import draw_training
from image_figures import tiled
from image_settings import COMPARED
from image_settings import SWEEPS
from image_settings import build
from image_settings import settings
from metrics_on_cifar10 import feature_extractor
from metrics_on_cifar10 import metrics_of

import keras_regan as kr
from keras_regan.metrics._feature_sharing import shared_features

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from measures import mean_pairwise_distance  # noqa: E402
from measures import random_features  # noqa: E402

COLUMNS = {
    "fd": ("FD", 1, 1),
    "kd": ("KD x 1000", 1e3, 1),
    "precision": ("precision", 1, 3),
    "recall": ("recall", 1, 3),
    "density": ("density", 1, 2),
    "coverage": ("coverage", 1, 3),
    "diversity": ("distance of pairs", 1, 3),
    "seconds": ("seconds", 1, 0),
}


# Images in a row of a grid, and rows.
GRID = 8


def main() -> None:
    """Trains what is missing and draws what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    data = load(arguments.data, arguments.images)
    names = list(arguments.settings or COMPARED[arguments.network])
    for sweep in arguments.sweep:
        names += [f"{sweep} {factor:g}" for factor in SWEEPS[sweep]]
    measure = Judge(data["test"][: arguments.samples], arguments, output)
    if arguments.floor:
        kept_runs.keep(
            output / "floor.json",
            judging(arguments),
            lambda: measure(data["train"]),
        )
    for seed in arguments.seeds:
        for name in names:
            file = output / f"{key(arguments, name)} seed {seed}.json"
            kept_runs.keep(
                file,
                protocol(arguments),
                lambda n=name, s=seed: run(n, s, data, measure, arguments),
            )
    report(output, arguments, names)


def key(arguments: argparse.Namespace, name: str) -> str:
    """Returns what tells a setting from others in names of files."""
    images = "" if arguments.images is None else f" {arguments.images} images"
    return f"{arguments.network}{images}, {name},"


def load(path: str, count: int | None) -> dict[str, np.ndarray]:
    """Returns images in [-1, 1], the first `count` of those to train on."""
    with np.load(path) as data:
        sets = {"train": data["x_train"][:count], "test": data["x_test"]}
    return {k: v.astype("float32") / 127.5 - 1.0 for k, v in sets.items()}


class Judge:
    """Compares images with real ones.

    Args:
        real: Images in [-1, 1].
        arguments: `features` and `samples`.
        output: Where the features of the real images are kept.
    """

    def __init__(self, real, arguments, output):
        self.count = len(real)
        if arguments.features:
            self.features = feature_extractor(
                arguments.features, "efficientnet"
            )
            self.features.value_range = (-1.0, 1.0)
        else:
            self.features = random_features(real.shape[1:])
        path = output / f"reference_{self.count}.npz"
        kr.metrics.write_reference(path, real, self.features)
        self.path = str(path)

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        """Returns all values."""
        images = images[: self.count]
        values = {"diversity": mean_pairwise_distance(images)}
        metrics = metrics_of(self.features, self.path)
        for first in range(0, self.count, 100):
            batch = images[first : first + 100]
            with shared_features():
                for metric in metrics:
                    metric.update_state(None, batch)
        for metric in metrics:
            for name, value in metric.values().items():
                values[name.removesuffix(f"_{self.features.name}")] = float(
                    value
                )
        return values


class JudgedTraining(keras.callbacks.Callback):
    """Judges the generator after every epoch and times the training alone.

    Attributes:
        values: What was measured, for each epoch.
        images: The last that were judged.
    """

    def __init__(self, measure, seed):
        super().__init__()
        self.measure = measure
        self.seed = seed
        self.values = []
        self.images = None
        self._spent = np.zeros(2)

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clocks."""
        self._start = _clocks()

    def on_epoch_end(self, epoch, logs=None):
        """Stops the clocks and judges."""
        self._spent += _clocks() - self._start
        self.images = self.model.generate(self.measure.count, seed=self.seed)
        seconds, processor = map(float, self._spent)
        self.values.append(
            {
                "steps": (epoch + 1) * self.params["steps"],
                **self.measure(self.images),
                "seconds": seconds,
                "processor_seconds": processor,
            }
        )


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def run(name, seed, data, measure, arguments) -> dict[str, Any]:
    """Trains one GAN and judges it."""
    keras.utils.set_random_seed(seed)
    train = data["train"]
    margin = mean_pairwise_distance(train)
    setting = settings(margin)[name]()
    networks = build(
        arguments.network, arguments.width, **setting.pop("networks", {})
    )
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.995, seed=seed)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(arguments.rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(
            arguments.rate, beta_1=0.5
        ),
        **setting,
    )
    judged = JudgedTraining(measure, seed)
    history = gan.fit(
        batches(train, arguments.batch, seed),
        steps_per_epoch=arguments.steps // arguments.judgements,
        epochs=arguments.judgements,
        verbose=0,
        callbacks=[judged],
    )
    folder = pathlib.Path(arguments.output) / "grids"
    folder.mkdir(exist_ok=True)
    np.save(
        folder / f"{key(arguments, name)} seed {seed}.npy",
        np.round((judged.images[: GRID**2] + 1) * 127.5).astype("uint8"),
    )
    logs = {k: float(v[-1]) for k, v in history.history.items()}
    return {**judged.values[-1], "logs": logs, "on_the_way": judged.values}


def batches(images: np.ndarray, size: int, seed: int):
    """Yields batches without end, each image once an epoch."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(len(images))
        for first in range(0, len(images) - size + 1, size):
            yield (images[order[first : first + size]],)


def protocol(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    names = "network width images steps batch rate".split()
    return {**kept_runs.protocol(arguments, names), **judging(arguments)}


def judging(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns how images are judged, whatever made them."""
    features = "efficientnet" if arguments.features else "random"
    return {"samples": arguments.samples, "features_of": features}


# What comes of it.


def report(
    output: pathlib.Path, arguments: argparse.Namespace, names: list[str]
) -> None:
    """Writes the table, the figure of each sweep and two grids."""
    files = {
        name: [
            output / f"{key(arguments, name)} seed {seed}.json"
            for seed in arguments.seeds
        ]
        for name in names
    }
    runs = kept_runs.read(files)
    stem = output / key(arguments, "table")[:-1]
    columns = [*COLUMNS, "processor_seconds"]
    if arguments.judgements > 1:
        columns.append("fd_on_the_way")
        for one in (r for results in runs.values() for r in results):
            one["fd_on_the_way"] = [j["fd"] for j in one["on_the_way"]]
    kept_runs.write_summary(stem.with_suffix(".json"), runs, columns)
    floor = output / "floor.json"
    if floor.exists():
        real = json.loads(floor.read_text())
        runs["training images"] = [{**real, "seconds": 0.0}]
    text = kept_runs.table(runs, COLUMNS)
    stem.with_suffix(".md").write_text(text)
    print(text)
    if arguments.judgements > 1:
        draw_training(output / f"{key(arguments, 'training')[:-1]}.png", runs)
    for sweep in arguments.sweep:
        path = output / f"{key(arguments, sweep)[:-1]}.png"
        draw_sweep(path, runs, sweep, SWEEPS[sweep])
    distance = {
        name: np.mean([r["fd"] for r in results])
        for name, results in runs.items()
        if results and name != "training images"
    }
    for which, choose in (("best", min), ("worst", max)):
        name = choose(distance, key=distance.get)
        stem = f"{key(arguments, name)} seed {arguments.seeds[0]}"
        grid = np.load(output / "grids" / f"{stem}.npy")
        path = output / f"{key(arguments, which)[:-1]}.png"
        keras.utils.save_img(path, tiled(grid), scale=False)
        print(f"The {which} is {name}: {path}")


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="CIFAR-10 as an .npz file")
    add("--features", help="a network for features, as a .keras file")
    add("--network", choices=["dcgan", "resnet"], default="dcgan")
    add("--width", type=int, default=16, help="(%(default)s)")
    add("--images", type=int, help="how many to train on (all)")
    add("--settings", nargs="+", help="what is compared (see COMPARED)")
    add("--sweep", nargs="*", choices=SWEEPS, default=[])
    add("--floor", action="store_true", help="judge training images as well")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    add("--steps", type=int, default=3000, help="(%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--rate", type=float, default=1e-3, help="(%(default)s)")
    add("--samples", type=int, default=2000, help="judged (%(default)s)")
    add("--judgements", type=int, default=1, help="of a training (1)")
    add("--output", default="runs/image_quality", help="(%(default)s)")
    arguments = parser.parse_args()
    if arguments.judgements < 1 or arguments.steps % arguments.judgements:
        parser.error("--steps must be a multiple of --judgements.")
    return arguments


if __name__ == "__main__":
    main()
