"""A feature network together with its preprocessing."""

import os
from collections.abc import Callable
from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._files import path_string
from keras_regan._predictions import predictions
from keras_regan._registration import register
from keras_regan._representation import as_call
from keras_regan._typing import Tensor
from keras_regan.metrics._feature_network import built
from keras_regan.metrics._feature_network import description
from keras_regan.metrics._feature_network import name_of
from keras_regan.metrics._feature_sharing import computed_once
from keras_regan.metrics._image_preparation import between_levels
from keras_regan.metrics._image_preparation import channel_axis
from keras_regan.metrics._image_preparation import checked_image_size
from keras_regan.metrics._image_preparation import checked_value_range
from keras_regan.metrics._image_preparation import in_color
from keras_regan.metrics._image_preparation import preprocessing_text
from keras_regan.metrics._image_preparation import to_levels

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


@register
class FeatureExtractor:
    """Computes the features of samples that metrics compare.

    It takes any Keras model. The preparation of images affects a metric as
    much as the model does, so it belongs to the extractor and to the protocol
    that metrics report: images in `value_range` become numbers from 0 to 255,
    rounded as in an image file; gray ones become RGB if the model takes RGB;
    then they are resized with antialiasing, and `preprocessing` is applied.

    Give the same extractor to several metrics: it then processes each batch
    once.

    Args:
        model: Built Keras model, the path of a saved one, or `None` for
            `keras.applications.InceptionV3` with ImageNet weights, average
            pooling and 299 x 299 images. Its weights are those of Keras, not
            those of the published FID, so values cannot be compared with
            published ones. A model that is given as an object is saved with
            the GAN; one that is given as a path is not. Maps of features are
            averaged over positions. Defaults to `None`.
        name: String. The end of the log keys. Defaults to the model's name
            (`"functional"`, without a number, if Keras made it up), the file's
            name without its extension, or `"inception"`.
        value_range: Tuple of two increasing floats, the values of black and
            white, or `None` for samples that reach the model as they are.
            Defaults to `(-1.0, 1.0)`.
        image_size: Positive integer or tuple `(height, width)` to which images
            are resized; `None` does not resize. Defaults to `None`.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or
            `"lanczos5"`, always antialiased. Defaults to `"bilinear"`.
        preprocessing: Keras layer or registered function, called with resized
            images from 0 to 255, such as
            `keras.layers.Rescaling(1 / 127.5, -1)`. `None` does nothing.
            Defaults to `None`.

    Call arguments:
        samples: Array or tensor of shape `(batch, ...)`. An array goes through
            a compiled model in batches.

    Returns:
        Features of shape `(batch, size)`, float32: an array for an array, a
        tensor for a tensor.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range.
        RuntimeError: When first used, if the model cannot be loaded.

    Example:
    >>> model = keras.Sequential([
    ...     keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, 2)],
    ...     name="tiny")
    >>> features = keras_regan.metrics.FeatureExtractor(
    ...     model, image_size=16,
    ...     preprocessing=keras.layers.Rescaling(1 / 127.5, -1))
    >>> images = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 3))
    >>> features(images).shape
    (5, 4)

    Reference: why resizing must be antialiased and reported:
    [Parmar et al., 2022](https://arxiv.org/abs/2104.11222).
    """

    __repr__ = as_call

    # The arguments of the default model.
    default_arguments: dict[str, Any] = {
        "include_top": False,
        "pooling": "avg",
    }

    def __init__(
        self,
        model: keras.Model | str | os.PathLike[str] | None = None,
        *,
        name: str | None = None,
        value_range: tuple[float, float] | None = (-1.0, 1.0),
        image_size: int | tuple[int, int] | None = None,
        interpolation: str = "bilinear",
        preprocessing: Callable[[Tensor], Tensor] | None = None,
    ):
        if model is not None and not isinstance(model, keras.Model):
            model = path_string(model, "model")
        self.source = model
        self.name = _validation.log_name(
            name_of(model) if name is None else name
        )
        self.value_range = checked_value_range(value_range)
        self.image_size = checked_image_size(image_size)
        self.interpolation = _validation.one_of(
            interpolation, "interpolation", _INTERPOLATIONS
        )
        if preprocessing is not None and not callable(preprocessing):
            raise TypeError(
                _validation.message(
                    "preprocessing", "a layer or a function", preprocessing
                )
            )
        self.preprocessing = preprocessing
        if model is None:
            if image_size is not None or preprocessing is not None:
                raise ValueError(
                    _validation.message(
                        "model",
                        "a model with `image_size` and `preprocessing`: the "
                        "default one has its own",
                        model,
                    )
                )
            self.image_size = (299, 299)
            self.preprocessing = keras.layers.Rescaling(1 / 127.5, -1.0)
        self._model = model if isinstance(model, keras.Model) else None
        self._compiled: _Pipeline | None = None

    @property
    def model(self) -> keras.Model:
        """The model, which is built or loaded when it is first used."""
        if self._model is None:
            self._model = built(self.source, self.default_arguments)
            self._model.trainable = False
        return self._model

    @property
    def size(self) -> int:
        """How many features a sample has."""
        shape: Any = self.output_shapes[0]
        return shape[-1] if len(shape) == 2 else shape[channel_axis(shape)]

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        """The shapes of the outputs of `maps`, with the batch."""
        shapes = self.model.output_shape
        if isinstance(shapes, dict):
            shapes = [shapes[key] for key in sorted(shapes)]
        return shapes if isinstance(shapes, list) else [shapes]

    @property
    def gives_maps(self) -> bool:
        """Whether the model returns one or several maps of features."""
        shapes = self.output_shapes
        return len(shapes) > 1 or len(shapes[0]) > 2

    @property
    def saved_variables(self) -> list[keras.Variable]:
        """The weights that a GAN saves with itself."""
        if isinstance(self.source, keras.Model):
            return list(self.source.variables)
        return []

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables of the model, if it has been built."""
        return [] if self._model is None else list(self._model.variables)

    def __call__(self, samples: Any) -> Any:
        """Returns the features of samples."""
        return computed_once(self, samples, self._features)

    def maps(self, samples: Tensor) -> list[Tensor]:
        """Returns all outputs of the model for samples, as a list."""
        return self._outputs(self._prepared(samples, to_levels))

    def differentiable_maps(self, samples: Tensor) -> list[Tensor]:
        """Returns the same outputs with gradients, for losses.

        Images are neither rounded to levels nor clipped to their range,
        because both would stop the gradient.
        """
        return self._outputs(self._prepared(samples, between_levels))

    def _outputs(self, images: Tensor) -> list[Tensor]:
        outputs = self.model(images, training=False)
        if isinstance(outputs, dict):
            outputs = [outputs[key] for key in sorted(outputs)]
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return [ops.cast(output, "float32") for output in outputs]

    def channel_axis(self, shape: tuple[int | None, ...]) -> int:
        """Returns the axis of the channels of maps."""
        return channel_axis(shape)

    @property
    def protocol(self) -> dict[str, Any]:
        """The settings that determine the features, for reports of metrics."""
        size = self.image_size
        return {
            "features": self.name,
            "model": description(self.source),
            "value_range": self.value_range,
            "image_size": None if size is None else list(size),
            "interpolation": (
                None if size is None else f"{self.interpolation}, antialiased"
            ),
            "preprocessing": preprocessing_text(self.preprocessing),
        }

    def _features(self, samples: Any) -> Any:
        if not isinstance(samples, np.ndarray):
            return self._pooled(samples)
        if self._compiled is None:
            self._compiled = _Pipeline(self)
        samples = samples.astype("float32", copy=False)
        return predictions(self._compiled, samples, batch_size=64)

    def _pooled(self, samples: Tensor) -> Tensor:
        (features, *others) = self.maps(samples)
        if others:
            raise ValueError(
                _validation.message(
                    "model",
                    "one output for this metric; several are maps for "
                    "`FeatureDiversity`",
                    self.model,
                )
            )
        if len(features.shape) > 2:
            axes = list(range(1, len(features.shape)))
            axes.remove(channel_axis(features.shape))
            features = ops.mean(features, axis=axes)
        return features

    def _prepared(
        self,
        samples: Tensor,
        scaled: Callable[[Tensor, tuple[float, float]], Tensor],
    ) -> Tensor:
        images = ops.cast(samples, "float32")
        if self.value_range is not None:
            images = scaled(images, self.value_range)
        images = in_color(images, self.model.input_shape)
        if self.image_size is not None:
            images = ops.image.resize(
                images,
                self.image_size,
                interpolation=self.interpolation,
                antialias=True,
            )
        if self.preprocessing is not None:
            images = self.preprocessing(images)
        return images

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        is_default = self.source is None
        config = {
            "model": self.source,
            "name": self.name,
            "value_range": self.value_range,
            "image_size": None if is_default else self.image_size,
            "interpolation": self.interpolation,
            "preprocessing": (
                None if is_default else serialize(self.preprocessing)
            ),
        }
        if isinstance(self.source, keras.Model):
            config["model"] = serialize(self.source)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates an extractor from the result of `get_config`."""
        config = dict(config)
        for key in ("model", "preprocessing"):
            if isinstance(config[key], dict):
                config[key] = keras.saving.deserialize_keras_object(config[key])
        for key in ("value_range", "image_size"):
            if isinstance(config[key], list):
                config[key] = tuple(config[key])
        return cls(**config)


class _Pipeline(keras.Model):
    """The model that Keras compiles for arrays of samples."""

    def __init__(self, extractor):
        super().__init__(name="feature_pipeline")
        self._extract = extractor._pooled
        self._network = extractor.model

    def call(self, samples):
        return self._extract(samples)


def as_extractor(features: Any, argument: str = "features") -> FeatureExtractor:
    """Returns an argument of a metric as a `FeatureExtractor`.

    `None` gives the default one. A model gets samples without preparation.
    """
    if features is None:
        return FeatureExtractor()
    if isinstance(features, keras.Model):
        return FeatureExtractor(features, value_range=None)
    if not isinstance(features, FeatureExtractor):
        raise TypeError(
            _validation.message(
                argument,
                "a `keras_regan.metrics.FeatureExtractor`, a Keras model or "
                "`None`",
                features,
            )
        )
    return features
