"""The last layer of a discriminator that takes class labels."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan.layers._class_labels import class_ids
from keras_regan.layers._class_labels import first_shape
from keras_regan.layers.spectral_normalization import SpectralNormalization


@register
class ClassProjection(keras.layers.Layer):
    """Computes logits from features and classes by an inner product.

    Use it as the last layer of a class-conditional discriminator: instead of
    mixing the label into the image or the features, it measures how well the
    features point in the direction of the class.

    Formula: `w . h + b + e[label] . h`, `h` the features, `e` one vector per
    class.

    Cost: two products of the features with a vector.

    Args:
        num_classes: Positive integer. Labels run from zero to below this.
        spectral_normalization: Boolean. Whether `w` and the matrix of all `e`
            are divided by their largest singular values, as in the authors'
            code. Defaults to `False`.
        **kwargs: `name`, `dtype` and so on, as for every layer. A
            discriminator's logits are best computed with `dtype="float32"`.

    Call arguments:
        inputs: List of features, of shape `(batch, features)`, and integer
            labels, of shape `(batch,)` or `(batch, 1)`.
        training: Bool. It has an effect with `spectral_normalization` only.
            Defaults to `False`.

    Returns:
        Logits of shape `(batch, 1)`.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If `num_classes` is not positive, or, on building, if the
            inputs are not a list of two, the first one vectors.

    Example:
    >>> layer = keras_regan.layers.ClassProjection(10)
    >>> features, labels = np.ones((2, 64)), np.array([7, 0])
    >>> tuple(layer([features, labels]).shape)
    (2, 1)

    Reference: [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637).
    Differs from the authors' code: spectral normalization is off by default,
    and the linear part always has a bias; theirs has none for images of 32.
    """

    def __init__(
        self,
        num_classes: int,
        spectral_normalization: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_classes = _validation.positive_integer(
            num_classes, "num_classes"
        )
        self.spectral_normalization = _validation.boolean(
            spectral_normalization, "spectral_normalization"
        )

    def build(self, input_shape: list[Shape]) -> None:
        """Creates the linear part and one vector for each class."""
        shape = first_shape(input_shape, type(self).__name__)
        if len(shape) != 2 or shape[1] is None:
            raise ValueError(
                f"`{type(self).__name__}` must be called on features of shape "
                f"(batch, features). Received: input shape {shape}"
            )
        self.linear = self._normalized(
            keras.layers.Dense(1, dtype=self.dtype_policy, name="linear")
        )
        self.embedding = self._normalized(
            keras.layers.Embedding(
                self.num_classes,
                shape[1],
                embeddings_initializer="glorot_uniform",
                dtype=self.dtype_policy,
                name="embedding",
            )
        )
        self.linear.build(shape)
        self.embedding.build((shape[0],))

    def call(self, inputs: list[Tensor], training: bool = False) -> Tensor:
        """Returns the logits."""
        features, labels = inputs
        linear = self.linear(features, training=training)
        embedded = self.embedding(class_ids(labels), training=training)
        dtype = keras.backend.result_type(
            keras.backend.standardize_dtype(linear.dtype), "float32"
        )
        products = ops.cast(embedded, dtype) * ops.cast(features, dtype)
        logits = ops.sum(products, axis=-1, keepdims=True)
        return ops.cast(ops.cast(linear, dtype) + logits, linear.dtype)

    def _normalized(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        if self.spectral_normalization:
            return SpectralNormalization(layer)
        return layer

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape of the logits."""
        return (input_shape[0][0], 1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "spectral_normalization": self.spectral_normalization,
        }
