"""The base class of metrics of sets of samples."""

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import log_name

if TYPE_CHECKING:
    from keras_regan.metrics.feature_extractor import FeatureExtractor


class SampleMetric(keras.metrics.Metric):
    """Base class for metrics that compare sets of generated and real samples.

    Keras asks a metric for its result after every batch. A metric of whole
    sets needs all samples first and takes seconds, so its result is computed
    once, at the end of `evaluate` (and of the validation in `fit`), outside of
    the graph and in float64. `RegularizedGAN.compile(metrics=[...])` and
    `keras_regan.callbacks.EvaluateSamples` do this. A metric works alone as
    well: call `update_state` as often as you like, then `result`.

    To write your own, create the state in `prepare` with `add_variable`,
    change it in `update_state` with `keras.ops`, and return a dictionary from
    `compute`, from names in the logs to values.

    Args:
        name: String. The metric's name.

    Attributes:
        uses_real: Whether the metric compares with real samples. Defaults to
            `True`.
        uses_conditions: Whether the metric uses the conditions of samples:
            `update_state(real, generated, conditions)`. Defaults to `False`.
        network_attributes: The names of attributes that hold feature networks,
            or `None`. Defaults to `("features",)`.
        samples_per_condition: How many samples of each condition the metric
            needs, with `uses_conditions`. `None` means one, without an axis of
            its own. Defaults to `None`.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, of the same shape, or
            `(batch, samples_per_condition, ...)` if that is not `None`.
        conditions: With `uses_conditions`. A tensor or a tuple or dictionary
            of them, with as many rows: the conditions of the real and of the
            generated samples.

    Example:
    ```python
    class MeanGap(keras_regan.metrics.SampleMetric):
        '''The distance between the means of real and generated samples.'''

        def prepare(self):
            self.gap = self.add_variable((), "zeros", name="gap")
            self.batches = self.add_variable((), "zeros", name="batches")

        def update_state(self, real, generated):
            gap = ops.abs(ops.mean(real) - ops.mean(generated))
            self.gap.assign_add(gap)
            self.batches.assign_add(1.0)

        def compute(self):
            return {self.name: self.gap.value / self.batches.value}
    ```
    """

    uses_real = True
    uses_conditions = False
    samples_per_condition: int | None = None
    network_attributes: tuple[str, ...] = ("features",)

    def __init__(self, name: str):
        super().__init__(dtype="float32", name=log_name(name))
        self._is_prepared = False

    def prepare(self) -> None:
        """Creates the state, and loads the files that are needed.

        It is called once, before the first update and outside of any graph, so
        that a missing file is reported before training begins.
        """

    def expect_conditions(self, conditions: Any) -> None:
        """Learns the form of conditions. It is called before `prepare`.

        Args:
            conditions: As in `prepare_once`.
        """

    def prepare_once(self, conditions: Any = None) -> None:
        """Calls `prepare` unless it has been called.

        Args:
            conditions: For metrics that use them, the first conditions, or
                objects of their structure, shapes and types, such as the
                inputs of a Keras model. `None` if they are not known.
        """
        if not self._is_prepared:
            self.expect_conditions(conditions)
            self.prepare()
            self._is_prepared = True

    def update_state(self, real: Tensor, generated: Tensor) -> None:
        """Accumulates a batch."""
        raise NotImplementedError

    def compute(self) -> dict[str, float]:
        """Returns the values by their names in the logs, from the state."""
        raise NotImplementedError

    @property
    def keys(self) -> list[str]:
        """The names in the logs."""
        return [self.name]

    @property
    def wants_real(self) -> bool:
        """Whether `update_state` still needs real samples."""
        return self.uses_real

    @property
    def networks(self) -> "list[FeatureExtractor]":
        """The `FeatureExtractor`s that the metric calls."""
        return [getattr(self, name) for name in self.network_names()]

    def network_names(self) -> list[str]:
        """Returns the names of the attributes that hold `networks`."""
        names = self.network_attributes
        return [name for name in names if getattr(self, name, None) is not None]

    @property
    def protocol(self) -> dict[str, Any]:
        """What a value depends on besides the generator, to report with it."""
        return {"metric": type(self).__name__}

    def values(self) -> dict[str, float]:
        """Returns the values for the logs, as Python floats.

        Raises:
            RuntimeError: If called inside of a graph.
        """
        # One variable is enough to check, and some are large.
        if not all(map(_is_concrete, self.variables[:1])):
            raise RuntimeError(
                f"`{type(self).__name__}` compares whole sets of samples "
                "and computes its result outside of the graph. Expected "
                "it in `RegularizedGAN.compile(metrics=[...])`, in "
                "`keras_regan.callbacks.EvaluateSamples`, or called as "
                "`update_state(real, generated)` and `result()`."
            )
        return {key: float(value) for key, value in self.compute().items()}

    def result(self) -> float | dict[str, float]:
        """Returns the value, or a dictionary if there are several."""
        values = self.values()
        return values if len(values) > 1 else next(iter(values.values()))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"name": self.name}


def _is_concrete(variable: keras.Variable) -> bool:
    try:
        ops.convert_to_numpy(variable.value)
    except Exception:  # Each framework has an error of its own.
        return False
    return True


def with_suffix(quantity: str, suffix: str | None) -> str:
    """Returns a key for the logs: the quantity, then its suffix."""
    return f"{quantity}_{suffix}" if suffix else quantity
