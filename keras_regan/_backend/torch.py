"""PyTorch: variables are mutable, gradients come from autograd.

A step runs without gradients; only differentiated functions enable them.
"""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import torch

from keras_regan._backend.keras_internals import fitting
from keras_regan._interrupts import interrupts_wait
from keras_regan._typing import Tensor


def run_step(function: Callable[[Any], Any], groups: Any, data: Any) -> Any:
    """Runs `function(data)`; variables keep their own state."""
    with interrupts_wait(), torch.no_grad():
        return function(data)


def minimize(
    objective: Callable[[], tuple[Tensor, dict[str, Tensor], Tensor]],
    optimizer: keras.optimizers.Optimizer,
    variables: Sequence[keras.Variable],
) -> tuple[dict[str, Tensor], Tensor]:
    """Applies one optimizer step to the first output of `objective`.

    Args:
        objective: Callable without arguments that returns
            `(loss, values, samples)`: a scalar, a dictionary of scalars, and
            a tensor.
        optimizer: Built Keras optimizer.
        variables: List of the variables that the optimizer was built with.

    Returns:
        The tuple `(values, samples)`, detached.
    """
    with torch.enable_grad():
        loss, values, samples = objective()
        gradients = torch.autograd.grad(
            optimizer.scale_loss(loss),
            [variable.value for variable in variables],
            allow_unused=True,
        )
    if any(g is not None for g in gradients):
        # A variable that is used in some steps only gets zeros in the others.
        gradients = [
            torch.zeros_like(v.value) if g is None else g
            for g, v in zip(gradients, variables, strict=True)
        ]
    optimizer.apply(list(gradients), variables)
    return {k: v.detach() for k, v in values.items()}, samples.detach()


def gradient(
    function: Callable[[], Tensor], variables: Sequence[keras.Variable]
) -> list[Tensor]:
    """Returns the gradient of a scalar at variables.

    Args:
        function: Callable without arguments that returns the scalar.
        variables: List of variables.

    Returns:
        List of tensors, zeros where the scalar does not depend on a variable.
    """
    values = [variable.value for variable in variables]
    with torch.enable_grad():
        gradients = torch.autograd.grad(function(), values, allow_unused=True)
    return [
        torch.zeros_like(value) if gradient is None else gradient
        for value, gradient in zip(values, gradients, strict=True)
    ]


def compiled(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Returns `function` so that it runs without gradients.

    Args:
        function: Callable that takes tensors and reads `variables`. Its
            assignments are not needed later.
        variables: List of all variables that it may read.
    """
    return torch.no_grad()(function)


def call_with_input_gradient(
    function: Callable[[Tensor], tuple[Any, Any]],
    inputs: Tensor,
    variables: Sequence[keras.Variable] = (),
    forwards: bool = True,
) -> tuple[Any, Any, Callable[..., Tensor]]:
    """Calls `function`, and prepares its gradient at `inputs`.

    Args:
        function: Callable that takes `inputs` and returns
            `(outputs, auxiliary)`.
        inputs: Float tensor.
        variables: List of the variables that `function` may read or assign.
            Only needed outside of `run_step`.
        forwards: Not needed here.

    Returns:
        The tuple `(outputs, auxiliary, pullback)`. `pullback(weights)` is the
        gradient of `sum(weights * outputs)` at `inputs`, differentiable in
        everything that `function` used. Of a list of outputs,
        `pullback(weights, index)` is that of one of them.
    """
    with torch.enable_grad():
        if not inputs.requires_grad:
            inputs = inputs.detach().requires_grad_(True)
        outputs, auxiliary = function(inputs)

    def pullback(weights, index=None):
        chosen = outputs if index is None else outputs[index]
        if not chosen.requires_grad:
            return torch.zeros_like(inputs)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(
                chosen,
                inputs,
                grad_outputs=weights,
                create_graph=True,
                allow_unused=True,
            )
        return torch.zeros_like(inputs) if gradient is None else gradient

    return outputs, auxiliary, pullback


def run_if(predicate: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Returns the scalar `function()` if `predicate` holds, else zero."""
    return function() if bool(predicate) else torch.zeros(())


def step_if(
    predicate: Tensor,
    step: Callable[[], None],
    variables: Callable[[], Sequence[keras.Variable]],
    compiled: bool,
) -> None:
    """Runs `step()` if `predicate` holds; otherwise changes no variable."""
    if predicate:
        step()


def all_finite(samples: Tensor) -> Tensor:
    """Tells, as a boolean scalar, whether nothing is NaN or infinite."""
    return torch.isfinite(samples).all()


def any_samples(samples: Tensor) -> Tensor:
    """Tells whether the batch has a sample."""
    return samples.shape[0] > 0


def random_states() -> list[Any]:
    """Returns the states of PyTorch's global random generators, as arrays.

    The first is that of the host, then follow those of the accelerators.
    Dropout without a seed and shuffling of data draw from them.
    """
    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states += torch.cuda.get_rng_state_all()
    return [state.numpy() for state in states]


def set_random_states(states: Sequence[Any]) -> None:
    """Restores the states that `random_states` returned."""
    host, *accelerators = [torch.from_numpy(state.copy()) for state in states]
    torch.set_rng_state(host)
    for index, state in enumerate(accelerators[: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(state, index)


def transposes_slowly() -> bool:
    """Tells whether strided transposed convolutions are slow: not here."""
    return False


def restore_state_on_error(model: keras.Model) -> AbstractContextManager[None]:
    """Turns an error into a clear one; the variables stay as they are."""
    return _named_errors()


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not fitting.differentiates_compiled_twice(error):
            raise
        raise ValueError(
            "Invalid value for argument `jit_compile`. Expected False on "
            "PyTorch if a penalty differentiates twice, as `R1` does: "
            "`torch.compile` does not. Received: jit_compile=True"
        ) from error
