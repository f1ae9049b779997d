"""What has to hold under `tf.distribute.MirroredStrategy`, as one script.

Logical devices have to be set before TensorFlow starts, and it starts slowly:
`test_mirrored.py` runs this once, in a process of its own, and reads what each
check printed.
"""

import contextlib
import json
import os
import pathlib
import sys
import tempfile
import traceback

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import ops

import keras_regan as kr
from keras_regan._backend import mirrored

layers = keras.layers
penalties = kr.penalties
regularizers = kr.regularizers
# Of 8 samples a replica gets 4; the last batch is 3 and 2 of 21, 1 and 0 of 17.
UNEVEN = np.random.default_rng(0).normal(size=(21, 2)).astype("float32")
EMPTY = UNEVEN[:17]
STRATEGY = None


class MeanOfReal(penalties.Penalty):
    """A user's penalty with state: where the real samples were on average."""

    networks = ("discriminator",)

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.mean = keras.Variable([0.0, 0.0], trainable=False, name="mean")

    @property
    def variables(self):
        return [self.mean]

    def call(self, context):
        mean = ops.mean(context.real, axis=0)
        self.mean.assign(0.5 * self.mean + 0.5 * mean)
        return ops.mean(ops.square(context.real_logits))


def thorough(check):
    """Marks a check that costs more than it finds beside the others."""
    check.thorough = True
    return check


def scope(several):
    return STRATEGY.scope() if several else contextlib.nullcontext()


def networks(**arguments):
    return kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None, **arguments
    )


def encoder():
    """Reads latents off samples, normalized by the global batch."""
    return keras.Sequential(
        [
            keras.Input((2,)),
            # A bias would have no gradient, and Adam a direction all the same.
            layers.Dense(4, use_bias=False),
            layers.BatchNormalization(momentum=0.5, synchronized=True),
            layers.Dense(3),
        ]
    )


def trained(
    several,
    arguments=dict,
    *,
    build=networks,
    optimizer=lambda: keras.optimizers.Adam(1e-2),
    data=UNEVEN,
    labels=None,
    batch_size=8,
    epochs=2,
    **fit,
):
    """Returns a model after a few steps, and the logs.

    On one device they are taken eagerly, which takes less than to trace them.
    """
    keras.utils.set_random_seed(0)
    with scope(several):
        gan = kr.RegularizedGAN(*build(), ema_momentum=0.9, seed=1)
        gan.compile(
            optimizer(), optimizer(), run_eagerly=not several, **arguments()
        )
    history = gan.fit(
        data,
        labels,
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        **fit,
    )
    return gan, history.history


def difference(first, second):
    return float(np.abs(np.asarray(first) - np.asarray(second)).max())


def apart(one, two):
    """Returns how far apart the states of two models are."""
    return max(
        difference(a.value, b.value)
        for a, b in zip(
            one.trained_variables, two.trained_variables, strict=True
        )
    )


def logs_apart(one, two):
    assert list(one) == list(two)
    return max(difference(one[key], two[key]) for key in one)


def assert_equal(arguments=dict, **settings):
    """Two replicas do what one device does."""
    one, one_logs = trained(False, arguments, **settings)
    two, two_logs = trained(True, arguments, **settings)
    assert apart(one, two) < 2e-6, apart(one, two)
    assert logs_apart(one_logs, two_logs) < 2e-6, (one_logs, two_logs)
    judged = [
        gan.evaluate(
            settings.get("data", UNEVEN),
            settings.get("labels"),
            batch_size=8,
            verbose=0,
            return_dict=True,
        )
        for gan in (one, two)
    ]
    assert logs_apart(*judged) < 2e-6, judged
    return one, two


def check_adam():
    """Weights, average, state, logs and position; an uneven last batch."""
    _, two = assert_equal(
        lambda: {
            "generator_regularizers": [
                regularizers.L1(1e-2),
                penalties.LatentReconstruction(encoder=encoder()),
            ],
            "discriminator_regularizers": [
                penalties.R1(1.0, interval=2),
                penalties.LeCam(0.3, momentum=0.5),
                MeanOfReal(factor=0.1, interval=2),
            ],
            "discriminator_steps": 2,
            "metrics": [keras.metrics.MeanSquaredError()],
        }
    )
    assert two.position == (2, 0), two.position


