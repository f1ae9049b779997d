"""The sequence: order, state and logs of its entries."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regan import augmentations
from keras_regan.augmentations import DiffAugment


class Halved(augmentations.Augmentation):
    def call(self, samples, seed):
        return samples / 2


class Increased(augmentations.Augmentation):
    def call(self, samples, seed):
        return samples + 1


class Counted(augmentations.Augmentation):
    def __init__(self):
        self.count = keras.Variable(0.0, trainable=False)

    @property
    def variables(self):
        return [self.count]

    @property
    def logged(self):
        return {"count": self.count.value}

    def adapt(self, real_sign, batch_size):
        self.count.assign_add(real_sign * batch_size)

    def call(self, samples, seed):
        return samples


def test_order(layout):
    images = np.full((2, 3, 3, 1), 4.0, "float32")
    first = layout.apply(DiffAugment([Halved(), Increased()]), images)
    second = layout.apply(DiffAugment((Increased(), Halved())), images)
    assert np.all(first == 3.0) and np.all(second == 2.5)


def test_defaults(layout, normal):
    images = normal(4, 8, 8, 3)
    result = layout.apply(DiffAugment(), images)
    seed = keras.random.SeedGenerator(0)
    expected = layout.tensor(images)
    for augmentation in (
        augmentations.ColorJitter(0.5, 1.0, 0.5),
        augmentations.Translation(0.125),
        augmentations.Cutout(0.5),
    ):
        expected = augmentation(expected, seed)
    np.testing.assert_array_equal(result, layout.array(expected))


def test_state_of_entries_is_kept():
    counted = Counted()
    augmentation = DiffAugment([Halved(), DiffAugment([counted]), Counted()])
    assert len(augmentation.variables) == 2
    assert augmentation.variables[0] is counted.count
    augmentation.adapt(0.5, 8)
    augmentation.adapt(1.0, 8)
    values = [ops.convert_to_numpy(v.value) for v in augmentation.variables]
    np.testing.assert_array_equal(values, [12.0, 12.0])
    assert float(augmentation.logged["count"]) == 12.0


def test_entries_are_not_shared():
    assert DiffAugment().augmentations[0] is not DiffAugment().augmentations[0]
    entries = [Halved()]
    augmentation = DiffAugment(entries)
    entries.append(Increased())
    assert len(augmentation.augmentations) == 1


@pytest.mark.parametrize(
    "kind", [DiffAugment, augmentations.AdaptiveAugmentation]
)
@pytest.mark.parametrize(
    "entries, error",
    [
        ([], ValueError),
        (["color"], TypeError),
        ("color,translation", TypeError),
        (Halved(), TypeError),
        ([Halved], TypeError),
        ([keras.layers.RandomFlip()], TypeError),
    ],
    ids=["empty", "string", "policy", "no_list", "class", "layer"],
)
def test_bad_arguments(kind, entries, error):
    with pytest.raises(error, match="`augmentations`.*list of `Augmentation`"):
        kind(entries)
