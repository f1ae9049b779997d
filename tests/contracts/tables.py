"""One line for every public object, several for one with several algorithms.

A name ends where the bracket begins. Base classes stand for a user's own.
"""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
PairwiseDistance = kr.regularizers.PairwiseDistance


@keras.saving.register_keras_serializable("contracts")
class Linear(kr.losses.AdversarialLoss):
    """The smallest loss that a user can write."""

    def discriminator_loss(self, real_logits, fake_logits):
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator_loss(self, fake_logits, real_logits=None):
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable("contracts")
class Size(kr.regularizers.SampleRegularizer):
    """The smallest regularizer of samples that a user can write."""

    def call(self, samples):
        return ops.mean(ops.square(samples))


@keras.saving.register_keras_serializable("contracts")
class LeastDistance(kr.regularizers.PairRegularizer):
    """The smallest regularizer of pairs that a user can write."""

    def call(self, samples, conditions):
        if isinstance(conditions, int) and conditions == 1:
            return -ops.mean(ops.square(samples - ops.mean(samples, axis=0)))
        distance = ops.abs(samples[:-conditions] - samples[conditions:])
        return ops.mean(ops.relu(0.1 - distance))


@keras.saving.register_keras_serializable("contracts")
class LogitDrift(kr.penalties.Penalty):
    """The smallest penalty that a user can write."""

    networks = ("discriminator",)

    def call(self, context):
        return ops.mean(ops.square(context.real_logits))


@keras.saving.register_keras_serializable("contracts")
class Elastic(kr.penalties.ElasticWeight):
    """Has information for each network that a test builds."""

    def build(self, kernels):
        self.information = [np.full(k.shape, 0.5) for k in kernels]
        super().build(kernels)


@keras.saving.register_keras_serializable("contracts")
class Negative(kr.augmentations.Augmentation):
    """The smallest augmentation that a user can write."""

    def call(self, samples, seed):
        return -samples


def noise():
    return kr.augmentations.InstanceNoise(0.3)


