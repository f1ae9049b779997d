r"""Does a class that is as long as the latents crowd them out?

    python benchmarks/class_lengths.py --data fashion_mnist.npz

Trains class-conditional DCGANs with `recipes.quick`. They are the same but for
how the generator is told the class: one-hot, as `networks.dcgan` does it, or by
a trained vector beside the 100 latents, whose length is about 10. The vectors
have a length of 1, 3 or 10 at first. The last is trained with soft
regularization as well. It prints how far apart samples of one class are, beside
how far real ones are, and the quality, against images that were not trained on;
then each way against the one-hot class, seed by seed. A picture has samples of
each way, a column for each class.

Every run is kept, and one that is there is not repeated.
"""

import argparse
import pathlib
from typing import Any

import kept_runs
import keras
from diversity import classifier
from few_of_a_class import COLUMNS
from few_of_a_class import Judge
from few_of_a_class import distance_in_a_class
from few_of_a_class import of_each_class
from few_of_a_class import trained_and_judged
from pair_runs import Run
from pair_runs import add_choices
from pair_runs import chosen_runs
from pair_runs import keep_all
from pair_runs import report
from sample_panels import draw
from sample_panels import in_columns

import keras_regan as kr

LATENTS = 100
LENGTHS = {"length 1": 1.0, "length 3": 3.0, "length 10": 10.0}
ONE_HOT = "one-hot"
SOFT = "length 10, PairwiseDistance"
FACTOR = 3.0


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    train = of_each_class(arguments.data, "train", arguments.each)
    held_out = of_each_class(arguments.data, "test", arguments.held_out)
    features = classifier(arguments.data, output / "classifier.keras")
    judge = Judge(train, held_out, features, output)
    runs = chosen_runs(arguments, lambda name: FACTOR * (name == SOFT))
    keep_all(
        output,
        runs,
        {
            **kept_runs.protocol(
                arguments, "each held_out steps batch width".split()
            ),
            "data": pathlib.Path(arguments.data).stem,
        },
        lambda which: run(which, *train, judge, arguments),
    )
    report(output, runs, COLUMNS, first=ONE_HOT)
    draw(
        output / "samples.png",
        output / "samples",
        runs,
        in_columns,
        size=(7.0, 1.7),
    )


def run(
    which: Run,
    images: Any,
    labels: Any,
    judge: Judge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and judges it."""
    keras.utils.set_random_seed(which.seed)
    classes = int(labels.max()) + 1
    generator, discriminator = kr.networks.dcgan(
        images.shape[1:], width=arguments.width, num_classes=classes
    )
    if which.setting != ONE_HOT:
        generator = told_by_vectors(
            images.shape[1:], arguments.width, classes, length(which.setting)
        )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.995, seed=which.seed
    )
    gan.compile(**{**kr.recipes.quick(), **soft(which.factor, images, labels)})
    return trained_and_judged(gan, which, images, labels, judge, arguments)


def told_by_vectors(
    image_shape: tuple[int, ...], width: int, classes: int, length: float
) -> keras.Model:
    """Returns the generator of `networks.dcgan` with vectors of a length."""
    plain, _ = kr.networks.dcgan(
        image_shape, latent_dim=2 * LATENTS, width=width
    )
    latents = keras.Input((LATENTS,), name="latents")
    labels = keras.Input((), dtype="int32", name="labels")
    vectors = keras.layers.Embedding(
        classes,
        LATENTS,
        embeddings_initializer=keras.initializers.RandomNormal(
            stddev=length / LATENTS**0.5
        ),
    )(labels)
    beside = keras.layers.Concatenate()([latents, vectors])
    return keras.Model([latents, labels], plain(beside), name="generator")


def length(setting: str) -> float:
    """Returns how long the vectors of a setting are."""
    return LENGTHS[setting.partition(",")[0]]


def soft(factor: float, images: Any, labels: Any) -> dict[str, Any]:
    """Returns arguments of `compile` for soft regularization, if there is."""
    if not factor:
        return {}
    margin = distance_in_a_class(images, labels)
    distance = kr.regularizers.PairwiseDistance(
        factor, distance="l1", margin=margin
    )
    return {"generator_regularizers": [distance]}


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="images with labels as an .npz file")
    add("--each", type=int, default=670, help="images a class (%(default)s)")
    add("--held-out", type=int, default=70, help="a class (%(default)s)")
    add_choices(parser, [ONE_HOT, *LENGTHS, SOFT])
    add("--steps", type=int, default=1600, help="(%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=16, help="(%(default)s)")
    add("--output", default="runs/class_lengths", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
