"""Elastic weights: their pull, their state, and a training that goes on."""

import keras
import numpy as np
import pytest

import keras_regan as kr

ElasticWeight = kr.penalties.ElasticWeight
INFORMATION = [np.array([[1.0, 0.0], [2.0, 0.5], [3.0, 4.0]])]


def networks(bias=True):
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2, use_bias=bias)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )
    return generator, discriminator


@pytest.mark.parametrize(
    "entry",
    [
        lambda: ElasticWeight(INFORMATION, 0.4),
        lambda: kr.penalties.Scheduled(
            ElasticWeight(INFORMATION, 0.8), 0.5, name="elastic_weight"
        ),
    ],
    ids=["alone", "wrapped"],
)
def test_pull_of_the_weights_that_matter(vectors, entry, tmp_path):
    generator, discriminator = networks()
    # A discriminator of zeros has no gradient: only the pull is seen.
    discriminator.set_weights([np.zeros((2, 1)), np.zeros(1)])
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.5),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_regularizers=[entry()],
    )
    start, bias = generator.get_weights()
    gan.fit(vectors, verbose=0)
    np.testing.assert_array_equal(generator.get_weights()[0], start)
    moved = start + np.arange(6, dtype="float32").reshape(3, 2)
    generator.set_weights([moved, bias + 1.0])
    gan.save(tmp_path / "gan.keras")
    for each in (gan, keras.models.load_model(tmp_path / "gan.keras")):
        logs = each.train_on_batch(vectors, return_dict=True)
        kernel, bias = each.generator.get_weights()
        # Half of 0.4 * (1 * 0 + 0 * 1 + 2 * 4 + 0.5 * 9 + 3 * 16 + 4 * 25).
        np.testing.assert_allclose(
            logs["g_elastic_weight"], 32.1, rtol=1e-6, err_msg="value"
        )
        np.testing.assert_allclose(
            kernel,
            moved - 0.5 * 0.4 * INFORMATION[0] * (moved - start),
            rtol=1e-5,
        )
        np.testing.assert_array_equal(bias, 1.0)


def test_going_on_from_a_gan_of_many_images(vectors, tmp_path):
    """Loaded, estimated, compiled, trained, saved, resumed."""
    gan = kr.RegularizedGAN(*networks(), seed=0)
    gan.compile()
    gan.fit(vectors, verbose=0)
    gan.save(tmp_path / "many.keras")

    gan = keras.models.load_model(tmp_path / "many.keras")
    information = gan.fisher_information(20)
    kernel, _ = gan.generator.get_weights()
    gan.compile(generator_regularizers=[ElasticWeight(information, 100.0)])
    few = vectors[:10] + 3.0
    gan.fit(few, epochs=2, verbose=0)
    gan.save(tmp_path / "few.keras")

    resumed = keras.models.load_model(tmp_path / "few.keras")
    (penalty,) = resumed._game.generator.penalties
    saved, start = penalty.state
    np.testing.assert_array_equal(saved.numpy(), information[0])
    np.testing.assert_array_equal(start.numpy(), kernel)
    logs = [
        each.fit(few, epochs=4, resume=True, verbose=0).history
        for each in (gan, resumed)
    ]
    assert logs[0]["g_elastic_weight"][-1] > 0
    for name, values in logs[0].items():
        np.testing.assert_array_equal(logs[1][name], values)
    for first, second in zip(
        gan.get_weights(), resumed.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(first, second)
    # A new compile takes the weights of that moment.
    penalty = ElasticWeight(information, 100.0)
    gan.compile(generator_regularizers=[penalty])
    logs = gan.train_on_batch(few, return_dict=True)
    assert logs["g_elastic_weight"] == 0


def test_information_is_unknown_until_it_is_loaded(vectors):
    penalty = ElasticWeight.from_config(
        ElasticWeight(INFORMATION, 0.4).get_config()
    )
    assert penalty.information is None
    gan = kr.RegularizedGAN(*networks(), seed=0)
    gan.compile(generator_regularizers=[penalty])
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert np.isnan(logs["g_elastic_weight"])


@pytest.mark.parametrize(
    "information, error, text",
    [
        (1.0, TypeError, "of type float"),
        (np.ones((3, 2)), TypeError, "of type ndarray"),
        (["a"], TypeError, "of type str at 0"),
        ([np.ones(2), {}], TypeError, "of type dict at 1"),
        ([-np.ones((3, 2))], ValueError, "others in the array at 0"),
        ([np.ones(2), np.full(2, np.nan)], ValueError, "in the array at 1"),
        ([np.full(2, np.inf)], ValueError, "in the array at 0"),
    ],
)
def test_what_is_no_information(information, error, text):
    with pytest.raises(error, match=f"`information`.*Received.*{text}"):
        ElasticWeight(information)


@pytest.mark.parametrize(
    "information", [[], [np.ones((2, 3))], [*INFORMATION, *INFORMATION]]
)
def test_information_of_other_networks(information):
    gan = kr.RegularizedGAN(*networks())
    with pytest.raises(ValueError, match=r"`information`.*\(3, 2\).*Received"):
        gan.compile(generator_regularizers=[ElasticWeight(information)])


def test_it_belongs_to_the_generator():
    gan = kr.RegularizedGAN(*networks())
    with pytest.raises(ValueError, match="`generator_regularizers`"):
        gan.compile(discriminator_regularizers=[ElasticWeight(INFORMATION)])


def test_without_compile(make_context):
    with pytest.raises(ValueError, match="has no initial weights"):
        ElasticWeight(INFORMATION)(make_context())
