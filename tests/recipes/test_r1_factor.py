import pytest

from keras_regan.recipes import r1_factor


@pytest.mark.parametrize(
    "shape, batch_size, expected",
    [
        # What the authors' program prints for these.
        ((256, 256, 3), 64, 0.2048),
        ((1024, 1024, 3), 32, 6.5536),
        ((32, 64, 1), 8, 0.0512),
    ],
)
def test_factor_is_that_of_the_rule(shape, batch_size, expected):
    assert r1_factor(shape, batch_size) == pytest.approx(expected)


def test_pixels_are_counted_with_channels_first(channels_first):
    assert r1_factor((3, 32, 64), 8) == pytest.approx(0.0512)


@pytest.mark.parametrize(
    "shape, batch_size, error, message",
    [
        ((32, 32), 8, ValueError, "`image_shape`. Expected the shape of an"),
        ((32, 32, None), 8, ValueError, "`image_shape`"),
        ((32, -32, 3), 8, ValueError, "`image_shape`"),
        (32, 8, ValueError, "`image_shape`"),
        ((32, 32, 3), 0, ValueError, "`batch_size`"),
        ((32, 32, 3), 8.0, TypeError, "`batch_size`"),
    ],
)
def test_wrong_arguments_are_named(shape, batch_size, error, message):
    with pytest.raises(error) as caught:
        r1_factor(shape, batch_size)
    assert f"Invalid value for argument {message}" in str(caught.value)
