"""Views, which SampleGrid draws in addition to its grid."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from keras_regan._representation import as_call


@dataclasses.dataclass(frozen=True)
class Scene:
    """The images of one epoch, which a view shows in its own way.

    Args:
        images: Float array, `(count, height, width, channels)` or, for curves,
            `(count, length, channels)`, from the moving average if the model
            keeps one.
        live_images: Function that returns the images of the generator itself
            from the same latents.
        columns: Images in a row of the grid; `None` for as many as rows.
        value_range: The values of black and white.
    """

    images: np.ndarray
    live_images: Callable[[], np.ndarray]
    columns: int | None
    value_range: tuple[float, float]


class View:
    """Base class of pictures that `SampleGrid` draws beside its grid."""

    __repr__ = as_call

    # The beginning of the names of files and of TensorBoard's images.
    name = ""

    def begin(self, model: keras.Model, scene: Scene) -> None:
        """Checks, when training begins, that the view can be drawn.

        Args:
            model: The model that is trained.
            scene: The images of the untrained model.

        Raises:
            ValueError: If the view cannot be drawn.
        """

    def draw(self, scene: Scene) -> np.ndarray:
        """Returns a picture, uint8, `(height, width, channels)`."""
        raise NotImplementedError

    def values(self) -> dict[str, np.ndarray]:
        """Returns numbers whose histograms TensorBoard shows, by name."""
        return {}
