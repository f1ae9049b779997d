"""What the compiled step looks like where that decides how fast it is."""

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan._game.state import TRAINED
from keras_regan._game.state import Kind

BACKEND = keras.backend.backend()
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="programs of JAX")
on_tensorflow = pytest.mark.skipif(
    BACKEND != "tensorflow", reason="graphs of TensorFlow"
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


@on_jax
def test_convolutions_are_not_conditional(image_pair):
    # On a CPU, XLA takes thirteen times as long for those that are.
    step = program(
        image_pair,
        generator_regularizers=[kr.regularizers.PairwiseDistance()],
        discriminator_regularizers=[kr.penalties.R1()],
    )
    assert conditional_convolutions(step) == 0


@on_jax
def test_what_is_due_in_some_steps_is_conditional(image_pair):
    lazy = kr.penalties.R1(interval=4)
    step = program(image_pair, discriminator_regularizers=[lazy])
    assert conditional_convolutions(step) > 0


@on_jax
@pytest.mark.parametrize("index", [None, 1])
def test_gradient_at_the_input_without_a_forward_mode(index):
    # As a layer with a gradient of its own has it: reverse mode once more.
    import jax

    from keras_regan import _backend

    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, c: (3 * x**2 * c,))

    def squared_slope(x):
        _, _, pullback = _backend.call_with_input_gradient(
            lambda inputs: (judged(inputs), None), x
        )
        return pullback(jax.numpy.ones(2), index).sum() ** 2

    def judged(inputs):
        return cube(inputs) if index is None else [inputs, cube(inputs)]

    # (3 x1^2 + 3 x2^2)^2 has the derivative 12 x_i (3 x1^2 + 3 x2^2).
    x = jax.numpy.array([1.0, 2.0])
    np.testing.assert_allclose(
        jax.grad(squared_slope)(x), [12 * 15.0, 24 * 15.0], rtol=1e-6
    )


@on_jax
def test_forward_mode_is_what_is_differentiated():
    import jax

    from keras_regan import _backend

    def squared_slope(x):
        _, _, pullback = _backend.call_with_input_gradient(
            lambda inputs: (inputs**3, None), x
        )
        return pullback(jax.numpy.ones(2)).sum() ** 2

    x = jax.numpy.array([1.0, 2.0])
    np.testing.assert_allclose(
        jax.grad(squared_slope)(x), [12 * 15.0, 24 * 15.0], rtol=1e-6
    )
    text = str(jax.make_jaxpr(squared_slope)(x))
    assert "custom_vjp" in text


@on_tensorflow
@pytest.mark.parametrize("compiled", [False, True])
def test_only_graphs_that_xla_does_not_see_have_branches(image_pair, compiled):
    import tensorflow as tf

    gan = kr.RegularizedGAN(*image_pair(0), ema_momentum=0.9, seed=0)
    gan.compile(jit_compile=compiled)
    batch = (tf.zeros((4, 8, 8, 1)),)
    graph = tf.function(gan.train_step).get_concrete_function(batch).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert bool(kinds & {"If", "StatelessIf"}) is not compiled


@on_tensorflow
def test_what_xla_computed_of_a_bad_batch_is_taken_back(vector_pair):
    def trained(batches):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(
            jit_compile=True,
            discriminator_regularizers=[kr.penalties.LeCam()],
        )
        for batch in batches:
            if np.isnan(batch).any():
                with pytest.raises(ValueError, match="NaN"):
                    gan.train_on_batch(batch)
            else:
                gan.train_on_batch(batch)
        variables = gan._state.variables(TRAINED | Kind.MEAN)
        return [keras.ops.convert_to_numpy(v) for v in variables]

    random = np.random.default_rng(0)
    good = random.normal(size=(2, 8, 2)).astype("float32")
    bad = np.where(np.arange(8)[:, None] == 3, np.nan, good[0])
    expected = trained([good[0], good[1]])
    values = trained([good[0], bad.astype("float32"), good[1]])
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, other)


@on_jax
def test_state_between_steps_is_not_searched_for_variables(image_pair, images):
    # Keras would track each array of it, a quarter of a small step.
    class Look(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.kept = []

        def on_train_batch_end(self, batch, logs=None):
            self.kept.append(self.model._jax_state)

    gan = kr.RegularizedGAN(*image_pair(0), seed=0)
    gan.compile()
    look = Look()
    gan.fit(images, batch_size=16, callbacks=[look], verbose=0)
    assert len(look.kept) == 2
    for kept in look.kept:
        assert {type(v) for v in [kept, *kept.values()]} == {dict, list}
