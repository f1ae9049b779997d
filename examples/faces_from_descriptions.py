r"""Draw faces from descriptions in words.

    python examples/faces_from_descriptions.py

trains on 5,000 drawn faces and their descriptions, such as "a sad person with
red hair in a bun and round glasses". Words are numbered by a
`keras.layers.TextVectorization` before the training; a recurrent network in
the generator, and another in the discriminator, reads the numbers. Then ask
for a face:

    python examples/faces_from_descriptions.py --describe \
        "a happy person with curly black hair and a yellow shirt"

A description tells some attributes only, the others are up to the latents:
faces of one description have to differ. `PairwiseDistance` rewards the
distance of two faces of one description. Both are counted, since the
attributes of drawn faces are known: how many told ones are right, and how
varied the untold ones are.
"""

import argparse
import json
import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from face_data import Faces
from face_data import load_faces
from face_judge import FaceJudge
from face_judge import entropies
from face_judge import print_table
from face_judge import shares_as_told
from face_words import describe_faces
from image_data import errors_in_one_line
from keras import layers
from measures import mean_pairwise_distance
from sample_rows import save_grid
from told_networks import told_networks

import keras_regan as kr

WORDS = 20
UNKNOWN = 1
SAMPLES = 8
ROWS = 8
# How many descriptions the untold attributes are counted of, and faces of each.
VARIED, FACES_OF_EACH = 25, 40


def main() -> None:
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    with errors_in_one_line():
        if arguments.describe is not None:
            describe(arguments.describe, output, arguments.seed)
            return
        every = load_faces(arguments.data)
        test = load_faces(arguments.data, "test").first(arguments.images)
    faces = every.first(arguments.images)
    reader = Reader.of(every.descriptions)
    print(
        f"Training on {len(faces.images)} faces, described in "
        f"{len(reader.known)} words."
    )
    output.mkdir(parents=True, exist_ok=True)
    grid = kr.callbacks.SampleGrid(
        output / "samples",
        every=6,
        at_end=True,
        count=ROWS * SAMPLES,
        conditions=reader.read(test.descriptions[:ROWS]),
        captions=[str(text) for text in test.descriptions[:ROWS]],
        seed=arguments.seed,
    )
    gan = trained(faces, reader, grid, output / "backup", arguments)
    gan.save(output / "gan.keras")
    reader.save(output / "words.json")

    judge = FaceJudge(faces, seed=arguments.seed)
    print_obedience(gan, judge, test, reader, arguments.seed)
    print_variety(gan, judge, test, reader, arguments.seed)
    print(
        f"\nFaces: {output / 'samples'}\nModel: {output / 'gan.keras'}"
        f"\nWords: {output / 'words.json'}"
    )


class Reader:
    """Numbers the words of descriptions.

    Args:
        known: The words, in the order of their numbers.
    """

    def __init__(self, known: list[str]):
        self.known = known
        self._layer = layers.TextVectorization(
            output_sequence_length=WORDS, vocabulary=known
        )

    @classmethod
    def of(cls, descriptions: np.ndarray) -> "Reader":
        """Returns a reader that knows the words of some descriptions."""
        layer = layers.TextVectorization()
        layer.adapt(descriptions)
        return cls(layer.get_vocabulary(include_special_tokens=False))

    @property
    def count(self) -> int:
        """How many numbers there are: 0 for no word, 1 for one unknown."""
        return len(self.known) + 2

    def read(self, descriptions: np.ndarray) -> np.ndarray:
        """Returns int32 of shape `(descriptions, WORDS)`.

        Raises:
            ValueError: If a description has a word that is not known, no word
                or too many.
        """
        texts = [str(text) for text in descriptions]
        numbers = self._numbers(texts)
        for text, row in zip(texts, numbers, strict=True):
            if not row.any() or len(text.split()) > WORDS:
                raise ValueError(
                    "Invalid value for argument `describe`. Expected a "
                    f"description of 1 to {WORDS} words. Received: '{text}'"
                )
            if UNKNOWN in row:
                self._refuse(text)
        return numbers

    def _numbers(self, texts: list[str]) -> np.ndarray:
        return keras.ops.convert_to_numpy(self._layer(texts)).astype("int32")

    def _refuse(self, text: str) -> None:
        words = text.split()
        unknown = [
            word
            for word, row in zip(words, self._numbers(words), strict=True)
            if UNKNOWN in row
        ]
        raise ValueError(
            "Invalid value for argument `describe`. Expected words that were "
            f"trained with: {' '.join(sorted(self.known))}. "
            f"Received: {', '.join(unknown)} in '{text}'"
        )

    def save(self, path: pathlib.Path) -> None:
        path.write_text(json.dumps(self.known))

    @classmethod
    def load(cls, path: pathlib.Path) -> "Reader":
        return cls(json.loads(path.read_text()))


def text_encoder(count: int) -> Callable[..., Any]:
    """Returns an encoder of numbered words: an embedding, and a GRU."""

    def encode(words, size):
        # No word is number 0, which fills a sentence up to its length.
        vectors = layers.Embedding(
            count,
            64,
            mask_zero=True,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        )(words)
        # Without a mask, the fast kernels of a GPU compute no second order.
        return layers.GRU(size, use_cudnn=False)(vectors)

    return encode


