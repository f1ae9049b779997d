"""The means that are logged, against those of Keras."""

import keras

from keras_regan._game.mean_of_batches import MeanOfBatches


def test_the_means_of_keras():
    first = MeanOfBatches("d_loss")
    second = MeanOfBatches("d_r1", beside=first)
    usual = keras.metrics.Mean(), keras.metrics.Mean()
    for _ in range(2):
        assert float(first.result()) == float(second.result()) == 0.0
        for value, size in ((3.0, 1), (-2.5, 7), (1.0, 0), (0.75, 2)):
            weight = keras.ops.convert_to_tensor(size, "float32")
            first.update_state(keras.ops.convert_to_tensor(value), weight)
            second.update_state(-value, weight)
            usual[0].update_state(value, size)
            usual[1].update_state(-value, size)
            assert float(first.result()) == float(usual[0].result())
            assert float(second.result()) == float(usual[1].result())
        for mean in (first, second, *usual):
            mean.reset_state()
