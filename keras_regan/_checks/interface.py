"""The inputs of two networks, and checks that the networks fit together."""

from typing import Any

import keras

from keras_regan._checks.bounded_logits import warn_of_bounded_logits
from keras_regan._checks.call_arguments import check_arguments_known
from keras_regan._checks.conditions import Condition
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.network_inputs import NetworkInputs
from keras_regan._checks.network_inputs import inputs_of
from keras_regan._checks.networks import check_logits
from keras_regan._checks.networks import compatible
from keras_regan._checks.networks import heads_of
from keras_regan._checks.slow_convolutions import warn_of_slow_convolutions
from keras_regan._typing import Shape


class Interface:
    """The inputs and outputs of a generator and its discriminator.

    Args:
        generator: Built Keras model.
        discriminator: Built Keras model.
        has_latents: Whether the generator's first input is the latents.

    Raises:
        ValueError: If the two do not fit together.

    Attributes:
        latent_shape: The shape of one sample's latents; `None` without.
        sample_shape: The shape of one sample.
        heads: The number of tensors of logits that the discriminator returns.
        conditions: The `Conditions`, or `None`.
        generator: The generator as a model that `predict` can call: a wrapper
            if the given model takes several arguments.
        discriminator: The discriminator, likewise.
        judges_conditions: Whether the discriminator takes conditions.
        classes: The number of classes of the discriminator; `None` if it
            returns no class logits.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        has_latents: bool = True,
    ):
        made_from = inputs_of(generator, "generator")
        judged = inputs_of(discriminator, "discriminator")
        self._generator = made_from
        if has_latents:
            self._generator = made_from.first("latents", "generator")
        self._discriminator = judged.first("samples", "discriminator")
        self.latent_shape = self._latents() if has_latents else None
        told = self._generator.each[has_latents:]
        self._taken = _taken(self._discriminator, told)
        judgement = self._discriminator.outputs(discriminator)
        self.classes = _classes(judgement)
        networks = {"generator": generator, "discriminator": discriminator}
        if bool(told) != bool(self._discriminator.each[1:]):
            for argument, network in networks.items():
                check_arguments_known(network, argument, optional=True)
        self._check_told(told, judgement)
        self.sample_shape = self._samples(generator)
        check_logits(judgement)
        self.heads = len(heads_of(judgement))
        warn_of_bounded_logits(
            discriminator, self._discriminator.symbols(discriminator), 4
        )
        warn_of_slow_convolutions([generator, discriminator], 4)
        self.conditions: Conditions | None = None
        if told:
            counts = self._counts(told, list(networks.values()))
            self.conditions = Conditions(
                [
                    Condition(one.name, one.shape[1:], one.dtype, count)
                    for one, count in zip(told, counts, strict=True)
                ]
            )
        self.generator = self._generator.with_one_argument(generator)
        self.discriminator = self._discriminator.with_one_argument(
            discriminator
        )

    @property
    def judges_conditions(self) -> bool:
        """Whether the discriminator takes conditions."""
        return bool(self._taken)

    @property
    def described_conditions(self) -> Any:
        """The shapes and types of a batch of conditions, or `None`."""
        if self.conditions is None:
            return None
        return self.ordered(
            [
                keras.KerasTensor((None, *one.shape), one.dtype or "float32")
                for one in self.conditions.each
            ]
        )

    def ordered(self, conditions: Any) -> Any:
        """Returns conditions in the generator's order: one, or a tuple."""
        parts = self._parts(conditions)
        return parts[0] if len(parts) == 1 else tuple(parts)

    def generator_inputs(self, latents: Any, conditions: Any) -> Any:
        """Returns the inputs of the generator.

        Args:
            latents: Tensor or array; `None` for a generator without latents.
            conditions: A batch of conditions; `None` if there are none.
        """
        values = [] if self.latent_shape is None else [latents]
        if self.conditions is not None:
            values += self._parts(conditions)
        return self._generator.of(values)

    def discriminator_inputs(self, samples: Any, conditions: Any) -> Any:
        """Returns the inputs of the discriminator."""
        values = [samples]
        if self._taken:
            values += self.judged_conditions(conditions)
        return self._discriminator.of(values)

    def judged_conditions(self, conditions: Any) -> list[Any]:
        """Returns the conditions that the discriminator takes."""
        if not self._taken:
            return []
        parts = self._parts(conditions)
        return [parts[index] for index in self._taken]

    def _parts(self, conditions: Any) -> list[Any]:
        if self.conditions is None:
            return []
        return self.conditions.parts(conditions)

    def _latents(self) -> Shape:
        shape = self._generator.each[0].shape[1:]
        if not shape or None in shape:
            raise ValueError(
                "Invalid value for argument `generator`. Expected a model "
                "whose first input is a batch of latents of known shape, such "
                "as (batch, latent_dim), or `latents=None` for a generator "
                "that takes conditions only. Received: input shape "
                f"{(None, *shape)}"
            )
        return shape

    def _samples(self, generator: keras.Model) -> Shape:
        samples = self._generator.outputs(generator)
        if not hasattr(samples, "shape"):
            raise ValueError(
                "Invalid value for argument `generator`. Expected a model with "
                f"one output. Received: outputs {samples}"
            )
        shape, judged = tuple(samples.shape), self._discriminator.each[0].shape
        if not compatible(shape, judged):
            raise ValueError(
                "Invalid value for argument `discriminator`. Expected a model "
                "whose input shape is the generator's output shape "
                f"{shape}. Received: input shape {judged}"
            )
        return shape[1:]

    def _check_told(self, told: list[Any], judgement: Any) -> None:
        judged = self._discriminator.each[1:]
        classifies = isinstance(judgement, dict) and "class_logits" in judgement
        only_labels = all(_is_label(one.shape) for one in told)
        unheard = told and not judged and only_labels and not classifies
        if len(judged) > len(told) or unheard:
            raise ValueError(
                "Invalid value for argument `discriminator`. Expected labels "
                "or other conditions as further inputs in both networks or in "
                "none, or a discriminator that returns 'class_logits' and "
                "'logits'; and `latents=None` if the generator takes "
                "conditions only. Received: a generator that "
                f"{_takes(told)} and a discriminator that {_takes(judged)}"
            )
        for index, one in zip(self._taken, judged, strict=True):
            shapes = told[index].shape, one.shape
            same = compatible(*shapes) or all(map(_is_label, shapes))
            if not same:
                raise ValueError(
                    "Invalid value for argument `discriminator`. Expected "
                    f"conditions of shape {told[index].shape}, as in the "
                    f"generator. Received: {one.shape}"
                )

    def _counts(
        self, told: list[Any], networks: list[keras.Model]
    ) -> list[int | None]:
        """Returns the number of classes or tokens of each condition.

        It is the smallest number among what is called with the condition
        itself, such as `keras.layers.Embedding` or `keras.ops.one_hot`, and
        the class logits.
        """
        judged = dict(
            zip(self._taken, self._discriminator.each[1:], strict=True)
        )
        counts = []
        for index, one in enumerate(told):
            other = judged.get(index)
            numbers = _numbers(networks[0], one.tensor)
            if other is not None:
                numbers += _numbers(networks[1], other.tensor)
            if len(told) == 1:
                numbers += _class_logits(networks)
            counts.append(min(numbers, default=None))
        return counts


