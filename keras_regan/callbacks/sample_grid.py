"""A callback that draws generated samples after every n-th epoch."""

import itertools
import os
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan import _validation
from keras_regan._backend.tensorboard import EventWriter
from keras_regan._picture_names import picture_epochs
from keras_regan._picture_names import picture_path
from keras_regan.callbacks._animation import read_pictures
from keras_regan.callbacks._beside_rows import checked_truth
from keras_regan.callbacks._beside_rows import condition_columns
from keras_regan.callbacks._beside_rows import truth_column
from keras_regan.callbacks._captions import LINE_HEIGHT
from keras_regan.callbacks._captions import caption_images
from keras_regan.callbacks._captions import checked_captions
from keras_regan.callbacks._condition_rows import at_least_one_each
from keras_regan.callbacks._condition_rows import checked_conditions
from keras_regan.callbacks._condition_rows import condition_count
from keras_regan.callbacks._condition_rows import conditions_of_model
from keras_regan.callbacks._condition_rows import latents_of_model
from keras_regan.callbacks._condition_rows import rows_of
from keras_regan.callbacks._drawn_samples import drawn
from keras_regan.callbacks._image_grid import at_least_as_high
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import in_a_row
from keras_regan.callbacks._pictures import Pictures
from keras_regan.callbacks._view import Scene
from keras_regan.callbacks._view import View

_NAME = "epoch"
_BATCH_SIZE = 64
_MILLISECONDS = 150
_LAST_MILLISECONDS = 2000


