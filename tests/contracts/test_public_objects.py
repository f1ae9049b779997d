"""What holds for every public object, whatever it computes."""

import inspect
import json
import pkgutil
from importlib import import_module

import keras
import numpy as np
import pytest
from contracts.tables import AUGMENTATIONS
from contracts.tables import CONFIGURED
from contracts.tables import CONSTRAINTS
from contracts.tables import LABELED_LAYERS
from contracts.tables import LAYERS
from contracts.tables import LOSSES
from contracts.tables import NOT_SERIALIZED
from contracts.tables import ORDER_MATTERS
from contracts.tables import OTHERS
from contracts.tables import PENALTIES
from contracts.tables import REGULARIZERS
from contracts.tables import SAMPLE_REGULARIZERS
from contracts.tables import WEIGHT_REGULARIZERS
from contracts.tables import classified
from contracts.tables import data_for
from contracts.tables import each
from contracts.tables import other
from contracts.tables import pair
from contracts.tables import role_of
from contracts.tables import serialized
from keras import ops

import keras_regan as kr

layers = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


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


def configured():
    return {**serialized(), **CONFIGURED}


def test_every_public_class_is_in_the_tables():
    tabled = {key.split("[")[0] for key in configured()} | NOT_SERIALIZED
    assert tabled == public_classes()


def same_config(first, second):
    """Whether two configs ask for the same, in the form of a file.

    What a layer that holds others was built with belongs to the file, not to
    what was asked for.
    """

    def asked(config):
        if isinstance(config, dict):
            return {
                key: asked(value)
                for key, value in config.items()
                if key != "build_config"
            }
        return (
            [asked(v) for v in config] if isinstance(config, list) else config
        )

    first, second = (json.loads(json.dumps(c)) for c in (first, second))
    return asked(first) == asked(second)


@each(configured())
def test_config_round_trip(key):
    instance = configured()[key]()
    config = json.loads(
        json.dumps(keras.saving.serialize_keras_object(instance))
    )
    # Keras's wrappers take out of the config what they have read.
    copy = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert type(copy) is type(instance)
    assert same_config(copy.get_config(), instance.get_config())
    assert same_config(keras.saving.serialize_keras_object(copy), config)


@each(configured())
def test_config_holds_every_argument(key):
    instance = configured()[key]()
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
def test_config_is_saved_inside_a_gan(key, tmp_path):
    instance = serialized()[key]()
    gan = gan_with(key, instance)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    saved = json.dumps(keras.saving.serialize_keras_object(instance))
    if key in LAYERS or key in CONSTRAINTS:
        held = loaded.discriminator.layers
        if key in CONSTRAINTS:
            held = [layer.kernel_constraint for layer in held]
        (copy,) = [one for one in held if type(one) is type(instance)]
        assert same_config(copy.get_config(), instance.get_config())
        return
    config = loaded.get_compile_config()
    # Names of variables change, and with them nothing that was asked for.
    assert config == gan.get_compile_config()
    assert saved in json.dumps(config)


def gan_with(key, instance=None, eager=True):
    """Returns a compiled GAN that has an object in its place."""
    keras.utils.set_random_seed(0)
    if instance is None:
        instance = serialized()[key]()
    arguments = {}
    if key in AUGMENTATIONS:
        generator, discriminator = pair(sample_shape=(8, 8, 1))
        arguments["augmentation"] = instance
    else:
        generator, discriminator = pair(key)
    if key in LOSSES:
        arguments["loss"] = instance
    elif key in LAYERS:
        generator, discriminator = pair_with_layer(key, instance)
    elif key in CONSTRAINTS:
        discriminator = keras.Sequential(
            [layers.Input((2,)), layers.Dense(1, kernel_constraint=instance)]
        )
    elif key in REGULARIZERS:
        arguments[f"{role_of(instance)}_regularizers"] = [instance]
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
        discriminator_optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
        run_eagerly=eager,
        **arguments,
    )
    return gan


