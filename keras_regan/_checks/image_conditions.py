"""Conditions that are images, which an augmentation would have to move too."""

from typing import Any

from keras_regan._checks.conditions import Conditions


def check_moves_no_sample_alone(
    argument: str, holder: Any, conditions: Conditions | None
) -> None:
    """Raises if an augmentation changes images and not their conditions.

    The discriminator would learn to tell apart samples that no longer lie where
    the image that they go with lies.

    Args:
        argument: What the user gave it as.
        holder: An augmentation, or a penalty that may hold one.
        conditions: What the networks are told, or `None`.

    Raises:
        ValueError: If a condition is an image, and so is what is augmented.
    """
    images = [c for c in conditions.each if c.is_image] if conditions else []
    if not images:
        return
    holder = getattr(holder, "regularizer", holder)
    augmentation = getattr(holder, "augmentation", holder)
    if _is_of_images(augmentation):
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected no "
            "augmentation of images where a condition is an image (of shape "
            f"{images[0].shape}): samples would be moved and conditions not. "
            "`InstanceNoise` moves nothing. Received: "
            f"{type(augmentation).__name__}"
        )


def _is_of_images(augmentation):
    parts = getattr(augmentation, "augmentations", [])
    return getattr(augmentation, "images_only", False) or any(
        _is_of_images(part) for part in parts
    )
