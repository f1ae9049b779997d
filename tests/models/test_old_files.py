"""A file of every released version loads, on every backend."""

import keras
import numpy as np
import pytest
from files import make


@pytest.fixture(scope="module", params=list(make.GANS))
def version(request):
    return request.param


def path(version, ending):
    return make.FOLDER / f"keras_regan-{version}.{ending}"


def assert_as_saved(gan, version):
    with np.load(path(version, "npz"), allow_pickle=False) as expected:
        found = make.everything(gan)
        assert found.keys() == set(expected.files)
        if keras.backend.backend() != "tensorflow":
            del found["samples"]  # Each backend draws other latents.
        for key, value in found.items():
            assert value.shape == expected[key].shape, key
            np.testing.assert_allclose(
                value.astype("float64"),
                expected[key].astype("float64"),
                # Weights are copied; samples are computed on the backend.
                atol=1e-5 if key in ("predictions", "samples") else 0,
                rtol=0,
                err_msg=key,
            )


def test_model_file(version):
    gan = keras.models.load_model(path(version, "keras"))
    assert_as_saved(gan, version)


def test_weights_file(version):
    gan = make.GANS[version]()
    gan.load_weights(path(version, "weights.h5"))
    assert_as_saved(gan, version)


def test_a_load_that_loads_nothing_is_seen(version):
    keras.utils.set_random_seed(1)
    new = make.everything(make.GANS[version]())
    with np.load(path(version, "npz"), allow_pickle=False) as saved:
        same = [k for k in saved.files if np.array_equal(new[k], saved[k])]
    assert same == []
