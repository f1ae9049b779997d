"""What a GAN tells of itself: losses, metrics, shares of the gradient.

A third of this file documents public methods, which is why it is longer than
the others.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._checks.networks import kernels
from keras_regan._checks.wanted_samples import wanted_samples
from keras_regan._game.networks import Networks
from keras_regan._game.player import Player
from keras_regan._game.state import CARRIED
from keras_regan._game.state import TRAINED
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import random_seed
from keras_regan.metrics._feature_sharing import shared_features
from keras_regan.models import _devices
from keras_regan.models._fisher_information import fisher_information
from keras_regan.models._saving import SavingModel
from keras_regan.models._training_data import checked_source
from keras_regan.penalties._batch import Batch
from keras_regan.penalties.step_context import Generated
from keras_regan.penalties.step_context import StepContext


class MeasuringModel(SavingModel):
    """A GAN that can be evaluated: a base class of `RegularizedGAN`."""

    def evaluate(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Returns losses, regularizers and metrics on held-out samples.

        Evaluates the (averaged) generator with the same latents in every
        call, so that differences between epochs are not due to the draw.

        Args:
            x: Real samples, as in `fit`.
            y: Conditions, as in `fit`.
            **kwargs: As in `keras.Model.evaluate`.

        Returns:
            As `keras.Model.evaluate`; pass `return_dict=True` for names. The
            results of `keras_regan.metrics` are added at the end, after
            `on_test_end` of Keras's callbacks.

        Raises:
            ValueError: As in `fit`.
        """
        x, y = checked_source(self, "evaluate", x, y, kwargs)
        _devices.check_rows("x", x, kwargs.get("batch_size"))
        for seed in (
            self._evaluation_seed,
            self._evaluated_regularization_seed,
        ):
            state = ops.convert_to_numpy(seed.state.value)
            seed.state.assign(state * np.array([1, 0], state.dtype))
        return_dict = kwargs.pop("return_dict", False)
        with _backend.restore_state_on_error(self):
            logs = super().evaluate(x, y, return_dict=True, **kwargs)
        logs.update(_devices.results_of_all(self, self._game))
        for metric in self._game.sample_metrics:
            logs.update(metric.values())
        if return_dict:
            return logs
        return list(logs.values())

    def test_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> Any:
        """Takes one test step, as `keras.Model.test_on_batch` does."""
        _devices.check_one_replica(self, "test_on_batch", "evaluate")
        x, y = checked_source(self, "test_on_batch", x, y, kwargs)
        with _backend.restore_state_on_error(self):
            return super().test_on_batch(x, y, **kwargs)

    def gradient_share(self, name: str, x: Any, y: Any = None) -> float:
        """Returns a regularizer's share of its network's gradient.

        The factor of a regularizer says little: the same 0.1 may be nearly all
        of the gradient or nearly nothing. The networks are called as in
        `evaluate`, and a penalty with an interval counts as it does on average.

        Args:
            name: String. The regularizer's name in the logs, such as
                `"g_l1"`.
            x: Array of real samples, one batch.
            y: Conditions, if the networks are conditional. Defaults to
                `None`.

        Returns:
            Float between 0 and 1: `|p| / (|p| + |r|)`, where `|p|` is the L2
            norm of the regularizer's gradient and `|r|` that of the rest.

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
                lambda *tensors: self._gradient_share(name, *tensors),
                self._state.variables(TRAINED | CARRIED),
            )
        batch = self._game.reader.read((x, y))
        latents = None
        if self.latent_shape is not None:
            latents = self.sample_latents(len(x), seed=0)
        share = compiled[name](batch.real, batch.beside, latents)
        return float(ops.convert_to_numpy(share))

    def fisher_information(
        self, n: int | None = None, conditions: Any = None, seed: int = 0
    ) -> list[np.ndarray]:
        """Returns how much each weight of the generator matters.

        For `penalties.ElasticWeight`, which keeps the weights that matter when
        a GAN of many images goes on with few. It is the diagonal of the Fisher
        information, estimated from samples of the generator itself (not of its
        moving average). The networks are called as in `evaluate`.

        Formula: `F = mean_i((grad_w log s(C(G(z_i))))^2)`, with the logit `C`
        and the sigmoid `s`

        As in the losses, the logarithm is a mean over a map of patches and a
        sum over several tensors of logits. For a discriminator that was trained
        with another loss than a logistic one, `s(C)` is no probability, but `F`
        still tells which weights it looks at.

        Cost: `n` passes of single samples forwards and backwards, since each
        gradient is squared by itself.

        Args:
            n: Positive integer or `None`. Number of samples, as in `generate`.
                Defaults to `None`.
            conditions: For conditional networks: the conditions of the samples,
                as in `generate`. Defaults to `None`.
            seed: Integer. Seed of the latents. Defaults to `0`.

        Returns:
            List of NumPy arrays, one for each kernel of the generator (its
            trainable weights of rank 2 and more).

        Raises:
            TypeError: If a number is not an integer, or if conditions are not
                numbers.
            ValueError: If `n` or `conditions` do not fit, as in `generate`.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4, hidden=(8,)))
        >>> [part.shape for part in gan.fisher_information(10)]
        [(4, 8), (8, 2)]

        Reference: [Li et al., 2020](https://arxiv.org/abs/2012.02780), section
        3; [Kirkpatrick et al., 2017](https://arxiv.org/abs/1612.00796).
        """
        count, told, _ = wanted_samples(
            n, conditions, None, self._interface.conditions
        )
        seed = random_seed(seed)
        with _backend.restore_state_on_error(self):
            latents = None
            if self.latent_shape is not None:
                latents = self.sample_latents(count, seed)
            return fisher_information(
                self._networks_with(self.generator),
                kernels(self.generator),
                latents,
                told,
                count,
                self._state.variables(TRAINED | CARRIED),
                self._evaluated_regularization_seed,
            )

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means that are logged and the metrics given to `compile`."""
        game = self._game
        if game is None:
            return []
        return game.trackers + game.step_trackers + game.metrics

    @property
    def metrics_variables(self) -> list[keras.Variable]:
        """The state that a step changes besides weights and optimizers."""
        return self._state.variables(CARRIED)

    def get_metrics_result(self) -> dict[str, Tensor]:
        """Returns the logs of the epoch so far, by name."""
        results = results_of(self._game.trackers + self._game.step_trackers)
        # On PyTorch a sum is the metric's own variable, which the next epoch
        # resets.
        return {name: ops.copy(result) for name, result in results.items()}

    @property
    def regularizer_factors(self) -> dict[str, Any]:
        """The factors of all regularizers, by their names in the logs.

        Each is a number, a schedule or a
        `keras_regan.penalties.AdjustableFactor`. A regularizer that is neither
        a penalty nor wrapped in `Scheduled` has a 1 here, on top of its own
        factor.
        """
        if self._game is None:
            return {}
        return {
            f"{player.role[0]}_{penalty.name}": penalty.factor
            for player in self._game.players
            for penalty in player.penalties
        }

    def test_step(self, *args: Any) -> Any:
        """Takes one step of evaluation; Keras's trainer calls it."""
        return _backend.run_step(self._test, self._tested_groups, *args)

    def _tested_groups(self) -> tuple[list[keras.Variable], ...]:
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.metrics_variables,
        )

    def _test(self, data: Any) -> dict[str, Tensor]:
        batch = self._game.reader.read(data)
        batch_ok = _backend.any_samples(batch.real)
        with replicas.after(batch_ok):
            _backend.step_if(
                batch_ok,
                lambda: self._judge(batch),
                lambda: self.metrics_variables + self.non_trainable_variables,
                compiled=bool(self.jit_compile),
            )
        return results_of(self._game.trackers + self._game.step_metrics)

    def _judge(self, batch: Batch) -> None:
        """Judges the samples of the (averaged) generator."""
        size = ops.shape(batch.real)[0]
        latents = self._draw_latents(size, self._evaluation_seed)
        networks, generated = self._without_training(latents, batch.conditions)
        for player in self._game.players:
            _, values = player.objective(
                self._evaluated(player, networks, batch, generated)
            )
            player.track(replicas.global_mean(values), size)
        self._game.track_augmentation(size)
        self._measure(batch, generated, networks)

    def _measure(
        self,
        batch: Batch,
        generated: Generated,
        networks: Networks,
    ) -> None:
        """Updates the metrics with the samples."""
        real, conditions, *_ = batch
        several = {}
        with shared_features():
            for metric in self._game.metrics:
                if not getattr(metric, "uses_conditions", False):
                    metric.update_state(real, generated.samples)
                    continue
                count = metric.samples_per_condition
                if count not in several:
                    several[count] = self._several(
                        count, generated.samples, conditions, networks
                    )
                told = self._interface.ordered(conditions)
                metric.update_state(real, several[count], told)

    def _several(
        self,
        count: int | None,
        samples: Tensor,
        conditions: Any,
        networks: Networks,
    ) -> Tensor:
        """Returns `count` samples of each condition, `(batch, count, ...)`.

        The given samples are the first ones. If `count` is `None`, they are
        returned as they are.
        """
        if count is None:
            return samples
        size = ops.shape(samples)[0]
        parts = [samples] + [
            networks.generate(
                self._draw_latents(size, self._evaluation_seed),
                conditions,
                training=False,
            ).samples
            for _ in range(count - 1)
        ]
        return ops.stack(parts, axis=1)

    def _gradient_share(
        self, name: str, real: Tensor, beside: Any, latents: Tensor
    ) -> Tensor:
        batch = self._game.reader.batch(real, beside)
        players = {"g": self._game.generator, "d": self._game.discriminator}
        player = players[name[0]]

        def values():
            networks, generated = self._without_training(
                latents, batch.conditions, self.generator
            )
            return player.objective(
                self._evaluated(player, networks, batch, generated)
            )[1]

        weights = player.network.trainable_variables
        part = _backend.gradient(lambda: values()[name[2:]], weights)
        whole = _backend.gradient(lambda: values()["loss"], weights)
        rest = [a - b for a, b in zip(whole, part, strict=True)]
        part, rest = _norm(part), _norm(rest)
        return part / ops.maximum(part + rest, keras.config.epsilon())

    def _without_training(
        self,
        latents: Tensor,
        conditions: Any,
        generator: keras.Model | None = None,
    ) -> tuple[Networks, Generated]:
        networks = self._networks_with(generator or self._sampler)
        return networks, networks.generate_differentiably(
            latents, conditions, training=False
        )

    def _evaluated(
        self,
        player: Player,
        networks: Networks,
        batch: Batch,
        generated: Generated,
    ) -> StepContext:
        if player.role == "discriminator":
            generated = generated._replace(latent_gradient=None)
        return StepContext(
            player,
            networks,
            batch,
            generated,
            step=player.step.value,
            seed=self._evaluated_regularization_seed,
            training=False,
        )


def results_of(metrics: list[keras.metrics.Metric]) -> dict[str, Tensor]:
    """Returns the results of metrics, by their names."""
    return {metric.name: metric.result() for metric in metrics}


def _norm(tensors: list[Tensor]) -> Tensor:
    """Returns the L2 norm of all elements of a list of tensors."""
    squares = [ops.sum(ops.square(ops.cast(t, "float32"))) for t in tensors]
    return ops.sqrt(ops.sum(ops.stack(squares)))
