"""Which direction of the pairwise distance covers more modes of a ring?

    KERAS_BACKEND=jax python benchmarks/ring_direction.py

trains MLPs on a ring of 8 Gaussians (radius 1, standard deviation 0.01) with
several settings of `PairwiseDistance` and prints, for each, the mean and the
standard error over seeds of the modes covered and of the share of good
samples, both judged on 2,500 samples of the moving average: a sample is good
if it is within 3 standard deviations of the nearest mode, a mode is covered if
it has a good sample.
"""

import keras
import numpy as np
from ring import RING
from ring import arguments_of
from ring import compare
from ring import covered

import keras_regan as kr

SETTINGS = {
    "none": None,
    "repel 0.1": {"factor": 0.1},
    "repel 0.3": {"factor": 0.3},
    "repel 1.0": {"factor": 1.0},
    "repel 0.3, margin 1.0": {"factor": 0.3, "margin": 1.0},
    "repel 1.0, margin 1.0": {"factor": 1.0, "margin": 1.0},
    "attract 0.1": {"factor": 0.1, "direction": "attract"},
    "attract 0.3": {"factor": 0.3, "direction": "attract"},
    "attract 1.0": {"factor": 1.0, "direction": "attract"},
}


def train(
    setting: dict | None, seed: int, steps: int
) -> tuple[int, float, bool]:
    """Trains one GAN and judges its samples."""
    keras.utils.set_random_seed(seed)
    generator, discriminator = kr.networks.mlp(
        (2,), latent_dim=16, hidden=(128, 128), output_activation=None
    )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.999, seed=seed
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        generator_regularizers=[]
        if setting is None
        else [kr.regularizers.PairwiseDistance(**setting)],
        steps_per_execution=1 if keras.backend.backend() == "torch" else 50,
    )
    samples = RING.sample(256 * 500, seed)
    gan.fit(samples, batch_size=256, epochs=steps // 500, verbose=0)
    made = gan.generate(2500, seed=seed)
    return *covered(made), bool(np.isfinite(made).all())


def main() -> None:
    """Trains with each setting and prints a table."""
    arguments = arguments_of(__doc__, steps=2500, seeds=5, settings=SETTINGS)

    def run(name, seed):
        return train(SETTINGS[name], seed, arguments.steps)

    compare(arguments.settings, run, arguments)


if __name__ == "__main__":
    main()
