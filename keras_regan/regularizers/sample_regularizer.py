"""The contract of soft regularization: what is called with samples."""

from typing import Any

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import log_name
from keras_regan._validation import non_negative_float


class SampleRegularizer(keras.regularizers.Regularizer):
    """Base class of regularizers of a batch of outputs.

    In `generator_regularizers` it is called with the generated batch that the
    generator's loss is computed on, so it costs no second forward pass. It
    works on the outputs of any other network as well: see
    `keras_regan.layers.SampleRegularization`.

    To write your own, implement `call(samples)`, which returns the scalar
    without the factor, and extend `get_config` by your own arguments.

    Args:
        factor: Non-negative float. What the result of `call` is multiplied
            with. A factor of zero computes nothing.
        name: String. Its key in the logs, after `g_`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`. Half precision is widened to
            float32.

    Returns:
        Scalar tensor, as it is added to the loss.
    """

    def __init__(self, factor: float, *, name: str):
        self.factor = non_negative_float(factor, "factor")
        self.name = log_name(name)

    def __call__(self, samples: Tensor) -> Tensor:
        """Returns the scalar that is added to the loss."""
        samples = ops.convert_to_tensor(samples)
        samples = ops.cast(
            samples, keras.backend.result_type(samples.dtype, "float32")
        )
        if self.factor == 0:
            return ops.zeros((), samples.dtype)
        return self.factor * self.call(samples)

    def call(self, samples: Tensor) -> Tensor:
        """Returns the scalar without the factor."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"factor": self.factor, "name": self.name}
