"""A generator and a discriminator as one Keras model."""

import random
from collections.abc import Sequence
from typing import Any

import keras

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._registration import register
from keras_regan._validation import boolean
from keras_regan._validation import float_below_one
from keras_regan._validation import message
from keras_regan._validation import positive_integer
from keras_regan._validation import random_seed
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.models import batch
from keras_regan.models import devices
from keras_regan.models import network_interface
from keras_regan.models.compile_arguments import check_modes
from keras_regan.models.compile_arguments import checked_answer
from keras_regan.models.compile_arguments import checked_augmentation
from keras_regan.models.compile_arguments import checked_loss
from keras_regan.models.compile_arguments import checked_metrics
from keras_regan.models.compile_arguments import checked_optimizer
from keras_regan.models.game import Game
from keras_regan.models.measuring import Measuring
from keras_regan.models.moving_average import copy_of
from keras_regan.models.paired_optimizer import PairedOptimizer
from keras_regan.models.player import Player
from keras_regan.models.position import Position
from keras_regan.models.replica_seed import ReplicaSeedGenerator
from keras_regan.models.resumption import Resumption
from keras_regan.models.sampling import Sampling
from keras_regan.models.saving import Saving
from keras_regan.models.seed_streams import first_seeds
from keras_regan.models.stepping import Stepping
from keras_regan.models.training_data import checked_source
from keras_regan.models.training_watch import BeginningWatch
from keras_regan.models.training_watch import TrainingWatch
from keras_regan.models.training_watch import not_finite
from keras_regan.models.training_watch import watched
from keras_regan.models.two_losses import for_two_losses
from keras_regan.models.value_watch import ValueWatch


