"""Class labels as an input of the reference networks."""

import keras

from keras_regan._typing import Tensor


def label_input() -> Tensor:
    """Returns the input of the class ids, one integer per sample.

    Its shape is `(batch,)`. Keras drops the last axis of labels of shape
    `(batch, 1)` before they enter the network, so both shapes work.
    """
    return keras.Input(shape=(), dtype="int32", name="labels")


def one_hot_labels(labels: Tensor, num_classes: int) -> Tensor:
    """Returns a one at the class of each label, `(batch, num_classes)`.

    Next to normal latents it is short. A class that a generator sees at the
    length of its latents crowds them out: batch normalization scales what is
    left of them down, and each class becomes one image.
    """
    return keras.ops.one_hot(labels, num_classes)


def embed_labels(labels: Tensor, num_classes: int, size: int) -> Tensor:
    """Returns one trainable vector per class, of shape `(batch, size)`.

    The vectors start on the scale of pixels.
    """
    embedding = keras.layers.Embedding(
        num_classes,
        size,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name="label_embedding",
    )
    return embedding(labels)
