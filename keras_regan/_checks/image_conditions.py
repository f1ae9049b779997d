"""A check for augmentations that do not move conditions that are images."""

from typing import Any

from keras_regan._checks.conditions import Conditions


def check_moves_no_sample_alone(
    argument: str, holder: Any, conditions: Conditions | None
) -> None:
    """Raises if an augmentation changes images and not their conditions.

    The discriminator would learn to compare samples with conditions that they
    are no longer aligned with.

    Args:
        argument: The user's argument for it.
        holder: An augmentation, or a penalty that may hold one.
        conditions: The conditions of the networks, or `None`.

    Raises:
        ValueError: If a condition is an image, and images are augmented.
    """
    images = [c for c in conditions.each if c.is_image] if conditions else []
    if not images:
        return
    holder = getattr(holder, "regularizer", holder)
    augmentation = getattr(holder, "augmentation", holder)
    if _is_of_images(augmentation):
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected no "
            "augmentation of images if a condition is an image (of shape "
            f"{images[0].shape}): it would move samples but not conditions. "
            "`InstanceNoise` moves nothing. Received: "
            f"{type(augmentation).__name__}"
        )


def _is_of_images(augmentation):
    parts = getattr(augmentation, "augmentations", [])
    return getattr(augmentation, "images_only", False) or any(
        _is_of_images(part) for part in parts
    )
