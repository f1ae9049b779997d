"""The outputs of the discriminators."""

from typing import Any

import keras

from keras_regan._typing import Tensor


def judgement(logits: Tensor, **others: Tensor | None) -> Any:
    """Returns logits alone, or a dictionary of logits and other outputs.

    Args:
        logits: The logits.
        **others: Other outputs that `RegularizedGAN` uses, or `None`.
    """
    others = {
        name: tensor for name, tensor in others.items() if tensor is not None
    }
    return {"logits": logits, **others} if others else logits


def as_features(x: Tensor, name: str = "features") -> Tensor:
    """Returns activations in float32, under every dtype policy."""
    return keras.layers.Activation("linear", dtype="float32", name=name)(x)
