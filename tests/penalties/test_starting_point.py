"""L2 towards the first weights: its pull, and that loading keeps them."""

import keras
import numpy as np
import pytest

import keras_regan as kr

StartingPoint = kr.penalties.StartingPoint


def moved_gan(vectors, entry):
    """Returns a GAN, its first kernel, and the one that it was given then."""
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )
    # A discriminator of zeros has no gradient: only the pull is seen.
    discriminator.set_weights([np.zeros((2, 1)), np.zeros(1)])
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.5),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_regularizers=[entry],
    )
    start, bias = generator.get_weights()
    gan.fit(vectors, verbose=0)
    np.testing.assert_array_equal(generator.get_weights()[0], start)
    moved = start + np.arange(6, dtype="float32").reshape(3, 2)
    generator.set_weights([moved, bias + 1.0])
    return gan, start, moved


@pytest.mark.parametrize(
    "entry",
    [
        StartingPoint(0.4),
        kr.penalties.Scheduled(StartingPoint(0.8), 0.5, name="starting_point"),
    ],
    ids=["alone", "wrapped"],
)
def test_pull_towards_the_first_weights(vectors, entry, tmp_path):
    gan, start, moved = moved_gan(vectors, entry)
    gan.save(tmp_path / "gan.keras")
    for each in (gan, keras.models.load_model(tmp_path / "gan.keras")):
        logs = each.train_on_batch(vectors, return_dict=True)
        kernel, bias = each.generator.get_weights()
        # Half of 0.4 * (0 + 1 + 4 + 9 + 16 + 25), and its gradient times 0.5.
        np.testing.assert_allclose(
            logs["g_starting_point"], 11.0, rtol=1e-6, err_msg="value"
        )
        np.testing.assert_allclose(
            kernel, moved - 0.5 * 0.4 * (moved - start), rtol=1e-5
        )
        np.testing.assert_array_equal(bias, 1.0)
    # A new compile begins where the weights are.
    gan.compile(generator_regularizers=[StartingPoint(0.4)])
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["g_starting_point"] == 0


def test_without_compile(make_context):
    with pytest.raises(ValueError, match="has no initial weights"):
        StartingPoint(0.1)(make_context())
