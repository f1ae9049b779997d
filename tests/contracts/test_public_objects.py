"""What holds for every public object, whatever it computes."""

import inspect
import json
import pkgutil
from importlib import import_module

import keras
import numpy as np
import pytest
from constructors import constructor_arguments
from contracts.groups import AUGMENTATION_GROUPS
from contracts.groups import EAGER
from contracts.groups import GROUPS
from contracts.groups import LAYER_GROUPS
from contracts.groups import arguments_for
from contracts.groups import compiled
from contracts.groups import group
from contracts.groups import group_of_augmentations
from contracts.groups import group_of_layers
from contracts.groups import log_name
from contracts.groups import together
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
from contracts.tables import each_on_torch
from contracts.tables import on_vectors
from contracts.tables import other
from contracts.tables import pair
from contracts.tables import read
from contracts.tables import role_of
from contracts.tables import serialized
from contracts.tables import told
from keras import ops

import keras_regan as kr
from keras_regan.losses._drawing import with_seed

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
    arguments = {*constructor_arguments(type(instance))}
    if not arguments and isinstance(instance, layers.Layer):
        # The constructor is that of a layer of Keras.
        taken = inspect.signature(type(instance)).parameters
        arguments = {*taken} - {"kwargs"}
    config = instance.get_config()
    if isinstance(instance, layers.Layer):
        arguments |= {"name", "trainable", "dtype"}
    assert set(config) == arguments
    assert set(config) <= set(dir(instance)) | {"dtype"}


def gan_with(key, instance):
    """Returns a compiled GAN that has an object in its place."""
    keras.utils.set_random_seed(0)
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
    return compiled((generator, discriminator), rate=0.05, **arguments)


def pair_with_layer(key, layer):
    """Returns networks of which the discriminator begins with a layer."""
    inputs = samples = keras.Input((2,))
    num_classes = None
    if key in LABELED_LAYERS:
        num_classes = 4
        inputs = [samples, keras.Input((), dtype="int32")]
    logits = layers.Dense(1)(on_vectors(key, layer)(inputs))
    generator, _ = kr.networks.mlp(
        (2,),
        latent_dim=3,
        hidden=(8,),
        output_activation=None,
        num_classes=num_classes,
    )
    return generator, keras.Model(inputs, logits)


def batch_for(*keys, size=8):
    """Returns a batch that the GAN with some objects takes."""
    random = np.random.default_rng(0)
    if {*keys} & {*AUGMENTATIONS}:
        return (random.normal(size=(size, 8, 8, 1)).astype("float32"),)
    samples = random.normal(size=(size, 2)).astype("float32")
    if {*keys} & LABELED_LAYERS:
        return samples, np.arange(size, dtype="int32") % 4
    return data_for(samples, *keys)


def assert_float32_scalar(value):
    assert tuple(value.shape) == ()
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert np.isfinite(ops.convert_to_numpy(value))


def half_precision(*shape, seed=0):
    # Large enough that sums and squares do not fit into float16.
    random = np.random.default_rng(seed)
    return ops.convert_to_tensor((300.0 * random.normal(size=shape)), "float16")


def drawing(method):
    """Returns a method of a loss with what it draws from."""
    return with_seed(method, keras.random.SeedGenerator(0))


@each(LOSSES)
def test_loss_of_half_precision(key):
    if key == "losses.AdversarialLoss":
        pytest.skip("a user's own formula")
    loss = LOSSES[key]()
    real, fake = half_precision(2, 6, 1)
    for method, logits in (
        (loss.discriminator_loss, (real, fake)),
        (loss.generator_loss, (fake, real)),
    ):
        assert_float32_scalar(drawing(method)(*logits))


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


@each(LOSSES)
def test_loss_does_not_see_the_order(key):
    if key == "losses.FlippedLabels":
        pytest.skip("it flips by the order")
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


class Recorded(kr.penalties.Penalty):
    """Records what another regularizer returns."""

    def __init__(self, regularizer):
        self.entry = kr.penalties.Scheduled(regularizer)
        super().__init__(name=self.entry.name)
        self.values = []

    def build(self, kernels):
        self.entry.build(kernels)

    @property
    def networks(self):
        return self.entry.networks

    @property
    def variables(self):
        return self.entry.variables

    @property
    def repeats_passes(self):
        return self.entry.repeats_passes

    def call(self, context):
        self.values.append(self.entry(context))
        return self.values[-1]

    def after_update(self, kernels, learning_rate, step):
        self.entry.after_update(kernels, learning_rate, step)

    def logged(self, added, kernels):
        return self.entry.logged(added, kernels)


def assert_finite(gan, logs):
    for name, value in logs.items():
        assert np.isfinite(value), f"{name} of {logs}"
    for weight in gan.get_weights():
        assert np.isfinite(weight).all()


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def weights_of(gan):
    return {
        "generator": gan.generator.get_weights(),
        "discriminator": gan.discriminator.get_weights(),
    }


