"""What holds for every augmentation, whatever it does to an image."""

import json
import re

import keras
import numpy as np
import pytest
from keras import ops

from keras_regan import _backend
from keras_regan import augmentations

ALL = {
    "color": augmentations.ColorJitter,
    "brightness": lambda: augmentations.ColorJitter(0.3, 0.0, 0.0),
    "translation": augmentations.Translation,
    "cutout": augmentations.Cutout,
    "flip": augmentations.HorizontalFlip,
    "diff": augmentations.DiffAugment,
    "adaptive": lambda: augmentations.AdaptiveAugmentation(
        target=0.5,
        interval=2,
        adjustment_images=1000,
        initial_probability=0.5,
    ),
    "adaptive_diff": lambda: augmentations.AdaptiveAugmentation(
        [augmentations.DiffAugment(), augmentations.Cutout(0.25)],
        initial_probability=0.5,
    ),
}
# Each pixel of the result is one of the image, or zero.
MOVING = ["translation", "cutout", "flip"]
each = pytest.mark.parametrize("key", list(ALL))


@each
def test_gradient_is_the_transposed_map(key, layout, normal):
    # T is affine, so <T(x) - T(0), y> = <x, y's gradient>, whatever x is.
    augmentation = ALL[key]()
    images = normal(4, 8, 12, 3)
    zeros = np.zeros_like(images)
    linear = layout.apply(augmentation, images)
    linear = linear - layout.apply(augmentation, zeros)
    for _ in range(3):
        weights = normal(*images.shape)
        gradient = layout.pull(augmentation, images, weights)
        assert gradient.shape == images.shape
        np.testing.assert_allclose(
            np.sum(images * gradient, axis=(1, 2, 3)),
            np.sum(linear * weights, axis=(1, 2, 3)),
            rtol=1e-4,
            atol=1e-4,
        )
    np.testing.assert_array_equal(
        gradient, layout.pull(augmentation, zeros, weights)
    )


@pytest.mark.parametrize("key", MOVING)
def test_second_order_gradient(key, layout, normal):
    # With C = sum(w T(x)^2) / 2 and T that moves pixels or drops them, the
    # squared norm of the gradient is sum((w T(x))^2), and half of its
    # derivative is w T(x)^2.
    augmentation = ALL[key]()
    images, weights = normal(2, 4, 8, 12, 3)

    def half_squared_norm(weights):
        def critic(samples):
            seed = keras.random.SeedGenerator(0)
            augmented = augmentation(samples, seed)
            return 0.5 * ops.sum(weights * ops.square(augmented)), None

        _, _, pullback = _backend.call_with_input_gradient(
            critic, layout.tensor(images)
        )
        gradient = pullback(ops.ones((), "float32"))
        return 0.5 * ops.sum(ops.square(gradient)), None

    _, _, pullback = _backend.call_with_input_gradient(
        half_squared_norm, layout.tensor(weights)
    )
    augmented = layout.apply(augmentation, images)
    assert np.any(augmented != images)
    np.testing.assert_allclose(
        layout.array(pullback(ops.ones((), "float32"))),
        weights * augmented**2,
        rtol=1e-5,
        atol=1e-6,
    )


@each
def test_draws(key, normal, monkeypatch):
    """Each call draws anew, and as often as every other."""
    augmentation = ALL[key]()
    seed = keras.random.SeedGenerator(3)
    states = []
    draw = seed.next

    def watched(*args, **kwargs):
        states.append(tuple(ops.convert_to_numpy(seed.state)))
        return draw(*args, **kwargs)

    monkeypatch.setattr(seed, "next", watched)
    images = normal(4, 8, 12, 3)
    results, counts = [], [0]
    for batch in (images, images[:1], images):
        results.append(ops.convert_to_numpy(augmentation(batch, seed)))
        counts.append(int(ops.convert_to_numpy(seed.state)[1]))
    draws = np.diff(counts)
    assert draws[0] > 0 and np.all(draws == draws[0])
    assert len(states) == len(set(states)) > 0
    assert np.any(results[0] != results[2])
    # The same seed gives the same once more.
    again, seed = ALL[key](), keras.random.SeedGenerator(3)
    for batch, result in zip(
        (images, images[:1], images), results, strict=True
    ):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(again(batch, seed)), result
        )


