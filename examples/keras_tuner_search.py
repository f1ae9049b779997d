"""Choose a factor with KerasTuner, without any code of keras_regan for it.

    pip install keras-tuner
    python examples/keras_tuner_search.py

The logs have the validation metrics of a `RegularizedGAN` as `val_...`, so any
tuner can use them. For grids, cross-validation, several processes and standard
errors see `choose_lambda.py`.
"""

import argparse

import keras
import keras_tuner

import keras_regan as kr

RING = kr.datasets.gaussian_ring()


def build(hp: keras_tuner.HyperParameters) -> kr.RegularizedGAN:
    generator, discriminator = kr.networks.mlp(
        (2,), latent_dim=8, hidden=(64, 64), output_activation=None
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        generator_regularizers=[
            kr.regularizers.PairwiseDistance(
                hp.Float("soft", 1e-3, 10.0, sampling="log")
            )
        ],
        metrics=[kr.metrics.ModeCoverage(RING)],
    )
    return gan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--trials", type=int, default=5, help="(%(default)s)")
    add("--epochs", type=int, default=10, help="(%(default)s)")
    add("--samples", type=int, default=6400, help="(%(default)s)")
    add("--output", default="runs/keras_tuner", help="(%(default)s)")
    arguments = parser.parse_args()
    tuner = keras_tuner.RandomSearch(
        build,
        objective=keras_tuner.Objective("val_modes", "max"),
        max_trials=arguments.trials,
        seed=0,
        directory=arguments.output,
        overwrite=True,
    )
    tuner.search(
        RING.sample(arguments.samples, seed=1),
        validation_data=RING.sample(1000, seed=2),
        batch_size=64,
        epochs=arguments.epochs,
        verbose=0,
    )
    best = tuner.oracle.get_best_trials(1)[0]
    factor = best.hyperparameters.get("soft")
    print(f"Use soft = {factor:.3g}: {best.score:.0f} modes of 8 covered.")


if __name__ == "__main__":
    main()
