"""What Keras's trainer calls for each batch."""

from typing import Any

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._typing import Tensor
from keras_regan.models import batch
from keras_regan.models.game import Game
from keras_regan.models.moving_average import update_average
from keras_regan.models.position import Position
from keras_regan.models.training_data import checked_batch


class Stepping(_backend.DataLoading, keras.Model):
    """A part of `RegularizedGAN`: its steps, and what they log.

    It draws latents as `Sampling` does, and reads what the constructor and
    `compile` made.
    """

    generator: keras.Model
    ema_generator: keras.Model | None
    ema_momentum: float | None
    _game: Game
    _position: Position
    _training_seed: keras.random.SeedGenerator
    _evaluation_seed: keras.random.SeedGenerator
    _regularization_seed: keras.random.SeedGenerator
    _evaluated_regularization_seed: keras.random.SeedGenerator

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute; Keras tracks variables and layers in it.

        On JAX, Keras keeps the state after each step in an attribute. It is
        arrays only, and to look for variables in it takes a quarter of a small
        step.
        """
        if name == "_jax_state":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means that are logged and the metrics given to `compile`."""
        if not self.compiled:
            return []
        game = self._game
        return game.trackers + game.step_trackers + game.metrics

    @property
    def metrics_variables(self) -> list[keras.Variable]:
        """The state that a step changes besides weights and optimizers."""
        variables = [v for metric in self.metrics for v in metric.variables]
        variables += self._position.variables
        return variables + (self._game.state if self.compiled else [])

    def get_metrics_result(self) -> dict[str, Tensor]:
        """Returns what is logged of the epoch so far, by the log names."""
        results = _results(self._game.trackers + self._game.step_trackers)
        # On PyTorch a sum is its variable, which the next epoch sets to zero.
        return {name: ops.copy(result) for name, result in results.items()}

    def make_train_function(self, force: bool = False) -> None:
        """Makes what runs a step of training; Keras's trainer calls it."""
        if force or self.train_function is None:
            super().make_train_function(force=force)
            self.train_function = _backend.whole_steps(
                self,
                self.train_function,
                ("trainable", "non_trainable", "optimizer", "metrics"),
            )

    def make_test_function(self, force: bool = False) -> None:
        """Makes what runs a step of evaluation; Keras's trainer calls it."""
        if force or self.test_function is None:
            super().make_test_function(force=force)
            self.test_function = _backend.whole_steps(
                self,
                self.test_function,
                ("trainable", "non_trainable", "metrics"),
            )

    @property
    def _trained_state(self) -> tuple[list[keras.Variable], ...]:
        """All that a step may change, in the order of Keras's trainer."""
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )

    def train_step(self, *args: Any) -> Any:
        """One step of training; Keras's trainer calls it."""
        return _backend.run_step(
            self._train,
            self._trained_state,
            *args,
        )

    def test_step(self, *args: Any) -> Any:
        """One step of evaluation; Keras's trainer calls it."""
        return _backend.run_step(
            self._test,
            (
                self.trainable_variables,
                self.non_trainable_variables,
                self.metrics_variables,
            ),
            *args,
        )

    def _train(self, data: Any) -> dict[str, Tensor]:
        real, labels = checked_batch(self, data)
        finite = _backend.all_finite(real)
        if labels is not None:
            wrong = batch.is_no_class(labels, self._num_classes)
            known = _backend.all_finite(ops.where(wrong, float("nan"), 0.0))
            finite = ops.logical_and(finite, known)
        usable = ops.logical_and(finite, _backend.any_samples(real))
        if not self._game.skips_nonfinite:
            untroubled = ops.equal(self._position.refused.value, 0)
            usable = ops.logical_and(usable, untroubled)
        with replicas.after(usable):
            _backend.step_if(
                usable,
                lambda: self._take_step(real, labels),
                lambda: [v for group in self._trained_state for v in group],
                compiled=bool(self.jit_compile),
            )
            self._position.count(finite)
            self._game.count_batch(finite)
        return _results(self._game.trackers + self._game.step_trackers)

    def _take_step(self, real: Tensor, labels: Any) -> None:
        def draw_latents(size):
            latents, frozen = _backend.drawn(
                lambda: self._draw_latents(size, self._training_seed)
            )
            if frozen:
                raise batch.frozen_latents()
            return latents

        taken = self._game.train(
            real, labels, draw_latents, self._regularization_seed
        )
        if self.ema_generator is not None:
            update_average(
                self.ema_generator,
                self.generator,
                self.ema_momentum,
                self._game.generator.step,
                taken,
            )

    def _test(self, data: Any) -> dict[str, Tensor]:
        real, labels = checked_batch(self, data)
        usable = _backend.any_samples(real)
        with replicas.after(usable):
            _backend.step_if(
                usable,
                lambda: self._judge(real, labels),
                lambda: self.metrics_variables + self.non_trainable_variables,
                compiled=bool(self.jit_compile),
            )
        return _results(self._game.trackers + self._game.step_metrics)

    def _judge(self, real: Tensor, labels: Any) -> None:
        latents = self._draw_latents(ops.shape(real)[0], self._evaluation_seed)
        self._game.test(
            real,
            labels,
            latents,
            self._sampler,
            self._evaluated_regularization_seed,
        )

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        # All is built. TensorFlow's trainer would add up what the replicas get
        # of the first batch, and fail where they do not get the same number.
        return

    def _purge_model_variables(self, **groups: bool) -> None:
        """Leaves variables as they are.

        On JAX, Keras empties them in each epoch to save memory. Compiled steps
        take that memory in any case, and what is emptied cannot be given back
        where an epoch does not even begin.
        """


def _results(metrics: list[keras.metrics.Metric]) -> dict[str, Tensor]:
    return {metric.name: metric.result() for metric in metrics}
