"""On one replica the wrapper changes nothing; `test_mirrored.py` has two."""

import keras
import numpy as np
import pytest

import keras_regan as kr

AcrossReplicas = kr.penalties.AcrossReplicas
PairwiseDistance = kr.regularizers.PairwiseDistance


def history(vector_pair, vectors, entries):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*vector_pair(discriminator_features=True), seed=1)
    gan.compile(generator_regularizers=entries)
    return gan.fit(vectors, batch_size=16, shuffle=False, verbose=0).history


def test_one_replica_sees_nothing_of_it(vector_pair, vectors):
    def entries():
        return [
            PairwiseDistance(1.0, pairing="all", name="a"),
            kr.penalties.OnFeatures(PairwiseDistance(1.0), name="b"),
            kr.penalties.FeatureMatching(1.0, name="c"),
        ]

    plain = history(vector_pair, vectors, entries())
    wrapped = history(
        vector_pair, vectors, [AcrossReplicas(entry) for entry in entries()]
    )
    for name in "abc":
        assert plain[f"g_{name}"][0] != 0
    assert set(wrapped) == set(plain)
    for key, values in plain.items():
        np.testing.assert_allclose(wrapped[key], values, rtol=1e-6, err_msg=key)


def test_it_belongs_where_the_regularizer_does():
    features = kr.penalties.OnFeatures(PairwiseDistance(1.0))
    assert AcrossReplicas(PairwiseDistance(1.0)).networks == ("generator",)
    assert AcrossReplicas(features).networks == ("generator", "discriminator")
    assert AcrossReplicas(features).name == features.name


@pytest.mark.parametrize("wrong", [None, 1.0, kr.regularizers.L1(0.1)])
def test_refuses_what_sees_no_samples(wrong):
    with pytest.raises(TypeError, match="`regularizer`"):
        AcrossReplicas(wrong)


def test_refuses_an_interval_and_state_inside():
    with pytest.raises(ValueError, match="`AcrossReplicas`"):
        AcrossReplicas(kr.penalties.FeatureMatching(1.0, interval=2))
    with pytest.raises(ValueError, match="keeps no state"):
        AcrossReplicas(kr.penalties.LeCam())
