"""R3GAN's step with this library, in float32 and in bfloat16."""

import keras
import numpy as np

import keras_regan as kr
from rivals import r3gan_task
from rivals import regularized


def _in_float32(*arguments):
    return _runner(r3gan_task.Task(*arguments))


def _in_bfloat16(*arguments):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        return _runner(r3gan_task.Task(*arguments))
    finally:
        keras.config.set_dtype_policy(before)


def build(task: r3gan_task.Task) -> tuple[keras.Model, keras.Model]:
    """Returns the pair of networks."""
    return kr.networks.r3gan(
        (task.size, task.size, 3),
        latent_dim=task.latent_dim,
        width=task.width,
        blocks=task.blocks,
        group_size=task.group_size,
    )


def _runner(task):
    gan = kr.RegularizedGAN(*build(task), seed=0)
    gan.compile(**kr.recipes.r3gan(steps=10**5, factor=task.factor))
    random = np.random.default_rng(0)
    shape = (task.batch, task.size, task.size, 3)
    images = random.uniform(-1, 1, shape).astype("float32")
    run = regularized.stepping(gan, (images,))
    run.device_bytes = _peak_of_device
    return run


def _peak_of_device():
    """Returns the most memory in use so far, if the device tells."""
    if keras.backend.backend() != "jax":
        return None
    import jax

    statistics = jax.devices()[0].memory_stats() or {}
    return statistics.get("peak_bytes_in_use")


CONTENDERS = {
    "keras_regan": _in_float32,
    "keras_regan, bfloat16": _in_bfloat16,
}
