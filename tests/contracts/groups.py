"""Members that are tried together, since a network of each costs seconds.

The logs name each regularizer, so most mistakes show whose they are; where one
does not, `together` tries the members alone and says which fail.
"""

import re

import keras
from contracts.tables import AUGMENTATIONS
from contracts.tables import LABELED_LAYERS
from contracts.tables import LAYERS
from contracts.tables import LOSSES
from contracts.tables import REGULARIZERS
from contracts.tables import on_vectors
from contracts.tables import pair
from contracts.tables import role_of

import keras_regan as kr
from keras_regan.losses._drawing import with_seed

layers = keras.layers
NUMBER = 4
# One step is sooner taken than traced, but on JAX.
EAGER = keras.backend.backend() != "jax"
# Losses are added up, and regularizers stand in the first list that they may
# stand in.
GROUPS = [[*LOSSES, *REGULARIZERS][i::NUMBER] for i in range(NUMBER)]


def together(check, members, apart=None):
    """Checks members at once and, if that fails, says which fail alone.

    Args:
        check: Function of a list of members that raises if one is wrong.
        members: List of members.
        apart: List of smaller lists to try then. Defaults to each alone.
    """
    try:
        check(members)
    except Exception as error:
        failed = {}
        for part in apart or [[member] for member in members]:
            try:
                check(part)
            except Exception as alone:
                failed[", ".join(part)] = alone
        raise AssertionError(
            f"These fail alone: {failed or 'none'}. All of {members}: {error}"
        ) from error


@keras.saving.register_keras_serializable("contracts")
class Sum(kr.losses.AdversarialLoss):
    """Adds up losses."""

    def __init__(self, losses):
        self.losses = losses
        self.uses_real_logits = any(loss.uses_real_logits for loss in losses)

    def at(self, step):
        return Sum([loss.at(step) for loss in self.losses])

    def discriminator_loss(self, real_logits, fake_logits, seed):
        return sum(
            with_seed(loss.discriminator_loss, seed)(real_logits, fake_logits)
            for loss in self.losses
        )

    def generator_loss(self, fake_logits, real_logits, seed):
        return sum(
            with_seed(loss.generator_loss, seed)(fake_logits, real_logits)
            for loss in self.losses
        )


def log_name(key):
    return re.sub(r"\W+", "_", key).strip("_").lower()


def arguments_for(keys, factor=0.5, wrap=lambda entry: entry):
    """Returns the arguments of `compile` that hold members.

    Args:
        keys: Lines of the tables of losses and regularizers.
        factor: Factor of the regularizers.
        wrap: Called with each of them.
    """
    losses = [LOSSES[key]() for key in keys if key in LOSSES]
    lists = {"generator_regularizers": [], "discriminator_regularizers": []}
    for key in keys:
        if key in REGULARIZERS:
            entry = REGULARIZERS[key](factor)
            # Some have one name in all their lines.
            entry.name = log_name(key)
            lists[f"{role_of(entry)}_regularizers"].append(wrap(entry))
    return {"loss": Sum(losses), **lists} if losses else lists


def compiled(networks, eager=True, rate=0.01, momentum=0.9, **arguments):
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(rate, momentum=momentum),
        discriminator_optimizer=keras.optimizers.SGD(rate, momentum=momentum),
        run_eagerly=eager,
        **arguments,
    )
    return gan


def group(keys, eager=EAGER, rate=0.01, factor=0.5, **networks):
    """Returns a compiled GAN that has all of some members."""
    keras.utils.set_random_seed(0)
    return compiled(
        pair(*keys, **networks), eager, rate, **arguments_for(keys, factor)
    )


# Packs have several labels, and a normalized network ends in logits.
UNLABELED = ["layers.Packing", "layers.GradientNormalization"]
IN_ONE_NETWORK = [key for key in LAYERS if key not in UNLABELED]
LAYER_GROUPS = [IN_ONE_NETWORK, UNLABELED]


def group_of_layers(keys, eager=EAGER):
    """Returns a compiled GAN whose discriminator has all of some layers."""
    keras.utils.set_random_seed(0)
    built = {key: LAYERS[key]() for key in keys}
    inputs = x = keras.Input((2,))
    labels = keras.Input((), dtype="int32")
    for key, layer in built.items():
        if key == "layers.GradientNormalization":
            # Its network takes two numbers.
            x = layer(layers.Dense(2)(x))
        elif key == "layers.ConditionalBatchNormalization":
            x = layer([x, labels])
        elif key != "layers.ClassProjection":
            x = on_vectors(key, layer)(x)
    if "layers.ClassProjection" in keys:
        x = built["layers.ClassProjection"]([x, labels])
    elif "layers.GradientNormalization" not in keys:
        x = layers.Dense(1)(x)
    has_labels = bool({*keys} & LABELED_LAYERS)
    generator, _ = kr.networks.mlp(
        (2,),
        latent_dim=3,
        hidden=(8,),
        output_activation=None,
        num_classes=4 if has_labels else None,
    )
    inputs = [inputs, labels] if has_labels else inputs
    return compiled((generator, keras.Model(inputs, x)), eager)


# One after the other, and some of them at times.
AUGMENTATION_GROUPS = [
    [key for key in AUGMENTATIONS if "Adaptive" not in key],
    ["augmentations.AdaptiveAugmentation"],
]


def group_of_augmentations(keys, eager=EAGER):
    """Returns a compiled GAN with augmentations, one after the other."""
    keras.utils.set_random_seed(0)
    first, *others = [AUGMENTATIONS[key]() for key in keys]
    if others:
        first = kr.augmentations.DiffAugment([first, *others])
    networks = pair(sample_shape=(8, 8, 1))
    return compiled(networks, eager, augmentation=first)
