import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("adaptive_factor")
AdaptiveFactor = kr.callbacks.AdaptiveFactor
AdjustableFactor = kr.penalties.AdjustableFactor


@pytest.fixture
def build_new(vector_pair):
    """A model whose pairwise distance has an adjustable factor."""

    def build(value=0.1):
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        factor = AdjustableFactor(value)
        gan.compile(
            generator_regularizers=[
                kr.penalties.Scheduled(
                    kr.regularizers.PairwiseDistance(1.0), factor=factor
                )
            ]
        )
        return gan, factor

    return build


@pytest.fixture
def build(build_new, rewound):
    """Such a model before its first step, the same for all tests."""

    def build(value=0.1):
        gan = rewound(lambda: build_new()[0])
        (factor,) = gan.regularizer_factors.values()
        factor.value = value
        return gan, factor

    return build


def constant(value):
    return lambda model, name: value


@pytest.mark.parametrize(
    "measured, increases, wanted",
    [
        (0.3, True, np.exp(0.5 * 0.25)),
        (0.3, False, np.exp(-0.5 * 0.25)),
        (0.5, True, np.exp(-0.5 * 0.25)),
        (9.0, True, np.exp(-0.5)),
        (0.4, True, 1.0),
    ],
    ids=["below", "decreasing", "above", "far", "there"],
)
def test_one_adjustment(build, vectors, measured, increases, wanted):
    gan, factor = build()
    controller = AdaptiveFactor(
        "g_pairwise_distance", 0.4, constant(measured), increases=increases
    )
    history = gan.fit(vectors, epochs=1, verbose=0, callbacks=[controller])
    assert factor.value == pytest.approx(0.1 * wanted, rel=1e-6)
    assert controller.measured == measured
    assert history.history["g_pairwise_distance_factor"] == [
        pytest.approx(factor.value)
    ]


def test_the_step_uses_the_new_factor(build_new, vectors):
    """The compiled graph reads the factor instead of having it built in."""
    gan, factor = build_new(1.0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.0),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_regularizers=[
            kr.penalties.Scheduled(kr.regularizers.L2(1.0), factor=factor)
        ],
    )
    controller = AdaptiveFactor("g_l2", 1.0, constant(1e-9), rate=np.log(2))
    history = gan.fit(
        vectors, epochs=3, batch_size=64, verbose=0, callbacks=[controller]
    )
    logged = np.array(history.history["g_l2"])
    np.testing.assert_allclose(logged / logged[0], [1, 2, 4], rtol=1e-5)


def test_every_nth_batch(build, vectors):
    gan, factor = build()
    controller = AdaptiveFactor(
        "g_pairwise_distance", 1.0, constant(1e-9), every=3, rate=np.log(2)
    )
    gan.fit(vectors, epochs=2, batch_size=16, verbose=0, callbacks=[controller])
    assert factor.value == pytest.approx(0.1 * 2**2, rel=1e-5)


def test_limits(build, vectors):
    gan, factor = build()
    for measured, limit in ((1e-9, 0.12), (1e9, 0.05)):
        controller = AdaptiveFactor(
            "g_pairwise_distance",
            1.0,
            constant(measured),
            minimum=0.05,
            maximum=0.12,
        )
        gan.fit(vectors, epochs=4, verbose=0, callbacks=[controller])
        assert factor.value == pytest.approx(limit, rel=1e-6)


def test_holds_the_share_of_the_gradient(build, vectors):
    gan, factor = build(1e-3)
    share = kr.callbacks.GradientShare(vectors)
    controller = AdaptiveFactor("g_pairwise_distance", 0.3, share, every=1)
    assert share(gan, "g_pairwise_distance") < 0.05
    gan.fit(
        vectors, epochs=20, batch_size=32, verbose=0, callbacks=[controller]
    )
    assert controller.measured == pytest.approx(0.3, abs=0.05)


def test_a_key_of_the_logs(build, vectors):
    gan, factor = build()
    controller = AdaptiveFactor("g_pairwise_distance", 5.0, "d_loss")
    gan.fit(vectors, verbose=0, callbacks=[controller])
    assert factor.value > 0.1 and 0 < controller.measured < 5

    before = factor.value
    controller = AdaptiveFactor("g_pairwise_distance", 5.0, "val_d_loss")
    with pytest.warns(UserWarning, match="finds no `val_d_loss`"):
        gan.fit(vectors, epochs=2, verbose=0, callbacks=[controller])
    assert factor.value == before


def test_what_is_not_finite_changes_nothing(build, vectors):
    gan, factor = build()
    controller = AdaptiveFactor(
        "g_pairwise_distance", 1.0, constant(float("nan"))
    )
    with pytest.warns(UserWarning, match="measured nan"):
        gan.fit(vectors, epochs=2, verbose=0, callbacks=[controller])
    assert factor.value == pytest.approx(0.1)


def test_saved_and_resumed(build, vectors, tmp_path):
    gan, factor = build()
    gan.fit(vectors, verbose=0)
    factor.value = 0.7
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    (again,) = loaded.regularizer_factors.values()
    assert again.value == pytest.approx(0.7) and again is not factor
    gan.save_weights(tmp_path / "gan.weights.h5")
    factor.value = 0.2
    gan.load_weights(tmp_path / "gan.weights.h5")
    assert factor.value == pytest.approx(0.7)


