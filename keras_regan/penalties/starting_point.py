"""L2 regularization towards the initial weights of a training."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class StartingPoint(Penalty):
    """Keeps weights near those that the network had at `compile` (L2-SP).

    For fine-tuning a GAN on few images of another kind: `regularizers.L2`
    pulls the weights to zero and away from what they have learned, this
    penalty pulls them back to it. Use it in either list, or in both.

    Formula: `factor / 2 * sum((w - w_0)^2)` over all kernels, where `w_0` are
    the kernels at `compile`

    A loaded model keeps the `w_0` that it was saved with. A new `compile` takes
    the weights of that moment.

    Cost: a copy of the kernels, and one subtraction per weight.

    Args:
        factor: Non-negative float or schedule. Defaults to `0.01`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        ValueError: When it is called before `compile` has built it.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> # gan.load_weights("many_images.weights.h5")
    >>> gan.compile(
    ...     generator_regularizers=[keras_regan.penalties.StartingPoint(0.1)])

    Reference: [Li et al., 2018](https://arxiv.org/abs/1802.01483), equation
    2. Differs from the paper: it also has a norm of the weights of new
    layers, for which there is `regularizers.L2`; here no layer is new.
    """

    def __init__(self, factor: Factor = 0.01, **kwargs: Any):
        super().__init__(factor, **kwargs)
        self._start: list[keras.Variable] | None = None

    def build(self, kernels: Sequence[keras.Variable]) -> None:
        """Remembers the weights as they are."""
        self._start = [
            keras.Variable(
                ops.copy(ops.convert_to_tensor(kernel)),
                dtype=kernel.dtype,
                trainable=False,
                name="start",
            )
            for kernel in kernels
        ]

    @property
    def state(self) -> list[keras.Variable]:
        """The initial weights and the state of the factor."""
        return [*(self._start or []), *super().state]

    def call(self, context: StepContext) -> Tensor:
        """Returns half of the squared distance to the first weights."""
        return 0.5 * sum(map(ops.sum, self._squares(context)))

    def _squares(self, context: StepContext) -> list[Tensor]:
        """Returns how far each weight has come, squared, kernel by kernel."""
        if self._start is None:
            raise ValueError(
                f"Penalty `{self.name}` has no initial weights. Expected it "
                "in a list of `RegularizedGAN.compile`, which calls its "
                "`build`. Received: a call before that"
            )
        return [
            ops.square(ops.cast(kernel - start, "float32"))
            for kernel, start in zip(context.kernels, self._start, strict=True)
        ]
