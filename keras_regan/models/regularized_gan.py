"""A generator and a discriminator as one Keras model: how they are trained.

Two thirds of this file document `compile` and `fit`, which is why it is longer
than the others. The step itself begins at `train_step`.
"""

import functools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._backend.keras_internals import fitting
from keras_regan._checks import sources
from keras_regan._fitting.resumption import Resumption
from keras_regan._fitting.training_watch import BeginningWatch
from keras_regan._fitting.training_watch import TrainingWatch
from keras_regan._fitting.training_watch import not_finite
from keras_regan._fitting.training_watch import watched
from keras_regan._fitting.two_losses import for_two_losses
from keras_regan._fitting.value_watch import ValueWatch
from keras_regan._game.game import Game
from keras_regan._game.player import Player
from keras_regan._game.snapshot import Snapshot
from keras_regan._game.state import MOVED
from keras_regan._game.state import MOVED_APART
from keras_regan._game.state import TRAINED
from keras_regan._game.state import state_of
from keras_regan._registration import register
from keras_regan._typing import AnyOptimizer
from keras_regan._typing import Tensor
from keras_regan._validation import boolean
from keras_regan._validation import positive_integer
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.models import _devices
from keras_regan.models._compile_arguments import check_conditions
from keras_regan.models._compile_arguments import check_modes
from keras_regan.models._compile_arguments import check_use
from keras_regan.models._compile_arguments import checked_augmentation
from keras_regan.models._compile_arguments import checked_loss
from keras_regan.models._compile_arguments import checked_metrics
from keras_regan.models._compile_arguments import checked_players
from keras_regan.models._measuring import MeasuringModel
from keras_regan.models._measuring import results_of
from keras_regan.models._moving_average import update_average
from keras_regan.models._training_data import check_trained
from keras_regan.models._training_data import check_validation
from keras_regan.models._training_data import checked_source
from keras_regan.models.paired_optimizer import paired
from keras_regan.penalties._batch import Batch
from keras_regan.penalties.scheduled import AnyRegularizer
from keras_regan.penalties.step_context import Generated


