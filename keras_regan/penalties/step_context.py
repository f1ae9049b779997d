"""Everything that a penalty can see of the step that it is part of."""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._typing import Tensor


class Judgement(NamedTuple):
    """What the discriminator says of a batch.

    Attributes:
        logits: Tensor of shape `(batch,)`, `(batch, 1)` or
            `(batch, height, width, 1)`.
        outputs: Dictionary of what the discriminator returned besides, such as
            `"features"` and `"class_logits"`.
        losses: List of scalars that its layers added in this call.
    """

    logits: Tensor
    outputs: dict[str, Any]
    losses: list[Tensor]


class StepContext:
    """One step of one network, seen by its penalties.

    It is made inside the function that is differentiated, once for each
    update, and is lazy: the discriminator runs on the real or on the
    generated batch when one of their logits, features or gradients is first
    read, once for all who read them. One forward pass serves logits and input
    gradient.

    Attributes:
        real: Real samples, a float tensor `(batch, ...)`.
        fake: Generated samples, likewise. In the discriminator's step no
            gradient flows through them into the generator.
        latents: What `fake` was generated from, `(batch, latent_dim)`.
        labels: Class labels of both batches, or `None`.
        step: Integer scalar: how many updates this network has had.
        training: Bool. `False` under `evaluate`.
        network: `"generator"` or `"discriminator"`: whose step it is.
        kernels: List of the trained network's kernels: its trainable weights
            of rank 2 and more.
        seed: `keras.random.SeedGenerator` for whatever a penalty draws. Its
            state is saved with the model, and it is apart from the one of the
            latents. Several replicas of a step draw different numbers from it.
        counts: Whether the penalty counts in this step, `True` or a boolean
            scalar. One with an interval is computed in due steps only, where
            that is possible; where it is not, its state must stay as it is.
    """

    def __init__(
        self,
        *,
        real: Tensor,
        fake: Tensor,
        latents: Tensor,
        labels: Tensor | None,
        step: Tensor,
        training: bool,
        network: str,
        kernels: list[keras.Variable],
        seed: keras.random.SeedGenerator,
        discriminator: Callable[[Tensor], Judgement],
        generator: Callable[[Tensor], Tensor],
        latent_gradient: Callable[[Tensor], Tensor] | None = None,
    ):
        self.real = real
        self.fake = fake
        self.latents = latents
        self.labels = labels
        self.step = step
        self.training = training
        self.network = network
        self.kernels = kernels
        self.seed = seed
        self.counts = True
        self._discriminator = discriminator
        self._generator = generator
        self._latent_gradient = latent_gradient
        self._results: dict[str, Any] = {}

    @property
    def real_logits(self) -> Tensor:
        """The discriminator's logits of the real samples."""
        return self._judged("real").judgement.logits

    @property
    def fake_logits(self) -> Tensor:
        """The discriminator's logits of the generated samples."""
        return self._judged("fake").judgement.logits

    @property
    def real_features(self) -> Any:
        """The discriminator's features of the real samples."""
        return _existing(self.real_outputs, "features")

    @property
    def fake_features(self) -> Any:
        """The discriminator's features of the generated samples."""
        return _existing(self.fake_outputs, "features")

    @property
    def real_class_logits(self) -> Tensor:
        """The logits of each real sample's class, `(batch, classes)`."""
        return _existing(self.real_outputs, "class_logits")

    @property
    def fake_class_logits(self) -> Tensor:
        """The logits of each generated sample's class."""
        return _existing(self.fake_outputs, "class_logits")

    @property
    def real_outputs(self) -> dict[str, Any]:
        """All that the discriminator returned of the real samples."""
        return self._judged("real").judgement.outputs

    @property
    def fake_outputs(self) -> dict[str, Any]:
        """All that the discriminator returned of the generated samples."""
        return self._judged("fake").judgement.outputs

    @property
    def real_gradient(self) -> Tensor:
        """The gradient of each real sample's logit at that sample.

        The shape is that of the samples. The logit of a map of patches is the
        mean over the patches.
        """
        return self._gradient("real")

    @property
    def fake_gradient(self) -> Tensor:
        """The gradient of each generated sample's logit at that sample."""
        return self._gradient("fake")

    @property
    def layer_losses(self) -> list[Tensor]:
        """The scalars that the discriminator's layers added so far.

        Those of the passes over `real` and `fake`: activity regularizers and
        `add_loss`.
        """
        return [
            loss
            for result in self._results.values()
            if isinstance(result, _Judged)
            for loss in result.judgement.losses
        ]

    def discriminate(self, samples: Tensor) -> Tensor:
        """Returns the discriminator's logits of other samples."""
        return self._discriminator(samples).logits

    def generate(self, latents: Tensor) -> Tensor:
        """Returns what the generator makes of other latents."""
        return self._generator(latents)

    def input_gradient(self, samples: Tensor) -> Tensor:
        """Returns the gradient of each other sample's logit at that sample."""
        return _judge(self._discriminator, samples).gradient()

    def latent_gradient(self, weights: Tensor) -> Tensor:
        """Returns the gradient of `sum(weights * fake)` at the latents.

        It needs no further pass through the generator. In the discriminator's
        step, where the generator is not differentiated, it is not to be had.

        Args:
            weights: Tensor of the shape of `fake`.

        Raises:
            ValueError: In the discriminator's step.
        """
        if self._latent_gradient is None:
            raise ValueError(
                "The gradient at the latents can be read in the generator's "
                "step only. Expected a penalty in `generator_regularizers`. "
                f"Received: a step of the {self.network}"
            )
        return self._latent_gradient(weights)

    @contextlib.contextmanager
    def branch(self) -> Iterator[None]:
        """Forgets on leaving what was first computed inside.

        For code that runs in a branch of the graph, whose tensors do not exist
        outside of it.
        """
        results = dict(self._results)
        try:
            yield
        finally:
            self._results = results

    @contextlib.contextmanager
    def counted_if(self, due: Tensor) -> Iterator[None]:
        """Says inside that what is computed counts only if `due`."""
        outer = self.counts
        self.counts = due if outer is True else ops.logical_and(outer, due)
        try:
            yield
        finally:
            self.counts = outer

    def _judged(self, which: str) -> "_Judged":
        if which not in self._results:
            samples = getattr(self, which)
            self._results[which] = _judge(self._discriminator, samples)
        return self._results[which]

    def _gradient(self, which: str) -> Tensor:
        key = f"{which}_gradient"
        if key not in self._results:
            self._results[key] = self._judged(which).gradient()
        return self._results[key]


class _Judged(NamedTuple):
    judgement: Judgement
    gradient: Callable[[], Tensor]


def _judge(
    discriminator: Callable[[Tensor], Judgement], samples: Tensor
) -> _Judged:
    def forward(samples):
        logits, outputs, losses = discriminator(samples)
        return logits, (outputs, losses)

    logits, (outputs, losses), pullback = _backend.call_with_input_gradient(
        forward, samples
    )

    def gradient():
        patches = 1
        for size in ops.shape(logits)[1:]:
            patches = patches * size
        return pullback(ops.ones_like(logits) / ops.cast(patches, logits.dtype))

    return _Judged(Judgement(logits, outputs, losses), gradient)


def _existing(outputs: dict[str, Any], key: str) -> Any:
    if key not in outputs:
        raise ValueError(
            f"A regularizer reads the discriminator's {key}, and it returns "
            "none. Expected a discriminator that returns "
            f"{{'logits': ..., '{key}': ...}}. Received: "
            f"{['logits', *outputs]}"
        )
    return outputs[key]
