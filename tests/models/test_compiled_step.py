"""What the compiled step looks like where that decides how fast it is."""

import keras
import numpy as np
import pytest

import keras_regan as kr

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="JAX shows its programs"
)


def conditional_convolutions(jaxpr, within=False):
    """Counts convolutions in branches of conditionals and bodies of loops."""
    import jax

    count = 0
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        count += within and name == "conv_general_dilated"
        inside = within or name in ("cond", "while", "scan")
        for leaf in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda p: hasattr(p, "eqns")
        ):
            inner = getattr(leaf, "jaxpr", leaf)
            if hasattr(inner, "eqns"):
                count += conditional_convolutions(inner, inside)
    return count


def program(image_pair, **compiled):
    import jax

    gan = kr.RegularizedGAN(*image_pair(0), ema_momentum=0.9, seed=0)
    gan.compile(**compiled)
    groups = [
        gan.trainable_variables,
        gan.non_trainable_variables,
        gan.optimizer.variables,
        gan.metrics_variables,
    ]
    state = tuple([v.value for v in group] for group in groups)
    batch = (np.zeros((4, 8, 8, 1), "float32"),)
    return jax.make_jaxpr(gan.train_step)(state, batch).jaxpr


@pytest.mark.parametrize("answer", ["raise", "skip"])
def test_convolutions_are_not_conditional(image_pair, answer):
    # On a CPU, XLA takes thirteen times as long for those that are.
    step = program(
        image_pair,
        nonfinite_batches=answer,
        generator_regularizers=[kr.regularizers.PairwiseDistance()],
        discriminator_regularizers=[kr.penalties.R1()],
    )
    assert conditional_convolutions(step) == 0


def test_what_is_due_in_some_steps_is_conditional(image_pair):
    lazy = kr.penalties.R1(interval=4)
    step = program(image_pair, discriminator_regularizers=[lazy])
    assert conditional_convolutions(step) > 0
