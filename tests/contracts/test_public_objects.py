"""What holds for every public object, whatever it computes."""

import inspect
import json
import pkgutil
from importlib import import_module

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
PairwiseDistance = kr.regularizers.PairwiseDistance


@keras.saving.register_keras_serializable("test_public_objects")
class Linear(kr.losses.AdversarialLoss):
    """The smallest loss that a user can write."""

    def discriminator_loss(self, real_logits, fake_logits):
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator_loss(self, fake_logits, real_logits=None):
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable("test_public_objects")
class Size(kr.regularizers.SampleRegularizer):
    """The smallest regularizer of samples that a user can write."""

    def __init__(self, factor=1.0, *, name="size"):
        super().__init__(factor, name=name)

    def call(self, samples):
        return ops.mean(ops.square(samples))


@keras.saving.register_keras_serializable("test_public_objects")
class LogitDrift(kr.penalties.Penalty):
    """The smallest penalty that a user can write."""

    networks = ("discriminator",)

    def call(self, context):
        return ops.mean(ops.square(context.real_logits))


# One line for every public class, several for one with several algorithms.
# A name ends where the bracket begins. Base classes stand for a user's own.

LOSSES = {
    "losses.AdversarialLoss": Linear,
    "losses.Minimax": lambda: kr.losses.Minimax(label_smoothing=0.1),
    "losses.NonSaturating": lambda: kr.losses.NonSaturating(
        label_smoothing=0.25
    ),
    "losses.LeastSquares": kr.losses.LeastSquares,
    "losses.Hinge": kr.losses.Hinge,
    "losses.Wasserstein": kr.losses.Wasserstein,
    "losses.Relativistic": kr.losses.Relativistic,
}
WEIGHT_REGULARIZERS = {
    "regularizers.L1": lambda f: kr.regularizers.L1(f, name="a"),
    "regularizers.L2": lambda f: kr.regularizers.L2(f, name="a"),
    "regularizers.L1L2": lambda f: kr.regularizers.L1L2(f, f, name="a"),
}
SAMPLE_REGULARIZERS = {
    "regularizers.SampleRegularizer": Size,
    "regularizers.PairwiseDistance": PairwiseDistance,
    "regularizers.PairwiseDistance[attract]": lambda f: PairwiseDistance(
        f, direction="attract", distance="l1", name="a"
    ),
    "regularizers.PairwiseDistance[margin]": lambda f: PairwiseDistance(
        f, margin=10.0
    ),
    "regularizers.PairwiseDistance[all]": lambda f: PairwiseDistance(
        f, margin=10.0, pairing="all"
    ),
    "regularizers.PairwiseDistance[all_l1]": lambda f: PairwiseDistance(
        f, distance="l1", pairing="all"
    ),
}
PENALTIES = {
    "penalties.Penalty": LogitDrift,
    "penalties.R1": lambda f: kr.penalties.R1(f, name="a"),
    "penalties.R2": lambda f: kr.penalties.R2(f, interval=2),
    "penalties.Scheduled": lambda f: kr.penalties.Scheduled(
        kr.penalties.R1(2.0), f, name="a"
    ),
    "penalties.Scheduled[samples]": lambda f: kr.penalties.Scheduled(
        PairwiseDistance(1.0), f, interval=2
    ),
    "penalties.Scheduled[weights]": lambda f: kr.penalties.Scheduled(
        kr.regularizers.L2(1.0), f
    ),
}
REGULARIZERS = {**WEIGHT_REGULARIZERS, **SAMPLE_REGULARIZERS, **PENALTIES}
LAYERS = {
    "layers.SampleRegularization": lambda: kr.layers.SampleRegularization(
        PairwiseDistance(0.1, margin=1.0), name="a"
    ),
}
NOT_SERIALIZED = {
    "callbacks.SampleGrid",
    "penalties.StepContext",  # Made anew in every step.
}
ORDER_MATTERS = {
    "regularizers.PairwiseDistance",
    "regularizers.PairwiseDistance[attract]",
    "regularizers.PairwiseDistance[margin]",
}
# Of these the networks and `tests/models` take care.
OTHERS = {"models", "networks"}


