"""keras_regan's own step with one member of the catalogue, or none.

The step itself, compiled, without `fit`: on TensorFlow `train_on_batch` of the
graph, on JAX the program, whose temporary memory the compiler tells.
"""

import functools
from collections.abc import Callable

import image_members
import keras
import numpy as np

import keras_regan as kr
import rivals
from rivals import keras_networks


@keras.saving.register_keras_serializable("benchmarks")
class SecondPass(kr.penalties.Penalty):
    """The pairwise distance to samples of other latents, made for it.

    What the partner from the same batch saves.
    """

    networks = ("generator",)

    def call(self, context):
        """Returns minus the mean distance."""
        latents = keras.random.normal(
            keras.ops.shape(context.latents), seed=context.seed
        )
        others = context.generate(latents)
        squares = keras.ops.square(context.fake - others)
        axes = tuple(range(1, squares.ndim))
        return -keras.ops.mean(keras.ops.sqrt(keras.ops.mean(squares, axes)))


def _headlines() -> dict[str, Callable[[], dict]]:
    def generator(make):
        return lambda: {"generator_regularizers": [make()]}

    def discriminator(make):
        return lambda: {"discriminator_regularizers": [make()]}

    pairs, r1 = kr.regularizers.PairwiseDistance, kr.penalties.R1
    return {
        "none": dict,
        "L1": generator(lambda: kr.regularizers.L1(1e-5)),
        "PairwiseDistance": generator(pairs),
        'PairwiseDistance(pairing="all")': generator(
            lambda: pairs(pairing="all")
        ),
        "PairwiseDistance(0.0)": generator(lambda: pairs(0.0)),
        "pairs from a second pass": generator(SecondPass),
        "R1(interval=16)": discriminator(lambda: r1(interval=16)),
        # Due in the first step only, which the warm-up takes.
        "R1 that is not due": discriminator(lambda: r1(interval=10**6)),
        "R1(0.0)": discriminator(lambda: r1(0.0)),
        "R1": discriminator(r1),
    }


def stepping(model: kr.RegularizedGAN, batch: tuple) -> Callable[[int], None]:
    """Returns what runs the compiled step on one batch, again and again."""
    if keras.backend.backend() == "jax":
        return _jax_program(model, batch)
    function = model.train_step
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        function = tf.function(function)
    batch = keras.tree.map_structure(keras.ops.convert_to_tensor, batch)

    def run(steps):
        for _ in range(steps):
            logs = function(batch)
        {name: float(value) for name, value in logs.items()}

    return run


def _jax_program(model, batch):
    import jax

    groups = [
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    ]
    # Copies, since their memory is given away.
    state = tuple([jax.numpy.array(v.value) for v in vs] for vs in groups)
    batch = jax.tree.map(jax.numpy.asarray, batch)
    program = jax.jit(model.train_step, donate_argnums=0)
    program = program.lower(state, batch).compile()

    def run(steps):
        nonlocal state
        for _ in range(steps):
            logs, state = program(state, batch)
        jax.block_until_ready(logs)

    run.temporary_bytes = program.memory_analysis().temp_size_in_bytes
    return run


def _dcgan(settings, network, batch):
    networks = kr.networks.dcgan(
        (32, 32, 3),
        width=rivals.DCGAN_WIDTH,
        # As every gradient penalty wants it.
        discriminator_batch_normalization=False,
    )
    return _stepping_gan(networks, batch, settings())


def _member(name, network, batch):
    setting = dict(image_members.settings()[name])
    networks = image_members.build(**setting.pop("networks", {}))
    return _stepping_gan(networks, batch, setting)


def _stepping_gan(networks, batch, setting):
    model = kr.RegularizedGAN(*networks, seed=0)
    model.compile(
        generator_optimizer=keras_networks.adam(),
        discriminator_optimizer=keras_networks.adam(),
        **setting,
    )
    samples = keras_networks.data("dcgan", batch)[:batch]
    labels = np.arange(batch) % image_members.CLASSES
    return stepping(
        model, (samples, labels) if model.conditional else (samples,)
    )


CONTENDERS = {
    name: functools.partial(_dcgan, settings)
    for name, settings in _headlines().items()
}
CONTENDERS |= {
    f"member {name}": functools.partial(_member, name)
    for name in image_members.settings()
}
