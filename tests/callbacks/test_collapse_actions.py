import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.callbacks import Action
from keras_regan.callbacks import CollapseMonitor
from keras_regan.callbacks import RollBack
from keras_regan.callbacks import StopTraining
from keras_regan.callbacks import Warn

pytestmark = pytest.mark.xdist_group("collapse_actions")
RATES = (0.02, 0.01)


def adam(rate):
    return keras.optimizers.Adam(rate)


@pytest.fixture
def make_gan(image_pair, rewound):
    """Returns a model with all the state there is, the same for all tests."""

    def make(rates, make_optimizer):
        gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.9, seed=0)
        generator, discriminator = [make_optimizer(rate) for rate in rates]
        gan.compile(
            generator_optimizer=generator,
            discriminator_optimizer=discriminator,
            discriminator_regularizers=[kr.penalties.LeCam(0.1)],
        )
        return gan

    def new(rates=RATES, make_optimizer=adam):
        return rewound(
            lambda: make(rates, make_optimizer), key=(rates, make_optimizer)
        )

    return new


class At(keras.callbacks.Callback):
    """Breaks the generator at the end of some batches; counted from 1."""

    def __init__(self, *when):
        super().__init__()
        self.when = set(when)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch + 1) in self.when:
            for variable in self.model.generator.trainable_variables:
                variable.assign(np.full(variable.shape, np.nan, "float32"))


def state_of(model):
    """All that training changes but rates, means, position and extremes."""
    rates = {
        id(optimizer.learning_rate) for optimizer in model.optimizer.optimizers
    }
    means = {id(v) for metric in model.metrics for v in metric.variables}
    means |= {id(v) for v in model._position.variables}
    means |= {id(v) for v in model._game.seen_values.variables}
    return [
        np.array(keras.ops.convert_to_numpy(variable.value))
        for variable in (
            model.variables
            + model.optimizer.variables
            + model.metrics_variables
        )
        if id(variable) not in rates | means
        and not variable.path.endswith("learning_rate")
    ]


class Remember(keras.callbacks.Callback):
    """Keeps the state after each batch and before the first."""

    def __init__(self):
        super().__init__()
        self.states = []

    def on_epoch_begin(self, epoch, logs=None):
        if not self.states:
            self.states.append(state_of(self.model))

    def on_train_batch_end(self, batch, logs=None):
        self.states.append(state_of(self.model))


class Recorded(Action):
    """Does nothing and remembers how it was called."""

    def __init__(self, starts_over=False):
        self.starts_over = starts_over
        self.calls = []

    def begin(self, model, patience):
        self.calls.append(("begin", patience))

    def after_check(self, model, healthy):
        self.calls.append("healthy" if healthy else "sick")

    def act(self, model, alarms):
        self.calls.append([alarm.kind for alarm in alarms])
        return "It was recorded."


def monitor_of(images, action, **arguments):
    return CollapseMonitor(
        images,
        **{
            "action": action,
            "every": 1,
            "patience": 2,
            # An untrained generator has no diversity.
            "least_diversity": None,
            "most_near_duplicates": None,
            **arguments,
        },
    )


def fit(gan, images, *callbacks, epochs=3):
    """Trains with 4 batches an epoch."""
    return gan.fit(
        images,
        epochs=epochs,
        batch_size=8,
        verbose=0,
        callbacks=list(callbacks),
    )


def rates_of(gan):
    return [
        float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        for optimizer in gan.optimizer.optimizers
    ]


def assert_same(states, others):
    assert len(states) == len(others)
    for state, other in zip(states, others, strict=True):
        np.testing.assert_array_equal(state, other)


def differ(states, others):
    return any(np.any(a != b) for a, b in zip(states, others, strict=True))


# Warning and stopping


def test_warn_is_the_default(images):
    assert isinstance(CollapseMonitor(images).action, Warn)


def test_warning_changes_nothing(make_gan, images):
    gan = make_gan()
    with pytest.warns(UserWarning, match="The training goes on.$"):
        history = fit(gan, images, At((1, 2)), monitor_of(images, Warn()))
    assert len(history.epoch) == 3
    assert rates_of(gan) == pytest.approx(RATES)


