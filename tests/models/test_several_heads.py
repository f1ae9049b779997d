"""GANs whose discriminator returns several tensors of logits."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
RATE, GAMMA = 0.1, 0.5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


def linear_pair():
    """The same sample over and over, and logits of shape 1 and of 3 patches."""
    generator = keras.Sequential(
        [layers.Input((2,)), layers.Dense(2, kernel_initializer="zeros")]
    )
    inputs = keras.Input((2,))
    one = layers.Dense(1, use_bias=False, name="one")(inputs)
    three = layers.Dense(3, use_bias=False, name="three")(inputs)
    outputs = [one, layers.Reshape((3, 1))(three)]
    return generator, keras.Model(inputs, outputs)


def test_one_step_is_that_of_the_summed_losses(vectors):
    random = np.random.default_rng(1)
    kernels = [random.normal(size=(2, n)) for n in (1, 3)]
    made = random.normal(size=2)
    generator, discriminator = linear_pair()
    heads = [discriminator.get_layer(name).kernel for name in ("one", "three")]
    for weights, kernel in zip(heads, kernels, strict=True):
        weights.assign(kernel)
    generator.set_weights([np.zeros((2, 2)), made])
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    sgd = keras.optimizers.SGD
    gan.compile(
        sgd(RATE),
        sgd(RATE),
        discriminator_regularizers=[kr.penalties.R1(GAMMA)],
    )
    logs = gan.train_on_batch(vectors, return_dict=True)

    adversarial, penalty, right, after = 0.0, 0.0, [], []
    for kernel in kernels:
        real, fake = vectors @ kernel, made @ kernel
        adversarial += softplus(-real).mean() + softplus(fake).mean()
        right.append(((real > 0).mean(), (fake < 0).mean()))
        slope = kernel.mean(axis=1)
        penalty += GAMMA / 2 * np.sum(slope**2)
        patches = kernel.shape[1]
        gradient = vectors.T @ -sigmoid(-real) / real.size
        gradient = gradient + np.outer(made, sigmoid(fake)) / patches
        gradient = gradient + GAMMA * slope[:, None] / patches
        after.append(kernel - RATE * gradient)
    fakes = [made @ kernel for kernel in after]
    wanted = sum(softplus(-fake).mean() for fake in fakes)
    moved = made + RATE * sum(
        (kernel * sigmoid(-fake)).mean(axis=1)
        for kernel, fake in zip(after, fakes, strict=True)
    )
    shares = [logs["d_real_accuracy"], logs["d_fake_accuracy"]]
    np.testing.assert_allclose(shares, np.mean(right, axis=0), rtol=1e-6)
    got = [float(logs[key]) for key in ("d_loss", "d_r1", "g_loss")]
    expected = [adversarial + penalty, penalty, wanted]
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    for weights, kernel in zip(heads, after, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(weights.value), kernel, rtol=1e-4
        )
    bias = generator.get_weights()[1]
    np.testing.assert_allclose(bias, moved, rtol=1e-4)


class HalvedAndWhole(keras.Model):
    """Judges images in two sizes by networks of their own, as pix2pixHD."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.shrink = layers.AveragePooling2D(2)
        self.of_half = layers.Conv2D(1, 3, 2, padding="same")
        self.of_whole = layers.Conv2D(1, 3, 2, padding="same")

    def call(self, images):
        return self.of_whole(images), self.of_half(self.shrink(images))


def test_a_subclassed_network_may_return_a_tuple(image_pair, images):
    generator, _ = image_pair()
    discriminator = HalvedAndWhole()
    discriminator(np.zeros((1, 8, 8, 1)))
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(discriminator_regularizers=[kr.penalties.R1(1.0)])
    before = discriminator.get_weights()
    gan.train_on_batch(images)
    for old, new in zip(before, discriminator.get_weights(), strict=True):
        assert np.any(old != new)


def half_precision_pair():
    """Logits of a whole and of its parts, in two types, beside features."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs = keras.Input((2,))
        x = layers.Dense(8, activation="leaky_relu")(inputs)
        whole = layers.Dense(1, dtype="float32")(x)
        parts = layers.Reshape((3, 1))(layers.Dense(3)(x))
        outputs = {"logits": [whole, parts], "features": x}
        generator = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
        return generator, keras.Model(inputs, outputs)
    finally:
        keras.config.set_dtype_policy("float32")


def test_all_that_reads_logits_trains_and_goes_on_from_a_file(
    vectors, tmp_path
):
    gan = kr.RegularizedGAN(*half_precision_pair(), seed=0)
    penalties = kr.penalties
    gan.compile(
        loss=kr.losses.RelativisticAverage(),
        generator_regularizers=[penalties.FeatureMatching(0.1)],
        discriminator_regularizers=[
            penalties.R1(0.1),
            penalties.DRAGAN(0.1, interval=2),
            penalties.Consistency(0.1, kr.augmentations.InstanceNoise()),
        ],
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.InstanceNoise()]
        ),
    )
    monitor = kr.callbacks.CollapseMonitor(vectors)
    history = gan.fit(
        vectors, batch_size=16, epochs=2, verbose=0, callbacks=[monitor]
    ).history
    for name, values in history.items():
        assert np.isfinite(values).all(), name
    for name in ("d_r1", "d_dragan", "d_real_consistency"):
        assert history[name][-1] > 0

    whole, parts = gan.discriminator.predict(monitor._real, verbose=0)["logits"]
    means = parts.astype("float32").reshape(32, -1).mean(axis=1)
    logits = (whole[:, 0] + means) / 2
    signs = monitor.checks[-1].signs
    assert signs.d_real_accuracy == pytest.approx(np.mean(logits > 0))
    assert not signs.not_finite

    assert 0 < gan.gradient_share("d_r1", vectors) < 1
    gan.save(tmp_path / "gan.keras")
    logs, again = [
        model.evaluate(vectors, verbose=0, return_dict=True)
        for model in (gan, keras.models.load_model(tmp_path / "gan.keras"))
    ]
    assert again == pytest.approx(logs, rel=1e-5)


def test_a_list_of_one_is_no_list(vectors, vector_pair):
    generator, discriminator = vector_pair()
    listed = keras.Model(discriminator.inputs, [discriminator.outputs[0]])
    logs = []
    for judge in (discriminator, listed):
        gan = kr.RegularizedGAN(generator, judge, seed=0)
        gan.compile(discriminator_regularizers=[kr.penalties.LeCam()])
        logs.append(gan.evaluate(vectors, verbose=0))
    assert logs[0] == logs[1]


def test_state_of_logits_is_refused_at_the_first_step(vectors):
    gan = kr.RegularizedGAN(*linear_pair(), seed=0)
    gan.compile(discriminator_regularizers=[kr.penalties.LeCam()])
    before = gan.discriminator.get_weights()
    with pytest.raises(ValueError, match="`lecam`.*Expected.*Received.*2"):
        gan.fit(vectors, verbose=0)
    for old, new in zip(before, gan.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
