"""Any two members combine.

Sets of eight take a step together until every pair has met, and pairs by
themselves only if a set fails. On PyTorch, where a step that is not compiled
costs least, these are all sets, and on the other backends every sixth. Each
member stands with its defaults, but for what images of 8 x 8 pixels need.
"""

import itertools
import random

import keras
import numpy as np
import pytest
from contracts.groups import EAGER
from contracts.groups import together
from contracts.tables import AUGMENTATIONS
from contracts.tables import CONSTRAINTS
from contracts.tables import LAYERS
from contracts.tables import LOSSES
from contracts.tables import REGULARIZERS
from contracts.tables import Elastic
from contracts.tables import role_of

import keras_regan as kr

layers = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
CLASSES = 3
NO_MEMBERS = {
    "losses.AdversarialLoss",
    "regularizers.PairRegularizer",
    "regularizers.SampleRegularizer",
    "penalties.AcrossReplicas",
    "penalties.Penalty",
    "penalties.Scheduled",
    "augmentations.Augmentation",
    # Of generators, in `networks`; below stand those of discriminators.
    "layers.ConditionalBatchNormalization",
    "layers.SampleRegularization",
}
MEMBERS = sorted(
    key
    for key in [*LOSSES, *REGULARIZERS, *AUGMENTATIONS, *LAYERS, *CONSTRAINTS]
    if "[" not in key and key not in NO_MEMBERS
)
# Two of these cannot be given at once: there is one loss, one augmentation.
ONE_OF = ("losses.", "augmentations.")
LABELED = {
    "layers.ClassProjection",
    "penalties.AuxiliaryClassifier",
    "penalties.MatchingAware",
    "regularizers.Reconstruction",
}
# Of these the discriminator is told the label.
TOLD = {"layers.ClassProjection", "penalties.MatchingAware"}
# A pack of samples has several labels and latents, of which these know one.
OF_ONE_SAMPLE = {*LABELED, "penalties.LatentReconstruction"}


def can_meet(first, second):
    one = any(first.startswith(k) and second.startswith(k) for k in ONE_OF)
    keys = {first, second}
    return not one and not ("layers.Packing" in keys and keys & OF_ONE_SAMPLE)


PAIRS = [p for p in itertools.combinations(MEMBERS, 2) if can_meet(*p)]


def covering_sets(size=8):
    """Returns sets of members of whom any two can meet, with all pairs.

    To each pair that has not met yet come those with whom most pairs meet for
    the first time.
    """
    missing = set(PAIRS)
    order = random.Random(0).sample(MEMBERS, len(MEMBERS))
    sets = []
    while missing:
        members = list(min(missing))
        while len(members) < size:
            new = {
                other: sum(pair_of(other, m) in missing for m in members)
                for other in order
                if all(pair_of(other, m) in ALLOWED for m in members)
            }
            members.append(max(new, key=new.get))
        missing -= {pair_of(*p) for p in itertools.combinations(members, 2)}
        sets.append(sorted(members))
    return sets


def pair_of(first, second):
    return min(first, second), max(first, second)


ALLOWED = set(PAIRS)
SETS = covering_sets()
USUAL = 1 if keras.backend.backend() == "torch" else 6


