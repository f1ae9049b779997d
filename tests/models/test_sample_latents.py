"""What an overridden `sample_latents` may return."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr


def gan_that_draws(draw, vector_pair, **arguments):
    class Drawing(kr.RegularizedGAN):
        def sample_latents(self, batch_size, seed):
            return draw(batch_size, seed)

    gan = Drawing(*vector_pair(), seed=0)
    gan.compile(**arguments)
    return gan


def uniform(batch_size, seed):
    return keras.random.uniform((batch_size, 3), -1.0, 1.0, seed=seed)


def of_numpy(batch_size, seed):
    return np.random.normal(size=(8, 3)).astype("float32")


def of_numpy_as_tensor(batch_size, seed):
    return ops.convert_to_tensor(of_numpy(batch_size, seed))


def too_wide(batch_size, seed):
    return keras.random.normal((batch_size, 4), seed=seed)


def test_another_distribution(vector_pair, vectors):
    gan = gan_that_draws(uniform, vector_pair)
    gan.fit(vectors, batch_size=8, verbose=0)
    assert gan.generate(5).shape == (5, 2)


@pytest.mark.parametrize(
    "draw, error, text",
    [
        (of_numpy, TypeError, "a tensor that was drawn"),
        (too_wide, ValueError, r"shape \(batch_size, 3\). Received"),
    ],
)
@pytest.mark.parametrize("eager", [True, False])
def test_anything_else_is_refused(
    draw, error, text, eager, vector_pair, vectors
):
    gan = gan_that_draws(draw, vector_pair, run_eagerly=eager)
    with pytest.raises(error, match=text):
        gan.fit(vectors, batch_size=8, verbose=0)
    with pytest.raises(error, match=text):
        gan.generate(8)


def test_random_numbers_from_elsewhere_are_refused(vector_pair, vectors):
    gan = gan_that_draws(of_numpy_as_tensor, vector_pair)
    with pytest.raises(ValueError, match="do not come from `seed`"):
        gan.fit(vectors, batch_size=8, verbose=0)
    function = kr.RegularizedGAN(
        *vector_pair(), latents=lambda shape, seed: of_numpy_as_tensor(8, seed)
    )
    function.compile()
    with pytest.raises(ValueError, match="do not come from `seed`"):
        function.evaluate(vectors, batch_size=8, verbose=0)
