"""A generator and a discriminator as one Keras model."""

import random
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._files import path_string
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import float_below_one
from keras_regan._validation import message
from keras_regan._validation import positive_integer
from keras_regan._validation import random_seed
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.metrics.feature_sharing import network_numbers
from keras_regan.metrics.feature_sharing import share_networks
from keras_regan.models import batch
from keras_regan.models import devices
from keras_regan.models import inference_generator
from keras_regan.models import network_interface
from keras_regan.models import saved_state
from keras_regan.models.compile_arguments import check_modes
from keras_regan.models.compile_arguments import checked_answer
from keras_regan.models.compile_arguments import checked_augmentation
from keras_regan.models.compile_arguments import checked_loss
from keras_regan.models.compile_arguments import checked_metrics
from keras_regan.models.compile_arguments import checked_optimizer
from keras_regan.models.config_errors import config_errors
from keras_regan.models.game import Game
from keras_regan.models.moving_average import copy_of
from keras_regan.models.moving_average import update_average
from keras_regan.models.paired_optimizer import PairedOptimizer
from keras_regan.models.player import Player
from keras_regan.models.position import Position
from keras_regan.models.replica_seed import ReplicaSeedGenerator
from keras_regan.models.resumption import Resumption
from keras_regan.models.saved_files import load_whole
from keras_regan.models.saved_files import save_whole
from keras_regan.models.training_watch import BeginningWatch
from keras_regan.models.training_watch import TrainingWatch
from keras_regan.models.training_watch import not_finite
from keras_regan.models.training_watch import watched

_ON_ONE_BATCH = ("train_on_batch", "test_on_batch", "gradient_share")


