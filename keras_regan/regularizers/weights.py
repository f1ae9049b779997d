"""Hard regularization: norms of a network's weights."""

from typing import Any

import keras
from keras import ops

from keras_regan._fixed import fixed_factor
from keras_regan._registration import register
from keras_regan._representation import as_call
from keras_regan._typing import Tensor
from keras_regan._validation import log_name
from keras_regan._validation import non_negative_float


class _InFloat32(keras.regularizers.Regularizer):
    """Widens weights of half precision, in which large sums overflow."""

    __repr__ = as_call

    def __call__(self, x: Tensor) -> Tensor:
        """Returns the scalar that is added to the loss."""
        x = ops.convert_to_tensor(x)
        dtype = keras.backend.result_type(x.dtype, "float32")
        return super().__call__(ops.cast(x, dtype))


@register
class L1(_InFloat32, keras.regularizers.L1):
    """Penalizes the sum of absolute weights, which makes weights sparse.

    In `generator_regularizers` or `discriminator_regularizers` it is summed
    over the network's kernels (trainable weights of rank 2 and more, so
    neither biases nor normalization scales). As a layer's
    `kernel_regularizer` it equals `keras.regularizers.L1`.

    Formula: `l1 * sum(|w|)`

    Cost: one pass over the kernels, whatever the batch.

    The gradient is `l1 * sign(w)`, whatever the size of the weight, so an
    adaptive optimizer such as Adam sees it at full strength once the
    adversarial gradient is small: begin with `1e-5` to `1e-4`.

    Args:
        l1: Non-negative float. The paper's lambda. Defaults to `0.01`, as in
            Keras; that is strong for a GAN.
        name: String. Its key in the logs, after `g_` or `d_`. Defaults to
            `"l1"`.

    Raises:
        TypeError: If `l1` is not a number.
        ValueError: If `l1` is negative, infinite or not a number.

    Example:
    >>> float(keras_regan.regularizers.L1(0.1)(np.array([[1.0, -2.0]])))
    0.3

    Reference: the L1 norm of the generator in `J = V(D, G) + lambda * R(G)`.
    Differs from Keras's class: also rejects bools, and keeps a float where
    Keras keeps a tensor on the device where it was created.
    """

    l1 = fixed_factor()

    def __init__(self, l1: float = 0.01, *, name: str = "l1"):
        self.l1 = non_negative_float(l1, "l1")
        self.name = log_name(name)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"l1": self.l1, "name": self.name}


@register
class L2(_InFloat32, keras.regularizers.L2):
    """Penalizes the sum of squared weights, which keeps weights small.

    In `generator_regularizers` or `discriminator_regularizers` it is summed
    over the network's kernels (trainable weights of rank 2 and more, so
    neither biases nor normalization scales). As a layer's
    `kernel_regularizer` it equals `keras.regularizers.L2`.

    Formula: `l2 * sum(w^2)`

    Cost: one pass over the kernels, whatever the batch.

    There is no 1/2: a `weight_decay` of `d` in `torch.optim.Adam`, which
    public GAN code sets to `1e-4` on both networks, is `l2 = d / 2`. The
    decoupled decay of AdamW is something else.

    Args:
        l2: Non-negative float. The paper's lambda. Defaults to `0.01`, as in
            Keras; that is strong for a GAN.
        name: String. Its key in the logs, after `g_` or `d_`. Defaults to
            `"l2"`.

    Raises:
        TypeError: If `l2` is not a number.
        ValueError: If `l2` is negative, infinite or not a number.

    Example:
    >>> float(keras_regan.regularizers.L2(0.1)(np.array([[1.0, -2.0]])))
    0.5

    Reference: the L2 norm of the generator in `J = V(D, G) + lambda * R(G)`.
    Differs from Keras's class: also rejects bools.
    """

    l2 = fixed_factor()

    def __init__(self, l2: float = 0.01, *, name: str = "l2"):
        self.l2 = non_negative_float(l2, "l2")
        self.name = log_name(name)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"l2": self.l2, "name": self.name}


@register
class L1L2(_InFloat32, keras.regularizers.L1L2):
    """Penalizes both norms of the weights, as the elastic net does.

    In `generator_regularizers` or `discriminator_regularizers` it is summed
    over the network's kernels, as `L1` and `L2` are. As a layer's
    `kernel_regularizer` it equals `keras.regularizers.L1L2`.

    Formula: `l1 * sum(|w|) + l2 * sum(w^2)`

    Cost: one pass over the kernels, whatever the batch.

    Args:
        l1: Non-negative float. Defaults to `0.0`.
        l2: Non-negative float. Defaults to `0.0`.
        name: String. Its key in the logs, after `g_` or `d_`. Defaults to
            `"l1l2"`.

    Raises:
        TypeError: If `l1` or `l2` is not a number.
        ValueError: If `l1` or `l2` is negative, infinite or not a number.

    Example:
    >>> regularizer = keras_regan.regularizers.L1L2(l1=0.1, l2=0.01)
    >>> float(regularizer(np.array([[1.0, -2.0]])))
    0.35

    Reference: [Zou and Hastie, 2005](
    https://doi.org/10.1111/j.1467-9868.2005.00503.x).
    Differs from Keras's class: also rejects bools.
    """

    l1 = fixed_factor()
    l2 = fixed_factor()

    def __init__(self, l1: float = 0.0, l2: float = 0.0, *, name: str = "l1l2"):
        self.l1 = non_negative_float(l1, "l1")
        self.l2 = non_negative_float(l2, "l2")
        self.name = log_name(name)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"l1": self.l1, "l2": self.l2, "name": self.name}