LOSSES = {
    "losses.AdversarialLoss": Linear,
    "losses.Minimax": lambda: kr.losses.Minimax(label_smoothing=0.1),
    "losses.NonSaturating": lambda: kr.losses.NonSaturating(
        label_smoothing=0.25
    ),
    "losses.LeastSquares": kr.losses.LeastSquares,
    "losses.Hinge": kr.losses.Hinge,
    "losses.Wasserstein": kr.losses.Wasserstein,
    "losses.Relativistic": kr.losses.Relativistic,
    "losses.RelativisticAverage": kr.losses.RelativisticAverage,
    "losses.RelativisticAverage[hinge]": (
        lambda: kr.losses.RelativisticAverage("hinge")
    ),
    "losses.Weighted": lambda: kr.losses.Weighted(kr.losses.Hinge(), 0.25),
    "losses.FlippedLabels": lambda: kr.losses.FlippedLabels(
        kr.losses.LeastSquares(), 0.25
    ),
    "losses.TopK": lambda: kr.losses.TopK(kr.losses.Hinge(), 0.25),
    "losses.TopK[schedule]": lambda: kr.losses.TopK(
        kr.losses.NonSaturating(),
        keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.5),
    ),
}
WEIGHT_REGULARIZERS = {
    "regularizers.L1": lambda f: kr.regularizers.L1(f, name="a"),
    "regularizers.L2": lambda f: kr.regularizers.L2(f, name="a"),
    "regularizers.L1L2": lambda f: kr.regularizers.L1L2(f, f, name="a"),
    "regularizers.Orthogonal": lambda f: kr.regularizers.Orthogonal(
        f, name="a"
    ),
}
SAMPLE_REGULARIZERS = {
    "regularizers.SampleRegularizer": Size,
    "regularizers.PairRegularizer": LeastDistance,
    "regularizers.PairwiseDistance": PairwiseDistance,
    "regularizers.PairwiseDistance[attract]": lambda f: PairwiseDistance(
        f, direction="attract", distance="l1", name="a"
    ),
    "regularizers.PairwiseDistance[margin]": lambda f: PairwiseDistance(
        f, margin=10.0
    ),
    "regularizers.PairwiseDistance[all]": lambda f: PairwiseDistance(
        f, margin=10.0, pairing="all"
    ),
    "regularizers.PairwiseDistance[all_l1]": lambda f: PairwiseDistance(
        f, distance="l1", pairing="all"
    ),
    "regularizers.ModeSeeking": lambda f: kr.regularizers.ModeSeeking(
        f, epsilon=1e-3
    ),
    "regularizers.DiversitySensitive": (
        lambda f: kr.regularizers.DiversitySensitive(
            f, bound=5.0, detach_partner=False
        )
    ),
    "regularizers.DiversitySensitive[unbounded]": (
        lambda f: kr.regularizers.DiversitySensitive(f, bound=None)
    ),
    "regularizers.NormalizedDiversification": (
        lambda f: kr.regularizers.NormalizedDiversification(f, alpha=0.9)
    ),
    "regularizers.PullingAway": lambda f: kr.regularizers.PullingAway(
        f, name="a"
    ),
    "regularizers.GDPP": kr.regularizers.GDPP,
    "regularizers.GDPP[eigenvectors]": lambda f: kr.regularizers.GDPP(
        f, structure="eigenvectors"
    ),
    "regularizers.EnergyDistance": lambda f: kr.regularizers.EnergyDistance(
        f, name="a"
    ),
    "regularizers.MaximumMeanDiscrepancy": (
        lambda f: kr.regularizers.MaximumMeanDiscrepancy(
            f, bandwidth=[0.5, 2.0]
        )
    ),
    "regularizers.MatchedPairwiseDistance": (
        lambda f: kr.regularizers.MatchedPairwiseDistance(f, name="a")
    ),
    "regularizers.MatchedPairwiseDistance[all_l1]": (
        lambda f: kr.regularizers.MatchedPairwiseDistance(
            f, distance="l1", pairing="all"
        )
    ),
    "regularizers.Reconstruction": lambda f: kr.regularizers.Reconstruction(
        f, name="a"
    ),
    "regularizers.Reconstruction[nearest]": (
        lambda f: kr.regularizers.Reconstruction(f, nearest_of=2)
    ),
}
PENALTIES = {
    "penalties.Penalty": LogitDrift,
    "penalties.R1": lambda f: kr.penalties.R1(f, name="a"),
    "penalties.R2": lambda f: kr.penalties.R2(f, interval=2),
    "penalties.ApproximateR1": lambda f: kr.penalties.ApproximateR1(
        f, deviation=0.1
    ),
    "penalties.ApproximateR2": lambda f: kr.penalties.ApproximateR2(
        f, deviation=0.1, interval=2
    ),
    "penalties.WassersteinGradientPenalty": (
        lambda f: kr.penalties.WassersteinGradientPenalty(f, target=0.3)
    ),
    "penalties.WassersteinGradientPenalty[one_sided]": (
        lambda f: kr.penalties.WassersteinGradientPenalty(
            f, target=0.01, one_sided=True
        )
    ),
    "penalties.ZeroCenteredInterpolation": (
        lambda f: kr.penalties.ZeroCenteredInterpolation(f, interval=2)
    ),
    "penalties.DRAGAN": lambda f: kr.penalties.DRAGAN(f, scale=0.7),
    "penalties.MaxGradientPenalty": (
        lambda f: kr.penalties.MaxGradientPenalty(f, name="a")
    ),
    "penalties.LeCam": lambda f: kr.penalties.LeCam(
        f, momentum=0.5, one_sided=False
    ),
    "penalties.LogitCentering": lambda f: kr.penalties.LogitCentering(
        f, name="a"
    ),
    "penalties.MatchingAware": lambda f: kr.penalties.MatchingAware(
        f, loss=kr.losses.Hinge()
    ),
    "penalties.Consistency": lambda f: kr.penalties.Consistency(f, noise()),
    "penalties.Consistency[fake]": lambda f: kr.penalties.Consistency(
        f, noise(), samples="fake", interval=2
    ),
    "penalties.LatentConsistency": lambda f: kr.penalties.LatentConsistency(
        f, deviation=0.5
    ),
    "penalties.LatentDiversity": lambda f: kr.penalties.LatentDiversity(
        f, deviation=0.5
    ),
    "penalties.JacobianClamping": lambda f: kr.penalties.JacobianClamping(
        f, minimum=2.0
    ),
    "penalties.PathLength": lambda f: kr.penalties.PathLength(
        f, momentum=0.5, interval=1
    ),
    "penalties.FeatureMatching": lambda f: kr.penalties.FeatureMatching(
        f, name="a"
    ),
    "penalties.AuxiliaryClassifier": kr.penalties.AuxiliaryClassifier,
    "penalties.LatentReconstruction": (
        lambda f: kr.penalties.LatentReconstruction(f, categories=2)
    ),
    "penalties.ProximalL1": lambda f: kr.penalties.ProximalL1(f, name="a"),
    "penalties.Sparsity": lambda f: kr.penalties.Sparsity(
        f, steps=1, interval=2, name="a"
    ),
    "penalties.StartingPoint": lambda f: kr.penalties.StartingPoint(
        f, interval=2
    ),
    "penalties.ElasticWeight": lambda f: Elastic(None, f, interval=2),
    "penalties.OnFeatures": lambda f: kr.penalties.OnFeatures(
        PairwiseDistance(1.0), f
    ),
    "penalties.OnFeatures[real]": lambda f: kr.penalties.OnFeatures(
        kr.regularizers.MatchedPairwiseDistance(1.0), f, interval=2
    ),
    "penalties.AcrossReplicas": lambda f: kr.penalties.AcrossReplicas(
        PairwiseDistance(1.0, pairing="all"), f, interval=2
    ),
    "penalties.AcrossReplicas[features]": (
        lambda f: kr.penalties.AcrossReplicas(
            kr.penalties.OnFeatures(PairwiseDistance(1.0)), f, name="a"
        )
    ),
    "penalties.Scheduled": lambda f: kr.penalties.Scheduled(
        kr.penalties.R1(2.0), f, name="a"
    ),
    "penalties.Scheduled[samples]": lambda f: kr.penalties.Scheduled(
        PairwiseDistance(1.0), f, interval=2
    ),
    "penalties.Scheduled[weights]": lambda f: kr.penalties.Scheduled(
        kr.regularizers.L2(1.0), f
    ),
}
REGULARIZERS = {**WEIGHT_REGULARIZERS, **SAMPLE_REGULARIZERS, **PENALTIES}
AUGMENTATIONS = {
    "augmentations.Augmentation": Negative,
    "augmentations.ColorJitter": lambda: kr.augmentations.ColorJitter(
        0.1, 0.2, 0.3
    ),
    "augmentations.Translation": lambda: kr.augmentations.Translation(0.25),
    "augmentations.Cutout": lambda: kr.augmentations.Cutout(0.4),
    "augmentations.HorizontalFlip": lambda: kr.augmentations.HorizontalFlip(
        0.25
    ),
    "augmentations.InstanceNoise": noise,
    "augmentations.DiffAugment": lambda: kr.augmentations.DiffAugment(
        [kr.augmentations.Cutout(0.3), kr.augmentations.HorizontalFlip()]
    ),
    "augmentations.AdaptiveAugmentation": (
        lambda: kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.HorizontalFlip(1.0)],
            interval=1,
            adjustment_images=100,
            initial_probability=0.3,
        )
    ),
}


