"""One Keras optimizer that holds the two of a GAN."""

from collections.abc import Mapping
from collections.abc import MutableMapping
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import numpy as np

from keras_regan._game.player import Player
from keras_regan._registration import register
from keras_regan._typing import Tensor

_ROLES = ("generator", "discriminator")
_WHICH = (
    "A RegularizedGAN has two: use `gan.optimizer.generator_optimizer` and "
    "`gan.optimizer.discriminator_optimizer`."
)


@register
class PairedOptimizer(keras.optimizers.Optimizer):
    """Holds the optimizers of the generator and of the discriminator.

    Keras's trainer, saving and callbacks expect a single `model.optimizer`.
    This one shows them the variables of both. `LearningRateScheduler`,
    `ReduceLROnPlateau` and `TensorBoard` find the two in its attribute
    `optimizers`. Updates are applied to each of the two directly.

    `keras.optimizers.MultiOptimizer` does not work here: it needs a gradient
    for every variable at once, while the two networks take turns.

    Args:
        generator_optimizer: Keras optimizer.
        discriminator_optimizer: Another Keras optimizer.
        name: String. Defaults to `"paired_optimizer"`.
    """

    def __init__(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        name: str = "paired_optimizer",
    ):
        super().__init__(learning_rate=0.0, name=name)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """Both optimizers, the generator's first."""
        return [self.generator_optimizer, self.discriminator_optimizer]

    def build_pair(
        self,
        generator_variables: list[keras.Variable],
        discriminator_variables: list[keras.Variable],
    ) -> None:
        """Creates the variables of both optimizers."""
        self.generator_optimizer.build(generator_variables)
        self.discriminator_optimizer.build(discriminator_variables)
        super().build(generator_variables + discriminator_variables)

    def build(self, var_list: list[keras.Variable]) -> None:
        """Does nothing: `compile` builds both optimizers."""

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of both optimizers and the few of this object."""
        return (
            super().variables
            + self.generator_optimizer.variables
            + self.discriminator_optimizer.variables
        )

    @property
    def iterations(self) -> keras.Variable:
        """How many updates the generator has had."""
        return self.generator_optimizer.iterations

    @property
    def learning_rate(self) -> Tensor:
        """The generator's learning rate, for callbacks that log only one."""
        return self.generator_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Tensor) -> None:
        raise AttributeError(f"There is no single learning rate. {_WHICH}")

    def apply(
        self,
        grads: Sequence[Tensor],
        trainable_variables: Sequence[keras.Variable] | None = None,
    ) -> None:
        """Raises: updates are applied to one network at a time."""
        raise RuntimeError(f"Gradients belong to one network. {_WHICH}")

    def finalize_variable_values(
        self, var_list: Sequence[keras.Variable]
    ) -> None:
        """Leaves the weights alone at the end of `fit`.

        Keras would overwrite them with the averages of an optimizer with
        `use_ema`, and the next `fit` would train an averaged generator against
        a discriminator that has never seen its samples.
        """

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Saves this object's own variables and the kinds of the two."""
        for index, variable in enumerate(super().variables):
            store[str(index)] = variable.numpy()
        for role, optimizer in zip(_ROLES, self.optimizers, strict=True):
            store[role] = np.frombuffer(_kind(optimizer).encode(), "uint8")

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Loads this object's own variables; the two optimizers load theirs.

        Raises:
            ValueError: If the file holds the state of other optimizers.
        """
        if not len(store.keys()):
            return  # The file comes from a model that was not compiled.
        for role, optimizer in zip(_ROLES, self.optimizers, strict=True):
            kind = store[role].tobytes().decode(errors="replace")
            if kind != _kind(optimizer):
                raise ValueError(
                    f"The file holds the state of another {role} optimizer. "
                    f"Expected {_kind(optimizer)}. Received: {kind}"
                )
        for index, variable in enumerate(super().variables):
            variable.assign(store[str(index)])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, Any] | None = None,
    ) -> Self:
        """Creates the pair from the result of `get_config`."""
        config = dict(config)
        for key in ("generator_optimizer", "discriminator_optimizer"):
            config[key] = keras.saving.deserialize_keras_object(
                config[key], custom_objects=custom_objects
            )
        return cls(**config)


def _kind(optimizer: keras.optimizers.Optimizer) -> str:
    inner = getattr(optimizer, "inner_optimizer", None)
    name = type(optimizer).__name__
    return name if inner is None else f"{name}({_kind(inner)})"


def paired(generator: Player, discriminator: Player) -> PairedOptimizer:
    """Returns the optimizers of two players as one built optimizer.

    Raises:
        ValueError: If both are the same object.
    """
    if generator.optimizer is discriminator.optimizer:
        raise ValueError(
            "Invalid value for argument `discriminator_optimizer`. Expected "
            "a different object than `generator_optimizer`: each keeps the "
            "state of its own network. Received: one optimizer for both"
        )
    pair = PairedOptimizer(generator.optimizer, discriminator.optimizer)
    pair.build_pair(generator.variables, discriminator.variables)
    return pair