@each
def test_each_sample_is_transformed_by_itself(key, layout, normal):
    images = normal(4, 8, 12, 3)
    changed = images.copy()
    changed[2] = normal(8, 12, 3)
    before = layout.apply(ALL[key](), images)
    after = layout.apply(ALL[key](), changed)
    others = [0, 1, 3]
    np.testing.assert_array_equal(before[others], after[others])
    assert np.any(before[2] != after[2])
    result = layout.apply(ALL[key](), np.repeat(images[:1], 32, axis=0))
    different = {sample.tobytes() for sample in result}
    assert len(different) >= (2 if key == "flip" else 5)


@each
def test_batch_of_one_and_equal_pixels(key, layout):
    for batch in (1, 4):
        images = np.full((batch, 8, 12, 3), 0.25, "float32")
        result = layout.apply(ALL[key](), images)
        gradient = layout.pull(ALL[key](), images, np.ones_like(images))
        assert result.shape == gradient.shape == images.shape
        assert np.isfinite(result).all() and np.isfinite(gradient).all()


@each
def test_precision(key, normal, backend):
    images = normal(4, 8, 12, 3)

    def augmented(dtype, like=None):
        samples = ops.cast(ops.cast(images, dtype), like or dtype)
        return ALL[key]()(samples, keras.random.SeedGenerator(0))

    widened = augmented("float16")
    assert keras.backend.standardize_dtype(widened.dtype) == "float32"
    exact = augmented("float16", like="float32")
    np.testing.assert_array_equal(
        ops.convert_to_numpy(widened), ops.convert_to_numpy(exact)
    )
    # Keras narrows float64 to float32 on other backends.
    if backend == "tensorflow":
        double = augmented("float64")
        assert keras.backend.standardize_dtype(double.dtype) == "float64"


@each
def test_round_trip(key, normal):
    augmentation = ALL[key]()
    config = json.loads(
        json.dumps(keras.saving.serialize_keras_object(augmentation))
    )
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(augmentation)
    assert copy.get_config() == augmentation.get_config()
    images = normal(4, 8, 12, 3)
    np.testing.assert_array_equal(
        *(
            ops.convert_to_numpy(a(images, keras.random.SeedGenerator(0)))
            for a in (augmentation, copy)
        )
    )


def test_wrong_rank():
    accepted = []
    for key, build in ALL.items():
        for shape in [(4,), (4, 2), (4, 8, 8), (1, 4, 8, 8, 3)]:
            text = ""
            try:
                build()(
                    np.zeros(shape, "float32"), keras.random.SeedGenerator(0)
                )
            except ValueError as error:
                text = str(error)
            if not re.search("`samples`.*height, width, channels", text):
                accepted.append((key, shape, text))
    assert accepted == []


def test_wrong_rank_names_the_data_format(layout):
    channels_first = keras.config.image_data_format() == "channels_first"
    with pytest.raises(ValueError) as error:
        augmentations.Cutout()(np.zeros((4, 2)), keras.random.SeedGenerator(0))
    assert ("(batch, channels, height" in str(error.value)) == channels_first


@pytest.mark.parametrize("seed", [None, 0], ids=str)
def test_seed_must_be_a_generator(seed):
    with pytest.raises(TypeError, match="`seed`.*SeedGenerator"):
        augmentations.Cutout()(np.zeros((4, 8, 8, 3)), seed)


def test_base_class():
    augmentation = augmentations.Augmentation()
    assert augmentation.variables == []
    assert augmentation.logged == {}
    assert augmentation.adapt(1.0, 4) is None
    assert augmentations.Augmentation.from_config(augmentation.get_config())
    with pytest.raises(NotImplementedError):
        augmentation(np.zeros((1, 2, 2, 1)), keras.random.SeedGenerator(0))


def eager(augmentation, images, signs):
    """Results and probabilities of several steps."""
    seed = keras.random.SeedGenerator(7)
    results = []
    for sign in signs:
        results.append(ops.convert_to_numpy(augmentation(images, seed)))
        augmentation.adapt(sign, len(images))
    return results, state_of(augmentation)


def state_of(augmentation):
    return [ops.convert_to_numpy(v.value) for v in augmentation.variables]


def assert_same(first, second, key):
    for result, other in zip(first[0], second[0], strict=True):
        np.testing.assert_allclose(
            result, other, rtol=1e-5, atol=1e-6, err_msg=key
        )
    for value, other in zip(first[1], second[1], strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-6, err_msg=key)


SIGNS = [1.0, 0.75, -0.5]


def members():
    """All augmentations, each with a seed of its own."""
    return {
        key: (build(), keras.random.SeedGenerator(7))
        for key, build in ALL.items()
    }


