"""Train a regularized GAN on images, and watch it learn.

    python examples/train_images.py

The script trains on 6,700 pictures of garments from the repository, for a few
minutes on two cores. The generator is told which of ten kinds to make: each row
of a grid is one. Other images, with labels or without:

    python examples/train_images.py --dataset cifar10
    python examples/train_images.py --data photos/ --image-size 64
    python examples/train_images.py --data images.npz --no-labels

Its recipe is for images that are quickly learned. From 64 pixels on there is
another, for photos, which take an hour or more; `--recipe` chooses.

Continue a run after an interruption, or for more epochs:

    python examples/train_images.py --epochs 50 --resume
"""

import argparse
import math
import pathlib

import keras
import numpy as np
from image_data import DATASETS
from image_data import SIZES
from image_data import errors_in_one_line
from image_data import load_images
from measures import random_features

import keras_regan as kr


def main() -> None:
    arguments = parse_arguments()
    output = prepare_output(pathlib.Path(arguments.output), arguments.resume)
    with errors_in_one_line():
        data = load_images(
            arguments.dataset, arguments.data, arguments.image_size
        )
    images, labels = data.images, data.labels if arguments.labels else None
    kinds = None if labels is None else np.unique(labels)
    real = images if labels is None else (images, labels)
    print(f"Training on {len(images)} images of shape {images.shape[1:]}.")
    complete(arguments, images.shape[1])
    print(f"Recipe: {arguments.recipe}. Another one: --recipe.")
    steps = arguments.epochs * math.ceil(len(images) / arguments.batch_size)
    with errors_in_one_line():
        # Optimizers, loss, penalties and order of updates, as a dictionary.
        recipe = RECIPES[arguments.recipe](arguments, steps)
        recipe["generator_regularizers"] = switched_on(
            (kr.regularizers.L1, arguments.l1),
            (kr.regularizers.L2, arguments.l2),
            (kr.regularizers.PairwiseDistance, arguments.pairwise),
        )

    features = random_features(images.shape[1:])
    keras.utils.set_random_seed(arguments.seed)
    generator, discriminator = kr.networks.dcgan(
        images.shape[1:],
        latent_dim=arguments.latents,
        width=arguments.width,
        num_classes=None if kinds is None else int(kinds.max()) + 1,
        # A gradient penalty needs logits that do not depend on each other.
        discriminator_batch_normalization=not recipe[
            "discriminator_regularizers"
        ],
    )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.999, seed=arguments.seed
    )
    if arguments.augment:
        recipe["augmentation"] = kr.augmentations.DiffAugment()
    gan.compile(**recipe)
    count = min(len(images), 2000)
    evaluation = kr.callbacks.EvaluateSamples(
        metrics_of(features),
        first(count, real),
        count=count,
        every=5,
        file=output / "metrics.json",
    )
    rows = None if kinds is None else kinds[:10]
    gan.fit(
        real,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        callbacks=[
            kr.callbacks.CollapseMonitor(first(256, real)),
            evaluation,
            keras.callbacks.CSVLogger(
                output / "history.csv", append=arguments.resume
            ),
            kr.callbacks.SampleGrid(
                output / "samples",
                every=arguments.every,
                at_start=True,
                at_end=True,
                animation="gif",
                count=64 if rows is None else 10 * len(rows),
                conditions=rows,
                # Rare latents make the ragged ones. All of them are evaluated.
                truncation=arguments.truncation or None,
                seed=arguments.seed,
            ),
            # It comes last, so that it saves the changes of the others.
            keras.callbacks.BackupAndRestore(
                output / "backup", delete_checkpoint=False
            ),
        ],
    )
    gan.save(output / "gan.keras")
    gan.inference_generator().save(output / "generator.keras")
    print(f"\nOf {count} generated images, against as many of the real ones:")
    for name, value in evaluation.results[-1].items():
        print(f"  {name:28}{value:.4g}")
    curves = kr.figures.learning_curves(
        output / "history.csv", output / "curves.png", grids=output / "samples"
    )
    print(
        f"\nLearning curves:   {curves}"
        f"\nMetrics:           {output / 'metrics.json'}"
        f"\nGrids of samples:  {output / 'samples'}"
        f"\nModel:             {output / 'gan.keras'}"
        f"\nGenerator alone:   {output / 'generator.keras'}"
        f"\nHistory:           {output / 'history.csv'}"
        "\nMore epochs:       the same command with --resume and a larger "
        "--epochs"
    )


def quick(arguments, steps):
    """Returns arguments of `compile` for images that are quickly learned."""
    recipe = kr.recipes.quick(arguments.learning_rate)
    recipe["discriminator_regularizers"] = switched_on((lazy_r1, arguments.r1))
    return recipe


def photos(arguments, steps):
    """Returns arguments of `compile` for photos."""
    if arguments.r1 == 0:
        raise ValueError(
            "The recipe for photos is nothing without R1. Choose another one "
            "with --recipe, or a positive factor. Received: --r1 0"
        )
    return kr.recipes.photos(steps, arguments.r1, arguments.learning_rate)


