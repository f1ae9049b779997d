r"""What soft regularization is worth where a generator is told a part.

    python benchmarks/untold_attributes.py

Draws faces from descriptions, which tell some of their attributes; the others
are up to the latents. All attributes are
known, so that it can be counted whether told ones are right and untold ones
vary. The same networks with the same seeds are trained with each setting, on
faces that come with the repository. It prints how varied untold attributes
are, as a share of their entropy in real faces, and which share of their values
was seen among the faces of one condition, beside what this costs in quality
and time; then each setting against the one without, seed by seed.

    ... --settings none "PairwiseDistance, each condition twice"
    ... --settings none "PairwiseDistance, each condition twice=1" \
        "PairwiseDistance, each condition twice=10"

Features are those of a classifier that has learned the attributes from real
faces. Every run is kept, and one that is there is not repeated, so the
comparison can be interrupted and enlarged. Factors were chosen with seed 0;
the seeds 2 to 6 are for comparing.
"""

import argparse
import pathlib
import sys
import time
from typing import Any

import kept_runs
import keras
import numpy as np
from diversity import extractor
from image_judge import QUALITY
from image_judge import ImageJudge
from pair_runs import Run
from pair_runs import add_choices
from pair_runs import chosen_runs
from pair_runs import keep_all
from pair_runs import report
from pair_settings import Task
from pair_settings import of_conditions
from reduced_images import reduced

import keras_regan as kr

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from face_data import Faces  # noqa: E402
from face_data import load_faces  # noqa: E402
from face_judge import FaceJudge  # noqa: E402
from face_judge import entropies  # noqa: E402
from face_judge import shares_as_told  # noqa: E402
from faces_from_descriptions import WORDS  # noqa: E402
from faces_from_descriptions import DescribedFaces  # noqa: E402
from faces_from_descriptions import Reader  # noqa: E402
from faces_from_descriptions import text_encoder  # noqa: E402
from measures import mean_pairwise_distance  # noqa: E402
from sample_rows import save_grid  # noqa: E402
from told_networks import LATENTS  # noqa: E402
from told_networks import told_networks  # noqa: E402

# Faces of each condition that are judged, and those of a few conditions in
# which untold attributes are counted.
FEW_OF_EACH = 4
CONDITIONS, MANY_OF_EACH = 50, 40
ROWS, DRAWN = 4, 8

COLUMNS = {
    "entropy": ("entropy of untold, of real", 1, 3),
    "values": ("untold values seen", 1, 3),
    "told": ("told, right", 1, 4),
    "nearest": ("nearest real", 1, 3),
    **QUALITY,
    "processor_seconds": ("processor seconds", 1, 0),
}

SETTINGS = of_conditions(3.0, 2.0)


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    faces, test = (
        smaller(load_faces(arguments.data, split), arguments.size)
        for split in ("train", "test")
    )
    reader = Reader.of(faces.descriptions)
    judge = Judge(faces, test, reader.read(test.descriptions), output)
    runs = chosen_runs(arguments, lambda name: SETTINGS[name].factor)
    protocol = kept_runs.protocol(
        arguments, ["size", "epochs", "batch", "width"]
    )
    keep_all(
        output,
        runs,
        protocol,
        lambda which: run(which, faces, reader, judge, arguments),
    )
    report(output, runs, COLUMNS)


def smaller(faces: Faces, size: int) -> Faces:
    """Returns faces of `size` pixels."""
    return Faces(
        reduced(faces.images, size),
        faces.attributes,
        faces.descriptions,
        faces.told,
        faces.values,
    )


