"""Hard regularization: orthogonal weights within each kernel."""

from typing import Any

import keras
from keras import ops

from keras_regan._fixed import fixed_factor
from keras_regan._registration import register
from keras_regan._representation import as_call
from keras_regan._typing import Tensor
from keras_regan._validation import log_name
from keras_regan._validation import message
from keras_regan._validation import non_negative_float
from keras_regan.regularizers import _distances


@register
class Orthogonal(keras.regularizers.Regularizer):
    """Drives the units of each layer towards orthogonal weights.

    Use it for a generator that is sampled with truncated latents
    (`generate(truncation=...)`): it keeps the network smooth without fixing the
    norms of the weights. In
    `generator_regularizers` or `discriminator_regularizers` it is summed over
    the network's kernels (trainable weights of rank 2 and more). It works as a
    layer's `kernel_regularizer` as well.

    Formula: `factor * sum_{i != j}((w_i^T w_j)^2)`, `w_i` the weights of the
    i-th unit: the kernel, flattened to `(rest, units)`, has them as columns.

    Cost: one Gram matrix per kernel, of its smaller side, whatever the batch.

    The last axis of a kernel is taken as its units, which is right for dense
    layers, convolutions and embeddings. In kernels of transposed convolutions
    the last axis holds the channels of the input, so their patterns become
    orthogonal instead. The term cannot reach zero for a kernel with more units
    than weights per unit.

    Args:
        factor: Non-negative float. The paper's beta. Defaults to `1e-4`.
        name: String. Its key in the logs, after `g_` or `d_`. Defaults to
            `"orthogonal"`.

    Call arguments:
        x: Tensor of shape `(..., units)` and of rank 2 or more. Half precision
            is widened to float32.

    Returns:
        Scalar tensor, not negative.

    Raises:
        TypeError: If `factor` is not a number.
        ValueError: If `factor` is negative or not finite, or if it is called
            with weights of rank 0 or 1.

    Example:
    >>> kernel = np.array([[1.0, 1.0], [0.0, 2.0]])
    >>> float(keras_regan.regularizers.Orthogonal(0.5)(kernel))
    1.0

    Reference: [Brock et al., 2019](https://arxiv.org/abs/1809.11096), BigGAN,
    equation 3. Differs from the authors' code: it adds half of the formula's
    gradient by hand, so their strength of `1e-4` is a factor of `5e-5` here.
    They leave out the embeddings of classes.
    `keras.regularizers.OrthogonalRegularizer` is another formula, the mean of
    absolute cosines, and takes kernels of rank 2 only.
    """

    factor = fixed_factor()
    __repr__ = as_call

    def __init__(self, factor: float = 1e-4, *, name: str = "orthogonal"):
        self.factor = non_negative_float(factor, "factor")
        self.name = log_name(name)

    def __call__(self, x: Tensor) -> Tensor:
        """Returns the scalar that is added to the loss."""
        x = ops.convert_to_tensor(x)
        if len(x.shape) < 2:
            raise ValueError(
                message("x", "weights of rank 2 or more", tuple(x.shape))
            )
        x = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
        if self.factor == 0:
            return ops.zeros((), x.dtype)
        units = ops.transpose(ops.reshape(x, (-1, x.shape[-1])))
        return self.factor * _distances.sum_of_squared_products(units)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"factor": self.factor, "name": self.name}
