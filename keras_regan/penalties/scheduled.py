"""Regularizers of all kinds as penalties."""

from typing import Any
from typing import Self
from typing import TypeAlias

import keras
from keras import ops

from keras_regan._names import snake_case
from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.penalties._called_with import call_with_samples
from keras_regan.penalties._weight_function import WeightFunction
from keras_regan.penalties._weight_function import described
from keras_regan.penalties._weight_function import has_name
from keras_regan.penalties._weight_function import is_weight_function
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext
from keras_regan.regularizers import SampleRegularizer

# What may stand in a list of regularizers.
AnyRegularizer: TypeAlias = (
    keras.regularizers.Regularizer | Penalty | WeightFunction
)


@register
class Scheduled(Penalty):
    """Gives any regularizer a schedule or an interval.

    Penalties such as `R1` take both themselves. Regularizers of weights and
    of samples are plain Keras regularizers without a schedule or an interval;
    wrap them in this class.

    Formula: `interval * factor(step) * regularizer(...)` in every
    `interval`-th update, zero in the others. The wrapped regularizer's own
    factor stays.

    Cost: that of the regularizer, in every `interval`-th update.

    Args:
        regularizer: A Keras regularizer, a `SampleRegularizer`, a `Penalty`,
            or a function of one weight that returns a scalar. It is called
            with the same arguments as without the wrapper.
        factor: Non-negative float or schedule. Defaults to `1.0`.
        name: String. The key in the logs. Defaults to the regularizer's name,
            or to the function's `__name__`; a lambda needs one.
        **kwargs: `interval`, as in `Penalty`.

    Raises:
        TypeError: If `regularizer` is none of the four kinds.
        ValueError: If both this and the wrapped penalty have an interval, or
            if a lambda is given no name.

    Example:
    >>> decay = keras.optimizers.schedules.PolynomialDecay(
    ...     1.0, decay_steps=10_000, end_learning_rate=0.0)
    >>> entry = keras_regan.penalties.Scheduled(
    ...     keras_regan.regularizers.PairwiseDistance(0.1), factor=decay)
    >>> entry.name
    'pairwise_distance'

    Reference: linear decay of a diversity term:
    [Choi et al., 2020](https://arxiv.org/abs/1912.01865), section 3.2.
    """

    def __init__(
        self,
        regularizer: AnyRegularizer,
        factor: Factor = 1.0,
        *,
        name: str | None = None,
        **kwargs: Any,
    ):
        check_kind(regularizer, "regularizer", is_named=name is not None)
        self.regularizer = regularizer
        if name is None:
            name = _own_name(regularizer)
        super().__init__(factor, name=name, **kwargs)
        own_interval = getattr(regularizer, "interval", 1)
        if self.interval > 1 and own_interval > 1:
            raise ValueError(
                message(
                    "interval",
                    "1 with a penalty that has an interval of its own, "
                    f"{own_interval}: the two would multiply",
                    self.interval,
                )
            )

    @property
    def networks(self) -> tuple[str, ...]:  # type: ignore[override]  # Read only.
        """The networks that the wrapped regularizer may be used for."""
        if isinstance(self.regularizer, SampleRegularizer):
            return ("generator",)
        return getattr(self.regularizer, "networks", Penalty.networks)

    def build(self, kernels: list[keras.Variable]) -> None:
        """Builds the state of a wrapped penalty."""
        if isinstance(self.regularizer, Penalty):
            self.regularizer.build(kernels)

    @property
    def reads_labels(self) -> bool:  # type: ignore[override]  # Read only.
        """Whether a wrapped penalty reads the labels of real samples."""
        return getattr(self.regularizer, "reads_labels", False)

    @property
    def repeats_passes(self) -> bool:  # type: ignore[override]  # Read only.
        """Whether a wrapped penalty repeats passes of the discriminator."""
        return getattr(self.regularizer, "repeats_passes", False)

    @property
    def makes_zeros(self) -> bool:  # type: ignore[override]  # Read only.
        """Whether a wrapped penalty makes weights exactly zero."""
        return getattr(self.regularizer, "makes_zeros", False)

    @property
    def variables(self) -> list[keras.Variable]:
        """The wrapped regularizer's state."""
        if isinstance(self.regularizer, Penalty):
            return self.regularizer.state
        return getattr(self.regularizer, "variables", [])

    @property
    def trained_variables(self) -> list[keras.Variable]:
        """The weights that are trained with a wrapped penalty."""
        return getattr(self.regularizer, "trained_variables", [])

    def call(self, context: StepContext) -> Tensor:
        """Returns the value of the wrapped regularizer."""
        if isinstance(self.regularizer, Penalty):
            return self.regularizer(context)
        if isinstance(self.regularizer, SampleRegularizer):
            return call_with_samples(self.regularizer, context)
        values = [self._of_kernel(kernel) for kernel in context.kernels]
        return ops.sum(ops.stack(values))

    def _of_all_heads(self, context: StepContext) -> Tensor:
        # A wrapped penalty loops over heads itself; others read no logits.
        return self._scalar(context)

    def _of_kernel(self, kernel: keras.Variable) -> Tensor:
        value = ops.cast(self.regularizer(kernel), "float32")
        if len(value.shape) != 0:
            raise ValueError(
                f"Regularizer `{self.name}` must return a scalar. "
                f"Received: shape {tuple(value.shape)}"
            )
        return value

    def after_update(
        self,
        kernels: list[keras.Variable],
        learning_rate: Tensor,
        step: Tensor,
    ) -> None:
        """Lets a wrapped penalty change the network, scaled by the factor."""
        if isinstance(self.regularizer, Penalty):
            rate = self.strength(step) * learning_rate
            self.regularizer.after_update(kernels, rate, step)

    def logged(self, added: Tensor, kernels: list[keras.Variable]) -> Tensor:
        """Returns the value of the wrapped regularizer for the logs."""
        if isinstance(self.regularizer, Penalty):
            return self.regularizer.logged(added, kernels)
        return added

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        regularizer = keras.saving.serialize_keras_object(self.regularizer)
        return {**super().get_config(), "regularizer": regularizer}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the wrapper from the result of `get_config`."""
        config = dict(config)
        config["regularizer"] = keras.saving.deserialize_keras_object(
            config["regularizer"]
        )
        return cls(**config)


def as_penalty(entry: AnyRegularizer) -> Penalty:
    """Returns an entry of a list of regularizers as a penalty.

    This is the only place that distinguishes the kinds of entries.

    Raises:
        TypeError: If it is not a regularizer.
        ValueError: If it is a lambda.
    """
    return entry if isinstance(entry, Penalty) else Scheduled(entry)


def check_kind(entry: Any, argument: str, *, is_named: bool = False) -> None:
    """Raises unless an entry is something that `Scheduled` can wrap.

    Args:
        entry: The entry.
        argument: What it was given as.
        is_named: Whether a name was given beside it.
    """
    if isinstance(entry, keras.regularizers.Regularizer | Penalty):
        return
    if not is_weight_function(entry):
        raise TypeError(
            f"Invalid value for argument `{argument}`. Expected "
            "`keras.regularizers.Regularizer`, `SampleRegularizer` or "
            "`Penalty` objects, or functions of one weight. Received: "
            f"{described(entry)}"
        )
    if not has_name(entry) and not is_named:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected a name for a "
            "lambda, under which the logs show it: "
            "`keras_regan.penalties.Scheduled(function, name=...)`. Received: "
            "a lambda without a name"
        )


def is_of_weights(entry: Any) -> bool:
    """Tells whether an entry is called with the kernels of a network."""
    if isinstance(entry, keras.regularizers.Regularizer):
        return not isinstance(entry, SampleRegularizer)
    return is_weight_function(entry)


def innermost(penalty: AnyRegularizer) -> AnyRegularizer:
    """Returns the regularizer inside all wrappers of a penalty."""
    while isinstance(penalty, Scheduled):
        penalty = penalty.regularizer
    return penalty


def _own_name(regularizer):
    if is_weight_function(regularizer):
        return regularizer.__name__
    return getattr(regularizer, "name", None) or snake_case(regularizer)
