"""Conditions, which come with the samples and are inputs of the networks."""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_regan._checks.condition_values import as_number_array
from keras_regan._checks.condition_values import check_numbers
from keras_regan._checks.condition_values import fits
from keras_regan._typing import Shape
from keras_regan._typing import Tensor

_ARGUMENTS = "`conditions` or `y`"


class Condition(NamedTuple):
    """One of the conditions that the networks take.

    Attributes:
        name: The name of the generator's input; `None` if it has none.
        shape: The shape of one condition, without the batch.
        dtype: The dtype that the generator takes; `None` if unknown.
        count: The number of classes or tokens that an integer may stand for;
            `None` if unknown.
        least: The lowest number of a class or token.
    """

    name: str | None
    shape: Shape
    dtype: str | None = None
    count: int | None = None  # type: ignore[assignment]  # A tuple's method.
    least: int = 0

    @property
    def is_label(self) -> bool:
        """Whether there is one number for each sample."""
        return self.shape in ((), (1,))

    @property
    def is_image(self) -> bool:
        """Whether the condition has positions, which an augmentation moves."""
        return len(self.shape) >= 3

    def check(self, part: Any) -> None:
        """Raises unless these are numbers of the right shape.

        Args:
            part: Object with a shape, batch included, and a dtype.

        Raises:
            TypeError: If they are not an array of numbers.
            ValueError: If they have another shape.
        """
        check_numbers(part, self._is, self._takes_floats)
        shape = tuple(part.shape)
        if not shape or not any(
            fits(shape[1:], right) for right in self._shapes()
        ):
            raise ValueError(
                f"Invalid value for the {self._is} in {_ARGUMENTS}. Expected "
                f"{self._is} of shape {(None, *self.shape)}"
                f"{self._one_hot(shape[1:])}. Received: shape {shape}"
            )

    def check_numbering(self, part: Any) -> None:
        """Raises a `ValueError` for integers of no class or token.

        Args:
            part: Array of numbers.
        """
        if self.count is None:
            return
        numbers = np.atleast_1d(ops.convert_to_numpy(part))
        known = (numbers >= self.least) & (numbers < self.count)
        wrong = numbers[~known]
        if wrong.size == 0:
            wrong = numbers[numbers != np.floor(numbers)]
        if wrong.size:
            kind = "class numbers" if self.is_label else "integers"
            raise ValueError(
                f"Invalid value for the {self._is} in {_ARGUMENTS}. Expected "
                f"{kind} from {self.least} to {self.count - 1}. Received: "
                f"{wrong[0]} among them"
            )

    def usable(self, part: Tensor) -> Tensor:
        """Tells, in a step, whether no value is NaN or numbers nothing."""
        numbers = ops.cast(part, "float32")
        if self.count is None:
            return ops.all(ops.isfinite(numbers))
        return ops.all(
            ops.logical_and(numbers >= self.least, numbers <= self.count - 1)
        )

    def shaped(self, part: Any) -> Any:
        """Returns an array of labels in the shape of the network's input.

        If labels had two shapes, TensorFlow would trace a step for any rank,
        and no network can be called with that.
        """
        if self.is_label and isinstance(part, np.ndarray):
            return part.reshape((len(part), *self.shape))
        return part

    def is_single(self, array: np.ndarray) -> bool:
        """Tells whether an array is one condition, and not a batch of them."""
        if self.shape == (1,):
            return array.ndim == 0
        return array.ndim == len(self.shape)

    def rows(self, n: int, array: np.ndarray) -> np.ndarray:
        """Returns `n` conditions in the network's shape, from one or `n`."""
        if self.is_single(array):
            array = np.repeat(array[np.newaxis], n, axis=0)
        if len(array) != n:
            raise ValueError(
                f"Invalid value for argument `conditions`. Expected one, or "
                f"n={n} of them. Received: {len(array)} {self._is}"
            )
        if array.size == n:
            array = self.shaped(array)
        self.check(array)
        self.check_numbering(array)
        return array

    @property
    def _is(self) -> str:
        if self.is_label:
            return "labels"
        return f"condition {self.name!r}" if self.name else "condition"

    @property
    def _takes_floats(self) -> bool:
        return self.dtype is not None and "float" in self.dtype

    def _one_hot(self, shape: Shape) -> str:
        if self.is_label and len(shape) == 1 and shape == (self.count,):
            return ", such as `labels.argmax(-1)` of one-hot rows"
        return ""

    def _shapes(self) -> list[Shape]:
        # Keras adds or drops a last axis of size one.
        return [(), (1,)] if self.is_label else [self.shape]


