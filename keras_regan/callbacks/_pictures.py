"""The base class of callbacks that draw pictures."""

import os
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image

from keras_regan import _validation
from keras_regan._files import path_string
from keras_regan._output_range import output_range
from keras_regan._predictions import predictions
from keras_regan._representation import as_call
from keras_regan.callbacks import _animation
from keras_regan.callbacks import _generated_images
from keras_regan.callbacks import _picture_arguments
from keras_regan.callbacks import _picture_files
from keras_regan.callbacks._event_log import EventLog
from keras_regan.callbacks._warner import Warner

_USUAL_VALUES = (-1.0, 1.0)


class Pictures(keras.callbacks.Callback):
    """Base class of callbacks that draw a picture after every n-th epoch.

    A subclass implements `_begin`, which checks the model, and `_draw`, and may
    extend `on_train_end`. A file that cannot be written becomes a warning.

    Args:
        directory: String or path. The directory for the pictures.
        every: Positive integer, or `None` for the last epoch only.
        value_range: Tuple of two increasing floats: black and white. `None`
            takes them from the generator.
        at_end: Boolean. Whether to draw the last epoch in any case.
        animation: `"gif"`, `"webp"` or `None`.
        log_dir: String, path or `None`. The directory of TensorBoard.
        seed: Integer. Seed of the latents.
    """

    __repr__ = as_call

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        every: int | None,
        value_range: tuple[float, float] | None,
        at_end: bool,
        animation: str | None,
        log_dir: str | os.PathLike[str] | None,
        seed: int,
    ):
        super().__init__()
        self.every = (
            None
            if every is None
            else _validation.positive_integer(every, "every")
        )
        self.value_range = (
            None
            if value_range is None
            else _picture_arguments.increasing(value_range, "value_range")
        )
        self.at_end = _validation.boolean(at_end, "at_end")
        self.animation = (
            None
            if animation is None
            else _picture_arguments.animation_format(animation)
        )
        self.log_dir = (
            None if log_dir is None else path_string(log_dir, "log_dir")
        )
        self.seed = _validation.random_seed(seed)
        self.directory = _picture_files.writable_directory(
            directory, "directory"
        )

    def _begin(self, model: keras.Model) -> None:
        """Draws the latents and checks that the model generates images."""
        raise NotImplementedError

    def _draw(self, model: keras.Model, epoch: int) -> None:
        """Draws the pictures of an epoch; epoch 0 is the untrained model."""
        raise NotImplementedError

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the latents and checks that the model generates images."""
        self._warner = Warner(type(self).__name__)
        self._events = EventLog(self.log_dir, self._warner)
        self._last_epoch: int | None = None
        self._last_picture: int | None = None
        model = self.model
        self._values_shown = self.value_range or _values_of(model.generator)
        self._begin(model)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Draws the pictures if they are due."""
        done = self._last_epoch = epoch + 1
        is_last = done == self.params.get("epochs")
        is_due = self.every is not None and done % self.every == 0
        if is_due or (self.at_end and is_last):
            self._draw_now(done)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the last epoch of a training that was stopped."""
        if (
            self.at_end
            and self._last_epoch is not None
            and self._last_picture != self._last_epoch
        ):
            self._draw_now(self._last_epoch)
        self._events.close()

    def _draw_now(self, epoch: int) -> None:
        self._last_picture = epoch
        self._draw(self.model, epoch)

    def _predict(
        self, model: keras.Model, inputs: Any, batch_size: int
    ) -> np.ndarray:
        """Returns generated images, float64, with the channels last."""
        images = np.asarray(
            predictions(model, inputs, batch_size),
            dtype=np.float64,
        )
        return _generated_images.channels_last(images)

    def _check_values(self, images: np.ndarray) -> None:
        """Reports values that cannot be shown as they are."""
        bad = images.size - np.isfinite(images).sum()
        if bad:
            self._warner.warn(
                "not finite",
                f"{bad} of {images.size} generated values are NaN or infinite, "
                "so the training has diverged. Lower the learning rates; "
                "`keras_regan.callbacks.CollapseMonitor` notices it in time.",
            )
        seen = _generated_images.beyond(images, self._values_shown)
        if seen is not None:
            low, high = self._values_shown
            self._warner.warn(
                "range",
                f"Generated values lie outside value_range=({low}, {high}) "
                "and are clipped in the pictures. Found: values from "
                f"{seen[0]:.4g} to {seen[1]:.4g}. Pass the range of the "
                "training data to "
                f"{type(self).__name__}, for instance "
                f"`value_range={_generated_images.usual_range(*seen)}`.",
            )

    def _write_picture(self, path: str, pixels: np.ndarray) -> None:
        """Writes a PNG file."""
        self._warner.try_to_write(
            path, lambda: _picture_files.write_picture(path, pixels)
        )

    def _write_animation(
        self,
        path: str,
        frames: Callable[[], Sequence[Image.Image]],
        milliseconds: int,
        last_milliseconds: int,
    ) -> None:
        """Writes an animation of the frames, if `frames` returns any."""

        def write() -> None:
            images = frames()
            if images:
                _animation.write_animation(
                    path, images, milliseconds, last_milliseconds
                )

        self._warner.try_to_write(path, write)


def _values_of(generator: keras.Model) -> tuple[float, float]:
    """Returns a generator's values of black and white."""
    values = output_range(generator)
    if values is None or values[1] is None:
        return _USUAL_VALUES
    return values[0], values[1]