def small_network():
    return keras.Sequential([layers.Input((2,)), layers.Dense(1)])


# Each with the shape of one input, and whether it takes labels as well.
LAYERS = {
    "layers.SampleRegularization": lambda: kr.layers.SampleRegularization(
        PairwiseDistance(0.1, margin=1.0), name="soft"
    ),
    "layers.SpectralNormalization": lambda: kr.layers.SpectralNormalization(
        layers.Dense(3), power_iterations=2, name="spectral"
    ),
    "layers.MinibatchStdDev": lambda: kr.layers.MinibatchStdDev(
        2, name="deviations"
    ),
    "layers.MinibatchDiscrimination": (
        lambda: kr.layers.MinibatchDiscrimination(3, 2, name="discrimination")
    ),
    "layers.Packing": lambda: kr.layers.Packing(3, name="packs"),
    "layers.GradientNormalization": (
        lambda: kr.layers.GradientNormalization(
            small_network(), name="normalized"
        )
    ),
    "layers.ConditionalBatchNormalization": (
        lambda: kr.layers.ConditionalBatchNormalization(4, name="conditional")
    ),
    "layers.Conv2DTranspose": lambda: kr.layers.Conv2DTranspose(
        1, 4, 2, "same", activation="tanh", name="doubled"
    ),
    "layers.ClassProjection": lambda: kr.layers.ClassProjection(
        4, name="projection"
    ),
}
IMAGE_LAYERS = {"layers.Conv2DTranspose"}
LABELED_LAYERS = {
    "layers.ConditionalBatchNormalization",
    "layers.ClassProjection",
}