@thorough
def check_shared_samples():
    assert_equal(
        lambda: {
            "loss": kr.losses.Relativistic(),
            "generator_regularizers": [regularizers.L1(1e-2)],
            "discriminator_regularizers": [penalties.R1(1.0)],
            "discriminator_steps": 2,
            "generator_steps": 2,
            "shared_samples": True,
        }
    )


def check_sgd_and_an_empty_replica():
    """Also a loss and regularizers that see all replicas, some of them lazy."""
    across = penalties.AcrossReplicas
    assert_equal(
        lambda: {
            "loss": kr.losses.RelativisticAverage(),
            "generator_regularizers": [
                across(regularizers.PairwiseDistance(1.0, pairing="all")),
                across(regularizers.ModeSeeking(0.1), interval=2),
                across(regularizers.GDPP(0.1)),
                across(penalties.FeatureMatching(0.5)),
                penalties.Scheduled(
                    across(
                        penalties.OnFeatures(
                            regularizers.MaximumMeanDiscrepancy(1.0)
                        )
                    ),
                    interval=2,
                ),
            ],
            "discriminator_regularizers": [
                across(penalties.OnFeatures(regularizers.PullingAway(1.0))),
                penalties.Scheduled(penalties.LeCam(momentum=0.5), interval=2),
            ],
        },
        build=lambda: networks(discriminator_features=True),
        optimizer=lambda: keras.optimizers.SGD(0.1),
        data=EMPTY,
    )


def check_labels_and_lookup_tables():
    """Also a normalization by the global batch, and shared samples."""

    def build():
        classes = keras.Input((), dtype="int32")
        latents = keras.Input((3,))
        x = layers.Dense(8)(latents) + layers.Embedding(3, 8)(classes)
        x = layers.BatchNormalization(momentum=0.5, synchronized=True)(x)
        generator = keras.Model(
            [latents, classes], layers.Dense(2)(layers.ReLU()(x))
        )
        samples = keras.Input((2,))
        x = layers.ReLU()(layers.Dense(8)(samples))
        x = layers.Dense(1)(x) + kr.layers.ClassProjection(3)([x, classes])
        return generator, keras.Model([samples, classes], x)

    assert_equal(
        lambda: {"shared_samples": True},
        build=build,
        data=EMPTY,
        labels=np.arange(len(EMPTY), dtype="int32") % 3,
        optimizer=lambda: keras.optimizers.SGD(0.1),
    )


def check_labels_that_one_replica_has_more_of():
    """The mean is over the labelled samples of the global batch."""

    def build():
        inputs = keras.Input((2,))
        outputs = {
            "logits": layers.Dense(1)(inputs),
            "class_logits": layers.Dense(3)(inputs),
        }
        return networks()[0], keras.Model(inputs, outputs)

    assert_equal(
        lambda: {
            "discriminator_regularizers": [
                penalties.AuxiliaryClassifier(interval=2)
            ]
        },
        build=build,
        data=EMPTY,
        # Three of four, then one of four; the other way round; none; one.
        labels=np.array([0, 1, 2, -1, -1, -1, 0, -1] * 3)[: len(EMPTY)],
        optimizer=lambda: keras.optimizers.SGD(0.1),
    )


def check_several_heads():
    """Logits of several shapes, each compared by itself."""

    def build():
        generator, _ = networks()
        inputs = keras.Input((2,))
        parts = layers.Reshape((3, 1))(layers.Dense(3)(inputs))
        return generator, keras.Model(inputs, [layers.Dense(1)(inputs), parts])

    assert_equal(
        lambda: {
            "loss": kr.losses.RelativisticAverage(),
            "discriminator_regularizers": [
                penalties.AcrossReplicas(penalties.R1(1.0)),
                penalties.R2(1.0),
            ],
        },
        build=build,
        optimizer=lambda: keras.optimizers.SGD(0.1),
    )


def check_logits_of_further_samples():
    """Of wrong conditions, those of a replica's row before; and centred."""

    def build():
        generator, _ = networks(num_classes=4)
        samples, classes = keras.Input((2,)), keras.Input((), dtype="int32")
        x = layers.ReLU()(layers.Dense(8)(samples))
        x = layers.Dense(1)(x) + kr.layers.ClassProjection(4)([x, classes])
        return generator, keras.Model([samples, classes], x)

    assert_equal(
        lambda: {
            "discriminator_regularizers": [
                penalties.MatchingAware(0.5),
                penalties.LogitCentering(0.5, interval=2),
            ],
        },
        build=build,
        # Each of four has the same row before it, on one device and on two.
        data=UNEVEN[:16],
        labels=np.arange(16, dtype="int32") % 4,
        optimizer=lambda: keras.optimizers.SGD(0.1),
    )


