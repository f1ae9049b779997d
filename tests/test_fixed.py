"""What a compiled step has read cannot be changed without a word."""

import numpy as np
import pytest

import keras_regan as kr


@pytest.mark.parametrize(
    "entry, attribute",
    [
        (kr.penalties.R1(1.0), "factor"),
        (kr.penalties.R1(1.0), "interval"),
        (kr.penalties.Scheduled(kr.regularizers.L1()), "factor"),
        (kr.regularizers.PairwiseDistance(1.0), "factor"),
        (kr.regularizers.Orthogonal(1.0), "factor"),
        (kr.regularizers.L1(1.0), "l1"),
        (kr.regularizers.L2(1.0), "l2"),
        (kr.regularizers.L1L2(1.0, 1.0), "l1"),
        (kr.regularizers.L1L2(1.0, 1.0), "l2"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_numbers_are_set_once(entry, attribute):
    before = getattr(entry, attribute)
    with pytest.raises(AttributeError, match=f"`{attribute}` of .*Received"):
        setattr(entry, attribute, 2)
    assert getattr(entry, attribute) == before


def test_error_names_what_works(vector_pair, vectors):
    factor = kr.penalties.AdjustableFactor(0.5)
    penalty = kr.penalties.R1(factor)
    with pytest.raises(AttributeError, match="AdjustableFactor"):
        penalty.factor = 100.0
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(discriminator_regularizers=[penalty])
    first = gan.train_on_batch(vectors, return_dict=True)["d_r1"]
    factor.value = 50.0
    gan.reset_metrics()
    second = gan.train_on_batch(vectors, return_dict=True)["d_r1"]
    assert 50 < second / first < 200


def test_constructor_of_ones_own_that_calls_no_other():
    class Mine(kr.penalties.Penalty):
        def __init__(self):
            self.mine = True

    with pytest.raises(AttributeError, match=r"`super\(\).__init__\(\)`"):
        _ = Mine().factor
    assert not np.isnan(kr.penalties.R1().factor)
