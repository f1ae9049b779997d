"""Gradient normalization: a discriminator whose slope is bounded by one."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._backend.keras_internals.layers import losses_of_latest_call
from keras_regan._backend.keras_internals.layers import regularized_variables
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import message

# Keeps the quotient and the gradient of the norm finite where both the logit
# and its gradient are zero.
_EPSILON = 1e-12


@register
class GradientNormalization(keras.layers.Layer):
    """Divides the logits of a network by the size of their input gradient.

    The result lies between -1 and 1, and it changes by at most about the
    distance that a sample is moved. It bounds the network as a whole, while
    spectral normalization bounds each layer, so it costs less capacity. It
    acts on the losses of both networks, because it changes the logits
    themselves:

    ```python
    generator, discriminator = keras_regan.networks.mlp((2,), latent_dim=2)
    inputs = keras.Input((2,))
    outputs = keras_regan.layers.GradientNormalization(discriminator)(inputs)
    gan = keras_regan.RegularizedGAN(generator, keras.Model(inputs, outputs))
    gan.compile(loss=keras_regan.losses.Hinge())
    ```

    Formula: `C(x) / (||grad_x C(x)|| + |C(x)|)`, the norm over all elements of
    the sample

    Cost: second-order gradients in the steps of both networks.

    The gradient of one sample must not depend on the others: use no batch
    normalization in the network.

    Args:
        network: Built Keras model that returns one logit per sample, of shape
            `(batch, 1)` or `(batch,)`, alone or as `{"logits": ...}`; other
            entries of that dictionary are passed on.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: Samples, or `[samples, labels]`, as the network takes them.
        training: Boolean.

    Returns:
        What the network returns, with normalized logits in float32.

    Raises:
        TypeError: If `network` is not a Keras model.
        ValueError: If `network` is not built, or if it returns a map of
            patches or several tensors of logits.

    Reference: [Wu et al., 2021](https://arxiv.org/abs/2109.02235); the formula
    is that of the authors' code, in the steps of both networks. Differs from
    it: a tiny number keeps the quotient finite where logit and gradient are
    zero.
    """

    def __init__(self, network: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(network, keras.Model):
            raise TypeError(message("network", "a `keras.Model`", network))
        if not network.built:
            raise ValueError(message("network", "a built model", network))
        self.network = network
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the network's outputs with normalized logits."""
        labeled = isinstance(inputs, list | tuple)
        samples = inputs[0] if labeled else inputs
        regularized = len(regularized_variables(self.network))

        def forward(samples):
            outputs = self.network(
                [samples, *inputs[1:]] if labeled else samples,
                training=training,
            )
            named = outputs if isinstance(outputs, dict) else {}
            losses = losses_of_latest_call(self.network, regularized)
            return named.get("logits", outputs), (named, losses)

        logits, (named, losses), pullback = _backend.call_with_input_gradient(
            forward, samples, self.network.variables
        )
        kept = losses_of_latest_call(self.network, regularized)
        if len(kept) < len(losses):
            # JAX drops losses that are added inside of the transformation.
            for loss in losses:
                self.add_loss(loss)
        _check_logits(logits)
        gradient = pullback(ops.ones_like(logits))
        normalized = _normalized(logits, gradient)
        return {**named, "logits": normalized} if named else normalized

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """Returns the outputs of the network, with logits in float32."""
        outputs = self.network.compute_output_spec(inputs)
        logits = outputs["logits"] if isinstance(outputs, dict) else outputs
        _check_logits(logits)
        logits = keras.KerasTensor(logits.shape, dtype="float32")
        if isinstance(outputs, dict):
            return {**outputs, "logits": logits}
        return logits

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        network = keras.saving.serialize_keras_object(self.network)
        return {**super().get_config(), "network": network}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the layer from the result of `get_config`."""
        config = dict(config)
        config["network"] = keras.saving.deserialize_keras_object(
            config["network"]
        )
        return cls(**config)


def _normalized(logits: Tensor, gradient: Tensor) -> Tensor:
    logits = ops.cast(logits, "float32")
    gradient = ops.cast(gradient, "float32")
    squares = ops.sum(
        ops.reshape(ops.square(gradient), (ops.shape(gradient)[0], -1)), axis=1
    )
    norms = ops.sqrt(squares + _EPSILON)
    return logits / (ops.reshape(norms, ops.shape(logits)) + ops.abs(logits))


def _check_logits(logits: Any) -> None:
    shapes = [tuple(x.shape) for x in keras.tree.flatten(logits)]
    shape = shapes[0] if len(shapes) == 1 else ()
    if len(shape) not in (1, 2) or shape[1:] not in ((), (1,)):
        raise ValueError(
            "Invalid value for argument `network`. Expected a model that "
            "returns one logit per sample, of shape (batch, 1) or (batch,). "
            f"Received: logits of shape {shape or shapes}"
        )
