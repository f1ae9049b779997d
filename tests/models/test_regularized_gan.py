"""The model as users see it."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("regularized_gan")


class Distance(keras.metrics.Metric):
    """The distance of the means of real and generated samples."""

    def __init__(self, name="distance", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, real, generated, sample_weight=None):
        self.total.assign(ops.mean(ops.abs(ops.mean(real - generated, 0))))

    def result(self):
        return ops.convert_to_tensor(self.total)


def same_weights(first, second):
    return all(
        np.array_equal(a, b)
        for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
    )


def test_epoch_value_is_the_average_not_the_last_batch(vector_pair, vectors):
    keras.utils.set_random_seed(1)
    pair = vector_pair()
    weights = [network.get_weights() for network in pair]
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile()
    epoch = gan.fit(vectors, batch_size=16, verbose=0, shuffle=False).history[
        "d_loss"
    ][0]
    for network, start in zip(pair, weights, strict=True):
        network.set_weights(start)
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile()
    single = []
    for start in range(0, 64, 16):
        gan.reset_metrics()
        batch = vectors[start : start + 16]
        single.append(gan.train_on_batch(batch, return_dict=True)["d_loss"])
    np.testing.assert_allclose(epoch, np.mean(single), rtol=1e-5)
    assert abs(epoch - single[-1]) > 1e-4


class MeanOfReal(kr.penalties.Penalty):
    """The mean of the real batch, which no update changes."""

    def call(self, context):
        return ops.mean(context.real)


def test_batches_count_by_their_size(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(discriminator_regularizers=[MeanOfReal()])
    shifted = vectors + np.arange(64, dtype="float32")[:, None]
    settings = {"batch_size": 48, "verbose": 0}
    history = gan.fit(shifted, shuffle=False, **settings).history
    result = gan.evaluate(shifted, return_dict=True, **settings)
    for value in (history["d_mean_of_real"][0], result["d_mean_of_real"]):
        np.testing.assert_allclose(value, shifted.mean(), rtol=1e-5)


def test_log_keys_under_validation(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
        discriminator_regularizers=[kr.penalties.R1(1.0)],
        metrics=[Distance()],
    )
    history = gan.fit(
        vectors, validation_data=vectors[:20], epochs=2, verbose=0
    ).history
    right = {"d_real_accuracy", "d_fake_accuracy"}
    keys = {"d_loss", "d_r1", "g_loss", "g_pairwise_distance"} | right
    assert set(history) == keys | {f"val_{key}" for key in keys} | {
        "val_distance"
    }
    result = gan.evaluate(vectors, verbose=0, return_dict=True)
    assert set(result) == keys | {"distance"}


def test_metric_is_called_with_real_and_generated(
    vector_pair, vectors, same_draws
):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(metrics=[Distance()])
    shifted = vectors + 5.0
    draws = same_draws(gan._evaluation_seed)
    logs = gan.evaluate(shifted, batch_size=64, verbose=0, return_dict=True)
    latents = keras.random.normal((64, 3), seed=draws)
    generated = ops.convert_to_numpy(gan.generator(latents))
    np.testing.assert_allclose(
        logs["distance"],
        np.abs((shifted - generated).mean(axis=0)).mean(),
        rtol=1e-5,
    )


def test_evaluation_repeats_itself_and_does_not_change_training(
    vector_pair, vectors
):
    runs = []
    for evaluated in (False, True):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile(discriminator_regularizers=[kr.penalties.R1(1.0)])
        for _ in range(2):
            gan.fit(vectors, verbose=0, shuffle=False)
            if evaluated:
                first = gan.evaluate(vectors, verbose=0)
                gan.generate(3)
                assert gan.evaluate(vectors, verbose=0) == first
        runs.append(gan)
    assert same_weights(runs[0].generator, runs[1].generator)
    assert same_weights(runs[0].discriminator, runs[1].discriminator)


@pytest.mark.parametrize("steps", [1, 3])
def test_discriminator_steps(vector_pair, vectors, steps):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(discriminator_steps=steps)
    gan.fit(vectors, batch_size=16, epochs=1, verbose=0)
    optimizer = gan.optimizer
    iterations = ops.convert_to_numpy(
        optimizer.discriminator_optimizer.iterations.value
    )
    assert iterations == 4 * steps
    assert ops.convert_to_numpy(optimizer.iterations.value) == 4


def test_each_update_reaches_only_its_own_network(vector_pair, vectors):
    for frozen, trained in (
        ("generator", "discriminator"),
        ("discriminator", "generator"),
    ):
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        before = {
            role: getattr(gan, role).get_weights() for role in (frozen, trained)
        }
        gan.compile(
            **{f"{frozen}_optimizer": keras.optimizers.SGD(0.0)},
            generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
            discriminator_regularizers=[kr.penalties.R1(1.0)],
        )
        gan.train_on_batch(vectors)
        for role, same in ((frozen, True), (trained, False)):
            after = getattr(gan, role).get_weights()
            assert same == all(
                np.array_equal(a, b)
                for a, b in zip(before[role], after, strict=True)
            )


def test_moving_average_follows_its_formula(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.25, seed=0)
    gan.compile()
    average = [w.astype("float64") for w in gan.generator.get_weights()]
    for step in range(1, 5):
        gan.train_on_batch(vectors)
        momentum = min(0.25, (1 + step) / (10 + step))
        average = [
            momentum * old + (1 - momentum) * new
            for old, new in zip(
                average, gan.generator.get_weights(), strict=True
            )
        ]
    for got, expected in zip(
        gan.ema_generator.get_weights(), average, strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)


def test_inference_uses_the_average(vector_pair, vectors, tmp_path):
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.99, seed=0)
    gan.compile(generator_optimizer=keras.optimizers.SGD(1.0))
    gan.fit(vectors, batch_size=8, epochs=3, verbose=0)
    latents = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    averaged = ops.convert_to_numpy(gan.ema_generator(latents))
    live = ops.convert_to_numpy(gan.generator(latents))
    assert not np.allclose(averaged, live, atol=1e-3)
    for got in (gan.predict(latents, verbose=0), gan(latents)):
        np.testing.assert_allclose(
            ops.convert_to_numpy(got), averaged, rtol=1e-5, atol=1e-6
        )
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_allclose(
        loaded.predict(latents, verbose=0), averaged, rtol=1e-5, atol=1e-6
    )


def test_average_of_normalization_statistics(image_pair, images):
    gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.5, seed=0)
    gan.compile()
    gan.fit(images, batch_size=8, epochs=2, verbose=0)
    moving = [w for w in gan.ema_generator.weights if "moving" in w.path]
    assert moving
    for variable in moving:
        value = ops.convert_to_numpy(variable.value)
        assert not np.allclose(value, 0) and not np.allclose(value, 1)


def test_generate_is_repeatable_by_seed(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    first = gan.generate(4, seed=3)
    assert first.shape == (4, 2) and isinstance(first, np.ndarray)
    assert np.array_equal(first, gan.generate(4, seed=3))
    assert not np.array_equal(first, gan.generate(4, seed=4))
    assert not np.array_equal(gan.generate(4), gan.generate(4))


def test_same_seed_same_run(vector_pair, vectors):
    runs = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), seed=seed)
        gan.compile()
        gan.fit(vectors, epochs=2, verbose=0, shuffle=False)
        runs.append(gan.generator)
    assert same_weights(runs[0], runs[1])
    assert not same_weights(runs[0], runs[2])


def test_latents_can_be_of_another_distribution(vector_pair, vectors):
    class Uniform(kr.RegularizedGAN):
        def sample_latents(self, batch_size, seed):
            shape = (batch_size, self.latent_dim)
            return keras.random.uniform(shape, 5.0, 6.0, seed=seed)

    gan = Uniform(*vector_pair(), seed=0)
    seen = []

    class Latents(kr.penalties.Penalty):
        def call(self, context):
            seen.append(context)
            return ops.mean(context.latents)

    gan.compile(generator_regularizers=[Latents()])
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert 5 < logs["g_latents"] < 6 and len(seen) >= 1


def test_layers_own_regularizers_count_once(vectors, same_draws):
    layers = keras.layers
    generator = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(2, kernel_regularizer=kr.regularizers.L2(0.5)),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(4, activity_regularizer="l2"),
            layers.Dense(1, kernel_regularizer="l1"),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(loss=kr.losses.Wasserstein())
    generator_kernel = generator.get_weights()[0]
    hidden, bias, last = discriminator.get_weights()[:3]
    latents = ops.convert_to_numpy(
        keras.random.normal((64, 3), seed=same_draws(gan._training_seed))
    )
    fake = latents @ generator_kernel
    activity = sum(
        0.01 * ((samples @ hidden + bias) ** 2).sum() / 64
        for samples in (vectors, fake)
    )
    logs = gan.train_on_batch(vectors, return_dict=True)
    np.testing.assert_allclose(
        logs["g_layer_regularizers"],
        0.5 * (generator_kernel**2).sum(),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        logs["d_layer_regularizers"],
        activity + 0.01 * np.abs(last).sum(),
        rtol=1e-4,
    )


def test_weight_regularizer_skips_biases_and_normalization(image_pair, images):
    gan = kr.RegularizedGAN(*image_pair(), seed=0)
    gan.compile(
        generator_regularizers=[keras.regularizers.L1(0.1)],
        discriminator_regularizers=[kr.regularizers.L2(0.1)],
    )
    generator_kernels, discriminator_kernels = (
        [w for w in network.get_weights() if w.ndim >= 2]
        for network in (gan.generator, gan.discriminator)
    )
    assert len(generator_kernels) == len(discriminator_kernels) == 2
    logs = gan.train_on_batch(images, return_dict=True)
    np.testing.assert_allclose(
        logs["g_l1"],
        0.1 * sum(np.abs(k).sum() for k in generator_kernels),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        logs["d_l2"],
        0.1 * sum((k**2).sum() for k in discriminator_kernels),
        rtol=1e-5,
    )


def test_compiled_again_with_other_regularizers(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(generator_regularizers=[kr.regularizers.L1(0.1)])
    gan.fit(vectors, verbose=0)
    gan.compile(
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[kr.penalties.R1(0.1)],
    )
    history = gan.fit(vectors, verbose=0).history
    assert set(history) == {"d_loss", "d_r1", "g_loss"}


@pytest.fixture(scope="module")
def usual_history():
    """What a GAN logs that is compiled as usual, once it was trained."""
    return {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"run_eagerly": True},
        {"jit_compile": True},
        {"steps_per_execution": 2},
    ],
    ids=str,
)
def test_ways_to_compile_agree(
    vector_pair, vectors, backend, arguments, usual_history
):
    if backend == "torch" and "run_eagerly" not in arguments:
        pytest.skip("Keras offers it on TensorFlow and JAX only")
    table = np.random.default_rng(1).normal(size=(16, 3)).astype("float32")

    class FixedLatents(kr.RegularizedGAN):
        # XLA draws other random numbers than TensorFlow does without it.
        def sample_latents(self, batch_size, seed):
            drawn = keras.random.normal(table.shape, seed=seed)
            # What is no draw would be refused.
            return ops.convert_to_tensor(table) + 0.0 * drawn

    def history_of(**more):
        keras.utils.set_random_seed(0)
        gan = FixedLatents(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(
            generator_regularizers=[
                kr.regularizers.PairwiseDistance(0.1, pairing="all")
            ],
            discriminator_regularizers=[kr.penalties.R1(1.0, interval=3)],
            **more,
        )
        return gan.fit(
            vectors, batch_size=16, epochs=2, verbose=0, shuffle=False
        ).history

    if not usual_history:
        usual_history.update(history_of())
    history = history_of(**arguments)
    for key, values in usual_history.items():
        np.testing.assert_allclose(values, history[key], rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(image_pair, images, policy):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        pair = image_pair()
    finally:
        keras.config.set_dtype_policy(previous)
    gan = kr.RegularizedGAN(*pair, ema_momentum=0.9, seed=0)
    gan.compile(
        generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
        discriminator_regularizers=[kr.penalties.R1(0.1)],
    )
    scaled = isinstance(
        gan.optimizer.generator_optimizer, keras.optimizers.LossScaleOptimizer
    )
    assert scaled == (policy == "mixed_float16")
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0).history
    for key, values in history.items():
        assert np.isfinite(values).all(), key
    updates = ops.convert_to_numpy(gan.optimizer.iterations.value)
    assert updates == 8
    assert gan.generator.compute_dtype == policy[len("mixed_") :]
    assert gan.generate(3).dtype == "float32"


def test_summary_names_the_networks(vector_pair):
    lines = []
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9)
    gan.compile()
    gan.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "generator" in text and "discriminator" in text
    assert "generator_average" in text


@keras.saving.register_keras_serializable("test_regularized_gan")
class Subclassed(keras.Model):
    """A network without `training` argument, built by its first call."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = keras.layers.Dense(8, activation="tanh")
        self.last = keras.layers.Dense(units)

    def call(self, inputs):
        return self.last(self.hidden(inputs))

    def get_config(self):
        return {"units": self.units, "name": self.name}


