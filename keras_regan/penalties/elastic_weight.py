"""L2 regularization of the weights that matter, towards their first values."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan.penalties.starting_point import StartingPoint
from keras_regan.penalties.step_context import StepContext


@register
class ElasticWeight(StartingPoint):
    """Keeps the weights that matter near those at `compile` (EWC).

    For fine-tuning a GAN on few images of another kind, as `StartingPoint`
    does. There all weights are drawn back equally. Here each is drawn back as
    much as it matters for the samples of the GAN of many images, and the others
    are free to change. How much they matter is the Fisher information, which
    `RegularizedGAN.fisher_information` estimates beforehand.

    Formula: `factor / 2 * sum(F * (w - w_0)^2)` over all kernels of the
    generator, where `w_0` are the kernels at `compile` and `F` is the
    information

    The size of the information depends on the networks, and so does a good
    factor. For comparison: on average, weights are drawn back as much as by
    `StartingPoint(factor * mean(F))`.

    A loaded model keeps the `w_0` and the `F` that it was saved with. A new
    `compile` takes the weights of that moment.

    Cost: two copies of the kernels, one subtraction and one product per weight.

    Args:
        information: Sequence of arrays, one for each kernel of the generator
            and of its shape, as `RegularizedGAN.fisher_information` returns
            them. It is saved with the state of the model and not in the config,
            which holds `None`: with `None` it is unknown (NaN) until the model
            is loaded from a file.
        factor: Non-negative float or schedule. Defaults to `1.0`.
        **kwargs: `interval` and `name`, as in `StartingPoint`.

    Raises:
        TypeError: If `information` is not a sequence of arrays of numbers.
        ValueError: If a number of the information is negative or not finite;
            in `compile`, if its shapes are not those of the kernels.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> # Trained on many images, or loaded.
    >>> information = gan.fisher_information(100)
    >>> gan.compile(generator_regularizers=[
    ...     keras_regan.penalties.ElasticWeight(information, 10.0)])

    Reference: [Li et al., 2020](https://arxiv.org/abs/2012.02780), for GANs;
    [Kirkpatrick et al., 2017](https://arxiv.org/abs/1612.00796), equation 3.
    Differs from the former: the square is halved, as in the latter. Biases and
    the scales of normalization layers are free.
    """

    networks = ("generator",)

    def __init__(
        self,
        information: Sequence[Any] | None,
        factor: Factor = 1.0,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.information = _checked(information)
        self._importance: list[keras.Variable] = []

    def build(self, kernels: Sequence[keras.Variable]) -> None:
        """Remembers the weights as they are, and how much they matter."""
        super().build(kernels)
        shapes = [tuple(kernel.shape) for kernel in kernels]
        information = self.information
        if information is None:
            information = [np.full(shape, np.nan) for shape in shapes]
        received = [part.shape for part in information]
        if received != shapes:
            raise ValueError(
                "Invalid value for argument `information`. Expected one array "
                f"for each kernel of the generator, of shapes {shapes}. "
                f"Received: shapes {received}"
            )
        self._importance = [
            keras.Variable(
                part, dtype="float32", trainable=False, name="information"
            )
            for part in information
        ]

    @property
    def state(self) -> list[keras.Variable]:
        """The information, the initial weights and the factor's state."""
        return [*self._importance, *super().state]

    def call(self, context: StepContext) -> Tensor:
        """Returns half of the weighted squared distance."""
        squares = self._squares(context)
        return 0.5 * sum(
            ops.sum(importance * square)
            for importance, square in zip(
                self._importance, squares, strict=True
            )
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, without the information."""
        return {**super().get_config(), "information": None}


def _checked(information: Any) -> list[np.ndarray] | None:
    if information is None:
        return None
    expected = (
        "Invalid value for argument `information`. Expected a sequence of "
        "arrays of non-negative numbers, as `gan.fisher_information(...)` "
        "returns it. Received: "
    )
    if not isinstance(information, list | tuple):
        raise TypeError(f"{expected}an object of type {_kind(information)}")
    parts = []
    for index, part in enumerate(information):
        try:
            part = np.asarray(ops.convert_to_numpy(part), "float32")
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{expected}an object of type {_kind(part)} at {index}"
            ) from error
        # Not below zero, and neither NaN nor infinity.
        if not np.all((part >= 0) & np.isfinite(part)):
            raise ValueError(f"{expected}others in the array at {index}")
        parts.append(part)
    return parts


def _kind(value: Any) -> str:
    return type(value).__name__