def each(table):
    return pytest.mark.parametrize("key", list(table))


def role_of(entry):
    networks = kr.penalties.Scheduled(entry).networks
    return networks[0]


def other(role):
    return {"generator": "discriminator", "discriminator": "generator"}[role]


def serialized():
    """All objects that can be saved, by their line in the tables."""
    half = {
        key: lambda build=build: build(0.5)
        for key, build in REGULARIZERS.items()
    }
    return {**LOSSES, **LAYERS, **half}


def public_classes():
    names = set()
    for module in pkgutil.iter_modules(kr.__path__):
        if module.ispkg and module.name[0] != "_" and module.name not in OTHERS:
            package = import_module(f"keras_regan.{module.name}")
            names |= {
                f"{module.name}.{name}"
                for name, value in vars(package).items()
                if inspect.isclass(value) and name[0] != "_"
            }
    return names


def test_every_public_class_is_in_the_tables():
    tabled = {key.split("[")[0] for key in serialized()} | NOT_SERIALIZED
    assert tabled == public_classes()


@each(serialized())
def test_config_round_trip(key):
    instance = serialized()[key]()
    config = json.loads(
        json.dumps(keras.saving.serialize_keras_object(instance))
    )
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(instance)
    assert copy.get_config() == instance.get_config()
    assert keras.saving.serialize_keras_object(copy) == config


