"""The base class of augmentations that are made of others."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.augmentations.augmentation import Augmentation


class AugmentationSequence(Augmentation):
    """Holds augmentations, with their state, logs and configs.

    Args:
        augmentations: Non-empty list of `Augmentation`s.
    """

    # Each augmentation of the list checks its own samples.
    images_only = False

    def __init__(self, augmentations: Sequence[Augmentation]):
        expected = "a non-empty list of `Augmentation` objects"
        if not isinstance(augmentations, list | tuple) or not all(
            isinstance(entry, Augmentation) for entry in augmentations
        ):
            raise TypeError(message("augmentations", expected, augmentations))
        if not augmentations:
            raise ValueError(message("augmentations", expected, augmentations))
        self.augmentations = list(augmentations)

    @property
    def variables(self) -> list[keras.Variable]:
        """State that is kept from step to step and saved with the model."""
        return [v for entry in self.augmentations for v in entry.variables]

    @property
    def logged(self) -> dict[str, Tensor]:
        """Scalars for the logs, by their names."""
        return {
            name: value
            for entry in self.augmentations
            for name, value in entry.logged.items()
        }

    def adapt(self, real_sign: Tensor, batch_size: int | Tensor) -> None:
        """Passes the outcome of the discriminator's last update on.

        Args:
            real_sign: Scalar. Mean of the signs of the logits of the real
                samples.
            batch_size: Integer. The number of samples in this mean.
        """
        for entry in self.augmentations:
            entry.adapt(real_sign, batch_size)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {"augmentations": [serialize(a) for a in self.augmentations]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the sequence from the result of `get_config`."""
        deserialize = keras.saving.deserialize_keras_object
        entries = [deserialize(entry) for entry in config["augmentations"]]
        return cls(**{**config, "augmentations": entries})