def test_stopping_ends_the_training_after_the_batch(make_gan, images):
    gan, memory = make_gan(), Remember()
    monitor = monitor_of(images, StopTraining())
    with pytest.warns(UserWarning, match="The training stops.$"):
        fit(gan, images, At((2, 3)), monitor, memory)
    assert len(memory.states) == 1 + 4 + 3
    assert [alarm[:3] for alarm in monitor.alarms] == [(2, 3, "not_finite")]


# What actions are told


def test_actions_are_told_of_each_check(make_gan, images):
    action = Recorded()
    monitor = monitor_of(images, action)
    with pytest.warns(UserWarning, match="It was recorded.$"):
        fit(make_gan(), images, At((1, 3)), monitor, epochs=1)
    assert action.calls == [
        ("begin", 2),
        "healthy",
        "healthy",
        ["not_finite"],
        "sick",
    ]


@pytest.mark.parametrize("starts_over", [False, True])
def test_actions_may_start_over(make_gan, images, starts_over):
    action = Recorded(starts_over)
    monitor = monitor_of(images, action, least_diversity=1e6)
    with pytest.warns(UserWarning, match="nearly the same sample"):
        fit(make_gan((0.0, 0.0)), images, monitor, epochs=2)
    expected = ["sick", ["diversity"], *6 * ["sick"]]
    if starts_over:
        expected = 4 * ["sick", ["diversity"]]
    assert action.calls[1:] == expected


def test_growth_counts_from_where_an_action_started_over(make_gan, images):
    def grow(epoch, logs):
        for variable in gan.generator.trainable_variables:
            variable.assign(variable * 4.0)

    gan = make_gan((0.0, 0.0))
    action = Recorded(starts_over=True)
    monitor = monitor_of(images, action, every=9, most_weight_growth=3.0)
    growing = keras.callbacks.LambdaCallback(on_epoch_begin=grow)
    with pytest.warns(UserWarning, match="grew to 4 times"):
        fit(gan, images, monitor, growing, epochs=3)
    assert action.calls[1:] == 3 * [["weight_growth"]]
    growth = [check.signs.g_weight_growth for check in monitor.checks]
    np.testing.assert_allclose(growth, 4.0, rtol=1e-3)


def test_an_action_must_act(make_gan):
    with pytest.raises(NotImplementedError):
        Action().act(make_gan(), [])


# Rolling back


def test_rolling_back_restores_everything(make_gan, images):
    gan, memory = make_gan(), Remember()
    monitor = monitor_of(images, RollBack(0.5))
    with pytest.warns(UserWarning, match="goes on from its last healthy"):
        fit(gan, images, At((2, 2)), monitor, memory, epochs=2)
    # Kept at batch 1, healthy at 2 and 3 as well; the next one was kept at 4
    # and had but one healthy check after it when batch 6 broke.
    states = memory.states
    assert_same(states[6], states[1])
    assert differ(states[7], states[1])
    assert all(np.isfinite(s).all() for s in state_of(gan))
    assert rates_of(gan) == pytest.approx([0.01, 0.005])


def test_rolling_back_takes_a_state_that_proved_healthy(make_gan, images):
    gan, memory = make_gan(), Remember()
    monitor = monitor_of(images, RollBack(0.5), every=2)
    with pytest.warns(UserWarning, match="last healthy state"):
        fit(gan, images, At((4, 1)), monitor, memory, epochs=4)
    # Checks at batches 2, 4, ...: kept at 2, proved at 6; kept at 8, proved
    # at 12; broken at 13.
    assert_same(memory.states[14], memory.states[8])


def test_rolling_back_early_returns_to_the_beginning(make_gan, images):
    gan, memory = make_gan(), Remember()
    monitor = monitor_of(images, RollBack(0.5))
    with pytest.warns(UserWarning, match="last healthy state"):
        fit(gan, images, At((1, 2)), monitor, memory, epochs=1)
    assert_same(memory.states[2], memory.states[0])


