import keras
import numpy as np
import pytest
from PIL import Image

import keras_regan as kr
from keras_regan.metrics._feature_sharing import shared_features

FeatureExtractor = kr.metrics.FeatureExtractor


def passing(shape, name="passing"):
    """A network that returns the pixels it was given."""
    return keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten()], name=name
    )


@pytest.fixture
def convolution():
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(5, 3)], name="convolution"
    )


def test_values_are_those_of_an_image_file():
    samples = np.array([[-1.0, 1.0, 0.0, 0.5, -2.0, 3.0, 0.003]])
    model = keras.Sequential([keras.Input((7,)), keras.layers.Identity()])
    features = FeatureExtractor(model)(samples)
    np.testing.assert_array_equal(features, [[0, 255, 128, 191, 0, 255, 128]])
    features = FeatureExtractor(model, value_range=(0.0, 1.0))(samples)
    np.testing.assert_array_equal(features, [[0, 255, 0, 128, 0, 255, 1]])
    features = FeatureExtractor(model, value_range=None)(samples)
    np.testing.assert_allclose(features, samples, rtol=1e-6)


def test_gray_becomes_rgb_and_preprocessing_comes_last():
    samples = np.linspace(-1, 1, 4, dtype="float32").reshape(1, 2, 2, 1)
    extractor = FeatureExtractor(
        passing((2, 2, 3)), preprocessing=keras.layers.Rescaling(2.0, 1.0)
    )
    pixels = np.array([0, 85, 170, 255]).reshape(1, 4, 1)
    np.testing.assert_allclose(
        extractor(samples), np.repeat(2 * pixels + 1, 3, axis=2).reshape(1, -1)
    )


@pytest.mark.parametrize("size", [4, 24], ids=["smaller", "larger"])
@pytest.mark.parametrize(
    "interpolation, pillow",
    [("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)],
    ids=["bilinear", "bicubic"],
)
def test_resizing_is_antialiased(size, interpolation, pillow):
    """As in Pillow, the reference of FID's careful implementations."""
    rows = np.random.default_rng(0).integers(0, 256, (12, 12)).astype("float32")
    extractor = FeatureExtractor(
        passing((size, size, 1)),
        image_size=size,
        interpolation=interpolation,
        value_range=(0.0, 255.0),
    )
    resized = extractor(rows[None, :, :, None]).reshape(size, size)
    wanted = np.asarray(Image.fromarray(rows).resize((size, size), pillow))
    # Bicubic kernels differ in one constant; antialiasing by far more.
    tolerance = 0.01 if interpolation == "bilinear" else 12.0
    np.testing.assert_allclose(resized, wanted, atol=tolerance)


def test_maps_are_averaged_over_positions(convolution):
    images = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 3))
    extractor = FeatureExtractor(convolution, value_range=None)
    maps = keras.ops.convert_to_numpy(convolution(images.astype("float32")))
    np.testing.assert_allclose(
        extractor(images), maps.mean(axis=(1, 2)), rtol=1e-4, atol=1e-6
    )
    assert extractor.size == 5 and extractor.gives_maps


def test_arrays_and_tensors_agree(convolution):
    images = (
        np.random.default_rng(0).uniform(-1, 1, (70, 8, 8, 1)).astype("float32")
    )
    extractor = FeatureExtractor(convolution)
    of_tensor = extractor(keras.ops.convert_to_tensor(images))
    assert not isinstance(of_tensor, np.ndarray)
    np.testing.assert_allclose(
        extractor(images),
        keras.ops.convert_to_numpy(of_tensor),
        rtol=1e-4,
        atol=1e-4,
    )


def test_one_forward_pass_for_all(convolution, monkeypatch):
    extractor = FeatureExtractor(convolution, value_range=None)
    images = keras.ops.zeros((2, 8, 8, 3))
    calls = []
    monkeypatch.setattr(
        extractor,
        "_pooled",
        lambda x: calls.append(x) or keras.ops.zeros((2, 5)),
    )
    with shared_features():
        first, second = extractor(images), extractor(images)
        extractor(images + 0)
    assert first is second and len(calls) == 2
    extractor(images)
    assert len(calls) == 3


