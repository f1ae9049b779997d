"""Gradient normalization of networks whose gradient is known."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

GradientNormalization = kr.layers.GradientNormalization
SAMPLES = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
KERNEL = np.random.default_rng(1).normal(size=(3, 4)).astype("float32")
LAST = np.random.default_rng(2).normal(size=(4, 1)).astype("float32")


def network():
    model = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dense(4, activation="tanh", use_bias=False),
            keras.layers.Dense(1, use_bias=False),
        ]
    )
    model.set_weights([KERNEL, LAST])
    return model


def reference(samples, kernel=KERNEL):
    """C = tanh(x K) l, so grad C = K ((1 - tanh^2) * l)."""
    hidden = np.tanh(samples.astype("float64") @ kernel)
    logits = hidden @ LAST[:, 0].astype("float64")
    gradient = ((1 - hidden**2) * LAST[:, 0]) @ kernel.astype("float64").T
    return logits / (np.linalg.norm(gradient, axis=1) + np.abs(logits))


def test_value():
    layer = GradientNormalization(network())
    got = ops.convert_to_numpy(layer(SAMPLES))
    assert got.shape == (5, 1)
    np.testing.assert_allclose(got[:, 0], reference(SAMPLES), rtol=1e-5)
    assert np.abs(got).max() <= 1


def test_gradient_at_the_samples():
    layer = GradientNormalization(network())
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (layer(x), None), ops.convert_to_tensor(SAMPLES)
    )
    gradient = ops.convert_to_numpy(pullback(ops.ones((5, 1), "float32")))
    expected = np.zeros((5, 3))
    for axis in range(3):
        step = 1e-5 * np.eye(3)[axis]
        expected[:, axis] = (
            reference(SAMPLES + step) - reference(SAMPLES - step)
        ) / 2e-5
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def normalized_pair(image_pair=None):
    generator, discriminator = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None
    )
    inputs = keras.Input((2,))
    outputs = GradientNormalization(discriminator)(inputs)
    assert outputs.shape == (None, 1) and outputs.dtype == "float32"
    return generator, keras.Model(inputs, outputs)


def test_second_order_gradient_trains_the_weights(vectors):
    """One step of SGD on the Wasserstein loss, against central differences."""
    generator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(3)]
    )
    generator.set_weights([np.zeros((2, 3)), np.array([0.5, -1.0, 0.3])])
    inner = network()
    inputs = keras.Input((3,))
    critic = keras.Model(inputs, GradientNormalization(inner)(inputs))
    gan = kr.RegularizedGAN(generator, critic, seed=0)
    gan.compile(
        discriminator_optimizer=keras.optimizers.SGD(0.1),
        loss=kr.losses.Wasserstein(),
    )
    gan.train_on_batch(SAMPLES)
    fake = np.array([[0.5, -1.0, 0.3]])

    def loss(kernel):
        return (
            reference(fake, kernel).mean() - reference(SAMPLES, kernel).mean()
        )

    slope = np.zeros((3, 4))
    for index in np.ndindex(3, 4):
        step = np.zeros((3, 4))
        step[index] = 1e-5
        slope[index] = (loss(KERNEL + step) - loss(KERNEL - step)) / 2e-5
    np.testing.assert_allclose(
        inner.get_weights()[0], KERNEL - 0.1 * slope, rtol=1e-4, atol=1e-5
    )


def test_with_a_gradient_penalty_saved_and_gone_on(vectors, tmp_path):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*normalized_pair(), seed=0)
    gan.compile(
        loss=kr.losses.Hinge(),
        discriminator_regularizers=[kr.penalties.R1(1.0, interval=2)],
    )
    history = gan.fit(vectors, batch_size=32, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(
        ops.convert_to_numpy(loaded.discriminator(vectors)),
        ops.convert_to_numpy(gan.discriminator(vectors)),
    )
    loaded.fit(vectors, batch_size=32, verbose=0)


def test_predict_outside_of_a_gan(vectors):
    _, discriminator = normalized_pair()
    np.testing.assert_allclose(
        discriminator.predict(vectors, verbose=0),
        ops.convert_to_numpy(discriminator(vectors)),
        rtol=1e-5,
    )


def test_other_outputs_and_labels_are_handed_on():
    samples = keras.Input((2,))
    labels = keras.Input((), dtype="int32")
    embedded = keras.layers.Embedding(4, 2)(labels)
    hidden = keras.layers.Dense(3)(samples * embedded)
    inner = keras.Model(
        [samples, labels],
        {"logits": keras.layers.Dense(1)(hidden), "features": hidden},
    )
    layer = GradientNormalization(inner)
    given = [np.ones((5, 2), "float32"), np.arange(5) % 4]
    got = layer(given)
    assert set(got) == {"logits", "features"}
    np.testing.assert_allclose(
        ops.convert_to_numpy(got["features"]),
        ops.convert_to_numpy(inner(given)["features"]),
        rtol=1e-6,
    )
    spec = keras.Model([samples, labels], layer([samples, labels]))
    assert spec.output["features"].shape == (None, 3)


def test_zero_network_is_finite():
    inner = network()
    inner.set_weights([np.zeros_like(w) for w in inner.get_weights()])
    got = ops.convert_to_numpy(GradientNormalization(inner)(SAMPLES))
    assert (got == 0).all()


def test_map_of_patches_is_refused():
    inputs = keras.Input((4, 4, 1))
    patches = keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs))
    with pytest.raises(ValueError, match="one logit per sample"):
        GradientNormalization(patches)(inputs)


def test_several_logits_are_refused():
    inputs = keras.Input((3,))
    logits = keras.layers.Dense(1)(inputs)
    for outputs in ([logits, logits], {"logits": [logits, logits]}):
        several = keras.Model(inputs, outputs)
        with pytest.raises(ValueError, match="one logit per sample.*Received"):
            GradientNormalization(several)(inputs)


def test_what_is_no_built_model():
    with pytest.raises(TypeError, match="`network`"):
        GradientNormalization(keras.layers.Dense(1))
    with pytest.raises(ValueError, match="`network`"):
        GradientNormalization(keras.Sequential([keras.layers.Dense(1)]))


def test_what_inner_layers_add_is_counted_once(vectors):
    """Activity regularizers, and weights' own, in two passes of the step."""
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(
        3,
        activity_regularizer=keras.regularizers.L2(0.5),
        kernel_regularizer=keras.regularizers.L2(0.25),
    )
    logits = keras.layers.Dense(1)(hidden(inputs))
    network = keras.Model(inputs, logits)
    critic = keras.Model(inputs, GradientNormalization(network)(inputs))
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    generator.set_weights([np.zeros((3, 2)), np.array([0.5, -1.0])])
    gan = kr.RegularizedGAN(generator, critic, seed=0)
    gan.compile(discriminator_optimizer=keras.optimizers.SGD(0.0))
    logs = gan.train_on_batch(vectors, return_dict=True)
    kernel, bias = hidden.get_weights()

    def mean_square(samples):
        return ((samples @ kernel + bias) ** 2).sum(axis=1).mean()

    expected = 0.25 * (kernel**2).sum() + 0.5 * (
        mean_square(vectors) + mean_square(np.array([[0.5, -1.0]]))
    )
    np.testing.assert_allclose(
        logs["d_layer_regularizers"], expected, rtol=1e-5
    )
