"""A picture of generated samples after every n-th epoch."""

import math
import os
import warnings
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan import _validation
from keras_regan._backend.tensorboard import ImageWriter
from keras_regan.callbacks import animation as animations
from keras_regan.callbacks import picture_files
from keras_regan.callbacks.image_grid import image_grid
from keras_regan.callbacks.image_grid import to_uint8

_BATCH_SIZE = 64
_TOLERANCE = 0.01
_USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


class SampleGrid(keras.callbacks.Callback):
    """Saves a grid of generated images after every n-th epoch.

    The quickest way to see how a training goes: collapsed modes, artifacts
    and divergence show in the pictures long before they show in the losses.
    All pictures come from the same latents, so the same place in the grid can
    be followed from epoch to epoch, and after a resumed training too. They
    come from the moving average of the generator where the model keeps one.

    The picture of epoch 1 is `epoch_0001.png`. A class-conditional model gets
    one row per label, and the images of a column share their latents.

    A picture that cannot be written (disk full, directory gone) is reported
    as a warning and never ends a training; there are no half-written files.

    Args:
        directory: String or path. Where the pictures go. Created where it
            does not exist.
        every: Positive integer. A picture is drawn after each epoch that is a
            multiple of it. Defaults to `1`.
        count: Positive integer. Number of images in a picture. With `labels`,
            each row gets `count // len(labels)`. Defaults to `64`.
        labels: Sequence of non-negative integers, or `None`. The class of
            each row. Needed for a class-conditional model and for no other.
            Defaults to `None`.
        value_range: Tuple of two increasing floats. The values of black and
            white in the training data. Defaults to `(-1.0, 1.0)`.
        at_start: Boolean. Whether to draw `epoch_0000.png` before the first
            epoch, unless training is resumed at a later one. Defaults to
            `False`.
        at_end: Boolean. Whether to draw the last epoch too if it is not a
            multiple of `every`. If a callback stopped the training early and
            restored other weights, it is those that are drawn. Defaults to
            `False`.
        animation: `"gif"`, `"webp"` or `None`. If given, the end of a
            training makes `samples.gif` or `samples.webp` of all pictures in
            the directory up to this epoch, those of earlier trainings
            included; of an even selection if all would take more than 256 MiB
            of memory. Defaults to `None`.
        log_dir: String, path or `None`. If given, TensorBoard finds the
            pictures there as `samples`, with the number of the epoch as step.
            Defaults to `None`.
        seed: Integer. Seed of the latents. Defaults to `0`.

    Raises:
        ValueError: If an argument is out of its range or `directory` cannot
            be written to; when training begins, if the generated samples are
            not images of 1 or 3 channels, or if `labels` do not go with the
            model.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((8, 8, 1), latent_dim=4))
    >>> gan.compile()
    >>> samples = keras_regan.callbacks.SampleGrid(
    ...     "samples", every=5, at_end=True, animation="gif")
    >>> history = gan.fit(images, epochs=20, verbose=0, callbacks=[samples])
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        every: int = 1,
        count: int = 64,
        labels: Sequence[int] | None = None,
        value_range: tuple[float, float] = (-1.0, 1.0),
        at_start: bool = False,
        at_end: bool = False,
        animation: str | None = None,
        log_dir: str | os.PathLike[str] | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.every = _validation.positive_integer(every, "every")
        self.count = _validation.positive_integer(count, "count")
        self.labels = None if labels is None else _labels(labels, self.count)
        self.value_range = _increasing(value_range, "value_range")
        self.at_start = _boolean(at_start, "at_start")
        self.at_end = _boolean(at_end, "at_end")
        self.animation = None if animation is None else _format(animation)
        self.log_dir = (
            None
            if log_dir is None
            else picture_files.path_string(log_dir, "log_dir")
        )
        self.seed = _validation.random_seed(seed)
        self.directory = picture_files.writable_directory(
            directory, "directory"
        )
        self._writer = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the latents and checks that the model generates images."""
        self._reported = set()
        self._last_epoch = None
        self._last_picture = None
        model = self.model
        self._inputs, self._columns = self._draw_inputs(model)
        self._to_images(self._predict(model))

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Draws the untrained generator."""
        if self.at_start and epoch == 0:
            self._draw_picture(0)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Draws a picture if one is due."""
        self._last_epoch = epoch + 1
        is_last = self._last_epoch == self.params.get("epochs")
        if self._last_epoch % self.every == 0 or (self.at_end and is_last):
            self._draw_picture(self._last_epoch)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the last epoch of a stopped training, and the animation."""
        if self._last_epoch is None:
            return
        if self.at_end and self._last_picture != self._last_epoch:
            self._draw_picture(self._last_epoch)
        if self.animation is not None:
            self._write_animation()
        if self._writer is not None:
            writer, self._writer = self._writer, None
            self._try_to_write(self.log_dir, writer.close)

    def _draw_inputs(self, model: keras.Model) -> tuple[Any, int | None]:
        """Returns what the model predicts from, and the grid's columns."""
        if model.conditional and self.labels is None:
            raise ValueError(
                _validation.message(
                    "labels", "class ids, for the model is conditional", None
                )
            )
        if self.labels is None:
            latents = model.sample_latents(self.count, seed=self.seed)
            return keras.ops.convert_to_numpy(latents), None
        if not model.conditional:
            raise ValueError(
                _validation.message(
                    "labels",
                    "`None`, for the model is not conditional",
                    self.labels,
                )
            )
        columns = self.count // len(self.labels)
        latents = model.sample_latents(columns, seed=self.seed)
        latents = keras.ops.convert_to_numpy(latents)
        labels = np.repeat(np.array(self.labels, dtype="int32"), columns)
        return [np.tile(latents, (len(self.labels), 1)), labels], columns

    def _predict(self, model: keras.Model) -> np.ndarray:
        samples = model.predict(
            self._inputs, batch_size=min(self.count, _BATCH_SIZE), verbose=0
        )
        return np.asarray(samples, dtype=np.float64)

    def _to_images(self, samples: np.ndarray) -> np.ndarray:
        """Returns the samples with the channels last."""
        shape = samples.shape
        if keras.config.image_data_format() == "channels_first":
            order = "(count, channels, height, width)"
            if samples.ndim == 4:
                samples = samples.transpose(0, 2, 3, 1)
        else:
            order = "(count, height, width, channels)"
        if samples.ndim != 4 or samples.shape[-1] not in (1, 3):
            raise ValueError(
                _validation.message(
                    "samples.shape",
                    f"generated images of shape {order} with 1 or 3 channels",
                    shape,
                )
            )
        return samples

    def _draw_picture(self, epoch: int) -> None:
        self._last_picture = epoch
        images = self._to_images(self._predict(self.model))
        self._check_values(images)
        grid = image_grid(
            to_uint8(images, self.value_range), columns=self._columns
        )
        path = picture_files.picture_path(self.directory, epoch)
        self._try_to_write(
            path, lambda: picture_files.write_picture(path, grid)
        )
        if self.log_dir is not None:
            self._try_to_write(
                self.log_dir, lambda: self._write_log(grid, epoch)
            )

    def _write_log(self, grid: np.ndarray, epoch: int) -> None:
        if self._writer is None:
            self._writer = ImageWriter(self.log_dir)
        self._writer.write("samples", grid, step=epoch)

    def _write_animation(self) -> None:
        path = os.path.join(self.directory, f"samples.{self.animation}")

        def write() -> None:
            pictures = picture_files.picture_paths(
                self.directory, self._last_epoch
            )
            if pictures:
                animations.write_animation(path, pictures)

        self._try_to_write(path, write)

    def _try_to_write(self, path: str, write: Callable[[], None]) -> None:
        """Calls `write`; a failure becomes a warning, one of each kind."""
        try:
            write()
        except OSError as error:
            self._report(
                (type(error), error.errno),
                f"SampleGrid could not write '{path}': {error}. The training "
                "goes on. Further failures of this kind are not reported.",
            )

    def _check_values(self, samples: np.ndarray) -> None:
        finite = samples[np.isfinite(samples)]
        if finite.size < samples.size:
            self._report(
                "not finite",
                f"{samples.size - finite.size} of {samples.size} generated "
                "values are NaN or infinite, so the training has diverged. "
                "Pass `keras.callbacks.TerminateOnNaN()` to `fit` to stop "
                "there, and lower the learning rates.",
            )
        if not finite.size:
            return
        low, high = self.value_range
        tolerance = _TOLERANCE * (high - low)
        lowest, highest = float(finite.min()), float(finite.max())
        if lowest < low - tolerance or highest > high + tolerance:
            self._report(
                "range",
                f"Generated values lie outside of value_range=({low}, {high}) "
                f"and are clipped in the pictures. Seen: from {lowest:.4g} to "
                f"{highest:.4g}. Pass the range of the training data to "
                "SampleGrid, for instance "
                f"`value_range={_usual_range(lowest, highest)}`.",
            )

    def _report(self, kind: Any, text: str) -> None:
        if kind not in self._reported:
            self._reported.add(kind)
            warnings.warn(text, stacklevel=2)


