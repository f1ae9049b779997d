"""The moving average and the generator itself, side by side."""

import keras
import numpy as np

from keras_regan import _validation
from keras_regan.callbacks._drawn_samples import drawn
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import side_by_side
from keras_regan.callbacks._view import Scene
from keras_regan.callbacks._view import View


class AverageAndLive(View):
    """Compares the moving average with the live generator, for `SampleGrid`.

    The left half is the grid of the average, the right half that of the
    generator itself, from the same latents. Use it to choose `ema_momentum`:
    an average that lags behind the generator is blurred or shows an earlier
    stage, and one that hardly differs from it averages too little. A training
    that oscillates shows it in the right half long before the left one.

    The picture of epoch 1 is `average_and_live_0001.png`.

    Raises:
        ValueError: When training begins, if the model keeps no average.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((8, 8, 1), latent_dim=4),
    ...     ema_momentum=0.99)
    >>> gan.compile()
    >>> samples = keras_regan.callbacks.SampleGrid(
    ...     "samples", views=[keras_regan.callbacks.AverageAndLive()])
    >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> history = gan.fit(images, verbose=0, callbacks=[samples])
    """

    name = "average_and_live"

    def begin(self, model: keras.Model, scene: Scene) -> None:
        """Checks that the model keeps an average."""
        if model.ema_generator is None:
            raise ValueError(
                _validation.message(
                    "ema_momentum",
                    "a float, because `AverageAndLive` compares the average "
                    "with the live generator",
                    None,
                )
            )

    def draw(self, scene: Scene) -> np.ndarray:
        """Returns both grids."""
        average, live = (
            image_grid(drawn(images, scene.value_range), columns=scene.columns)
            for images in (scene.images, scene.live_images())
        )
        return side_by_side(average, live)
