"""The base class of adversarial losses: one method for each network."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan._representation import as_call
from keras_regan._typing import Tensor


class AdversarialLoss:
    """Base class for adversarial losses.

    A loss turns the discriminator's logits (no sigmoid) into one scalar for
    each network; both are minimized. To write your own, implement the two
    methods, take means over everything, and begin with `logit_map`, which
    gives logits of every accepted shape the same form. If the discriminator
    returns several tensors of logits, the loss is called with each of them,
    and the results are added up.

    To draw random numbers, give a method one more argument named `seed`. It
    receives the `keras.random.SeedGenerator` that penalties use too, whose
    state is saved with the model; replicas of a step draw different numbers.
    Random numbers from any other source would become constants of a compiled
    step.

    Attributes:
        uses_real_logits: Bool. Whether `generator_loss` reads `real_logits`.
            Only then is the discriminator run on real samples in the
            generator's step.
        boundary: Float, or `None` if there is none: the logit above which the
            discriminator classifies a sample as real, half-way between the
            loss's targets for real and for generated samples. If there is one,
            the logs hold `d_real_accuracy` and `d_fake_accuracy`. The base
            class has `None`, because an accuracy means nothing where only
            differences of logits count.
        variables: `keras.Variable`s that callbacks or code of your own change
            between steps, such as those of a
            `keras_regan.penalties.AdjustableFactor`. They are saved with the
            model.

    Example:
    ```python
    @keras.saving.register_keras_serializable()
    class Linear(keras_regan.losses.AdversarialLoss):
        def discriminator_loss(self, real_logits, fake_logits):
            return ops.mean(fake_logits) - ops.mean(real_logits)

        def generator_loss(self, fake_logits, real_logits=None):
            return -ops.mean(fake_logits)


    @keras.saving.register_keras_serializable()
    class NoisyTargets(keras_regan.losses.LeastSquares):
        '''Uses random targets around one for real samples.'''

        def discriminator_loss(self, real_logits, fake_logits, seed):
            noise = keras.random.uniform(
                ops.shape(real_logits), -0.3, 0.2, seed=seed)
            return super().discriminator_loss(real_logits - noise, fake_logits)
    ```
    """

    uses_real_logits: bool = False
    boundary: float | None = None
    variables: Sequence[keras.Variable] = ()
    __repr__ = as_call

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns the scalar that the discriminator minimizes.

        Args:
            real_logits: Logits of real samples, of shape `(batch,)`,
                `(batch, 1)` or, for parts of a sample such as patches,
                `(batch, ..., 1)`.
            fake_logits: Logits of generated samples, in the same shapes.
        """
        raise NotImplementedError

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns the scalar that the generator minimizes.

        Args:
            fake_logits: Logits of generated samples.
            real_logits: Logits of real samples, for losses that compare.
        """
        raise NotImplementedError

    def at(self, step: Tensor) -> Self:
        """Returns the loss for one step; here it is the same in all steps.

        Args:
            step: Integer scalar: how many updates the network that is about
                to be trained has had.
        """
        return self

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a loss from the result of `get_config`."""
        return cls(**config)


def logit_map(logits: Tensor) -> Tensor:
    """Returns logits as floats of shape `(batch, patches)`.

    Half precision is widened to float32. On TensorFlow float64 stays; on JAX
    and PyTorch Keras narrows it to float32.
    """
    logits = ops.convert_to_tensor(logits)
    dtype = keras.backend.result_type(logits.dtype, "float32")
    return ops.reshape(ops.cast(logits, dtype), (ops.shape(logits)[0], -1))


def check_pairs(real_logits: Tensor, fake_logits: Tensor) -> None:
    """Raises a `ValueError` if the two batches of logits differ in shape."""
    real, fake = logit_map(real_logits), logit_map(fake_logits)
    if any(
        a is not None and b is not None and a != b
        for a, b in zip(real.shape, fake.shape, strict=True)
    ):
        raise ValueError(
            "Invalid value for argument `fake_logits`. Expected one logit for "
            f"each of `real_logits`, of shape {tuple(real_logits.shape)}. "
            f"Received: shape {tuple(fake_logits.shape)}"
        )
