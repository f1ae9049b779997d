"""The model's streams of random numbers never meet."""

import itertools

import keras
import numpy as np
from keras import ops

import keras_regan as kr

STREAMS = [
    "_training_seed",
    "_evaluation_seed",
    "_generation_seed",
    "_regularization_seed",
    "_evaluated_regularization_seed",
]


def streams(vector_pair, seed):
    gan = kr.RegularizedGAN(*vector_pair(), seed=seed)
    return [getattr(gan, name) for name in STREAMS]


def test_no_two_share_a_seed_in_1000_draws(vector_pair):
    # On PyTorch, Keras seeds with the sum of both numbers of the state.
    ranges = []
    for seed in [0, 1, 2, 3, 99, 2**31 - 4]:
        for stream in streams(vector_pair, seed):
            first, count = map(int, ops.convert_to_numpy(stream.state.value))
            assert count == 0
            ranges.append((first, first + 1000))
    for one, other in itertools.combinations(ranges, 2):
        assert one[1] <= other[0] or other[1] <= one[0]
    # Nor with what users and layers are seeded with.
    assert min(ranges)[0] > 1000


def test_no_two_give_the_same_numbers(vector_pair):
    drawn = {
        ops.convert_to_numpy(keras.random.normal((3,), seed=stream)).tobytes()
        for seed in (0, 1)
        for stream in streams(vector_pair, seed)
        for _ in range(20)
    }
    assert len(drawn) == 2 * 5 * 20


def test_same_seed_same_streams(vector_pair):
    states = [
        [ops.convert_to_numpy(s.state.value) for s in streams(vector_pair, 7)]
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*states)
