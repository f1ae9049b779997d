"""Draw faces, from nothing but latents or from attributes.

    python examples/draw_faces.py

trains on 5,000 drawn faces that come with the repository, a few minutes on two
cores, and draws new ones. Their attributes are known, so what came out can be
counted: a classifier that learned from real faces tells how varied they are.

    python examples/draw_faces.py --attributes

also tells both networks the hair, its colour, skin, mood, beard, glasses and
shirt of each face, and counts how many faces obey. The saved model draws what
you ask for; what you leave open is drawn at random:

    python examples/draw_faces.py --draw "hair=curly, glasses=sunglasses"

To look at a run while it goes, see `train_images.py`.
"""

import argparse
import math
import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from face_data import Faces
from face_data import attribute_ids
from face_data import load_faces
from face_data import number_of_ids
from face_data import parse_attributes
from face_judge import FaceJudge
from face_judge import entropies
from face_judge import print_table
from face_judge import shares_as_told
from image_data import errors_in_one_line
from keras import layers
from sample_rows import save_grid
from told_networks import told_networks

import keras_regan as kr

ROWS, COLUMNS = 6, 10
DRAWN = 8


def main() -> None:
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    with errors_in_one_line():
        faces = load_faces(arguments.data).first(arguments.images)
        if arguments.draw is not None:
            draw(arguments.draw, faces, output, arguments.seed)
            return
        test = load_faces(arguments.data, "test").first(arguments.images)
    print(f"Training on {len(faces.images)} faces.")
    output.mkdir(parents=True, exist_ok=True)
    model = output / model_name(arguments.attributes)
    gan = trained(faces, model.with_suffix(".backup"), arguments)
    gan.save(model)

    judge = FaceJudge(faces, seed=arguments.seed)
    if arguments.attributes:
        images = gan.generate(
            conditions=attribute_ids(test.attributes, test.values),
            seed=arguments.seed,
        )
        print_obedience(test, images, judge)
    else:
        images = gan.generate(len(test.images), seed=arguments.seed)
        print_variety(test, images, judge)
    picture = output / "faces.png"
    images = images[: ROWS * COLUMNS]
    save_grid(picture, images.reshape(-1, COLUMNS, *images.shape[1:]))
    print(f"\nFaces: {picture}\nModel: {model}")


def print_obedience(test: Faces, images: np.ndarray, judge: FaceJudge) -> None:
    """Prints how often new faces have the attributes they were told."""
    told = np.ones_like(test.told)
    real, drawn = (
        shares_as_told(judge.attributes(each), test.attributes, told)
        for each in (test.images, images)
    )
    names = [*test.values, "all"]
    print_table("Told attributes, right", names, real=real, drawn=drawn)


def print_variety(test: Faces, images: np.ndarray, judge: FaceJudge) -> None:
    """Prints how varied the attributes of new faces are."""
    real, drawn = (
        entropies(seen, test.values)
        for seen in (test.attributes, judge.attributes(images))
    )
    print_table(
        "Entropy of attributes",
        list(test.values),
        real=real,
        drawn=drawn,
        share=drawn / real,
    )


def trained(
    faces: Faces, backup: pathlib.Path, arguments: argparse.Namespace
) -> kr.RegularizedGAN:
    """Trains a GAN, told attributes or nothing."""
    keras.utils.set_random_seed(arguments.seed)
    shape, width = faces.images.shape[1:], arguments.width
    data: Any = faces.images
    discriminator_regularizers: list[kr.penalties.Penalty] = [
        kr.penalties.R1(2.0, interval=4)
    ]
    if arguments.attributes:
        ids = attribute_ids(faces.attributes, faces.values)
        data = (faces.images, ids)
        networks = told_networks(
            shape, ids.shape[1], attribute_encoder(faces), width
        )
        # A real face with the attributes of another one counts as drawn.
        discriminator_regularizers.append(kr.penalties.MatchingAware())
    else:
        networks = kr.networks.dcgan(
            shape, width=width, discriminator_batch_normalization=False
        )
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.995, seed=arguments.seed)
    steps = arguments.epochs * -(-len(faces.images) // arguments.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=0.1)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99
        ),
        discriminator_optimizer=keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99
        ),
        discriminator_regularizers=discriminator_regularizers,
        # One pass through the generator less in each step.
        shared_samples=True,
    )
    gan.fit(
        data,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        verbose=2,
        # An interrupted training goes on when it is called again.
        callbacks=[keras.callbacks.BackupAndRestore(backup)],
    )
    return gan


def attribute_encoder(faces: Faces) -> Callable[..., Any]:
    """Returns an encoder: the mean of a vector of each attribute."""
    known = number_of_ids(faces.values)
    # Their mean starts on the scale of the latents beside it.
    scale = math.sqrt(len(faces.values))

    def encode(ids, size):
        vectors = layers.Embedding(
            known,
            size,
            embeddings_initializer=keras.initializers.RandomNormal(
                stddev=scale
            ),
        )(ids)
        return layers.GlobalAveragePooling1D()(vectors)

    return encode


def draw(text: str, faces: Faces, output: pathlib.Path, seed: int) -> None:
    """Draws faces with some attributes, and with others at random."""
    wanted = parse_attributes(text, faces.values)
    model = output / model_name(True)
    if not model.exists():
        raise SystemExit(
            f"There is no {model}. Train one first, with --attributes."
        )
    gan = keras.models.load_model(model)
    rows = np.random.default_rng(seed).permutation(faces.attributes)[:DRAWN]
    for name, value in wanted.items():
        rows[:, list(faces.values).index(name)] = value
    picture = output / "drawn.png"
    images = gan.generate(
        conditions=attribute_ids(rows, faces.values), seed=seed
    )
    save_grid(picture, images[np.newaxis], scale=2)
    print(f"{len(rows)} faces with {text}: {picture}")


def model_name(told: bool) -> str:
    return "told_attributes.keras" if told else "told_nothing.keras"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--attributes", action="store_true", help="tell the networks these")
    add("--draw", metavar="TEXT", help="draw faces with the saved model")
    add("--data", help="an .npz file of make_drawn_faces.py instead")
    add("--images", type=int, help="train on the first few only")
    add("--epochs", type=int, default=30, help="(%(default)s)")
    add("--batch-size", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=16, help="of the DCGAN (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--output", default="runs/draw_faces")
    return parser.parse_args()


if __name__ == "__main__":
    main()