RECIPES = {"quick": quick, "photos": photos}
# What goes with each recipe if the command line does not say otherwise.
DEFAULTS = {
    "quick": {"width": 16, "latents": 24, "learning_rate": 1e-3, "r1": 0.0},
    "photos": {"width": 32, "latents": 100, "learning_rate": 5e-4, "r1": 0.2},
}


def complete(arguments, size):
    """Chooses a recipe by the size of images, and what goes with it."""
    if arguments.recipe is None:
        arguments.recipe = "quick" if size < 64 else "photos"
    for name, value in DEFAULTS[arguments.recipe].items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)


def first(count, real):
    """Returns the first images, with their labels if there are any."""
    if isinstance(real, tuple):
        return tuple(part[:count] for part in real)
    return real[:count]


def metrics_of(features):
    """Returns metrics of quality, of diversity and of both together."""
    return [
        kr.metrics.FrechetDistance(features),
        kr.metrics.KernelDistance(features, subsets=20),
        kr.metrics.PrecisionRecall(features),
        kr.metrics.DensityCoverage(features),
        kr.metrics.FeatureDiversity(features),
    ]


def switched_on(*settings):
    """Returns a regularizer for each `(class, factor)` that is not zero."""
    return [make(factor) for make, factor in settings if factor != 0]


def lazy_r1(factor):
    """Returns R1 for every 16th step, which costs next to nothing."""
    return kr.penalties.R1(factor, interval=16)


def prepare_output(output: pathlib.Path, resume: bool) -> pathlib.Path:
    """Raises if a run would be overwritten, or if there is none to resume."""
    begun = (output / "history.csv").exists()
    if begun and not resume:
        raise SystemExit(
            f"There is a run in {output} already. Pass --resume to continue "
            "it, or another folder with --output."
        )
    if resume and not begun:
        raise SystemExit(f"There is no run in {output} to resume.")
    output.mkdir(parents=True, exist_ok=True)
    return output


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    data = parser.add_argument_group("data")
    data.add_argument(
        "--dataset",
        choices=DATASETS,
        default="fashion_mnist_subset",
        help="a data set by name (default: %(default)s)",
    )
    data.add_argument(
        "--data",
        metavar="PATH",
        help="an .npz file in Keras layout (x_train, ...) or a folder of "
        "images\nof any size, instead of --dataset",
    )
    data.add_argument(
        "--image-size",
        type=int,
        choices=SIZES,
        help="crop and resize images to this size (default: as they are,\n"
        "64 for a folder)",
    )
    data.add_argument(
        "--labels",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="tell the generator the labels, if the data has them",
    )
    regularizers = parser.add_argument_group(
        "regularizers (0 switches one off)"
    )
    for name, default, text in (
        ("l1", 1e-5, "factor of L1 on the generator's weights"),
        ("l2", 0.0, "factor of L2 on the generator's weights"),
        (
            "pairwise",
            0.0,
            "factor of the distance between generated images, of one\n"
            "kind if labels are told: then a fourth more time",
        ),
    ):
        regularizers.add_argument(
            f"--{name}",
            type=float,
            default=default,
            metavar="FACTOR",
            help=f"{text} (default: %(default)s)",
        )
    regularizers.add_argument(
        "--r1",
        type=float,
        metavar="FACTOR",
        help="factor of R1 on the discriminator, which then has no\n"
        "batch normalization; of R2 as well with photos, where it is\n"
        "not 0 (default: 0 for quick, 0.2 for photos)",
    )
    training = parser.add_argument_group("training")
    training.add_argument(
        "--recipe",
        choices=RECIPES,
        help="quick: for images that are quickly learned; photos: for\n"
        "what takes an hour (default: photos from 64 pixels on)",
    )
    training.add_argument(
        "--augment",
        action="store_true",
        help="show the discriminator DiffAugment's versions of all images,\n"
        "for some hundreds of them: twice the time",
    )
    training.add_argument(
        "--width",
        type=int,
        metavar="N",
        help="filters near the image; more is better but slower\n"
        "(default: 16 for quick, 32 for photos)",
    )
    training.add_argument(
        "--latents",
        type=int,
        metavar="N",
        help="random numbers behind an image\n"
        "(default: 24 for quick, 100 for photos)",
    )
    for name, default, text in (
        ("epochs", 40, "passes over the images"),
        ("batch-size", 32, "images a step"),
        ("every", 1, "epochs between grids of samples"),
        ("seed", 0, "seed of weights, latents and order"),
    ):
        training.add_argument(
            f"--{name}",
            type=int,
            default=default,
            metavar="N",
            help=f"{text} (default: %(default)s)",
        )
    training.add_argument(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="of both networks; less for wider ones\n"
        "(default: 0.001 for quick, 0.0005 for photos)",
    )
    training.add_argument(
        "--truncation",
        type=float,
        default=1.5,
        metavar="BOUND",
        help="largest latent of the grids, as papers show samples, or 0;\n"
        "metrics are of samples without (default: %(default)s)",
    )
    training.add_argument(
        "--output",
        default="runs/train_images",
        metavar="FOLDER",
        help="folder for the results (default: %(default)s)",
    )
    training.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in the output folder",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
