import warnings

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.callbacks import CollapseMonitor

pytestmark = pytest.mark.xdist_group("collapse_monitor")
STEPS = 8


@pytest.fixture
def make_gan(vector_pair, rewound):
    """Returns a model that trains so slowly that nothing but a test acts.

    It is the same one for all tests that want it compiled as usual.
    """

    def make(ema_momentum, conditional, compiled):
        networks = vector_pair(
            **({"num_classes": 3} if conditional else {}),
            **compiled.pop("networks", {}),
        )
        # Diverse from the start on, as after some training.
        scaled = networks[0].trainable_variables[-2]
        scaled.assign(5.0 * keras.ops.convert_to_numpy(scaled.value))
        gan = kr.RegularizedGAN(*networks, ema_momentum=ema_momentum, seed=0)
        gan.compile(
            **{
                "generator_optimizer": keras.optimizers.Adam(1e-6),
                "discriminator_optimizer": keras.optimizers.Adam(1e-6),
                **compiled,
            }
        )
        return gan

    def new(ema_momentum=None, conditional=False, **compiled):
        if compiled:
            return make(ema_momentum, conditional, compiled)
        return rewound(
            lambda: make(ema_momentum, conditional, {}),
            key=(ema_momentum, conditional),
        )

    return new


class At(keras.callbacks.Callback):
    """Does something to the model at the end of a batch; counted from 1."""

    def __init__(self, epoch, batch, act):
        super().__init__()
        self.when, self.act = (epoch, batch), act

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch + 1) == self.when:
            self.act(self.model)


def set_weights(network, value):
    for variable in network.trainable_variables:
        variable.assign(np.full(variable.shape, value, "float32"))


def collapse(model):
    set_weights(model.generator, 0.0)


def break_generator(model):
    set_weights(model.generator, np.nan)


def fit(gan, samples, *callbacks, epochs=2, **arguments):
    return gan.fit(
        samples,
        epochs=epochs,
        batch_size=8,
        verbose=0,
        callbacks=list(callbacks),
        **arguments,
    )


def places(monitor):
    return [(check.epoch, check.batch) for check in monitor.checks]


def told(monitor):
    return [(alarm.epoch, alarm.batch, alarm.kind) for alarm in monitor.alarms]


def values_of(gan):
    return [
        keras.ops.convert_to_numpy(variable.value)
        for variable in [*gan.variables, *gan.optimizer.variables]
    ]


# When it checks


@pytest.mark.parametrize(
    "every, batches",
    [(3, [3, 6, 8]), (4, [4, 8]), (8, [8]), (100, [8]), (1, range(1, 9))],
)
def test_checks_every_so_many_batches_and_at_the_end(
    make_gan, vectors, every, batches
):
    monitor = CollapseMonitor(vectors, every=every)
    fit(make_gan(), vectors, monitor)
    assert places(monitor) == [(e, b) for e in (1, 2) for b in batches]
    assert monitor.alarms == []


def test_checks_with_several_steps_per_execution(make_gan, vectors, backend):
    if backend == "torch":
        pytest.skip("Keras has no steps_per_execution on torch.")
    monitor = CollapseMonitor(vectors, every=3)
    fit(make_gan(steps_per_execution=4), vectors, monitor)
    assert places(monitor) == [(1, 4), (1, 8), (2, 4), (2, 8)]


def test_epochs_are_counted_on_when_resumed(make_gan, vectors):
    monitor = CollapseMonitor(vectors)
    fit(make_gan(), vectors, monitor, initial_epoch=4, epochs=6)
    assert places(monitor) == [(5, 8), (6, 8)]


def test_a_second_training_starts_anew(make_gan, vectors):
    gan, monitor = make_gan(), CollapseMonitor(vectors, patience=1)
    with pytest.warns(UserWarning, match="nearly the same sample"):
        fit(gan, vectors, At(1, 2, collapse), monitor)
    assert told(monitor) == [(1, 8, "diversity")]
    with pytest.warns(UserWarning, match="nearly the same sample"):
        fit(gan, vectors, monitor)
    assert places(monitor) == [(1, 8), (2, 8)]
    assert told(monitor) == [(1, 8, "diversity")]