def check_logits_that_only_noise_tells_apart():
    """Small and large steps are equally steep on each replica's own dropout."""

    def build():
        inputs = keras.Input((2,))
        x = layers.Dropout(0.5, seed=1)(layers.Dense(8)(inputs))
        x = kr.layers.SpectralNormalization(layers.Dense(4))(x)
        return networks()[0], keras.Model(inputs, layers.Dense(1)(x))

    far, near = (
        trained(
            True,
            lambda deviation=deviation: {
                "discriminator_regularizers": [
                    penalties.ApproximateR1(deviation=deviation, interval=2),
                    penalties.ApproximateR2(deviation=deviation),
                ],
                "augmentation": kr.augmentations.InstanceNoise(1.0),
            },
            build=build,
            optimizer=lambda: keras.optimizers.SGD(0.0),
            data=UNEVEN[:16],
            epochs=1,
        )
        for deviation in (1.0, 0.01)
    )
    for name, values in far[1].items():
        assert values[0] > 0, (name, values)
        apart_by = difference(values[0] / near[1][name][0], 1.0)
        assert apart_by < 1e-3, (name, values, near[1][name])
    assert apart(far[0], near[0]) == 0


@thorough
def check_first_batch_is_uneven():
    assert_equal(data=UNEVEN[:5], batch_size=32)


def normalized(synchronized):
    def build():
        generator = keras.Sequential(
            [
                layers.Input((3,)),
                layers.Dense(8),
                layers.BatchNormalization(
                    momentum=0.5, synchronized=synchronized
                ),
                layers.ReLU(),
                layers.Dense(2),
            ]
        )
        return generator, networks()[1]

    return build


class MeanOfGenerated(penalties.Penalty):
    """Calls a network that reduces over replicas, and moves its statistics."""

    def call(self, context):
        return ops.mean(context.generate(context.latents))


@thorough
def check_synchronized_normalization():
    assert_equal(
        lambda: {"generator_regularizers": [MeanOfGenerated(0.1, interval=2)]},
        build=normalized(True),
        optimizer=lambda: keras.optimizers.SGD(0.1),
        data=EMPTY,
    )


def check_moving_statistics_and_adaptive_augmentation():
    """Means of normalization layers follow the global batch, everywhere.

    And the probability of an augmentation moves as fast as on one device.
    """

    def arguments():
        return {
            "augmentation": kr.augmentations.AdaptiveAugmentation(
                [kr.augmentations.InstanceNoise(0.1)],
                target=1.0,
                interval=2,
                adjustment_images=200,
                initial_probability=0.5,
            )
        }

    settings = {
        "build": normalized(False),
        "optimizer": lambda: keras.optimizers.SGD(0.0),
        "data": EMPTY,
    }
    one, one_logs = trained(False, arguments, **settings)
    two, two_logs = trained(True, arguments, **settings)
    means = [
        [v for v in gan.variables if v.path.endswith("moving_mean")]
        for gan in (one, two)
    ]
    assert len(means[0]) == 2  # The average of the generator has one too.
    for a, b in zip(*means, strict=True):
        assert np.abs(a.numpy()).max() > 0.05
        assert difference(a.value, b.value) < 1e-6
    for variable in two.variables:
        first, second = variable.value.values
        assert difference(first, second) == 0, variable.path
    moved = [log["augmentation_probability"] for log in (one_logs, two_logs)]
    assert difference(*moved) < 1e-6, moved
    assert moved[0][-1] < 0.45


def check_pairs_are_those_of_a_replica():
    """Without `AcrossReplicas`, the logs show the mean over replicas."""
    seen = []

    class Watched(regularizers.PairwiseDistance):
        def call(self, samples, conditions):
            value = super().call(samples, conditions)
            tf.py_function(lambda v: seen.append(float(v)), [value], [])
            return value

    def arguments(kind):
        return lambda: {"generator_regularizers": [kind(1.0, pairing="all")]}

    settings = {"data": UNEVEN[:8], "epochs": 1}
    one, one_logs = trained(
        False, arguments(regularizers.PairwiseDistance), **settings
    )
    two, two_logs = trained(True, arguments(Watched), **settings)
    logged = two_logs["g_watched"][0]
    assert len(seen) == 2 and seen[0] != seen[1]
    assert abs(logged - sum(seen) / 2) < 1e-6
    assert abs(logged - one_logs["g_pairwise_distance"][0]) > 1e-3