class Judge:
    """Counts attributes of generated faces, and compares them with real ones.

    Args:
        faces: Real faces, of the training.
        test: Others, whose descriptions are told.
        conditions: Their descriptions, in numbers.
        folder: Where the features of real faces are kept.
    """

    def __init__(
        self,
        faces: Faces,
        test: Faces,
        conditions: np.ndarray,
        folder: pathlib.Path,
    ):
        self.faces = faces
        self.test = test
        self.conditions = conditions
        self.classifier = FaceJudge(faces)
        network = self.classifier.network
        (flatten,) = (
            layer
            for layer in network.layers
            if isinstance(layer, keras.layers.Flatten)
        )
        pooled = keras.layers.GlobalAveragePooling2D()(flatten.input)
        self.network = keras.Model(network.inputs, pooled)
        self._quality = ImageJudge(
            faces.images[: FEW_OF_EACH * len(test.images)],
            extractor(self.network),
            folder,
        )
        right = self.as_told(test.images[:, np.newaxis])
        print(f"The judge finds {right:.4f} of what is told in real faces.")

    def as_told(self, of_each: np.ndarray) -> float:
        """Returns how much of what was told is right."""
        count = of_each.shape[1]
        seen = self.classifier.attributes(np.concatenate(of_each))
        wanted = self.test.attributes.repeat(count, axis=0)
        told = self.test.told.repeat(count, axis=0)
        return float(shares_as_told(seen, wanted, told)[-1])

    def __call__(self, gan: kr.RegularizedGAN, seed: int) -> dict[str, float]:
        """Returns all values of a GAN."""
        few = gan.generate(
            conditions=self.conditions,
            samples_per_condition=FEW_OF_EACH,
            seed=seed,
        )
        many = gan.generate(
            conditions=self.conditions[:CONDITIONS],
            samples_per_condition=MANY_OF_EACH,
            seed=seed,
        )
        return {
            "told": self.as_told(few),
            **self.variety(many),
            "nearest": self._distance_of_nearest(np.concatenate(few)),
            **self._quality(np.concatenate(few)),
        }

    def variety(self, of_each: np.ndarray) -> dict[str, float]:
        """Returns how varied untold attributes are, by two measures."""
        values = self.test.values
        seen = np.array(
            [self.classifier.attributes(images) for images in of_each]
        )
        told = self.test.told[: len(seen)]
        of_real = entropies(self.test.attributes, values)
        shares = np.array([entropies(rows, values) for rows in seen]) / of_real
        found = np.array(
            [
                [
                    len(np.unique(column)) / len(of_one)
                    for column, of_one in zip(
                        rows.T, values.values(), strict=True
                    )
                ]
                for rows in seen
            ]
        )
        return {
            "entropy": float(shares[~told].mean()),
            "values": float(found[~told].mean()),
        }

    def _distance_of_nearest(self, images: np.ndarray) -> float:
        """Returns the mean distance to the nearest real face, in features."""
        real, made = (
            self.network.predict(each, verbose=0)
            for each in (self.faces.images, images)
        )
        squares = (real**2).sum(1) - 2.0 * made @ real.T
        squares = squares.min(axis=1) + (made**2).sum(1)
        return float(np.sqrt(squares.clip(0.0)).mean())


def run(
    which: Run,
    faces: Faces,
    reader: Reader,
    judge: Judge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and judges it."""
    setting, factor, seed = which
    keras.utils.set_random_seed(seed)
    steps = arguments.epochs * -(-len(faces.images) // arguments.batch)
    shape = faces.images.shape[1:]
    task = Task(
        shape,
        LATENTS,
        mean_pairwise_distance(faces.images, distance="l1"),
        steps,
    )
    gan = kr.RegularizedGAN(
        *told_networks(
            shape, WORDS, text_encoder(reader.count), arguments.width
        ),
        ema_momentum=0.995,
        seed=seed,
    )
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=0.1)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99
        ),
        discriminator_optimizer=keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99
        ),
        generator_regularizers=SETTINGS[setting].terms(factor, task),
        discriminator_regularizers=[
            kr.penalties.R1(2.0, interval=4),
            kr.penalties.MatchingAware(),
        ],
        samples_per_condition=SETTINGS[setting].each,
    )
    start = time.process_time()
    history = gan.fit(
        DescribedFaces(faces, reader, arguments.batch, seed),
        epochs=arguments.epochs,
        verbose=0,
    )
    seconds = time.process_time() - start
    pictures = pathlib.Path(arguments.output) / "faces"
    pictures.mkdir(exist_ok=True)
    images = gan.generate(
        conditions=judge.conditions[:ROWS],
        samples_per_condition=DRAWN,
        seed=seed,
    )
    save_grid(which.file(pictures, ".png"), images)
    return {
        **judge(gan, seed),
        "processor_seconds": seconds,
        "logs": {k: float(v[-1]) for k, v in history.history.items()},
    }


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", help="an .npz file of make_drawn_faces.py instead")
    add_choices(parser, SETTINGS)
    add("--size", type=int, default=32, help="(%(default)s)")
    add("--epochs", type=int, default=24, help="(%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=16, help="(%(default)s)")
    add("--output", default="runs/untold_attributes", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
