"""What the discriminators return."""

from typing import Any

import keras

from keras_regan._typing import Tensor


def judgement(logits: Tensor, **others: Tensor | None) -> Any:
    """Returns logits alone, or with others in a dictionary.

    Args:
        logits: The logits.
        **others: What else `RegularizedGAN` knows, or `None`.
    """
    others = {
        name: tensor for name, tensor in others.items() if tensor is not None
    }
    return {"logits": logits, **others} if others else logits


def as_features(x: Tensor, name: str = "features") -> Tensor:
    """Returns activations in float32, under every dtype policy."""
    return keras.layers.Activation("linear", dtype="float32", name=name)(x)