def check_pairs_have_one_condition():
    """By a second pass, and where each condition is there twice."""

    class Apart(regularizers.PairRegularizer):
        def call(self, samples, conditions):
            apart = samples[:-conditions] - samples[conditions:]
            return ops.max(ops.abs(apart))

    def build():
        told, latents = keras.Input((2,)), keras.Input((3,))
        noise = layers.Dense(2, kernel_initializer="ones")(latents)
        generator = keras.Model([latents, told], told + 1e-3 * noise)
        samples = keras.Input((2,))
        joined = layers.Concatenate()([samples, told])
        return generator, keras.Model([samples, told], layers.Dense(1)(joined))

    for each in (1, 2):
        nearest = regularizers.Reconstruction(nearest_of=2)
        entries = {
            "generator_regularizers": [
                Apart(1.0, name="apart"),
                nearest,
                penalties.AcrossReplicas(nearest, name="across"),
            ]
        }
        _, logs = trained(
            True,
            lambda each=each, entries=entries: {
                **entries,
                "samples_per_condition": each,
            },
            build=build,
            labels=UNEVEN,
            optimizer=lambda: keras.optimizers.SGD(0.0),
        )
        assert 0.0 < logs["g_apart"][0] < 0.03, logs
        # Samples are near their conditions, which are the real ones.
        assert 0.0 < logs["g_reconstruction"][0] < 0.01, logs
        assert logs["g_across"] == logs["g_reconstruction"], logs


def check_draws():
    """Latents are those of one device; what penalties draw differs."""
    with scope(True):
        two = kr.RegularizedGAN(*networks(), seed=1)
    one = kr.RegularizedGAN(*networks(), seed=1)

    def draw(gan, samples):
        return (
            gan._draw_latents(tf.shape(samples)[0], gan._training_seed),
            keras.random.normal((4,), seed=gan._regularization_seed),
            keras.random.normal((4,), seed=gan._evaluated_regularization_seed),
        )

    data = STRATEGY.experimental_distribute_values_from_function(
        lambda context: tf.constant(
            UNEVEN[:4] if context.replica_id_in_sync_group == 0 else UNEVEN[4:5]
        )
    )

    @tf.function
    def run(data):
        return STRATEGY.run(
            lambda data: mirrored.run_on_replica(
                lambda data: draw(two, data), data
            ),
            args=(data,),
        )

    for _ in range(2):
        latents, *noise = [
            STRATEGY.experimental_local_results(part) for part in run(data)
        ]
        expected = draw(one, UNEVEN[:5])[0]
        assert [len(part) for part in latents] == [4, 1]
        assert difference(np.concatenate(latents), expected) < 1e-6
        for first, second in noise:
            assert difference(first, second) > 0.1
    for variable in two.variables:
        first, second = variable.value.values
        assert difference(first, second) == 0, variable.path
    assert two._regularization_seed.state.numpy()[1] == 2


@thorough
def check_half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        one, _ = trained(False)
        two, _ = trained(True)
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = two.optimizer.generator_optimizer
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    assert two.optimizer.iterations.numpy() == 6
    assert difference(one.generate(5, seed=0), two.generate(5, seed=0)) < 0.01


def check_compile_outside_of_the_scope():
    """And again: trackers and counters are made where the model is."""
    images = np.random.default_rng(0).uniform(-1, 1, (21, 8, 8, 1))
    with scope(True):
        gan = kr.RegularizedGAN(
            *kr.networks.mlp((8, 8, 1), latent_dim=3, hidden=(8,)), seed=1
        )
    gan.compile()
    gan.fit(images, batch_size=8, verbose=0)
    gan.compile("adam", generator_regularizers=[regularizers.L1(1e-3)])
    folder = pathlib.Path(tempfile.mkdtemp())
    pictures = kr.callbacks.SampleGrid(str(folder), count=9)
    gan.fit(images, batch_size=8, verbose=0, callbacks=[pictures])
    assert len(list(folder.glob("*.png"))) >= 1
    for variable in gan.trained_variables + gan.metrics_variables:
        assert len(variable.value.values) == 2, variable.path
    assert gan.optimizer.iterations.numpy() == 3