class DescribedFaces(keras.utils.PyDataset):
    """Batches of faces, described anew in each epoch.

    One face has many descriptions. With the same one again and again, the
    discriminator learns by heart which face it came with, and then asks of
    the generator what the description does not tell.

    Args:
        faces: What is trained on.
        reader: Numbers the words.
        batch_size: Faces of a batch.
        seed: Seed of the order and of the descriptions.
    """

    def __init__(
        self, faces: Faces, reader: Reader, batch_size: int, seed: int
    ):
        super().__init__()
        self._faces = faces
        self._reader = reader
        self._batch_size = batch_size
        self._rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        start = index * self._batch_size
        rows = self._order[start : start + self._batch_size]
        return self._faces.images[rows], self._words[rows]

    def on_epoch_end(self) -> None:
        descriptions, _ = describe_faces(
            self._faces.attributes, self._faces.values, self._rng
        )
        self._words = self._reader.read(descriptions)
        self._order = self._rng.permutation(len(descriptions))


def trained(
    faces: Faces,
    reader: Reader,
    grid: kr.callbacks.SampleGrid,
    backup: pathlib.Path,
    arguments: argparse.Namespace,
) -> kr.RegularizedGAN:
    """Trains a GAN that is told descriptions."""
    keras.utils.set_random_seed(arguments.seed)
    generator, discriminator = told_networks(
        faces.images.shape[1:],
        WORDS,
        text_encoder(reader.count),
        arguments.width,
    )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.995, seed=arguments.seed
    )
    steps = arguments.epochs * -(-len(faces.images) // arguments.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=0.1)
    # Faces of one description are pushed apart, no further than real ones
    # are, and towards the end hardly: then they have to look real above all.
    apart = kr.penalties.Scheduled(
        kr.regularizers.PairwiseDistance(
            arguments.factor,
            distance="l1",
            margin=mean_pairwise_distance(faces.images, distance="l1"),
        ),
        keras.optimizers.schedules.PolynomialDecay(1.0, steps, 0.1),
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99
        ),
        discriminator_optimizer=keras.optimizers.Adam(
            rate, beta_1=0.0, beta_2=0.99
        ),
        generator_regularizers=[apart],
        discriminator_regularizers=[
            kr.penalties.R1(2.0, interval=4),
            # A real face with the words of another one counts as drawn.
            kr.penalties.MatchingAware(),
        ],
        # Each description twice in the generator's batch: a pair to compare.
        samples_per_condition=2,
    )
    gan.fit(
        DescribedFaces(faces, reader, arguments.batch_size, arguments.seed),
        epochs=arguments.epochs,
        verbose=2,
        callbacks=[
            grid,
            # An interrupted training goes on when it is called again.
            keras.callbacks.BackupAndRestore(backup),
        ],
    )
    return gan


def print_obedience(
    gan: kr.RegularizedGAN,
    judge: FaceJudge,
    test: Faces,
    reader: Reader,
    seed: int,
) -> None:
    """Prints how often told attributes are right, in new descriptions."""
    images = gan.generate(conditions=reader.read(test.descriptions), seed=seed)
    real, drawn = (
        shares_as_told(judge.attributes(each), test.attributes, test.told)
        for each in (test.images, images)
    )
    names = [*test.values, "all"]
    print_table("Told attributes, right", names, real=real, drawn=drawn)


def print_variety(
    gan: kr.RegularizedGAN,
    judge: FaceJudge,
    test: Faces,
    reader: Reader,
    seed: int,
) -> None:
    """Prints how varied untold attributes are, in faces of one description."""
    some = test.first(VARIED)
    images = gan.generate(
        conditions=reader.read(some.descriptions),
        samples_per_condition=FACES_OF_EACH,
        seed=seed,
    )
    drawn = np.array(
        [entropies(judge.attributes(of_one), test.values) for of_one in images]
    )
    drawn = np.ma.array(drawn, mask=some.told).mean(axis=0).filled(np.nan)
    real = entropies(test.attributes, test.values)
    print_table(
        "Entropy of untold ones",
        list(test.values),
        real=real,
        drawn=drawn,
        share=drawn / real,
    )


def describe(text: str, output: pathlib.Path, seed: int) -> None:
    """Draws faces of a sentence with the saved model."""
    model = output / "gan.keras"
    if not model.exists():
        raise SystemExit(
            f"There is no {model}. Train one first, without --describe."
        )
    words = Reader.load(output / "words.json").read(np.array([text]))
    gan = keras.models.load_model(model)
    images = gan.generate(
        conditions=words, samples_per_condition=SAMPLES, seed=seed
    )
    picture = output / "described.png"
    save_grid(picture, images, scale=2)
    print(f"{SAMPLES} faces of '{text}': {picture}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--describe", metavar="TEXT", help="draw it with the saved model")
    add("--factor", type=float, default=3.0, help="lambda (%(default)s)")
    add("--data", help="an .npz file of make_drawn_faces.py instead")
    add("--images", type=int, help="train on the first few only")
    add("--epochs", type=int, default=24, help="(%(default)s)")
    add("--batch-size", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=16, help="of the DCGAN (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--output", default="runs/faces_from_descriptions")
    return parser.parse_args()


if __name__ == "__main__":
    main()