def test_one_factor_for_two_penalties(vector_pair, vectors):
    factor = AdjustableFactor(0.5)
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        discriminator_regularizers=[
            kr.penalties.R1(factor),
            kr.penalties.R2(factor, interval=2),
        ]
    )
    history = gan.fit(vectors, epochs=1, verbose=0)
    assert np.isfinite(history.history["d_r1"]).all()


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"target": 0.0}, ValueError, "`target`"),
        ({"target": "a"}, TypeError, "`target`"),
        ({"measure": 3}, TypeError, "`measure`"),
        ({"rate": -1.0}, ValueError, "`rate`"),
        ({"every": 0}, ValueError, "`every`"),
        ({"minimum": 2.0, "maximum": 1.0}, ValueError, "`minimum`"),
        ({"name": "a b"}, ValueError, "`name`"),
        ({"increases": 1}, TypeError, "`increases`"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_arguments(arguments, error, text):
    arguments = {
        "name": "g_l1",
        "target": 0.1,
        "measure": "d_loss",
        **arguments,
    }
    with pytest.raises(error, match=text):
        AdaptiveFactor(**arguments)


def test_refused_before_training(vector_pair, vectors, build):
    gan, _ = build()
    with pytest.raises(ValueError, match="one of .'g_pairwise_distance'."):
        gan.fit(
            vectors,
            verbose=0,
            callbacks=[AdaptiveFactor("g_l1", 0.1, "d_loss")],
        )
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(generator_regularizers=[kr.regularizers.L1(1e-3)])
    with pytest.raises(ValueError, match="AdjustableFactor"):
        gan.fit(
            vectors,
            verbose=0,
            callbacks=[AdaptiveFactor("g_l1", 0.1, "d_loss")],
        )


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf")])
def test_bad_factors(value):
    with pytest.raises(ValueError, match="`value`"):
        AdjustableFactor(value)
    factor = AdjustableFactor(1.0)
    with pytest.raises(ValueError, match="`value`"):
        factor.value = value
    assert factor.value == 1.0


def test_raise_factor(build, vectors):
    gan, factor = build()
    action = kr.callbacks.RaiseFactor("g_pairwise_distance", 3.0, maximum=0.5)
    action.begin(gan, 1)
    gan.stop_training = False
    assert "from 0.1 to 0.3" in action.act(gan, [])
    assert "to 0.5" in action.act(gan, [])
    assert not gan.stop_training
    assert "limit" in action.act(gan, [])
    assert gan.stop_training and factor.value == pytest.approx(0.5)


@pytest.mark.parametrize(
    "arguments, text",
    [({"by": 1.0}, "`by`"), ({"maximum": 0.0}, "`maximum`")],
    ids=["by", "maximum"],
)
def test_raise_factor_bad_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        kr.callbacks.RaiseFactor("g_l1", **arguments)


class TestGradientShare:
    def test_of_a_closed_form(self, vectors):
        """A linear generator: the gradient of both parts is known."""
        generator = keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(2, use_bias=False)]
        )
        discriminator = keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(1, use_bias=False)]
        )
        gan = kr.RegularizedGAN(generator, discriminator, seed=0)
        gan.compile(
            loss=kr.losses.Wasserstein(),
            generator_regularizers=[kr.regularizers.L2(0.3)],
            discriminator_regularizers=[kr.regularizers.L2(0.7)],
        )
        kernel = generator.get_weights()[0]
        critic = discriminator.get_weights()[0]
        latents = ops.convert_to_numpy(gan.sample_latents(64, seed=0))
        part = 2 * 0.3 * kernel
        # The loss is -mean(z W c).
        rest = -latents.mean(axis=0)[:, None] * critic[:, 0][None]
        sizes = np.linalg.norm(part), np.linalg.norm(rest)
        assert gan.gradient_share("g_l2", vectors) == pytest.approx(
            sizes[0] / sum(sizes), rel=1e-5
        )
        part = 2 * 0.7 * critic
        rest = (latents @ kernel).mean(0) - vectors.mean(0)
        sizes = np.linalg.norm(part), np.linalg.norm(rest)
        assert gan.gradient_share("d_l2", vectors) == pytest.approx(
            sizes[0] / sum(sizes), rel=1e-5
        )

    def test_changes_nothing(self, image_pair, images):
        gan = kr.RegularizedGAN(*image_pair(), seed=0)
        gan.compile(discriminator_regularizers=[kr.penalties.R1(1.0)])
        gan.fit(images, verbose=0)
        before = gan.get_weights()
        seed = ops.convert_to_numpy(gan._training_seed.state.value).copy()
        assert 0 < gan.gradient_share("d_r1", images) < 1
        for old, new in zip(before, gan.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
        np.testing.assert_array_equal(
            seed, ops.convert_to_numpy(gan._training_seed.state.value)
        )

    def test_of_no_regularizer(self, build, vectors):
        gan, _ = build()
        with pytest.raises(ValueError, match="`name`"):
            gan.gradient_share("g_loss", vectors)
