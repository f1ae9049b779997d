"""A short training on JAX, on as many devices and processes as it is told.

    python sharded_run.py DEVICES [PROCESSES PROCESS PORT]

Devices are those of one process, and have to be counted before JAX starts, so
that `test_sharded.py` runs this in processes of its own if there are several.
What it prints at the end is the same for every division of the work.
"""

import json
import os
import pathlib
import sys
import tempfile

DEVICES, PROCESSES, PROCESS, PORT = map(int, (sys.argv[1:] + [1, 0, 0])[:4])
os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "")
    + f" --xla_force_host_platform_device_count={DEVICES}"
)

import jax  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

import keras_regan as kr  # noqa: E402
from keras_regan.models import _saved_state as saved_state  # noqa: E402

BATCH = 8


def distribute():
    if PROCESSES > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        keras.distribution.initialize(f"127.0.0.1:{PORT}", PROCESSES, PROCESS)
    if DEVICES * PROCESSES > 1:
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(auto_shard_dataset=False)
        )
    assert len(jax.devices()) == DEVICES * PROCESSES


def own_part(samples):
    """Returns the rows of this process, of each batch."""
    parts = samples.reshape(-1, PROCESSES, BATCH // PROCESSES, 2)
    return parts[:, PROCESS].reshape(-1, 2)


def compiled():
    penalties, regularizers = kr.penalties, kr.regularizers
    keras.utils.set_random_seed(0)
    networks = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None
    )
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.9, seed=1)
    gan.compile(
        keras.optimizers.Adam(1e-2),
        keras.optimizers.SGD(1e-2),
        generator_regularizers=[
            regularizers.L1(1e-2),
            penalties.AcrossReplicas(
                regularizers.PairwiseDistance(1.0, pairing="all")
            ),
        ],
        discriminator_regularizers=[
            penalties.R1(1.0, interval=2),
            penalties.LeCam(0.3, momentum=0.5),
            penalties.WassersteinGradientPenalty(0.1),
        ],
        metrics=[
            keras.metrics.MeanSquaredError(),
            kr.metrics.ModeCoverage(kr.datasets.gaussian_ring()),
        ],
    )
    return gan


def save_alone(gan, folder):
    """Saves a model, and returns on how many devices a new variable is then.

    On those of other processes too, its making would wait for them.
    """
    counts = []
    write = saved_state.save

    def write_and_count(gan, store):
        counts.append(len(keras.Variable(0.0).value.devices()))
        write(gan, store)

    saved_state.save = write_and_count
    try:
        gan.save(folder / "alone.keras")
        gan.save_weights(folder / "alone.weights.h5")
    finally:
        saved_state.save = write
    return counts


def weights(gan):
    return [float(v.numpy().astype("float64").sum()) for v in gan.weights]


def main():
    distribute()
    samples = np.random.default_rng(0).normal(size=(24, 2)).astype("float32")
    part = own_part(samples)
    settings = {
        "batch_size": BATCH // PROCESSES,
        "shuffle": False,
        "verbose": 0,
    }
    gan = compiled()
    folder = pathlib.Path(tempfile.mkdtemp())
    # Only one process looks at the model and writes files.
    callbacks = []
    if PROCESS == 0:
        callbacks = [
            kr.callbacks.CollapseMonitor(samples[:9]),
            kr.callbacks.EvaluateSamples(
                [kr.metrics.ModeCoverage(kr.datasets.gaussian_ring())],
                real=samples,
                count=21,
                file=str(folder / "metrics.json"),
            ),
            keras.callbacks.ModelCheckpoint(folder / "checkpoint.keras"),
        ]
    result = {
        "history": gan.fit(
            part, epochs=2, callbacks=callbacks, **settings
        ).history["d_loss"],
        "weights": weights(gan),
        "evaluation": gan.evaluate(
            part, batch_size=BATCH // PROCESSES, verbose=0, return_dict=True
        ),
        "generated": gan.generate(5, seed=3).tolist(),
        "generated_next": gan.generate(3).tolist(),
    }
    if PROCESS == 0:
        assert (folder / "checkpoint.keras").exists()
        assert len(json.loads((folder / "metrics.json").read_text())) == 2
        assert save_alone(gan, folder) == [1, 1]
    gan.save(folder / "gan.keras")
    loaded = keras.models.load_model(folder / "gan.keras")
    result["resumed"] = loaded.fit(part, **settings).history["g_loss"]
    result["resumed_weights"] = weights(loaded)
    if DEVICES > 1:
        for run in (gan.fit, gan.evaluate):
            try:
                run(samples[:21], batch_size=BATCH, verbose=0)
            except ValueError as error:
                assert "drop_remainder=True" in str(error)
            else:
                raise AssertionError("an uneven batch was taken")
        assert np.isfinite(gan.generate(1)).all()
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