@register
class RegularizedGAN(Sampling, Stepping, Measuring, Saving):
    """A GAN that trains through `compile` and `fit`, with regularizers.

    Takes two ordinary Keras models. Everything else of Keras works on it:
    callbacks, `tf.data`, checkpoints, `evaluate`, mixed precision.

    One step of training updates the discriminator `discriminator_steps` times
    (each time with fresh latents, on the same real batch), then the generator
    once, then the moving average.

    Args:
        generator: Built Keras model from latents `(batch, latent_dim)` to
            samples of any shape; class-conditional: from
            `[latents, labels]`.
        discriminator: Built Keras model from samples to logits (no sigmoid)
            of shape `(batch, 1)`, `(batch,)` or, for a map of patches,
            `(batch, height, width, 1)`; class-conditional: from
            `[samples, labels]`, or from samples alone if it returns
            `"class_logits"` for `penalties.AuxiliaryClassifier`. It may return
            `{"logits": ..., "features": ...}` for penalties that read
            features.
        ema_momentum: Float in `[0, 1)` or `None`. With a float, a moving
            average of the generator's weights is kept, and `call`, `predict`,
            `generate` and `evaluate` use it. `0.999` is common; shorter runs
            want less. In the first steps the momentum is smaller, so that the
            initial weights are soon forgotten. Defaults to `None`.
        seed: Integer or `None`. The seed of all latents. `None` draws one from
            Python's generator, which `keras.utils.set_random_seed` sets.
            Defaults to `None`.
        name: String or `None`. The model's name.

    Call arguments:
        inputs: Latents, or `[latents, labels]`.

    Returns:
        Samples of the (averaged) generator.

    Raises:
        TypeError: If one of the networks is not a Keras model.
        ValueError: If a network is not built, or if the two do not fit
            together. A discriminator that ends in a sigmoid is warned of.

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

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        ema_momentum: float | None = None,
        seed: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        devices.check_strategy()
        network_interface.check_network(generator, "generator")
        network_interface.check_network(discriminator, "discriminator")
        if generator is discriminator:
            raise ValueError(
                message("discriminator", "another model", discriminator)
            )
        self._latent_dim, self._sample_shape, self._conditional = (
            network_interface.check_pair(generator, discriminator)
        )
        self._label_shape = network_interface.label_shape(generator)
        self._num_classes = network_interface.number_of_classes(
            generator, discriminator
        )
        self.generator = generator
        self.discriminator = discriminator
        self.ema_momentum = ema_momentum
        self.ema_generator = None
        if ema_momentum is not None:
            self.ema_momentum = float_below_one(ema_momentum, "ema_momentum")
            self.ema_generator = copy_of(generator, f"{generator.name}_average")
        self.seed = None if seed is None else random_seed(seed)
        seed = random.randrange(2**31 - 3) if seed is None else self.seed
        # Streams of their own, so that neither pictures nor validation nor
        # what a regularizer draws change what a run is trained on.
        (
            self._training_seed,
            self._evaluation_seed,
            self._generation_seed,
            self._regularization_seed,
            self._evaluated_regularization_seed,
        ) = [
            kind(first)
            for first, kind in zip(
                first_seeds(seed),
                [keras.random.SeedGenerator] * 3 + [ReplicaSeedGenerator] * 2,
                strict=True,
            )
        ]
        self._position = Position()
        self.built = True

    @property
    def position(self) -> tuple[int, int]:
        """How far `fit` has come: complete epochs, and batches after them.

        It is saved with the model; `fit(resume=True)` goes on there.
        """
        return self._position.begun

    @property
    def trained_variables(self) -> list[keras.Variable]:
        """All that training changes, each once.

        Weights of both networks and their average, random state, optimizers,
        and what penalties, factors and augmentations keep; no metrics.
        """
        state = self._game.trained_state_by_owner if self.compiled else {}
        variables = [*self.variables]
        if self.compiled:
            variables += self.optimizer.variables
        for part in state.values():
            variables += part
        return list({id(v): v for v in variables}.values())

    @property
    def callback_notes(self) -> dict[str, Any]:
        """What callbacks keep with the model, to go on after an interruption.

        One entry for each kind of callback, of what JSON can hold. It is saved
        with the model; `compile` forgets it.
        """
        return self._game.notes if self.compiled else {}

    @replicas.in_scope
    def compile(
        self,
        generator_optimizer: Any = None,
        discriminator_optimizer: Any = None,
        loss: AdversarialLoss | None = None,
        generator_regularizers: Sequence[Any] | None = None,
        discriminator_regularizers: Sequence[Any] | None = None,
        discriminator_steps: int = 1,
        augmentation: Augmentation | None = None,
        metrics: Sequence[keras.metrics.Metric] | None = None,
        nonfinite_batches: str = "raise",
        shared_samples: bool = False,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
    ) -> None:
        """Configures training.

        An entry of the two lists of regularizers is called with what its type
        needs: any `keras.regularizers.Regularizer` with the network's kernels,
        a `keras_regan.regularizers.SampleRegularizer` with the generated
        batch, a `keras_regan.penalties.Penalty` with the step's context.
        Regularizers that layers carry themselves are added as well.

        The logs hold `d_loss` and `g_loss`, which is what was minimized,
        and each regularizer as `d_<name>` or `g_<name>`, which is what was
        added. What the layers' own regularizers added is logged as
        `d_layer_regularizers` and `g_layer_regularizers`.

        Args:
            generator_optimizer: Keras optimizer, its name or its config.
                Defaults to `Adam(2e-4, beta_1=0.5)`.
            discriminator_optimizer: Another one, likewise.
            loss: An `AdversarialLoss`. Defaults to
                `keras_regan.losses.NonSaturating()`.
            generator_regularizers: List of what is added to the generator's
                loss. Defaults to `None`.
            discriminator_regularizers: List of what is added to the
                discriminator's loss. Defaults to `None`.
            discriminator_steps: Positive integer. Updates of the discriminator
                before each one of the generator. Defaults to `1`.
            augmentation: What everything that the discriminator sees in
                training goes through, real and generated alike, as
                `keras_regan.augmentations.DiffAugment()`. It is no augmentation
                of the data: the generator does not learn to make augmented
                samples. Defaults to `None`.
            metrics: List of `keras.metrics.Metric`s that are called with
                `(real, generated)` where Keras passes `(y_true, y_pred)`.
                They are computed under `evaluate` and on `validation_data`,
                from the averaged generator, and not on training batches.
                `keras_regan.metrics` compares whole sets of samples, once
                each time. Defaults to `None`.
            nonfinite_batches: `"raise"` or `"skip"`. What to do when a batch
                of training data holds NaN or infinity. Either way no step is
                taken on it. `"raise"` ends `fit` with an error that names the
                batch, and takes no step on later ones either; `"skip"` goes
                on and logs as `skipped_batches` how many there were in the
                epoch. Defaults to `"raise"`.
            shared_samples: Boolean. Whether the generator learns from the
                samples that the discriminator's last update was made with,
                instead of from new ones. It saves one pass through the
                generator in each step, 5 to 10 % of its time. The gradient is
                the same function of those latents, at the discriminator's new
                weights; but the two updates share their draw, batch
                normalization of the generator sees one batch less, and the
                samples stay in memory for the discriminator's update. Not
                with a loss scale. Defaults to `False`.
            run_eagerly: As in `keras.Model.compile`.
            steps_per_execution: As in `keras.Model.compile`.
            jit_compile: As in `keras.Model.compile`.

        Raises:
            TypeError: If an argument is of the wrong kind.
            ValueError: If an argument is none of its choices, if two
                regularizers of one network have the same name, if one stands
                in the wrong list, if both networks share an optimizer, or if
                a network has no trainable weights.
        """
        loss = checked_loss(loss)
        discriminator_steps = positive_integer(
            discriminator_steps, "discriminator_steps"
        )
        steps_per_execution = positive_integer(
            steps_per_execution, "steps_per_execution"
        )
        check_modes(run_eagerly, jit_compile)
        devices.check_modes(self, steps_per_execution, jit_compile)
        augmentation = checked_augmentation(augmentation)
        metrics = checked_metrics(metrics)
        nonfinite_batches = checked_answer(nonfinite_batches)
        shared_samples = boolean(shared_samples, "shared_samples")
        generator = Player(
            "generator",
            self.generator,
            checked_optimizer(
                generator_optimizer,
                "generator",
                [self.generator, self.discriminator],
            ),
            generator_regularizers,
        )
        discriminator = Player(
            "discriminator",
            self.discriminator,
            checked_optimizer(
                discriminator_optimizer, "discriminator", [self.discriminator]
            ),
            discriminator_regularizers,
        )
        if generator.optimizer is discriminator.optimizer:
            raise ValueError(
                "Invalid value for argument `discriminator_optimizer`. "
                "Expected another object than `generator_optimizer`: each "
                "keeps the state of its own network. Received: one optimizer "
                "for both"
            )
        game = Game(
            loss,
            generator,
            discriminator,
            discriminator_steps,
            augmentation,
            metrics,
            nonfinite_batches,
            shared_samples,
        )
        devices.check_compiled(self, game)
        pair = PairedOptimizer(generator.optimizer, discriminator.optimizer)
        pair.build_pair(generator.variables, discriminator.variables)
        self._game = game
        super().compile(
            optimizer=pair,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=False,
        )

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *,
        resume: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Trains both networks; takes what `keras.Model.fit` takes.

        Args:
            x: Real samples: an array, a tensor, a `tf.data.Dataset`, a
                `keras.utils.PyDataset`, a torch `DataLoader` or a generator.
                Class-conditional networks need `(samples, labels)`, either
                from the data set or as a tuple of two arrays.
            y: Labels, if `x` is an array of samples.
            resume: Boolean. Whether to go on at the model's `position`, where
                it was when it was saved, in the middle of an epoch if need be,
                and not at `initial_epoch`. The data must be what it was, from
                its beginning: batches that the model has had are taken from
                it and passed over. A model that has not been trained begins
                at the beginning, so one script serves both.
                `keras.callbacks.BackupAndRestore` resumes by itself, likewise
                to the batch. Defaults to `False`.
            **kwargs: As in `keras.Model.fit`; no `class_weight` and no
                `sample_weight`.

        Returns:
            The `History`, whose values are means over the epoch.

        Raises:
            TypeError: If `resume` is not a boolean.
            ValueError: If `compile` was not called, if the data does not fit
                the networks or holds NaN or infinity, if `initial_epoch` is
                given beside `resume`, or if a callback of Keras monitors
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
        devices.check_rows("x", x, kwargs.get("batch_size"))
        validation_data = kwargs.get("validation_data")
        if validation_data is not None:
            checked_source(
                self,
                "fit",
                *batch.split(validation_data),
                {},
                argument="validation_data",
            )
        resumption = Resumption(self._position, resume, x, kwargs)
        before = self._game.discriminator.updates
        kwargs["callbacks"] = watched(
            kwargs.get("callbacks"),
            TrainingWatch(
                self._position, resumption, not self._game.skips_nonfinite
            ),
            BeginningWatch(resumption),
            ValueWatch(self._game.seen_values),
            *for_two_losses(
                kwargs.get("callbacks"), [m.name for m in self.metrics]
            ),
        )
        try:
            with _backend.variables_kept(self):
                history = super().fit(x, y, **kwargs)
        except FloatingPointError:
            raise not_finite(
                *self._position.begun, self.name, self._num_classes
            ) from None
        except UnboundLocalError as error:
            if "'logs'" not in str(error):
                raise
            # On JAX, Keras looks at the logs of a step that never was.
            raise batch.no_batches(x) from error
        finally:
            resumption.end(self)
        if history.epoch and not history.history:
            raise batch.no_batches(x)
        if history.epoch and not resumption.passes_over:
            self._game.check_trained(before, history.history, x)
        return history

    def train_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> Any:
        """Takes one training step; as `keras.Model.train_on_batch`."""
        devices.check_one_replica(self, "train_on_batch", "fit")
        x, y = checked_source(self, "train_on_batch", x, y, kwargs)
        with _backend.variables_kept(self):
            logs = super().train_on_batch(x, y, **kwargs)
        if (
            not self._game.skips_nonfinite
            and self._position.first_refused is not None
        ):
            self._position.refused.assign(0)
            raise ValueError(
                "Invalid value for argument `x`. Expected finite samples, or "
                "`compile(nonfinite_batches='skip')`. Received: NaN or "
                "infinity. No step was taken."
            )
        return logs
