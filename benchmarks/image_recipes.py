"""Recipes for GANs of images that `time_to_quality.py` compares."""

import math
from dataclasses import dataclass
from dataclasses import replace

import keras
import numpy as np
from judged_slices import Task
from judged_slices import Watch
from judged_slices import fit

import keras_regan as kr

_PIXELS = 32 * 32


@dataclass(frozen=True)
class Recipe:
    """Networks and settings, by their names and numbers.

    The defaults are those that `examples/train_images.py` had before.

    Attributes:
        network: `"dcgan"` or `"resnet"`.
        width: Of both networks.
        normalized: Whether the DCGAN's discriminator is batch normalized.
        latents: How many.
        loss: The name of a loss.
        l1: Factor of L1 on the generator's weights.
        pairwise: Factor of the pairwise distance of samples.
        r1: Factor of R1 for images of 32 pixels a side; it grows with
            their number.
        r2: The same of R2.
        interval: In which steps the two are computed.
        rate: Learning rate of both networks.
        discriminator_rate: Another one for the discriminator.
        falling_steps: In how many steps rates and the factors of R1 and R2
            fall to a tenth, along half a cosine; 0 where they stay.
        beta_1: Adam's.
        beta_2: Adam's.
        batch: Images of a step.
        average: Momentum of the moving average.
        augmented: Whether the discriminator's inputs are augmented.
        shared_samples: As in `compile`.
        policy: The dtype policy.
    """

    network: str = "dcgan"
    width: int = 32
    normalized: bool = True
    latents: int = 100
    loss: str = "NonSaturating"
    l1: float = 1e-5
    pairwise: float = 0.1
    r1: float = 0.0
    r2: float = 0.0
    interval: int = 4
    rate: float = 2e-4
    discriminator_rate: float | None = None
    falling_steps: int = 0
    beta_1: float = 0.5
    beta_2: float = 0.999
    batch: int = 32
    average: float = 0.995
    augmented: bool = False
    shared_samples: bool = False
    policy: str = "float32"

    def train(self, task: Task, watch: Watch) -> None:
        """Trains until time is over."""
        gan = self.build(task.images.shape[1:], task.seed)

        def generate(count: int) -> np.ndarray:
            return gan.generate(count, seed=task.seed)

        fit(gan, task, watch, self.batch, generate)

    def build(self, shape: tuple[int, ...], seed: int) -> kr.RegularizedGAN:
        """Returns a compiled GAN."""
        usual = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.policy)
        try:
            networks = self._networks(shape)
        finally:
            keras.config.set_dtype_policy(usual)
        gan = kr.RegularizedGAN(*networks, ema_momentum=self.average, seed=seed)
        gan.compile(
            generator_optimizer=self._adam(self.rate),
            discriminator_optimizer=self._adam(
                self.discriminator_rate or self.rate
            ),
            loss=getattr(kr.losses, self.loss)(),
            generator_regularizers=_switched_on(
                (kr.regularizers.L1, self.l1),
                (kr.regularizers.PairwiseDistance, self.pairwise),
            ),
            discriminator_regularizers=_switched_on(
                (self._lazy(kr.penalties.R1), self._for_size(self.r1, shape)),
                (self._lazy(kr.penalties.R2), self._for_size(self.r2, shape)),
            ),
            augmentation=(
                kr.augmentations.DiffAugment() if self.augmented else None
            ),
            shared_samples=self.shared_samples,
        )
        return gan

    def _networks(self, shape):
        size = {"latent_dim": self.latents, "width": self.width}
        if self.network == "resnet":
            return kr.networks.resnet(
                shape, spectral_normalization=False, **size
            )
        return kr.networks.dcgan(
            shape, discriminator_batch_normalization=self.normalized, **size
        )

    def _adam(self, rate):
        return keras.optimizers.Adam(
            self._falling(rate), self.beta_1, self.beta_2
        )

    def _lazy(self, penalty):
        return lambda factor: penalty(
            self._falling(factor), interval=self.interval
        )

    def _falling(self, value):
        if not self.falling_steps:
            return value
        return keras.optimizers.schedules.CosineDecay(
            value, self.falling_steps, alpha=0.1
        )

    def _for_size(self, factor, shape):
        return factor * math.prod(shape[:2]) / _PIXELS


def _switched_on(*settings):
    """Returns a regularizer for each factor that is not zero."""
    return [make(factor) for make, factor in settings if factor]


_EXAMPLE = Recipe()
# Three times the rate, and nothing that does not help within minutes.
_QUICK = replace(_EXAMPLE, l1=0.0, pairwise=0.0, rate=6e-4, shared_samples=True)
_R1 = replace(_QUICK, normalized=False, r1=0.1, rate=1e-3)
_RELATIVISTIC = replace(
    _R1, loss="Relativistic", r2=0.1, beta_1=0.0, beta_2=0.99
)
# Those of `examples/draw_faces.py`, and of `keras_regan.recipes.photos`, with
# rates and factors that stay, since the number of steps is not known, or fall.
_FACES = replace(
    _R1, width=16, r1=0.5, beta_1=0.0, beta_2=0.99, shared_samples=True
)
_PHOTOS = replace(
    _RELATIVISTIC, r1=0.05, r2=0.05, rate=5e-4, shared_samples=False
)

RECIPES = {
    "our earlier example": _EXAMPLE,
    "quick": _QUICK,
    "quick, narrow": replace(_QUICK, width=16, rate=1e-3),
    "quick, narrow, faster": replace(_QUICK, width=16, rate=2e-3),
    "quick, narrower": replace(_QUICK, width=8, rate=2e-3),
    "quick, narrow, batch 64": replace(_QUICK, width=16, batch=64, rate=2e-3),
    "quick, narrow, regularized": replace(
        _QUICK, width=16, rate=1e-3, l1=1e-5, pairwise=0.1
    ),
    "quick, wide": replace(_QUICK, width=64),
    "quick, batch 16": replace(_QUICK, batch=16),
    "quick, batch 64": replace(_QUICK, batch=64, rate=1e-3),
    "quick, faster": replace(_QUICK, rate=1.2e-3),
    "quick, longer average": replace(_QUICK, average=0.998),
    "quick, hinge": replace(_QUICK, loss="Hinge"),
    "quick, soft": replace(_QUICK, pairwise=0.1),
    "quick, bfloat16": replace(_QUICK, policy="mixed_bfloat16"),
    "R1": _R1,
    "relativistic": _RELATIVISTIC,
    "faces": _FACES,
    "photos": _PHOTOS,
    "photos, narrow": replace(_PHOTOS, width=16, rate=1e-3),
    "faces, falling": replace(_FACES, falling_steps=2700),
    "photos, narrow, falling": replace(
        _PHOTOS, width=16, rate=1e-3, falling_steps=2000
    ),
    "photos, narrow, shared, falling": replace(
        _PHOTOS, width=16, rate=1e-3, shared_samples=True, falling_steps=2300
    ),
    "relativistic, ResNet": replace(
        _RELATIVISTIC, network="resnet", width=16, rate=5e-4
    ),
}