def _usual_range(lowest: float, highest: float) -> tuple[float, float]:
    for low, high in _USUAL_RANGES:
        tolerance = _TOLERANCE * (high - low)
        if low - tolerance <= lowest and highest <= high + tolerance:
            return low, high
    return math.floor(lowest), math.ceil(highest)


def _labels(labels: Any, count: int) -> tuple[int, ...]:
    expected = "a sequence of non-negative integers"
    if (
        isinstance(labels, str | bytes)
        or not isinstance(labels, Sequence | np.ndarray)
        or np.shape(labels) == ()
    ):
        raise TypeError(_validation.message("labels", expected, labels))
    labels = tuple(_integer(label, "labels") for label in labels)
    if not labels or min(labels) < 0:
        raise ValueError(_validation.message("labels", expected, labels))
    if len(labels) > count:
        raise ValueError(
            _validation.message(
                "count", f"one image or more for {len(labels)} labels", count
            )
        )
    return labels


def _increasing(values: Any, argument: str) -> tuple[float, float]:
    expected = "a tuple of two increasing floats"
    if not isinstance(values, Sequence) or not all(
        _validation.is_real_number(value) for value in values
    ):
        raise TypeError(_validation.message(argument, expected, values))
    if (
        len(values) != 2
        or not all(map(_validation.is_finite, values))
        or not values[0] < values[1]
    ):
        raise ValueError(_validation.message(argument, expected, values))
    return float(values[0]), float(values[1])


def _format(animation: Any) -> str:
    _validation.one_of(animation, "animation", ("gif", "webp"))
    if not animations.can_write(animation):
        raise ValueError(
            _validation.message(
                "animation",
                "a format that the installed Pillow can write",
                animation,
            )
        )
    return animation


def _boolean(value: Any, argument: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(_validation.message(argument, "a boolean", value))
    return value


def _integer(value: Any, argument: str) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(_validation.message(argument, "an integer", value))
    return int(value)
