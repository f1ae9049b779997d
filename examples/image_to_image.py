"""Turn images into others: outlines into coloured garments, or your own pairs.

    python examples/image_to_image.py

This is the recipe of pix2pix, with several results for each image: a U-shaped
generator that takes the image and latents, a discriminator of patches, a
distance to the true image, and soft regularization, without which the generator
ignores the latents. The script makes the pairs from pictures of garments in the
repository. An outline does not determine the colour, so many are right. It
takes a few minutes on two cores.

Your own pairs can be a folder with the subfolders a and b, which contain files
with the same names, or a folder with images that are two squares side by side,
as in the data sets of pix2pix:

    python examples/image_to_image.py --data edges2shoes/train
    python examples/image_to_image.py --data facades/train --reverse
"""

import argparse
import pathlib

import keras
from image_data import DATASETS
from image_data import SIZES
from image_data import errors_in_one_line
from image_data import hold_out
from image_data import load_images
from measures import conditional_measures
from measures import random_features
from pair_data import ImagePairs
from pair_data import load_pairs
from pair_data import outlines_to_colours
from sample_rows import save_rows

import keras_regan as kr

SAMPLES = 8
ROWS = 8


def main() -> None:
    arguments = parse_arguments()
    with errors_in_one_line():
        pairs = pairs_of(arguments)
    given, new_given = hold_out(pairs.given)
    wanted, new_wanted = hold_out(pairs.wanted)
    print(
        f"Training on {len(given)} pairs, from {given.shape[1:]} to "
        f"{wanted.shape[1:]}."
    )
    features = random_features(wanted.shape[1:])
    keras.utils.set_random_seed(arguments.seed)
    generator, discriminator = kr.networks.unet(
        wanted.shape[1:],
        given.shape[1:],
        width=arguments.width,
        # The layers closest to the image determine the colours.
        latents_at="every_scale",
        discriminator_features=arguments.features > 0,
    )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.995, seed=arguments.seed
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        generator_regularizers=generator_regularizers(arguments),
        discriminator_regularizers=[kr.penalties.R1(0.1, interval=4)],
        # The generator's batch has each outline twice: a pair to compare.
        samples_per_condition=2,
    )
    gan.fit(
        (wanted, given),
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        verbose=2,
    )
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    gan.save(output / "gan.keras")

    samples = gan.generate(
        conditions=new_given,
        samples_per_condition=SAMPLES,
        seed=arguments.seed,
    )
    picture = output / "samples.png"
    save_rows(
        picture,
        new_given[:ROWS],
        new_wanted[:ROWS],
        samples[:ROWS],
    )
    print(f"\n{SAMPLES} samples for each of {len(new_given)} new conditions:")
    measures = conditional_measures(features, new_wanted, samples, new_given)
    for name, value in measures.items():
        print(f"  {name:24}{value:.3f}")
    print(f"\nPicture: {picture}\nModel:   {output / 'gan.keras'}")


def pairs_of(arguments: argparse.Namespace) -> ImagePairs:
    """Loads a folder of pairs, or makes pairs from single images."""
    data, size = arguments.data, arguments.image_size
    if data is not None and pathlib.Path(data).suffix != ".npz":
        return load_pairs(data, size or 64, arguments.reverse)
    return outlines_to_colours(
        load_images(arguments.dataset, data, size).images
    )


def generator_regularizers(
    arguments: argparse.Namespace,
) -> list[keras.regularizers.Regularizer]:
    """Returns the distance to the true image and the soft regularizer."""
    to_truth = kr.regularizers.Reconstruction(arguments.reconstruction)
    apart = kr.regularizers.PairwiseDistance(arguments.soft, distance="l1")
    if arguments.features == 0:
        return [to_truth, apart]
    in_features = kr.regularizers.Reconstruction(arguments.features)
    return [to_truth, apart, kr.penalties.OnFeatures(in_features)]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="fashion_mnist_subset")
    add(
        "--data",
        help="a folder of pairs, or an .npz file of images, which get outlines,"
        "\ninstead of --dataset",
    )
    add("--reverse", action="store_true", help="from b, or right, to a")
    add("--image-size", type=int, choices=SIZES, help="(64 for a folder)")
    add("--soft", type=float, default=1.0, help="lambda (%(default)s)")
    add("--reconstruction", type=float, default=3.0, help="(%(default)s)")
    add(
        "--features",
        type=float,
        default=0.0,
        help="distance to the truth in features of the discriminator, as in "
        "pix2pixHD (%(default)s)",
    )
    add("--epochs", type=int, default=10, help="(%(default)s)")
    add("--batch-size", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=32, help="of the U (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--output", default="runs/image_to_image")
    return parser.parse_args()


if __name__ == "__main__":
    main()
