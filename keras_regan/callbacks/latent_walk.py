"""A callback that draws walks through the latent space."""

import os
from typing import Any

import keras
import numpy as np
from PIL import Image

from keras_regan import _validation
from keras_regan._picture_names import picture_path
from keras_regan.callbacks._condition_rows import at_least_one_each
from keras_regan.callbacks._condition_rows import checked_conditions
from keras_regan.callbacks._condition_rows import condition_count
from keras_regan.callbacks._condition_rows import conditions_of_model
from keras_regan.callbacks._drawn_samples import drawn
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._picture_files import as_image
from keras_regan.callbacks._pictures import Pictures
from keras_regan.callbacks._spherical_interpolation import (
    spherical_interpolation,
)

_NAME = "walk"
_BATCH_SIZE = 64
_WALKS = 4
_STRIP_COLUMNS = 16
_MILLISECONDS = 60


class LatentWalk(Pictures):
    """Draws the samples between samples, in the end or every n-th epoch.

    A generator that has learned the data turns one sample into another through
    other good ones. If it jumps, stands still or passes through garbage, it
    has memorized single samples or lost modes, which a grid of samples does
    not show.

    Each walk goes through `stops` latents and back to the first one, along
    arcs of the sphere (see `spherical_interpolation`). The strip
    `walk_0020.png` has a row for each walk, which begins and ends at the first
    stop. The animation `walk_0020.gif` shows all walks at once, and loops
    without a jump. The latents are the same in every epoch. The images come
    from the moving average of the generator if the model keeps one.

    Samples of shape `(length,)` or `(length, channels)` are drawn as curves.

    If a file cannot be written, the callback warns and the training goes on.
    No half-written files are left behind.

    Args:
        directory: String or path. The directory for the pictures. It is
            created if it does not exist.
        every: Positive integer, or `None`. The callback draws after each epoch
            that is a multiple of it; `None` draws the last epoch only.
            Defaults to `None`.
        walks: Positive integer, or `None`. Number of rows. With `conditions`,
            each of them gets `walks // rows`. `None` means 4, or one per
            condition. Defaults to `None`.
        stops: Integer of 2 or more. Number of latents that a walk visits.
            Defaults to `4`.
        frames: Positive integer. Frames of the animation from one stop to the
            next, each shown for 60 milliseconds. The strip has an even
            selection of them, about 16 images in a row. Defaults to `16`.
        conditions: The condition of each row, or `None`: a sequence of class
            labels, an array with a row for each condition, or, for several
            kinds, a tuple of arrays or a dictionary with the names of the
            generator's inputs. Rows of different conditions share their
            latents. Required for conditional models, and only for them.
            Defaults to `None`.
        value_range: Tuple of two increasing floats, or `None`. The values of
            black and white in the training data; for curves the lower and the
            upper edge. `None` takes them from the generator's last
            activation: `(0.0, 1.0)` for a sigmoid, and `(-1.0, 1.0)` for tanh
            and all others. Defaults to `None`.
        animation: `"gif"`, `"webp"` or `None` for the strip alone. Defaults to
            `"gif"`.
        at_end: Boolean. Whether to draw the last epoch too if it is not a
            multiple of `every`. If a callback stopped the training early and
            restored other weights, those are drawn. Defaults to `True`.
        log_dir: String, path or `None`. If given, the strip is written there
            for TensorBoard as `walk`, with the number of the epoch as step.
            Defaults to `None`.
        seed: Integer. Seed of the latents. Defaults to `0`.

    Raises:
        ValueError: If an argument is out of its range or `directory` cannot
            be written to; when training begins, if the generated samples are
            neither images of 1 or 3 channels nor curves, if `conditions` do
            not fit the model, or if its generator takes no latents.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((8, 8, 1), latent_dim=4))
    >>> gan.compile()
    >>> walk = keras_regan.callbacks.LatentWalk("walks", frames=4)
    >>> history = gan.fit(images, epochs=2, verbose=0, callbacks=[walk])
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        every: int | None = None,
        walks: int | None = None,
        stops: int = 4,
        frames: int = 16,
        conditions: Any = None,
        value_range: tuple[float, float] | None = None,
        animation: str | None = "gif",
        at_end: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        seed: int = 0,
    ):
        self.walks, self.conditions = _rows(walks, conditions)
        self.stops = _validation.positive_integer(stops, "stops")
        if self.stops < 2:
            raise ValueError(
                _validation.message("stops", "an integer of 2 or more", stops)
            )
        self.frames = _validation.positive_integer(frames, "frames")
        if every is None and at_end is False:
            raise ValueError(
                _validation.message(
                    "at_end",
                    "`True` if `every` is `None`, because nothing is drawn "
                    "otherwise",
                    at_end,
                )
            )
        super().__init__(
            directory,
            every=every,
            value_range=value_range,
            at_end=at_end,
            animation=animation,
            log_dir=log_dir,
            seed=seed,
        )

    def _begin(self, model: keras.Model) -> None:
        if model.latent_shape is None:
            raise ValueError(
                "`LatentWalk` interpolates between latents. Expected a "
                "generator that takes latents. Received: one that takes "
                "conditions only"
            )
        self._latents, self._told = self._draw_inputs(model)
        self._images(model, slice(0, _BATCH_SIZE))

    def _draw_inputs(
        self, model: keras.Model
    ) -> tuple[np.ndarray, list[np.ndarray] | None]:
        """Returns the latents and conditions of all rows of all frames."""
        told = conditions_of_model(self.conditions, model)
        kinds = 1 if told is None else len(told[0])
        different = self.walks // kinds
        latents = keras.ops.convert_to_numpy(
            model.sample_latents(self.stops * different, seed=self.seed)
        )
        stops = latents.reshape(self.stops, different, *latents.shape[1:])
        path = np.concatenate(
            [
                spherical_interpolation(start, end, self.frames + 1)[:-1]
                for start, end in zip(
                    stops, np.roll(stops, -1, axis=0), strict=True
                )
            ]
        )
        path = np.concatenate([path] * kinds, axis=1)
        latents = path.reshape(-1, *latents.shape[1:])
        if told is None:
            return latents, None
        rows = np.tile(np.repeat(np.arange(kinds), different), len(path))
        return latents, [part[rows] for part in told]

    def _images(self, model: keras.Model, part: slice) -> np.ndarray:
        told = self._told
        if told is not None:
            told = [rows[part] for rows in told]
        inputs = model._interface.generator_inputs(self._latents[part], told)
        batch_size = min(len(self._latents), _BATCH_SIZE)
        return self._predict(model, inputs, batch_size)

    def _draw(self, model: keras.Model, epoch: int) -> None:
        pixels = self._pixels(model)
        strip = self._strip(pixels)
        path = picture_path(self.directory, _NAME, epoch)
        self._write_picture(path, strip)
        self._events.write(lambda writer: writer.image(_NAME, strip, epoch))
        if self.animation is not None:
            self._write_animation(
                f"{os.path.splitext(path)[0]}.{self.animation}",
                lambda: _frames(pixels),
                _MILLISECONDS,
                _MILLISECONDS,
            )

    def _pixels(self, model: keras.Model) -> np.ndarray:
        """Returns `(frames, walks, height, width, channels)`, uint8."""
        parts = []
        for start in range(0, len(self._latents), _BATCH_SIZE):
            images = self._images(model, slice(start, start + _BATCH_SIZE))
            self._check_values(images)
            parts.append(drawn(images, self._values_shown))
        pixels = np.concatenate(parts)
        rows = self._latents.shape[0] // (self.stops * self.frames)
        return pixels.reshape(-1, rows, *pixels.shape[1:])

    def _strip(self, pixels: np.ndarray) -> np.ndarray:
        """Returns a row per walk, from the first stop back to it."""
        most = max(1, _STRIP_COLUMNS // self.stops)
        a_leg = max(n for n in range(1, most + 1) if self.frames % n == 0)
        chosen = np.arange(0, len(pixels) + 1, self.frames // a_leg)
        rows = pixels[chosen % len(pixels)].swapaxes(0, 1)
        images = rows.reshape(-1, *pixels.shape[2:])
        return image_grid(images, columns=len(chosen))


def _frames(pixels: np.ndarray) -> list[Image.Image]:
    return [as_image(image_grid(images)) for images in pixels]


def _rows(walks: Any, conditions: Any) -> tuple[int, Any]:
    if walks is not None:
        walks = _validation.positive_integer(walks, "walks")
    if conditions is None:
        return _WALKS if walks is None else walks, None
    conditions = checked_conditions(conditions)
    count = condition_count(conditions)
    walks = count if walks is None else walks
    return at_least_one_each(walks, "walks", count), conditions
