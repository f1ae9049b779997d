"""Penalties that draw at random or generate again, inside of a model."""

import keras
import numpy as np
import pytest

import keras_regan as kr

penalties = kr.penalties
ENTRIES = {
    "wasserstein": penalties.WassersteinGradientPenalty,
    "zero_centered": penalties.ZeroCenteredInterpolation,
    "dragan": penalties.DRAGAN,
    "max": penalties.MaxGradientPenalty,
    "approximate_r1": penalties.ApproximateR1,
    "approximate_r2": penalties.ApproximateR2,
    "path_length": penalties.PathLength,
    "clamping": lambda *factor, **arguments: penalties.JacobianClamping(
        *factor, minimum=0.0, maximum=0.01, **arguments
    ),
    "consistency": penalties.LatentConsistency,
    "diversity": penalties.LatentDiversity,
}
KEYS = [
    f"{entry.networks[0][0]}_{entry.name}"
    for entry in (build() for build in ENTRIES.values())
]


def compiled(pair, interval, **arguments):
    """A model with all of them."""
    gan = kr.RegularizedGAN(*pair, seed=0)
    entries = [build(0.01, interval=interval) for build in ENTRIES.values()]
    gan.compile(
        **{
            f"{network}_regularizers": [
                entry for entry in entries if entry.networks == (network,)
            ]
            for network in ("generator", "discriminator")
        },
        **arguments,
    )
    return gan


def test_compiled_and_eager_steps_are_the_same(vector_pair, vectors):
    steps, weights = [], []
    for run_eagerly in (False, True):
        keras.utils.set_random_seed(0)
        gan = compiled(vector_pair(), 2, run_eagerly=run_eagerly)
        for _ in range(3):
            gan.reset_metrics()
            steps.append(gan.train_on_batch(vectors, return_dict=True))
        weights.append(gan.get_weights())
    for graph, eager in zip(steps[:3], steps[3:], strict=True):
        assert set(KEYS) < set(graph) == set(eager)
        for key, value in graph.items():
            np.testing.assert_allclose(
                value, eager[key], rtol=1e-4, atol=1e-6, err_msg=key
            )
    for first, second in zip(*weights, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)
    # Every second step leaves them out, and each draws anew.
    for key in KEYS:
        first, second, third = (values[key] for values in steps[:3])
        assert second == 0, key
        assert first != 0 and third != 0 and first != third, key


def test_images_with_normalization_and_dropout(image_pair, images, backend):
    # A smaller last batch makes the size unknown in TensorFlow's graph.
    size = 12 if backend == "tensorflow" else 16
    gan = compiled(image_pair(), 1)
    history = gan.fit(images, batch_size=size, epochs=1, verbose=0).history
    logs = gan.evaluate(images, batch_size=size, verbose=0, return_dict=True)
    for key in KEYS:
        assert history[key][0] != 0 and logs[key] != 0, key
    assert all(np.isfinite(values).all() for values in history.values())
    assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize("build", ENTRIES.values(), ids=list(ENTRIES))
def test_wrong_list(build, vector_pair):
    entry = build()
    (network,) = entry.networks
    wrong = {"generator": "discriminator", "discriminator": "generator"}
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(ValueError, match=f"`{network}_regularizers`"):
        gan.compile(**{f"{wrong[network]}_regularizers": [entry]})
