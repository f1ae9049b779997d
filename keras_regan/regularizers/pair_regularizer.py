"""The contract of what compares samples of one condition with each other."""

from typing import Any

from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import boolean
from keras_regan.regularizers._distances import is_one
from keras_regan.regularizers.sample_regularizer import SampleRegularizer


class PairRegularizer(SampleRegularizer):
    """Base class of regularizers of pairs of samples, of one condition each.

    `R = E[D(f(x), f(x'))]`: where a generator is told a condition, `f` is what
    it does with the latents under that condition, and a pair are two samples
    of the same one. Two samples of different conditions differ anyway, and
    their distance says nothing of whether latents matter.

    So in `generator_regularizers` of conditional networks it is called with
    several samples of each condition. Where they come from is up to `compile`:

    * by default the generator makes a second batch, from the same conditions
      and other latents, once for all regularizers that ask for it;
    * with `compile(samples_per_condition=2)` the generator's own batch holds
      each condition twice, and nothing has to be made.

    Without conditions, all samples of a batch are draws of one distribution,
    and nothing is made either.

    To write your own, implement `call(samples, conditions)`; or, with
    `called_with = ("samples", "latents")`,
    `call(samples, latents, conditions)`. Row `i` and row `i + conditions` have
    the same condition; without conditions it is `1`, and they are neighbours.

    Args:
        factor: Non-negative float. Defaults to `1.0`.
        across_conditions: Boolean. Whether samples of different conditions may
            be compared: then it is called with the generator's batch as it
            is, whatever the networks are told. Defaults to `False`.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        *others: The other tensors that `called_with` names.
        conditions: Integer. How many conditions the rows have. Defaults to
            `1`.

    Attributes:
        samples_per_condition: Integer. How many samples of a condition it
            takes to compare. Defaults to `2`.

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
        """How many samples of one condition are asked for, if any."""
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
    """Returns samples, and for each another one of the same condition.

    Without conditions every sample has a partner, its neighbour in the batch.
    """
    if is_one(conditions):
        return rows, ops.roll(rows, 1, axis=0)
    return rows[:-conditions], rows[conditions:]