def test_model_is_left_alone_between_checks(make_gan, vectors):
    accesses = []

    class Counting(CollapseMonitor):
        @property
        def model(self):
            accesses.append(None)
            return super().model

    fit(make_gan(), vectors, Counting(vectors, every=4), epochs=3)
    assert len(accesses) == 2 + 3 * 2


# What it measures


def test_training_is_the_same_with_a_monitor(make_gan, vectors):
    results = []
    for callbacks in [], [CollapseMonitor(vectors, every=3)]:
        keras.utils.set_random_seed(0)
        gan = make_gan(
            ema_momentum=0.9,
            generator_optimizer=keras.optimizers.Adam(1e-2),
            discriminator_optimizer=keras.optimizers.Adam(1e-2),
        )
        fit(gan, vectors, *callbacks)
        results.append(values_of(gan))
    for without, with_monitor in zip(*results, strict=True):
        np.testing.assert_array_equal(without, with_monitor)


def test_logs_get_the_vital_signs(make_gan, vectors):
    seen = []

    def see(epoch, logs):
        seen.append(dict(logs))

    watchers = [keras.callbacks.LambdaCallback(on_epoch_end=see)] * 2
    monitor = CollapseMonitor(vectors, every=3)
    history = fit(make_gan(), vectors, watchers[0], monitor, watchers[1])
    before, after = seen[:2]
    added = {key: after[key] for key in after if key not in before}
    assert added == monitor.checks[2].signs.logs()
    assert history.history["diversity"] == [
        monitor.checks[index].signs.diversity for index in (2, 5)
    ]


def test_logs_of_others_are_kept(make_gan, vectors):
    def log(epoch, logs):
        logs["diversity"] = 42.0

    other = keras.callbacks.LambdaCallback(on_epoch_end=log)
    history = fit(make_gan(), vectors, other, CollapseMonitor(vectors))
    assert history.history["diversity"] == [42.0, 42.0]


def test_vital_signs_are_those_of_the_live_generator(make_gan, vectors):
    gan, monitor = make_gan(ema_momentum=0.99), CollapseMonitor(vectors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        fit(gan, vectors, At(1, 8, collapse), monitor, epochs=1)
    assert monitor.checks[-1].signs.diversity < 1e-3
    assert gan.generate(32, seed=0).std() > 0.1


def test_vital_signs_match_numpy(make_gan, vectors):
    gan, monitor = make_gan(), CollapseMonitor(vectors, seed=3)
    start = [w.copy() for w in gan.generator.get_weights()]
    fit(gan, vectors, monitor, epochs=1)
    latents, chosen = gan.sample_latents(32, seed=3), monitor._real
    samples = keras.ops.convert_to_numpy(gan.generator(latents))
    signs = monitor.checks[-1].signs

    def spread(x):
        distances = np.linalg.norm(x[:, None] - x[None], axis=-1)
        return distances[np.triu_indices(32, 1)].mean()

    def norm(weights):
        return np.sqrt(sum((w.astype("float64") ** 2).sum() for w in weights))

    logits = keras.ops.convert_to_numpy(gan.discriminator(samples))
    real = keras.ops.convert_to_numpy(gan.discriminator(chosen))
    now = gan.generator.get_weights()
    change = [a - b for a, b in zip(now, start, strict=True)]
    for value, expected in (
        (signs.diversity, spread(samples) / spread(chosen)),
        (signs.d_fake_accuracy, (logits < 0).mean()),
        (signs.d_real_accuracy, (real > 0).mean()),
        (signs.d_logit_size, np.abs([logits, real]).mean()),
        (signs.g_weight_growth, norm(now) / norm(start)),
        (signs.g_update, norm(change) / norm(start) / STEPS),
    ):
        np.testing.assert_allclose(value, expected, rtol=1e-3)
    assert signs.not_finite == ()


def test_updates_are_those_of_one_step(make_gan, vectors):
    gan = make_gan(
        generator_optimizer=keras.optimizers.SGD(1e-3),
        discriminator_optimizer=keras.optimizers.SGD(1e-3),
    )
    monitor = CollapseMonitor(vectors, every=2)
    fit(gan, vectors, monitor, epochs=2)
    updates = [check.signs.g_update for check in monitor.checks]
    assert 0 < max(updates) < 2 * min(updates)


def test_networks_are_compiled_once(vectors, backend):
    if backend == "torch":
        pytest.skip("Torch runs eagerly.")
    calls = []

    class Counted(keras.layers.Layer):
        def call(self, inputs):
            calls.append(None)
            return inputs

        def compute_output_spec(self, inputs):
            return inputs

    layers = keras.layers
    gan = kr.RegularizedGAN(
        keras.Sequential([layers.Input((3,)), Counted(), layers.Dense(2)]),
        keras.Sequential([layers.Input((2,)), Counted(), layers.Dense(1)]),
        seed=0,
    )
    gan.compile()
    counts = []
    count = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: counts.append(len(calls))
    )
    fit(gan, vectors, CollapseMonitor(vectors, every=3), count, epochs=3)
    assert counts[0] == counts[1] == counts[2]


