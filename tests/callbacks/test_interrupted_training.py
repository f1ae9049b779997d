"""What callbacks know survives an interruption, and they disturb nothing."""

import keras
import numpy as np
import pytest
from models.test_resume import assert_equal
from models.test_resume import everything

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("interrupted_training")
EPOCHS = 4


def make(image_pair, seed=7):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*image_pair(seed), ema_momentum=0.9, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3),
        discriminator_optimizer=keras.optimizers.Adam(1e-3),
        generator_regularizers=[
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(1.0),
                factor=kr.penalties.AdjustableFactor(0.1),
            )
        ],
        discriminator_regularizers=[
            kr.penalties.R1(kr.penalties.AdjustableFactor(1.0), interval=2),
            kr.penalties.LeCam(0.1),
        ],
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.HorizontalFlip()],
            interval=2,
            adjustment_images=100,
        ),
    )
    return gan


@pytest.fixture
def new_gan(image_pair, rewound):
    """Returns a GAN before its first step, the same for the same seed."""

    def new(seed=7):
        return rewound(lambda: make(image_pair, seed), key=seed)

    return new


def adapt(images, action=None):
    """Callbacks that change the training, each with a memory of its own."""
    return [
        # Five batches an epoch: every third is another one in each epoch.
        kr.callbacks.AdaptiveFactor(
            "g_pairwise_distance",
            0.3,
            kr.callbacks.GradientShare(images[:8]),
            every=3,
        ),
        # Three checks an epoch, all bad: the alarm comes in the third epoch.
        kr.callbacks.CollapseMonitor(
            images,
            every=2,
            patience=8,
            most_distance=1e-6,
            action=action or kr.callbacks.RaiseFactor("d_r1"),
        ),
        kr.callbacks.AdaptiveFactor("d_r1", 2.0, "diversity", rate=0.1),
    ]


def watch(images, directory):
    """Callbacks that look on."""
    pixels = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    return [
        kr.callbacks.SampleGrid(
            directory / "grids",
            count=4,
            views=[
                kr.callbacks.AverageAndLive(),
                kr.callbacks.NearestReal(images, features=pixels),
            ],
        ),
        kr.callbacks.LatentWalk(
            directory / "walks", every=1, walks=2, stops=2, frames=2
        ),
        kr.callbacks.Histograms(directory / "logs", real=images[:8]),
        kr.callbacks.CollapseMonitor(images, every=2),
        kr.callbacks.EvaluateSamples(
            [kr.metrics.PrecisionRecall(pixels)], images, count=16
        ),
    ]


def fit(gan, images, callbacks):
    return gan.fit(
        np.concatenate([images, images[:8]]),
        batch_size=8,
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch, batch):
        super().__init__()
        self.moment = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.moment:
            raise KeyboardInterrupt


@pytest.mark.filterwarnings("ignore:Epoch 3, batch")
def test_adaptive_callbacks_go_on(image_pair, new_gan, images, tmp_path):
    moment = (2, 1)
    gan = new_gan()
    expected = fit(gan, images, adapt(images)).history
    assert gan.regularizer_factors["d_r1"].value > 1.5
    uninterrupted = everything(gan)

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    stopped = new_gan()
    callbacks = [*adapt(images), backup(), Interrupt(*moment)]
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, images, callbacks)
    gan = make(image_pair)
    history = fit(gan, images, [*adapt(images), backup()])
    assert history.epoch == list(range(moment[0], EPOCHS))
    assert_equal(uninterrupted, gan)
    for key, values in history.history.items():
        np.testing.assert_allclose(
            values, expected[key][moment[0] :], rtol=1e-4, err_msg=key
        )


@pytest.mark.filterwarnings("ignore:Epoch")
def test_no_more_roll_backs_than_without_an_interruption(
    new_gan, images, tmp_path
):
    def monitor():
        return kr.callbacks.CollapseMonitor(
            images,
            every=1,
            patience=4,
            most_distance=1e-6,
            action=kr.callbacks.RollBack(times=1),
        )

    gan = new_gan()
    with pytest.raises(KeyboardInterrupt):
        fit(gan, images, [monitor(), Interrupt(1, 0)])
    gan.save(tmp_path / "gan.keras")
    gan = keras.models.load_model(tmp_path / "gan.keras")
    history = gan.fit(
        images,
        batch_size=8,
        initial_epoch=1,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[monitor()],
    )
    # It has gone back already: the first alarm is the last.
    assert history.epoch == [1]


def test_notes_of_another_training_do_not_matter(new_gan, images):
    gan = new_gan()
    first, second = adapt(images)[1], adapt(images)[1]
    with pytest.raises(KeyboardInterrupt):
        fit(gan, images, [first, Interrupt(1, 4)])
    with pytest.raises(KeyboardInterrupt):
        fit(gan, images, [second, Interrupt(1, 4)])
    assert first.alarms == second.alarms == []
    assert second.checks[0].signs.g_weight_growth != 1.0
    assert abs(second.checks[0].signs.g_weight_growth - 1.0) < 0.1


def test_callbacks_that_look_on_change_nothing(new_gan, images, tmp_path):
    # Dropout without a seed draws from torch's own random state.
    gan = new_gan(seed=None)
    fit(gan, images, [])
    expected = everything(gan)
    watched = new_gan(seed=None)
    fit(watched, images, watch(images, tmp_path))
    assert_equal(expected, watched)
