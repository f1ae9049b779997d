"""Nothing that a file names is imported or run, and errors say why."""

import copy
import json
import sys
import zipfile

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers

TRAP = """
import pathlib
marker = pathlib.Path(__file__).with_name("marker")
marker.touch()


class Trap:
    def __init__(self, *args, **kwargs):
        marker.touch()

    @classmethod
    def from_config(cls, config):
        marker.touch()


def spring(*args, **kwargs):
    marker.touch()
"""


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that appears if a module is imported or a command is run."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "trap.py").write_text(TRAP)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    yield folder / "marker"
    sys.modules.pop("trap", None)


def named(module, name, config=None, registered_name=None):
    return {
        "module": module,
        "class_name": name,
        "config": {} if config is None else config,
        "registered_name": name if registered_name is None else registered_name,
    }


STRANGERS = {
    "class to be imported": named("trap", "Trap"),
    "module of this name": named("keras_regan.trap", "Trap"),
    "registered elsewhere": named("trap", "Trap", {}, "trap>Trap"),
    "function to be imported": named("trap", "function", "spring", "spring"),
    "command": named("os", "system", {"command": "touch marker"}),
    "function command": named("posix", "function", "system", "system"),
    "eval": named("builtins", "eval", {"source": "open('marker', 'w')"}),
    "function eval": named("builtins", "function", "eval", "eval"),
    "function that loads": named(
        "keras.saving", "function", "load_model", "load_model"
    ),
    "lambda": named(
        "builtins", "__lambda__", {"value": {"code": "", "defaults": None}}
    ),
    "known class of another kind": named(
        "keras.losses", "MeanSquaredError", {}, None
    ),
    "registered class of another kind": named(
        "keras_regan.datasets.gaussian_mixture",
        "GaussianMixture",
        {"centers": [[0.0]], "std": 1.0},
        "keras_regan>GaussianMixture",
    ),
}


@keras.saving.register_keras_serializable("test_files_from_strangers")
def l2(first, second):
    return ops.sqrt(ops.sum(ops.square(first - second), axis=-1))


def rich_gan():
    """A GAN with an entry for everything that deserializes by itself."""
    generator = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(2),
            kr.layers.SampleRegularization(kr.regularizers.PullingAway()),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((2,)),
            kr.layers.GradientNormalization(
                keras.Sequential([layers.Input((2,)), layers.Dense(1)])
            ),
        ]
    )

    def network():
        return keras.Sequential([layers.Input((2,)), layers.Dense(3)])

    schedule = keras.optimizers.schedules.PolynomialDecay
    features = kr.metrics.FeatureExtractor(
        network(),
        value_range=None,
        preprocessing=layers.Rescaling(2.0),
    )
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.9, seed=0)
    gan.compile(
        loss=kr.losses.TopK(kr.losses.Hinge(), schedule(1.0, 5, 0.5)),
        generator_regularizers=[
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(0.1, distance=l2),
                schedule(1.0, 5),
            ),
            kr.penalties.OnFeatures(kr.regularizers.PullingAway()),
            keras.regularizers.L1(0.1),
        ],
        discriminator_regularizers=[
            kr.penalties.R1(schedule(1.0, 5)),
            kr.penalties.Consistency(
                augmentation=kr.augmentations.InstanceNoise(0.1)
            ),
        ],
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.InstanceNoise(0.1)]
        ),
        metrics=[
            kr.metrics.FrechetDistance(features),
            kr.metrics.InceptionScore(network(), name="score"),
            kr.metrics.CollisionSupport(classifier=network(), name="support"),
            kr.metrics.ModeCoverage(
                kr.datasets.gaussian_ring(), name="coverage"
            ),
        ],
    )
    return gan


def places(config, path=()):
    """Where objects are named in a config, as tuples of keys."""
    if isinstance(config, dict):
        if "class_name" in config and path:
            yield path
        items = config.items()
    elif isinstance(config, list):
        items = enumerate(config)
    else:
        return
    for key, value in items:
        yield from places(value, (*path, key))


def with_stranger(config, path, stranger):
    config = copy.deepcopy(config)
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = copy.deepcopy(stranger)
    return config


OURS = (
    "augmentation",
    "augmentations",
    "classifier",
    "discriminator",
    "discriminator_optimizer",
    "discriminator_regularizers",
    "distance",
    "factor",
    "features",
    "fraction",
    "generator",
    "generator_optimizer",
    "generator_regularizers",
    "loss",
    "metrics",
    "mixture",
    "model",
    "network",
    "preprocessing",
    "regularizer",
)


# Where one of the strangers is no stranger: a mixture, or any callable.
ANY_OF_KIND = ("distance", "mixture", "preprocessing")


def is_ours(path):
    """Whether a class of this package deserializes what stands there."""
    return (path[-2] if isinstance(path[-1], int) else path[-1]) in OURS


@pytest.fixture(scope="module")
def gan():
    return rich_gan()