class SampleGrid(Pictures):
    """Saves a grid of generated images after every n-th epoch.

    It is the quickest way to see how a training goes: collapsed modes,
    artifacts and divergence show in the pictures long before they show in the
    losses. All pictures use the same latents, so you can follow the same place
    in the grid from epoch to epoch, even after a resumed training. The images
    come from the moving average of the generator if the model keeps one.

    Pass `views` for more pictures: `NearestReal(images)` shows whether the
    generator copies, `AverageAndLive()` what the average does.

    Samples of shape `(length,)` or `(length, channels)`, such as sounds, are
    drawn as curves, with a colour for each of at most 6 channels.

    The picture of epoch 1 is `epoch_0001.png`. A conditional model gets one row
    per condition, and the images of a column share their latents. If the
    conditions are images of 1 or 3 channels, each row begins with its
    condition.

    If a picture cannot be written (disk full, directory gone), the callback
    warns and the training goes on. No half-written files are left behind.

    Args:
        directory: String or path. The directory for the pictures. It is
            created if it does not exist.
        every: Positive integer. The callback draws after each epoch that is a
            multiple of it. Defaults to `1`.
        count: Positive integer. Number of images in a picture. With
            `conditions`, each row gets `count // rows`, or one if the
            generator takes no latents. Defaults to `64`.
        conditions: The condition of each row, or `None`: a sequence of class
            labels, an array with a row for each condition, or, for several
            kinds, a tuple of arrays or a dictionary with the names of the
            generator's inputs. Required for conditional models, and only for
            them. Defaults to `None`.
        real: Array of real samples, or `None`. The real sample of each
            condition, drawn before the generated ones. Defaults to `None`.
        captions: Sequence of strings, or `None`. The text at the left of each
            row, such as the text that a condition was made from, or the name
            of a class. Defaults to `None`.
        value_range: Tuple of two increasing floats, or `None`. The values of
            black and white in the training data; for curves the lower and the
            upper edge. `None` takes them from the generator's last
            activation: `(0.0, 1.0)` for a sigmoid, and `(-1.0, 1.0)` for tanh
            and all others. Defaults to `None`.
        views: Sequence of views, `NearestReal` and `AverageAndLive`. Further
            pictures from the same latents, in files named after the view.
            Defaults to `()`.
        at_start: Boolean. Whether to draw `epoch_0000.png` before the first
            epoch, unless training is resumed at a later one. Defaults to
            `False`.
        at_end: Boolean. Whether to draw the last epoch too if it is not a
            multiple of `every`. If a callback stopped the training early and
            restored other weights, those are drawn. Defaults to `False`.
        animation: `"gif"`, `"webp"` or `None`. If given, the callback makes
            `samples.gif` or `samples.webp` at the end of a training. It uses
            all pictures in the directory up to this epoch, including those of
            earlier trainings, or an even selection if all would take more than
            256 MiB of memory. Defaults to `None`.
        log_dir: String, path or `None`. If given, the pictures are written
            there for TensorBoard as `samples`, those of views under their
            names, with the histograms `generated_values` and, for
            `NearestReal`, `real_values`. The number of the epoch is the step.
            Defaults to `None`.
        seed: Integer. Seed of the latents. Defaults to `0`.
        truncation: Positive float or `None`. The largest magnitude of a latent,
            as in `generate`: the grid then shows what is typical, and less of
            the variety. Defaults to `None`, no bound.

    Raises:
        ValueError: If an argument is out of its range or `directory` cannot
            be written to; when training begins, if the generated samples are
            neither images of 1 or 3 channels nor curves, or if `conditions`,
            `truncation` or a view do not fit the model.
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
        conditions: Any = None,
        real: Any = None,
        captions: Sequence[str] | None = None,
        value_range: tuple[float, float] | None = None,
        views: Sequence[View] = (),
        at_start: bool = False,
        at_end: bool = False,
        animation: str | None = None,
        log_dir: str | os.PathLike[str] | None = None,
        seed: int = 0,
        truncation: float | None = None,
    ):
        self.count = _validation.positive_integer(count, "count")
        self.conditions = None
        if conditions is not None:
            self.conditions = checked_conditions(conditions)
            rows = condition_count(self.conditions)
            at_least_one_each(self.count, "count", rows)
        self.real = self.captions = None
        if real is not None:
            rows = rows_of("real", real, self.conditions)
            self.real = checked_truth(real, rows)
        if captions is not None:
            rows = rows_of("captions", captions, self.conditions)
            self.captions = checked_captions(captions, rows)
        self.views = _views(views)
        self.at_start = _validation.boolean(at_start, "at_start")
        self.truncation = truncation
        if truncation is not None:
            self.truncation = _validation.positive_float(
                truncation, "truncation"
            )
        super().__init__(
            directory,
            every=_validation.positive_integer(every, "every"),
            value_range=value_range,
            at_end=at_end,
            animation=animation,
            log_dir=log_dir,
            seed=seed,
        )

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Draws the untrained generator."""
        if self.at_start and epoch == 0:
            self._draw_now(0)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the last epoch if the training stopped, and the animation."""
        super().on_train_end(logs)
        if self.animation is not None and self._last_epoch is not None:
            self._write_animation(
                os.path.join(self.directory, f"samples.{self.animation}"),
                self._frames,
                _MILLISECONDS,
                _LAST_MILLISECONDS,
            )

    def _begin(self, model: keras.Model) -> None:
        told = conditions_of_model(self.conditions, model)
        self._inputs, self._columns = self._draw_inputs(model, told)
        self._real_values_logged = False
        scene = self._scene(model)
        self._at_left = self._draw_left(model, told, scene)
        for view in self.views:
            view.begin(model, scene)

    def _draw_inputs(
        self, model: keras.Model, told: list[np.ndarray] | None
    ) -> tuple[Any, int | None]:
        """Returns the inputs of the model and the grid's columns."""
        if told is None:
            latents = self._latents(model, self.count)
            return model._interface.generator_inputs(latents, None), None
        rows = len(told[0])
        columns = 1 if model.latent_shape is None else self.count // rows
        latents = self._latents(model, columns)
        if latents is not None:
            latents = np.concatenate([latents] * rows)
        told = [np.repeat(part, columns, axis=0) for part in told]
        return model._interface.generator_inputs(latents, told), columns

    def _latents(self, model: keras.Model, count: int) -> np.ndarray | None:
        return latents_of_model(model, count, self.seed, self.truncation)

    def _draw_left(
        self,
        model: keras.Model,
        told: list[np.ndarray] | None,
        scene: Scene,
    ) -> list[np.ndarray]:
        """Returns the columns of images at the left of each row."""
        if told is None:
            return []
        height = drawn(scene.images[:1], scene.value_range).shape[1]
        columns = condition_columns(
            model._interface.conditions.each, told, height
        )
        if self.real is not None:
            shape = scene.images.shape[1:]
            columns.append(truth_column(self.real, shape, scene.value_range))
        if self.captions is not None:
            columns.insert(
                0, caption_images(self.captions, max(height, LINE_HEIGHT))
            )
        return columns

    def _grid(self, images: np.ndarray) -> np.ndarray:
        pixels = drawn(images, self._values_shown)
        height = max(part.shape[1] for part in [pixels, *self._at_left])
        return in_a_row(
            [
                *(
                    image_grid(at_least_as_high(column, height), columns=1)
                    for column in self._at_left
                ),
                image_grid(
                    at_least_as_high(pixels, height), columns=self._columns
                ),
            ]
        )

    def _scene(self, model: keras.Model) -> Scene:
        batch_size = min(self.count, _BATCH_SIZE)
        return Scene(
            images=self._predict(model, self._inputs, batch_size),
            live_images=lambda: self._predict(
                model._interface.generator, self._inputs, batch_size
            ),
            columns=self._columns,
            value_range=self._values_shown,
        )

    def _draw(self, model: keras.Model, epoch: int) -> None:
        scene = self._scene(model)
        self._check_values(scene.images)
        self._show(_NAME, "samples", self._grid(scene.images), epoch)
        for view in self.views:
            self._show(view.name, view.name, view.draw(scene), epoch)
        self._events.write(
            lambda writer: self._log_values(writer, scene.images, epoch)
        )

    def _show(
        self, name: str, tag: str, pixels: np.ndarray, epoch: int
    ) -> None:
        self._write_picture(picture_path(self.directory, name, epoch), pixels)
        self._events.write(lambda writer: writer.image(tag, pixels, epoch))

    def _log_values(
        self, writer: EventWriter, images: np.ndarray, epoch: int
    ) -> None:
        writer.histogram("generated_values", images, epoch)
        if not self._real_values_logged:
            self._real_values_logged = True
            values = [view.values().items() for view in self.views]
            for name, numbers in dict(itertools.chain(*values)).items():
                writer.histogram(name, numbers, epoch)

    def _frames(self) -> list[Any]:
        epochs = picture_epochs(self.directory, _NAME)
        last = self._last_epoch or 0
        pictures = [
            picture_path(self.directory, _NAME, epoch)
            for epoch in epochs
            if epoch <= last
        ]
        return read_pictures(pictures) if pictures else []


def _views(views: Any) -> tuple[View, ...]:
    expected = (
        "a sequence of views with different names, such as "
        "`[NearestReal(images), AverageAndLive()]`"
    )
    if not isinstance(views, Sequence) or not all(
        isinstance(view, View) for view in views
    ):
        raise TypeError(_validation.message("views", expected, views))
    names = [view.name for view in views]
    if len({*names, _NAME}) <= len(names):
        raise ValueError(_validation.message("views", expected, names))
    return tuple(views)