# What it tells


def test_a_collapse_is_told_once_within_patience(make_gan, vectors):
    monitor = CollapseMonitor(vectors, every=2, patience=3)
    with pytest.warns(UserWarning) as caught:
        fit(make_gan(), vectors, At(2, 3, collapse), monitor, epochs=4)
    assert told(monitor) == [(2, 8, "diversity")]
    (text,) = [str(w.message) for w in caught if w.category is UserWarning]
    assert text.startswith("Epoch 2, batch 8: The generator makes nearly the")
    assert "(below 0.2 for 3 checks)" in text
    assert text.endswith("The training goes on.")
    assert monitor.alarms[0].text in text


@pytest.mark.parametrize(
    "network, names",
    [
        (
            "generator",
            [
                "the generated samples",
                "the logits of generated samples",
                "the generator's weights",
            ],
        ),
        (
            "discriminator",
            [
                "the logits of real samples",
                "the logits of generated samples",
                "the discriminator's weights",
            ],
        ),
    ],
)
def test_values_that_are_not_finite_are_told_at_once(
    make_gan, vectors, network, names
):
    def spoil(model):
        set_weights(getattr(model, network), np.nan)

    monitor = CollapseMonitor(vectors, every=2)
    with pytest.warns(UserWarning, match="The training has diverged"):
        fit(make_gan(), vectors, At(1, 2, spoil), monitor, epochs=1)
    (alarm,) = monitor.alarms
    assert alarm[:3] == (1, 2, "not_finite")
    assert monitor.checks[0].signs.not_finite == tuple(names)


class NotANumber(kr.penalties.Penalty):
    """A penalty of a user that went wrong."""

    def call(self, context):
        return context.real_logits[0, 0] * np.nan


def test_losses_that_are_not_finite_are_told(make_gan, vectors):
    gan = make_gan(discriminator_regularizers=[NotANumber()])
    monitor = CollapseMonitor(vectors)
    with pytest.warns(UserWarning, match="`d_loss`"):
        fit(gan, vectors, monitor, epochs=1)
    assert told(monitor) == [(1, 8, "not_finite")]


def test_a_generator_that_ran_away_is_told(make_gan, vectors):
    monitor = CollapseMonitor(vectors - 50.0, patience=1)
    with pytest.warns(UserWarning, match="ran away from the data"):
        fit(make_gan(), vectors, monitor, epochs=1)


def test_a_low_patience_and_bounds_reach_the_diagnosis(make_gan, vectors):
    monitor = CollapseMonitor(vectors, patience=2, least_diversity=50.0)
    with pytest.warns(UserWarning, match="below 50 for 2 checks"):
        fit(make_gan(), vectors, monitor, epochs=3)
    assert told(monitor) == [(2, 8, "diversity")]


@pytest.mark.parametrize(
    "loss",
    [kr.losses.Wasserstein(), kr.losses.LeastSquares(), kr.losses.Hinge()],
    ids=["wasserstein", "least_squares", "hinge"],
)
def test_other_losses_are_healthy_too(make_gan, vectors, loss):
    monitor = CollapseMonitor(vectors, every=1)
    fit(make_gan(loss=loss), vectors, monitor)
    assert monitor.alarms == []


# Other models


def test_conditional_models_are_watched(make_gan, vectors):
    labels = np.arange(64) % 3
    monitor = CollapseMonitor((vectors, labels), every=2, patience=1)
    gan = make_gan(conditional=True)
    with pytest.warns(UserWarning, match="nearly the same sample"):
        fit(gan, (vectors, labels), At(2, 3, collapse), monitor)
    assert told(monitor) == [(2, 4, "diversity")]


