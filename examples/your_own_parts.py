"""Write your own penalty, loss, callback and conditions.

    python examples/your_own_parts.py

The script trains on points on a ring: a class gives one of eight directions,
and a number gives the distance from the centre. It defines four things that the
library does not have. Each takes a few lines, and nothing else changes:

- `LogitDrift`, a penalty: keeps the discriminator's logits of real samples
  near zero, as the progressive GAN does.
- `SoftHinge`, an adversarial loss: a hinge without the corner.
- `DistanceError`, a callback: how far samples are from the distance in their
  condition.
- Networks that take two conditions, a class and a number.

The library adds factor, schedule and interval of the penalty, the keys in the
logs, saving and loading, and all three backends.
"""

import argparse
import pathlib
import tempfile

import keras
import numpy as np
from keras import ops

import keras_regan as kr

DIRECTIONS = 8


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


@keras.saving.register_keras_serializable("examples")
class SoftHinge(kr.losses.AdversarialLoss):
    """Pushes logits softly to the right side of zero, by a margin."""

    def __init__(self, margin=1.0):
        self.margin = margin

    def discriminator_loss(self, real_logits, fake_logits):
        return ops.mean(ops.softplus(self.margin - real_logits)) + ops.mean(
            ops.softplus(self.margin + fake_logits)
        )

    def generator_loss(self, fake_logits, real_logits=None):
        return -ops.mean(fake_logits)

    def get_config(self):
        return {"margin": self.margin}


class DistanceError(keras.callbacks.Callback):
    """Logs how far samples are from the distance in their condition."""

    def __init__(self, conditions):
        super().__init__()
        self.conditions = conditions

    def on_epoch_end(self, epoch, logs=None):
        points = self.model.generate(conditions=self.conditions, seed=0)
        told = self.conditions["distance"][:, 0]
        errors = np.abs(np.linalg.norm(points, axis=1) - told)
        logs["distance_error"] = float(errors.mean())


def points_and_conditions(count, seed):
    """Returns points and their conditions."""
    rng = np.random.default_rng(seed)
    direction = rng.integers(0, DIRECTIONS, count)
    distance = rng.uniform(0.5, 1.5, (count, 1)).astype("float32")
    angle = 2 * np.pi * direction / DIRECTIONS + rng.normal(0, 0.05, count)
    points = distance * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points.astype("float32"), {
        "direction": direction,
        "distance": distance,
    }


def network(name, size, outputs):
    """Returns a network that takes a vector and both conditions."""
    vector = keras.Input((size,), name=name)
    direction = keras.Input((), dtype="int32", name="direction")
    distance = keras.Input((1,), name="distance")
    x = keras.layers.Concatenate()(
        [vector, ops.one_hot(direction, DIRECTIONS), distance]
    )
    for _ in range(2):
        x = keras.layers.Dense(64, activation="leaky_relu")(x)
    x = keras.layers.Dense(outputs)(x)
    return keras.Model([vector, direction, distance], x)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=10, help="(%(default)s)")
    parser.add_argument(
        "--samples", type=int, default=12_800, help="(%(default)s)"
    )
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(
        network("latents", 8, 2), network("samples", 2, 1), seed=0
    )
    fading = keras.optimizers.schedules.PolynomialDecay(0.1, 300, 0.001)
    gan.compile(
        loss=SoftHinge(margin=0.5),
        discriminator_regularizers=[
            kr.penalties.R1(0.1),
            LogitDrift(fading, interval=4),
        ],
    )
    points, conditions = points_and_conditions(arguments.samples, seed=0)
    _, held_out = points_and_conditions(1000, seed=1)
    history = gan.fit(
        points,
        conditions,
        batch_size=128,
        epochs=arguments.epochs,
        verbose=2,
        callbacks=[DistanceError(held_out)],
    )
    errors = history.history["distance_error"]
    print(f"Distance error: {errors[0]:.3f} at first, {errors[-1]:.3f} at last")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "gan.keras")
        gan.save(path)
        loaded = keras.models.load_model(path)
    loaded.fit(points, conditions, batch_size=128, verbose=2)
    print("Saved, loaded and trained further.")


if __name__ == "__main__":
    main()