def check_surroundings():
    """Generating, measuring, callbacks, saving and loading."""
    folder = pathlib.Path(tempfile.mkdtemp())
    arguments = lambda: {  # noqa: E731
        "generator_regularizers": [regularizers.L1(1e-2)],
        "discriminator_regularizers": [penalties.LeCam(0.1)],
    }
    ring = kr.datasets.gaussian_ring()
    monitor = kr.callbacks.CollapseMonitor(UNEVEN[:9])
    samples = kr.callbacks.EvaluateSamples(
        [kr.metrics.ModeCoverage(ring)], real=UNEVEN, count=21
    )
    one, _ = trained(False, arguments)
    two, logs = trained(
        True,
        arguments,
        validation_data=UNEVEN[:7],
        callbacks=[
            monitor,
            samples,
            keras.callbacks.ModelCheckpoint(folder / "checkpoint.keras"),
        ],
    )
    assert "val_d_loss" in logs and "modes" in logs
    assert samples.protocol and len(samples.results) == 2
    for n in (1, 5):
        made = [gan.generate(n, seed=0) for gan in (one, two)]
        assert made[1].shape == (n, 2)
        assert difference(*made) < 1e-6
    shares = [gan.gradient_share("g_l1", UNEVEN) for gan in (one, two)]
    assert difference(*shares) < 1e-5 and 0 < shares[0] < 1
    two.save(folder / "gan.keras")
    with scope(True):
        again = keras.models.load_model(folder / "gan.keras")
    assert apart(two, again) == 0
    alone = keras.models.load_model(folder / "gan.keras")
    alone.run_eagerly = True
    for gan in (two, alone):
        gan.fit(UNEVEN, batch_size=8, shuffle=False, verbose=0)
    assert apart(two, alone) < 1e-6


@thorough
def check_loaded_and_gone_on():
    """A loaded model has all that training under the strategy needs."""
    file = pathlib.Path(tempfile.mkdtemp()) / "gan.keras"
    two, _ = trained(True)
    two.save(file)
    with scope(True):
        again = keras.models.load_model(file)
    for gan in (two, again):
        gan.fit(UNEVEN, batch_size=8, shuffle=False, verbose=0)
    assert apart(two, again) == 0


def refusal(function):
    try:
        function()
    except ValueError as error:
        return str(error)
    raise AssertionError("nothing was refused")


def check_what_was_made_outside_of_the_scope():
    factor = penalties.AdjustableFactor
    weight = regularizers.L1(0.1)
    for argument, make in {
        "generator_optimizer": keras.optimizers.Adam,
        "generator_regularizers": lambda: [
            penalties.Scheduled(weight, factor=factor(0.1))
        ],
        "discriminator_regularizers": lambda: [penalties.LeCam()],
        "augmentation": kr.augmentations.AdaptiveAugmentation,
        "metrics": lambda: [keras.metrics.MeanSquaredError()],
    }.items():
        with scope(True):
            gan = kr.RegularizedGAN(*networks())
        arguments = {argument: make()}
        message = refusal(lambda g=gan, a=arguments: g.compile(**a))
        assert f"`{argument}`" in message, message
        assert "with strategy.scope():" in message, message

    pair = networks()
    with scope(True):
        gan = kr.RegularizedGAN(*pair)
    message = refusal(gan.compile)
    assert "`discriminator`" in message, message
    assert "with strategy.scope():" in message, message
    with scope(True):
        inside = networks()
        gan = kr.RegularizedGAN(pair[0], inside[1])
    message = refusal(gan.compile)
    assert "`generator`" in message, message
    gan = kr.RegularizedGAN(*inside, ema_momentum=0.9)
    with scope(True):
        message = refusal(gan.compile)
    assert "`self`" in message, message
    assert "with strategy.scope():" in message, message
    with scope(True):
        optimizer = keras.optimizers.Adam()
        gan = kr.RegularizedGAN(*inside)
    message = refusal(lambda: gan.compile(optimizer, keras.optimizers.Adam()))
    assert "`discriminator_optimizer`" in message, message

    gan = kr.RegularizedGAN(*networks())
    gan.compile()
    with scope(True):
        for method in (gan.fit, gan.evaluate):
            message = refusal(lambda m=method: m(UNEVEN, verbose=0))
            assert "with strategy.scope():" in message, message
            assert "`discriminator`" in message, message
    gan.fit(UNEVEN, verbose=0)


