"""Soft regularization inside any Keras model."""

from typing import Any
from typing import Self

import keras

from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan._validation import message

_SAMPLES = ("samples",)


@register
class SampleRegularization(keras.layers.Layer):
    """Returns its input unchanged and adds a regularizer of it to the loss.

    Use it in models that are not GANs: put it behind the layer whose outputs
    should repel or attract each other, and train with plain `compile` and
    `fit`. In a `RegularizedGAN`, give the regularizer to
    `generator_regularizers` instead.

    Do not use a layer's `activity_regularizer` instead: Keras divides its
    value by the batch size, and versions differ in that.

    Formula: `loss + regularizer(inputs)` in training

    Cost: that of the regularizer.

    Args:
        regularizer: A `SampleRegularizer` of samples alone, or another Keras
            regularizer, which is then called with the whole batch.
        **kwargs: `name`, `dtype` and so on, as for every layer.

    Call arguments:
        inputs: Tensor of shape `(batch, ...)`.
        training: Bool. The term is added only in training. Defaults to
            `False`.

    Returns:
        `inputs`, unchanged.

    Raises:
        TypeError: If `regularizer` is not a Keras regularizer.
        ValueError: If it compares samples with latents or real samples, which
            a layer does not have.

    Example:
    ```python
    model = keras.Sequential([
        keras.layers.Input((20, 3)),
        keras.layers.GRU(16),
        keras_regan.layers.SampleRegularization(
            keras_regan.regularizers.PairwiseDistance(0.01)
        ),
        keras.layers.Dense(5, activation="softmax"),
    ])
    ```

    Reference: ours; the term is that of the regularizer.
    """

    def __init__(
        self, regularizer: keras.regularizers.Regularizer, **kwargs: Any
    ):
        super().__init__(**kwargs)
        if not isinstance(regularizer, keras.regularizers.Regularizer):
            raise TypeError(
                message("regularizer", "a Keras regularizer", regularizer)
            )
        if getattr(regularizer, "called_with", _SAMPLES) != _SAMPLES:
            raise ValueError(
                message(
                    "regularizer",
                    "a regularizer that is called with samples alone",
                    regularizer,
                )
            )
        self.regularizer = regularizer
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Returns the inputs and, in training, adds the term."""
        if training:
            self.add_loss(self.regularizer(inputs))
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        regularizer = keras.saving.serialize_keras_object(self.regularizer)
        return {**super().get_config(), "regularizer": regularizer}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the layer from the result of `get_config`."""
        config = dict(config)
        config["regularizer"] = keras.saving.deserialize_keras_object(
            config["regularizer"]
        )
        return cls(**config)
