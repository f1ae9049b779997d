"""What holds for every augmentation, whatever it does to an image."""

import json

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
    # T is affine, so <T(x) - T(0), y> = <x, y's gradient>.
    augmentation = ALL[key]()
    images = normal(4, 8, 12, 3)
    zero = layout.apply(augmentation, np.zeros_like(images))
    linear = layout.apply(augmentation, images) - zero
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


@each
def test_gradient_does_not_depend_on_the_image(key, layout, normal):
    augmentation = ALL[key]()
    weights = normal(4, 8, 12, 3)
    gradients = [
        layout.pull(augmentation, images, weights)
        for images in (normal(4, 8, 12, 3), np.zeros((4, 8, 12, 3), "float32"))
    ]
    np.testing.assert_array_equal(*gradients)


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
def test_same_seed_same_result(key, normal):
    images = normal(4, 8, 12, 3)

    def twice(augmentation):
        seed = keras.random.SeedGenerator(3)
        return [
            ops.convert_to_numpy(augmentation(images, seed)) for _ in range(2)
        ]

    first, again = twice(ALL[key]()), twice(ALL[key]())
    np.testing.assert_array_equal(first, again)
    assert np.any(first[0] != first[1])


@each
def test_number_of_draws_is_fixed(key, normal):
    augmentation = ALL[key]()
    seed = keras.random.SeedGenerator(0)
    counts = [0]
    for batch in (4, 1, 4):
        augmentation(normal(batch, 8, 12, 3), seed)
        counts.append(int(ops.convert_to_numpy(seed.state)[1]))
    draws = np.diff(counts)
    assert draws[0] > 0 and np.all(draws == draws[0])


@each
def test_no_two_draws_share_a_seed(key, normal, monkeypatch):
    states = []
    seed = keras.random.SeedGenerator(0)
    draw = seed.next

    def watched(*args, **kwargs):
        states.append(tuple(ops.convert_to_numpy(seed.state)))
        return draw(*args, **kwargs)

    monkeypatch.setattr(seed, "next", watched)
    augmentation = ALL[key]()
    for _ in range(2):
        augmentation(normal(4, 8, 12, 3), seed)
    assert len(states) == len(set(states)) > 0


@each
def test_samples_are_transformed_independently(key, layout, normal):
    images = np.repeat(normal(1, 8, 12, 3), 32, axis=0)
    result = layout.apply(ALL[key](), images)
    different = {sample.tobytes() for sample in result}
    assert len(different) >= (2 if key == "flip" else 5)


@each
def test_no_sample_sees_another(key, layout, normal):
    images = normal(4, 8, 12, 3)
    changed = images.copy()
    changed[2] = normal(8, 12, 3)
    before = layout.apply(ALL[key](), images)
    after = layout.apply(ALL[key](), changed)
    others = [0, 1, 3]
    np.testing.assert_array_equal(before[others], after[others])
    assert np.any(before[2] != after[2])


@each
def test_batch_of_one_and_equal_samples(key, layout):
    for batch in (1, 4):
        images = np.full((batch, 8, 12, 3), 0.25, "float32")
        result = layout.apply(ALL[key](), images)
        gradient = layout.pull(ALL[key](), images, np.ones_like(images))
        assert result.shape == gradient.shape == images.shape
        assert np.isfinite(result).all() and np.isfinite(gradient).all()


@each
def test_half_precision_is_widened(key, normal):
    images = ops.cast(normal(4, 8, 12, 3), "float16")
    result = ALL[key]()(images, keras.random.SeedGenerator(0))
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    exact = ALL[key]()(
        ops.cast(images, "float32"), keras.random.SeedGenerator(0)
    )
    np.testing.assert_array_equal(
        ops.convert_to_numpy(result), ops.convert_to_numpy(exact)
    )


@each
def test_double_precision_stays(key, normal, backend):
    if backend != "tensorflow":
        pytest.skip("Keras narrows float64 to float32 on other backends")
    images = ops.cast(normal(4, 8, 12, 3), "float64")
    result = ALL[key]()(images, keras.random.SeedGenerator(0))
    assert keras.backend.standardize_dtype(result.dtype) == "float64"


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


@each
@pytest.mark.parametrize("shape", [(4,), (4, 2), (4, 8, 8), (1, 4, 8, 8, 3)])
def test_wrong_rank(key, shape):
    samples = np.zeros(shape, "float32")
    with pytest.raises(ValueError, match="`samples`.*height, width, channels"):
        ALL[key]()(samples, keras.random.SeedGenerator(0))


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


