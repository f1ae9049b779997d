"""What is not public in Keras is as this package takes it to be.

Each check looks at Keras itself. Where one fails, Keras has changed, and the
failure says what to do in this package.
"""

import functools
import importlib
import inspect
import pathlib
import pkgutil
import tempfile
import warnings

import keras
import numpy as np
import pytest

from keras_regan._backend import keras_internals
from keras_regan._backend.keras_internals import fitting
from keras_regan._backend.keras_internals import layers
from keras_regan._backend.keras_internals import optimizers
from keras_regan._backend.keras_internals import saving
from keras_regan._backend.keras_internals import strategies

BACKEND = keras.backend.backend()
trainer = importlib.import_module(
    f"{keras_internals.__name__}.{BACKEND}_trainer"
)
SAMPLES = np.arange(12, dtype="float32").reshape(6, 2)
CHECKS = []


def advice(entry):
    """What the docstring of an entry says under "When it is gone"."""
    lines = inspect.getdoc(entry).split("\n")
    starts = [i for i, text in enumerate(lines) if "When it is gone:" in text]
    (first,) = starts
    rest = lines[first:]
    end = rest.index("") if "" in rest else len(rest)
    return " ".join(line.strip() for line in rest[:end])


def watches(*entries, backend=BACKEND):
    """Makes a check of what some entries of the room are about."""

    def decorated(check):
        @functools.wraps(check)
        def checked():
            try:
                check()
            except Exception as error:
                advices = "\n".join({advice(entry) for entry in entries})
                raise AssertionError(
                    f"Keras {keras.__version__} has changed: "
                    f"{inspect.getdoc(check)}\n{advices}"
                ) from error

        checked.entries = entries
        if backend == BACKEND:
            CHECKS.append(checked)
        return checked

    return decorated


