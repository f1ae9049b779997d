"""What must be there for samples to have real partners."""

from keras_regan.penalties.step_context import StepContext
from keras_regan.regularizers import SampleRegularizer


def check_real_partners(
    regularizer: SampleRegularizer, context: StepContext
) -> None:
    """Raises if a regularizer compares samples with partners they have not.

    Raises:
        ValueError: If nothing but the order of the batch would make pairs of
            generated and real samples.
    """
    if regularizer.paired_with_real and context.conditions is None:
        raise ValueError(
            f"Regularizer `{regularizer.name}` compares each sample with the "
            "real sample that came with its condition. Expected conditional "
            "networks, and data of the form (samples, conditions). Received: "
            "samples only"
        )