def test_tensorflow_graph(normal, backend):
    if backend != "tensorflow":
        pytest.skip("for TensorFlow")
    import tensorflow as tf

    images = normal(4, 8, 12, 3)
    made = members()

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 8, 12, 3)),
            tf.TensorSpec(()),
        ]
    )
    def step(samples, sign):
        results = {}
        for key, (augmentation, seed) in made.items():
            results[key] = augmentation(samples, seed)
            assert tuple(results[key].shape) == (None, 8, 12, 3), key
            augmentation.adapt(sign, ops.shape(samples)[0])
        return results

    steps = [step(images, tf.constant(sign)) for sign in SIGNS]
    for key, (augmentation, _) in made.items():
        results = [results[key].numpy() for results in steps]
        assert_same(
            (results, state_of(augmentation)),
            eager(ALL[key](), images, SIGNS),
            key,
        )


def test_tensorflow_xla(normal, backend):
    # XLA draws other numbers: compare the map with its gradient.
    if backend != "tensorflow":
        pytest.skip("for TensorFlow")
    import tensorflow as tf

    images, weights = normal(2, 4, 8, 12, 3)
    made = members()

    @tf.function(jit_compile=True)
    def step(samples, weights, sign):
        results = {}
        for key, (augmentation, seed) in made.items():
            start = tf.constant([7, 0], seed.state.value.dtype)
            seed.state.assign(start)
            with tf.GradientTape() as tape:
                tape.watch(samples)
                result = augmentation(samples, seed)
                total = tf.reduce_sum(result * weights)
            gradient = tape.gradient(total, samples)
            seed.state.assign(start)
            zero = augmentation(tf.zeros_like(samples), seed)
            results[key] = result, gradient, zero
            augmentation.adapt(sign, 4)
        return results

    for sign in SIGNS:
        results = step(tf.constant(images), weights, tf.constant(sign))
    for key, (result, gradient, zero) in results.items():
        assert_same(
            ([], state_of(made[key][0])),
            ([], eager(ALL[key](), images, SIGNS)[1]),
            key,
        )
        np.testing.assert_allclose(
            np.sum((result - zero) * weights, axis=(1, 2, 3)),
            np.sum(images * gradient, axis=(1, 2, 3)),
            rtol=1e-4,
            atol=1e-4,
            err_msg=key,
        )


def test_tensorflow_images_of_unknown_size(normal, backend):
    if backend != "tensorflow":
        pytest.skip("for TensorFlow")
    import tensorflow as tf

    images = normal(4, 8, 12, 3)
    made = members()

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3))])
    def step(samples):
        return {
            key: augmentation(samples, seed)
            for key, (augmentation, seed) in made.items()
        }

    for key, result in step(images).items():
        expected = eager(ALL[key](), images, [0.0])[0]
        assert_same(([result.numpy()], []), (expected, []), key)


def test_jax_jit(normal, backend):
    if backend != "jax":
        pytest.skip("for JAX")
    import jax

    images = normal(4, 8, 12, 3)
    made = members()
    variables = [
        variable
        for augmentation, seed in made.values()
        for variable in (seed.state, *augmentation.variables)
    ]

    @jax.jit
    def step(values, samples, sign):
        mapping = list(zip(variables, values, strict=True))
        results = {}
        with keras.StatelessScope(state_mapping=mapping) as scope:
            for key, (augmentation, seed) in made.items():
                results[key] = augmentation(samples, seed)
                augmentation.adapt(sign, ops.shape(samples)[0])
            values = [scope.get_current_value(v) for v in variables]
        return results, values

    values = [variable.value for variable in variables]
    steps = []
    for sign in SIGNS:
        results, values = step(values, images, sign)
        steps.append(results)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    for key, (augmentation, _) in made.items():
        assert_same(
            (
                [np.asarray(results[key]) for results in steps],
                state_of(augmentation),
            ),
            eager(ALL[key](), images, SIGNS),
            key,
        )


def test_torch_step_without_gradients(normal, backend):
    if backend != "torch":
        pytest.skip("for PyTorch")
    import torch

    images = normal(4, 8, 12, 3)
    for key, build in ALL.items():
        with torch.no_grad():
            result = eager(build(), images, SIGNS)
        assert_same(result, eager(build(), images, SIGNS), key)
        augmentation = build()
        sign = torch.ones((), requires_grad=True)
        augmentation.adapt(sign, 4)
        values = [variable.value for variable in augmentation.variables]
        assert not any(value.requires_grad for value in values), key
