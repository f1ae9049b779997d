"""A loss of one number a sample would be trained on as their sum."""

import pytest
from keras import ops

import keras_regan as kr


class Vector(kr.losses.AdversarialLoss):
    def __init__(self, method):
        self.method = method

    def discriminator_loss(self, real_logits, fake_logits):
        loss = fake_logits - real_logits
        return loss if self.method == "discriminator_loss" else ops.mean(loss)

    def generator_loss(self, fake_logits, real_logits=None):
        if self.method == "generator_loss":
            return -fake_logits
        return -ops.mean(fake_logits)


@pytest.mark.parametrize("method", ["discriminator_loss", "generator_loss"])
def test_loss_of_each_sample(method, vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(loss=Vector(method))
    with pytest.raises(
        ValueError, match=rf"`Vector.{method}` must return a scalar.*\(64, 1\)"
    ):
        gan.train_on_batch(vectors)