def weigh(generator, latents=1.0, labels=1.0):
    """Multiplies the latents' and the labels' parts of the first kernel."""
    kernel = next(v for v in generator.trainable_variables if v.shape == (6, 8))
    values = keras.ops.convert_to_numpy(kernel.value).copy()
    values[:3] *= latents
    values[3:] *= labels
    kernel.assign(values)


def ignore_latents(model):
    weigh(model.generator, latents=0.0)


def test_ignored_latents_are_told(make_gan, vectors):
    labels = np.arange(64) % 3
    monitor = CollapseMonitor(
        (vectors, labels),
        every=2,
        patience=1,
        most_distance=None,
        most_near_duplicates=None,
    )
    gan = make_gan(conditional=True)
    weigh(gan.generator, labels=20.0)
    with pytest.warns(
        UserWarning,
        match="The latents are ignored although conditions differ",
    ):
        history = fit(gan, (vectors, labels), At(2, 3, ignore_latents), monitor)
    assert told(monitor) == [(2, 4, "ignored_latents")]
    first, last = history.history["conditional_diversity"]
    assert first > 0.5 and last < 1e-3


def test_labels_go_with_their_samples(make_gan, vectors, monkeypatch):
    labels = np.arange(64) % 3
    seen = []
    gan = make_gan(conditional=True)
    for network in (gan.generator, gan.discriminator):
        predict = network.predict_on_batch

        def record(inputs, predict=predict):
            seen.append(inputs)
            return predict(inputs)

        monkeypatch.setattr(network, "predict_on_batch", record)
    monitor = CollapseMonitor((vectors, labels))
    fit(gan, (vectors, labels), monitor, epochs=1)
    made, real, fake, others = seen
    number_of = {sample.tobytes(): i for i, sample in enumerate(vectors)}
    expected = [labels[number_of[sample.tobytes()]] for sample in real[0]]
    for _, received in (made, real, fake, others):
        np.testing.assert_array_equal(np.ravel(received), expected)
    assert np.abs(made[0] - others[0]).min() > 0.0


def test_discriminators_may_return_features(make_gan, vectors):
    gan = make_gan(networks={"discriminator_features": True})
    monitor = CollapseMonitor(vectors)
    fit(gan, vectors, monitor)
    assert np.isfinite(monitor.checks[-1].signs.d_logit_size)


def test_images_and_maps_of_logits_are_watched(images):
    layers = keras.layers
    generator = keras.Sequential(
        [layers.Input((4,)), layers.Dense(64), layers.Reshape((8, 8, 1))]
    )
    discriminator = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(1, 4, 2, padding="same")]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile()
    monitor = CollapseMonitor(images, least_diversity=None)
    fit(gan, images, monitor)
    logits = keras.ops.convert_to_numpy(discriminator(images))
    expected = (logits.mean(axis=(1, 2, 3)) > 0).mean()  # All 32 images.
    assert monitor.checks[-1].signs.d_real_accuracy == expected
    assert monitor.alarms == []


def test_augmentation_and_mixed_precision_are_watched(vectors):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        networks = kr.networks.mlp(
            (2,), latent_dim=3, hidden=(8,), output_activation=None
        )
    finally:
        keras.config.set_dtype_policy("float32")
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(augmentation=kr.augmentations.InstanceNoise(0.1))
    monitor = CollapseMonitor(vectors, least_diversity=None)
    fit(gan, vectors, monitor)
    assert monitor.checks[-1].signs.not_finite == ()


# Which samples


def test_32_samples_are_chosen():
    samples = np.arange(500.0).reshape(-1, 1)
    chosen = [CollapseMonitor(samples, seed=seed)._real for seed in (0, 0, 1)]
    assert chosen[0].shape == (32, 1)
    assert len(np.unique(chosen[0])) == 32
    np.testing.assert_array_equal(chosen[0], chosen[1])
    assert np.any(chosen[0] != chosen[2])