def on_vectors(key, layer):
    """Returns what calls a layer on vectors, which may be one of images."""
    if key not in IMAGE_LAYERS:
        return layer

    def call(x):
        images = layers.Reshape((1, 1, x.shape[-1]))(x)
        return layers.Flatten()(layer(images))

    return call


CONSTRAINTS = {
    "constraints.WeightClipping": lambda: kr.constraints.WeightClipping(0.2),
}
NOT_SERIALIZED = {
    "metrics.Reference",  # A file.
    "metrics.SampleMetric",  # Abstract.
    "penalties.StepContext",  # Made anew in every step.
}


def features(units=4):
    """A feature network for images of 8 x 8 pixels."""
    network = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(units)],
        name="features",
    )
    return kr.metrics.FeatureExtractor(
        network,
        image_size=8,
        interpolation="bicubic",
        value_range=(0.0, 1.0),
        preprocessing=layers.Rescaling(0.5, -1.0),
        name="other",
    )


# Of these only the config is of interest here: they take no part in training,
# or have a network that fits samples of one shape.
CONFIGURED = {
    "datasets.GaussianMixture": lambda: kr.datasets.GaussianMixture(
        [[0.0, 1.0], [2.0, 3.0]], [0.1, 0.2], weights=[0.25, 0.75]
    ),
    "metrics.BestOfMany": lambda: kr.metrics.BestOfMany(
        features(), samples_per_condition=3, max_samples=20, name="a"
    ),
    "metrics.CollisionSupport": lambda: kr.metrics.CollisionSupport(
        features(), threshold=0.5, max_samples=20, name="a"
    ),
    "metrics.ConditionalDiversity": lambda: kr.metrics.ConditionalDiversity(
        features(), samples_per_condition=3, max_samples=20, name="a"
    ),
    "metrics.DensityCoverage": lambda: kr.metrics.DensityCoverage(
        features(), neighbours=2, max_samples=20, name="a"
    ),
    "metrics.FeatureDiversity": lambda: kr.metrics.FeatureDiversity(
        features(), max_samples=20, name="a"
    ),
    "metrics.FeatureExtractor": features,
    "metrics.FrechetDistance": lambda: kr.metrics.FrechetDistance(
        features(), reference="real.npz", name="a"
    ),
    "metrics.FrechetJointDistance": lambda: kr.metrics.FrechetJointDistance(
        features(), num_classes=3, alpha=0.5, name="a"
    ),
    "metrics.FrechetJointDistance[network]": (
        lambda: kr.metrics.FrechetJointDistance(
            features(), condition_features=features(2)
        )
    ),
    "metrics.InceptionScore": lambda: kr.metrics.InceptionScore(
        features(), from_logits=True, splits=2, max_samples=20, name="a"
    ),
    "metrics.KernelDistance": lambda: kr.metrics.KernelDistance(
        features(), subsets=3, subset_size=5, seed=2, max_samples=20
    ),
    "metrics.ModeCoverage": lambda: kr.metrics.ModeCoverage(
        kr.datasets.gaussian_ring(), least=2, name="a"
    ),
    "metrics.ModeCoverage[classifier]": lambda: kr.metrics.ModeCoverage(
        classifier=features(10), confidence=0.5
    ),
    "metrics.NumberOfDifferentBins": lambda: kr.metrics.NumberOfDifferentBins(
        features(), bins=3, significance=0.1, seed=2, max_samples=20
    ),
    "metrics.PrecisionRecall": lambda: kr.metrics.PrecisionRecall(
        features(), neighbours=2, max_samples=20, name="a"
    ),
    "penalties.AdjustableFactor": lambda: kr.penalties.AdjustableFactor(0.25),
    "penalties.LatentReconstruction[encoder]": (
        lambda: kr.penalties.LatentReconstruction(
            0.5, encoder=small_network(), interval=2
        )
    ),
    "regularizers.Reconstruction[features]": (
        lambda: kr.regularizers.Reconstruction(
            0.5, distance="squared", features=features()
        )
    ),
}
# Partners are neighbours in the batch, or real samples meet generated ones.
ORDER_MATTERS = {
    "regularizers.PairwiseDistance",
    "regularizers.PairwiseDistance[attract]",
    "regularizers.PairwiseDistance[margin]",
    "regularizers.ModeSeeking",
    "regularizers.DiversitySensitive",
    "regularizers.DiversitySensitive[unbounded]",
    "regularizers.GDPP[eigenvectors]",
    "regularizers.MatchedPairwiseDistance",
    "regularizers.Reconstruction",
    "regularizers.Reconstruction[nearest]",
    "penalties.WassersteinGradientPenalty",
    "penalties.WassersteinGradientPenalty[one_sided]",
    "penalties.ZeroCenteredInterpolation",
    "penalties.ApproximateR1",
    "penalties.DRAGAN",
    "penalties.LogitCentering",
    "penalties.MaxGradientPenalty",
    "penalties.Consistency",
    "penalties.OnFeatures[real]",
}
# Of these their own tests take care.
OTHERS = {"callbacks", "models", "networks", "recipes", "search"}


