"""What SampleGrid can draw beside its grid."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from keras_regan._representation import as_call


@dataclasses.dataclass(frozen=True)
class Scene:
    """The images of one epoch, which a view shows in its own way.

    Args:
        images: Float array, `(count, height, width, channels)` or, of curves,
            `(count, length, channels)`, from the average where the model keeps
            one.
        live_images: Function that returns what the generator itself makes of
            the same latents.
        columns: Images in a row of the grid; `None` for as many as rows.
        value_range: The values of black and white.
    """

    images: np.ndarray
    live_images: Callable[[], np.ndarray]
    columns: int | None
    value_range: tuple[float, float]


class View:
    """Base class of what `SampleGrid` draws beside its grid."""

    __repr__ = as_call

    # What the files and TensorBoard's images are named after.
    name = ""

    def begin(self, model: keras.Model, scene: Scene) -> None:
        """Checks, when training begins, that the view can be drawn.

        Args:
            model: The model that is trained.
            scene: The images of the untrained model.

        Raises:
            ValueError: If it cannot.
        """

    def draw(self, scene: Scene) -> np.ndarray:
        """Returns a picture, uint8, `(height, width, channels)`."""
        raise NotImplementedError

    def values(self) -> dict[str, np.ndarray]:
        """Returns numbers whose histograms TensorBoard shows, by name."""
        return {}