class Conditions:
    """All conditions of two networks, in the order of the generator's inputs.

    Args:
        each: List of `Condition`s.

    Attributes:
        needed_by: The beginning of an error, which says what needs them.
    """

    needed_by = "The networks are conditional"

    def __init__(self, each: Sequence[Condition]):
        self.each = list(each)

    @property
    def are_labels(self) -> bool:
        """Whether a class label is the only condition."""
        return len(self.each) == 1 and self.each[0].is_label

    @property
    def names(self) -> list[str | None]:
        """The names of the generator's inputs."""
        return [condition.name for condition in self.each]

    def parts(self, conditions: Any) -> list[Any]:
        """Returns the conditions of a batch in the generator's order.

        Args:
            conditions: An array or tensor, a tuple or list of them, or a
                dictionary with the names of the generator's inputs.

        Raises:
            ValueError: If there are too many, too few or others.
        """
        if isinstance(conditions, dict):
            if None in self.names or set(conditions) != set(self.names):
                raise ValueError(self._misfit(sorted(map(str, conditions))))
            return [conditions[name] for name in self.names]
        several = isinstance(conditions, list | tuple)
        parts = list(conditions) if several else [conditions]
        if len(parts) != len(self.each) or any(
            isinstance(part, dict | list | tuple) for part in parts
        ):
            raise ValueError(self._misfit(f"{len(parts)} of them"))
        if any(part is None for part in parts):
            raise ValueError(self._misfit("None among them"))
        return parts

    def check(self, conditions: Any) -> None:
        """Raises unless a batch, or its description, fits the networks.

        Raises:
            TypeError: If a part is not an array of numbers.
            ValueError: If there are too many, too few or others, or if a part
                has another shape.
        """
        for condition, part in self._pairs(conditions):
            condition.check(part)

    def check_numbering(self, conditions: Any) -> None:
        """Raises a `ValueError` for integers of no class or token."""
        for condition, part in self._pairs(conditions):
            condition.check_numbering(part)

    def shaped(self, conditions: Any) -> Any:
        """Returns a whole set of conditions, arrays of labels in one shape."""
        parts = [c.shaped(part) for c, part in self._pairs(conditions)]
        if isinstance(conditions, dict):
            return dict(zip(self.names, parts, strict=True))
        if isinstance(conditions, list | tuple):
            return type(conditions)(parts)
        return parts[0]

    def usable(self, conditions: Any) -> Tensor:
        """Tells, in a step, whether no value is NaN or numbers nothing."""
        found = [c.usable(part) for c, part in self._pairs(conditions)]
        return ops.all(ops.stack(found))

    def count(self, conditions: Any) -> int | None:
        """Returns the number of conditions; `None` for a single one."""
        for condition, part in self._pairs(conditions):
            array = as_number_array(part)
            if not condition.is_single(array):
                return len(array)
        return None

    def rows(self, n: int, conditions: Any) -> Any:
        """Returns `n` conditions, from one or `n`, in the generator's order.

        Raises:
            TypeError: If they are not numbers.
            ValueError: If their number is neither 1 nor `n`, or if they do
                not fit the networks.
        """
        return [
            condition.rows(n, as_number_array(part))
            for condition, part in self._pairs(conditions)
        ]

    def _pairs(self, conditions: Any) -> list[tuple[Condition, Any]]:
        return list(zip(self.each, self.parts(conditions), strict=True))

    def _misfit(self, received: Any) -> str:
        return (
            f"Invalid value for argument {_ARGUMENTS}. Expected "
            f"{self.expected}. Received: {received}"
        )

    @property
    def expected(self) -> str:
        """A description of a valid batch of conditions."""
        shapes = [(None, *condition.shape) for condition in self.each]
        if len(self.each) == 1:
            text = f"an array of shape {shapes[0]}"
        else:
            text = f"a tuple of arrays of shapes {shapes}"
        if None not in self.names:
            text += f", or a dictionary with the keys {self.names}"
        return text


def as_arrays(conditions: Any, wanted: Conditions | None) -> Any:
    """Returns conditions with lists of numbers as arrays.

    A list may hold one array for each condition or the numbers of one.
    """
    if isinstance(conditions, dict):
        return {key: _as_array(part) for key, part in conditions.items()}
    if not isinstance(conditions, list | tuple):
        return _as_array(conditions)
    if any(hasattr(part, "shape") for part in conditions) or (
        wanted is not None and len(wanted.each) > 1
    ):
        return tuple(_as_array(part) for part in conditions)
    return _as_array(conditions)


def at_rows(conditions: Any, rows: np.ndarray) -> Any:
    """Returns the conditions of some rows of a batch of arrays."""
    return keras.tree.map_structure(lambda part: part[rows], conditions)


def _as_array(part: Any) -> Any:
    if not isinstance(part, list | tuple | int | float):
        return part
    try:
        return np.asarray(part)
    except ValueError:  # Rows of different lengths.
        return np.asarray(None)


def check_present(conditions: Any, wanted: Conditions | None) -> None:
    """Raises a `ValueError` unless conditions are given just when needed."""
    if wanted is not None and conditions is None:
        what = "labels" if wanted.are_labels else "conditions"
        raise ValueError(
            f"{wanted.needed_by} and got no {what}. Expected data "
            f"of the form (samples, {what}), with {wanted.expected} as the "
            "second. Received: samples only"
        )
    if wanted is None and conditions is not None:
        raise ValueError(
            "The networks are not conditional and got (samples, labels). "
            "Expected samples only, as from "
            "`dataset.map(lambda samples, labels: samples)`; "
            "`compile(use_conditions=False)`, which ignores the labels; a "
            "generator and a discriminator with a second input; or a "
            "discriminator that learns to classify, with "
            "`penalties.AuxiliaryClassifier`. Received: (samples, labels)"
        )


def check_count(samples: Any, conditions: Any, are_labels: bool) -> None:
    """Raises a `ValueError` unless there are as many conditions as samples."""
    what = "labels" if are_labels else "conditions"
    for part in keras.tree.flatten(conditions):
        shape = getattr(part, "shape", None)
        if shape and samples.shape[0] != shape[0]:
            raise ValueError(
                f"Expected as many {what} as samples. Received: "
                f"{samples.shape[0]} samples and {shape[0]} {what}"
            )
