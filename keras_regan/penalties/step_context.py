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
        features: What the discriminator returned as `"features"`, or `None`.
        losses: List of scalars that its layers added in this call.
    """

    logits: Tensor
    features: Any
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
        kernels: List of the trained network's kernels: its trainable weights
            of rank 2 and more.
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
        kernels: list[keras.Variable],
        discriminator: Callable[[Tensor], Judgement],
        generator: Callable[[Tensor], Tensor],
    ):
        self.real = real
        self.fake = fake
        self.latents = latents
        self.labels = labels
        self.step = step
        self.training = training
        self.kernels = kernels
        self._discriminator = discriminator
        self._generator = generator
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
        return _existing(self._judged("real").judgement.features)

    @property
    def fake_features(self) -> Any:
        """The discriminator's features of the generated samples."""
        return _existing(self._judged("fake").judgement.features)

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
        logits, features, losses = discriminator(samples)
        return logits, (features, losses)

    logits, (features, losses), pullback = _backend.call_with_input_gradient(
        forward, samples
    )

    def gradient():
        patches = 1
        for size in ops.shape(logits)[1:]:
            patches = patches * size
        return pullback(ops.ones_like(logits) / ops.cast(patches, logits.dtype))

    return _Judged(Judgement(logits, features, losses), gradient)


def _existing(features: Any) -> Any:
    if features is None:
        raise ValueError(
            "A regularizer reads the discriminator's features, and it returns "
            "none. Expected a discriminator that returns "
            "{'logits': ..., 'features': ...}. Received: logits only"
        )
    return features
