"""Soft regularization: the distance between random pairs of outputs.

    R = E[D(f(x), f(x'))],   x' a random partner of x in the same batch

The loss rewards it, so that the generator makes varied images, up to the
distance between real images:

    python examples/soft_regularization.py

Other directions, distances and bounds to try:

    python examples/soft_regularization.py --direction attract
    python examples/soft_regularization.py --distance l1 --factor 1
    python examples/soft_regularization.py --no-margin
"""

import argparse
import pathlib

import keras
from image_data import DATASETS
from image_data import errors_in_one_line
from image_data import load_images
from measures import mean_pairwise_distance

import keras_regan as kr


def main() -> None:
    arguments = parse_arguments()
    with errors_in_one_line():
        images = load_images(arguments.dataset, arguments.data).images
    real_distance = mean_pairwise_distance(
        images, 1000, distance=arguments.distance
    )
    bounded = arguments.margin and arguments.direction == "repel"

    keras.utils.set_random_seed(arguments.seed)
    generator, discriminator = kr.networks.dcgan(
        images.shape[1:], latent_dim=100, width=arguments.width
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=arguments.seed)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        generator_regularizers=[
            kr.regularizers.PairwiseDistance(
                arguments.factor,
                direction=arguments.direction,
                distance=arguments.distance,
                margin=real_distance if bounded else None,
            )
        ],
    )
    output = pathlib.Path(arguments.output)
    gan.fit(
        images,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        steps_per_epoch=arguments.steps,
        callbacks=[
            kr.callbacks.SampleGrid(output, seed=arguments.seed),
            keras.callbacks.CSVLogger(output / "history.csv"),
        ],
    )
    distance = mean_pairwise_distance(
        gan.generate(1000, seed=arguments.seed), distance=arguments.distance
    )
    print(
        f"\nMean distance of generated images: {distance:.3f} "
        f"(real: {real_distance:.3f})"
        f"\nGrids and history: {output}"
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--factor", type=float, default=0.5, help="lambda (%(default)s)")
    add("--direction", choices=("repel", "attract"), default="repel")
    add("--distance", choices=("l1", "l2"), default="l2")
    add(
        "--margin",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="repel only up to the distance of real images",
    )
    add("--dataset", choices=DATASETS, default="cifar10")
    add("--data", help="an .npz file or a folder of images instead")
    add("--epochs", type=int, default=10, help="(%(default)s)")
    add("--steps", type=int, help="batches an epoch (all of the images)")
    add("--batch-size", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=32, help="of the DCGAN (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--output", default="runs/soft_regularization")
    return parser.parse_args()


if __name__ == "__main__":
    main()
