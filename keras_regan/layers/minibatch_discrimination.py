"""How close each sample is to the others of its batch, as features."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor


@register
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends how many samples of the batch are close, by learned distances.

    Use it near the end of a discriminator, on its features: the network can
    then recognize generated samples that resemble each other. It learns more
    than `MinibatchStdDev` can measure, and costs more. The logits of a batch
    then depend on each other, and gradient penalties take this into account.

    Formula: `o_b(x_i) = sum_{j != i}(exp(-||M_b(x_i) - M_b(x_j)||_1))`, `M(x)`
    the product of the features with the kernel, as `num_kernels` rows `M_b(x)`
    of `kernel_size` entries.

    Cost: `batch^2 * num_kernels * kernel_size` numbers of memory, and a
    `Dense` layer of `num_kernels * kernel_size` units.

    Args:
        num_kernels: Positive integer. How many distances are learned, and how
            many features are appended. Defaults to `100`.
        kernel_size: Positive integer. In how many dimensions each distance is
            measured. Defaults to `5`.
        kernel_initializer: Keras initializer, its name or its config. If all
            samples start far from each other, nothing is learned. Defaults to
            `"glorot_uniform"`.
        **kwargs: `name`, `dtype` and so on, as for every layer.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`.

    Returns:
        Tensor of shape `(batch, features + num_kernels)`: the inputs, then
        the closeness, which is zero for a batch of one.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If a number is not positive, or, on building, if the inputs
            are not vectors.

    Example:
    >>> layer = keras_regan.layers.MinibatchDiscrimination(10)
    >>> outputs = layer(np.zeros((3, 4)))
    >>> tuple(outputs.shape), float(outputs[0, 4])
    ((3, 14), 2.0)

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498),
    section 3.2. Differs from the authors' code: the kernel is a plain weight,
    neither weight-normalized nor scaled by the first batch of data, and there
    is no bias, because the next layer has one. As in their code, and unlike in
    the paper, a sample is not compared with itself. Distances are computed in
    float32 at least.
    """

    def __init__(
        self,
        num_kernels: int = 100,
        kernel_size: int = 5,
        kernel_initializer: str
        | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_kernels = _validation.positive_integer(
            num_kernels, "num_kernels"
        )
        self.kernel_size = _validation.positive_integer(
            kernel_size, "kernel_size"
        )
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Shape) -> None:
        """Creates the kernel."""
        if len(input_shape) != 2 or input_shape[1] is None:
            raise ValueError(
                _validation.message(
                    "inputs", "shape (batch, features)", tuple(input_shape)
                )
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[1], self.num_kernels * self.kernel_size),
            initializer=self.kernel_initializer,
        )

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the inputs with the closeness appended."""
        points = ops.matmul(inputs, self.kernel)
        dtype = keras.backend.standardize_dtype(points.dtype)
        points = ops.cast(points, keras.backend.result_type(dtype, "float32"))
        batch_size = ops.shape(inputs)[0]
        points = ops.reshape(
            points, (batch_size, self.num_kernels, self.kernel_size)
        )
        differences = points[:, None] - points[None]
        closeness = ops.exp(-ops.sum(ops.absolute(differences), axis=-1))
        index = ops.arange(0, batch_size)
        others = ops.not_equal(index[:, None], index[None, :])
        others = ops.cast(others, closeness.dtype)[..., None]
        closeness = ops.sum(closeness * others, axis=1)
        return ops.concatenate(
            [inputs, ops.cast(closeness, inputs.dtype)], axis=-1
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the inputs with more features."""
        features: Any = input_shape[1]
        return (input_shape[0], features + self.num_kernels)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "num_kernels": self.num_kernels,
            "kernel_size": self.kernel_size,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }
