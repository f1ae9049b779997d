"""Regularizers of samples, called with features."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

OnFeatures = kr.penalties.OnFeatures


class Recorded(kr.regularizers.SampleRegularizer):
    """Keeps what it is called with, and returns the mean of the first."""

    def __init__(self, called_with):
        super().__init__(2.0, name="recorded")
        self.called_with = called_with
        self.calls = []

    def call(self, *tensors):
        self.calls.append([ops.convert_to_numpy(t) for t in tensors])
        return ops.mean(tensors[0])


def outputs(x):
    return {"logits": x[:, :1], "features": [x, 10.0 * x]}


def one(x):
    return {"logits": x[:, :1], "features": -x}


def test_one_tensor_of_features(make_context, fake):
    regularizer = Recorded(("samples",))
    value = OnFeatures(regularizer, 3.0)(make_context(one))
    np.testing.assert_allclose(float(value), -6.0 * fake.mean(), rtol=1e-5)


def test_mean_over_several(make_context, fake):
    value = OnFeatures(Recorded(("samples",)))(make_context(outputs))
    np.testing.assert_allclose(float(value), 2.0 * 5.5 * fake.mean(), rtol=1e-5)


def test_called_with_latents_and_real_features(
    make_context, real, fake, latents
):
    regularizer = Recorded(("samples", "latents", "real"))
    OnFeatures(regularizer)(make_context(outputs))
    for scale, call in zip((1.0, 10.0), regularizer.calls, strict=True):
        np.testing.assert_allclose(call[0], scale * fake, rtol=1e-6)
        np.testing.assert_allclose(call[1], latents)
        np.testing.assert_allclose(call[2], scale * real, rtol=1e-6)


def test_on_samples_without_the_wrapper(make_context, real, fake, latents):
    regularizer = Recorded(("samples", "latents", "real"))
    kr.penalties.Scheduled(regularizer)(make_context(outputs))
    ((samples, *others),) = regularizer.calls
    np.testing.assert_allclose(samples, fake)
    np.testing.assert_allclose(others[0], latents)
    np.testing.assert_allclose(others[1], real)


def test_real_features_are_not_computed_for_nothing(make_context):
    calls = []

    def counted(x):
        calls.append(1)
        return outputs(x)

    OnFeatures(Recorded(("samples",)))(make_context(counted))
    assert len(calls) == 1


def test_discriminator_without_features(make_context):
    with pytest.raises(ValueError, match="'features'"):
        OnFeatures(Recorded(("samples",)))(make_context(lambda x: x[:, :1]))


@pytest.mark.parametrize(
    "regularizer",
    [None, "l1", kr.regularizers.L1(), kr.penalties.R1()],
    ids=["none", "string", "weights", "penalty"],
)
def test_what_it_does_not_wrap(regularizer):
    with pytest.raises(TypeError, match="`regularizer`"):
        OnFeatures(regularizer)


def test_both_lists(vectors):
    pair = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), discriminator_features=True
    )
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile(
        generator_regularizers=[
            kr.regularizers.PairwiseDistance(0.1),
            OnFeatures(kr.regularizers.PairwiseDistance(0.1), interval=2),
        ],
        discriminator_regularizers=[
            OnFeatures(
                kr.regularizers.PairwiseDistance(0.1, direction="attract")
            )
        ],
    )
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["g_pairwise_distance_on_features"] < 0
    assert logs["d_pairwise_distance_on_features"] > 0


def test_rows_that_do_not_match_latents(vectors):
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(4)(kr.layers.Packing(2)(inputs))
    outputs = {"logits": keras.layers.Dense(1)(hidden), "features": hidden}
    generator, _ = kr.networks.mlp((2,), latent_dim=3, hidden=(4,))
    gan = kr.RegularizedGAN(generator, keras.Model(inputs, outputs))
    gan.compile(
        generator_regularizers=[OnFeatures(kr.regularizers.ModeSeeking())],
        run_eagerly=True,
    )
    with pytest.raises(ValueError, match="one row of features for each"):
        gan.train_on_batch(vectors)
