"""A step of images of a size, for what it needs of memory."""

import keras
import numpy as np
from checkpointed import by_residual_block

import keras_regan as kr
from rivals import regularized

# Of the recipe, in steps: more than are taken.
STEPS = 1000


def _dcgan(size, batch, width):
    networks = kr.networks.dcgan((size, size, 3), width=width)
    return _runner(networks, kr.recipes.dcgan(), size, batch)


def _r3gan(size, batch, width):
    return _runner(_networks(size, width), _second_order(), size, batch)


def _r3gan_computed_again(size, batch, width):
    generator, discriminator = _networks(size, width)
    networks = by_residual_block(generator), discriminator
    if keras.backend.backend() != "tensorflow":
        # It has no second-order gradients of what is computed again.
        networks = networks[0], by_residual_block(discriminator)
    return _runner(networks, _second_order(), size, batch)


def _first_order(size, batch, width):
    return _runner(_networks(size, width), _approximate(), size, batch)


def _first_order_computed_again(size, batch, width):
    networks = map(by_residual_block, _networks(size, width))
    return _runner(networks, _approximate(), size, batch)


def _networks(size, width):
    return kr.networks.r3gan((size, size, 3), width=width)


def _second_order():
    return kr.recipes.r3gan(STEPS)


def _approximate():
    penalties = [kr.penalties.ApproximateR1(), kr.penalties.ApproximateR2()]
    return _second_order() | {"discriminator_regularizers": penalties}


def _imports(size, batch, width):
    return lambda steps: None


def _runner(networks, recipe, size, batch):
    model = kr.RegularizedGAN(*networks, seed=0)
    model.compile(**recipe)
    images = np.zeros((batch, size, size, 3), "float32")
    run = regularized.stepping(model, (images,))
    if keras.backend.backend() != "jax":
        return run

    # The compiler knows, so nothing has to run.
    def planned(steps):
        pass

    kept = sum(variable.value.nbytes for variable in model.variables)
    planned.temporary_bytes = run.temporary_bytes + kept + images.nbytes
    return planned


CONTENDERS = {
    "imports": _imports,
    "dcgan": _dcgan,
    "r3gan": _r3gan,
    "r3gan, blocks computed again": _r3gan_computed_again,
    "r3gan, first order": _first_order,
    "r3gan, first order, blocks computed again": _first_order_computed_again,
}
