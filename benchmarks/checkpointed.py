"""Networks that keep few activations and compute the others again.

A step keeps what each layer returned until its gradient is computed, and that
is most of what it needs of memory. `keras.remat` makes a function that keeps
its inputs only.
"""

import re
from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable("benchmarks")
class ComputedAgain(keras.layers.Layer):
    """A segment of a network whose activations are not kept.

    It is for layers without a state of their own. Statistics of a batch would
    be counted twice, or leak on JAX.

    Args:
        segment: Model of one input and one output.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, segment: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        self.segment = segment
        self.built = True

    def call(self, x, training=None):
        """Returns the segment's output."""
        # A function of one tensor alone: TensorFlow takes no keywords here,
        # and PyTorch calls it again when the layer's call is over.
        return keras.remat(lambda x: self.segment(x, training=training))(x)

    def compute_output_spec(self, x, training=None):
        """Returns the segment's."""
        return self.segment.compute_output_spec(x, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "segment": keras.saving.serialize_keras_object(self.segment),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ComputedAgain":
        """Creates the layer from the result of `get_config`."""
        segment = keras.saving.deserialize_keras_object(config["segment"])
        return cls(**{**config, "segment": segment})


def checkpointed(network: keras.Model, ends: Sequence[str]) -> keras.Model:
    """Returns a network of the same layers that keeps few activations.

    Args:
        network: Functional model of one input.
        ends: Names of layers, in their order, at whose outputs it is cut into
            segments. All that comes after depends on this output alone.
    """
    x = begin = network.input
    for name in ends:
        end = network.get_layer(name).output
        x = ComputedAgain(keras.Model(begin, end), name=f"up_to_{name}")(x)
        begin = end
    outputs = keras.Model(begin, network.output, name="rest")(x)
    return keras.Model(network.input, outputs, name=network.name)


def by_residual_block(network: keras.Model) -> keras.Model:
    """Returns one of the networks of `r3gan`, cut after each block."""
    return checkpointed(
        network,
        [
            layer.name
            for layer in network.layers
            if re.fullmatch(r"block_\d+_\d+", layer.name)
        ],
    )
