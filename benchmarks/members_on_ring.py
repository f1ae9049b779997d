"""What does every member do to a GAN on a ring, with its default factor?

    KERAS_BACKEND=jax python benchmarks/members_on_ring.py

trains MLPs on a ring of 8 Gaussians (radius 1, standard deviation 0.01) for a
few hundred steps with each member of the library in turn, and prints whether
all stayed finite, the modes covered and the share of good samples, mean and
standard error over seeds. A sample is good if it is within 3 standard
deviations of the nearest mode, a mode is covered if it has a good sample. So
few steps show that a member works and which way it pulls; they do not rank the
members.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from ring import RING
from ring import arguments_of
from ring import compare
from ring import covered

import keras_regan as kr

layers, ops = keras.layers, keras.ops
MODES = len(RING.centers)
BATCH, LATENTS, WIDTH = 512, 16, 128

# What is for images has nothing to do with points in a plane.
IMAGES_ONLY = {
    "augmentations.AdaptiveAugmentation",
    "augmentations.ColorJitter",
    "augmentations.Cutout",
    "augmentations.DiffAugment",
    "augmentations.HorizontalFlip",
    "augmentations.Translation",
    "layers.Conv2DTranspose",
}
# Adapters, which do what they are given.
ADAPTERS = {
    "layers.SampleRegularization",
    "losses.Weighted",
    "penalties.AcrossReplicas",
    "penalties.AdjustableFactor",
    "penalties.Scheduled",
}


class Elastic(kr.penalties.ElasticWeight):
    """Takes all weights of any network to matter equally.

    Trainings that begin anew have nothing that they could have kept.
    """

    def __init__(self):
        super().__init__(None, name="elastic_weight")

    def build(self, kernels):
        """Remembers the weights."""
        self.information = [np.ones(kernel.shape) for kernel in kernels]
        super().build(kernels)


def plain(member: type) -> dict:
    """Returns `compile`'s arguments for a regularizer with its defaults."""
    networks = getattr(member, "networks", ("generator",))
    return {f"{networks[0]}_regularizers": [member()]}


def settings() -> dict[str, dict]:
    """Returns all members, each with what differs from the plain GAN.

    `networks` is handed to `build`, everything else to `compile`.
    """
    wasserstein = {"loss": kr.losses.Wasserstein()}
    features = {"networks": {"discriminator_features": True}}
    table = {"none": {}}
    for name in (
        "LeastSquares Hinge Minimax NonSaturating Relativistic "
        "RelativisticAverage Wasserstein"
    ).split():
        table[f"losses.{name}"] = {"loss": getattr(kr.losses, name)()}
    for name in ("FlippedLabels", "TopK"):
        wrapper = getattr(kr.losses, name)
        table[f"losses.{name}"] = {"loss": wrapper(kr.losses.NonSaturating())}
    for name in (
        "L1 L2 Orthogonal DiversitySensitive EnergyDistance GDPP "
        "MatchedPairwiseDistance MaximumMeanDiscrepancy ModeSeeking "
        "NormalizedDiversification PairwiseDistance PullingAway"
    ).split():
        member = getattr(kr.regularizers, name)
        table[f"regularizers.{name}"] = plain(member)
    table["regularizers.L1L2"] = {
        "generator_regularizers": [kr.regularizers.L1L2(1e-5, 1e-5)]
    }
    for name in (
        "R1 R2 ApproximateR1 ApproximateR2 DRAGAN LatentConsistency "
        "LatentDiversity LeCam JacobianClamping MaxGradientPenalty PathLength "
        "ProximalL1 Sparsity StartingPoint ZeroCenteredInterpolation"
    ).split():
        member = getattr(kr.penalties, name)
        arguments = plain(member)
        if member in (kr.penalties.ProximalL1, kr.penalties.Sparsity):
            arguments = {"generator_regularizers": [member()]}
        table[f"penalties.{name}"] = arguments
    noise = kr.augmentations.InstanceNoise()
    table |= {
        "penalties.WassersteinGradientPenalty": {
            **plain(kr.penalties.WassersteinGradientPenalty),
            **wasserstein,
        },
        "penalties.LogitCentering": {
            **plain(kr.penalties.LogitCentering),
            "loss": kr.losses.Relativistic(),
        },
        "penalties.MatchingAware": {
            "networks": {"labels": "projected"},
            **plain(kr.penalties.MatchingAware),
        },
        "penalties.Consistency": {
            "discriminator_regularizers": [
                kr.penalties.Consistency(augmentation=noise)
            ]
        },
        "penalties.ElasticWeight": plain(Elastic),
        "penalties.FeatureMatching": {
            **features,
            "generator_regularizers": [kr.penalties.FeatureMatching()],
        },
        "penalties.OnFeatures": {
            **features,
            "generator_regularizers": [
                kr.penalties.OnFeatures(kr.regularizers.PullingAway())
            ],
        },
        "penalties.AuxiliaryClassifier": {
            "networks": {"labels": "classified"},
            "generator_regularizers": [kr.penalties.AuxiliaryClassifier()],
            "discriminator_regularizers": [kr.penalties.AuxiliaryClassifier()],
        },
        "penalties.LatentReconstruction": {
            "networks": {"reads_latents": True},
            "generator_regularizers": [kr.penalties.LatentReconstruction()],
            "discriminator_regularizers": [kr.penalties.LatentReconstruction()],
        },
        "regularizers.Reconstruction": {
            "networks": {"labels": "projected"},
            **plain(kr.regularizers.Reconstruction),
        },
        "augmentations.InstanceNoise": {"augmentation": noise},
        "constraints.WeightClipping": {
            "networks": {"clipped": True},
            **wasserstein,
        },
        "layers.SpectralNormalization": {"networks": {"spectral": True}},
        "layers.MinibatchStdDev": {
            "networks": {"last": kr.layers.MinibatchStdDev}
        },
        "layers.MinibatchDiscrimination": {
            # The default of 100 kernels needs gigabytes at this batch.
            "networks": {"last": lambda: kr.layers.MinibatchDiscrimination(10)}
        },
        "layers.Packing": {"networks": {"first": kr.layers.Packing}},
        "layers.GradientNormalization": {
            "networks": {"normalized": True},
            "loss": kr.losses.Hinge(),
        },
        "layers.ClassProjection": {"networks": {"labels": "projected"}},
        "layers.ConditionalBatchNormalization": {
            "networks": {"labels": "normalized"}
        },
    }
    return table


