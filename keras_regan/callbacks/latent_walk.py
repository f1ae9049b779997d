"""A walk through the latent space, as a strip and as an animation."""

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
    """Shows what lies between samples, at the end or after every n-th epoch.

    A generator that has learned the data changes one sample into another by
    way of other good ones. Where it jumps, stands still or passes through
    garbage, it has learned single samples by heart or lost modes, which a grid
    of samples does not show.

    Each walk goes through `stops` latents and back to the first one, along
    arcs of the sphere (see `spherical_interpolation`). The strip
    `walk_0020.png` has a row per walk, which begins and ends at the first
    stop; the animation `walk_0020.gif` shows all walks at once, and repeats
    without a seam. The latents are the same in every epoch. The images come
    from the moving average of the generator where the model keeps one.

    Samples of shape `(length,)` or `(length, channels)` are drawn as curves.

    Files that cannot be written are reported as a warning and never end a
    training; there are no half-written ones.

    Args:
        directory: String or path. Where the pictures go. Created where it
            does not exist.
        every: Positive integer, or `None`. A walk is drawn after each epoch
            that is a multiple of it; `None` draws none but the last.
            Defaults to `None`.
        walks: Positive integer, or `None`. Number of rows. With `conditions`,
            each of them gets `walks // rows`. `None` means 4, or one per
            condition. Defaults to `None`.
        stops: Integer of 2 or more. Number of latents that a walk visits.
            Defaults to `4`.
        frames: Positive integer. Frames of the animation from one stop to the
            next, each shown for 60 milliseconds. The strip has an even
            selection of them, of about 16 images a row. Defaults to `16`.
        conditions: What each row is told, or `None`: a sequence of class
            labels, an array with a row for each condition, or, of several
            kinds, a tuple of arrays or a dictionary with the names of the
            generator's inputs. Rows of different conditions share their
            latents. Needed for a conditional model and for no other. Defaults
            to `None`.
        value_range: Tuple of two increasing floats, or `None`. The values of
            black and white in the training data; of curves the lower and the
            upper edge. `None` takes them from the generator's last
            activation: `(0.0, 1.0)` of a sigmoid, and `(-1.0, 1.0)` of tanh
            and where it does not tell. Defaults to `None`.
        animation: `"gif"`, `"webp"` or `None` for the strip alone. Defaults to
            `"gif"`.
        at_end: Boolean. Whether to draw the last epoch too if it is not a
            multiple of `every`. If a callback stopped the training early and
            restored other weights, it is those that are drawn. Defaults to
            `True`.
        log_dir: String, path or `None`. If given, TensorBoard finds the strip
            there as `walk`, with the number of the epoch as step. Defaults to
            `None`.
        seed: Integer. Seed of the latents. Defaults to `0`.

    Raises:
        ValueError: If an argument is out of its range or `directory` cannot
            be written to; when training begins, if the generated samples are
            neither images of 1 or 3 channels nor curves, if `conditions` do
            not go with the model, or if its generator takes no latents.
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
                    "`True` where `every` is `None`, for nothing is drawn "
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
                "`LatentWalk` goes from latents to latents. Expected a "
                "generator that takes some. Received: one of conditions only"
            )
        self._latents, self._told = self._draw_inputs(model)
        self._images(model, slice(0, _BATCH_SIZE))

    def _draw_inputs(
        self, model: keras.Model
    ) -> tuple[np.ndarray, list[np.ndarray] | None]:
        """Returns latents and conditions of all frames, each with all rows."""
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
        """Returns a row per walk, from the first stop around to itself."""
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
