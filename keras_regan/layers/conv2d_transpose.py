"""A transposed convolution that is fast on JAX without a GPU, too."""

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.layers._phases import Axis
from keras_regan.layers._phases import transposed_convolution


@register
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Enlarges images as Keras's layer does, and fast on JAX without a GPU.

    Use it in place of `keras.layers.Conv2DTranspose` in networks that may be
    trained with JAX on a CPU. There, the compiler is twenty times slower at
    the gradient of a strided kernel than it need be, and such layers take most
    of the time of a DCGAN's step. This layer computes the same numbers, up to
    rounding, by an ordinary convolution whose channels become pixels. On a GPU
    or TPU, on other backends, and without strides it calls Keras's own code.

    Arguments, weights and their names are those of Keras's layer: weights that
    one of them saved load into the other. `RegularizedGAN.inference_generator`
    puts Keras's layer in its place.

    Formula: `y[s q + r] = sum_t(x[q - t] W[s t + r])` along both axes, for all
    phases `r` of a stride `s` in one convolution.

    Cost: none beside Keras's layer on other backends, and less than it on JAX
    and a CPU.

    Args:
        As in `keras.layers.Conv2DTranspose`.

    Example:
    >>> layer = keras_regan.layers.Conv2DTranspose(
    ...     64, 4, strides=2, padding="same")
    >>> tuple(layer(np.zeros((2, 8, 8, 128))).shape)
    (2, 16, 16, 64)

    Reference: [Shi et al., 2016](https://arxiv.org/abs/1609.07009), who show
    that the two forms are the same layer. Differs from the paper: the kernel
    is stored in the transposed convolution's form, and any size is possible,
    not only a multiple of the stride.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the images."""
        if max(self.strides) == 1 or not _backend.transposes_slowly():
            return super().call(inputs)
        channels_first = self.data_format == "channels_first"
        outputs = transposed_convolution(
            inputs,
            ops.convert_to_tensor(self.kernel),
            self._axes(),
            channels_first,
        )
        if self.use_bias:
            shape = (-1, 1, 1) if channels_first else (-1,)
            outputs += ops.reshape(self.bias, shape)
        return outputs if self.activation is None else self.activation(outputs)

    def _axes(self) -> list[Axis]:
        output_padding = self.output_padding or (None, None)
        return [
            Axis(size, stride, self.padding, more)
            for size, stride, more in zip(
                self.kernel_size, self.strides, output_padding, strict=True
            )
        ]
