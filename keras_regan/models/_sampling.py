"""Two networks as one model that makes samples.

Two thirds of this file document public methods, which is why it is longer than
the others.
"""

import random
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._checks import networks
from keras_regan._checks.call_arguments import call_arguments
from keras_regan._checks.interface import Interface
from keras_regan._checks.latents import check_fixed
from keras_regan._checks.latents import check_latents
from keras_regan._checks.wanted_samples import wanted_samples
from keras_regan._copying.export import export
from keras_regan._copying.inference_generator import inference_copy
from keras_regan._files import path_string
from keras_regan._fitting.position import Position
from keras_regan._game.networks import Networks
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan._validation import float_below_one
from keras_regan._validation import message
from keras_regan._validation import random_seed
from keras_regan.augmentations import Augmentation
from keras_regan.models._latents import DRAWS
from keras_regan.models._latents import Draw
from keras_regan.models._latents import Seed
from keras_regan.models._latents import checked_latents
from keras_regan.models._moving_average import copy_of
from keras_regan.models._replica_seed import ReplicaSeedGenerator
from keras_regan.models._seed_streams import first_seeds
from keras_regan.models._truncation import checked_truncation
from keras_regan.models._truncation import drawn_within


class SamplingModel(_backend.TrainerInternals, keras.Model):
    """A generator and its discriminator, and the samples that they make.

    The first base class of `RegularizedGAN`, which documents the arguments.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        latents: str | Draw | None = "normal",
        ema_momentum: float | None = None,
        seed: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        replicas.check_strategy()
        networks.check_network(generator, "generator")
        networks.check_network(discriminator, "discriminator")
        if generator is discriminator:
            raise ValueError(
                message("discriminator", "another model", discriminator)
            )
        self.latents = checked_latents(latents)
        self._interface = Interface(
            generator, discriminator, has_latents=latents is not None
        )
        self.generator = generator
        self.discriminator = discriminator
        self.ema_momentum = ema_momentum
        self.ema_generator = None
        if ema_momentum is not None:
            self.ema_momentum = float_below_one(ema_momentum, "ema_momentum")
            self.ema_generator = copy_of(generator, f"{generator.name}_average")
        self.seed = None if seed is None else random_seed(seed)
        drawn = random.randrange(2**31 - 3) if seed is None else seed
        # Separate streams: pictures, validation and the draws of regularizers
        # must not change the latents of training.
        first = iter(first_seeds(int(drawn)))
        self._training_seed = keras.random.SeedGenerator(next(first))
        self._evaluation_seed = keras.random.SeedGenerator(next(first))
        self._generation_seed = keras.random.SeedGenerator(next(first))
        self._regularization_seed = ReplicaSeedGenerator(next(first))
        self._evaluated_regularization_seed = ReplicaSeedGenerator(next(first))
        self._position = Position()
        self.built = True

    @property
    def latent_dim(self) -> int | None:
        """The size of a latent vector; `None` if latents are not vectors."""
        shape = self.latent_shape
        return shape[0] if shape is not None and len(shape) == 1 else None

    @property
    def latent_shape(self) -> Shape | None:
        """The shape of one sample's latents, read from the generator.

        `None` for a generator without latents.
        """
        return self._interface.latent_shape

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample, without the batch."""
        return self._interface.sample_shape

    @property
    def conditional(self) -> bool:
        """Whether the networks take conditions, such as class labels."""
        return self._interface.conditions is not None

    def call(self, inputs: Any, training: bool = False) -> Tensor:
        """Returns the samples that the (averaged) generator makes."""
        args, named = call_arguments(self._sampler, inputs)
        return self._sampler(*args, **named, training=training)

    def sample_latents(self, batch_size: int, seed: Seed) -> Tensor:
        """Draws latents from the distribution that the model was given.

        Args:
            batch_size: Positive integer. Number of latents.
            seed: Integer, or one of the model's seed generators.

        Returns:
            Tensor of shape `(batch_size, *latent_shape)`.

        Raises:
            ValueError: If the generator takes no latents.
        """
        shape = self._interface.latent_shape
        if shape is None:
            raise ValueError(
                "The generator takes no latents. Expected a model made without "
                "`latents=None`. Received: latents=None"
            )
        named = isinstance(self.latents, str)
        draw = DRAWS[self.latents] if named else self.latents
        return draw((batch_size, *shape), seed)

    def predict(
        self, x: Any, batch_size: int | None = None, **kwargs: Any
    ) -> Any:
        """Returns samples, as `keras.Model.predict` does.

        With a `keras.distribution` of JAX, every device computes all samples.
        Their number is then free, and one process of several may predict alone.
        """
        with _backend.restore_state_on_error(self), replicas.in_this_process():
            return super().predict(x, batch_size=batch_size, **kwargs)

    def predict_on_batch(self, x: Any) -> Any:
        """Returns the samples of one batch of latents."""
        with _backend.restore_state_on_error(self):
            return super().predict_on_batch(x)

    def generate(
        self,
        n: int | None = None,
        conditions: Any = None,
        samples_per_condition: int | None = None,
        seed: int | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Returns new samples of the (averaged) generator.

        With `truncation`, the same seed gives the same latents within the bound
        as without. The others come from the truncated normal distribution at
        once, by the inverse of its distribution function: drawing again and
        again until they are within the bound has the same result, but takes
        long for a small one.

        Args:
            n: Positive integer or `None`. Number of samples. `None` means one
                for each condition. Defaults to `None`.
            conditions: For conditional networks: one condition for all
                samples, such as a class label, or `n` of them. Pass several
                kinds of conditions as a tuple, or as a dictionary with the
                names of the generator's inputs. Defaults to `None`.
            samples_per_condition: Positive integer `k` or `None`. With an
                integer, each condition gets `k` samples, each from latents of
                its own. Defaults to `None`.
            seed: Integer or `None`. The same seed gives the same latents;
                `None` continues the model's own stream, which is separate
                from that of training. Defaults to `None`.
            truncation: Positive float or `None`. The largest magnitude of a
                latent; values beyond it are drawn again (the truncation trick).
                A smaller bound trades variety for quality, best with a
                generator that was trained with `regularizers.Orthogonal`. Look
                at the samples: others fade where latents become smaller than
                those of the training, from a bound of about 1 downwards. Only
                for normal latents. Defaults to `None`, no bound.

        Returns:
            NumPy array of shape `(n, ...)`; with `samples_per_condition`,
            `(n, k, ...)`. In float32 where the generator ends in half
            precision, of which NumPy's sums and means are inexact.

        Raises:
            TypeError: If a number is not an integer, or if conditions are not
                numbers.
            ValueError: If a number is not positive, if conditions are missing,
                do not fit the networks or are not `n` in number, or if
                `samples_per_condition` is given without conditions, or if
                `truncation` is given and the latents are not normal.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4, num_classes=3))
        >>> gan.generate(5, conditions=2).shape
        (5, 2)
        >>> gan.generate(conditions=[0, 1, 2], samples_per_condition=8).shape
        (3, 8, 2)
        >>> gan.generate(5, conditions=2, truncation=0.5).shape
        (5, 2)

        Reference: the truncation trick:
        [Brock et al., 2019](https://arxiv.org/abs/1809.11096), section 3.1.
        """
        count, conditions, shape = wanted_samples(
            n, conditions, samples_per_condition, self._interface.conditions
        )
        drawn_with: Seed = self._generation_seed
        if seed is not None:
            drawn_with = random_seed(seed)
        latents = self._latents_within(truncation, count, drawn_with)
        samples = self.predict(
            self._interface.generator_inputs(latents, conditions),
            batch_size=min(count, 256),
            verbose=0,
        )
        if samples.dtype.itemsize == 2:
            samples = samples.astype("float32")
        return samples.reshape((*shape, *samples.shape[1:]))

    def reset_average(self) -> None:
        """Restarts the moving average at the generator's current weights.

        Call it after setting weights by hand: `generate`, `predict` and
        `evaluate` use the average, and `gan.generator.set_weights(...)` alone
        does not change it.

        Raises:
            ValueError: If the model keeps no average.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4), ema_momentum=0.9)
        >>> gan.generator.set_weights(
        ...     [0.0 * w for w in gan.generator.get_weights()])
        >>> gan.reset_average()
        >>> float(abs(gan.generate(3)).max())
        0.0
        """
        if self.ema_generator is None:
            raise ValueError(
                "There is no moving average. Expected a model that was made "
                "with `ema_momentum`. Received: ema_momentum=None"
            )
        self.ema_generator.set_weights(self.generator.get_weights())

    def inference_generator(self) -> keras.Model:
        """Returns the generator as a separate, plain Keras model.

        Use it to make samples without this package: saved as a `.keras` file,
        it loads where keras_regan is not installed. It is a frozen copy of the
        (averaged) generator with the same weights and the same outputs.

        The copy leaves out what only training needs: regularizers and
        constraints of keras_regan, and `layers.SampleRegularization`. A kernel
        with `layers.SpectralNormalization` is stored normalized.
        `layers.ConditionalBatchNormalization` becomes a small model of Keras's
        own layers. Under a mixed dtype policy the copy computes in float32,
        in which the weights are stored: its outputs are float32 and differ
        from those of `generate` by the rounding of half precision.

        The copy keeps your own layers and classes as they are, so a program
        that loads the file needs their code.

        Returns:
            A built `keras.Model` from latents, or `[latents, *conditions]`, to
            samples. It is not compiled. A generator that takes conditions as
            further arguments is wrapped in a functional model that takes this
            list.

        Raises:
            ValueError: If the generator has another layer of keras_regan, such
                as `layers.Packing`, or cannot be recreated from its config.
                `export` still works.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4))
        >>> gan.inference_generator().save("generator.keras")
        >>> generator = keras.models.load_model("generator.keras")
        >>> generator.predict(np.zeros((3, 4)), verbose=0).shape
        (3, 2)
        """
        return inference_copy(self._sampler, self.generator.name)

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
        neither keras_regan nor your own code. This method exports
        `inference_generator()`, or the generator itself if it has no such
        copy. The inputs are named `latents` and, unless you named them,
        `labels` or `condition`; batches may have any size.

        | format | TensorFlow | JAX | PyTorch |
        |---|---|---|---|
        | `"tf_saved_model"` | yes | yes | no |
        | `"onnx"` | with `tf2onnx` | with `jax2onnx` | with `onnx` |

        The packages come with `pip install "keras_regan[export]"`, and for
        JAX with `[export-jax]`. Other formats are passed on to Keras.
        `"torch"` makes a program for one sample at a time unless you pass
        `dynamic_shapes`.

        Args:
            filepath: String or path. Where to write.
            format: String. As in `keras.Model.export`. Defaults to
                `"tf_saved_model"`.
            verbose: As in `keras.Model.export`. Defaults to `None`.
            input_signature: As in `keras.Model.export`. `None` means a batch
                of any size. For ONNX on JAX, a layer that counts the samples of
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
        export(
            self._sampler,
            self.generator.name,
            path_string(filepath, "filepath"),
            format,
            input_signature,
            verbose=verbose,
            **kwargs,
        )

    def _networks_with(
        self,
        generator: keras.Model,
        augmentation: Augmentation | None = None,
    ) -> Networks:
        """Returns the networks as a step calls them, with this generator."""
        return Networks(
            generator,
            self.discriminator,
            self._interface,
            self.sample_latents,
            augmentation,
        )

    def _draw_latents(
        self, size: Any, seed: keras.random.SeedGenerator, times: int = 1
    ) -> Tensor | None:
        """Returns the latents of a step; `None` if the generator takes none.

        Args:
            size: Number of latents.
            seed: Seed generator for the draw.
            times: Number of draws of equal size: on several replicas, no draw
                may be larger than the data's batch. Defaults to `1`.
        """
        if self._interface.latent_shape is None:
            return None
        parts = [
            # Several replicas together use the latents that one would draw.
            replicas.own_rows(self.sample_latents, size // times, seed)
            for _ in range(times)
        ]
        return parts[0] if times == 1 else ops.concatenate(parts)

    def _check_drawn_latents(self) -> None:
        """Raises if the user's latents are random but do not use the seed."""
        own = self._overrides_draw or callable(self.latents)
        if self.latent_shape is None or not own:
            return
        seed = keras.random.SeedGenerator(0)
        before = ops.convert_to_numpy(seed.state)
        latents = self.sample_latents(2, seed)
        check_latents(latents, self.latent_shape)
        if np.array_equal(before, ops.convert_to_numpy(seed.state)):
            # A second call tells fixed latents, such as those of a table, from
            # random ones, such as those of NumPy.
            check_fixed(latents, self.sample_latents(2, seed))

    def _latents_within(
        self, truncation: float | None, count: int, seed: Seed
    ) -> np.ndarray | None:
        """Returns latents, none beyond a bound, or `None` if there are none."""
        bound = checked_truncation(
            truncation, self.latents, self._overrides_draw
        )
        if self.latent_shape is None:
            return None
        with _backend.restore_state_on_error(self):
            latents = self.sample_latents(count, seed)
            check_latents(latents, self.latent_shape)
            if bound is not None:
                latents = drawn_within(latents, bound, seed)
            return ops.convert_to_numpy(latents)

    @property
    def _overrides_draw(self) -> bool:
        """Whether a subclass has a `sample_latents` of its own."""
        return type(self).sample_latents is not SamplingModel.sample_latents

    @property
    def _sampler(self) -> keras.Model:
        if self.ema_generator is None:
            return self.generator
        return self.ema_generator
