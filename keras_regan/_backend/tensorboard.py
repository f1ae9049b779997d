"""Images, scalars and histograms for TensorBoard, on every backend.

`tf.summary` would start TensorFlow's runtime, which reserves GPU memory in a
process with JAX or PyTorch. An event file is only a list of records, and
writing records needs no runtime.
"""

import contextlib
import io
import os
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

_BUCKETS = 30


class EventWriter:
    """Writes data for TensorBoard to an event file, and flushes it.

    Args:
        log_dir: String. The directory that TensorBoard watches. It is created
            if it does not exist. Each writer adds a file to it.

    Raises:
        OSError: From every method, if the file cannot be written.

    Example:
    >>> writer = EventWriter("logs")
    >>> writer.image("samples", np.zeros((8, 8, 3), "uint8"), step=1)
    >>> writer.scalar("diversity", 0.5, step=1)
    >>> writer.histogram("values", np.linspace(-1, 1, 100), step=1)
    >>> writer.close()
    """

    def __init__(self, log_dir: str):
        import tensorflow as tf

        name = (
            f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}"
            f".{uuid.uuid4().hex}"
        )
        self._path = os.path.join(log_dir, name)
        with _file_errors():
            tf.io.gfile.makedirs(log_dir)
            self._records = tf.io.TFRecordWriter(self._path)
        self._write_event(file_version="brain.Event:2")

    @property
    def is_gone(self) -> bool:
        """Whether the file was removed; writing to it would not fail."""
        return "://" not in self._path and not os.path.exists(self._path)

    def image(self, name: str, image: np.ndarray, step: int) -> None:
        """Writes one image.

        Args:
            name: String. The name of the image in TensorBoard.
            image: Array of type uint8 and of shape `(height, width, 1 or 3)`.
            step: Non-negative integer. The position of the image in the series.
        """
        import tensorflow as tf

        height, width, channels = image.shape
        encoded = io.BytesIO()
        pixels = image[..., 0] if channels == 1 else image
        Image.fromarray(pixels).save(encoded, format="PNG")
        summary = tf.compat.v1.Summary.Image(
            height=height,
            width=width,
            colorspace=channels,
            encoded_image_string=encoded.getvalue(),
        )
        self._write_value(name, step, image=summary)

    def scalar(self, name: str, value: float, step: int) -> None:
        """Writes one number.

        Args:
            name: String. The name of the number in TensorBoard.
            value: Float. It may be NaN or infinite.
            step: Non-negative integer. The position in the series.
        """
        self._write_value(name, step, simple_value=float(value))

    def histogram(self, name: str, values: np.ndarray, step: int) -> None:
        """Writes the distribution of numbers, in 30 buckets of equal width.

        Args:
            name: String. The name of the histogram in TensorBoard.
            values: Array of numbers of any shape. NaN and infinite values are
                left out.
            step: Non-negative integer. The position in the series.
        """
        import tensorflow as tf

        values = np.asarray(values, dtype="float64").ravel()
        values = values[np.isfinite(values)]
        lowest, highest = (
            (values.min(), values.max()) if values.size else (0.0, 0.0)
        )
        edges = np.linspace(lowest, highest, _BUCKETS + 1)
        counts, _ = np.histogram(values, edges)
        summary = tf.compat.v1.HistogramProto(
            min=lowest,
            max=highest,
            num=values.size,
            sum=values.sum(),
            sum_squares=np.square(values).sum(),
            bucket_limit=edges[1:],
            bucket=counts,
        )
        self._write_value(name, step, histo=summary)

    def close(self) -> None:
        """Closes the file."""
        with _file_errors():
            self._records.close()

    def _write_value(self, name: str, step: int, **value: Any) -> None:
        import tensorflow as tf

        summary = tf.compat.v1.Summary
        self._write_event(
            step=step, summary=summary(value=[summary.Value(tag=name, **value)])
        )

    def _write_event(self, **fields: Any) -> None:
        import tensorflow as tf

        event = tf.compat.v1.Event(wall_time=time.time(), **fields)
        with _file_errors():
            self._records.write(event.SerializeToString())
            self._records.flush()


@contextlib.contextmanager
def _file_errors() -> Iterator[None]:
    """Turns TensorFlow's errors about files into Python's."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(error.message) from error
