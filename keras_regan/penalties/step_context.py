"""The context of a training step, as penalties see it.

Half of this file documents what a penalty can read, which is why it is longer
than the others.
"""

import contextlib
import copy
import functools
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple
from typing import TypeVar

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan.penalties._batch import Batch
from keras_regan.penalties._forward_pass import ForwardPass
from keras_regan.penalties._forward_pass import existing
from keras_regan.penalties._forward_pass import forward_pass
from keras_regan.penalties._heads import OneHead
from keras_regan.penalties._moment import Moment

_Value = TypeVar("_Value")


class Generated(NamedTuple):
    """Samples that the generator made in a step.

    Attributes:
        samples: Float tensor `(batch, ...)`.
        latents: The latents of the samples.
        losses: List of scalars that the generator's layers added.
        latent_gradient: `None`, or a function that returns the gradient of
            `sum(weights * samples)` at the latents.
    """

    samples: Tensor
    latents: Tensor
    losses: list[Tensor]
    latent_gradient: Callable[[Tensor], Tensor] | None = None


class OneCondition(NamedTuple):
    """Several samples of each condition, or their features.

    Row `i` and row `i + conditions` have the same condition.

    Attributes:
        samples: Tensor `(batch, ...)`, or a structure of tensors.
        latents: The latents of the samples, or `None`.
        conditions: Integer. Number of conditions; 1 if there are none.
    """

    samples: Any
    latents: Any
    conditions: Any