@pytest.mark.parametrize("kind", ["object", "path"])
def test_configuration(convolution, tmp_path, kind):
    source = convolution
    if kind == "path":
        source = str(tmp_path / "a network.keras")
        convolution.save(source)
    extractor = FeatureExtractor(
        source,
        image_size=(8, 8),
        interpolation="bicubic",
        value_range=(0, 1),
        preprocessing=keras.layers.Rescaling(0.5, -1.0),
    )
    assert extractor.name == (
        "convolution" if kind == "object" else "a_network"
    )
    config = keras.saving.serialize_keras_object(extractor)
    again = keras.saving.deserialize_keras_object(config)
    images = np.random.default_rng(0).uniform(size=(2, 6, 6, 3))
    if kind == "object":
        again.model.set_weights(convolution.get_weights())
        assert len(extractor.saved_variables) == 2
    else:
        assert extractor.saved_variables == []
    np.testing.assert_allclose(extractor(images), again(images), rtol=1e-5)
    assert extractor.protocol == again.protocol


def test_protocol_tells_weights_apart(convolution):
    extractor = FeatureExtractor(convolution, image_size=8)
    before = extractor.protocol
    assert before["interpolation"] == "bilinear, antialiased"
    convolution.set_weights([w + 1 for w in convolution.get_weights()])
    assert extractor.protocol["model"] != before["model"]


def test_the_default_says_when_its_weights_cannot_be_had(monkeypatch):
    def refuse(**arguments):
        assert arguments["pooling"] == "avg"
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "InceptionV3", refuse)
    metric = kr.metrics.FrechetDistance()
    assert metric.name == "fd_inception"
    with pytest.raises(RuntimeError, match="InceptionV3.*URL fetch failure"):
        metric.prepare_once()


def test_the_default_is_inception(monkeypatch):
    built = {}

    def build(**arguments):
        built.update(arguments)
        return keras.Sequential(
            [
                keras.Input((299, 299, 3)),
                keras.layers.GlobalAveragePooling2D(),
            ]
        )

    monkeypatch.setattr(keras.applications, "InceptionV3", build)
    extractor = FeatureExtractor()
    features = extractor(np.full((2, 8, 8, 1), 1.0))
    np.testing.assert_allclose(features, np.ones((2, 3)), atol=1e-5)
    assert built == {
        "include_top": False,
        "pooling": "avg",
        "input_shape": (299, 299, 3),
    }
    score = kr.metrics.InceptionScore()
    score.prepare_once()
    assert built["include_top"] is True


def test_a_file_that_is_not_there(tmp_path):
    extractor = FeatureExtractor(tmp_path / "none.keras")
    with pytest.raises(RuntimeError, match="none.keras"):
        extractor(np.zeros((1, 8, 8, 3)))


def test_several_outputs_where_one_is_needed(convolution):
    model = keras.Model(
        convolution.inputs, [convolution.outputs[0], convolution.inputs[0]]
    )
    with pytest.raises(ValueError, match="one output"):
        FeatureExtractor(model, value_range=None)(keras.ops.zeros((1, 8, 8, 3)))


@pytest.mark.parametrize(
    "arguments, error",
    [
        ({"model": 3}, TypeError),
        ({"value_range": (1.0, 0.0)}, ValueError),
        ({"value_range": 1.0}, TypeError),
        ({"value_range": (0.0, float("inf"))}, ValueError),
        ({"image_size": 0}, ValueError),
        ({"image_size": (8, 8, 3)}, ValueError),
        ({"image_size": 8.5}, TypeError),
        ({"interpolation": "area"}, ValueError),
        ({"preprocessing": "scale"}, TypeError),
        ({"name": "two words"}, ValueError),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_arguments(arguments, error):
    (name,) = arguments
    with pytest.raises(error, match=f"`{name}`"):
        FeatureExtractor(**{"model": passing((2, 2, 3)), **arguments})


def test_bad_features():
    with pytest.raises(TypeError, match="`features`"):
        kr.metrics.FrechetDistance("inception")
    with pytest.raises(ValueError, match="`model`"):
        FeatureExtractor(image_size=64)
