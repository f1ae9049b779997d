"""What a classifier sees in drawn faces: whether they obey, and vary.

Attributes of drawn faces are known, so a small network that has learned them
from real faces can tell of generated ones whether they are as they were
asked for.
"""

import keras
import numpy as np
from face_data import Faces
from keras import layers


class FaceJudge:
    """Tells the attributes of faces, having learned them from real ones.

    Args:
        faces: Real faces to learn from.
        epochs: How often to see them.
        seed: Seed of the weights and of the order.
    """

    def __init__(self, faces: Faces, epochs: int = 4, seed: int = 0):
        keras.utils.set_random_seed(seed)
        self.network = _classifier(faces)
        self.network.compile(
            keras.optimizers.Adam(2e-3),
            loss=[
                keras.losses.SparseCategoricalCrossentropy(from_logits=True)
                for _ in faces.values
            ],
        )
        self.network.fit(
            faces.images,
            list(faces.attributes.T),
            batch_size=32,
            epochs=epochs,
            verbose=0,
        )

    def attributes(self, images: np.ndarray) -> np.ndarray:
        """Returns what is seen, integers `(faces, attributes)`."""
        logits = self.network.predict(images, batch_size=100, verbose=0)
        return np.stack([of_one.argmax(axis=-1) for of_one in logits], axis=1)


def _classifier(faces: Faces) -> keras.Model:
    inputs = x = keras.Input(faces.images.shape[1:])
    for filters in (16, 32, 64):
        x = layers.Conv2D(filters, 4, strides=2, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    logits = [
        layers.Dense(len(of_one), name=name)(x)
        for name, of_one in faces.values.items()
    ]
    return keras.Model(inputs, logits)


def shares_as_told(
    seen: np.ndarray, wanted: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """Returns how often each told attribute is right, and all together.

    Args:
        seen: Integers `(faces, attributes)`.
        wanted: What was asked for, likewise.
        told: Which of them were told, booleans of the same shape.
    """
    right = np.ma.array(seen == wanted, mask=~told)
    return np.append(right.mean(axis=0).filled(np.nan), right.mean())


def entropies(
    attributes: np.ndarray, values: dict[str, tuple[str, ...]]
) -> np.ndarray:
    """Returns the entropy of each attribute over some faces.

    Args:
        attributes: Integers `(faces, attributes)`.
        values: What the attributes are called, and what each may be.
    """
    return np.array(
        [
            _entropy(np.bincount(column, minlength=len(of_one)))
            for column, of_one in zip(
                attributes.T, values.values(), strict=True
            )
        ]
    )


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def print_table(title: str, names: list[str], **columns: np.ndarray) -> None:
    """Prints numbers of each attribute, a column for each kind of faces."""
    print(f"\n{title:26}" + "".join(f"{name:>10}" for name in columns))
    for name, *row in zip(names, *columns.values(), strict=True):
        print(f"  {name:24}" + "".join(f"{number:10.3f}" for number in row))
