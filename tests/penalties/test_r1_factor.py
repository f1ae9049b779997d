"""The rule for R1's factor, at sizes of published configurations."""

import pytest

import keras_regan as kr

r1_factor = kr.penalties.r1_factor


def test_rule():
    # 0.0002 * 1024^2 / 32 and so on, by hand.
    assert r1_factor(1024, 32) == pytest.approx(6.5536)
    assert r1_factor(32, 64) == pytest.approx(0.0032)
    assert r1_factor((32, 128), 64) == pytest.approx(0.0128)
    assert kr.penalties.R1(r1_factor([64, 64], 64)).factor == pytest.approx(
        0.0128
    )


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ((0, 64), ValueError, "image_size"),
        ((64.0, 64), TypeError, "image_size"),
        (((64, 64, 3), 64), ValueError, "image_size"),
        (((64, "a"), 64), TypeError, "image_size"),
        (("64", 64), ValueError, "image_size"),
        ((64, 0), ValueError, "batch_size"),
        ((64, None), TypeError, "batch_size"),
    ],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`"):
        r1_factor(*arguments)