def each(table):
    return pytest.mark.parametrize("key", list(table))


def each_on_torch(table, others=4):
    """As `each`, but every fourth is enough on the other backends."""
    marks = pytest.mark.usual_on("torch")
    return pytest.mark.parametrize(
        "key",
        [
            pytest.param(key, marks=marks if index % others else [])
            for index, key in enumerate(table)
        ],
    )


def serialized():
    """All objects that can be saved, by their line in the tables."""
    half = {
        key: lambda build=build: build(0.5)
        for key, build in REGULARIZERS.items()
    }
    return {**LOSSES, **LAYERS, **CONSTRAINTS, **AUGMENTATIONS, **half}


def role_of(entry):
    networks = kr.penalties.Scheduled(entry).networks
    return networks[0]


def other(role):
    return {"generator": "discriminator", "discriminator": "generator"}[role]


def classified(*keys):
    """Whether entries need labels and a discriminator that classifies."""
    return any(
        key.startswith(("penalties.Auxiliary", "regularizers.Reconstruction"))
        for key in keys
    )


def told(*keys):
    """Whether entries need a discriminator that is told the labels."""
    return "penalties.MatchingAware" in keys


def read(*keys):
    """Whether entries need a discriminator that reads latents."""
    return any("LatentReconstruction" in key for key in keys)


def pair(*keys, shape=(1,), sample_shape=(2,), convolutions=False):
    """Builds networks that have what the entries need.

    Args:
        *keys: The entries' lines in the tables.
        shape: Shape of one sample's logits.
        sample_shape: Shape of one sample.
        convolutions: Whether the discriminator is one of convolutions, with
            normalization and dropout.
    """
    num_classes = 4 if classified(*keys) or told(*keys) else None
    generator, _ = kr.networks.mlp(
        sample_shape,
        latent_dim=3,
        hidden=(8,),
        output_activation=None,
        num_classes=num_classes,
    )
    x = inputs = keras.Input(sample_shape)
    if convolutions:
        x = layers.Conv2D(4, 4, 2, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(0.2, seed=7)(layers.LeakyReLU(0.2)(x))
    features = layers.LeakyReLU(0.2)(layers.Dense(8)(layers.Flatten()(x)))
    judged = features
    if told(*keys):
        labels = keras.Input((), dtype="int32")
        inputs = [inputs, labels]
        judged = features + layers.Embedding(4, 8)(labels)
    logits = layers.Dense(int(np.prod(shape)), dtype="float32")(judged)
    outputs = {"logits": layers.Reshape(shape, dtype="float32")(logits)}
    if classified(*keys):
        outputs["class_logits"] = layers.Dense(num_classes)(features)
    if read(*keys):
        outputs["latents"] = layers.Dense(3)(features)
    outputs["features"] = features
    return generator, keras.Model(inputs, outputs)


def data_for(samples, *keys):
    """Returns samples, with labels where the entries need them."""
    if classified(*keys) or told(*keys):
        return samples, np.arange(len(samples), dtype="int32") % 4
    return (samples,)