@pytest.fixture(scope="module")
def config(gan):
    return json.loads(json.dumps(keras.saving.serialize_keras_object(gan)))


def use(gan, config, path):
    """Deserializes what holds the place, and compiles a model that is there."""
    if path[0] == "compile_config":
        gan.compile_from_config(config["compile_config"])
    else:
        keras.saving.deserialize_keras_object(config)


def test_all_places_are_known_and_usable_as_they_are(gan, config):
    ours = [path for path in places(config) if is_ours(path)]
    names = {p[-2] if isinstance(p[-1], int) else p[-1] for p in ours}
    assert names == set(OURS)
    use(gan, config, ("config",))
    use(gan, config, ("compile_config",))


def test_strangers_are_neither_imported_nor_run(gan, config, marker):
    everywhere = ("class to be imported", "lambda")
    others = [name for name in STRANGERS if name not in everywhere]
    for index, path in enumerate(places(config)):
        for name in (*everywhere, *np.roll(others, index)[:2]):
            changed = with_stranger(config, path, STRANGERS[name])
            try:
                use(gan, changed, path)
            except ValueError as error:
                assert str(error)
            except Exception:
                assert not is_ours(path), (path, name)
            else:
                assert path[-1] in ANY_OF_KIND or not is_ours(path), (
                    path,
                    name,
                )
            assert not marker.exists(), (path, name)
            assert "trap" not in sys.modules, (path, name)


@pytest.mark.parametrize("name", list(STRANGERS))
def test_each_stranger_in_a_list_of_regularizers(gan, config, marker, name):
    path = ("compile_config", "discriminator_regularizers", 0)
    changed = with_stranger(config, path, STRANGERS[name])
    with pytest.raises(ValueError):
        use(gan, changed, path)
    assert not marker.exists()
    assert "trap" not in sys.modules


def test_the_trap_works(marker):
    import trap

    assert marker.exists()
    marker.unlink()
    trap.spring()
    assert marker.exists()


def edited(config, part, **changes):
    return {**config, part: {**config[part], **changes}}


@pytest.mark.parametrize(
    "part, changes, match",
    [
        ("config", {"unknown_key": 1}, "unknown_key"),
        ("config", {"generator": None}, "generator"),
        ("config", {"discriminator": 3}, "discriminator"),
        ("config", {"ema_momentum": "much"}, "ema_momentum|'<='"),
        ("config", {"seed": [1]}, "seed"),
        ("compile_config", {"unknown_key": 1}, "unknown_key"),
        ("compile_config", {"loss": "hinge"}, "loss"),
        ("compile_config", {"metrics": 3}, "metrics"),
        ("compile_config", {"augmentation": {"a": 1}}, "augmentation"),
        ("compile_config", {"discriminator_steps": "2"}, "discriminator_steps"),
        ("compile_config", {"generator_regularizers": [1]}, "generator_regul"),
        ("compile_config", {"generator_optimizer": "none"}, "generator_optim"),
        ("compile_config", {"feature_networks": 3}, "configuration"),
        ("compile_config", {"feature_networks": [[0]]}, "shorter"),
    ],
)
def test_unknown_keys_and_wrong_types(config, part, changes, match):
    with pytest.raises(ValueError, match=match):
        keras.saving.deserialize_keras_object(edited(config, part, **changes))


@pytest.mark.parametrize("key", ["generator", "discriminator"])
def test_missing_keys(config, key):
    inner = {k: v for k, v in config["config"].items() if k != key}
    with pytest.raises(ValueError, match=f"lacks '{key}'"):
        keras.saving.deserialize_keras_object({**config, "config": inner})


def test_config_that_is_no_dictionary(gan):
    for wrong in ([], "config", 3):
        with pytest.raises(ValueError, match="a dictionary"):
            gan.compile_from_config(wrong)
        with pytest.raises(ValueError, match="a dictionary"):
            kr.RegularizedGAN.from_config(wrong)


# Safe mode.


def with_lambda(**arguments):
    double = layers.Lambda(lambda x: 2.0 * x, output_shape=(2,))
    return keras.Sequential([layers.Input((2,)), double, layers.Dense(1)])


def plain(units):
    return keras.Sequential([layers.Input((2,)), layers.Dense(units)])


def gan_with_lambda(place):
    networks = {"generator": plain(2), "discriminator": plain(1)}
    metrics = []
    if place == "generator":
        double = layers.Lambda(lambda x: 2.0 * x, output_shape=(2,))
        networks["generator"] = keras.Sequential(
            [layers.Input((2,)), layers.Dense(2), double]
        )
    elif place == "discriminator":
        networks["discriminator"] = with_lambda()
    elif place == "network":
        networks["discriminator"] = keras.Sequential(
            [
                layers.Input((2,)),
                kr.layers.GradientNormalization(with_lambda()),
            ]
        )
    elif place == "features":
        metrics = [kr.metrics.FrechetDistance(with_lambda())]
    elif place == "preprocessing":
        metrics = [
            kr.metrics.FrechetDistance(
                kr.metrics.FeatureExtractor(
                    plain(2),
                    value_range=None,
                    preprocessing=layers.Lambda(lambda x: 2.0 * x),
                )
            )
        ]
    elif place == "classifier":
        metrics = [kr.metrics.CollisionSupport(classifier=with_lambda())]
    gan = kr.RegularizedGAN(**networks, seed=0)
    gan.compile(metrics=metrics)
    return gan


