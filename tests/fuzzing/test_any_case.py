"""Any case trains one step, or is refused by a check of ours.

Arguments, networks and data are drawn, right and wrong ones, most of them on
their own and some together. For each case there are two outcomes that are
accepted:

- it works, and what it leaves is finite where it can be: with data and numbers
  of moderate size, in float32. What is larger may overflow, and in float16
  the step is then skipped; there nothing may raise.
- a `ValueError` or `TypeError` that was raised by a line of keras_regan and
  says what was expected and what came. An error of Keras, NumPy or a backend
  is none of these: it comes too late and speaks of something else.

What is right by itself has to work: being refused is no way out for it.

By default 200 cases in all on PyTorch and fewer on the others, and thousands
with the marker `thorough`, drawn anew in each run. Its header says from which
seed, and

    python -m pytest tests/fuzzing --hypothesis-seed=123456

draws the same ones again. What fails is printed as code, with the command that
draws it again, and with a line `@reproduce_failure(...)` that repeats it alone,
if it is put between `@cases` and the test.
"""

import contextlib
import pathlib
import sys
import warnings

import keras
import numpy as np
import pytest
from fuzzing import networks
from fuzzing import strategies
from fuzzing.recipes import is_moderate
from fuzzing.recipes import make
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import seed
from hypothesis import settings
from hypothesis import strategies as st
from keras import ops