def step(gan, *keys, size=8):
    gan.reset_metrics()
    return gan.train_on_batch(*batch_for(*keys, size=size), return_dict=True)


def regularized(own, entries, *keys):
    """Returns a GAN of networks for some lines, with entries in one list."""
    keras.utils.set_random_seed(0)
    lists = {f"{own}_regularizers": entries}
    # Without momentum, which a step taken twice would have twice.
    return compiled(pair(*keys), momentum=0.0, **lists)


def two_first_steps(gan, *keys):
    """Takes a step, and again the first one with the discriminator still.

    Returns:
        Logs of the first one, and what the networks became in both.
    """
    before = gan.get_weights()
    logs = step(gan, *keys)
    moved = weights_of(gan)
    gan.set_weights(before)
    gan.optimizer.discriminator_optimizer.learning_rate = 0.0
    step(gan, *keys)
    return logs, moved, weights_of(gan)


@pytest.fixture(scope="module")
def unregularized():
    """What the first steps are without an entry, by what it needs."""
    return {
        needs(*keys): two_first_steps(
            regularized("generator", [], *keys), *keys
        )
        for keys in (
            (),
            ("penalties.AuxiliaryClassifier",),
            ("penalties.LatentReconstruction",),
            ("penalties.MatchingAware",),
        )
    }


def needs(*keys):
    return classified(*keys), read(*keys), told(*keys)


@each_on_torch(REGULARIZERS)
def test_logged_is_added_to_its_own_network(key, unregularized):
    plain_logs, plain, plain_still = unregularized[needs(key)]
    for own in kr.penalties.Scheduled(REGULARIZERS[key](0.5)).networks:
        gan = regularized(own, [REGULARIZERS[key](0.5)], key)
        logs, moved, still = two_first_steps(gan, key)
        assert_finite(gan, logs)
        # Both lost the same, but for the term.
        (name,) = set(logs) - set(plain_logs)
        loss = f"{own[0]}_loss"
        added = logs[loss] - plain_logs[loss]
        if key in ("penalties.ProximalL1", "penalties.Sparsity"):
            # They change weights, and show how many became zero.
            kernels = [w for w in moved[own] if w.ndim > 1]
            zeros = np.mean(np.concatenate([k.ravel() for k in kernels]) == 0)
            assert added == 0
            np.testing.assert_allclose(logs[name], zeros, rtol=1e-6)
        elif key in ("penalties.StartingPoint", "penalties.ElasticWeight"):
            # The weights are where they began.
            assert added == logs[name] == 0 and equal(plain[own], moved[own])
            continue
        else:
            assert logs[name] != 0
            np.testing.assert_allclose(logs[name], added, rtol=1e-3, atol=1e-5)
        assert not equal(plain[own], moved[own])
        if own == "generator":
            # The discriminator has moved by then.
            assert equal(plain[other(own)], moved[other(own)])
        else:
            # The generator follows where the discriminator went.
            assert equal(plain_still[other(own)], still[other(own)])


@each_on_torch(serialized())
def test_saved_and_gone_on(key, tmp_path):
    """Saved after a step, loaded, and gone on: as if never stopped."""
    instance = serialized()[key]()
    gan = gan_with(key, instance)
    step(gan, key)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert_config_was_saved(key, instance, gan, loaded)
    # Lazy penalties are out in this step.
    logs = [step(model, key) for model in (gan, loaded)]
    assert_finite(gan, logs[0])
    for name, value in logs[0].items():
        np.testing.assert_allclose(logs[1][name], value, rtol=1e-6, atol=1e-7)
    for first, second in zip(
        gan.get_weights(), loaded.get_weights(), strict=True
    ):
        np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-7)


def assert_config_was_saved(key, instance, gan, loaded):
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


def assert_compiled_equals_eager(build, keys):
    """Two steps, so that lazy penalties are in and out once."""
    logs, moves = [], []
    for eager in (True, False):
        gan = build(keys, eager=eager)
        before = gan.get_weights()
        logs.append([step(gan, *keys) for _ in range(2)])
        after = gan.get_weights()
        moves.append([b - a for a, b in zip(before, after, strict=True)])
    for first, second in zip(*logs, strict=True):
        for name, value in first.items():
            assert np.isfinite(value), f"{name} of {logs}"
            assert second[name] == pytest.approx(value, rel=1e-4, abs=1e-5), (
                f"{name} of {logs}"
            )
    for first, second in zip(*moves, strict=True):
        tolerance = 1e-3 * np.max(np.abs(first)) + 1e-7
        np.testing.assert_allclose(first, second, rtol=0, atol=tolerance)


def assert_small_and_equal_batches_are_finite(build, keys):
    for size in (1, 8):
        gan = build(keys)
        batch = batch_for(*keys, size=size)
        if size > 1:
            gan.generator.set_weights(
                [np.zeros_like(w) for w in gan.generator.get_weights()]
            )
            batch = [np.zeros_like(batch[0]), *batch[1:]]
        for _ in range(2):
            assert_finite(gan, gan.train_on_batch(*batch, return_dict=True))


