"""A transposed convolution as an ordinary one and a rearrangement of pixels.

With strides `s`, the outputs at the places `s * q + r` of one phase `r` are an
ordinary convolution of the inputs with every `s`-th row and column of the
kernel. The phases of a place become channels, all are computed by one
convolution without strides, and the channels are then dealt out to the pixels.
No product with a zero is left.
"""

from collections.abc import Sequence
from typing import NamedTuple

from keras import ops

from keras_regan._typing import Tensor


class Axis(NamedTuple):
    """One axis of a transposed convolution in Keras's definition.

    Attributes:
        kernel_size: Positive integer.
        stride: Positive integer.
        padding: `"valid"` or `"same"`.
        output_padding: Integer, or `None`, as in Keras.
    """

    kernel_size: int
    stride: int
    padding: str
    output_padding: int | None

    @property
    def taps(self) -> int:
        """How many elements of the kernel belong to each phase at most."""
        return -(-self.kernel_size // self.stride)

    @property
    def cropped(self) -> int:
        """How many places Keras leaves out before the first one."""
        if self.padding == "valid":
            return 0
        if self.output_padding is None:
            overlap = self.stride + self.kernel_size - 2
        else:
            odd = self.kernel_size % 2
            overlap = self.kernel_size + odd - 2 + self.output_padding
        return max(0, self.kernel_size - 1 - (overlap + 1) // 2)

    def outputs(self, size: int) -> int:
        """Returns how many places there are for an input of some size."""
        between = (size - 1) * self.stride
        if self.padding == "valid":
            if self.output_padding is None:
                return between + max(self.kernel_size, self.stride)
            return between + self.kernel_size + self.output_padding
        if self.output_padding is None:
            return size * self.stride
        return between + self.kernel_size % 2 + self.output_padding

    def around(self, size: int) -> tuple[int, int]:
        """Returns how many zeros the ordinary convolution needs."""
        first = self.cropped // self.stride
        last = (self.cropped + self.outputs(size) - 1) // self.stride
        return self.taps - 1 - first, last - size + 1


def transposed_convolution(
    inputs: Tensor,
    kernel: Tensor,
    axes: Sequence[Axis],
    channels_first: bool = False,
) -> Tensor:
    """Returns what `keras.ops.conv_transpose` returns, up to rounding.

    Args:
        inputs: Tensor of shape `(batch, height, width, channels)`.
        kernel: Tensor of shape `(height, width, filters, channels)`.
        axes: The two `Axis` of height and width.
        channels_first: Whether the channels of inputs and outputs come first.
    """
    if channels_first:
        inputs = ops.transpose(inputs, (0, 2, 3, 1))
    sizes = ops.shape(inputs)[1:3]
    zeros = [axis.around(size) for axis, size in zip(axes, sizes, strict=True)]
    maps = ops.conv(
        ops.pad(inputs, [(0, 0), *zeros, (0, 0)]),
        _phases_as_channels(kernel, axes),
        padding="valid",
        data_format="channels_last",
    )
    outputs = _channels_as_pixels(maps, axes)
    (top, height), (left, width) = (
        (axis.cropped % axis.stride, axis.outputs(size))
        for axis, size in zip(axes, sizes, strict=True)
    )
    outputs = outputs[:, top : top + height, left : left + width]
    return ops.transpose(outputs, (0, 3, 1, 2)) if channels_first else outputs


def _phases_as_channels(kernel: Tensor, axes: Sequence[Axis]) -> Tensor:
    """Returns the kernel of the ordinary convolution."""
    *_, filters, channels = kernel.shape
    missing = [(0, axis.taps * axis.stride - axis.kernel_size) for axis in axes]
    kernel = ops.pad(kernel, [*missing, (0, 0), (0, 0)])
    rows, columns = axes
    kernel = ops.reshape(
        kernel,
        (
            *(rows.taps, rows.stride),
            *(columns.taps, columns.stride),
            *(filters, channels),
        ),
    )
    kernel = ops.transpose(ops.flip(kernel, (0, 2)), (0, 2, 5, 1, 3, 4))
    return ops.reshape(kernel, (rows.taps, columns.taps, channels, -1))


def _channels_as_pixels(maps: Tensor, axes: Sequence[Axis]) -> Tensor:
    """Returns maps whose pixels were channels of a place."""
    batch, height, width, _ = ops.shape(maps)
    rows, columns = axes
    outputs = ops.reshape(
        maps, (batch, height, width, rows.stride, columns.stride, -1)
    )
    outputs = ops.transpose(outputs, (0, 1, 3, 2, 4, 5))
    return ops.reshape(
        outputs, (batch, height * rows.stride, width * columns.stride, -1)
    )