@each(serialized())
def test_config_holds_every_argument(key):
    instance = serialized()[key]()
    arguments = {
        name
        for name, parameter in inspect.signature(
            type(instance).__init__
        ).parameters.items()
        if name != "self"
        and parameter.kind
        not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    config = instance.get_config()
    if isinstance(instance, layers.Layer):
        arguments |= {"name", "trainable", "dtype"}
    assert set(config) == arguments
    assert set(config) <= set(dir(instance)) | {"dtype"}


@each(serialized())
def test_config_is_saved_inside_a_gan(key, vector_pair, tmp_path):
    instance = serialized()[key]()
    generator, discriminator = vector_pair()
    arguments = {}
    if key in LOSSES:
        arguments["loss"] = instance
    elif key in LAYERS:
        generator = keras.Sequential([*generator.layers, instance])
    else:
        arguments[f"{role_of(instance)}_regularizers"] = [instance]
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(**arguments)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    if key in LAYERS:
        copy = loaded.generator.layers[-1]
        assert copy.get_config() == instance.get_config()
        return
    config = loaded.get_compile_config()
    # Names of variables change, and with them nothing that was asked for.
    assert config == gan.get_compile_config()
    saved = keras.saving.serialize_keras_object(instance)
    assert json.dumps(saved) in json.dumps(config)


def assert_float32_scalar(value):
    assert tuple(value.shape) == ()
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert np.isfinite(ops.convert_to_numpy(value))


def half_precision(*shape):
    # Large enough that sums and squares do not fit into float16.
    random = np.random.default_rng(0)
    return ops.convert_to_tensor((300.0 * random.normal(size=shape)), "float16")


@each(LOSSES)
def test_loss_of_half_precision(key):
    if key == "losses.AdversarialLoss":
        pytest.skip("a user's own formula")
    loss = LOSSES[key]()
    real, fake = half_precision(2, 6, 1)
    assert_float32_scalar(loss.discriminator_loss(real, fake))
    assert_float32_scalar(loss.generator_loss(fake, real))


@each({**WEIGHT_REGULARIZERS, **SAMPLE_REGULARIZERS})
def test_regularizer_of_half_precision(key):
    assert_float32_scalar(REGULARIZERS[key](0.5)(half_precision(6, 3, 2)))


class Recorded(kr.penalties.Penalty):
    """Records what another regularizer returns."""

    def __init__(self, regularizer):
        super().__init__(name="recorded")
        self.entry = kr.penalties.Scheduled(regularizer)
        self.values = []

    @property
    def networks(self):
        return self.entry.networks

    def call(self, context):
        self.values.append(self.entry(context))
        return self.values[-1]


@each(REGULARIZERS)
def test_term_under_mixed_precision(key, image_pair, images):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        pair = image_pair()
    finally:
        keras.config.set_dtype_policy(previous)
    gan = kr.RegularizedGAN(*pair, seed=0)
    recorded = Recorded(REGULARIZERS[key](0.5))
    gan.compile(
        **{f"{recorded.networks[0]}_regularizers": [recorded]},
        run_eagerly=True,
    )
    logs = gan.train_on_batch(images[:8], return_dict=True)
    assert recorded.values
    for value in recorded.values:
        assert tuple(value.shape) == ()
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert all(np.isfinite(value) for value in logs.values())
    recorded = [value for name, value in logs.items() if "recorded" in name]
    assert len(recorded) == 1 and recorded[0] != 0


@each(LOSSES)
def test_loss_does_not_see_the_order(key):
    loss = LOSSES[key]()
    logits = np.random.default_rng(0).normal(size=(2, 7, 1)).astype("float32")
    permuted = logits[:, np.random.default_rng(1).permutation(7)]
    for method, order in (("discriminator_loss", 1), ("generator_loss", -1)):
        np.testing.assert_allclose(
            ops.convert_to_numpy(getattr(loss, method)(*logits[::order])),
            ops.convert_to_numpy(getattr(loss, method)(*permuted[::order])),
            rtol=1e-5,
        )


@each({**WEIGHT_REGULARIZERS, **SAMPLE_REGULARIZERS})
def test_regularizer_does_not_see_the_order(key):
    samples = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    permuted = samples[np.random.default_rng(1).permutation(7)]
    regularizer = REGULARIZERS[key](0.5)
    same = np.allclose(
        ops.convert_to_numpy(regularizer(samples)),
        ops.convert_to_numpy(regularizer(permuted)),
        rtol=1e-5,
    )
    assert same == (key not in ORDER_MATTERS)


@pytest.fixture(scope="module")
def unregularized():
    """What `trained` returned without an entry, computed once."""
    return {}


@pytest.fixture
def trained(vector_pair, vectors, unregularized):
    """Trains two steps and returns what the two networks became.

    A network that is `frozen` has a learning rate of zero, so that what the
    other one becomes is due to its own loss alone.
    """

    def train(frozen, entry=None, role=None, data=vectors):
        if entry is None and frozen in unregularized:
            return unregularized[frozen]
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile(
            **{
                f"{name}_optimizer": keras.optimizers.SGD(
                    0.0 if name == frozen else 0.01
                )
                for name in ("generator", "discriminator")
            },
            **({} if entry is None else {f"{role}_regularizers": [entry]}),
            run_eagerly=True,
        )
        for _ in range(2):
            logs = gan.train_on_batch(data, return_dict=True)
        result = {
            "generator": gan.generator.get_weights(),
            "discriminator": gan.discriminator.get_weights(),
            "logs": logs,
        }
        if entry is None:
            unregularized[frozen] = result
        return result

    return train


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@each(REGULARIZERS)
def test_gradient_reaches_only_its_own_network(key, trained):
    entry = REGULARIZERS[key](30.0)
    own = role_of(entry)
    # With its own network held still, the other one must not notice.
    plain, regularized = trained(own), trained(own, entry, own)
    assert equal(plain[other(own)], regularized[other(own)])
    # And its own does, with the other one held still.
    plain = trained(other(own))
    regularized = trained(other(own), entry, own)
    assert not equal(plain[own], regularized[own])
    assert equal(plain[other(own)], regularized[other(own)])


@each(REGULARIZERS)
def test_zero_factor_adds_exactly_zero(key, trained):
    entry = REGULARIZERS[key](0.0)
    own = role_of(entry)
    plain = trained(None)
    regularized = trained(None, entry, own)
    assert equal(plain["generator"], regularized["generator"])
    assert equal(plain["discriminator"], regularized["discriminator"])
    logs, expected = regularized["logs"], plain["logs"]
    (added,) = set(logs) - set(expected)
    assert logs[added] == 0
    for name, value in expected.items():
        assert logs[name] == value


@each(PENALTIES)
def test_penalty_does_not_see_the_order(key, trained, vectors):
    entry = PENALTIES[key](0.5)
    role = role_of(entry)
    permuted = vectors[np.random.default_rng(1).permutation(len(vectors))]
    first = trained(role, entry, role)["logs"]
    second = trained(role, PENALTIES[key](0.5), role, data=permuted)["logs"]
    for name, value in first.items():
        np.testing.assert_allclose(second[name], value, rtol=1e-4, atol=1e-7)


def all_regularizers(role):
    """One of each kind in one list, under names of their own."""
    entries = [build(0.01) for build in REGULARIZERS.values()]
    return [
        kr.penalties.Scheduled(entry, name=f"entry_{index}")
        for index, entry in enumerate(entries)
        if role_of(entry) == role
    ]


def compiled(pair, loss, rate):
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile(
        loss=loss,
        generator_optimizer=keras.optimizers.SGD(rate),
        discriminator_optimizer=keras.optimizers.SGD(rate),
        generator_regularizers=all_regularizers("generator"),
        discriminator_regularizers=all_regularizers("discriminator"),
        run_eagerly=True,
    )
    return gan


def assert_finite(gan, logs):
    assert len(logs) == 2 + len(REGULARIZERS)
    for name, value in logs.items():
        assert np.isfinite(value), name
    for weight in gan.get_weights():
        assert np.isfinite(weight).all()


@each(LOSSES)
def test_forms_of_logits_mean_the_same(key, vector_pair, vectors):
    generator, discriminator = vector_pair()
    logs = []
    for shape in [(1,), (), (1, 1, 1)]:
        inputs = keras.Input((2,))
        logits = layers.Reshape(shape)(discriminator(inputs))
        assert logits.shape == (None, *shape)
        pair = generator, keras.Model(inputs, logits)
        gan = compiled(pair, LOSSES[key](), rate=0.0)
        logs.append(gan.train_on_batch(vectors[:8], return_dict=True))
        assert_finite(gan, logs[-1])
    for more in logs[1:]:
        assert set(more) == set(logs[0])
        for name, value in logs[0].items():
            np.testing.assert_allclose(more[name], value, rtol=1e-5, atol=1e-7)


@each(LOSSES)
def test_map_of_patches(key, image_pair, images):
    generator, _ = image_pair()
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 4, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Conv2D(1, 3, padding="same"),
        ]
    )
    assert discriminator.output_shape == (None, 4, 4, 1)
    gan = compiled((generator, discriminator), LOSSES[key](), rate=0.01)
    assert_finite(gan, gan.train_on_batch(images[:8], return_dict=True))


@each(LOSSES)
def test_batch_of_one(key, vector_pair, vectors):
    gan = compiled(vector_pair(), LOSSES[key](), rate=0.01)
    assert_finite(gan, gan.train_on_batch(vectors[:1], return_dict=True))


@each(LOSSES)
def test_equal_samples(key, vector_pair):
    gan = compiled(vector_pair(), LOSSES[key](), rate=0.01)
    zeros = [np.zeros_like(w) for w in gan.generator.get_weights()]
    gan.generator.set_weights(zeros)
    data = np.zeros((8, 2), "float32")
    assert_finite(gan, gan.train_on_batch(data, return_dict=True))