def pair_with_layer(key, layer):
    """Returns networks of which the discriminator begins with a layer."""
    inputs = samples = keras.Input((2,))
    num_classes = None
    if key in LABELED_LAYERS:
        num_classes = 4
        inputs = [samples, keras.Input((), dtype="int32")]
    logits = layers.Dense(1)(layer(inputs))
    generator, _ = kr.networks.mlp(
        (2,),
        latent_dim=3,
        hidden=(8,),
        output_activation=None,
        num_classes=num_classes,
    )
    return generator, keras.Model(inputs, logits)


def batch_for(key, size=8):
    """Returns a batch that the GAN with an object takes."""
    random = np.random.default_rng(0)
    if key in AUGMENTATIONS:
        return (random.normal(size=(size, 8, 8, 1)).astype("float32"),)
    samples = random.normal(size=(size, 2)).astype("float32")
    if key in LABELED_LAYERS:
        return samples, np.arange(size, dtype="int32") % 4
    return data_for(key, samples)


@each(serialized())
def test_resumed_run_is_the_same(key, tmp_path):
    """Saved after two steps, loaded, and gone on: as if never stopped."""
    gan = gan_with(key)
    for _ in range(2):
        gan.train_on_batch(*batch_for(key))
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    logs = []
    for model in (gan, loaded):
        model.reset_metrics()
        logs.append(model.train_on_batch(*batch_for(key), return_dict=True))
    for name, value in logs[0].items():
        np.testing.assert_allclose(logs[1][name], value, rtol=1e-6, atol=1e-7)
    for first, second in zip(
        gan.get_weights(), loaded.get_weights(), strict=True
    ):
        np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-7)


@each(serialized())
def test_compiled_equals_eager(key):
    """Two steps, so that lazy penalties are in and out once."""
    logs, weights = [], []
    for eager in (True, False):
        gan = gan_with(key, eager=eager)
        logs += [
            gan.train_on_batch(*batch_for(key), return_dict=True)
            for _ in range(2)
        ]
        weights.append(gan.get_weights())
    for first, second in zip(logs[:2], logs[2:], strict=True):
        for name, value in first.items():
            assert np.isfinite(value), name
            np.testing.assert_allclose(
                second[name], value, rtol=1e-4, atol=1e-5, err_msg=name
            )
    for first, second in zip(*weights, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-4)


def assert_float32_scalar(value):
    assert tuple(value.shape) == ()
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert np.isfinite(ops.convert_to_numpy(value))


def half_precision(*shape, seed=0):
    # Large enough that sums and squares do not fit into float16.
    random = np.random.default_rng(seed)
    return ops.convert_to_tensor((300.0 * random.normal(size=shape)), "float16")


@each(LOSSES)
def test_loss_of_half_precision(key):
    if key == "losses.AdversarialLoss":
        pytest.skip("a user's own formula")
    loss = LOSSES[key]()
    real, fake = half_precision(2, 6, 1)
    assert_float32_scalar(loss.discriminator_loss(real, fake))
    assert_float32_scalar(loss.generator_loss(fake, real))


def called_with(regularizer):
    """How many tensors a regularizer is called with."""
    return len(getattr(regularizer, "called_with", ("kernel",)))


@each({**WEIGHT_REGULARIZERS, **SAMPLE_REGULARIZERS})
def test_regularizer_of_half_precision(key):
    regularizer = REGULARIZERS[key](0.5)
    tensors = [
        half_precision(6, 3, 2, seed=i) for i in range(called_with(regularizer))
    ]
    assert_float32_scalar(regularizer(*tensors))


class Recorded(kr.penalties.Penalty):
    """Records what another regularizer returns."""

    def __init__(self, regularizer):
        super().__init__(name="recorded")
        self.entry = kr.penalties.Scheduled(regularizer)
        self.values = []

    @property
    def networks(self):
        return self.entry.networks

    @property
    def variables(self):
        return self.entry.variables

    def call(self, context):
        self.values.append(self.entry(context))
        return self.values[-1]

    def after_update(self, kernels, learning_rate, step):
        self.entry.after_update(kernels, learning_rate, step)

    def logged(self, added, kernels):
        return self.entry.logged(added, kernels)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@each(REGULARIZERS)
