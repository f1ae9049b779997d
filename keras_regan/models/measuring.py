"""What is found out about a GAN besides training it."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._validation import message
from keras_regan.models import devices
from keras_regan.models.game import Game
from keras_regan.models.training_data import checked_batch
from keras_regan.models.training_data import checked_source


class Measuring(keras.Model):
    """A part of `RegularizedGAN`: its evaluation and shares of gradients.

    It draws latents as `Sampling` does, and reads what the constructor and
    `compile` made.
    """

    _game: Game
    _evaluation_seed: keras.random.SeedGenerator
    _evaluated_regularization_seed: keras.random.SeedGenerator

    def evaluate(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Returns losses, regularizers and metrics on held-out samples.

        The (averaged) generator is judged, with the same latents in every
        call, so that differences between epochs are not due to the draw.

        Args:
            x: Real samples, as in `fit`.
            y: Labels, as in `fit`.
            **kwargs: As in `keras.Model.evaluate`.

        Returns:
            As `keras.Model.evaluate`; pass `return_dict=True` for names. What
            `keras_regan.metrics` find is added at the end, after Keras's
            callbacks had their `on_test_end`.

        Raises:
            ValueError: As `fit`.
        """
        x, y = checked_source(self, "evaluate", x, y, kwargs)
        devices.check_rows("x", x, kwargs.get("batch_size"))
        for seed in (
            self._evaluation_seed,
            self._evaluated_regularization_seed,
        ):
            state = ops.convert_to_numpy(seed.state.value)
            seed.state.assign(state * np.array([1, 0], state.dtype))
        return_dict = kwargs.pop("return_dict", False)
        with _backend.variables_kept(self):
            logs = super().evaluate(x, y, return_dict=True, **kwargs)
        logs.update(devices.results_of_all(self, self._game))
        for metric in self._game.sample_metrics:
            logs.update(metric.values())
        if return_dict:
            return logs
        return list(logs.values())

    def test_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> Any:
        """Takes one test step; as `keras.Model.test_on_batch`."""
        devices.check_one_replica(self, "test_on_batch", "evaluate")
        x, y = checked_source(self, "test_on_batch", x, y, kwargs)
        with _backend.variables_kept(self):
            return super().test_on_batch(x, y, **kwargs)

    def gradient_share(self, name: str, x: Any, y: Any = None) -> float:
        """Returns which share of a network's gradient a regularizer has.

        Factors of regularizers say little: the same 0.1 may be all or nothing
        of what moves the weights. Networks are called as under `evaluate`, and
        a penalty with an interval counts as it does on average.

        Args:
            name: String. The regularizer's name in the logs, as `"g_l1"`.
            x: Array of real samples, a batch.
            y: Labels, if the networks are class-conditional. Defaults to
                `None`.

        Returns:
            Float between 0 and 1: `|p| / (|p| + |r|)` with the L2 norms of the
            gradients p of the regularizer and r of all the rest.

        Raises:
            ValueError: If there is no such regularizer, if `compile` was not
                called, or if the samples do not fit the networks.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4))
        >>> gan.compile(
        ...     generator_regularizers=[keras_regan.regularizers.L1(1e-3)])
        >>> samples = np.random.default_rng(0).normal(size=(64, 2))
        >>> 0 < gan.gradient_share("g_l1", samples) < 1
        True
        """
        x, y = checked_source(self, "gradient_share", x, y, {})
        names = sorted(self.regularizer_factors)
        if name not in names:
            raise ValueError(message("name", f"one of {names}", name))
        compiled = self._game.compiled_shares
        if name not in compiled:
            compiled[name] = _backend.compiled(
                lambda *tensors: self._game.gradient_share(
                    name,
                    *tensors,
                    self._evaluated_regularization_seed,
                ),
                self.variables
                + self.optimizer.variables
                + self.metrics_variables,
            )
        real, labels = checked_batch(self, (x, y))
        latents = self.sample_latents(len(x), seed=0)
        share = compiled[name](real, labels, latents)
        return float(ops.convert_to_numpy(share))

    @property
    def regularizer_factors(self) -> dict[str, Any]:
        """The factors of all regularizers, by their names in the logs.

        Numbers, schedules, or `keras_regan.penalties.AdjustableFactor`s. A
        regularizer that is no penalty and stands in no `Scheduled` has a 1
        here, beside its own factor.
        """
        if not self.compiled:
            return {}
        return {
            f"{player.role[0]}_{penalty.name}": penalty.factor
            for player in self._game.players
            for penalty in player.penalties
        }
