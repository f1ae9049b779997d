"""Layers whose kernel is divided by its largest singular value."""

from typing import Any

import keras
from keras import ops

from keras_regan._backend.keras_internals.layers import losses_in_scope
from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import positive_integer

# A kernel below this counts as zero: its square is too small for float32.
_EPSILON = 1e-12
_TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)


@register
class SpectralNormalization(keras.layers.Wrapper):
    """Divides a layer's kernel by its largest singular value.

    Use it for the discriminator's layers, instead of a gradient penalty or
    together with one: the matrix of each layer then stretches no direction by
    more than a factor of one, whatever the size of its weights.

    Use this class rather than `keras.layers.SpectralNormalization`, which
    overwrites the kernel in each call in training. On TensorFlow and PyTorch
    the gradient then misses the part through the singular value, and on JAX
    the kernel is not normalized outside of training. Here only the optimizer
    changes the stored kernel, and the three backends agree.

    A kernel is treated as a matrix of (all other axes) x (output axis). The
    output axis is the last one, or the last but one in a transposed
    convolution. The vector `u` is a weight that is not trained; `v` is
    computed from it whenever it is needed, so `sigma` always belongs to the
    current kernel, and inference normalizes by the same number as a training
    call just before it. `u` starts at random values: it takes some ten calls
    until `sigma` is nearly exact. A kernel of zeros stays unchanged.

    Formula: `W / sigma(W)`, `sigma(W) = v^T W u`, `v = W u / ||W u||`, and in
    training, beforehand, `u = W^T v / ||W^T v||`.

    The gradient is the paper's: `u` and `v` count as constants in `sigma`.

    Cost: one product of the kernel with a vector per call, and two more per
    power iteration in training.

    Args:
        layer: Layer with one `kernel` or `embeddings`, such as `Dense`,
            `Conv2D`, `Conv2DTranspose`, `Embedding`, `EinsumDense`. Biases stay
            as they are, and regularizers see the stored kernel.
        power_iterations: Positive integer. How often `u` is updated in each
            call in training. Defaults to `1`.
        **kwargs: `name` and so on, as for every layer. A `dtype` is that of
            the singular value; the wrapped layer computes in its own.

    Call arguments:
        inputs: What the wrapped layer takes.
        training: Bool. `u` is updated only in training. Defaults to `False`.

    Returns:
        What the wrapped layer returns.

    Raises:
        TypeError: If `layer` is not a Keras layer, or if `power_iterations`
            is not an integer.
        ValueError: If `power_iterations` is not positive, or, on building, if
            the layer has no kernel.

    Example:
    >>> layer = keras_regan.layers.SpectralNormalization(
    ...     keras.layers.Conv2D(64, 4, strides=2, padding="same"))
    >>> tuple(layer(np.zeros((2, 8, 8, 3))).shape)
    (2, 4, 4, 64)

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957). Differs
    from the authors' code: `v` is computed once more after `u`, which makes
    `sigma` a little more exact; outside of training `u` does not change, while
    theirs is iterated there too, and kept by linear layers; and theirs does
    not support transposed convolutions.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        power_iterations: int = 1,
        **kwargs: Any,
    ):
        if not isinstance(layer, keras.layers.Layer):
            raise TypeError(message("layer", "a Keras layer", layer))
        # Neither inputs nor weights are cast here: the kernel is read as it
        # is stored, and the wrapped layer does what its own policy says.
        super().__init__(layer, **{"dtype": "float32", **kwargs})
        self.autocast = False
        self.power_iterations = positive_integer(
            power_iterations, "power_iterations"
        )
        self.supports_masking = layer.supports_masking

    def build(self, input_shape: Shape) -> None:
        """Builds the wrapped layer and creates `u`."""
        super().build(input_shape)
        shape = self._kernel().shape
        self.u = self.add_weight(
            name="u",
            shape=(shape[self._output_axis()],),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Calls the wrapped layer with its normalized kernel."""
        variable = self._kernel()
        kernel = ops.convert_to_tensor(variable)
        matrix = self._as_matrix(kernel)
        u = _normalized(ops.cast(self.u, matrix.dtype))
        if training:
            u = _iterated(ops.stop_gradient(matrix), u, self.power_iterations)
            self.u.assign(u)
        return self._call_with(variable, _divided(kernel, matrix, u), inputs)

    @property
    def stored_kernel(self) -> keras.Variable:
        """The kernel that the optimizer changes."""
        return self._kernel()

    def normalized_kernel(self) -> Tensor:
        """Returns the kernel as the wrapped layer uses it at inference."""
        kernel = ops.convert_to_tensor(self._kernel())
        matrix = self._as_matrix(kernel)
        u = _normalized(ops.cast(self.u, matrix.dtype))
        return _divided(kernel, matrix, u)

    def _call_with(
        self, kernel: keras.Variable, value: Tensor, inputs: Any
    ) -> Any:
        """Calls the wrapped layer with another value for its kernel."""
        variables = self.layer.variables
        scope = keras.StatelessScope(
            [(v, value if v is kernel else v.value) for v in variables],
            collect_losses=True,
        )
        before = [scope.get_current_value(v) for v in variables]
        with scope:
            outputs = self.layer(inputs)
        for variable, old in zip(variables, before, strict=True):
            new = scope.get_current_value(variable)
            if new is not old:
                variable.assign(new)
        for loss in losses_in_scope(scope):
            self.layer.add_loss(loss)
        return outputs

    def _kernel(self) -> keras.Variable:
        for name in ("kernel", "embeddings"):
            kernel = getattr(self.layer, name, None)
            if isinstance(kernel, keras.Variable) and len(kernel.shape) >= 2:
                return kernel
        raise ValueError(
            message(
                "layer",
                "a layer with one weight `kernel` or `embeddings` of rank 2 "
                "or more",
                self.layer,
            )
        )

    def _output_axis(self) -> int:
        return -2 if isinstance(self.layer, _TRANSPOSED) else -1

    def _as_matrix(self, kernel: Tensor) -> Tensor:
        dtype = keras.backend.standardize_dtype(kernel.dtype)
        kernel = ops.cast(kernel, keras.backend.result_type(dtype, "float32"))
        kernel = ops.moveaxis(kernel, self._output_axis(), -1)
        return ops.reshape(kernel, (-1, kernel.shape[-1]))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the wrapped layer's output."""
        return self.layer.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """Returns the wrapped layer's output as a symbolic tensor."""
        return self.layer.compute_output_spec(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns the wrapped layer's mask."""
        return self.layer.compute_mask(inputs, previous_mask)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "power_iterations": self.power_iterations,
        }


def _normalized(vector: Tensor) -> Tensor:
    return vector / ops.maximum(ops.norm(vector), _EPSILON)


def _iterated(matrix: Tensor, u: Tensor, iterations: int) -> Tensor:
    """Returns `u` after some power iterations."""
    for _ in range(iterations):
        v = _normalized(ops.matmul(matrix, u))
        product = ops.matmul(v, matrix)
        # A kernel of zeros would set `u` to zero for ever.
        lost = ops.norm(product) <= _EPSILON
        u = ops.where(lost, u, _normalized(product))
    return u


def _divided(kernel: Tensor, matrix: Tensor, u: Tensor) -> Tensor:
    """Returns a kernel, or its matrix, divided by the singular value."""
    sigma = _singular_value(matrix, u)
    return kernel / ops.cast(sigma, kernel.dtype)


def _singular_value(matrix: Tensor, u: Tensor) -> Tensor:
    """Returns the singular value that belongs to `u`, or one if it is zero."""
    u = ops.stop_gradient(u)
    product = ops.matmul(matrix, u)
    v = _normalized(ops.stop_gradient(product))
    sigma = ops.sum(v * product)
    return ops.where(sigma <= _EPSILON, ops.ones_like(sigma), sigma)