def test_subclassed_networks(vectors, tmp_path):
    generator, discriminator = Subclassed(2), Subclassed(1)
    generator(np.zeros((1, 3)))
    discriminator(np.zeros((1, 2)))
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.9, seed=0)
    assert gan.latent_dim == 3 and gan.sample_shape == (2,)
    gan.compile(discriminator_regularizers=[kr.penalties.R1(0.1)])
    gan.fit(vectors, batch_size=16, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert np.array_equal(gan.generate(3, seed=0), loaded.generate(3, seed=0))


def test_sequences_from_a_recurrent_generator():
    layers = keras.layers
    generator = keras.Sequential(
        [
            layers.Input((3,)),
            layers.RepeatVector(6),
            layers.GRU(4, return_sequences=True),
            layers.Dense(2),
        ]
    )
    discriminator = keras.Sequential(
        [layers.Input((6, 2)), layers.GRU(4), layers.Dense(1)]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)])
    data = np.random.default_rng(0).normal(size=(16, 6, 2)).astype("float32")
    history = gan.fit(data, batch_size=8, verbose=0).history
    assert history["g_pairwise_distance"][0] < 0
    assert gan.generate(2).shape == (2, 6, 2)


def test_discriminator_that_returns_features(vectors):
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    discriminator = keras.Model(
        inputs,
        {"logits": keras.layers.Dense(1)(hidden), "features": hidden},
    )
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )

    class FeatureMatching(kr.penalties.Penalty):
        def call(self, context):
            difference = ops.mean(context.real_features, 0) - ops.mean(
                context.fake_features, 0
            )
            return ops.sum(ops.square(difference))

    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_regularizers=[FeatureMatching()],
        discriminator_regularizers=[kr.penalties.R1(1.0)],
    )
    history = gan.fit(vectors, batch_size=16, verbose=0).history
    assert history["g_feature_matching"][0] > 0


