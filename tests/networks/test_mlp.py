import keras
import numpy as np
import pytest
from networks.arrays import shares_of_variance
from networks.arrays import standard_normal

from keras_regan.networks import mlp


def weight_count(model):
    return sum(int(np.prod(weight.shape)) for weight in model.weights)


def reloaded(model, directory):
    path = directory / f"{model.name}.keras"
    model.save(path)
    return keras.saving.load_model(path)


@pytest.mark.parametrize(
    "sample_shape",
    [(2,), (8, 8, 1), (12, 3), (2, 3, 4, 2)],
    ids=["vector", "image", "sequence", "volume"],
)
def test_mlp_shapes(sample_shape):
    generator, discriminator = mlp(sample_shape, latent_dim=5, hidden=(7,))
    assert generator.input_shape == (None, 5)
    assert generator.output_shape == (None, *sample_shape)
    assert discriminator.input_shape == (None, *sample_shape)
    assert discriminator.output_shape == (None, 1)
    samples = generator(standard_normal(3, 5))
    assert tuple(samples.shape) == (3, *sample_shape)
    assert tuple(discriminator(samples).shape) == (3, 1)


def test_mlp_names():
    generator, discriminator = mlp((2,))
    assert (generator.name, discriminator.name) == (
        "generator",
        "discriminator",
    )


def test_mlp_weight_counts():
    generator, discriminator = mlp(
        (2,), latent_dim=3, hidden=(5, 7), discriminator_hidden=(11,)
    )
    assert weight_count(generator) == (3 * 5 + 5) + (5 * 7 + 7) + (7 * 2 + 2)
    assert weight_count(discriminator) == (2 * 11 + 11) + (11 * 1 + 1)


def test_mlp_discriminator_has_the_generators_widths_by_default():
    _, discriminator = mlp((2,), hidden=(5, 7))
    assert weight_count(discriminator) == (2 * 5 + 5) + (5 * 7 + 7) + (7 + 1)


def test_mlp_equals_its_formula():
    _, discriminator = mlp((2,), hidden=(5,))
    x = standard_normal(4, 2)
    kernel, bias, last_kernel, last_bias = discriminator.get_weights()
    hidden = x @ kernel + bias
    hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(discriminator(x)),
        hidden @ last_kernel + last_bias,
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("activation", ["tanh", None, "sigmoid"])
def test_mlp_output_activation(activation):
    generator, _ = mlp((40,), latent_dim=2, output_activation=activation)
    samples = keras.ops.convert_to_numpy(
        generator(100.0 * standard_normal(50, 2))
    )
    limits = {"tanh": (-1, 1), "sigmoid": (0, 1)}
    if activation is None:
        assert samples.max() > 2 and samples.min() < -2
    else:
        np.testing.assert_allclose(
            (samples.min(), samples.max()), limits[activation], atol=0.02
        )


def test_mlp_without_hidden_layers_is_linear():
    generator, _ = mlp((3,), latent_dim=2, hidden=(), output_activation=None)
    x = standard_normal(4, 2)
    kernel, bias = generator.get_weights()
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(generator(x)), x @ kernel + bias, rtol=1e-4
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mlp_ends_in_float32_under_mixed_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        generator, discriminator = mlp((4, 2), num_classes=3)
    finally:
        keras.config.set_dtype_policy(before)
    assert generator.layers[-3].compute_dtype == policy[len("mixed_") :]
    labels = keras.ops.convert_to_tensor(np.array([0, 1], "int32"))
    latents = keras.ops.convert_to_tensor(standard_normal(2, 100))
    samples = generator([latents, labels])
    logits = discriminator([samples, labels])
    assert keras.backend.standardize_dtype(samples.dtype) == "float32"
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


@pytest.mark.parametrize("num_classes", [None, 3])
def test_mlp_survives_saving(tmp_path, num_classes):
    generator, discriminator = mlp((4, 2), num_classes=num_classes)
    for model, inputs in (
        (generator, standard_normal(3, 100)),
        (discriminator, standard_normal(3, 4, 2)),
    ):
        if num_classes is not None:
            inputs = [inputs, np.array([2, 0, 1], "int32")]
        np.testing.assert_allclose(
            reloaded(model, tmp_path).predict(inputs, verbose=0),
            model.predict(inputs, verbose=0),
            rtol=1e-5,
            atol=1e-6,
        )


def test_mlp_takes_labels_of_both_shapes():
    generator, discriminator = mlp((4,), num_classes=3)
    labels = np.array([2, 0, 1], "int32")
    for model, inputs in (
        (generator, standard_normal(3, 100)),
        (discriminator, standard_normal(3, 4)),
    ):
        flat = model([inputs, labels])
        column = model([inputs, labels[:, None]])
        assert tuple(flat.shape) == (3, *model.output_shape[1:])
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(flat),
            keras.ops.convert_to_numpy(column),
            rtol=1e-5,
        )
        np.testing.assert_allclose(
            model.predict([inputs, labels[:, None]], verbose=0),
            keras.ops.convert_to_numpy(flat),
            rtol=1e-4,
            atol=1e-5,
        )


def test_mlp_depends_on_labels():
    for model, inputs in zip(
        mlp((4,), num_classes=2),
        (np.ones((2, 100)), np.ones((2, 4))),
        strict=True,
    ):
        outputs = keras.ops.convert_to_numpy(
            model([inputs.astype("float32"), np.array([0, 1], "int32")])
        )
        assert np.abs(outputs[0] - outputs[1]).max() > 0.01


def test_mlp_classes_do_not_crowd_out_the_latents():
    keras.utils.set_random_seed(0)
    generator, _ = mlp((4,), latent_dim=64, num_classes=9)
    shares = shares_of_variance(generator, latent_dim=64, num_classes=9)
    assert shares["labels"] < 0.1 < 0.8 < shares["latents"]


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_mlp_returns_features(policy, num_classes):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        _, discriminator = mlp(
            (4, 2),
            hidden=(6, 5),
            num_classes=num_classes,
            discriminator_features=True,
        )
    finally:
        keras.config.set_dtype_policy(before)
    inputs = standard_normal(3, 4, 2)
    if num_classes is not None:
        inputs = [inputs, np.array([2, 0, 1], "int32")]
    outputs = discriminator(inputs)
    assert set(outputs) == {"logits", "features"}
    assert tuple(outputs["features"].shape) == (3, 5)
    for tensor in outputs.values():
        assert keras.backend.standardize_dtype(tensor.dtype) == "float32"
    logits = discriminator.get_layer("logits")
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in logits.weights)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(outputs["logits"]),
        keras.ops.convert_to_numpy(outputs["features"]) @ kernel + bias,
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"sample_shape": ()}, ValueError, "sample_shape"),
        ({"sample_shape": (0,)}, ValueError, "sample_shape"),
        ({"sample_shape": 2}, TypeError, "sample_shape"),
        ({"sample_shape": (None, 2)}, TypeError, "sample_shape"),
        ({"latent_dim": 0}, ValueError, "latent_dim"),
        ({"latent_dim": 2.0}, TypeError, "latent_dim"),
        ({"hidden": 64}, TypeError, "hidden"),
        ({"hidden": (64, -1)}, ValueError, "hidden"),
        ({"discriminator_hidden": (0,)}, ValueError, "discriminator_hidden"),
        ({"num_classes": 0}, ValueError, "num_classes"),
        ({"discriminator_features": 1}, TypeError, "discriminator_features"),
    ],
)
def test_mlp_names_the_wrong_argument(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        mlp(**{"sample_shape": (2,), **arguments})
