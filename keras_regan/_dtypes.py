"""The dtypes that numbers are computed in."""

from typing import Any

import keras
from keras import ops

from keras_regan._typing import Tensor


def at_least_float32(value: Any) -> Tensor:
    """Returns a tensor, cast to float32 if it is in half precision."""
    value = ops.convert_to_tensor(value)
    dtype = keras.backend.standardize_dtype(value.dtype)
    return ops.cast(value, keras.backend.result_type(dtype, "float32"))


def dtype_name(tensor: Any) -> str:
    """Returns a dtype's name, even if Keras does not know the dtype."""
    try:
        return keras.backend.standardize_dtype(tensor.dtype)
    except (TypeError, ValueError):
        return str(tensor.dtype)
