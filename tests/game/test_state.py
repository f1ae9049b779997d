"""The registry of what a model keeps in variables misses nothing."""

import gc

import keras
import numpy as np
from keras import ops

import keras_regan as kr
from keras_regan._game.state import CARRIED
from keras_regan._game.state import SAVED
from keras_regan._game.state import TRAINED
from keras_regan._game.state import Kind


def values():
    """Every variable that there is and its value, by its identity."""
    return {
        id(thing): (thing, ops.convert_to_numpy(thing.value).copy())
        for thing in gc.get_objects()
        if isinstance(thing, keras.Variable)
    }


def make(image_pair):
    factor = kr.penalties.AdjustableFactor(0.1)
    gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.9, seed=0)
    gan.compile(
        loss=kr.losses.Weighted(kr.losses.NonSaturating(), factor),
        generator_regularizers=[
            kr.penalties.PathLength(0.1, interval=1),
            kr.penalties.Scheduled(kr.regularizers.L2(1e-3), factor),
        ],
        discriminator_regularizers=[kr.penalties.LeCam(0.1)],
        augmentation=kr.augmentations.AdaptiveAugmentation(interval=1),
        metrics=[keras.metrics.MeanSquaredError()],
    )
    return gan


def test_what_a_step_moves_is_registered(image_pair, images):
    gan = make(image_pair)
    gan.train_on_batch(images[:8])
    before = values()
    gan.train_on_batch(images[8:16])
    gan.test_on_batch(images[:8])
    moved = {
        identity: thing.path
        for identity, (thing, value) in values().items()
        if identity in before
        # Models of other tests may have diverged.
        and not np.array_equal(value, before[identity][1], equal_nan=True)
    }
    assert len(moved) > 40
    known = {id(v) for v in gan._state.variables(TRAINED | CARRIED)}
    assert [path for i, path in moved.items() if i not in known] == []


def test_a_shared_factor_is_one_variable_with_two_names(image_pair):
    state = make(image_pair)._state
    (factor,) = state.variables(Kind.FACTOR)
    names = [name for name, v in state.named(SAVED).items() if v is factor]
    assert names == ["generator.l2.0", "loss.0"]


def test_all_is_either_trained_or_carried_or_both(image_pair):
    every = ~Kind(0)
    state = make(image_pair)._state
    assert set(map(id, state.variables(every))) == set(
        map(id, state.variables(TRAINED | CARRIED))
    )
    assert all("@" not in name for name in state.named(SAVED))
