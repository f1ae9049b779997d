"""Ctrl-C leaves a model that is between two steps, and can go on."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from keras import ops
from models.test_faulty_data import assert_usable
from models.test_faulty_data import steps

import keras_regan as kr
from keras_regan._interrupts import interrupts_wait

RANDOM_MOMENTS = """
import os
import random
import signal
import sys
import threading

import keras
import numpy as np
from keras import ops

import keras_regan as kr

directory, steps_per_execution, times = sys.argv[1], *map(int, sys.argv[2:])
keras.utils.set_random_seed(0)
pair = kr.networks.mlp((4, 4, 1), latent_dim=3, hidden=(8,))
gan = kr.RegularizedGAN(*pair, ema_momentum=0.9, seed=0)
gan.compile(
    discriminator_regularizers=[kr.penalties.R1(1.0)],
    steps_per_execution=steps_per_execution,
)
images = np.random.default_rng(0).uniform(-1, 1, (64, 4, 4, 1))
moments = random.Random(0)


def fit(epochs):
    gan.fit(
        images,
        batch_size=16,
        epochs=epochs,
        verbose=0,
        validation_data=images,
        # No CSVLogger: Keras makes numbers of its logs under a bare `except`,
        # which can swallow the Ctrl-C, and it cannot write what is left then.
        callbacks=[
            kr.callbacks.SampleGrid(directory, count=4, animation="gif"),
            kr.callbacks.CollapseMonitor(images, every=2),
        ],
    )


def interrupt(caught, seconds):
    # Python drops what is raised in a callback of its garbage collector, and
    # JAX has one: then it takes another Ctrl-C.
    while not caught.wait(seconds):
        os.kill(os.getpid(), signal.SIGINT)
        seconds = 2.0


fit(1)
interrupted = 0
for _ in range(times):
    caught = threading.Event()
    thread = threading.Thread(
        target=interrupt, args=(caught, moments.uniform(0.01, 0.3))
    )
    try:
        thread.start()
        fit(10**6)
    except KeyboardInterrupt:
        caught.set()
        interrupted += 1
    thread.join()
    optimizers = gan.optimizer.optimizers
    counts = [int(ops.convert_to_numpy(o.iterations)) for o in optimizers]
    assert counts[0] == counts[1], counts
    for variable in gan.trained_variables:
        value = ops.convert_to_numpy(variable.value)
        assert np.isfinite(value).all(), variable.path
assert interrupted == times
fit(1)
gan.save(directory + "/gan.keras")
loaded = keras.models.load_model(directory + "/gan.keras")
assert np.array_equal(loaded.generate(2, seed=0), gan.generate(2, seed=0))
left = [name for name in os.listdir(directory) if name.endswith(".tmp")]
assert not left, left
print("usable")
"""


pytestmark = [
    pytest.mark.usefixtures("python_handles_ctrl_c"),
    pytest.mark.xdist_group("interrupt"),
]


def sigint(*_):
    os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def pressing_ctrl_c():
    """Presses it soon, and again where Python dropped it."""
    caught = threading.Event()

    def press():
        seconds = 0.05
        while not caught.wait(seconds):
            sigint()
            seconds = 2.0

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        caught.set()
        thread.join()


@pytest.fixture
def gan(vector_pair, rewound):
    """A GAN before its first step, the same for each test."""

    def make():
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(
            discriminator_regularizers=[kr.penalties.R1(1.0, interval=2)]
        )
        return gan

    return rewound(make)


@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize(
    ("steps_per_execution", "times"),
    [
        (1, 6),
        pytest.param(1, 25, marks=pytest.mark.thorough),
        pytest.param(3, 25, marks=pytest.mark.thorough),
    ],
)
def test_at_random_moments(tmp_path, steps_per_execution, times):
    if steps_per_execution > 1 and keras.backend.backend() == "torch":
        pytest.skip("not in Keras on PyTorch")
    arguments = [str(tmp_path), str(steps_per_execution), str(times)]
    result = subprocess.run(
        [sys.executable, "-c", RANDOM_MOMENTS, *arguments],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert result.stdout.strip().endswith("usable"), result.stderr


def test_in_each_hook(gan, vectors):
    # How many of the two steps are then done.
    hooks = {
        "on_train_begin": 0,
        "on_epoch_begin": 1,
        "on_train_batch_begin": 1,
        "on_train_batch_end": 2,
        "on_test_begin": 2,
        "on_test_batch_begin": 2,
        "on_test_batch_end": 2,
        "on_test_end": 2,
        "on_epoch_end": 2,
        "on_train_end": 2,
    }
    for hook, expected in hooks.items():
        before = steps(gan)
        with pytest.raises(KeyboardInterrupt):
            gan.fit(
                vectors,
                batch_size=64,
                epochs=2,
                validation_data=vectors,
                verbose=0,
                callbacks=[interrupting(gan, hook)],
            )
        assert steps(gan) == before + expected, hook
        assert np.isfinite(gan.generate(2)).all(), hook
    gan.fit(vectors, batch_size=64, verbose=0)


def interrupting(gan, hook):
    """In the second epoch, after predictions in the middle of the first."""

    class Interrupt(keras.callbacks.Callback):
        calls = 0

    def interrupt(self, *arguments, **logs):
        self.calls += 1
        gan.generate(2)
        if self.calls == 2 or hook in ("on_train_begin", "on_train_end"):
            sigint()

    setattr(Interrupt, hook, interrupt)
    return Interrupt()


def test_in_other_methods(gan, vectors, tmp_path):
    for method in ("train_on_batch", "test_on_batch", "evaluate", "generate"):
        argument = 2 if method == "generate" else vectors
        getattr(gan, method)(argument)
        before = steps(gan)
        with pytest.raises(KeyboardInterrupt), pressing_ctrl_c():
            while True:
                getattr(gan, method)(argument)
        assert steps(gan) >= before
    assert_usable(gan, tmp_path)


def test_predictions_in_the_middle_of_an_epoch(gan, vectors):
    """Whoever has the model itself need not know what JAX does with it."""
    made = []
    predict = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: made.append(
            (gan.generate(2, seed=0), gan.predict_on_batch(np.ones((1, 3))))
        )
    )
    gan.fit(vectors, batch_size=16, verbose=0, callbacks=[predict])
    assert steps(gan) == len(made) == 4
    assert not np.array_equal(made[0][0], made[-1][0])


def test_what_a_callback_changes_survives_a_broken_step(gan, vectors):
    """JAX must not put an older state over it."""

    class Change(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                weight = self.model.generator.weights[0]
                weight.assign(ops.full(weight.shape, 0.5))

    def batches():
        for index in range(3):
            if index == 2:
                raise OSError("broken")
            yield (vectors[:8],)

    with pytest.raises(Exception, match="broken"):
        gan.fit(batches(), verbose=0, callbacks=[Change()])
    weight = gan.generator.weights[0]
    if steps(gan) == 2:  # Keras may have read ahead.
        assert (ops.convert_to_numpy(weight.value) == 0.5).all()


def test_interrupts_wait():
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts_wait():
            sigint()
            done.append("block")
        done.append("after")
    assert done == ["block"]


def test_own_handlers_are_called_and_put_back():
    received = []

    def handler(number, frame):
        received.append(number)

    usual = signal.signal(signal.SIGINT, handler)
    try:
        with interrupts_wait():
            sigint()
            assert received == []
        assert received == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, usual)


def test_other_threads_are_left_alone():
    errors = []

    def work():
        try:
            with interrupts_wait():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
