"""The base class of augmentations."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan._representation import as_call
from keras_regan._typing import Tensor
from keras_regan._validation import message


class Augmentation:
    """Base class for random transformations inside the training step.

    With few images, a discriminator memorizes them. Augmenting the data set
    would teach the generator to make augmented images. Here the discriminator
    sees only augmented images, real and generated, in the steps of both
    networks. The generator's gradient passes through the augmentation, so it
    learns to make images that are not augmented. `evaluate` augments nothing.
    Gradient penalties are computed at the images before augmentation.

    To write your own, implement `call(samples, seed)`. It must be
    differentiable in the samples, change each sample differently, pass `seed`
    to every function of `keras.random`, and call the same number of these each
    time. Add your own arguments to `get_config`.

    Keras's own layers for augmentation (`keras.layers.RandomTranslation` and
    so on) are made for data pipelines and do not work here: each has a seed of
    its own, which is not saved with the model; some clip to a range of values,
    which stops the gradient; and nothing applies them to real and generated
    images alike.

    Formula: `D(T(x))` and `D(T(G(z)))` in place of `D(x)` and `D(G(z))`, `T`
    drawn anew for each sample and each call.

    Attributes:
        images_only: Bool. Whether samples must have four dimensions. `False`
            for an augmentation that takes vectors and sequences as well.

    Call arguments:
        samples: Images of shape `(batch, height, width, channels)`, or
            `(batch, channels, height, width)` where
            `keras.config.image_data_format()` says so. Half precision is
            widened to float32.
        seed: `keras.random.SeedGenerator`. All randomness comes from it.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If `seed` is not a `SeedGenerator`; an integer would draw
            the same numbers every time.
        ValueError: If `samples` do not have four dimensions and the
            augmentation takes images only.

    Example:
    ```python
    @keras.saving.register_keras_serializable()
    class Negative(keras_regan.augmentations.Augmentation):
        '''Turns half of the images, of values around zero, into negatives.'''

        def call(self, samples, seed):
            shape = (ops.shape(samples)[0], 1, 1, 1)
            chosen = keras.random.uniform(shape, seed=seed) < 0.5
            return ops.where(chosen, -samples, samples)
    ```

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738),
    [Karras et al., 2020](https://arxiv.org/abs/2006.06676).
    """

    images_only: bool = True
    __repr__ = as_call

    @property
    def variables(self) -> list[keras.Variable]:
        """State that is kept from step to step and saved with the model."""
        return []

    @property
    def logged(self) -> dict[str, Tensor]:
        """Scalars for the logs, by their names."""
        return {}

    def __call__(
        self, samples: Tensor, seed: keras.random.SeedGenerator
    ) -> Tensor:
        """Returns augmented samples."""
        if not isinstance(seed, keras.random.SeedGenerator):
            raise TypeError(
                message("seed", "a `keras.random.SeedGenerator`", seed)
            )
        samples = ops.convert_to_tensor(samples)
        if self.images_only and len(samples.shape) != 4:
            raise ValueError(
                "Invalid value for argument `samples`. Expected images, of "
                f"shape {_image_shape()}. "
                f"Received: shape {tuple(samples.shape)}"
            )
        dtype = keras.backend.result_type(samples.dtype, "float32")
        return self.call(ops.cast(samples, dtype), seed)

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns augmented samples; the input is float32 or wider."""
        raise NotImplementedError

    def adapt(self, real_sign: Tensor, batch_size: int | Tensor) -> None:
        """Adapts to the outcome of the discriminator's last update.

        It is called after each update, in the compiled step: it may assign to
        `variables`, and must not branch in Python on tensors.

        Args:
            real_sign: Scalar. Mean of the signs of the logits of the real
                samples.
            batch_size: Integer. The number of samples in this mean.
        """
        return None

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates an augmentation from the result of `get_config`."""
        return cls(**config)


def _image_shape() -> str:
    if keras.config.image_data_format() == "channels_first":
        return "(batch, channels, height, width)"
    return "(batch, height, width, channels)"