def check_what_does_not_work():
    with scope(True):
        gan = kr.RegularizedGAN(*networks())
    metric = kr.metrics.ModeCoverage(kr.datasets.gaussian_ring())
    for arguments, word in (
        ({"metrics": [metric]}, "EvaluateSamples"),
        ({"steps_per_execution": 2}, "steps_per_execution"),
        ({"jit_compile": True}, "jit_compile"),
    ):
        assert word in refusal(lambda a=arguments: gan.compile(**a))
    gan.compile()
    assert "`fit`" in refusal(lambda: gan.train_on_batch(UNEVEN))
    assert "`evaluate`" in refusal(lambda: gan.test_on_batch(UNEVEN))

    with scope(True):
        gan = kr.RegularizedGAN(*networks())
        gan.compile(
            discriminator_regularizers=[
                penalties.AcrossReplicas(penalties.DRAGAN())
            ]
        )
    message = refusal(lambda: gan.fit(UNEVEN, verbose=0))
    assert "AcrossReplicas" in message, message


def check_several_machines():
    """Strategies that Keras cannot train with are refused early."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    pair = networks()
    with strategy.scope():
        message = refusal(lambda: kr.RegularizedGAN(*pair))
    assert "keras.distribution.DataParallel" in message
    assert "MirroredStrategy" in message
    gan = kr.RegularizedGAN(*pair)
    with tf.distribute.experimental.CentralStorageStrategy().scope():
        message = refusal(gan.compile)
    assert "CentralStorageStrategy" in message


def check_a_batch_that_is_not_finite_or_without_samples():
    data = UNEVEN.copy()
    data[14] = np.nan  # On the second replica alone.
    with scope(True):
        gan = kr.RegularizedGAN(*networks(), ema_momentum=0.9, seed=1)
        gan.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
    variables = [v for v in gan.trained_variables if "seed" not in v.path]
    states = []

    def remember(*_, **logs):
        states.append([np.array(v.value) for v in variables])

    remember()
    message = refusal(
        lambda: gan.fit(
            data,
            batch_size=8,
            shuffle=False,
            verbose=0,
            callbacks=[
                keras.callbacks.LambdaCallback(on_train_batch_end=remember)
            ],
        )
    )
    assert "NaN or infinity in batch 1 of epoch 0" in message, message
    before, after_the_first = states
    assert difference(before[0], after_the_first[0]) > 0
    for variable, value in zip(variables, after_the_first, strict=True):
        assert difference(variable.value, value) == 0, variable.path
    gan.fit(UNEVEN, batch_size=8, verbose=0)

    # A batch without samples is refused if no replica has one: no step can
    # be left out.
    def source(*parts):
        return tf.data.Dataset.from_generator(
            lambda: iter(parts),
            output_signature=tf.TensorSpec((None, 2), "float32"),
        )

    gan.fit(source(UNEVEN[:8], UNEVEN[:1]), verbose=0)
    before = [np.array(v.value) for v in gan.trained_variables]
    steps = gan.optimizer.iterations.numpy()
    data = source(UNEVEN[:0], UNEVEN[:8])
    for method in (gan.fit, gan.evaluate):
        message = refusal(lambda m=method: m(data, verbose=0))
        assert "A batch of the data is empty" in message, message
        assert "tf.data.Dataset.filter" in message, message
    for variable, value in zip(gan.trained_variables, before, strict=True):
        assert difference(variable.value, value) == 0, variable.path
    gan.fit(source(UNEVEN[:8]), verbose=0)
    assert gan.optimizer.iterations.numpy() == steps + 1


def check_an_overflow_on_one_replica():
    """Keras looks at the gradients of the first replica only."""

    def optimizer():
        return keras.optimizers.LossScaleOptimizer(
            keras.optimizers.SGD(1e-3), initial_scale=1024.0
        )

    data = UNEVEN[:8].copy()
    data[7] = 3e38  # Its gradients overflow on the second replica.
    gan, logs = trained(
        True,
        lambda: {"discriminator_regularizers": [penalties.R1(1.0)]},
        data=data,
        optimizer=optimizer,
        epochs=1,
    )
    assert logs["d_skipped_steps"] == [1], logs
    for variable in gan.trained_variables:
        assert np.isfinite(np.array(variable.value)).all(), variable.path


CHECKS = {
    name.removeprefix("check_"): function
    for name, function in list(globals().items())
    if name.startswith("check_")
}


def main(names):
    global STRATEGY
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    STRATEGY = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    for name in names:
        failure = None
        try:
            CHECKS[name]()
        except Exception:
            failure = traceback.format_exc()
        print(json.dumps({"check": name, "failure": failure}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
