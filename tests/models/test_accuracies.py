"""How often the discriminator is right, against NumPy."""

import keras
import numpy as np
import pytest

import keras_regan as kr

layers, losses = keras.layers, kr.losses
RNG = np.random.default_rng(3)
SAMPLES = RNG.normal(size=(40, 4, 1)).astype("float32")
CONDITIONS = RNG.normal(size=(40, 4, 1)).astype("float32")
RIGHT = ["d_real_accuracy", "d_fake_accuracy"]


class Counted(layers.Layer):
    """Counts how often it is called."""

    count = 0

    def call(self, inputs):
        self.count += 1
        return inputs


def told_all():
    """A generator without latents, and one logit for each of two patches."""
    condition = layers.Input((4, 1))
    generator = keras.Model(
        [condition], layers.Conv1D(1, 3, padding="same")(condition)
    )
    samples, told = layers.Input((4, 1)), layers.Input((4, 1))
    joined = Counted()(layers.Concatenate()([samples, told]))
    logits = layers.Conv1D(1, 2, strides=2, bias_initializer="ones")(joined)
    return generator, keras.Model([samples, told], logits)


def expected(gan, rows, boundary):
    samples, conditions = SAMPLES[rows], CONDITIONS[rows]
    generated = gan.generator.predict(conditions, verbose=0)
    real, fake = (
        gan.discriminator.predict([x, conditions], verbose=0)
        for x in (samples, generated)
    )
    return [np.mean(real > boundary), np.mean(fake < boundary)]


def test_means_over_an_epoch_and_validation():
    gan = kr.RegularizedGAN(*told_all(), latents=None, seed=0)
    still = {
        f"{role}_optimizer": keras.optimizers.SGD(0.0)
        for role in ("generator", "discriminator")
    }
    gan.compile(loss=losses.Weighted(losses.LeastSquares(), 0.5), **still)
    first, rest = slice(0, 29), slice(29, 40)
    logs = gan.fit(
        SAMPLES[first],
        CONDITIONS[first],
        8,
        verbose=0,
        validation_data=(SAMPLES[rest], CONDITIONS[rest]),
    ).history
    for prefix, rows in (("", first), ("val_", rest)):
        got = [logs[prefix + name][0] for name in RIGHT]
        wanted = expected(gan, rows, 0.5)
        assert 0.0 < min(wanted) and max(wanted) < 1.0
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_no_pass_of_their_own():
    gan = kr.RegularizedGAN(*told_all(), latents=None, seed=0)
    gan.compile(run_eagerly=True)
    counted = gan.discriminator.layers[3]
    before = counted.count
    logs = gan.train_on_batch(SAMPLES, CONDITIONS, return_dict=True)
    assert set(RIGHT) < set(logs)
    # Of real and of generated samples, and in the generator's step.
    assert counted.count - before == 3


class Own(losses.Wasserstein):
    boundary = -1.0


@pytest.mark.parametrize(
    ("loss", "boundary"),
    [
        (losses.Minimax(), 0.0),
        (losses.NonSaturating(label_smoothing=0.1), 0.0),
        (losses.Hinge(), 0.0),
        (losses.LeastSquares(), 0.5),
        (losses.TopK(losses.LeastSquares()), 0.5),
        (losses.FlippedLabels(losses.Wasserstein()), None),
        (losses.Relativistic(), None),
        (losses.RelativisticAverage(), None),
        (Own(), -1.0),
    ],
)
def test_only_where_a_loss_has_a_boundary(loss, boundary, vector_pair):
    assert loss.boundary == boundary
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(loss=loss)
    logged = [metric.name for metric in gan.metrics]
    assert [n for n in logged if "accuracy" in n] == RIGHT * (
        boundary is not None
    )


def test_regularizers_of_these_names_are_refused(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair())
    penalty = kr.penalties.R1(name="fake_accuracy")
    with pytest.raises(
        ValueError, match="`fake_accuracy` twice or as a reserved"
    ):
        gan.compile(discriminator_regularizers=[penalty])


def test_beside_those_of_a_monitor(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile()
    monitor = kr.callbacks.CollapseMonitor(vectors, least_diversity=None)
    logs = gan.fit(vectors, verbose=0, callbacks=[monitor]).history
    assert not {m.name for m in gan.metrics} & set(
        monitor.checks[0].signs.logs()
    )
    assert set(RIGHT) | {"d_separation"} < set(logs)
