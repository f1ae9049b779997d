"""The regularizers that `image_quality.py` compares, and their networks."""

from collections.abc import Callable
from typing import Any

import keras

import keras_regan as kr

HARD, SOFT = 1e-5, 0.1


def settings(margin: float) -> dict[str, Callable[[], dict]]:
    """Returns what differs from the plain GAN, by name.

    Each is called anew for every run, since penalties keep state. `networks`
    is handed to `build`, everything else to `compile`.

    The DCGAN's discriminator is batch normalized, as its authors had it, but
    for what came in place of that: spectral normalization, and penalties on
    the gradient of a sample's own logit.

    Args:
        margin: The mean distance of two real images.
    """

    def soft(factor=SOFT, **options):
        return kr.regularizers.PairwiseDistance(
            factor, **{"margin": margin, **options}
        )

    def generator(*regularizers):
        return {"generator_regularizers": list(regularizers)}

    def discriminator(*regularizers):
        return {"discriminator_regularizers": list(regularizers)}

    bare = {"networks": {"normalized": False}}

    def modern():
        return {
            **bare,
            "loss": kr.losses.Relativistic(),
            **discriminator(kr.penalties.R1(0.1), kr.penalties.R2(0.1)),
        }

    l1, l2 = kr.regularizers.L1, kr.regularizers.L2
    table = {
        "none": dict,
        "L1": lambda: generator(l1(HARD)),
        "L2": lambda: generator(l2(HARD)),
        "soft": lambda: generator(soft()),
        "hard + soft": lambda: generator(l1(HARD), soft()),
        "without batch normalization": lambda: dict(bare),
        "spectral normalization": lambda: {"networks": {"spectral": True}},
        "R1": lambda: {**bare, **discriminator(kr.penalties.R1(0.1))},
        "LeCam": lambda: discriminator(kr.penalties.LeCam(0.01)),
        "modern": modern,
        "modern + hard + soft": lambda: {
            **modern(),
            **generator(l1(HARD), soft()),
        },
        "DiffAugment": lambda: {"augmentation": kr.augmentations.DiffAugment()},
    }
    swept = {
        "hard": l1,
        "soft": soft,
        "attract": lambda f: kr.regularizers.PairwiseDistance(
            f, direction="attract"
        ),
    }
    for sweep, make in swept.items():
        for factor in SWEEPS[sweep]:
            table[f"{sweep} {factor:g}"] = lambda m=make, f=factor: generator(
                m(f)
            )
    return table


# Factors of L1 and of the pairwise distance in both directions, over four
# decades and more.
SWEEPS = {
    "hard": [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
    "soft": [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2],
    "attract": [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2],
}
# What is compared unless one asks for more.
_COMPARED = [
    "none",
    "L1",
    "L2",
    "soft",
    "hard + soft",
    "LeCam",
    "DiffAugment",
    "without batch normalization",
    "spectral normalization",
    "R1",
    "modern",
    "modern + hard + soft",
]
COMPARED = {
    "dcgan": _COMPARED,
    # Its discriminator is not normalized to begin with.
    "resnet": [n for n in _COMPARED if n != "without batch normalization"],
}


def build(
    network: str, width: int, spectral: bool = False, normalized: bool = True
) -> tuple[keras.Model, keras.Model]:
    """Returns a generator and a discriminator of images of CIFAR-10.

    Args:
        network: `"dcgan"` or `"resnet"`.
        width: Of both.
        spectral: Whether the discriminator is spectrally normalized.
        normalized: Whether it is batch normalized otherwise, where it can be.
    """
    if network == "resnet":
        return kr.networks.resnet(
            (32, 32, 3), width=width, spectral_normalization=spectral
        )
    generator, discriminator = kr.networks.dcgan(
        (32, 32, 3),
        width=width,
        discriminator_batch_normalization=normalized and not spectral,
    )
    if spectral:
        discriminator = keras.models.clone_model(
            discriminator, clone_function=_spectrally_normalized
        )
    return generator, discriminator


def _spectrally_normalized(layer: Any) -> Any:
    copy = layer.__class__.from_config(layer.get_config())
    if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
        return kr.layers.SpectralNormalization(copy, name=layer.name)
    return copy