class StepContext:
    """The context of one training step of one network, for its penalties.

    It is created for each update, inside the function that is differentiated,
    and it is lazy: the discriminator runs on the real or on the generated
    batch when some penalty first reads its logits, features or gradients. All
    penalties share this one forward pass, for logits and input gradients.

    A discriminator may return several tensors of logits, its heads. A penalty
    sees one head at a time, and is called once for each head if it reads any
    logits.

    Attributes:
        real: Real samples, a float tensor `(batch, ...)`.
        real_batch: All real samples of the batch, each once. In the
            generator's step with `samples_per_condition`, `real` repeats some
            of them, together with their conditions.
        fake: Generated samples, likewise. In the discriminator's step no
            gradient flows through them into the generator.
        conditions: The conditions of the real samples, which both networks
            take, such as class labels, in the form of the data: a tensor or a
            structure of tensors; `None` if there are none.
        labels: The class of each real sample, -1 where it is unknown; `None`
            if there are none. These labels are not inputs of the networks:
            labels that the generator takes are conditions.
        step: Integer scalar. Number of updates of this network so far.
        training: Bool. `False` in `evaluate`.
        network: `"generator"` or `"discriminator"`, the network of this step.
        kernels: List of the trained network's kernels: its trainable weights
            of rank 2 and more.

    Args:
        player: The player of this step. It has a `role`, `kernels` and
            `repeats_passes`, which is whether a penalty calls
            `real_logits_at` or `fake_logits_at`.
        networks: The two networks: a `keras_regan._game.networks.Networks`.
        batch: Real samples and their conditions.
        generated: The generator's samples for this step.
        step: Integer scalar, as above.
        seed: `keras.random.SeedGenerator`, as above.
        training: Bool, as above. Defaults to `True`.
    """

    def __init__(
        self,
        player: Any,
        networks: Any,
        batch: Batch,
        generated: Generated,
        step: Tensor,
        seed: keras.random.SeedGenerator,
        training: bool = True,
    ):
        self.network = player.role
        self.kernels = player.kernels
        self.real = batch.real
        self.real_batch = batch.real if batch.whole is None else batch.whole
        self.fake = generated.samples
        self.conditions = batch.conditions
        self.labels = batch.labels
        self.step = step
        self.training = training
        self._seed = seed
        self._samples_per_condition = batch.samples_per_condition
        self._repeats_passes = player.repeats_passes
        self._networks = networks
        self._generated = generated
        self._heads = networks.heads
        self._head: OneHead | None = None
        self._discriminate = functools.partial(
            networks.discriminate,
            conditions=batch.conditions,
            training=training,
            seed=seed,
        )
        self._results: dict[str, Any] = {}

    @property
    def seed(self) -> keras.random.SeedGenerator:
        """The `keras.random.SeedGenerator` for the draws of penalties.

        Its state is saved with the model. It is separate from that of the
        latents.
        """
        if self._head is None:
            return self._seed
        return self._head.seed(self._seed)

    @property
    def latents(self) -> Tensor:
        """The latents of `fake`, `(batch, ...)`.

        Raises:
            ValueError: If the generator takes no latents.
        """
        if self._generated.latents is None:
            raise ValueError(
                "A regularizer reads the latents. Expected a generator that "
                "takes latents. Received: one that takes conditions only"
            )
        return self._generated.latents

    @property
    def judged_conditions(self) -> list[Tensor]:
        """The conditions that the discriminator takes."""
        if self.conditions is None:
            return []
        return self._networks.judged_conditions(self.conditions)

    @property
    def real_logits(self) -> Tensor:
        """The discriminator's logits of the real samples."""
        return self._of_head(self._pass("real").logits)

    @property
    def fake_logits(self) -> Tensor:
        """The discriminator's logits of the generated samples."""
        return self._of_head(self._pass("fake").logits)

    @property
    def real_features(self) -> Any:
        """The discriminator's features of the real samples."""
        return existing(self.real_outputs, "features")

    @property
    def fake_features(self) -> Any:
        """The discriminator's features of the generated samples."""
        return existing(self.fake_outputs, "features")

    @property
    def real_class_logits(self) -> Tensor:
        """The logits of each real sample's class, `(batch, classes)`."""
        return existing(self.real_outputs, "class_logits")

    @property
    def fake_class_logits(self) -> Tensor:
        """The logits of each generated sample's class."""
        return existing(self.fake_outputs, "class_logits")

    @property
    def real_outputs(self) -> dict[str, Any]:
        """All outputs of the discriminator for the real samples."""
        return self._pass("real").outputs

    @property
    def fake_outputs(self) -> dict[str, Any]:
        """All outputs of the discriminator for the generated samples."""
        return self._pass("fake").outputs

    @property
    def real_gradient(self) -> Tensor:
        """The gradient of each real sample's logit at that sample.

        The shape is that of the samples. The logit of a map of patches is the
        mean over the patches.
        """
        return self._of_head(self._gradient("real"))

    @property
    def fake_gradient(self) -> Tensor:
        """The gradient of each generated sample's logit at that sample."""
        return self._of_head(self._gradient("fake"))

    @property
    def layer_losses(self) -> list[Tensor]:
        """The scalars that the layers of this network have added so far.

        They come from activity regularizers and `add_loss`, in the generator's
        pass or in the discriminator's passes over `real` and `fake`.
        """
        if self.network == "generator":
            return self._generated.losses
        return [
            loss
            for result in self._results.values()
            if isinstance(result, ForwardPass)
            for loss in result.losses
        ]

    def of_one_condition(self, count: int = 2) -> OneCondition:
        """Returns several samples of each condition.

        Without conditions, or if the batch repeats its conditions, these are
        the generated samples. Otherwise the generator makes more samples from
        the same conditions and other latents, once for all penalties that need
        the same number.

        Args:
            count: Integer. Number of samples of each condition.
        """
        if self.conditions is None:
            return OneCondition(self.fake, self._generated.latents, 1)
        rows = ops.shape(self.fake)[0]
        each = self._samples_per_condition
        if each > 1:
            return OneCondition(
                self.fake, self._generated.latents, rows // each
            )
        more = self._more_of_each(count)
        latents = None
        if self._generated.latents is not None:
            latents = ops.concatenate(
                [self.latents, *(m.latents for m in more)]
            )
        samples = ops.concatenate([self.fake, *(m.samples for m in more)])
        return OneCondition(samples, latents, rows)

    def features_of_one_condition(self, count: int = 2) -> OneCondition:
        """Returns the features of several samples of each condition.

        Args:
            count: Integer. Number of samples of each condition.
        """
        samples, latents, conditions = self.of_one_condition(count)
        features = self.fake_features
        if self.conditions is not None and self._samples_per_condition == 1:
            features = keras.tree.map_structure(
                lambda *parts: ops.concatenate(parts),
                features,
                *self._features_of_more(count),
            )
        return OneCondition(features, latents, conditions)

    def _more_of_each(self, count: int) -> list[Generated]:
        rows = ops.shape(self.fake)[0]

        def make(_):
            return self._networks.generate(
                self._networks.draw_latents(rows, self._seed),
                self.conditions,
                self.training,
            )

        return self._longer("more of each condition", count - 1, make)

    def _features_of_more(self, count: int) -> list[Any]:
        more = self._more_of_each(count)

        def read(index):
            _, (outputs, _) = self._discriminate(more[index].samples)
            return existing(outputs, "features")

        return self._longer("features of more", count - 1, read)

    def _longer(
        self, key: str, count: int, make: Callable[[int], Any]
    ) -> list[Any]:
        """Returns `count` results of one kind; computes the missing ones."""
        known = self._results.get(key, [])
        made = [make(index) for index in range(len(known), count)]
        self._results[key] = [*known, *made]
        return self._results[key][:count]

    def discriminate(self, samples: Tensor, conditions: Any = None) -> Tensor:
        """Returns the discriminator's logits of other samples.

        Args:
            samples: As many samples as the batch has.
            conditions: The conditions of these samples, in the form of
                `conditions`. `None` means those of the step. Defaults to
                `None`.
        """
        conditions = self.conditions if conditions is None else conditions
        return self._of_head(
            self._once(
                lambda: self._discriminate(samples, conditions=conditions)[0]
            )
        )

    def real_logits_at(self, samples: Tensor) -> Tensor:
        """Returns what `real_logits` would be if these were the real samples.

        The pass uses the same dropout and the same augmentation, and leaves
        the state of the discriminator's layers unchanged. Only the samples make
        a difference, so even a small one is visible.

        Args:
            samples: As many samples as the batch has.
        """
        return self._logits_at("real", samples)

    def fake_logits_at(self, samples: Tensor) -> Tensor:
        """Returns what `fake_logits` would be if these were generated."""
        return self._logits_at("fake", samples)

    def generate(self, latents: Tensor) -> Tensor:
        """Returns the generator's samples from other latents."""
        return self._once(
            lambda: (
                self._networks.generate(
                    latents, self.conditions, self.training
                ).samples
            )
        )

    def input_gradient(self, samples: Tensor) -> Tensor:
        """Returns the gradient of the logits of other samples at them."""
        return self._of_head(
            self._once(
                lambda: forward_pass(self._discriminate, samples).gradient()
            )
        )

    def latent_gradient(self, weights: Tensor) -> Tensor:
        """Returns the gradient of `sum(weights * fake)` at the latents.

        It needs no further pass through the generator. It is not available in
        the discriminator's step, which does not differentiate the generator.

        Args:
            weights: Tensor of the shape of `fake`.

        Raises:
            ValueError: In the discriminator's step.
        """
        if self._generated.latent_gradient is None:
            raise ValueError(
                "The gradient at the latents can be read in the generator's "
                "step only. Expected a penalty in `generator_regularizers`. "
                f"Received: a step of the {self.network}"
            )
        return self._generated.latent_gradient(weights)

    def of_each_head(
        self, function: Callable[["StepContext"], _Value]
    ) -> list[_Value]:
        """Returns the values of a function for each head of the discriminator.

        The function is called with a context that has this head alone. If it
        reads neither logits nor input gradients, it is called once.

        Args:
            function: Callable that takes a `StepContext`.
        """
        if self._heads == 1:
            return [function(self)]
        values: list[_Value] = []
        before: list[Any] = []
        for index in range(self._heads):
            seen = copy.copy(self)
            seen._heads, seen._head = 1, OneHead(index, before)
            values.append(function(seen))
            if not seen._head.was_read:
                break
        return values

    def sum_over_heads(
        self, function: Callable[["StepContext"], Tensor]
    ) -> Tensor:
        """Returns the sum of a function's values over the heads."""
        if self._heads == 1:
            return function(self)
        first, *others = self.of_each_head(function)
        return sum(others, first)

    def mean_over_heads(
        self, function: Callable[["StepContext"], Tensor]
    ) -> Tensor:
        """Returns the mean of a function's values over the heads."""
        if self._heads == 1:
            return function(self)
        first, *others = self.of_each_head(function)
        return sum(others, first) / (1 + len(others))

    def _of_head(self, results: Any) -> Any:
        """Returns the results for this head, if one is chosen."""
        return results if self._head is None else self._head.of(results)

    def _once(self, compute: Callable[[], Any]) -> Any:
        """Computes something that all heads share, if one is chosen."""
        return compute() if self._head is None else self._head.once(compute)

    @contextlib.contextmanager
    def _forgotten(self) -> Iterator[None]:
        """Drops the results that were first computed inside the block.

        A result that is computed in some steps only does not exist in the
        others.
        """
        results = dict(self._results)
        try:
            yield
        finally:
            # In place, because the views of single heads share this dictionary.
            self._results.clear()
            self._results.update(results)

    def _pass(self, which: str) -> ForwardPass:
        if which not in self._results:
            samples = getattr(self, which)
            if self._repeats_passes:
                moved = self._networks.moved_by_discriminator
                before = Moment([*moved, self._seed.state])
                self._results[f"before {which}"] = before
            self._results[which] = forward_pass(self._discriminate, samples)
        return self._results[which]

    def _logits_at(self, which: str, samples: Tensor) -> Tensor:
        if not self._repeats_passes:
            raise ValueError(
                f"A penalty reads `{which}_logits_at`. Expected "
                "`repeats_passes = True` in its class, so that the state "
                "before a pass is kept. Received: False"
            )
        self._pass(which)

        def judged():
            with self._results[f"before {which}"].again():
                return self._discriminate(samples)[0]

        return self._of_head(self._once(judged))

    def _gradient(self, which: str) -> Tensor:
        key = f"{which}_gradient"
        if key not in self._results:
            self._results[key] = self._pass(which).gradient()
        return self._results[key]
