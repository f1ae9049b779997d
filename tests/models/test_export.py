"""The exported generator runs without Keras."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from models.trained_generators import GROUPS
from models.trained_generators import inputs_of
from models.trained_generators import samples_of

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("trained_generators")
CONVERTER = {"tensorflow": "tf2onnx", "jax": "jax2onnx", "torch": "onnx"}
FORMATS = ["onnx"]
if keras.backend.backend() != "torch":
    FORMATS.append("tf_saved_model")

# Runs what was exported and stores the samples and the names of the inputs.
RUN = """
import json
import pathlib
import sys
sys.modules["keras_regan"] = sys.modules["keras"] = None
import numpy as np
import onnxruntime
names = {}
for file in pathlib.Path(sys.argv[1]).glob("*.npz"):
    inputs = np.load(file)
    session = onnxruntime.InferenceSession(file.with_suffix(".onnx"))
    names[file.stem] = [entry.name for entry in session.get_inputs()]
    samples, = session.run(None, dict(inputs))
    np.save(file.with_suffix(".onnx.npy"), samples)
    if file.with_suffix("").is_dir():
        import tensorflow as tf
        loaded = tf.saved_model.load(file.with_suffix(""))
        values = [inputs[name] for name in ("latents", "labels")[:len(inputs)]]
        samples = loaded.serve(values if len(values) > 1 else values[0])
        np.save(file.with_suffix(".tf_saved_model.npy"), samples.numpy())
print(json.dumps(names))
"""


def import_onnx_packages():
    """Returns the runtime, or skips the test."""
    for name in (CONVERTER[keras.backend.backend()], "onnxruntime"):
        package = pytest.importorskip(
            name, reason=f"needs `pip install {name}`"
        )
    return package


@pytest.fixture(scope="module", params=GROUPS, ids=["few", "all"])
def exported(request, trained_gans, tmp_path_factory):
    """Exports generators; returns names of inputs by kind, and the folder."""
    import_onnx_packages()
    folder = tmp_path_factory.mktemp("exported")
    for kind in request.param:
        gan = trained_gans[kind]
        inputs = dict(zip(("latents", "labels"), inputs_of(gan), strict=False))
        np.savez(folder / f"{kind}.npz", **inputs)
        gan.export(folder / f"{kind}.onnx", format="onnx", verbose=False)
        if "tf_saved_model" in FORMATS:
            gan.export(folder / kind, verbose=False)
    result = subprocess.run(
        [sys.executable, "-c", RUN, folder], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1]), folder


@pytest.mark.parametrize("format", FORMATS)
def test_same_samples_without_keras(format, trained_gans, exported):
    names, folder = exported
    for kind in names:
        samples = np.load(folder / f"{kind}.{format}.npy")
        wanted = samples_of(trained_gans[kind])
        assert samples.dtype == np.float32, kind
        assert samples.shape == wanted.shape, kind
        np.testing.assert_allclose(
            samples, wanted, atol=1e-5, rtol=0, err_msg=kind
        )


def test_inputs_are_named(exported):
    names, _ = exported
    for kind, inputs in names.items():
        labels = ["labels"] if kind.endswith("conditional") else []
        assert inputs == ["latents", *labels], kind


class Recorder:
    """Stands in for Keras's `export` and keeps what it is called with."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(keras.Model, "export", self._export())

    def _export(recorder):
        def export(self, filepath, **arguments):
            recorder.network = self
            recorder.filepath = filepath
            recorder.arguments = arguments

        return export


@pytest.fixture
def recorder(monkeypatch):
    return Recorder(monkeypatch)


def test_hands_on_what_keras_takes(vector_pair, recorder):
    gan = kr.RegularizedGAN(*vector_pair())
    gan.export(pathlib.Path("a.x"), "openvino", verbose=False, opset_version=18)
    assert recorder.filepath == "a.x"
    signature = recorder.arguments.pop("input_signature")
    assert recorder.arguments == {
        "format": "openvino",
        "verbose": False,
        "opset_version": 18,
    }
    (spec,) = signature
    assert (spec.name, tuple(spec.shape)) == ("latents", (None, 3))
    given = [keras.InputSpec(shape=(4, 3), dtype="float32")]
    gan.export("a", format="tf_saved_model", input_signature=given)
    assert recorder.arguments["input_signature"] is given


def test_signature_of_class_conditional_networks(vector_pair, recorder):
    gan = kr.RegularizedGAN(*vector_pair(num_classes=3))
    gan.export("a", format="onnx")
    ((latents, labels),) = recorder.arguments["input_signature"]
    assert (latents.name, tuple(latents.shape)) == ("latents", (None, 3))
    assert (labels.name, tuple(labels.shape)) == ("labels", (None,))
    assert (latents.dtype, labels.dtype) == ("float32", "int32")


def test_exports_the_plain_copy(trained_gans, recorder):
    gan = trained_gans["layers"]
    gan.export("a", format="onnx")
    assert recorder.network.name == gan.generator.name
    assert not any(
        type(layer).__module__.startswith("keras_regan")
        for layer in recorder.network.layers
    )


def test_exports_the_network_itself_where_there_is_no_copy(tmp_path):
    onnxruntime = import_onnx_packages()
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            kr.layers.MinibatchDiscrimination(4, 2),
            keras.layers.Dense(2),
        ]
    )
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.9, seed=0)
    with pytest.raises(ValueError, match="MinibatchDiscrimination"):
        gan.inference_generator()
    before = gan.get_weights()
    file = tmp_path / "generator.onnx"
    signature = None
    if keras.backend.backend() == "jax":
        # The layer counts the samples of its batch, which jax2onnx cannot do.
        signature = [keras.InputSpec(shape=(5, 3), name="latents")]
    gan.export(file, format="onnx", verbose=False, input_signature=signature)
    session = onnxruntime.InferenceSession(file)
    latents = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    np.testing.assert_allclose(
        session.run(None, {"latents": latents})[0],
        gan.predict(latents, verbose=0),
        atol=1e-5,
    )
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.skipif("tf_saved_model" in FORMATS, reason="for torch only")
def test_no_saved_model_of_torch(vector_pair, tmp_path):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(ValueError, match="Expected 'onnx' or 'torch'"):
        gan.export(tmp_path / "generator")


def test_unknown_format(vector_pair, tmp_path):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(ValueError, match="format=pickle"):
        gan.export(tmp_path / "generator", format="pickle")


def test_filepath_must_be_a_path(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(TypeError, match="`filepath`"):
        gan.export(3, format="onnx")