def _taken(discriminator: NetworkInputs, told: list[Any]) -> list[int]:
    """Returns which conditions a discriminator takes: by name, or the first."""
    names = [one.name for one in told]
    judged = discriminator.each[1:]
    if None not in names and all(one.name in names for one in judged):
        return [names.index(one.name) for one in judged]
    return list(range(min(len(judged), len(told))))


def _is_label(shape: Shape) -> bool:
    # Keras adds or drops a last axis of size one.
    return shape[1:] in ((), (1,))


def _takes(inputs: list[Any]) -> str:
    if not inputs:
        return "takes no labels"
    shapes = [one.shape for one in inputs]
    return f"takes labels or conditions of shapes {shapes}"


def _numbers(network: Any, tensor: Any) -> list[int]:
    if tensor is None:
        return []
    numbers = []
    # `layers` of a functional model lacks operations.
    for called in getattr(network, "operations", network.layers):
        number = getattr(called, "num_classes", None)
        if isinstance(called, keras.layers.Embedding):
            number = called.input_dim
        elif isinstance(called, keras.layers.CategoryEncoding):
            number = called.num_tokens
        if number is not None and _is_called_with(called, tensor):
            numbers.append(number)
    return numbers


def _classes(judgement: Any) -> int | None:
    if not isinstance(judgement, dict) or "class_logits" not in judgement:
        return None
    return judgement["class_logits"].shape[-1]


def _class_logits(networks: Any) -> list[int]:
    numbers = []
    for network in networks:
        outputs = getattr(network, "output", None)
        if getattr(network, "inputs", None) and isinstance(outputs, dict):
            logits = outputs.get("class_logits")
            numbers += [] if logits is None else [logits.shape[-1]]
    return numbers


def _is_called_with(called: keras.Operation, tensor: Any) -> bool:
    try:
        inputs = keras.tree.flatten(called.input)
    except (AttributeError, ValueError):  # It is called several times.
        return False
    return any(x is tensor for x in inputs)