def discriminator_for(keys, sample_shape):
    """Builds a discriminator of samples that has all that keys ask for."""
    inputs = x = keras.Input(sample_shape)
    if "layers.MinibatchStdDev" in keys:
        x = kr.layers.MinibatchStdDev()(x)
    constraint = None
    if "constraints.WeightClipping" in keys:
        constraint = kr.constraints.WeightClipping()
    hidden = layers.Dense(4, kernel_constraint=constraint)
    if "layers.SpectralNormalization" in keys:
        hidden = kr.layers.SpectralNormalization(hidden)
    features = layers.LeakyReLU(0.2)(hidden(layers.Flatten()(x)))
    if "layers.MinibatchDiscrimination" in keys:
        features = kr.layers.MinibatchDiscrimination(2, 2)(features)
    if TOLD & set(keys):
        labels = keras.Input((), dtype="int32")
        logits = kr.layers.ClassProjection(CLASSES)([features, labels])
        inputs = [inputs, labels]
    else:
        logits = layers.Dense(1)(features)
    outputs = {"logits": logits, "features": features}
    if LABELED & set(keys) - TOLD:
        outputs["class_logits"] = layers.Dense(CLASSES)(features)
    if "penalties.LatentReconstruction" in keys:
        outputs["latents"] = layers.Dense(3)(features)
    network = keras.Model(inputs, outputs)
    if "layers.GradientNormalization" in keys:
        normalization = kr.layers.GradientNormalization(network)
        network = keras.Model(inputs, normalization(inputs))
    return network


def pair_for(keys):
    generator, _ = kr.networks.mlp(
        (8, 8, 1),
        latent_dim=3,
        hidden=(4,),
        num_classes=CLASSES if LABELED & set(keys) else None,
    )
    if "layers.Packing" not in keys:
        return generator, discriminator_for(keys, (8, 8, 1))
    inputs = keras.Input((8, 8, 1))
    packs = kr.layers.Packing()(inputs)
    network = discriminator_for(keys, packs.shape[1:])
    return generator, keras.Model(inputs, network(packs))


def entry(key):
    """Returns a member with its defaults, and which argument takes it."""
    package, name = key.split(".")
    member = getattr(getattr(kr, package), name)
    if package == "losses":
        wraps = name in ("FlippedLabels", "TopK", "Weighted")
        return "loss", member(kr.losses.Hinge()) if wraps else member()
    if package == "augmentations":
        return "augmentation", member()
    if package in ("layers", "constraints"):
        return None, None
    if name == "OnFeatures":
        instance = member(kr.regularizers.PairwiseDistance())
    elif name == "ElasticWeight":
        instance = Elastic(None)
    else:
        instance = member()
    return f"{role_of(instance)}_regularizers", instance


def check_step(keys, images):
    keras.utils.set_random_seed(0)
    arguments = {}
    for key in keys:
        name, instance = entry(key)
        if name in ("loss", "augmentation"):
            arguments[name] = instance
        elif name:
            arguments[name] = [*arguments.get(name, []), instance]
    gan = kr.RegularizedGAN(*pair_for(keys), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(1e-3),
        discriminator_optimizer=keras.optimizers.SGD(1e-3),
        run_eagerly=EAGER,
        **arguments,
    )
    batch = [images[:8]]
    if gan.conditional:
        batch.append(np.arange(8, dtype="int32") % CLASSES)
    logs = gan.train_on_batch(*batch, return_dict=True)
    for name, value in logs.items():
        assert np.isfinite(value), (keys, name)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(
            keys,
            id=str(index),
            marks=[pytest.mark.thorough] if index % USUAL else [],
        )
        for index, keys in enumerate(SETS)
    ],
)
def test_members_of_a_set_take_a_step(keys, images):
    pairs = [list(p) for p in itertools.combinations(keys, 2)]
    together(lambda part: check_step(part, images), keys, apart=pairs)


def test_all_members_meet():
    """No member is left out, and no more pairs than those named above."""
    in_sets = {
        pair_of(*p) for keys in SETS for p in itertools.combinations(keys, 2)
    }
    assert in_sets == set(PAIRS)
    met = {key for pair in PAIRS for key in pair}
    assert met == set(MEMBERS)
    count = len(MEMBERS)
    losses = sum(key.startswith("losses.") for key in MEMBERS)
    augmentations = sum(key.startswith("augmentations.") for key in MEMBERS)
    left_out = (
        losses * (losses - 1) // 2
        + augmentations * (augmentations - 1) // 2
        + len(OF_ONE_SAMPLE)
    )
    assert len(PAIRS) == count * (count - 1) // 2 - left_out
