r"""Cat faces and scenes of 64 pixels, trained for hours, in several sittings.

    python benchmarks/photos.py --data cats64.npz \
        --features efficientnet_lite0.keras --setting modern

trains one setting and judges it on the way against images that were not
trained on. Stop it whenever you like, kill it if you must: the same command
goes on where it was. When it has ended it draws curves, a grid of samples, and
a table of all settings in the output folder.

    ... --setting none          a DCGAN as its authors have it
    ... --setting hard          with L1 of the generator's weights
    ... --setting soft          with the pairwise distance of samples
    ... --setting modern        `recipes.photos`: the relativistic loss, R1 and
                                R2 in place of batch normalization
    ... --setting quick         `recipes.quick`, which is for other images
    ... --setting "modern, hard and soft"
    ... --setting "modern, augmented"   for few images: with DiffAugment
    ... --data scenes64.npz     classes are told, if there are several

Without `--features` a convolutional network that was never trained takes the
place of the one that was; see `examples/measures.py`.
"""

import argparse
import json
import math
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import kept_runs
import keras
import numpy as np
import result_files
from image_judge import QUALITY
from metrics_on_cifar10 import feature_extractor
from reduced_images import reduced

import keras_regan as kr

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from measures import mean_pairwise_distance  # noqa: E402
from measures import random_features  # noqa: E402

HARD, SOFT = 1e-5, 0.1
SAMPLES_OF_GRID = 64

COLUMNS = {
    "epoch": ("epochs", 1, 0),
    "hours": ("processor hours", 1, 1),
    **QUALITY,
}


class Plan:
    """What settings have to know of the training.

    Args:
        images: The training images.
        epochs: How often they are seen.
        batch: Images of a step.
        r1: The first factor of R1 and R2.
    """

    def __init__(self, images: np.ndarray, epochs: int, batch: int, r1: float):
        self.r1 = r1
        self.steps = epochs * math.ceil(len(images) / batch)
        self.margin = mean_pairwise_distance(images[:2000])

    def adam(self) -> keras.optimizers.Adam:
        """Returns a DCGAN's optimizer, with a rate that falls to a tenth."""
        return keras.optimizers.Adam(
            self.falling(2e-4), beta_1=0.5, beta_2=0.99
        )

    def falling(self, value: float) -> Any:
        """Returns a rate or a factor that falls to a tenth."""
        return keras.optimizers.schedules.CosineDecay(
            value, self.steps, alpha=0.1
        )


def plain(plan: Plan, *regularizers: Any) -> dict[str, Any]:
    """Returns arguments of `compile` for a DCGAN."""
    return {
        "generator_optimizer": plan.adam(),
        "discriminator_optimizer": plan.adam(),
        "generator_regularizers": list(regularizers),
    }


def modern(plan: Plan, *regularizers: Any) -> dict[str, Any]:
    """Returns arguments of `compile` for one that is not normalized."""
    recipe = kr.recipes.photos(plan.steps, plan.r1)
    return {**recipe, "generator_regularizers": list(regularizers)}


def quick(plan: Plan) -> dict[str, Any]:
    """Returns those of many cheap steps, for networks of width 32."""
    return kr.recipes.quick(plan.falling(6e-4))


def hard() -> kr.regularizers.L1:
    return kr.regularizers.L1(HARD)


def soft(plan: Plan) -> kr.regularizers.PairwiseDistance:
    return kr.regularizers.PairwiseDistance(SOFT, margin=plan.margin)


SETTINGS: dict[str, Callable[[Plan], dict[str, Any]]] = {
    "none": plain,
    "hard": lambda plan: plain(plan, hard()),
    "soft": lambda plan: plain(plan, soft(plan)),
    "quick": quick,
    "modern": modern,
    "modern, hard and soft": lambda plan: modern(plan, hard(), soft(plan)),
    "modern, shared": lambda plan: {**modern(plan), "shared_samples": True},
    "modern, augmented": lambda plan: {
        **modern(plan),
        "augmentation": kr.augmentations.DiffAugment(),
    },
}


