"""Hard regularization: a norm of the generator's weights in its loss.

    J = V(D, G) + lambda * R(G),   R the L1 (or L2) norm

The recipe: minimax loss, L1 with lambda 1e-4, Adam with rate 2e-4, batches of
32, CIFAR-10, latents of 100 numbers. Its generator is a perceptron with one
hidden layer of 128 units and LeakyReLU:

    python examples/hard_regularization.py

and the same with convolutions, or with another norm:

    python examples/hard_regularization.py --network dcgan
    python examples/hard_regularization.py --norm l2 --factor 1e-5
"""

import argparse
import pathlib

import keras
from image_data import DATASETS
from image_data import errors_in_one_line
from image_data import load_images
from measures import mean_pairwise_distance
from measures import share_of_small_weights

import keras_regan as kr

NORMS = {"l1": kr.regularizers.L1, "l2": kr.regularizers.L2}
LOSSES = {
    "minimax": kr.losses.Minimax,
    "non_saturating": kr.losses.NonSaturating,
}


def main() -> None:
    arguments = parse_arguments()
    with errors_in_one_line():
        images = load_images(arguments.dataset, arguments.data).images

    keras.utils.set_random_seed(arguments.seed)
    if arguments.network == "mlp":
        generator, discriminator = kr.networks.mlp(
            images.shape[1:], latent_dim=100, hidden=(128,)
        )
    else:
        generator, discriminator = kr.networks.dcgan(
            images.shape[1:], latent_dim=100, width=arguments.width
        )
    gan = kr.RegularizedGAN(generator, discriminator, seed=arguments.seed)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4),
        discriminator_optimizer=keras.optimizers.Adam(2e-4),
        loss=LOSSES[arguments.loss](),
        generator_regularizers=[NORMS[arguments.norm](arguments.factor)],
    )
    output = pathlib.Path(arguments.output)
    gan.fit(
        images,
        batch_size=32,
        epochs=arguments.epochs,
        steps_per_epoch=arguments.steps,
        callbacks=[
            kr.callbacks.SampleGrid(output, seed=arguments.seed),
            keras.callbacks.CSVLogger(output / "history.csv"),
        ],
    )
    distance = mean_pairwise_distance(gan.generate(1000, seed=arguments.seed))
    print(
        f"\nGenerator weights below 0.001:   "
        f"{share_of_small_weights(generator):.1%}"
        f"\nMean distance of generated images: {distance:.3f} "
        f"(real: {mean_pairwise_distance(images, 1000):.3f})"
        f"\nGrids and history: {output}"
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--network", choices=("mlp", "dcgan"), default="mlp")
    add("--norm", choices=NORMS, default="l1")
    add("--factor", type=float, default=1e-4, help="lambda (%(default)s)")
    add("--loss", choices=LOSSES, default="minimax")
    add("--dataset", choices=DATASETS, default="cifar10")
    add("--data", help="an .npz file or a folder of images instead")
    add("--epochs", type=int, default=20, help="(%(default)s)")
    add("--steps", type=int, help="batches an epoch (all of the images)")
    add("--width", type=int, default=32, help="of the DCGAN (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--output", default="runs/hard_regularization")
    return parser.parse_args()


if __name__ == "__main__":
    main()