@register
class RegularizedGAN(keras.Model):
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
        first = random.randrange(2**31 - 3) if seed is None else self.seed
        # Streams of their own, so that neither pictures nor validation nor
        # what a regularizer draws change what a run is trained on.
        (
            self._training_seed,
            self._evaluation_seed,
            self._generation_seed,
            self._regularization_seed,
            self._evaluated_regularization_seed,
        ) = [
            kind((first + stream) % (2**31 - 1))
            for stream, kind in enumerate(
                [keras.random.SeedGenerator] * 3 + [ReplicaSeedGenerator] * 2
            )
        ]
        self._position = Position()
        self.built = True

    @property
    def latent_dim(self) -> int:
        """The size of a latent vector, read from the generator."""
        return self._latent_dim

    @property
    def sample_shape(self) -> tuple[int | None, ...]:
        """The shape of one sample, without the batch."""
        return self._sample_shape

    @property
    def conditional(self) -> bool:
        """Whether the networks take class labels."""
        return self._conditional

    @property
    def position(self) -> tuple[int, int]:
        """How far `fit` has come: complete epochs, and batches after them.

        It is saved with the model; `fit(resume=True)` goes on there.
        """
        return self._position.begun

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
                the networks or holds NaN or infinity, or if `initial_epoch` is
                given beside `resume`.

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
        x, y = self._source("fit", x, y, kwargs)
        devices.check_rows("x", x, kwargs.get("batch_size"))
        validation_data = kwargs.get("validation_data")
        if validation_data is not None:
            self._source(
                "fit",
                *batch.split(validation_data),
                {},
                argument="validation_data",
            )
        resumption = Resumption(self._position, resume, x, kwargs)
        kwargs["callbacks"] = watched(
            kwargs.get("callbacks"),
            TrainingWatch(
                self._position, resumption, not self._game.skips_nonfinite
            ),
            BeginningWatch(resumption),
        )
        try:
            with _backend.variables_kept(self):
                history = super().fit(x, y, **kwargs)
        except FloatingPointError:
            raise not_finite(*self._position.begun, self.name) from None
        except UnboundLocalError as error:
            if "'logs'" not in str(error):
                raise
            # On JAX, Keras looks at the logs of a step that never was.
            raise batch.no_batches(x) from error
        finally:
            resumption.end(self)
        if history.epoch and not history.history:
            raise batch.no_batches(x)
        return history

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
        x, y = self._source("evaluate", x, y, kwargs)
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

    def train_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> Any:
        """Takes one training step; as `keras.Model.train_on_batch`."""
        devices.check_one_replica(self, "train_on_batch", "fit")
        x, y = self._source("train_on_batch", x, y, kwargs)
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

    def test_on_batch(self, x: Any, y: Any = None, **kwargs: Any) -> Any:
        """Takes one test step; as `keras.Model.test_on_batch`."""
        devices.check_one_replica(self, "test_on_batch", "evaluate")
        x, y = self._source("test_on_batch", x, y, kwargs)
        with _backend.variables_kept(self):
            return super().test_on_batch(x, y, **kwargs)

    def predict(
        self, x: Any, batch_size: int | None = None, **kwargs: Any
    ) -> Any:
        """Returns samples; as `keras.Model.predict`.

        With a `keras.distribution` of JAX every device computes all of them:
        any number will do, and one process of several may predict alone.
        """
        with _backend.variables_kept(self), replicas.in_this_process():
            return super().predict(x, batch_size=batch_size, **kwargs)

    def predict_on_batch(self, x: Any) -> Any:
        """Returns the samples of one batch of latents."""
        with _backend.variables_kept(self):
            return super().predict_on_batch(x)

    def generate(
        self, n: int, labels: Any = None, seed: int | None = None
    ) -> np.ndarray:
        """Returns new samples of the (averaged) generator.

        Args:
            n: Positive integer. How many.
            labels: For class-conditional networks: one label for all samples,
                or `n` of them. Defaults to `None`.
            seed: Integer or `None`. The same seed gives the same latents;
                `None` goes on with the model's own stream, which is apart
                from that of training. Defaults to `None`.

        Returns:
            NumPy array of shape `(n, ...)`.

        Raises:
            TypeError: If `n` or `seed` is not an integer.
            ValueError: If `n` is not positive, or if labels are missing or
                too many.
        """
        n = positive_integer(n, "n")
        seed = None if seed is None else random_seed(seed)
        batch.check_labels(labels, self.conditional)
        with _backend.variables_kept(self):
            latents = ops.convert_to_numpy(
                self.sample_latents(
                    n, seed=self._generation_seed if seed is None else seed
                )
            )
        inputs = latents
        if labels is not None:
            labels = batch.labels_for(n, labels, self._label_shape)
            batch.check_classes(labels, self._num_classes)
            inputs = [latents, labels]
        return self.predict(inputs, batch_size=min(n, 256), verbose=0)

    def inference_generator(self) -> keras.Model:
        """Returns the generator as a plain Keras model of its own.

        For wherever samples are to be made without this package: saved as a
        `.keras` file, it is loaded where keras_regan is not installed. It is a
        frozen copy of the (averaged) generator with the same weights and the
        same outputs.

        Regularizers and constraints of keras_regan, which only training needs,
        are left out, and so is `layers.SampleRegularization`. A kernel with
        `layers.SpectralNormalization` is stored normalized.
        `layers.ConditionalBatchNormalization` becomes a small model of Keras's
        own layers. Under a mixed dtype policy the copy computes in float32,
        in which the weights are stored: its outputs are float32 and differ
        from those of `generate` by what half precision rounds.

        Layers and classes of your own stay what they are, so what loads the
        file needs their code.

        Returns:
            A built `keras.Model` from latents, or `[latents, labels]`, to
            samples. It is not compiled.

        Raises:
            ValueError: If the generator has another layer of keras_regan, such
                as `layers.Packing`, or cannot be made anew from its config.
                `export` works all the same.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4))
        >>> gan.inference_generator().save("generator.keras")
        >>> generator = keras.models.load_model("generator.keras")
        >>> generator.predict(np.zeros((3, 4)), verbose=0).shape
        (3, 2)
        """
        return inference_generator.inference_copy(
            self._sampler, self.generator.name
        )

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Exports the (averaged) generator alone, with Keras's own `export`.

        For programs without Keras: the file holds the computation and needs
        neither keras_regan nor code of yours. What is exported is
        `inference_generator()`, or the generator itself where that cannot be.
        Inputs are named `latents` and `labels`, and batches are of any size.

        | format | TensorFlow | JAX | PyTorch |
        |---|---|---|---|
        | `"tf_saved_model"` | yes | yes | no |
        | `"onnx"` | with `tf2onnx` | with `jax2onnx` | with `onnx` |

        The packages come with `pip install "keras_regan[export]"`, and for
        JAX with `[export-jax]`. Keras's other formats are handed through.
        `"torch"` makes a program for one sample at a time unless
        `dynamic_shapes` says otherwise.

        Args:
            filepath: String or path. Where to write.
            format: String. As in `keras.Model.export`. Defaults to
                `"tf_saved_model"`.
            verbose: As in `keras.Model.export`. Defaults to `None`.
            input_signature: As in `keras.Model.export`. `None` is a batch of
                any size. For ONNX on JAX, a layer that counts the samples of
                its batch, such as `layers.MinibatchDiscrimination`, needs one
                of a fixed size. Defaults to `None`.
            **kwargs: As in `keras.Model.export`.

        Raises:
            TypeError: If `filepath` is not a path.
            ValueError: If Keras does not know the format, or if the backend
                cannot write it.
            ImportError: If a package that the format needs is missing.

        Example:
        ```python
        gan.export("generator", format="tf_saved_model")
        loaded = tf.saved_model.load("generator")
        samples = loaded.serve(latents)

        gan.export("generator.onnx", format="onnx")
        session = onnxruntime.InferenceSession("generator.onnx")
        (samples,) = session.run(None, {"latents": latents})
        ```
        """
        inference_generator.export(
            self._sampler,
            self.generator.name,
            path_string(filepath, "filepath"),
            format,
            input_signature,
            verbose=verbose,
            **kwargs,
        )

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
        x, y = self._source("gradient_share", x, y, {})
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
                self._all_variables(),
            )
        real, labels = self._batch((x, y))
        latents = self.sample_latents(len(x), seed=0)
        share = compiled[name](real, labels, latents)
        return float(ops.convert_to_numpy(share))

    def sample_latents(
        self, batch_size: int, seed: int | keras.random.SeedGenerator
    ) -> Tensor:
        """Draws latents; override it for another distribution.

        Args:
            batch_size: How many.
            seed: Integer, or one of the model's generators of seeds.

        Returns:
            Tensor of shape `(batch_size, latent_dim)`: standard normal.
        """
        return keras.random.normal((batch_size, self.latent_dim), seed=seed)

    def call(self, inputs: Any, training: bool = False) -> Tensor:
        """Returns the samples that the (averaged) generator makes."""
        return self._sampler(inputs, training=training)

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

    def make_predict_function(self, force: bool = False) -> Any:
        """Makes what runs a step of predictions; Keras's trainer calls it."""
        if force or self.predict_function is None:
            super().make_predict_function(force=force)
            self.predict_function = _backend.whole_steps(
                self, self.predict_function, ("trainable", "non_trainable")
            )
        return self.predict_function

    def train_step(self, *args: Any) -> Any:
        """One step of training; Keras's trainer calls it."""
        return _backend.run_step(
            self._train,
            (
                self.trainable_variables,
                self.non_trainable_variables,
                self.optimizer.variables,
                self.metrics_variables,
            ),
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
        real, labels = self._batch(data)
        finite = _backend.all_finite(real)
        usable = ops.logical_and(finite, _backend.any_samples(real))
        if not self._game.skips_nonfinite:
            untroubled = ops.equal(self._position.refused.value, 0)
            usable = ops.logical_and(usable, untroubled)
        with replicas.after(usable):
            _backend.step_if(usable, lambda: self._take_step(real, labels))
            self._position.count(finite)
            self._game.count_batch(finite)
        return _results(self._game.trackers + self._game.step_trackers)

    def _take_step(self, real: Tensor, labels: Any) -> None:
        taken = self._game.train(
            real,
            labels,
            lambda size: self._draw_latents(size, self._training_seed),
            self._regularization_seed,
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
        real, labels = self._batch(data)
        usable = _backend.any_samples(real)
        with replicas.after(usable):
            _backend.step_if(usable, lambda: self._judge(real, labels))
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

    def _draw_latents(
        self, size: Any, seed: keras.random.SeedGenerator
    ) -> Tensor:
        # On several replicas, those that one would have drawn.
        return replicas.own_rows(
            lambda rows: self.sample_latents(rows, seed), size
        )

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        # All is built. TensorFlow's trainer would add up what the replicas get
        # of the first batch, and fail where they do not get the same number.
        return

    def _batch(self, data: Any) -> tuple[Tensor, Any]:
        real, labels = batch.split(data)
        batch.check_array(real)
        batch.check_samples(real, self.sample_shape)
        batch.check_labels(labels, self.conditional)
        real = ops.convert_to_tensor(real)
        if labels is not None:
            batch.check_label_batch(labels, self._label_shape)
            labels = ops.convert_to_tensor(labels)
        return ops.cast(real, keras.config.floatx()), labels

    @property
    def _sampler(self) -> keras.Model:
        if self.ema_generator is None:
            return self.generator
        return self.ema_generator

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

    @property
    def callback_notes(self) -> dict[str, Any]:
        """What callbacks keep with the model, to go on after an interruption.

        One entry for each kind of callback, of what JSON can hold. It is saved
        with the model; `compile` forgets it.
        """
        return self._game.notes if self.compiled else {}

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

    def _source(
        self,
        method: str,
        x: Any,
        y: Any,
        arguments: dict[str, Any],
        argument: str = "x",
    ) -> tuple[Any, Any]:
        if not self.compiled:
            raise ValueError(
                f"`{type(self).__name__}` must be compiled before "
                f"`{method}` is called: call `compile()` first."
            )
        batch.refuse_weights(arguments)
        devices.check_compiled(self, self._game)
        self._game.prepare()
        if y is None and isinstance(x, list | tuple) and len(x) == 2:
            x, y = x
        if method in _ON_ONE_BATCH:
            batch.check_array(x)
        batch.check_not_empty(x, argument)
        y = batch.as_array(y)
        batch.check_source(x, y, self.sample_shape, self.conditional)
        if y is not None:
            batch.check_label_batch(y, self._label_shape)
            batch.check_classes(y, self._num_classes)
        return x, y

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "ema_momentum": self.ema_momentum,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "RegularizedGAN":
        """Creates a model from the result of `get_config`.

        Raises:
            ValueError: If the config is not one of this class, or names what
                is not known here.
        """
        with config_errors(config):
            config = dict(config)
            for key in ("generator", "discriminator"):
                config[key] = keras.saving.deserialize_keras_object(
                    config[key], custom_objects=custom_objects
                )
            return cls(**config)

    def get_compile_config(self) -> dict[str, Any]:
        """Returns the arguments of `compile`, serialized."""
        if not self.compiled:
            return {}
        game = self._game
        config = {
            "generator_optimizer": game.generator.optimizer,
            "discriminator_optimizer": game.discriminator.optimizer,
            "loss": game.loss,
            "generator_regularizers": game.generator.entries,
            "discriminator_regularizers": game.discriminator.entries,
            "discriminator_steps": game.discriminator_steps,
            "augmentation": game.augmentation,
            "metrics": game.metrics,
            "nonfinite_batches": game.nonfinite_batches,
            "feature_networks": network_numbers(game.metrics),
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }
        return keras.saving.serialize_keras_object(config)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model with the result of `get_compile_config`.

        Raises:
            ValueError: If the config is not one of this class, or names what
                is not known here.
        """
        with config_errors(config):
            config = keras.saving.deserialize_keras_object(config)
            networks = config.pop("feature_networks", [])
            self.compile(**config)
            if networks:
                share_networks(self._game.metrics, networks)

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves networks, optimizers, average, seeds and how it is compiled.

        The file appears under its name once it is complete and on the disk:
        whatever stops the process while it is written, the previous file
        stays readable. That is so for files on a local disk, of all endings.
        Directories (`zipped=False`) and remote paths are left to Keras, which
        overwrites them piece by piece, and so is everything that is saved by
        the function `keras.saving.save_model` instead of this method. One
        process of several may save alone.

        Args:
            filepath: String or path, as `"gan.keras"`.
            overwrite: Boolean. Whether a file that exists is replaced;
                otherwise the user is asked. Defaults to `True`.
            zipped: As in `keras.Model.save`.
            **kwargs: As in `keras.Model.save`.

        Raises:
            OSError: If the file cannot be written. The previous one is left
                as it was.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4))
        >>> gan.compile()
        >>> gan.save("gan.keras")
        >>> keras.models.load_model("gan.keras").generate(3).shape
        (3, 2)
        """
        with replicas.in_this_process():
            save_whole(
                filepath,
                overwrite,
                lambda path, replaced: super(RegularizedGAN, self).save(
                    path, overwrite=replaced, zipped=zipped, **kwargs
                ),
                endings=() if zipped is False else (".keras", ".h5", ".hdf5"),
                variables=self._saved_variables(),
            )

    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        max_shard_size: float | None = None,
    ) -> None:
        """Saves networks, optimizers, average and seeds.

        The file appears once it is complete, as with `save`, and ends in a
        checksum, by which `load_weights` sees that it was damaged. Several
        files (`max_shard_size`) and remote paths are left to Keras and have
        neither.

        Args:
            filepath: String or path, as `"gan.weights.h5"`.
            overwrite: Boolean. Whether a file that exists is replaced;
                otherwise the user is asked. Defaults to `True`.
            max_shard_size: As in `keras.Model.save_weights`.

        Raises:
            OSError: If the file cannot be written. The previous one is left
                as it was.
        """
        with replicas.in_this_process():
            save_whole(
                filepath,
                overwrite,
                lambda path, replaced: super(RegularizedGAN, self).save_weights(
                    path, overwrite=replaced, max_shard_size=max_shard_size
                ),
                endings=() if max_shard_size is not None else (".weights.h5",),
                variables=self._saved_variables(),
            )

    def load_weights(
        self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any
    ) -> None:
        """Loads all that `save_weights` saved, or nothing.

        If the file is damaged or does not fit, the model has the weights, the
        optimizers and the seeds that it had before. A file of a model that
        was not compiled fits one that is: its optimizers are then left as
        they are, with a warning.

        Args:
            filepath: String or path of a file that `save_weights` or `save`
                wrote, in this version or an earlier one.
            skip_mismatch: Boolean. Whether what does not fit is left out,
                with a warning. Defaults to `False`.
            **kwargs: As in `keras.Model.load_weights`.

        Raises:
            OSError: If the file cannot be read or is damaged.
            ValueError: If it does not fit the model.
        """
        load_whole(
            filepath,
            lambda: super(RegularizedGAN, self).load_weights(
                filepath, skip_mismatch=skip_mismatch, **kwargs
            ),
            partially=skip_mismatch,
            variables=self._saved_variables(),
        )

    def save_own_variables(self, store: Any) -> None:
        """Saves what Keras leaves out: random state and penalties' state."""
        saved_state.save(self, store)

    def load_own_variables(self, store: Any) -> None:
        """Loads what `save_own_variables` saved."""
        saved_state.load(self, store)

    def _saved_variables(self) -> list[keras.Variable]:
        variables = [*self.variables, *self._own_state().values()]
        if self.compiled:
            variables += self.optimizer.variables
        return list({id(v): v for v in variables}.values())

    def _purge_model_variables(self, **groups: bool) -> None:
        """Leaves variables as they are.

        On JAX, Keras empties them in each epoch to save memory. Compiled steps
        take that memory in any case, and what is emptied cannot be given back
        where an epoch does not even begin.
        """

    def _all_variables(self) -> list[keras.Variable]:
        return (
            self.variables + self.optimizer.variables + self.metrics_variables
        )

    def _own_state(self) -> dict[str, keras.Variable]:
        return saved_state.own_variables(self)


def _results(metrics: list[keras.metrics.Metric]) -> dict[str, Tensor]:
    return {metric.name: metric.result() for metric in metrics}