def main() -> None:
    """Trains one setting, or goes on with it, and reports on all."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output) / arguments.setting
    output.mkdir(parents=True, exist_ok=True)
    check_protocol(output / "protocol.json", arguments)
    images, labels = load(arguments.data, "train", arguments.size)
    held_out, of_held_out = load(arguments.data, "test", arguments.size)
    features = chosen_features(arguments.features, images.shape[1:])
    keras.config.set_dtype_policy(arguments.policy)
    plan = Plan(images, arguments.epochs, arguments.batch, arguments.r1)
    gan = build(plan, images, labels, arguments)
    evaluation = kr.callbacks.EvaluateSamples(
        [
            kr.metrics.FrechetDistance(features),
            kr.metrics.KernelDistance(features, subsets=20),
            kr.metrics.PrecisionRecall(features),
        ],
        held_out if labels is None else (held_out, of_held_out),
        count=min(arguments.samples, len(held_out)),
        every=arguments.every,
        file=output / "metrics.json",
    )
    gan.fit(
        images if labels is None else (images, labels),
        batch_size=arguments.batch,
        epochs=arguments.epochs,
        verbose=2,
        callbacks=[
            evaluation,
            ProcessorTime(output / "seconds.json"),
            keras.callbacks.CSVLogger(output / "history.csv", append=True),
            kr.callbacks.SampleGrid(
                output / "samples",
                every=arguments.every,
                at_end=True,
                count=SAMPLES_OF_GRID,
                conditions=None if labels is None else np.unique(labels),
            ),
            # It comes last, so that it saves the changes of the others.
            keras.callbacks.BackupAndRestore(
                output / "backup", delete_checkpoint=False
            ),
        ],
    )
    gan.save(output / "gan.keras")
    gan.inference_generator().save(output / "generator.keras")
    kr.figures.learning_curves(
        output / "history.csv",
        output / "curves.png",
        grids=output / "samples",
    )
    report(output.parent)


def check_protocol(file: pathlib.Path, arguments: argparse.Namespace) -> None:
    """Ends the program if a run is there that was made in another way."""
    names = "epochs width batch samples seed size policy r1".split()
    kept_runs.keep(
        file,
        {
            **kept_runs.protocol(arguments, names),
            "data": pathlib.Path(arguments.data).stem,
            "features_of": "efficientnet" if arguments.features else "random",
        },
        dict,
    )


def load(
    path: str, split: str, size: int | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns images in [-1, 1], and their labels if there are several."""
    with np.load(path) as data:
        images = reduced(data[f"x_{split}"], size) / 127.5 - 1.0
        labels = data[f"y_{split}"].ravel().astype("int32")
    return images, labels if labels.max() else None


def chosen_features(
    path: str | None, image_shape: tuple[int, ...]
) -> kr.metrics.FeatureExtractor:
    """Returns the features that images are judged by."""
    if path is None:
        return random_features(image_shape)
    features = feature_extractor(path, "efficientnet")
    features.value_range = (-1.0, 1.0)
    return features


def build(
    plan: Plan,
    images: np.ndarray,
    labels: np.ndarray | None,
    arguments: argparse.Namespace,
) -> kr.RegularizedGAN:
    """Returns a compiled GAN of the setting."""
    keras.utils.set_random_seed(arguments.seed)
    setting = SETTINGS[arguments.setting](plan)
    networks = kr.networks.dcgan(
        images.shape[1:],
        width=arguments.width,
        num_classes=None if labels is None else int(labels.max()) + 1,
        # A gradient penalty needs logits that do not depend on each other.
        discriminator_batch_normalization=not setting.get(
            "discriminator_regularizers"
        ),
    )
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.999, seed=arguments.seed)
    gan.compile(**setting)
    return gan


class ProcessorTime(keras.callbacks.Callback):
    """Adds up the processor time of epochs, over all sittings.

    Args:
        file: Where the seconds up to each epoch are kept.
    """

    def __init__(self, file: pathlib.Path):
        super().__init__()
        self.file = file
        self._begin = 0.0
        self._seconds: list[float] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Reads what earlier sittings took."""
        if self.file.exists():
            self._seconds = json.loads(self.file.read_text())

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Starts the clock. Epochs that a kill undid are taken again."""
        del self._seconds[epoch:]
        self._begin = time.process_time()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Stops the clock."""
        spent = time.process_time() - self._begin
        before = self._seconds[-1] if self._seconds else 0.0
        self._seconds.append(before + spent)
        result_files.write(self.file, self._seconds)


def report(folder: pathlib.Path) -> None:
    """Prints the last judgement of every setting that has one."""
    runs = {}
    for name in SETTINGS:
        file = folder / name / "metrics.json"
        if file.exists():
            runs[name] = [last_judgement(file)]
    text = kept_runs.table(runs, COLUMNS)
    (folder / "table.md").write_text(text)
    print(text)


def last_judgement(file: pathlib.Path) -> dict[str, float]:
    """Returns what was measured last, and how long it took until then."""
    result = json.loads(file.read_text())["results"][-1]
    seconds = json.loads((file.parent / "seconds.json").read_text())
    found = {
        # Names end in the name of the features.
        name.rsplit("_", 1)[0]: value
        for name, value in result.items()
    }
    epoch = result["epoch"]
    return {"epoch": epoch, "hours": seconds[epoch - 1] / 3600, **found}


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="images as an .npz file")
    add("--features", help="EfficientNet-Lite0 as a .keras file")
    add("--setting", choices=SETTINGS, default="modern")
    add("--epochs", type=int, default=120, help="(%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=32, help="(%(default)s)")
    add("--samples", type=int, default=2000, help="judged (%(default)s)")
    add("--r1", type=float, default=0.2, help="of modern (%(default)s)")
    add("--every", type=int, default=10, help="epochs (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--size", type=int, help="pixels (those of the data)")
    add("--policy", default="float32", help="of both networks (%(default)s)")
    add("--output", default="runs/photos", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