def test_a_sick_check_disproves_a_state(make_gan, images):
    gan = make_gan()
    action = RollBack(0.5)
    action.begin(gan, patience=2)
    before = state_of(gan)
    for healthy in (True, True, False, True, True):
        for variable in gan.generator.trainable_variables:
            variable.assign(variable + 1.0)
        action.after_check(gan, healthy)
    action.act(gan, [])
    assert_same(state_of(gan), before)


def test_learning_rates_go_down_each_time(make_gan, images):
    gan = make_gan()
    # Back to the beginning both times, where the rates were higher.
    monitor = monitor_of(images, RollBack(0.1, times=2), patience=99)
    with pytest.warns(UserWarning) as caught:
        fit(gan, images, At((1, 2), (2, 2)), monitor)
    assert rates_of(gan) == pytest.approx([2e-4, 1e-4])
    text = [str(w.message) for w in caught if w.category is UserWarning][-1]
    assert "0.0002 (generator) and 0.0001 (discriminator)" in text


def test_training_stops_where_rolling_back_does_not_help(make_gan, images):
    gan, memory = make_gan(), Remember()
    monitor = monitor_of(images, RollBack(0.5, times=1))
    with pytest.warns(UserWarning, match="stops in its last healthy") as caught:
        fit(gan, images, At((1, 2), (2, 3)), monitor, memory)
    assert len(memory.states) == 1 + 4 + 3
    assert len([w for w in caught if w.category is UserWarning]) == 2
    assert all(np.isfinite(s).all() for s in state_of(gan))

    # Another training may go back again.
    with pytest.warns(UserWarning, match="goes on from its last healthy"):
        fit(gan, images, At((1, 2)), monitor, epochs=1)


def test_means_of_the_epoch_recover_from_nan(make_gan, images):
    monitor = monitor_of(images, RollBack(0.5), every=2)
    with pytest.warns(UserWarning, match="last healthy"):
        history = fit(make_gan(), images, At((1, 1)), monitor, epochs=2)
    # The second batch had a broken generator; the third and fourth did not.
    assert np.isfinite(history.history["d_loss"]).all()
    assert history.history["d_loss"][0] > 0.0
    assert len(monitor.alarms) == 1


def test_loss_scales_are_no_obstacle(make_gan, images):
    gan = make_gan(
        make_optimizer=lambda rate: keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(rate)
        )
    )
    monitor = monitor_of(images, RollBack(0.5))
    with pytest.warns(UserWarning, match="last healthy state"):
        fit(gan, images, At((1, 2)), monitor, epochs=1)
    assert rates_of(gan) == pytest.approx([0.01, 0.005])


def test_schedules_are_refused_before_the_first_step(make_gan, images):
    schedule = keras.optimizers.schedules.ExponentialDecay
    gan = make_gan(
        make_optimizer=lambda rate: keras.optimizers.Adam(
            schedule(rate, 10, 0.9)
        )
    )
    before = state_of(gan)
    with pytest.raises(ValueError, match="learning rate is a schedule"):
        fit(gan, images, monitor_of(images, RollBack()))
    assert_same(state_of(gan), before)


def test_rolling_back_goes_to_what_a_backup_restored(
    make_gan, images, tmp_path
):
    def backup():
        return keras.callbacks.BackupAndRestore(
            tmp_path / "backup", delete_checkpoint=False
        )

    fit(make_gan(), images, backup(), epochs=1)
    gan, memory = make_gan(), Remember()
    monitor = monitor_of(images, RollBack())
    with pytest.warns(UserWarning, match="last healthy state"):
        fit(gan, images, monitor, backup(), At((2, 1)), memory, epochs=2)
    assert [check.epoch for check in monitor.checks] == 4 * [2]
    assert_same(memory.states[2], memory.states[0])


@pytest.mark.parametrize(
    "arguments, error",
    [
        ({"learning_rate_factor": 0.0}, ValueError),
        ({"learning_rate_factor": 1.5}, ValueError),
        ({"learning_rate_factor": "half"}, TypeError),
        ({"times": 0}, ValueError),
        ({"times": 1.5}, TypeError),
    ],
    ids=str,
)
def test_arguments_of_rolling_back_are_checked(arguments, error):
    (name,) = arguments
    with pytest.raises(error, match=f"argument `{name}`"):
        RollBack(**arguments)
