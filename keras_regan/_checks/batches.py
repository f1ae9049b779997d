"""Turns the data of a Keras step into a batch for both networks.

The first batch of each form is checked.
"""

from typing import Any

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.conditions import check_present
from keras_regan._checks.labels import Labels
from keras_regan._dtypes import dtype_name
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan.penalties._batch import Batch


class BatchReader:
    """Splits batches, and checks the first one of each form.

    Args:
        sample_shape: The shape of one sample.
        beside: The conditions or labels that the data must have, or `None`.
        uses_conditions: Whether conditions or labels are used.
    """

    def __init__(
        self,
        sample_shape: Shape,
        beside: Conditions | None,
        uses_conditions: bool,
    ):
        self._sample_shape = sample_shape
        self._beside = beside
        self._uses_conditions = uses_conditions
        self._known_forms: list[Any] = []

    def read(self, data: Any) -> Batch:
        """Returns the batch in `data`, with samples in Keras's float type.

        Args:
            data: The data that Keras passes to a step.

        Raises:
            TypeError: If samples or conditions are not arrays.
            ValueError: If they do not fit the networks.
        """
        real, beside = split(data)
        if not self._uses_conditions:
            beside = None
        form = keras.tree.map_structure(_form, (real, beside))
        if form not in self._known_forms:
            self._check(real, beside)
            self._known_forms.append(form)
        real = ops.cast(ops.convert_to_tensor(real), keras.config.floatx())
        if beside is not None:
            beside = keras.tree.map_structure(ops.convert_to_tensor, beside)
        return self.batch(real, beside)

    def batch(self, real: Tensor, beside: Any) -> Batch:
        """Returns a batch of samples with their conditions or labels."""
        if isinstance(self._beside, Labels):
            return Batch(real, labels=beside)
        return Batch(real, beside)

    def is_finite(self, batch: Batch) -> Tensor:
        """Tells whether all values are finite and all labels known classes."""
        finite = _backend.all_finite(batch.real)
        if self._beside is None:
            return finite
        beside = batch.conditions if batch.labels is None else batch.labels
        if beside is None:
            return finite
        usable = self._beside.usable(beside)
        known = ops.where(usable, 0.0, float("nan"))
        return ops.logical_and(finite, _backend.all_finite(known))

    def _check(self, real: Any, beside: Any) -> None:
        check_array(real)
        check_samples(real, self._sample_shape)
        check_present(beside, self._beside)
        if beside is not None and self._beside is not None:
            self._beside.check(beside)


def _form(part: Any) -> Any:
    """Returns the properties of an array that the checks depend on."""
    shape = getattr(part, "shape", None)
    shape = None if shape is None else tuple(shape)
    return type(part), shape, getattr(part, "dtype", None)


def split(data: Any, conditions: Any = None) -> tuple[Any, Any]:
    """Returns `(samples, conditions)` from the data of a step.

    Raises:
        ValueError: If there are sample weights.
    """
    if conditions is None:
        data, conditions, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise ValueError(
                "Invalid value for argument `sample_weight`. Expected None: "
                "the loss of a GAN has no weights for samples. Pass several "
                "conditions together, (samples, (first, second)). Received: "
                "sample weights"
            )
    pair = isinstance(data, list | tuple) and len(data) == 2
    if conditions is None and pair:
        data, conditions = data
    if conditions is None and isinstance(data, dict):
        data, conditions = _split_dictionary(data)
    return data, conditions


def _split_dictionary(data):
    """Splits the dictionaries that TensorFlow Datasets yields."""
    for key in ("image", "samples"):
        if key in data:
            others = {k: v for k, v in data.items() if k != key}
            if set(others) == {"label"}:
                return data[key], others["label"]
            return data[key], others or None
    return data, None


def check_array(x: Any) -> None:
    """Raises a `TypeError` unless samples are one array."""
    if isinstance(x, dict):
        raise TypeError(
            "Invalid value for argument `x`. Expected batches of one array or "
            "tensor of samples, of (samples, conditions), or dictionaries of "
            "'image' and 'label' or other conditions; convert others with "
            "`dataset.map(lambda d: (d['image'], d['label']))`. Received: an "
            f"object of type dict with the keys {sorted(map(str, x))}"
        )
    if not hasattr(x, "shape"):
        raise TypeError(
            "Invalid value for argument `x`. Expected one array or tensor of "
            f"samples. Received: an object of type {type(x).__name__}"
        )


def check_samples(samples: Any, sample_shape: Shape) -> None:
    """Raises a `ValueError` unless samples are floats of the right shape.

    Args:
        samples: Object with a shape, batch included, and a dtype.
        sample_shape: The shape of a generated sample, without the batch.
    """
    shape = tuple(samples.shape)
    if len(shape) != len(sample_shape) + 1 or any(
        a is not None and b is not None and a != b
        for a, b in zip(shape[1:], sample_shape, strict=True)
    ):
        raise ValueError(
            "The data does not have the shape of what the generator makes. "
            f"Expected samples of shape {(None, *sample_shape)}. "
            f"Received: shape {shape}"
        )
    if shape[0] == 0:
        raise ValueError(
            "The data is empty. Expected at least one sample. Received: "
            f"shape {shape}"
        )
    dtype = dtype_name(samples)
    if not dtype.startswith(("float", "bfloat")):
        raise ValueError(
            "The data must be floats in the generator's range of values. "
            "Expected, for images with values from 0 to 255 and a generator "
            "that ends in tanh, `images.astype('float32') / 127.5 - 1`. "
            f"Received: dtype {dtype}"
        )