def test_term_under_mixed_precision(key, policy, images):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        networks = pair(key, sample_shape=(8, 8, 1), convolutions=True)
    finally:
        keras.config.set_dtype_policy(previous)
    gan = kr.RegularizedGAN(*networks, seed=0)
    recorded = Recorded(REGULARIZERS[key](0.5))
    gan.compile(
        **{f"{recorded.networks[0]}_regularizers": [recorded]},
        run_eagerly=True,
    )
    logs = gan.train_on_batch(*data_for(key, images[:8]), return_dict=True)
    assert recorded.values
    for value in recorded.values:
        assert tuple(value.shape) == ()
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert all(np.isfinite(value) for value in logs.values())
    for weight in gan.get_weights():
        assert np.isfinite(weight).all()


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
    """Samples and their latents change places; the real ones stay."""
    regularizer = REGULARIZERS[key](0.5)
    random = np.random.default_rng(0)
    permutation = np.random.default_rng(1).permutation(7)
    names = getattr(regularizer, "called_with", ("kernel",))
    tensors = [random.normal(size=(7, 3)).astype("float32") for _ in names]
    permuted = [
        tensor if name == "real" else tensor[permutation]
        for name, tensor in zip(names, tensors, strict=True)
    ]
    same = np.allclose(
        ops.convert_to_numpy(regularizer(*tensors)),
        ops.convert_to_numpy(regularizer(*permuted)),
        rtol=1e-5,
    )
    assert same == (key not in ORDER_MATTERS)


@pytest.fixture(scope="module")
def unregularized():
    """What `trained` returned without an entry, computed once."""
    return {}


@pytest.fixture
def trained(vectors, unregularized):
    """Trains two steps and returns what the two networks became.

    A network that is `frozen` has a learning rate of zero, so that what the
    other one becomes is due to its own loss alone.
    """

    def train(frozen, key="", entry=None, role=None, data=vectors):
        kind = frozen, classified(key)
        if entry is None and kind in unregularized:
            return unregularized[kind]
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*pair(key), seed=0)
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
        logs = [
            gan.train_on_batch(*data_for(key, data), return_dict=True)
            for _ in range(2)
        ]
        result = {
            "generator": gan.generator.get_weights(),
            "discriminator": gan.discriminator.get_weights(),
            "logs": logs[0],
        }
        if entry is None:
            unregularized[kind] = result
        return result

    return train


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@each(REGULARIZERS)
def test_gradient_reaches_only_its_own_network(key, trained):
    for own in kr.penalties.Scheduled(REGULARIZERS[key](30.0)).networks:
        # With its own network held still, the other one must not notice.
        plain = trained(own, key)
        regularized = trained(own, key, REGULARIZERS[key](30.0), own)
        assert equal(plain[other(own)], regularized[other(own)])
        # And its own does, with the other one held still.
        plain = trained(other(own), key)
        regularized = trained(other(own), key, REGULARIZERS[key](30.0), own)
        assert not equal(plain[own], regularized[own])
        assert equal(plain[other(own)], regularized[other(own)])


@each(REGULARIZERS)
def test_zero_factor_adds_exactly_zero(key, trained):
    entry = REGULARIZERS[key](0.0)
    own = role_of(entry)
    plain = trained(None, key)
    regularized = trained(None, key, entry, own)
    assert equal(plain["generator"], regularized["generator"])
    assert equal(plain["discriminator"], regularized["discriminator"])
    logs, expected = regularized["logs"], plain["logs"]
    (added,) = set(logs) - set(expected)
    assert logs[added] == 0
    for name, value in expected.items():
        assert logs[name] == value