def entries():
    """All entries of the modules that belong to this backend, by name."""
    found = {}
    for module in pkgutil.iter_modules(keras_internals.__path__):
        if module.name.endswith("_trainer") and BACKEND not in module.name:
            continue
        module = importlib.import_module(
            f"{keras_internals.__name__}.{module.name}"
        )
        for name, member in vars(module).items():
            if getattr(member, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(member) and name[0] != "_":
                found[name] = member
            elif name == "TrainerInternals":
                found |= {
                    method: getattr(value, "fget", value)
                    for method, value in vars(member).items()
                    if inspect.isfunction(getattr(value, "fget", value))
                }
    return found


def small_model(cls=keras.Sequential, **arguments):
    model = cls([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", **arguments)
    return model


def fit(model, samples=SAMPLES, **arguments):
    arguments = {"batch_size": 2, "verbose": 0, **arguments}
    return model.fit(samples, samples[:, :1], **arguments)


def number(tensor):
    return float(keras.ops.convert_to_numpy(tensor))


class Subclassed(keras.Model):
    """With no `build` of its own."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        if isinstance(inputs, list | tuple):
            inputs = keras.ops.concatenate(inputs, axis=-1)
        return self.dense(inputs)


@watches(fitting.set_initial_epoch)
def initial_epoch():
    """A callback can say, when training begins, in which epoch."""

    class Restore(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            fitting.set_initial_epoch(self.model, 2)

    assert vars(small_model())["_initial_epoch"] is None
    assert fit(small_model(), epochs=3, callbacks=[Restore()]).epoch == [2]


@watches(
    fitting.train_function_of, fitting.set_train_function, trainer.pass_over
)
def train_function():
    """`fit` calls a function that it can be given, with what has batches."""
    model = small_model()
    model.make_train_function()
    calls = []

    def passing_over_two(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            return trainer.pass_over(arguments, 2, {"loss": 7.0})
        return function(*arguments)

    function = fitting.train_function_of(model)
    fitting.set_train_function(model, passing_over_two)
    losses = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
    )
    kernel, bias = model.get_weights()
    # PyTorch has taken the batches before it calls, one each time.
    number = 2 if trainer.TRAIN_FUNCTION_TAKES_BATCHES else 1
    batch = SAMPLES[2 * number : 2 * number + 2]
    expected = np.mean((batch @ kernel + bias - batch[:, :1]) ** 2)
    fit(model, steps_per_epoch=2, callbacks=[watch], shuffle=False)
    assert fitting.train_function_of(model) is passing_over_two
    np.testing.assert_allclose(losses, [7.0, expected], rtol=1e-4)


@watches(fitting.trained_on_nothing, backend="jax")
def trained_on_nothing():
    """`fit` without a batch raises an error about logs."""
    data = pytest.importorskip("tensorflow").data.Dataset
    pair = data.from_tensor_slices((SAMPLES, SAMPLES[:, :1])).batch(2)
    model = small_model()
    fit(model)  # It would take a batch to build the rest of the model with.
    with pytest.raises(UnboundLocalError) as caught:
        model.fit(pair.filter(lambda x, y: False), verbose=0)
    assert fitting.trained_on_nothing(caught.value)


@watches(fitting.callbacks_in, fitting.set_callbacks)
def callback_list():
    """A `CallbackList` calls what is in its list at the time."""
    model, heard = small_model(), []

    def callback(name):
        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: heard.append(name)
        )

    callbacks = keras.callbacks.CallbackList(
        [callback("last")], add_history=True, model=model, epochs=1
    )
    others = fitting.callbacks_in(callbacks)
    fitting.set_callbacks(callbacks, [callback("first"), *others])
    fit(model, callbacks=callbacks)
    assert heard == ["first", "last"]


@watches(layers.regularized_variables, layers.losses_of_latest_call)
def losses_of_weights():
    """The losses of weights come after those of a call."""

    class Adding(keras.layers.Layer):
        def call(self, inputs):
            self.add_loss(keras.ops.convert_to_tensor(0.5))
            return inputs

    network = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(
                2,
                kernel_initializer="ones",
                kernel_regularizer=keras.regularizers.L1(1.0),
                activity_regularizer=keras.regularizers.L1(100.0),
            ),
            Adding(),
        ]
    )
    network(np.ones((1, 2), "float32"))
    (kernel,) = layers.regularized_variables(network)
    assert kernel is network.layers[0].kernel
    found = sorted(map(number, layers.losses_of_latest_call(network, 1)))
    assert found == [0.5, 400.0]
    assert sorted(map(number, network.losses)) == [0.5, 4.0, 400.0]


@watches(layers.is_seed)
def seed_states():
    """The state of a generator of seeds is named after it."""
    layer = keras.layers.Dropout(0.5, seed=1)
    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2), layer]
    )
    seeds = [v for v in network.variables if layers.is_seed(v)]
    assert [id(v) for v in seeds] == [id(layer.seed_generator.state)]


@watches(layers.shapes_built_with)
def build_config():
    """A network remembers the shapes that it was built with."""
    single, double = Subclassed(), Subclassed()
    single(np.zeros((3, 2), "float32"))
    double([np.zeros((3, 2), "float32"), np.zeros((3, 4), "float32")])
    assert tuple(layers.shapes_built_with(single)) == (3, 2)
    shapes = [tuple(shape) for shape in layers.shapes_built_with(double)]
    assert shapes == [(3, 2), (3, 4)]


@watches(layers.shapes_of_arguments)
def build_config_of_arguments():
    """A network remembers the shapes of all arguments of its `build`."""

    class OfTwo(keras.Model):
        def build(self, one_shape, other_shape):
            self.dense = keras.layers.Dense(1)
            self.dense.build((None, one_shape[-1] + other_shape[-1]))

        def call(self, one, other):
            return self.dense(keras.ops.concatenate([one, other], axis=-1))

    network = OfTwo()
    network(np.zeros((3, 2), "float32"), np.zeros((3, 4), "float32"))
    shapes = layers.shapes_of_arguments(network)
    assert {name: tuple(shape) for name, shape in shapes.items()} == {
        "one": (3, 2),
        "other": (3, 4),
    }
    assert layers.shapes_of_arguments(small_model()) == {}


@watches(layers.structure_of_inputs)
def inputs_as_they_were_given():
    """A functional model knows the keys of its dictionary of inputs."""
    one = keras.Input((2,), name="one")
    other = keras.Input((3,), name="other")
    joined = keras.layers.Concatenate()([one, other])
    model = keras.Model({"other": other, "one": one}, joined)
    structure = layers.structure_of_inputs(model)
    assert {key: tensor.shape[-1] for key, tensor in structure.items()} == {
        "one": 2,
        "other": 3,
    }
    model = keras.Model([other, one], joined)
    assert [t.name for t in layers.structure_of_inputs(model)] == [
        "other",
        "one",
    ]
    assert layers.structure_of_inputs(Subclassed()) is None


@watches(layers.assign_in_scope, layers.losses_in_scope)
def stateless_scope():
    """A scope can be given values, and keeps what layers have added."""

    class Adding(keras.layers.Layer):
        def call(self, inputs):
            self.add_loss(keras.ops.convert_to_tensor(0.5))
            return inputs

    variable, layer = keras.Variable(1.0), Adding()
    value = keras.ops.convert_to_tensor(2.0)
    scope = keras.StatelessScope([(variable, 1.0)], collect_losses=True)
    layers.assign_in_scope(scope, variable, value)
    assert scope.get_current_value(variable) is value
    with scope:
        assert float(variable.value) == 2.0
        layer(value)
    assert float(variable.value) == 1.0
    assert [float(loss) for loss in layers.losses_in_scope(scope)] == [0.5]


@watches(saving.is_remote)
def remote_paths():
    """Keras takes the same paths for remote ones."""
    from keras.src.utils.file_utils import is_remote_path

    paths = "gs://b/a.keras /cns/a.keras /hdfs/a.keras /tmp/a.keras a.keras"
    for path in [*paths.split(), "C:/a.keras", "/gcs/b/a", "hf://a/b"]:
        assert saving.is_remote(path) == bool(is_remote_path(path)), path


@watches(
    saving.always_warn_of_optimizers,
    saving.optimizers_not_loaded,
    saving.is_of_no_optimizer,
)
def optimizers_that_do_not_fit():
    """Keras warns, in its own words, where an optimizer does not fit."""
    optimizer = small_model().optimizer
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        saving.always_warn_of_optimizers()
        for _ in range(2):
            optimizer.load_own_variables({})
        optimizer.load_own_variables({"0": 1})
    assert len(saving.optimizers_not_loaded(caught)) == 3
    of_none = [saving.is_of_no_optimizer(warning) for warning in caught]
    assert of_none == [True, True, False]


@watches(saving.files_of_shards)
def shards():
    """A list of shards says which files there are."""
    wide = [keras.layers.Dense(size) for size in (900, 200)]
    model = keras.Sequential([keras.Input((200,)), *wide])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.weights.json")
        model.save_weights(path, max_shard_size=0.001)
        names = set(saving.files_of_shards(path.read_bytes()))
        files = {file.name for file in path.parent.glob("*.h5")}
    assert names == files != set()


@watches(saving.for_any_backend, backend="torch")
def optimizers_of_pytorch():
    """On PyTorch, optimizers are saved under names of their own."""
    inner = keras.optimizers.Adam(0.5)
    for optimizer in (inner, keras.optimizers.LossScaleOptimizer(inner)):
        config = keras.saving.serialize_keras_object(optimizer)
        assert "torch" in str(config)
        config = saving.for_any_backend(config)
        assert "torch" not in str(config)
        again = keras.saving.deserialize_keras_object(config)
        assert type(again) is type(optimizer)
        assert float(again.learning_rate) == 0.5


@watches(saving.for_any_backend, backend="jax")
@watches(saving.for_any_backend, backend="tensorflow")
def optimizers_of_others():
    """On other backends, optimizers are saved under their public names."""
    config = keras.saving.serialize_keras_object(keras.optimizers.Adam())
    assert saving.for_any_backend(config) == config


@watches(strategies.reduces_over_replicas, backend="tensorflow")
def exchange_in_a_branch():
    """Replicas cannot exchange anything in a branch of a graph."""
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])

    def step():
        context = tf.distribute.get_replica_context()
        return tf.cond(
            tf.random.uniform(()) < 0.5,
            lambda: context.all_reduce("sum", tf.ones(())),
            lambda: tf.zeros(()),
        )

    with pytest.raises(RuntimeError) as caught:
        tf.function(strategy.run)(step)
    assert strategies.reduces_over_replicas(caught.value)


@watches(fitting.differentiates_compiled_twice, backend="torch")
def gradient_of_a_compiled_gradient():
    """PyTorch compiles no gradients of gradients."""
    import torch

    compiled = torch.compile(lambda x: torch.tanh(x).sum(), backend="aot_eager")
    x = torch.ones(3, requires_grad=True)
    (gradient,) = torch.autograd.grad(compiled(x), x, create_graph=True)
    with pytest.raises(RuntimeError) as caught:
        gradient.sum().backward()
    assert fitting.differentiates_compiled_twice(caught.value)


@watches(strategies.strategy_of, backend="tensorflow")
def strategy_of_a_model():
    """A model knows the strategy that it was made in."""
    import tensorflow as tf

    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    with strategy.scope():
        model = small_model()
    assert strategies.strategy_of(model) is strategy


@watches(strategies.strategy_of, backend="jax")
@watches(strategies.strategy_of, backend="torch")
def no_strategy():
    """Without `tf.distribute`, a model has no strategy."""
    assert strategies.strategy_of(small_model()) is None


def recording(*names):
    """A class of models, and the list of what `fit` calls of some methods."""
    called = []

    def recorded(name):
        def method(model, *args, **kwargs):
            called.append(name)
            return getattr(keras.Sequential, name)(model, *args, **kwargs)

        return method

    members = {name: recorded(name) for name in names}
    return type("Recording", (keras.Sequential,), members), called


if BACKEND == "tensorflow":

    @watches(trainer.TrainerInternals._maybe_symbolic_build)
    def symbolic_build():
        """`fit` looks at the first batch, to build what is not built."""
        cls, called = recording("_maybe_symbolic_build")
        fit(small_model(cls))
        assert called == ["_maybe_symbolic_build"]

    @watches(trainer.TrainerInternals.distribute_strategy.fget)
    def data_through_the_strategy():
        """The trainer asks its strategy for the data set that it reads."""
        distributed = []

        class Recorded(keras.Sequential):
            @property
            def distribute_strategy(self):
                return Recorder(super().distribute_strategy)

        class Recorder:
            def __init__(self, strategy):
                self.strategy = strategy

            def __getattr__(self, name):
                if name == "experimental_distribute_dataset":
                    distributed.append(name)
                return getattr(self.strategy, name)

        model = small_model(Recorded)
        for read in (fit, keras.Model.predict):
            distributed.clear()
            read(model, SAMPLES) if read is not fit else read(model)
            assert len(distributed) == 1


if BACKEND == "jax":
    STEPS = ("train", "test", "predict")

    @watches(trainer.TrainerInternals.__setattr__, trainer.keep_state)
    def state_in_an_attribute():
        """The trainer keeps the state between steps in an attribute."""
        kept = []

        class Recorded(keras.Sequential):
            def __setattr__(self, name, value):
                if name == "_jax_state" and value:
                    kept.append({k: len(v) for k, v in value.items()})
                super().__setattr__(name, value)

        fit(small_model(Recorded))
        assert len(kept) == 3
        groups = ("trainable", "non_trainable", "optimizer", "metrics")
        assert set(kept[0]) == {f"{group}_variables" for group in groups}
        assert kept[0]["trainable_variables"] == 2

    @watches(trainer.keep_state, trainer.put_state_into_variables)
    def state_into_variables():
        """What the attribute holds is put into variables in time."""
        model = small_model()

        def replace(batch, logs):
            weights = [np.ones((2, 1), "float32"), np.zeros(1, "float32")]
            state = {**model._jax_state, "trainable_variables": weights}
            trainer.keep_state(model, state)
            trainer.put_state_into_variables(model)
            seen.append(model.get_weights()[0].ravel().tolist())

        seen = []
        watch = keras.callbacks.LambdaCallback(on_train_batch_end=replace)
        fit(model, callbacks=[watch], steps_per_epoch=1)
        assert seen == [[1.0, 1.0]]

    @watches(trainer.TrainerInternals._purge_model_variables)
    def purged_variables():
        """`fit` empties variables, through a method of the model."""
        cls, called = recording("_purge_model_variables")
        model = small_model(cls)
        empty = []
        watch = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: empty.append(
                model.trainable_variables[0]._value is None
            )
        )
        fit(model, callbacks=[watch])
        assert called and any(empty)

    @watches(
        *(
            getattr(trainer.TrainerInternals, f"make_{step}_function")
            for step in STEPS
        )
    )
    def functions_of_steps():
        """What a trainer calls for a batch takes a state and an iterator."""
        model, lengths = small_model(), {}

        def recorded(step, function):
            def run(state, iterator):
                batches = list(iterator)
                lengths[step] = len(state)
                outputs, state = function(state, iter(batches[:1]))
                assert len(state) == lengths[step]
                return outputs, state

            return run

        for step in STEPS:
            getattr(model, f"make_{step}_function")()
            name = f"{step}_function"
            setattr(model, name, recorded(step, getattr(model, name)))
        arguments = {"batch_size": 6, "verbose": 0}
        model.fit(SAMPLES, SAMPLES[:, :1], **arguments)
        model.evaluate(SAMPLES, SAMPLES[:, :1], **arguments)
        model.predict(SAMPLES, **arguments)
        assert lengths == {"train": 4, "test": 3, "predict": 2}


@watches(optimizers.count_of_gradients)
def counted_gradients():
    """An optimizer also counts gradients that it accumulates."""
    weight = keras.Variable(np.zeros(2, "float32"))
    inner = keras.optimizers.SGD(gradient_accumulation_steps=2)
    inner.build([weight])
    count = optimizers.count_of_gradients(inner)
    inner.apply([keras.ops.ones(2)], [weight])
    assert (int(count.value), int(inner.iterations)) == (1, 0)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keras_is_as_it_was(check):
    check()


def test_every_entry_has_a_check():
    watched = [entry for check in CHECKS for entry in check.entries]
    missing = {
        name for name, entry in entries().items() if entry not in watched
    }
    elsewhere = {
        "tensorflow": {"trained_on_nothing", "differentiates_compiled_twice"},
        "torch": {"trained_on_nothing", "reduces_over_replicas"},
        "jax": {"reduces_over_replicas", "differentiates_compiled_twice"},
    }
    assert missing == elsewhere[BACKEND]


def test_every_entry_says_what_to_do():
    found = entries()
    assert len(found) > 15
    for entry in found.values():
        assert "Why: " in inspect.getdoc(entry)
        assert advice(entry)


def test_a_change_is_told_with_the_advice():
    @watches(layers.is_seed, backend=None)
    def wrong():
        """Something holds."""
        raise AttributeError("gone")

    with pytest.raises(AssertionError, match="holds.\nWhen it is gone: look"):
        wrong()
