"""The base class of soft regularizers, which are called with samples."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TypeAlias

import keras
from keras import ops

from keras_regan._fixed import fixed_factor
from keras_regan._names import snake_case
from keras_regan._representation import as_call
from keras_regan._typing import Tensor
from keras_regan._validation import log_name
from keras_regan._validation import non_negative_float
from keras_regan._validation import one_of

Sizes: TypeAlias = tuple[int | None, ...]

_TENSORS = ("samples", "latents", "real")


class SampleRegularizer(keras.regularizers.Regularizer):
    """Base class for regularizers of a batch of outputs.

    In `generator_regularizers` it is called with the generated batch that the
    generator's loss is computed on, so it costs no second forward pass. It
    works on the outputs of any other network as well: see
    `keras_regan.layers.SampleRegularization`. Wrapped in
    `keras_regan.penalties.OnFeatures` it is called with the discriminator's
    features instead of the samples.

    On several devices, it compares the samples of the global batch on JAX and
    of one replica's batch under TensorFlow's strategies, where the logs show
    the mean over replicas; `keras_regan.penalties.AcrossReplicas` gives it the
    global batch there too (`docs/several_devices.md`).

    To write your own, implement `call(samples)`, which returns the scalar
    without the factor. If your constructor has arguments of its own, let it
    pass `**kwargs` on to this one, and add your arguments to those of
    `get_config`. If you compare the samples with something else, name it in
    `called_with` and let `call` take these tensors in that order:

    ```python
    class MatchedMean(keras_regan.regularizers.SampleRegularizer):
        called_with = ("samples", "real")

        def call(self, samples, real):
            return ops.square(ops.mean(samples) - ops.mean(real))
    ```

    Args:
        factor: Non-negative float. The result of `call` is multiplied by it.
            With a factor of zero, nothing is computed. Defaults to `1.0`.
        name: String. Its key in the logs, after `g_`. Defaults to the class
            name in snake case.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`. Half precision is widened to
            float32.
        *others: The other tensors that `called_with` names, widened in the
            same way. The real batch may be larger or smaller than the
            generated one.

    Returns:
        Scalar tensor, as it is added to the loss.

    Raises:
        TypeError: If `factor` is not a number, if `name` is not a string, or
            if it is called with more or fewer tensors than `called_with`
            names.
        ValueError: If `factor` is negative or not finite, if `name` is empty
            or has a space, or if `called_with` names anything but those below.

    Attributes:
        called_with: Tuple of strings: what the regularizer is called with, in
            order, out of `"samples"` (the generated batch), `"latents"` (what
            it was generated from, row by row) and `"real"` (the real batch).
            Defaults to `("samples",)`.
        paired_with_real: Boolean. Whether each sample is compared with the
            real one in the same row, which came with its condition. If so,
            networks without conditions and tensors of different shapes raise
            an error. Defaults to `False`.
    """

    called_with: tuple[str, ...] = ("samples",)
    paired_with_real = False
    factor = fixed_factor()
    __repr__ = as_call

    def __init__(self, factor: float = 1.0, *, name: str | None = None):
        for tensor in self.called_with:
            one_of(tensor, "called_with", _TENSORS)
        self.factor = non_negative_float(factor, "factor")
        self.name = log_name(snake_case(self) if name is None else name)

    def __call__(self, samples: Tensor, *others: Tensor) -> Tensor:
        """Returns the scalar that is added to the loss."""
        return self._scaled((samples, *others), self.call)

    def _scaled(
        self, tensors: Sequence[Tensor], call: Callable[..., Tensor]
    ) -> Tensor:
        if len(tensors) != len(self.called_with):
            raise TypeError(
                f"Regularizer `{self.name}` is called with "
                f"({', '.join(self.called_with)}). "
                f"Received: {len(tensors)} tensors"
            )
        tensors = [ops.convert_to_tensor(x) for x in tensors]
        if self.paired_with_real:
            self._check_partners(tensors)
        dtype = keras.backend.result_type(
            *(x.dtype for x in tensors), "float32"
        )
        if self.factor == 0:
            return ops.zeros((), dtype)
        return self.factor * call(*(ops.cast(x, dtype) for x in tensors))

    def _check_partners(self, tensors: Sequence[Tensor]) -> None:
        samples, real = (
            tuple(tensors[self.called_with.index(name)].shape)
            for name in ("samples", "real")
        )
        if not self._are_partners(samples, real):
            raise ValueError(
                f"Regularizer `{self.name}` compares each sample with the "
                "real one in the same row. Expected real samples of shape "
                f"{samples}, like the generated ones. Received: shape {real}"
            )

    def _are_partners(self, samples: Sizes, real: Sizes) -> bool:
        """Tells whether samples of this shape have partners of the other."""
        return len(samples) == len(real) and all(
            None in sizes or sizes[0] == sizes[1]
            for sizes in zip(samples, real, strict=True)
        )

    def call(self, samples: Tensor, *others: Tensor) -> Tensor:
        """Returns the scalar without the factor."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"factor": self.factor, "name": self.name}
