"""A penalty of your own, in fifteen lines.

    python examples/custom_penalty.py

Writes `LogitDrift`, which keeps the discriminator's logits of real samples
near zero as the progressive GAN does, and trains with it on a ring of eight
Gaussians, every fourth step and with a factor that fades. What the library
adds to those lines: factor, schedule and interval, the key in the logs, saving
and loading, and all three backends.
"""

import argparse
import pathlib
import tempfile

import keras
from keras import ops

import keras_regan as kr


@keras.saving.register_keras_serializable("examples")
class LogitDrift(kr.penalties.Penalty):
    """Keeps the discriminator's logits of real samples near a target."""

    networks = ("discriminator",)

    def __init__(self, factor=1e-3, target=0.0, **kwargs):
        super().__init__(factor, **kwargs)
        self.target = target

    def call(self, context):
        return ops.mean(ops.square(context.real_logits - self.target))

    def get_config(self):
        return {**super().get_config(), "target": self.target}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=3, help="(%(default)s)")
    parser.add_argument(
        "--samples", type=int, default=12_800, help="(%(default)s)"
    )
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    networks = kr.networks.mlp((2,), latent_dim=16, output_activation=None)
    gan = kr.RegularizedGAN(*networks, seed=0)
    fading = keras.optimizers.schedules.PolynomialDecay(0.1, 300, 0.001)
    gan.compile(
        discriminator_regularizers=[
            kr.penalties.R1(0.1),
            LogitDrift(fading, interval=4),
        ]
    )
    samples = kr.datasets.gaussian_ring().sample(arguments.samples, seed=0)
    gan.fit(samples, batch_size=128, epochs=arguments.epochs, verbose=2)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "gan.keras")
        gan.save(path)
        loaded = keras.models.load_model(path)
    loaded.fit(samples, batch_size=128, epochs=1, verbose=2)
    print("Saved, loaded and trained on.")


if __name__ == "__main__":
    main()
