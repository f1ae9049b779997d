"""A view of generated images beside the real ones they resemble most."""

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._predictions import predictions
from keras_regan.callbacks import _generated_images
from keras_regan.callbacks._drawn_samples import drawn
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import side_by_side
from keras_regan.callbacks._nearest import nearest
from keras_regan.callbacks._view import Scene
from keras_regan.callbacks._view import View

_VALUES_AT_ONCE = 2**24
_LOOKED_AT = 1000
_BATCH_SIZE = 32


class NearestReal(View):
    """Shows whether the generator copies its training data, for `SampleGrid`.

    Each row begins with a generated image. After the gap come the real images
    that are nearest to it, the nearest first. A generator that has memorized
    its data shows near-copies; one that generalizes shows similar images. With
    conditions, the rows go through all of them.

    The picture of epoch 1 is `nearest_0001.png`. Each picture compares with all
    real images: 60,000 gray images of 28 x 28 pixels take a quarter of a second
    of processor time, 50,000 coloured ones of 32 x 32 take one second.

    Args:
        real: Array of real images, such as the training data. It is read in
            chunks of 64 MiB, so it may be a `numpy.memmap`.
        count: Positive integer. Number of generated images to show, from those
            in the grid. Defaults to `8`.
        neighbours: Positive integer. Number of real images to show for each.
            Defaults to `5`.
        features: Keras model, `keras_regan.metrics.FeatureExtractor`, any
            function of an array of images, or `None`. The features whose
            Euclidean distance is used. `None` compares pixels, which finds
            copies, but not shifted or brightened ones. Features of the real
            images are computed once, when the first training begins, and kept
            in memory. Defaults to `None`.
        name: String. The beginning of the file names; two views need two
            names. Defaults to `"nearest"`.

    Raises:
        ValueError: If `real` has fewer images than `neighbours`; when training
            begins, if their shape is not that of generated ones, if they are
            not in the `value_range` of `SampleGrid`, or if `features` does
            not return at least a vector for each image.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((8, 8, 1), latent_dim=4))
    >>> gan.compile()
    >>> samples = keras_regan.callbacks.SampleGrid(
    ...     "samples", views=[keras_regan.callbacks.NearestReal(images)])
    >>> history = gan.fit(images, verbose=0, callbacks=[samples])
    """

    def __init__(
        self,
        real: Any,
        *,
        count: int = 8,
        neighbours: int = 5,
        features: keras.Model | Callable[[np.ndarray], Any] | None = None,
        name: str = "nearest",
    ):
        if not hasattr(real, "shape") or not hasattr(real, "__getitem__"):
            raise TypeError(
                "Invalid value for argument `real`. Expected an array of "
                f"images. Received: an object of type {type(real).__name__}"
            )
        self.real = real
        self.count = _validation.positive_integer(count, "count")
        self.neighbours = _validation.positive_integer(neighbours, "neighbours")
        if not real.shape or real.shape[0] < self.neighbours:
            raise ValueError(
                _validation.message(
                    "real.shape",
                    f"{self.neighbours} images or more, one for each neighbour",
                    tuple(real.shape),
                )
            )
        if features is not None and not callable(features):
            raise TypeError(
                _validation.message(
                    "features", "a Keras model, a function or `None`", features
                )
            )
        self.features = features
        self.name = _file_name(name)
        self._real_features: np.ndarray | None = None

    def begin(self, model: keras.Model, scene: Scene) -> None:
        """Checks the real images and computes their features."""
        shape = tuple(self.real.shape)
        expected = scene.images.shape[1:]
        if self._images([0]).shape[1:] != expected:
            raise ValueError(
                _validation.message(
                    "real.shape",
                    f"samples of the shape of generated ones, {expected} with "
                    "the channels last",
                    shape,
                )
            )
        seen = _generated_images.beyond(
            self.values()["real_values"], scene.value_range
        )
        if seen is not None:
            raise ValueError(
                "Invalid value for argument `real`. Expected images with "
                f"values in value_range={scene.value_range}. Received: values "
                f"from {seen[0]:.4g} to {seen[1]:.4g}"
            )
        if self.features is not None and self._real_features is None:
            self._real_features = np.concatenate(
                [
                    self._extract(self._rows(slice(start, start + step)))
                    for step in [self._rows_at_once()]
                    for start in range(0, shape[0], step)
                ]
            )

    def draw(self, scene: Scene) -> np.ndarray:
        """Returns a row for each generated image."""
        chosen = self._chosen(len(scene.images), scene.columns)
        images = scene.images[chosen]
        low, high = scene.value_range
        queries = np.clip(np.nan_to_num(images, nan=low), low, high)
        if keras.config.image_data_format() == "channels_first":
            queries = np.moveaxis(queries, -1, 1)
        queries = queries.reshape(-1, *self.real.shape[1:])
        indices = nearest(
            self._vectors(queries.astype("float32")),
            self._reference_rows,
            self.real.shape[0],
            self.neighbours,
            self._rows_at_once(),
        )
        real = self._images(indices.ravel())
        return side_by_side(
            image_grid(drawn(images, scene.value_range), columns=1),
            image_grid(drawn(real, scene.value_range), columns=self.neighbours),
        )

    def values(self) -> dict[str, np.ndarray]:
        """Returns the values of at most 1000 real images, evenly chosen."""
        size = self.real.shape[0]
        chosen = np.linspace(0, size - 1, min(size, _LOOKED_AT))
        return {"real_values": self._rows(chosen.round().astype(int))}

    def _chosen(self, count: int, columns: int | None) -> np.ndarray:
        """Returns the first images, column by column in a grid of classes."""
        order = np.arange(count)
        if columns is not None:
            order = order.reshape(-1, columns).T.ravel()
        return order[: self.count]

    def _reference_rows(self, rows: np.ndarray | slice) -> np.ndarray:
        if self._real_features is not None:
            return self._real_features[rows]
        return self._vectors(self._rows(rows))

    def _vectors(self, images: np.ndarray) -> np.ndarray:
        if self.features is not None:
            return self._extract(images)
        return images.reshape(len(images), -1)

    def _extract(self, images: np.ndarray) -> np.ndarray:
        features: Any = self.features
        if isinstance(features, keras.Model):
            features = predictions(features, images, _BATCH_SIZE)
        else:
            features = features(images)
        features = np.nan_to_num(
            ops.convert_to_numpy(features).astype("float32")
        )
        if features.ndim < 2 or len(features) != len(images):
            raise ValueError(
                _validation.message(
                    "features",
                    f"a function that returns a row for each of {len(images)} "
                    "images",
                    features.shape,
                )
            )
        return features.reshape(len(features), -1)

    def _images(self, indices: Any) -> np.ndarray:
        return _generated_images.channels_last(
            self._rows(np.asarray(indices)), "real", "real"
        )

    def _rows(self, rows: np.ndarray | slice) -> np.ndarray:
        """Returns real images as float32, even if the array is in a file."""
        if isinstance(rows, slice):
            images = ops.convert_to_numpy(self.real[rows])
        else:
            images = np.stack(
                [ops.convert_to_numpy(self.real[int(row)]) for row in rows]
            )
        return images.astype("float32")

    def _rows_at_once(self) -> int:
        return max(1, _VALUES_AT_ONCE // int(np.prod(self.real.shape[1:])))


def _file_name(name: Any) -> str:
    name = _validation.log_name(name)
    if not re.fullmatch(r"[\w-]+", name):
        raise ValueError(
            _validation.message("name", "letters, digits, `_` or `-`", name)
        )
    return name