@each(REGULARIZERS)
def test_logged_is_what_was_added(key, trained):
    """Both networks still, so that only the term is different."""
    entry = REGULARIZERS[key](0.7)
    own = role_of(entry)
    keras.utils.set_random_seed(0)
    logs = []
    networks = pair(key)
    for entries in ([], [entry]):
        gan = kr.RegularizedGAN(*networks, seed=0)
        gan.compile(
            generator_optimizer=keras.optimizers.SGD(0.0),
            discriminator_optimizer=keras.optimizers.SGD(0.0),
            **{f"{own}_regularizers": entries},
            run_eagerly=True,
        )
        samples = np.random.default_rng(0).normal(size=(8, 2))
        batch = data_for(key, samples.astype("float32"))
        logs.append(gan.train_on_batch(*batch, return_dict=True))
    (name,) = set(logs[1]) - set(logs[0])
    added = logs[1][f"{own[0]}_loss"] - logs[0][f"{own[0]}_loss"]
    if key == "penalties.ProximalL1":
        assert added == 0 and logs[1][name] == 0  # No weight is zero.
        return
    assert logs[1][name] != 0
    np.testing.assert_allclose(logs[1][name], added, rtol=1e-3, atol=1e-5)


@each(PENALTIES)
def test_penalty_does_not_see_the_order(key, trained, vectors):
    """Real samples change places, with their labels."""
    entry = PENALTIES[key](0.5)
    role = role_of(entry)
    order = np.arange(len(vectors))
    np.random.default_rng(1).shuffle(order[::4])
    permuted = vectors[order]
    first = trained(role, key, entry, role)["logs"]
    second = trained(role, key, PENALTIES[key](0.5), role, data=permuted)
    same = all(
        np.allclose(second["logs"][name], value, rtol=1e-4, atol=1e-7)
        for name, value in first.items()
    )
    # The largest of all gradients may be the same in another order.
    assert same == (key not in ORDER_MATTERS) or "Max" in key


@each({**LOSSES, **REGULARIZERS})
def test_forms_of_logits_mean_the_same(key, vectors):
    logs = []
    for shape in [(1,), (), (1, 1, 1)]:
        keras.utils.set_random_seed(0)
        gan = with_logits(key, shape)
        assert gan.discriminator.output["logits"].shape == (None, *shape)
        batch = data_for(key, vectors[:8])
        logs.append(gan.train_on_batch(*batch, return_dict=True))
        assert_finite(gan, logs[-1])
    for more in logs[1:]:
        assert set(more) == set(logs[0])
        for name, value in logs[0].items():
            np.testing.assert_allclose(more[name], value, rtol=1e-5, atol=1e-7)


def with_logits(key, shape, **arguments):
    """Returns a GAN with a loss or a regularizer and logits of a shape."""
    gan = kr.RegularizedGAN(*pair(key, shape, **arguments), seed=0)
    entry = {}
    if key in LOSSES:
        entry["loss"] = LOSSES[key]()
    else:
        instance = REGULARIZERS[key](0.01)
        entry[f"{role_of(instance)}_regularizers"] = [instance]
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.01),
        discriminator_optimizer=keras.optimizers.SGD(0.01),
        run_eagerly=True,
        **entry,
    )
    return gan


def assert_finite(gan, logs):
    for name, value in logs.items():
        assert np.isfinite(value), name
    for weight in gan.get_weights():
        assert np.isfinite(weight).all()


@each({**LOSSES, **REGULARIZERS})
def test_map_of_patches(key, images):
    gan = with_logits(key, (4, 4, 1), sample_shape=(8, 8, 1))
    batch = data_for(key, images[:8])
    assert_finite(gan, gan.train_on_batch(*batch, return_dict=True))


@each(serialized())
def test_batch_of_one(key):
    gan = gan_with(key)
    for _ in range(2):
        logs = gan.train_on_batch(*batch_for(key, size=1), return_dict=True)
    assert_finite(gan, logs)


@each(serialized())
def test_equal_samples(key):
    gan = gan_with(key)
    gan.generator.set_weights(
        [np.zeros_like(w) for w in gan.generator.get_weights()]
    )
    samples, *labels = batch_for(key)
    for _ in range(2):
        logs = gan.train_on_batch(
            np.zeros_like(samples), *labels, return_dict=True
        )
    assert_finite(gan, logs)