def build(
    discriminator_features=False,
    labels=None,
    clipped=False,
    spectral=False,
    normalized=False,
    reads_latents=False,
    first=None,
    last=None,
    modes=MODES,
    latent_dim=LATENTS,
    signs=0,
    waves=0,
    generator_layers=2,
) -> tuple[keras.Model, keras.Model]:
    """Builds a generator and a discriminator of two hidden layers each.

    Beside what members need: `signs`, of how many latents the generator sees
    the sign as well, and `waves`, how many random projections of a sample the
    discriminator sees the sine and the cosine of.
    """
    latents = x = keras.Input((latent_dim,))
    classes = keras.Input((), dtype="int32") if labels else None
    if signs:
        x = ops.concatenate([x, ops.sign(x[:, :signs])], axis=-1)
    for _ in range(generator_layers):
        if labels == "normalized":
            x = layers.Dense(WIDTH)(x)
            x = kr.layers.ConditionalBatchNormalization(modes)([x, classes])
        elif labels:
            embedded = layers.Embedding(modes, LATENTS)(classes)
            x = layers.Dense(WIDTH)(layers.Concatenate()([x, embedded]))
        else:
            x = layers.Dense(WIDTH)(x)
        x = layers.LeakyReLU(0.2)(x)
    generator = keras.Model(
        [latents, classes] if labels else latents, layers.Dense(2)(x)
    )

    def dense(units):
        constraint = kr.constraints.WeightClipping() if clipped else None
        layer = layers.Dense(
            units, kernel_constraint=constraint, bias_constraint=constraint
        )
        return kr.layers.SpectralNormalization(layer) if spectral else layer

    inputs = x = keras.Input((2,))
    if first:
        x = first()(x)
    if waves:
        # Fixed: only what is made of the waves is learned.
        project = layers.Dense(
            waves,
            use_bias=False,
            kernel_initializer=keras.initializers.RandomNormal(stddev=3.0),
            trainable=False,
        )
        angles = project(x)
        x = ops.concatenate([x, ops.sin(angles), ops.cos(angles)], axis=-1)
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(dense(WIDTH)(x))
    if last:
        x = last()(x)
    discriminator = finished(
        inputs,
        x,
        classes,
        lambda: dense(1),
        labels=labels,
        discriminator_features=discriminator_features,
        normalized=normalized,
        latents=latent_dim if reads_latents else None,
        modes=modes,
    )
    return generator, discriminator


def finished(
    inputs: Any,
    x: Any,
    classes: Any,
    last_layer: Callable[[], keras.layers.Layer],
    *,
    labels: str | None,
    discriminator_features: bool,
    normalized: bool,
    latents: int | None = None,
    modes: int = MODES,
) -> keras.Model:
    """Returns a discriminator whose last features are `x`."""
    if labels in ("projected", "normalized"):
        logits = kr.layers.ClassProjection(modes)([x, classes])
        inputs = [inputs, classes]
    else:
        logits = last_layer()(x)
    outputs = logits
    if discriminator_features:
        outputs = {"logits": logits, "features": x}
    if latents is not None:
        outputs = {"logits": logits, "latents": layers.Dense(latents)(x)}
    if labels == "classified":
        outputs = {"logits": logits, "class_logits": layers.Dense(modes)(x)}
    discriminator = keras.Model(inputs, outputs)
    if normalized:
        normalization = kr.layers.GradientNormalization(discriminator)
        discriminator = keras.Model(inputs, normalization(inputs))
    return discriminator


def train(setting: dict, seed: int, steps: int) -> tuple[int, float, bool]:
    """Trains one GAN and judges its samples; and were all logs finite?"""
    setting = dict(setting)
    keras.utils.set_random_seed(seed)
    networks = build(**setting.pop("networks", {}))
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.95, seed=seed)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0),
        **setting,
    )
    count = BATCH * min(steps, 100)
    samples, modes = RING.sample_with_modes(count, seed)
    data = (samples, modes) if gan.conditional else (samples,)
    history = gan.fit(
        *data, batch_size=BATCH, epochs=max(1, steps // 100), verbose=0
    )
    finite = all(np.isfinite(v).all() for v in history.history.values())
    labels = np.arange(2500) % MODES if gan.conditional else None
    made = gan.generate(2500, conditions=labels, seed=seed)
    return *covered(made), finite and bool(np.isfinite(made).all())


def main() -> None:
    """Trains with each member and prints a table."""
    arguments = arguments_of(__doc__, steps=300, seeds=3, settings=settings())

    def run(name, seed):
        # Made anew for each run: penalties keep state.
        return train(settings()[name], seed, arguments.steps)

    compare(arguments.settings, run, arguments)


if __name__ == "__main__":
    main()