@register
class RegularizedGAN(MeasuringModel):
    """A GAN that trains through `compile` and `fit`, with regularizers.

    It takes two ordinary Keras models. The rest of Keras works with it:
    callbacks, `tf.data`, checkpoints, `evaluate`, mixed precision.

    One step of training updates the discriminator `discriminator_steps` times
    (each time with fresh latents, on the same real batch), then the generator
    `generator_steps` times (likewise), then the moving average once.

    Args:
        generator: Built Keras model that maps latents `(batch, ...)` to
            samples of any shape. A conditional generator takes
            `[latents, *conditions]`, or a dictionary with the key `"latents"`,
            or conditions as further arguments, `call(self, latents, labels)`,
            with their shapes from a `build` or a `get_build_config`.
            Conditions can be class labels, images, vectors of attributes,
            token ids and so on.
        discriminator: Built Keras model that maps samples to logits (no
            sigmoid) of shape `(batch, 1)`, `(batch,)` or, for parts of a
            sample such as patches or moments, `(batch, ..., 1)`, or to a list
            of several of these, whose losses add up. A conditional
            discriminator takes `[samples, *conditions]`, or a dictionary with
            the key `"samples"`, or further arguments,
            `call(self, samples, labels)`. It may take fewer conditions than
            the generator: those that its inputs name, or the first ones. It
            need not take class labels if it returns `"class_logits"` for
            `penalties.AuxiliaryClassifier`. It may return
            `{"logits": ..., "features": ...}` for penalties that read
            features.
        latents: Distribution of the latents: `"normal"`, `"uniform"` from -1
            to 1, `"sphere"` (random directions with the length of normal
            latents), `"truncated_normal"` (no value beyond 2), or a function
            `latents(shape, seed)` that draws with `keras.random`. A function
            that is registered with
            `keras.saving.register_keras_serializable` is saved with the
            model. `None` is for a generator that takes conditions only.
            Defaults to `"normal"`.
        ema_momentum: Float in `[0, 1)` or `None`. With a float, the model
            keeps a moving average of the generator's weights, and `call`,
            `predict`, `generate` and `evaluate` use it. `0.999` is common;
            shorter runs need less. The momentum is smaller in the first
            steps, so that the average soon forgets the initial weights. Call
            `reset_average` after setting weights by hand. Defaults to `None`.
        seed: Integer or `None`. The seed of all latents. `None` draws one from
            Python's generator, which `keras.utils.set_random_seed` seeds.
            Defaults to `None`.
        name: String or `None`. The model's name.

    Call arguments:
        inputs: The inputs of the generator: latents, `[latents, *conditions]`
            or a dictionary. Pass a list even if the generator takes them as
            several arguments.

    Returns:
        Samples of the (averaged) generator.

    Raises:
        TypeError: If one of the networks is not a Keras model.
        ValueError: If a network is not built, or if the two do not fit
            together, or if `ema_momentum` is given and a layer of the generator
            cannot be recreated from its config. A discriminator whose last
            layer bounds the logits, as a sigmoid does, causes a warning.

    Example:
    >>> generator, discriminator = keras_regan.networks.mlp(
    ...     (2,), latent_dim=4, output_activation=None)
    >>> gan = keras_regan.RegularizedGAN(generator, discriminator, seed=0)
    >>> gan.compile(
    ...     generator_regularizers=[
    ...         keras_regan.regularizers.L1(1e-5),
    ...         keras_regan.regularizers.PairwiseDistance(0.1)],
    ...     discriminator_regularizers=[keras_regan.penalties.R1(1.0)])
    >>> samples = np.random.default_rng(0).normal(size=(64, 2))
    >>> history = gan.fit(samples, epochs=1, verbose=0)
    >>> gan.generate(5).shape
    (5, 2)
    """

    @property
    def position(self) -> tuple[int, int]:
        """How far `fit` has come: complete epochs, and batches after them.

        It is saved with the model; `fit(resume=True)` continues there.
        """
        return self._position.epoch_and_batch

    @property
    def trained_variables(self) -> list[keras.Variable]:
        """All variables that training changes, each once.

        The weights of both networks and their average, random state,
        optimizers, and the state of penalties, factors and augmentations, but
        no metrics.
        """
        return self._state.variables(TRAINED)

    @property
    def callback_notes(self) -> dict[str, Any]:
        """State of callbacks that resume after an interruption.

        One entry for each kind of callback, in a form that JSON can hold. It
        is saved with the model; `compile` clears it.
        """
        return {} if self._game is None else self._game.notes

    @replicas.in_scope
    def compile(
        self,
        generator_optimizer: AnyOptimizer | None = None,
        discriminator_optimizer: AnyOptimizer | None = None,
        loss: AdversarialLoss | None = None,
        generator_regularizers: Sequence[AnyRegularizer] | None = None,
        discriminator_regularizers: Sequence[AnyRegularizer] | None = None,
        discriminator_steps: int = 1,
        generator_steps: int = 1,
        augmentation: Augmentation | None = None,
        metrics: Sequence[keras.metrics.Metric] | None = None,
        shared_samples: bool = False,
        samples_per_condition: int = 1,
        use_conditions: bool = True,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
    ) -> None:
        """Configures training.

        Each entry of the two lists of regularizers is called with what its
        type needs: any `keras.regularizers.Regularizer`, and any plain
        function that returns a scalar, with each of the network's kernels; a
        `keras_regan.regularizers.SampleRegularizer` with the generated batch;
        a `keras_regan.penalties.Penalty` with the step's context. The
        regularizers of layers are added as well.

        The logs hold the minimized losses as `d_loss` and `g_loss`, and what
        each regularizer added to them as `d_<name>` or `g_<name>`. The name
        of a function is its `__name__`; a lambda has none, and gets one from
        `keras_regan.penalties.Scheduled(function, name=...)`. The
        regularizers of layers are logged as `d_layer_regularizers` and
        `g_layer_regularizers`.
        `d_real_accuracy` and `d_fake_accuracy` are the shares of real and of
        generated samples, or of their patches, that the discriminator
        classified correctly before it learned from them: near 1 it has won,
        near 0.5 it cannot tell the two apart. Losses that only compare
        logits, such as `Wasserstein` and `Relativistic`, have no accuracies
        (`AdversarialLoss.boundary`).

        Args:
            generator_optimizer: Keras optimizer, its name or its config.
                Defaults to `Adam(2e-4, beta_1=0.5)`.
            discriminator_optimizer: Another Keras optimizer, likewise.
            loss: An `AdversarialLoss`. Defaults to
                `keras_regan.losses.NonSaturating()`.
            generator_regularizers: List of regularizers that are added to the
                generator's loss. Defaults to `None`.
            discriminator_regularizers: List of regularizers that are added to
                the discriminator's loss. Defaults to `None`.
            discriminator_steps: Positive integer. Updates of the discriminator
                in each step, before the generator's. Defaults to `1`.
            generator_steps: Positive integer. Updates of the generator in each
                step, each with new latents. The logs are means over all of
                them; schedules and intervals of its regularizers count them;
                the moving average moves once, after the last. Defaults to `1`.
            augmentation: Augmentation of everything that the discriminator
                sees in training, real and generated samples alike, such as
                `keras_regan.augmentations.DiffAugment()`. It does not augment
                the data: the generator does not learn to make augmented
                samples. Defaults to `None`.
            metrics: List of `keras.metrics.Metric`s that are called with
                `(real, generated)` where Keras passes `(y_true, y_pred)`.
                They are computed under `evaluate` and on `validation_data`,
                from the averaged generator, and not on training batches, where
                they would mix the samples of hundreds of generators. Those of
                `keras_regan.metrics` compare whole sets of samples, once in
                each evaluation. Defaults to `None`.
            shared_samples: Boolean. Whether the discriminator's last update
                judges the samples that the generator has just learned from
                (in its last update), instead of new ones. The generator is
                then updated first. This saves one pass through the generator
                in each step, 5 to 10 % of its time; the two updates share
                their draw, and batch normalization of the generator sees one
                batch less. The networks then move at once and not one after
                the other. Drawn faces and garments do well with it; on photos
                of cats the Frechet distance was twice as large after five
                epochs (`benchmarks/photos.py`, one seed). Defaults to `False`.
            samples_per_condition: Positive integer `k`. If `k` is above 1, the
                generator's step uses the first `1/k` of the batch's conditions
                with their real samples, each `k` times with different latents.
                Regularizers that compare samples of one condition, such as
                `regularizers.ModeSeeking`, then need no second pass of the
                generator: it makes as many samples as before. `2` is the
                cheapest way to varied samples; a second pass is somewhat
                better, because it sees all conditions. Defaults to `1`.
            use_conditions: Boolean. `False` ignores the labels or conditions
                in the data, such as the labels of public data sets, for
                networks without conditions. Defaults to `True`.
            run_eagerly: As in `keras.Model.compile`.
            steps_per_execution: As in `keras.Model.compile`.
            jit_compile: As in `keras.Model.compile`. On PyTorch, penalties that
                differentiate twice, such as `R1`, cannot be compiled.

        Raises:
            TypeError: If an argument is of the wrong kind.
            ValueError: If an argument is not one of its choices, if two
                regularizers of one network have the same name, if a
                regularizer is in the wrong list, if both networks share an
                optimizer, or if a network has no trainable weights.
        """
        check_modes(self, run_eagerly, steps_per_execution, jit_compile)
        augmentation = checked_augmentation(augmentation)
        loss = checked_loss(loss)
        generator, discriminator = checked_players(
            [self.generator, self.discriminator],
            [generator_optimizer, discriminator_optimizer],
            [generator_regularizers, discriminator_regularizers],
            [generator_steps, discriminator_steps],
            loss,
            augmentation,
        )
        game = Game(
            loss,
            generator,
            discriminator,
            augmentation,
            checked_metrics(metrics),
            boolean(shared_samples, "shared_samples"),
            positive_integer(samples_per_condition, "samples_per_condition"),
            boolean(use_conditions, "use_conditions"),
        )
        self._prepare(game)
        pair = paired(generator, discriminator)
        # All checks have passed, so the new game may replace the earlier one.
        self._game = game
        super().compile(
            optimizer=pair,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=False,
        )

    def _prepare(self, game: Game) -> None:
        """Gives a game its networks; raises if they do not fit it."""
        game.networks = self._networks_with(self.generator, game.augmentation)
        check_conditions(self._interface, game)
        game.expect(self._interface)
        check_use(game)
        state = state_of(self, game)
        _devices.check_compiled(self, game, state)
        game.moved = state.variables(MOVED)
        game.moved_apart = state.variables(MOVED_APART)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        *,
        resume: bool = False,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Trains both networks, with the arguments of `keras.Model.fit`.

        Args:
            x: Real samples: an array, a tensor, a `tf.data.Dataset`, a
                `keras.utils.PyDataset`, a torch `DataLoader` or a generator.
                Conditional networks need `(samples, conditions)`, either
                from the data set or as a tuple of two. Conditions are an
                array, such as class labels, a tuple of them in the order of
                the generator's inputs, or a dictionary with their names.
                Networks without conditions need `(samples, labels)` if the
                discriminator learns from labels, as with
                `penalties.AuxiliaryClassifier`; -1 is the label of a sample
                whose class is unknown.
            y: Conditions or labels, if `x` is an array of samples.
            batch_size: As in `keras.Model.fit`.
            epochs: As in `keras.Model.fit`.
            verbose: As in `keras.Model.fit`.
            callbacks: As in `keras.Model.fit`.
            resume: Boolean. Whether to continue where the model was saved, at
                its `position`, even in the middle of an epoch, instead of at
                `initial_epoch`. Pass the same data from its beginning: the
                batches that the model has already seen are skipped. A model
                that has not been trained starts at the beginning, so the same
                script works for both. `keras.callbacks.BackupAndRestore`
                resumes by itself, at the exact batch too. Defaults to `False`.
            **kwargs: As in `keras.Model.fit`, without `class_weight` and
                `sample_weight`.

        Returns:
            The `History`, whose values are means over the epoch.

        Raises:
            TypeError: If `resume` is not a boolean.
            ValueError: If `compile` was not called, if the data does not fit
                the networks or holds NaN or infinity, if `initial_epoch` is
                given together with `resume`, or if a callback of Keras monitors
                `loss` or `val_loss`, which a GAN does not log.

        Example:
        ```python
        path = "gan.keras"
        if os.path.exists(path):
            gan = keras.models.load_model(path)
        else:
            gan = build_and_compile()
        gan.fit(images, epochs=50, resume=True, callbacks=[
            keras.callbacks.ModelCheckpoint(path, save_freq=500)])
        ```
        """
        x, y = checked_source(self, "fit", x, y, kwargs)
        kwargs.update(batch_size=batch_size, epochs=epochs, verbose=verbose)
        _devices.check_rows("x", x, batch_size)
        check_validation(self, kwargs.get("validation_data"))
        resumption = Resumption(self._position, resume, x, kwargs)
        before = self._game.discriminator.updates
        kwargs["callbacks"] = watched(
            callbacks,
            TrainingWatch(self._position, resumption),
            BeginningWatch(resumption),
            ValueWatch(self._game.seen_values),
            *for_two_losses(callbacks, [m.name for m in self.metrics]),
        )
        try:
            with _backend.restore_state_on_error(self):
                history = super().fit(x, y, **kwargs)
        except FloatingPointError:
            raise not_finite(
                *self._position.epoch_and_batch,
                self.name,
                self._game.beside_samples,
            ) from None
        except UnboundLocalError as error:
            if not fitting.trained_on_nothing(error):
                raise
            raise sources.no_batches(x) from error
        finally:
            resumption.end(self)
        if history.epoch and not history.history:
            raise sources.no_batches(x)
        if history.epoch and not resumption.passes_over:
            check_trained(self, before, history.history, x)
        return history

    def train_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> Any:
        """Takes one training step, as `keras.Model.train_on_batch` does."""
        _devices.check_one_replica(self, "train_on_batch", "fit")
        x, y = checked_source(self, "train_on_batch", x, y, kwargs)
        with _backend.restore_state_on_error(self):
            logs = super().train_on_batch(x, y, **kwargs)
        if self._position.first_bad_batch_index is not None:
            self._position.first_bad_batch.assign(0)
            raise ValueError(
                "Invalid value for argument `x`. Expected finite samples. "
                "Received: NaN or infinity. No step was taken."
            )
        return logs

    def train_step(self, *args: Any) -> Any:
        """Takes one step of training; Keras's trainer calls it every batch."""
        return _backend.run_step(self._train, self._trained_groups, *args)

    def _train(self, data: Any) -> dict[str, Tensor]:
        """Updates both networks, unless the batch cannot be used."""
        batch = self._game.reader.read(data)
        finite = self._game.reader.is_finite(batch)
        batch_ok = ops.logical_and(finite, _backend.any_samples(batch.real))
        # No step is taken after a batch that ends the training.
        batch_ok = ops.logical_and(
            batch_ok, ops.equal(self._position.first_bad_batch, 0)
        )
        with replicas.after(batch_ok):
            _backend.step_if(
                batch_ok,
                functools.partial(self._take_turns, batch),
                lambda: [v for group in self._trained_groups() for v in group],
                compiled=bool(self.jit_compile),
            )
            self._position.count(finite)
        return results_of(self._game.trackers + self._game.step_trackers)

    def _take_turns(self, batch: Batch) -> None:
        """Updates the two networks in turn, then the moving average."""
        game = self._game
        with replicas.synchronized(game.moved_apart):
            for _ in range(game.discriminator.moves - game.shared_samples):
                self._turn(game.discriminator, batch)
            moved, samples = self._turn(game.generator, batch)
            for _ in range(game.generator.moves - 1):
                again, samples = self._turn(game.generator, batch)
                moved = ops.logical_or(moved, again)
            if game.shared_samples:
                self._turn(game.discriminator, batch, samples)
        game.seen_values.record(batch.real)
        game.track_augmentation(ops.shape(batch.real)[0])
        if self.ema_generator is not None and self.ema_momentum is not None:
            update_average(
                self.ema_generator,
                self.generator,
                self.ema_momentum,
                game.generator.step,
                moved,
                game.generator.makes_zeros,
            )

    def _turn(
        self,
        player: Player,
        batch: Batch,
        generated: Generated | None = None,
    ) -> tuple[Tensor | bool, Generated]:
        """Updates one network with the gradient of the sum of its terms.

        Args:
            player: The network to update.
            batch: Real samples with their conditions or labels.
            generated: Samples for the discriminator; `None` draws new ones.

        Returns:
            The tuple `(moved, generated)`: whether the network moved, and its
            generated samples.
        """
        game, networks = self._game, self._game.networks
        if player is game.generator:
            batch = batch.repeated(game.samples_per_condition)
        # A loss scale may skip the step.
        before = Snapshot(game.moved) if player.may_skip else None
        latents = None
        if generated is None:
            latents = self._draw_latents(
                ops.shape(batch.real)[0],
                self._training_seed,
                batch.samples_per_condition,
            )
            if player is game.discriminator:
                generated = networks.generate(latents, batch.conditions, True)
        taken, moved, samples = player.move(
            networks, batch, latents, generated, self._regularization_seed
        )
        if before is not None:
            before.restore_unless(taken)
        if generated is None:
            generated = Generated(samples, latents, [])
        return moved, generated

    def _trained_groups(self) -> tuple[list[keras.Variable], ...]:
        """The variables a step may change, in the order of Keras's trainer."""
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )
