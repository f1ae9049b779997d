"""The base class of regularizers that compare samples of one condition."""

from typing import Any

from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import boolean
from keras_regan.regularizers._distances import is_one
from keras_regan.regularizers.sample_regularizer import SampleRegularizer


class PairRegularizer(SampleRegularizer):
    """Base class for regularizers that compare samples of one condition.

    They have the form `R = E[D(f(x), f(x'))]`. For a conditional generator,
    `f` maps latents to samples under one condition, and a pair is two samples
    of that condition. Samples of different conditions differ anyway, so their
    distance does not show whether the latents matter.

    In `generator_regularizers` of conditional networks, the regularizer is
    therefore called with several samples of each condition. `compile` decides
    where they come from:

    * by default the generator makes a second batch, from the same conditions
      and other latents, once for all regularizers that ask for it;
    * with `compile(samples_per_condition=2)` the generator's own batch holds
      each condition twice, and no second batch is made.

    Without conditions, all samples of a batch come from one distribution, and
    no second batch is made either.

    To write your own, implement `call(samples, conditions)`; or, with
    `called_with = ("samples", "latents")`,
    `call(samples, latents, conditions)`. Rows `i` and `i + conditions` have
    the same condition. Without conditions, `conditions` is `1` and these rows
    are neighbours.

    Args:
        factor: Non-negative float. Defaults to `1.0`.
        across_conditions: Boolean. Whether samples of different conditions may
            be compared. If so, it is called with the generator's own batch,
            even if the networks take conditions. Defaults to `False`.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        *others: The other tensors that `called_with` names.
        conditions: Integer. How many conditions the rows have. Defaults to
            `1`.

    Attributes:
        samples_per_condition: Integer. How many samples of each condition it
            needs. Defaults to `2`.

    Example:
    ```python
    @keras.saving.register_keras_serializable()
    class LeastDistance(keras_regan.regularizers.PairRegularizer):
        '''Keeps two samples of one condition at least 0.1 apart.'''

        def call(self, samples, conditions):
            distance = ops.abs(samples[:-conditions] - samples[conditions:])
            return ops.mean(ops.relu(0.1 - distance))
    ```

    Reference: pairs of one condition:
    [Mao et al., 2019](https://arxiv.org/abs/1903.05628) (MSGAN). Repeated
    conditions are ours.
    """

    samples_per_condition = 2

    def __init__(
        self,
        factor: float = 1.0,
        *,
        across_conditions: bool = False,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.across_conditions = boolean(across_conditions, "across_conditions")

    @property
    def samples_compared(self) -> int | None:
        """How many samples of each condition it needs, or `None`."""
        return None if self.across_conditions else self.samples_per_condition

    def __call__(
        self, samples: Tensor, *others: Tensor, conditions: int | Tensor = 1
    ) -> Tensor:
        """Returns the scalar that is added to the loss."""
        return self._scaled(
            (samples, *others), lambda *t: self.call(*t, conditions=conditions)
        )

    def call(
        self, samples: Tensor, *others: Tensor, conditions: int | Tensor = 1
    ) -> Tensor:
        """Returns the scalar without the factor."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "across_conditions": self.across_conditions,
        }


def pairs_of(rows: Tensor, conditions: int | Tensor) -> tuple[Tensor, Tensor]:
    """Returns samples and, for each, another one of the same condition.

    Without conditions every sample has a partner, its neighbour in the batch.
    """
    if is_one(conditions):
        return rows, ops.roll(rows, 1, axis=0)
    return rows[:-conditions], rows[conditions:]
