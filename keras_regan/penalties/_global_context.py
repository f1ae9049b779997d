"""A step as a single device with the batches of all replicas would see it."""

from typing import Any

import keras

from keras_regan._backend import replicas
from keras_regan._typing import Tensor
from keras_regan.penalties.step_context import OneCondition
from keras_regan.penalties.step_context import StepContext


class GlobalContext(StepContext):
    """The context of a step on one replica, with the rows of all replicas.

    Tensors are gathered when they are first read, and gradients flow back to
    the replica that a row came from. Networks cannot be called: each replica
    would call them with all rows.

    Args:
        context: The `StepContext` of this replica.
    """

    def __init__(self, context: StepContext):
        self._replica = context
        self._gathered: dict[str, Any] = {}
        self._results = {}
        shared = "step training network kernels _heads _head".split()
        for name in shared:
            setattr(self, name, getattr(context, name))

    @property
    def real(self) -> Tensor:
        """Real samples of all replicas."""
        return self._all_rows("real")

    @property
    def real_batch(self) -> Tensor:
        """All real samples of the batches of all replicas."""
        return self._all_rows("real_batch")

    @property
    def fake(self) -> Tensor:
        """Generated samples of all replicas."""
        return self._all_rows("fake")

    @property
    def latents(self) -> Tensor:
        """The latents of the generated samples of all replicas."""
        return self._all_rows("latents")

    @property
    def conditions(self) -> Any:
        """The conditions of the real samples of all replicas."""
        if self._replica.conditions is None:
            return None
        return self._all_rows("conditions")

    @property
    def labels(self) -> Tensor | None:  # type: ignore[override]  # Read only.
        """The classes of the real samples of all replicas."""
        if self._replica.labels is None:
            return None
        return self._all_rows("labels")

    @property
    def judged_conditions(self) -> list[Tensor]:
        """The conditions that the discriminator takes."""
        return self._all_rows("judged_conditions")

    @property
    def real_logits(self) -> Tensor:
        """The logits of the real samples of all replicas."""
        return self._of_head(self._all_rows("real_logits"))

    @property
    def fake_logits(self) -> Tensor:
        """The logits of the generated samples of all replicas."""
        return self._of_head(self._all_rows("fake_logits"))

    @property
    def real_outputs(self) -> dict[str, Any]:
        """All outputs of the discriminator for the real samples."""
        return self._all_rows("real_outputs")

    @property
    def fake_outputs(self) -> dict[str, Any]:
        """All outputs of the discriminator for the generated samples."""
        return self._all_rows("fake_outputs")

    @property
    def real_gradient(self) -> Tensor:
        """The gradient of each real sample's logit at that sample."""
        return self._of_head(self._all_rows("real_gradient"))

    @property
    def fake_gradient(self) -> Tensor:
        """The gradient of each generated sample's logit at that sample."""
        return self._of_head(self._all_rows("fake_gradient"))

    @property
    def seed(self) -> keras.random.SeedGenerator:
        """Raises: replicas would draw different numbers for one batch."""
        raise _refusal("draws random numbers")

    def of_one_condition(self, count: int = 2) -> OneCondition:
        """Returns samples of all replicas, or of this one with conditions.

        All samples of a condition are on one replica, so the mean over
        conditions is the global one when replicas are averaged.
        """
        if self._replica.conditions is None:
            return OneCondition(self.fake, self.latents, 1)
        return self._replica.of_one_condition(count)

    def features_of_one_condition(self, count: int = 2) -> OneCondition:
        """Returns the same for features."""
        if self._replica.conditions is None:
            return OneCondition(self.fake_features, self.latents, 1)
        return self._replica.features_of_one_condition(count)

    def _all_rows(self, name: str) -> Any:
        if name not in self._gathered:
            self._gathered[name] = keras.tree.map_structure(
                replicas.global_rows, getattr(self._replica, name)
            )
        return self._gathered[name]

    def discriminate(self, samples: Tensor, conditions: Any = None) -> Tensor:
        """Raises: networks cannot be called."""
        raise _refusal("calls the discriminator")

    def generate(self, latents: Tensor) -> Tensor:
        """Raises: networks cannot be called."""
        raise _refusal("calls the generator")

    def input_gradient(self, samples: Tensor) -> Tensor:
        """Raises: networks cannot be called."""
        raise _refusal("calls the discriminator")

    def _logits_at(self, which: str, samples: Tensor) -> Tensor:
        raise _refusal("calls the discriminator")

    def latent_gradient(self, weights: Tensor) -> Tensor:
        """Raises: networks cannot be differentiated."""
        raise _refusal("differentiates the generator")


def _refusal(what: str) -> ValueError:
    return ValueError(
        "`AcrossReplicas` shows a penalty the rows of all replicas. Expected "
        "one that looks at samples, latents, conditions, logits, features or "
        f"input gradients. Received: one that {what}; its mean over the batch "
        "is the global mean without `AcrossReplicas` too"
    )