def test_relativistic_loss_trains(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        loss=kr.losses.Relativistic(),
        discriminator_regularizers=[
            kr.penalties.R1(1.0),
            kr.penalties.R2(1.0),
        ],
    )
    history = gan.fit(vectors, batch_size=16, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


def test_arguments_by_position_and_a_list_of_one_array(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile()
    history = gan.fit([vectors], None, 16, 2, 0)
    assert history.epoch == [0, 1]
    assert gan._game.generator.updates == 2 * 64 // 16


@pytest.mark.parametrize("shape", [(6, 2), (4, 4, 4, 2)], ids=len)
def test_logits_of_parts_of_a_sample(shape):
    """Their mean is what a network with one logit would be judged by."""
    size = int(np.prod(shape))
    generator = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dense(size),
            keras.layers.Reshape(shape),
        ]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input(shape), keras.layers.Dense(1)]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[kr.penalties.R1(1.0)],
    )
    samples = np.random.default_rng(0).normal(size=(8, *shape))
    weight = ops.convert_to_numpy(discriminator.layers[0].kernel)[:, 0]
    logs = gan.train_on_batch(samples.astype("float32"), return_dict=True)
    parts = size // shape[-1]
    assert float(logs["d_r1"]) == pytest.approx(
        0.5 * (weight**2).sum() / parts, rel=1e-5
    )


def test_an_average_sees_weights_that_were_set(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
    before = gan.generate(4, seed=0)
    weights = [2.0 * w for w in gan.generator.get_weights()]
    gan.generator.set_weights(weights)
    np.testing.assert_array_equal(gan.generate(4, seed=0), before)
    gan.reset_average()
    for average, weight in zip(
        gan.ema_generator.get_weights(), weights, strict=True
    ):
        np.testing.assert_array_equal(average, weight)
    assert not np.allclose(gan.generate(4, seed=0), before)
    with pytest.raises(ValueError, match="ema_momentum"):
        kr.RegularizedGAN(*vector_pair(), seed=0).reset_average()