def test_few_classes_with_some_samples_each_are_chosen():
    labels = np.repeat(np.arange(100), 20)
    samples = np.arange(2000.0).reshape(-1, 1)
    monitor = CollapseMonitor((samples, labels))
    _, counts = np.unique(monitor._conditions, return_counts=True)
    assert counts.tolist() == 4 * [8]
    np.testing.assert_array_equal(
        labels[monitor._real[:, 0].astype(int)], monitor._conditions
    )


@pytest.mark.parametrize("form", ["column", "one_hot"])
def test_labels_may_have_any_shape(form):
    labels = np.arange(200) % 2
    expected = labels
    labels = labels[:, None] if form == "column" else np.eye(2)[labels]
    monitor = CollapseMonitor((np.arange(200.0)[:, None], labels))
    assert monitor._conditions.shape == (32, *labels.shape[1:])
    of_class = expected[monitor._real[:, 0].astype(int)]
    assert of_class.sum() >= 8 and (1 - of_class).sum() >= 8


def test_few_samples_are_all_used(make_gan, vectors):
    monitor = CollapseMonitor(vectors[:9])
    fit(make_gan(), vectors, monitor)
    assert len(monitor._real) == 9


# Errors


@pytest.mark.parametrize(
    "arguments, error",
    [
        ({"every": 0}, ValueError),
        ({"every": 1.5}, TypeError),
        ({"patience": 0}, ValueError),
        ({"action": "stop"}, TypeError),
        ({"least_diversity": 0.0}, ValueError),
        ({"most_near_duplicates": 1.1}, ValueError),
        ({"most_distance": "far"}, TypeError),
        ({"most_logit": -1.0}, ValueError),
        ({"most_weight_growth": np.inf}, ValueError),
        ({"seed": -1}, ValueError),
    ],
    ids=str,
)
def test_arguments_are_checked(vectors, arguments, error):
    (name,) = arguments
    with pytest.raises(error, match=f"argument `{name}`"):
        CollapseMonitor(vectors, **arguments)


@pytest.mark.parametrize(
    "make, error",
    [
        (lambda x: x[:7], ValueError),
        (lambda x: np.full_like(x, np.nan), ValueError),
        (lambda x: np.ones_like(x), ValueError),
        (lambda x: (x, np.zeros(3)), ValueError),
        (lambda x: None, TypeError),
        (lambda x: "samples", TypeError),
        (lambda x: 1.0, TypeError),
        (lambda x: (x, "labels"), TypeError),
    ],
    ids="few nan equal labels none text number text_labels".split(),
)
def test_real_samples_are_checked(vectors, make, error):
    with pytest.raises(error, match="argument `real`"):
        CollapseMonitor(make(vectors))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda x: x[:, :1], "shape of what the generator makes"),
        (lambda x: (100 * x).astype("int32"), "must be floats"),
        (lambda x: (x, np.zeros(len(x))), "not conditional"),
    ],
    ids=["shape", "integers", "labels"],
)
def test_real_samples_must_fit_the_model(make_gan, vectors, make, words):
    gan = make_gan()
    before = values_of(gan)
    with pytest.raises(ValueError, match=f"argument `real` of.*{words}"):
        fit(gan, vectors, CollapseMonitor(make(vectors)))
    for old, new in zip(before, values_of(gan), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda x: x, "conditional and got no labels"),
        (lambda x: (x, np.arange(len(x)) % 5), "numbers from 0 to 2"),
        (lambda x: (x, np.eye(64)[:, :3]), "of one-hot rows"),
    ],
    ids=["none", "unknown", "one-hot"],
)
def test_labels_must_fit_the_model(vectors, make, words):
    pair = kr.networks.mlp((2,), latent_dim=3, hidden=(4,), num_classes=3)
    monitor = CollapseMonitor(make(vectors))
    monitor.set_model(kr.RegularizedGAN(*pair, seed=0))
    with pytest.raises(ValueError, match=f"argument `real` of.*{words}"):
        monitor.on_train_begin()


def test_metrics_without_a_value_are_no_alarm(make_gan, vectors):
    def without_value(epoch, logs):
        logs["fd_plane"] = logs["val_diversity_ratio"] = float("nan")

    other = keras.callbacks.LambdaCallback(on_epoch_end=without_value)
    monitor = kr.callbacks.CollapseMonitor(vectors)
    make_gan().fit(vectors, verbose=0, callbacks=[other, monitor])
    assert monitor.alarms == []
