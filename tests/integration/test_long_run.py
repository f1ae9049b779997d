"""A long training needs no more memory, files or traces than a short one."""

import collections
import gc
import os
import sys
import time
import weakref

import keras
import numpy as np
import pytest

import keras_regan as kr

STEPS_OF_EPOCH = 100


@pytest.fixture
def images():
    """As many grey images of 8 x 8 pixels as an epoch has steps of four."""
    random = np.random.default_rng(0)
    return random.uniform(-1, 1, (4 * STEPS_OF_EPOCH, 8, 8, 1)).astype(
        "float32"
    )


class CountingGAN(kr.RegularizedGAN):
    """Counts how often Python runs through its step."""

    runs = 0

    def _train(self, data):
        self.runs += 1
        return super()._train(data)


def make(augmentation):
    generator, discriminator = kr.networks.mlp(
        (8, 8, 1), latent_dim=4, hidden=(8,)
    )
    gan = CountingGAN(generator, discriminator, ema_momentum=0.99, seed=0)
    factor = kr.penalties.AdjustableFactor(0.1)
    gan.compile(
        generator_regularizers=[
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(1.0), factor=factor
            )
        ],
        discriminator_regularizers=[
            kr.penalties.R1(0.1, interval=4),
            kr.penalties.LeCam(0.01),
        ],
        augmentation=augmentation,
        metrics=[kr.metrics.FeatureDiversity(pixels())],
    )
    return gan


def pixels():
    return keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixels"
    )


def callbacks(images, directory):
    log_dir = directory / "logs"
    return [
        kr.callbacks.CollapseMonitor(images[:16], every=50),
        kr.callbacks.AdaptiveFactor(
            "g_pairwise_distance",
            0.1,
            kr.callbacks.GradientShare(images[:16]),
        ),
        kr.callbacks.EvaluateSamples(
            [kr.metrics.PrecisionRecall(pixels())],
            images[:16],
            count=16,
            log_dir=log_dir,
        ),
        kr.callbacks.SampleGrid(
            directory / "grids",
            count=4,
            views=[kr.callbacks.NearestReal(images[:16])],
            log_dir=log_dir,
        ),
        kr.callbacks.LatentWalk(
            directory / "walks", every=1, walks=2, stops=2, frames=4
        ),
        kr.callbacks.Histograms(log_dir, real=images[:16]),
    ]


class Usage(keras.callbacks.Callback):
    """Writes down, in each epoch, what the process holds."""

    def __init__(self, warm_epochs):
        super().__init__()
        self.warm_epochs = warm_epochs
        self.records = collections.defaultdict(list)

    def on_epoch_end(self, epoch, logs=None):
        gc.collect()
        self._add("blocks", sys.getallocatedblocks())
        self._add("resident", resident_bytes())
        self._add("files", len(os.listdir("/proc/self/fd")))
        self._add("tensors", number_of_tensors())
        self._add("runs", self._model.runs)
        self._add("seconds", time.perf_counter())

    def _add(self, name, value):
        self.records[name].append(value)

    def growth(self, name):
        """Growth an epoch after the warm-up."""
        values = self.records[name][self.warm_epochs :]
        return np.polyfit(np.arange(len(values)), values, 1)[0]


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def number_of_tensors():
    if keras.backend.backend() == "jax":
        import jax

        return len(jax.live_arrays())
    if keras.backend.backend() == "torch":
        import torch

        kind = torch.Tensor
    else:
        import tensorflow as tf

        kind = type(tf.constant(0))
    # `isinstance` would wake up what is lazy.
    return sum(issubclass(type(thing), kind) for thing in gc.get_objects())


def train(images, directory, epochs, warm_epochs, *more):
    gan = make(
        kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.HorizontalFlip()]
        )
    )
    usage = Usage(warm_epochs)
    gan.fit(
        images,
        batch_size=4,
        epochs=epochs,
        verbose=0,
        validation_data=images[:32],
        callbacks=[*callbacks(images, directory), *more, usage],
    )
    return usage


def assert_nothing_piles_up(usage):
    files = usage.records["files"]
    assert files[usage.warm_epochs] == files[-1]
    assert abs(usage.growth("tensors")) < 0.5
    runs = usage.records["runs"]
    if keras.backend.backend() == "torch":
        assert runs[-1] == STEPS_OF_EPOCH * len(runs)  # Nothing is traced.
    else:
        assert runs[usage.warm_epochs] == runs[-1] <= 4
    # History and checks keep some hundred numbers of an epoch. An object that
    # is kept of each step takes two blocks or more.
    assert usage.growth("blocks") < 2.5 * STEPS_OF_EPOCH


pytestmark = [
    pytest.mark.skipif(
        not os.path.isdir("/proc/self/fd"), reason="reads /proc"
    ),
    # Pytest would keep each of them.
    pytest.mark.filterwarnings("ignore:__array__ implementation"),
]


@pytest.mark.usual_on("tensorflow", "torch")
def test_nothing_piles_up(images, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "gan.keras")
    assert_nothing_piles_up(train(images, tmp_path, 6, 2, checkpoint))


@pytest.mark.thorough
def test_resident_memory_does_not_grow_in_10_000_steps(images, tmp_path):
    # Without checkpoints: each save of Keras on TensorFlow leaves some memory
    # behind, of any model (76 kB for one of four variables).
    epochs = 10_000 // STEPS_OF_EPOCH
    usage = train(images, tmp_path, epochs, epochs // 3)
    print(report(usage))
    assert_nothing_piles_up(usage)
    assert usage.growth("resident") < 500 * STEPS_OF_EPOCH


def report(usage):
    moments = (0, usage.warm_epochs, -1)
    seconds = usage.records["seconds"]
    return {
        "resident a step": usage.growth("resident") / STEPS_OF_EPOCH,
        "blocks an epoch": usage.growth("blocks"),
        "seconds": seconds[-1] - seconds[0],
        **{
            name: [usage.records[name][moment] for moment in moments]
            for name in ("resident", "files", "tensors", "runs")
        },
    }


def test_model_is_freed(images):
    gan = make(kr.augmentations.InstanceNoise())
    gan.fit(
        images[:16],
        batch_size=4,
        verbose=0,
        validation_data=images[:16],
        callbacks=[kr.callbacks.CollapseMonitor(images[:16])],
    )
    gan.generate(2)
    gan.gradient_share("g_pairwise_distance", images[:8])
    watched = [
        weakref.ref(gan),
        weakref.ref(gan.generator),
        weakref.ref(gan._game),
    ]
    del gan
    keras.utils.clear_session()
    gc.collect()
    assert [ref() for ref in watched] == [None, None, None]