@pytest.mark.parametrize(
    "place",
    [
        "generator",
        "discriminator",
        "network",
        "features",
        "preprocessing",
        "classifier",
    ],
)
def test_code_in_a_file_is_refused_unless_it_is_trusted(place, tmp_path):
    path = tmp_path / "gan.keras"
    gan = gan_with_lambda(place)
    gan.save(path)
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.models.load_model(path)
    loaded = keras.models.load_model(path, safe_mode=False)
    assert np.array_equal(gan.generate(2, seed=0), loaded.generate(2, seed=0))
    # The permission was for that one file.
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.models.load_model(path)


def test_feature_network_from_a_path_is_loaded_in_safe_mode(tmp_path):
    network = tmp_path / "network.keras"
    with_lambda().save(network)
    gan = kr.RegularizedGAN(plain(2), plain(1), seed=0)
    gan.compile(
        metrics=[
            kr.metrics.FrechetDistance(
                kr.metrics.FeatureExtractor(network, value_range=None)
            )
        ]
    )
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras", safe_mode=False)
    with pytest.raises(RuntimeError, match="safe_mode=False"):
        loaded.evaluate(np.zeros((4, 2), "float32"), verbose=0)
    network.write_bytes(network.read_bytes()[:300])
    with pytest.raises(RuntimeError, match="could not be loaded"):
        loaded.evaluate(np.zeros((4, 2), "float32"), verbose=0)


class Unpickled:
    def __reduce__(self):
        return open, ("marker", "w")


def test_references_are_not_unpickled(marker):
    network = kr.metrics.FeatureExtractor(plain(2), value_range=None)
    samples = np.random.default_rng(0).normal(size=(8, 2))
    kr.metrics.write_reference("real.npz", samples, network)
    with np.load("real.npz") as file:
        content = dict(file)
    for key in content:
        trap = np.array([Unpickled()], dtype=object)
        np.savez("trap.npz", **{**content, key: trap})
        with pytest.raises(ValueError, match="trap.npz"):
            kr.metrics.Reference.load("trap.npz", network)
    assert not marker.exists()


# Whole files of the wrong content.


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "gan.keras"
    gan = kr.RegularizedGAN(plain(2), plain(1), seed=0)
    gan.compile()
    gan.save(path)
    return path


def rewritten(file, target, **parts):
    """Copies a file with parts replaced, or left out for `None`."""
    names = {
        name.replace(".", "_"): name
        for name in ("config.json", "metadata.json", "model.weights.h5")
    }
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        for key, name in names.items():
            content = parts.get(key, old.read(name))
            if content is not None:
                new.writestr(name, content)


def test_damaged_model_files(file, tmp_path):
    path = tmp_path / "gan.keras"
    content = file.read_bytes()
    half = len(content) // 2
    for length in (0, 1, 100, half, len(content) - 10):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="gan.keras"):  # Keras's.
            keras.models.load_model(path)
    for place in (half, len(content) // 3):
        flipped = bytearray(content)
        flipped[place] ^= 0x55
        path.write_bytes(flipped)
        with pytest.raises(zipfile.BadZipFile, match="CRC"):  # Python's.
            keras.models.load_model(path)


@pytest.mark.parametrize(
    "parts, error, match",
    [
        ({"config_json": None}, KeyError, "config.json"),
        ({"model_weights_h5": None}, ValueError, "model.weights.h5"),
        ({"config_json": b"{"}, json.JSONDecodeError, ""),
        ({"model_weights_h5": b"none"}, OSError, "signature"),
        ({"model_weights_h5": b""}, OSError, "signature"),
    ],
)
def test_missing_and_wrong_parts(file, tmp_path, parts, error, match):
    path = tmp_path / "gan.keras"
    rewritten(file, path, **parts)
    with pytest.raises(error, match=match):
        keras.models.load_model(path)


def test_weights_of_another_model_in_a_file(file, tmp_path):
    other = kr.RegularizedGAN(plain(2), with_lambda(), seed=0)
    other.compile(discriminator_optimizer="sgd")
    other.save_weights(tmp_path / "other.weights.h5")
    weights = (tmp_path / "other.weights.h5").read_bytes()
    rewritten(file, tmp_path / "gan.keras", model_weights_h5=weights)
    with pytest.raises(ValueError, match="Expected Adam. Received: SGD"):
        keras.models.load_model(tmp_path / "gan.keras")
