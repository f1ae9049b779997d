"""A step that overflows float16 leaves nothing behind but a note."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("skipped_steps")
SIZE = 4
FACTOR = 1e-3


@pytest.fixture
def half():
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


def make(pair, **arguments):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*pair(), ema_momentum=0.9, seed=0)

    def optimizer():
        return keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(1e-3), initial_scale=1024.0
        )

    def adjustable():
        return kr.penalties.Scheduled(
            kr.regularizers.L2(1.0), kr.penalties.AdjustableFactor(FACTOR)
        )

    gan.compile(
        optimizer(),
        optimizer(),
        generator_regularizers=[
            kr.penalties.PathLength(1e-2, interval=1),
            adjustable(),
        ],
        discriminator_regularizers=[
            kr.penalties.LeCam(0.1),
            kr.penalties.R1(1e-2),
            adjustable(),
        ],
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.HorizontalFlip()],
            interval=1,
            adjustment_images=50,
        ),
        **arguments,
    )
    return gan


@pytest.fixture
def half_gan(half, image_pair, rewound):
    """A GAN in half precision before its first step, the same each time."""
    return rewound(lambda: make(image_pair))


def factor(gan, role):
    """A factor with which the gradients of a network can be made too large."""
    return gan.regularizer_factors[f"{role[0]}_l2"]


def of(variables):
    return [ops.convert_to_numpy(v.value).copy() for v in variables]


def changed(before, variables):
    return [
        v.path
        for old, v in zip(before, variables, strict=True)
        if not np.array_equal(old, ops.convert_to_numpy(v.value))
        and "seed_generator" not in v.path
    ]


def batch(images, index):
    return images[index * SIZE : (index + 1) * SIZE]


def network_state(gan, role):
    """All that a step of one network changes, but for the loss scale."""
    network = getattr(gan, role)
    player = getattr(gan._game, role)
    optimizer = player.optimizer.inner_optimizer
    variables = [*network.trainable_variables, *optimizer.variables]
    variables.append(player.step)
    variables += [v for p in player.penalties for v in p.state]
    if role == "generator":
        variables += gan.ema_generator.variables
    else:
        variables += gan._game.augmentation.variables
    return variables


class AtEachBatch(keras.callbacks.Callback):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def on_train_batch_begin(self, batch, logs=None):
        # On JAX, this gives the variables their values.
        self.function(batch, self.model)


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_only_the_step_that_overflowed(half_gan, images, role):
    gan = half_gan
    gan.train_on_batch(batch(images, 0))
    factor(gan, role).value = 1e38
    kept = network_state(gan, role)
    other = "discriminator" if role == "generator" else "generator"
    moved = network_state(gan, other)
    before, other_before = of(kept), of(moved)
    scale = getattr(gan._game, role).optimizer.dynamic_scale
    logs = gan.train_on_batch(batch(images, 1), return_dict=True)
    assert changed(before, kept) == []
    assert len(changed(other_before, moved)) > len(moved) / 2
    assert float(ops.convert_to_numpy(scale.value)) == 512.0
    assert logs[f"{role[0]}_skipped_steps"] == 1
    assert logs[f"{other[0]}_skipped_steps"] == 0
    factor(gan, role).value = FACTOR
    gan.train_on_batch(batch(images, 2))
    assert len(changed(before, kept)) > len(kept) / 2
    assert all(np.isfinite(v).all() for v in of(gan.trained_variables))


def test_statistics_of_layers_do_not_overflow(half_gan, images):
    """The overflow here is in the forward pass, in both networks' layers."""
    gan = half_gan
    gan.train_on_batch(batch(images, 0))
    statistics = [
        v
        for network in (gan.generator, gan.discriminator, gan.ema_generator)
        for v in network.non_trainable_variables
        if "moving" in v.path
    ]
    assert len(statistics) == 6
    before = of(statistics)
    kernel = gan.generator.trainable_variables[0]
    usual = ops.convert_to_numpy(kernel.value)
    kernel.assign(usual * 1e6)
    logs = gan.train_on_batch(batch(images, 1), return_dict=True)
    assert (logs["d_skipped_steps"], logs["g_skipped_steps"]) == (1, 1)
    assert changed(before, statistics) == []
    kernel.assign(usual)
    gan.train_on_batch(batch(images, 2))
    assert len(changed(before, statistics)) == 6
    assert all(np.isfinite(v).all() for v in of(statistics))


def test_means_are_of_the_steps_that_were_taken(
    half, image_pair, images, rewound
):
    gan = rewound(lambda: make(image_pair))

    def adjust(index, gan):
        for role in ("generator", "discriminator"):
            factor(gan, role).value = 1e38 if index == 1 else FACTOR

    history = gan.fit(
        images,
        batch_size=SIZE,
        shuffle=False,
        verbose=0,
        callbacks=[AtEachBatch(adjust)],
    ).history
    assert history["d_skipped_steps"] == [1]
    assert history["g_skipped_steps"] == [1]
    for name, values in history.items():
        assert np.isfinite(values).all(), name
    again = rewound(lambda: make(image_pair))
    taken = []
    for index in range(len(images) // SIZE):
        adjust(index, again)
        again.reset_metrics()
        logs = again.train_on_batch(batch(images, index), return_dict=True)
        if index != 1:
            taken.append(logs)
    for name in ("d_loss", "g_loss", "d_l2", "g_l2"):
        mean = np.mean([logs[name] for logs in taken])
        np.testing.assert_allclose(history[name], [mean], rtol=1e-4)


def test_counted_in_training_only(half_gan, images):
    logs = half_gan.evaluate(images, return_dict=True, verbose=0)
    assert not [name for name in logs if "skipped" in name]


def test_no_note_without_a_loss_scale(image_pair, images):
    gan = kr.RegularizedGAN(*image_pair(), seed=0)
    gan.compile()
    logs = gan.train_on_batch(images, return_dict=True)
    assert not [name for name in logs if "skipped" in name]


def test_gradients_that_flow_through_float16_are_scaled(image_pair):
    generator, _ = image_pair()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        _, discriminator = image_pair()
    finally:
        keras.config.set_dtype_policy("float32")
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile()
    scaled = keras.optimizers.LossScaleOptimizer
    assert isinstance(gan.optimizer.generator_optimizer, scaled)
    assert isinstance(gan.optimizer.discriminator_optimizer, scaled)


def test_the_discriminator_alone_in_float32(image_pair):
    _, discriminator = image_pair()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        generator, _ = image_pair()
    finally:
        keras.config.set_dtype_policy("float32")
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile()
    scaled = keras.optimizers.LossScaleOptimizer
    assert isinstance(gan.optimizer.generator_optimizer, scaled)
    assert not isinstance(gan.optimizer.discriminator_optimizer, scaled)


def test_resumed_with_its_scale(half_gan, images, tmp_path):
    gan = half_gan
    for index in range(3):
        factor(gan, "discriminator").value = 1e38 if index == 1 else FACTOR
        gan.train_on_batch(batch(images, index))
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for index in range(3, 6):
        gan.train_on_batch(batch(images, index))
        loaded.train_on_batch(batch(images, index))
    tolerance = 1e-6 if keras.backend.backend() == "torch" else 0
    for one, other in zip(
        gan.trained_variables, loaded.trained_variables, strict=True
    ):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one.value),
            ops.convert_to_numpy(other.value),
            rtol=0,
            atol=tolerance,
            err_msg=one.path,
        )