def assert_same(first, second):
    for result, other in zip(first[0], second[0], strict=True):
        np.testing.assert_allclose(result, other, rtol=1e-5, atol=1e-6)
    for value, other in zip(first[1], second[1], strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-6)


SIGNS = [1.0, 0.75, -0.5]


@each
def test_tensorflow_graph(key, normal, backend):
    if backend != "tensorflow":
        pytest.skip("for TensorFlow")
    import tensorflow as tf

    images = normal(4, 8, 12, 3)
    augmentation, seed = ALL[key](), keras.random.SeedGenerator(7)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 8, 12, 3)),
            tf.TensorSpec(()),
        ]
    )
    def step(samples, sign):
        result = augmentation(samples, seed)
        assert tuple(result.shape) == (None, 8, 12, 3)
        augmentation.adapt(sign, ops.shape(samples)[0])
        return result

    results = [step(images, tf.constant(sign)).numpy() for sign in SIGNS]
    assert_same(
        (results, state_of(augmentation)), eager(ALL[key](), images, SIGNS)
    )


@each
def test_tensorflow_xla(key, normal, backend):
    # XLA draws other numbers: compare the map with its gradient.
    if backend != "tensorflow":
        pytest.skip("for TensorFlow")
    import tensorflow as tf

    images, weights = normal(2, 4, 8, 12, 3)
    augmentation = ALL[key]()
    generator = keras.random.SeedGenerator(7)
    state = generator.state

    @tf.function(jit_compile=True)
    def step(samples, weights, sign):
        results = []
        for x in (samples, tf.zeros_like(samples)):
            state.assign(tf.constant([7, 0], state.value.dtype))
            with tf.GradientTape() as tape:
                tape.watch(x)
                result = augmentation(x, generator)
                total = tf.reduce_sum(result * weights)
            results += [result, tape.gradient(total, x)]
        augmentation.adapt(sign, 4)
        return results

    signs = [tf.constant(sign) for sign in SIGNS]
    for sign in signs:
        result, gradient, zero, _ = step(images, weights, sign)
    assert_same(
        ([], state_of(augmentation)),
        ([], eager(ALL[key](), images, SIGNS)[1]),
    )
    np.testing.assert_allclose(
        np.sum((result - zero) * weights, axis=(1, 2, 3)),
        np.sum(images * gradient, axis=(1, 2, 3)),
        rtol=1e-4,
        atol=1e-4,
    )


@each
def test_tensorflow_images_of_unknown_size(key, normal, backend):
    if backend != "tensorflow":
        pytest.skip("for TensorFlow")
    import tensorflow as tf

    images = normal(4, 8, 12, 3)
    augmentation, seed = ALL[key](), keras.random.SeedGenerator(7)
    step = tf.function(
        lambda samples: augmentation(samples, seed),
        input_signature=[tf.TensorSpec((None, None, None, 3))],
    )
    results = [step(images).numpy()]
    assert_same((results, []), (eager(ALL[key](), images, [0.0])[0], []))


@each
def test_jax_jit(key, normal, backend):
    if backend != "jax":
        pytest.skip("for JAX")
    import jax

    images = normal(4, 8, 12, 3)
    augmentation, seed = ALL[key](), keras.random.SeedGenerator(7)
    variables = [seed.state, *augmentation.variables]

    @jax.jit
    def step(values, samples, sign):
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = augmentation(samples, seed)
            augmentation.adapt(sign, ops.shape(samples)[0])
            values = [scope.get_current_value(v) for v in variables]
        return result, values

    values = [variable.value for variable in variables]
    results = []
    for sign in SIGNS:
        result, values = step(values, images, sign)
        results.append(np.asarray(result))
    assert_same(
        (results, [np.asarray(value) for value in values[1:]]),
        eager(ALL[key](), images, SIGNS),
    )


@each
def test_torch_step_without_gradients(key, normal, backend):
    if backend != "torch":
        pytest.skip("for PyTorch")
    import torch

    images = normal(4, 8, 12, 3)
    with torch.no_grad():
        result = eager(ALL[key](), images, SIGNS)
    assert_same(result, eager(ALL[key](), images, SIGNS))
    augmentation = ALL[key]()
    sign = torch.ones((), requires_grad=True)
    augmentation.adapt(sign, 4)
    assert not any(v.value.requires_grad for v in augmentation.variables)
