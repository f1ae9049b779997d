"""Labels of classes that there are not, in data that is no array."""

import keras
import numpy as np
import pytest

import keras_regan as kr


def batches(vectors, labels):
    for first in range(0, len(vectors), 8):
        part = slice(first, first + 8)
        yield vectors[part], labels[part]


@pytest.mark.parametrize("wrong", [-1, 3, 4])
@pytest.mark.parametrize("eager", [True, False])
def test_batch_is_named_and_changes_nothing(wrong, eager, vector_pair, vectors):
    labels = np.arange(len(vectors), dtype="int32") % 3
    gan = kr.RegularizedGAN(*vector_pair(num_classes=3), seed=0)
    gan.compile(run_eagerly=eager)
    gan.fit(batches(vectors[:16], labels[:16]), verbose=0)
    before = gan.get_weights()
    labels[5] = wrong
    with pytest.raises(ValueError, match="batch 0 .*labels from 0 to 2"):
        gan.fit(batches(vectors, labels), verbose=0)
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("encode", ["ops.one_hot", "CategoryEncoding"])
def test_one_hot_labels_are_counted(encode, vectors):
    def one_hot(labels):
        if encode == "ops.one_hot":
            return keras.ops.one_hot(labels, 3)
        return keras.layers.CategoryEncoding(3, output_mode="one_hot")(labels)

    def network(size, outputs):
        inputs = keras.Input((size,)), keras.Input((), dtype="int32")
        beside = keras.layers.Concatenate()([inputs[0], one_hot(inputs[1])])
        return keras.Model(inputs, keras.layers.Dense(outputs)(beside))

    gan = kr.RegularizedGAN(network(3, 2), network(2, 1), seed=0)
    gan.compile()
    with pytest.raises(ValueError, match="class numbers from 0 to 2"):
        gan.fit(vectors, np.full(len(vectors), 3, "int32"), verbose=0)


def test_loss_scale_of_embedded_labels(vector_pair, vectors):
    labels = np.arange(len(vectors), dtype="int32") % 3
    weights = []
    for scale in (None, 8.0):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(num_classes=3), seed=0)
        gan.compile(
            *(
                keras.optimizers.SGD(0.1, loss_scale_factor=scale)
                for _ in range(2)
            )
        )
        gan.train_on_batch(vectors, labels)
        weights.append(gan.get_weights())
    for plain, scaled in zip(*weights, strict=True):
        np.testing.assert_allclose(scaled, plain, rtol=1e-5, atol=1e-6)


def test_as_many_labels_as_samples(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(num_classes=3), seed=0)
    gan.compile()
    with pytest.raises(ValueError, match="64 samples and 5 labels"):
        gan.fit(vectors, np.zeros(5, "int32"), verbose=0)


def test_labels_of_either_shape_after_each_other(vector_pair, vectors):
    labels = np.arange(len(vectors), dtype="int32") % 3
    gan = kr.RegularizedGAN(*vector_pair(num_classes=3), seed=0)
    gan.compile()
    for size, of_shape in ((16, (-1, 1)), (10, (-1,)), (7, (-1, 1))):
        history = gan.fit(
            vectors[: 2 * size],
            labels[: 2 * size].reshape(of_shape),
            batch_size=size,
            verbose=0,
        )
        assert np.isfinite(history.history["d_loss"]).all()