import keras_regan as kr

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation",
    "ignore:The discriminator ends in a sigmoid",
    "ignore:The data has values",
)
PACKAGE = pathlib.Path(kr.__file__).parent
BACKEND = keras.backend.backend()
# On torch it is not supported and takes minutes.
JIT = ["auto", False, BACKEND != "torch"]
USUAL = settings(
    print_blob=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
# How many times the default cases. None takes a core more than ten minutes.
THOROUGH = {"torch": 50, "tensorflow": 50, "jax": 16}[BACKEND]
TIERS = pytest.mark.parametrize(
    "times",
    [
        pytest.param(1, id="default"),
        pytest.param(THOROUGH, id="thorough", marks=pytest.mark.thorough),
    ],
)


def cases(*drawn, share, on_jax):
    """Makes a test of a function that checks one case.

    Outside of a graph JAX compiles each operation at each new shape, which
    takes seconds a case: there fewer cases train, and more are refused early.
    On TensorFlow it is every second case.

    Args:
        drawn: A strategy for each argument of the function.
        share: How many of the 200 cases are of this kind.
        on_jax: The same on JAX.
    """
    number = {"torch": share, "tensorflow": (share + 1) // 2, "jax": on_jax}[
        BACKEND
    ]

    def test_of(check):
        @TIERS
        def test(times, request):
            start = request.config.getoption("hypothesis_seed")
            # Each test draws from a seed of its own.
            run = seed(f"{start} {check.__name__}")(given(*drawn)(check))
            try:
                settings(USUAL, max_examples=times * number)(run)()
            except BaseException as error:
                error.add_note(
                    f"All of it again: python -m pytest -m '' "
                    f"'{request.node.nodeid}' --hypothesis-seed={start}"
                )
                raise

        test.__name__ = check.__name__
        test.__doc__ = check.__doc__
        return test

    return test_of


@pytest.fixture(autouse=True)
def _drawn_from_the_seed_alone(monkeypatch):
    """Keeps out what hypothesis reads in the source of imported modules.

    They are more where other tests run too: the same seed would draw others.
    """
    providers = sys.modules.get("hypothesis.internal.conjecture.providers")
    if hasattr(providers, "_get_local_constants"):
        no_constants = providers.Constants
        monkeypatch.setattr(providers, "_get_local_constants", no_constants)
        monkeypatch.setattr(providers, "CONSTANTS_CACHE", {})


@pytest.fixture(autouse=True)
def _whole_tracebacks():
    """Keras leaves its own lines out of tracebacks, unless it is told."""
    filtered = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    yield
    if filtered:
        keras.config.enable_traceback_filtering()


@contextlib.contextmanager
def may_be_refused():
    """Takes an error of ours for an outcome and lets others pass."""
    try:
        yield
    except (TypeError, ValueError) as error:
        trace = error.__traceback__
        while trace.tb_next:
            trace = trace.tb_next
        place = pathlib.Path(trace.tb_frame.f_code.co_filename)
        if not place.is_relative_to(PACKAGE):
            raise
        assert "Expected" in str(error) and "Received" in str(error), error


def gan_of(key, policy="float32", **arguments):
    keras.utils.set_random_seed(0)
    pair = networks.pair(key, policy)
    return kr.RegularizedGAN(*pair, **{"seed": 0, **arguments})


def compiled(gan, arguments):
    made = {key: make(value) for key, value in arguments.items()}
    with warnings.catch_warnings():
        # Penalties that need labels do not come to every classifier.
        warnings.filterwarnings("ignore", "Gradients do not exist")
        gan.compile(**{"run_eagerly": True, **made})
    return gan


def step_and(then, gan, x, y):
    """Takes a step and something that follows; returns all numbers seen."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gradients do not exist")
        if then == "fit":
            history = gan.fit(x, y, batch_size=2, verbose=0, shuffle=False)
            seen = [v for values in history.history.values() for v in values]
        else:
            seen = list(gan.train_on_batch(x, y, return_dict=True).values())
    if then == "evaluate":
        seen += gan.evaluate(x, y, verbose=0, batch_size=2)
    elif then == "generate":
        seen.append(
            gan.generate(2, conditions=[0, 1] if gan.conditional else None)
        )
    elif then == "test_on_batch":
        seen += gan.test_on_batch(x, y, return_dict=True).values()
    return seen + [v.value for v in gan.variables]


def assert_finite(seen):
    for values in seen:
        assert np.all(np.isfinite(ops.convert_to_numpy(values)))


FOLLOWING = st.sampled_from(
    ["nothing", "nothing", "fit", "test_on_batch", "evaluate", "generate"]
)


# Constructors, which train nothing.


@cases(
    st.one_of(
        strategies.spoiled(strategies.any_entry),
        strategies.spoiled(strategies.losses.filter(bool)),
        strategies.spoiled(strategies.augmentations),
    ),
    share=60,
    on_jax=360,
)
def test_any_argument_of_a_regularizer_loss_or_augmentation(recipe):
    with may_be_refused():
        made = recipe.make()
        if keras.backend.backend() != "jax":
            gan = compiled(gan_of("image_features"), argument_for(made))
            gan.train_on_batch(*data_for(gan, 2))


def argument_for(made):
    """Returns the argument of `compile` that takes an object."""
    if isinstance(made, kr.losses.AdversarialLoss):
        return {"loss": made}
    if isinstance(made, kr.augmentations.Augmentation):
        return {"augmentation": made}
    role = kr.penalties.Scheduled(made).networks[0]
    return {f"{role}_regularizers": [made]}


@cases(
    strategies.network_pairs(),
    st.one_of(strategies.momenta, strategies.wrong),
    st.one_of(strategies.seeds, strategies.wrong),
    share=20,
    on_jax=20,
)
def test_any_two_networks(origins, momentum, seed):
    pair = [
        networks.network(key) if index is None else networks.pair(key)[index]
        for key, index in origins
    ]
    with may_be_refused():
        gan = kr.RegularizedGAN(
            *pair, ema_momentum=make(momentum), seed=make(seed)
        )
        gan.compile(run_eagerly=True)
        size = 2
        x = strategies.samples(size, [n or 2 for n in gan.sample_shape])
        y = np.zeros(size, "int32") if gan.conditional else None
        gan.train_on_batch(x, y)


@cases(strategies.keys, strategies.compile_arguments(), share=30, on_jax=75)
def test_any_argument_of_compile(key, arguments):
    gan = gan_of(key)
    with may_be_refused():
        gan.compile(**{k: make(v) for k, v in arguments.items()})


# What is right trains.


@st.composite
def right_cases(draw, policies=("float32",)):
    """Draws a pair's name, its policy, arguments of `compile`, and a size."""
    key = draw(strategies.keys)
    arguments = draw(st.fixed_dictionaries({}, optional=strategies.COMPILE))
    if draw(st.booleans()):
        suitable = strategies.vector_augmentations
        if key in networks.IMAGE_PAIRS:
            suitable = strategies.augmentations
        arguments["augmentation"] = draw(suitable)
    for role in ("generator", "discriminator"):
        entries = draw(strategies.right_entries(role, key))
        arguments[f"{role}_regularizers"] = entries
    policy = draw(st.sampled_from(policies))
    return key, policy, arguments, draw(strategies.right_sizes)


def data_for(gan, size):
    x = strategies.samples(size, gan.sample_shape)
    y = np.arange(size, dtype="int32") % networks.CLASSES
    return x, y if gan.conditional else None


def check_right_case(case, momentum, then):
    key, policy, arguments, size = case
    gan = compiled(gan_of(key, policy, ema_momentum=momentum), arguments)
    seen = step_and(then, gan, *data_for(gan, size))
    moderate = is_moderate(list(arguments.values()))
    if policy != "mixed_float16" and moderate and not may_diverge(arguments):
        assert_finite(seen)


def may_diverge(arguments):
    """Tells whether plain gradient descent takes several steps in one."""
    return any(
        arguments.get(f"{role}_steps", 1) > 1
        and "sgd" in str(arguments.get(f"{role}_optimizer")).lower()
        for role in ("discriminator", "generator")
    )


@cases(right_cases(), strategies.momenta, FOLLOWING, share=20, on_jax=4)
def test_what_is_right_takes_a_finite_step(case, momentum, then):
    check_right_case(case, momentum, then)


@cases(
    right_cases(networks.POLICIES[1:]),
    strategies.momenta,
    FOLLOWING,
    share=9,
    on_jax=2,
)
def test_what_is_right_in_half_precision(case, momentum, then):
    check_right_case(case, momentum, then)


@cases(st.data(), strategies.keys, share=12, on_jax=3)
def test_numbers_that_overflow(data, key):
    """Legal factors, targets and so on that float32 does not hold."""
    arguments = {}
    for role in ("generator", "discriminator"):
        entries = strategies.enlarged(strategies.right_entries(role, key))
        arguments[f"{role}_regularizers"] = data.draw(entries)
    gan = compiled(gan_of(key), arguments)
    step_and("nothing", gan, *data_for(gan, 2))


# What is anything takes a step or is refused.


@cases(st.data(), strategies.keys, FOLLOWING, share=16, on_jax=6)
def test_any_entries(data, key, then):
    """Regularizers in the right or the wrong list, for the right network."""
    entries = st.lists(strategies.any_entry, max_size=4)
    with may_be_refused():
        gan = compiled(
            gan_of(key),
            {
                "generator_regularizers": data.draw(entries),
                "discriminator_regularizers": data.draw(entries),
                "loss": data.draw(strategies.losses),
                "augmentation": data.draw(
                    st.one_of(st.none(), strategies.augmentations)
                ),
            },
        )
        step_and(then, gan, *data_for(gan, 3))


@cases(
    st.data(),
    strategies.keys,
    st.sampled_from(networks.POLICIES),
    share=22,
    on_jax=12,
)
def test_any_data(data, key, policy):
    gan = compiled(gan_of(key, policy), {})
    case = data.draw(strategies.data(gan.sample_shape, gan.conditional))
    then = data.draw(FOLLOWING)
    with may_be_refused():
        seen = step_and(then, gan, case.x, case.y)
        if policy == "float32":
            assert_finite(seen)


@cases(st.data(), strategies.keys, share=8, on_jax=25)
def test_any_arguments_of_generate(data, key):
    gan = gan_of(key)
    n = data.draw(st.one_of(st.integers(1, 4), strategies.wrong))
    size = n if type(n) is int and 0 <= n <= 4 else 2
    labels = data.draw(strategies.labels(size, gan.conditional))
    seed = data.draw(st.one_of(strategies.seeds, strategies.wrong))
    truncation = data.draw(
        st.one_of(st.none(), strategies.positives, strategies.wrong)
    )
    with may_be_refused():
        made = gan.generate(
            make(n),
            conditions=labels.value,
            seed=make(seed),
            truncation=make(truncation),
        )
        # One of each label, unless their number is given.
        assert made.shape[0] == (np.size(labels.value) if n is None else n)
        assert_finite([made])


# The same in a graph, which takes longer to make than to run.


@cases(
    right_cases(), strategies.momenta, st.sampled_from(JIT), share=2, on_jax=2
)
def test_what_is_right_in_a_graph(case, momentum, jit_compile):
    key, policy, arguments, size = case
    arguments = {
        **arguments,
        "run_eagerly": False,
        "jit_compile": jit_compile,
    }
    check_right_case((key, policy, arguments, size), momentum, "nothing")


@cases(st.data(), strategies.keys, share=1, on_jax=1)
def test_any_data_in_a_graph(data, key):
    gan = compiled(gan_of(key), {"run_eagerly": False})
    case = data.draw(strategies.data(gan.sample_shape, gan.conditional))
    with may_be_refused():
        step_and("fit", gan, case.x, case.y)
