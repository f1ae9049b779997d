import gc
import os
import pathlib
import random
import signal
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Programs of tests run once: what it takes to compile them is their cost.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 "
    "--xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_use_fusion_emitters=false "
    "--xla_cpu_parallel_codegen_split_count=1",
)
if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker for each core: more threads would only be in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import keras
import numpy as np
import pytest
from seeded import start_draws_anew

import keras_regan as kr

_FLAGS = os.environ["XLA_FLAGS"]
# Tracing makes millions of objects; looking through them less often saves a
# seventh of the time on JAX.
gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Chooses the seed of drawn cases, before hypothesis reads it."""
    if config.getoption("hypothesis_seed") is None:
        of_all_workers = getattr(config, "workerinput", {}).get("seed_of_cases")
        config.option.hypothesis_seed = of_all_workers or str(
            random.randrange(10**6)
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Hands the seed on to a worker of xdist."""
    node.workerinput["seed_of_cases"] = node.config.option.hypothesis_seed


def pytest_report_header(config):
    return f"fuzzing: --hypothesis-seed={config.getoption('hypothesis_seed')}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Sorts out what is for other backends, before marks are looked at."""
    for item in items:
        usual = item.get_closest_marker("usual_on")
        if usual and keras.backend.backend() not in usual.args:
            item.add_marker(pytest.mark.thorough)
    if "host" in config.option.markexpr:
        return
    elsewhere = [item for item in items if runs_on_another_backend(item)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if not runs_on_another_backend(item)]


def pytest_collection_finish(session):
    """Checks that no module has changed what processes of tests inherit.

    They would compute something else than this process, which read it before.
    """
    if os.environ["XLA_FLAGS"] != _FLAGS:
        raise pytest.UsageError(
            "A module that was imported changed XLA_FLAGS: "
            + os.environ["XLA_FLAGS"]
        )


def runs_on_another_backend(item):
    host = item.get_closest_marker("host")
    (backend,) = host.args or ("tensorflow",) if host else (None,)
    return backend not in (None, keras.backend.backend())


def folder_of_compiled_programs():
    """Where JAX keeps them from run to run."""
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(caches).expanduser() / "keras_regan" / "jax_tests"


def pytest_sessionstart(session):
    """Removes what JAX compiled a month ago, which may fit no code any more."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        month_ago = time.time() - 30 * 24 * 3600
        for file in folder_of_compiled_programs().glob("*-cache"):
            if file.stat().st_mtime < month_ago:
                file.unlink(missing_ok=True)


@pytest.fixture(autouse=True, scope="session")
def _compiled_once():
    """Lets JAX reuse what it compiled for an earlier test, in any run."""
    if keras.backend.backend() == "jax":
        import jax

        # Scripts that tests run read the same from their environment.
        for name, value in (
            ("jax_compilation_cache_dir", str(folder_of_compiled_programs())),
            ("jax_persistent_cache_min_compile_time_secs", 0.0),
        ):
            jax.config.update(name, value)
            os.environ[name.upper()] = str(value)


@pytest.fixture(autouse=True, scope="module")
def _names_begin_anew():
    """Forgets the names of layers, and what they were compiled to."""
    yield
    keras.utils.clear_session(free_memory=False)


@pytest.fixture(autouse=True)
def _seeded():
    start_draws_anew()


@pytest.fixture
def python_handles_ctrl_c():
    """Also where a shell runs the tests in its background, without Ctrl-C."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.fixture(scope="session")
def backend():
    return keras.backend.backend()


@pytest.fixture
def images():
    """32 grey images of 8 x 8 pixels."""
    return (
        np.random.default_rng(0).uniform(-1, 1, (32, 8, 8, 1)).astype("float32")
    )


@pytest.fixture
def vectors():
    """64 two-dimensional samples."""
    return np.random.default_rng(0).normal(size=(64, 2)).astype("float32")


@pytest.fixture
def vector_pair():
    """Builds a small pair of networks for vectors."""

    def build(**arguments):
        return kr.networks.mlp(
            (2,),
            latent_dim=3,
            hidden=(8,),
            output_activation=None,
            **arguments,
        )

    return build


@pytest.fixture
def image_pair():
    """Builds convolutional networks with normalization and dropout."""

    def build(seed=7):
        layers = keras.layers
        generator = keras.Sequential(
            [
                layers.Input((4,)),
                layers.Dense(32),
                layers.Reshape((4, 4, 2)),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Conv2DTranspose(
                    1, 4, 2, padding="same", activation="tanh"
                ),
            ],
            name="generator",
        )
        discriminator = keras.Sequential(
            [
                layers.Input((8, 8, 1)),
                layers.Conv2D(4, 4, 2, padding="same"),
                layers.BatchNormalization(),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Dropout(0.2, seed=seed),
                layers.Flatten(),
                layers.Dense(1),
            ],
            name="discriminator",
        )
        return generator, discriminator

    return build


@pytest.fixture
def channels_first():
    """Lets networks be made with the channels first."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(before)
