"""Calls regularizers of samples with the samples of a step."""

from collections.abc import Callable
from typing import Any

from keras_regan._typing import Tensor
from keras_regan.penalties.step_context import OneCondition
from keras_regan.penalties.step_context import StepContext
from keras_regan.regularizers import SampleRegularizer


def call_with_samples(
    regularizer: SampleRegularizer, context: StepContext
) -> Tensor:
    """Calls a regularizer with the step's samples and returns its value."""
    of_pairs = samples_compared(regularizer)
    if of_pairs is None:
        samples = OneCondition(context.fake, None, 1)
    else:
        samples = context.of_one_condition(of_pairs)
    return call_with(
        regularizer, context, samples, lambda: _real(regularizer, context)
    )


def _real(regularizer, context):
    # Repeated real samples would look like a distribution with duplicates.
    if regularizer.paired_with_real:
        return context.real
    return context.real_batch


def samples_compared(regularizer: Any) -> int | None:
    """Returns how many samples of a condition a regularizer compares.

    It is `None` for a regularizer that does not compare by condition.
    """
    return getattr(regularizer, "samples_compared", None)


def call_with(
    regularizer: SampleRegularizer,
    context: StepContext,
    samples: OneCondition,
    real: Callable[[], Tensor],
) -> Tensor:
    """Calls a regularizer with samples, or with one of their features.

    Args:
        regularizer: The regularizer.
        context: The step.
        samples: The samples to compare. If they have no latents, the latents
            of the step are used.
        real: Callable that returns the same for real samples.

    Raises:
        ValueError: If only the order of the batch would pair generated with
            real samples.
    """
    if regularizer.paired_with_real and context.conditions is None:
        raise ValueError(
            f"Regularizer `{regularizer.name}` compares each sample with the "
            "real sample that came with its condition. Expected conditional "
            "networks, and data of the form (samples, conditions). Received: "
            "samples only"
        )
    tensors = {"samples": lambda: samples.samples, "real": real}
    tensors["latents"] = lambda: (
        context.latents if samples.latents is None else samples.latents
    )
    arguments = [tensors[name]() for name in regularizer.called_with]
    call: Callable[..., Tensor] = regularizer
    if samples_compared(regularizer) is not None:
        return call(*arguments, conditions=samples.conditions)
    return call(*arguments)
