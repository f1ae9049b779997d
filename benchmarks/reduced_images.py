"""Images with fewer pixels."""

import numpy as np


def reduced(images: np.ndarray, size: int | None) -> np.ndarray:
    """Returns images whose pixels are means of squares of pixels, float32.

    Args:
        images: Square images `(images, height, width, channels)`.
        size: The new height and width, or `None` to leave them as they are.
    """
    size = size or images.shape[1]
    by, rest = divmod(images.shape[1], size)
    if rest:
        raise SystemExit(
            "Invalid value for argument `--size`. Expected a divisor of "
            f"{images.shape[1]}. Received: --size {size}"
        )
    shape = (len(images), size, by, size, by, images.shape[-1])
    return images.reshape(shape).mean(axis=(2, 4), dtype="float32")
