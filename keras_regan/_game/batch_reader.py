"""Turns the data of a Keras step into a batch for both networks."""

from typing import Any

import keras
from keras import ops

from keras_regan._checks import batches
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.conditions import check_present
from keras_regan._checks.labels import Labels
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
        real, beside = batches.split(data)
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

    def _check(self, real: Any, beside: Any) -> None:
        batches.check_array(real)
        batches.check_samples(real, self._sample_shape)
        check_present(beside, self._beside)
        if beside is not None and self._beside is not None:
            self._beside.check(beside)


def _form(part: Any) -> Any:
    """Returns the properties of an array that the checks depend on."""
    shape = getattr(part, "shape", None)
    shape = None if shape is None else tuple(shape)
    return type(part), shape, getattr(part, "dtype", None)
