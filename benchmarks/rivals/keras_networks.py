"""The Keras networks and the data that all Keras contenders train on."""

import keras
import numpy as np

import keras_regan as kr
import rivals


def build(network: str) -> tuple[keras.Model, keras.Model]:
    """Returns a generator and a discriminator, with seeded weights."""
    keras.utils.set_random_seed(0)
    if network == "mlp":
        return kr.networks.mlp(
            (2,),
            latent_dim=rivals.MLP_LATENTS,
            hidden=rivals.MLP_HIDDEN,
            output_activation=None,
        )
    if network in ("dcgan", "dcgan for R1"):
        return kr.networks.dcgan(
            (32, 32, 3),
            latent_dim=rivals.IMAGE_LATENTS,
            width=rivals.DCGAN_WIDTH,
            # Every gradient penalty wants a discriminator without it.
            discriminator_batch_normalization=network == "dcgan",
        )
    return kr.networks.resnet(
        (32, 32, 3),
        latent_dim=rivals.IMAGE_LATENTS,
        width=rivals.RESNET_WIDTH,
        spectral_normalization=False,
    )


def data(network: str, batch: int) -> np.ndarray:
    """Returns random samples; only their number and shape matter."""
    shape = (2,) if network == "mlp" else (32, 32, 3)
    random = np.random.default_rng(0)
    count = batch * rivals.BATCHES
    return random.uniform(-1, 1, (count, *shape)).astype("float32")


def adam() -> keras.optimizers.Optimizer:
    """Returns the optimizer of one network."""
    return keras.optimizers.Adam(rivals.RATE, beta_1=rivals.BETA_1)