def ways_to_build():
    """Returns functions and the members that each builds a GAN of."""
    ways = []
    for kind, build, lists in (
        ("members", group, GROUPS),
        ("layers", group_of_layers, LAYER_GROUPS),
        ("augmentations", group_of_augmentations, AUGMENTATION_GROUPS),
    ):
        for index, keys in enumerate(lists):
            ways.append(pytest.param(build, keys, id=f"{kind}{index}"))
    return ways


def test_no_member_is_in_no_group():
    grouped = [key for way in ways_to_build() for key in way.values[1]]
    # A constraint is no more than its layer's.
    assert sorted([*grouped, *CONSTRAINTS]) == sorted(serialized())


@pytest.mark.parametrize("build, keys", ways_to_build())
def test_compiled_equals_eager(build, keys):
    together(lambda part: assert_compiled_equals_eager(build, part), keys)


@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize("build, keys", ways_to_build())
def test_batch_of_one_and_equal_samples(build, keys):
    together(
        lambda part: assert_small_and_equal_batches_are_finite(build, part),
        keys,
    )


@pytest.mark.parametrize("keys", GROUPS, ids=range(len(GROUPS)))
@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(
            "mixed_float16", marks=pytest.mark.usual_on("tensorflow", "torch")
        ),
        "mixed_bfloat16",
    ],
)
def test_terms_under_mixed_precision(keys, policy, images):
    def check(keys):
        keras.utils.set_random_seed(0)
        previous = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            networks = pair(*keys, sample_shape=(8, 8, 1), convolutions=True)
        finally:
            keras.config.set_dtype_policy(previous)
        arguments = arguments_for(keys, wrap=Recorded)
        gan = kr.RegularizedGAN(*networks, seed=0)
        gan.compile(**arguments, run_eagerly=EAGER)
        batch = data_for(images[:8], *keys)
        assert_finite(gan, gan.train_on_batch(*batch, return_dict=True))
        for role in ("generator", "discriminator"):
            for recorded in arguments[f"{role}_regularizers"]:
                assert recorded.values
                for value in recorded.values:
                    dtype = keras.backend.standardize_dtype(value.dtype)
                    assert dtype == "float32", recorded.name
                    assert tuple(value.shape) == (), recorded.name

    together(check, keys)


def test_zero_factors_add_exactly_zero():
    """All of them at once, and two steps."""

    def check(keys):
        keras.utils.set_random_seed(0)
        plain = compiled(pair(*keys))
        zero = group(keys, eager=True, factor=0.0)
        for _ in range(2):
            plain_logs = step(plain, *keys)
            zero_logs = step(zero, *keys)
            added = set(zero_logs) - set(plain_logs)
            assert len(added) == len(keys)
            assert all(zero_logs[name] == 0 for name in added)
            for name, value in plain_logs.items():
                assert zero_logs[name] == value
        assert equal(plain.get_weights(), zero.get_weights())

    together(check, list(REGULARIZERS))


def test_penalties_do_not_see_the_order(vectors):
    """Real samples change places, with their labels."""
    order = np.arange(len(vectors))
    np.random.default_rng(3).shuffle(order[::4])

    def check(keys):
        # Both networks still, so that all see the same ones.
        logs = []
        for samples in (vectors, vectors[order]):
            gan = group(keys, rate=0.0)
            batch = data_for(samples, *keys)
            logs.append(gan.train_on_batch(*batch, return_dict=True))
        for key in keys:
            role = role_of(PENALTIES[key](0.5))
            name = f"{role[0]}_{log_name(key)}"
            first, second = (one[name] for one in logs)
            same = np.allclose(second, first, rtol=1e-4, atol=1e-7)
            # The largest of all gradients may be the same in another order.
            assert same == (key not in ORDER_MATTERS) or "Max" in key, key

    together(check, list(PENALTIES))


@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize("keys", GROUPS, ids=range(len(GROUPS)))
def test_forms_of_logits_mean_the_same(keys, vectors):
    def check(keys):
        logs = []
        for shape in [(1,), (), (1, 1, 1)]:
            gan = group(keys, factor=0.01, shape=shape)
            assert gan.discriminator.output["logits"].shape == (None, *shape)
            batch = data_for(vectors[:8], *keys)
            logs.append(gan.train_on_batch(*batch, return_dict=True))
            assert_finite(gan, logs[-1])
        for more in logs[1:]:
            assert set(more) == set(logs[0])
            for name, value in logs[0].items():
                np.testing.assert_allclose(
                    more[name], value, rtol=1e-5, atol=1e-7, err_msg=name
                )

    together(check, keys)


@pytest.mark.parametrize("keys", GROUPS, ids=range(len(GROUPS)))
def test_map_of_patches(keys, images):
    def check(keys):
        gan = group(keys, factor=0.01, shape=(4, 4, 1), sample_shape=(8, 8, 1))
        batch = data_for(images[:8], *keys)
        assert_finite(gan, gan.train_on_batch(*batch, return_dict=True))

    together(check, keys)
