"""A callback that adjusts a factor to hold a quantity at a target."""

import math
from collections.abc import Callable
from typing import Any

import keras

from keras_regan import _validation
from keras_regan._representation import as_call
from keras_regan.callbacks._adjustable_factors import adjustable_factor
from keras_regan.callbacks._warner import Warner


class AdaptiveFactor(keras.callbacks.Callback):
    """Adjusts a regularizer's factor until a quantity reaches its target.

    The right factor depends on the data, the networks and the stage of the
    training. What it should achieve is easier to say: "a tenth of the
    generator's gradient", or "samples as far apart as real ones". This callback
    measures such a quantity after each epoch, or after every n-th batch, and
    raises or lowers the factor, as adaptive augmentation does with its
    probability. The factor has to be a
    `keras_regan.penalties.AdjustableFactor`.

    A resumed training continues as if it had not been interrupted, provided
    that callbacks that save the model come after this one in the list.

    The epoch's logs hold the factor as `<name>_factor`, for callbacks that
    come after this one. The attribute `measured` holds the measured quantity.

    Formula: `factor <- factor * exp(rate * clip((target - measured) / target,
    -1, 1))`, with the opposite sign if `increases` is `False`.

    Args:
        name: String. The regularizer's name in the logs, such as
            `"g_pairwise_distance"`.
        target: Positive float. The desired value of the quantity.
        measure: Callable that takes `(model, name)` and returns a float, such
            as `GradientShare(images[:64])`; or a string, a key in the logs,
            such as `"val_diversity_ratio_pixels"` from
            `keras_regan.metrics.FeatureDiversity` or `"diversity"` from a
            `CollapseMonitor` that comes before this callback.
        increases: Boolean. Whether the quantity grows with the factor, as a
            share of the gradient does. Defaults to `True`.
        every: Positive integer, or `None`. Number of batches between
            adjustments, counted over the life of the model. `None` adjusts
            after each epoch. Defaults to `None`.
        rate: Positive float. How fast the factor follows: it changes by a
            factor of at most `exp(rate)` each time. Defaults to `0.5`.
        minimum: Positive float. The smallest factor. Defaults to `1e-8`.
        maximum: Positive float. The largest factor. Defaults to `1e8`.

    Attributes:
        measured: The latest value of the quantity, or `None`.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range; when training begins,
            if there is no such regularizer or its factor is not adjustable.

    Example:
    >>> samples = np.random.default_rng(0).normal(size=(256, 2))
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp(
    ...         (2,), latent_dim=4, output_activation=None))
    >>> factor = keras_regan.penalties.AdjustableFactor(0.1)
    >>> distance = keras_regan.regularizers.PairwiseDistance(1.0)
    >>> gan.compile(generator_regularizers=[
    ...     keras_regan.penalties.Scheduled(distance, factor=factor)])
    >>> controller = keras_regan.callbacks.AdaptiveFactor(
    ...     "g_pairwise_distance", 0.2,
    ...     keras_regan.callbacks.GradientShare(samples[:64]))
    >>> history = gan.fit(samples, epochs=2, verbose=0, callbacks=[controller])
    >>> len(history.history["g_pairwise_distance_factor"])
    2

    Reference: adjusting by feedback, for augmentation:
    [Karras et al., 2020](https://arxiv.org/abs/2006.06676), section 3.1.
    Differs from it: steps are in proportion to the error and to the factor,
    since factors range over orders of magnitude.
    """

    __repr__ = as_call

    def __init__(
        self,
        name: str,
        target: float,
        measure: Callable[[keras.Model, str], float] | str,
        *,
        increases: bool = True,
        every: int | None = None,
        rate: float = 0.5,
        minimum: float = 1e-8,
        maximum: float = 1e8,
    ):
        super().__init__()
        self.name = _validation.log_name(name)
        self.target = _validation.positive_float(target, "target")
        if not isinstance(measure, str) and not callable(measure):
            raise TypeError(
                _validation.message(
                    "measure", "a callable or a key in the logs", measure
                )
            )
        self.measure = measure
        self.increases = _validation.boolean(increases, "increases")
        self.every = (
            None
            if every is None
            else _validation.positive_integer(every, "every")
        )
        self.rate = _validation.positive_float(rate, "rate")
        self.minimum = _validation.positive_float(minimum, "minimum")
        self.maximum = _validation.positive_float(maximum, "maximum")
        if self.minimum > self.maximum:
            raise ValueError(
                _validation.message(
                    "minimum", f"at most `maximum`, {maximum}", minimum
                )
            )
        self.measured: float | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Finds the factor."""
        self._warner = Warner("AdaptiveFactor")
        self._factor = adjustable_factor(self.model, self.name)

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Continues to count batches where the model is."""
        # A backup has been restored by now. Reading this every batch is slow.
        iterations = self.model.optimizer.iterations.value
        updates = int(keras.ops.convert_to_numpy(iterations))
        self._batches = updates // self.model._game.generator.moves
        self._batches_of_epoch = 0

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Adjusts the factor if it is due."""
        if self.every is None:
            return
        # Keras makes one call for all batches of `steps_per_execution`.
        before = self._batches
        self._batches += batch + 1 - self._batches_of_epoch
        self._batches_of_epoch = batch + 1
        if before // self.every < self._batches // self.every:
            self._adjust(logs)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Adjusts the factor, unless batches are counted, and logs it."""
        model = self.model  # On JAX this brings variables up to date.
        if self.every is None:
            self._adjust(logs)
        if logs is not None and model is not None:
            logs[f"{self.name}_factor"] = self._factor.value

    def _adjust(self, logs: dict[str, Any] | None) -> None:
        measured = self._measured(logs or {})
        if measured is None:
            return
        self.measured = measured
        error = (self.target - measured) / self.target
        step = self.rate * min(max(error, -1.0), 1.0)
        factor = self._factor.value * math.exp(
            step if self.increases else -step
        )
        self._factor.value = min(max(factor, self.minimum), self.maximum)

    def _measured(self, logs: dict[str, Any]) -> float | None:
        if not isinstance(self.measure, str):
            value = self.measure(self.model, self.name)
        elif self.measure in logs:
            self.model  # noqa: B018 (on JAX: brings variables up to date)
            value = logs[self.measure]
        else:
            self._warner.warn(
                "missing",
                f"AdaptiveFactor finds no `{self.measure}` in the logs, which "
                f"hold {sorted(logs)}. It does not change the factor of "
                f"`{self.name}`.",
            )
            return None
        if math.isfinite(value):
            return float(value)
        self._warner.warn(
            "not finite",
            f"AdaptiveFactor measured {value} and does not change the factor "
            f"of `{self.name}`. Further such values are not reported.",
        )
        return None
