"""Saved files are whole, and load whole or not at all."""

import builtins
import os
import pathlib
import re
import subprocess
import sys
import warnings
import zipfile

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan._files import temporary_name
from keras_regan._game.state import SAVED
from keras_regan.models import _saved_state

ROOT = pathlib.Path(__file__).parents[2]


def make(vector_pair, seed=0, **arguments):
    """A small GAN with state of every kind, different for every seed."""
    keras.utils.set_random_seed(seed)
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=seed)
    arguments = {
        "generator_optimizer": keras.optimizers.RMSprop(1e-3),
        "discriminator_optimizer": keras.optimizers.Adam(1e-3),
        "generator_regularizers": [
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(0.1),
                kr.penalties.AdjustableFactor(1.0 + seed),
            )
        ],
        "discriminator_regularizers": [kr.penalties.LeCam()],
        **arguments,
    }
    gan.compile(**arguments)
    return gan


def wide_pair():
    """Networks of which some shards can be made, also beside the random state
    of PyTorch, which takes 5 kB and cannot be split."""
    return kr.networks.mlp((2,), latent_dim=3, hidden=(64, 64))


def values(gan):
    return {
        f"{index} {variable.path}": np.array(
            ops.convert_to_numpy(variable.value)
        )
        for index, variable in enumerate(gan._saved_variables())
    }


def is_same(first, second):
    first, second = list(first.values()), list(second.values())
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def load_silently(gan, path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        gan.load_weights(path)


# Writing.


@pytest.mark.parametrize("name", ["gan.keras", "gan.weights.h5", "gan.h5"])
def test_nothing_is_left_but_the_file(vector_pair, tmp_path, name):
    gan = make(vector_pair)
    for _ in range(2):
        if name.endswith(".weights.h5"):
            gan.save_weights(tmp_path / name)
        else:
            gan.save(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["gan.keras", "gan.weights.h5"])
def test_failing_write_leaves_the_previous_file(
    vector_pair, tmp_path, name, monkeypatch
):
    path = tmp_path / name
    gan = make(vector_pair)
    save = gan.save if name == "gan.keras" else gan.save_weights
    save(path)
    before = path.read_bytes()
    write = _saved_state.save

    def fill_the_disk(gan, store):
        write(gan, store)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_saved_state, "save", fill_the_disk)
    with pytest.raises(OSError) as raised:
        save(path)
    assert raised.value.errno == 28
    assert raised.value.filename == str(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [name]
    missing = tmp_path / "missing" / name
    with pytest.raises(FileNotFoundError, match="missing"):
        (gan.save if name == "gan.keras" else gan.save_weights)(missing)


def test_room_is_asked_for_more_than_a_file_needs(
    vector_pair, tmp_path, monkeypatch
):
    gan = make(vector_pair)
    gan.save_weights(tmp_path / "gan.weights.h5")
    asked = []
    monkeypatch.setattr(
        os, "posix_fallocate", lambda file, start, size: asked.append(size)
    )
    gan.save_weights(tmp_path / "gan.weights.h5")
    gan.save(tmp_path / "gan.keras")
    sizes = [(tmp_path / n).stat().st_size for n in os.listdir(tmp_path)]
    assert len(asked) == 2
    assert min(asked) > max(sizes)


def test_asks_before_it_overwrites(vector_pair, tmp_path, monkeypatch):
    path = tmp_path / "gan.weights.h5"
    gan = make(vector_pair)
    gan.save_weights(path, overwrite=False)
    before = path.read_bytes()
    gan.generate(1)
    questions = []
    answers = ["perhaps", "n", "y"]

    def answer(question):
        questions.append(question)
        return answers.pop(0)

    monkeypatch.setattr(builtins, "input", answer)
    gan.save_weights(path, overwrite=False)
    assert path.read_bytes() == before
    gan.save_weights(path, overwrite=False)
    assert path.read_bytes() != before
    assert str(path) in questions[0]
    assert len(questions) == 3


def test_directories_and_shards_are_left_to_keras(tmp_path):
    gan = make(wide_pair)
    gan.save(tmp_path / "directory", zipped=False)
    loaded = keras.models.load_model(tmp_path / "directory")
    assert is_same(values(gan), values(loaded))
    gan.save_weights(tmp_path / "many.weights.json", max_shard_size=2e-5)
    assert len(list(tmp_path.glob("many_*.weights.h5"))) > 1
    other = make(wide_pair, seed=1)
    load_silently(other, tmp_path / "many.weights.json")
    assert is_same(values(gan), values(other))


@pytest.mark.parametrize("name", ["gan.txt", "gan.weights.txt"])
def test_other_endings_are_refused_by_keras(vector_pair, tmp_path, name):
    gan = make(vector_pair)
    with pytest.raises(ValueError, match="extension"):
        gan.save(tmp_path / name)
    with pytest.raises(ValueError, match="must end in"):
        gan.save_weights(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_remote_paths_are_left_to_keras(vector_pair, monkeypatch):
    seen = []
    monkeypatch.setattr(
        keras.Model, "save", lambda self, path, **k: seen.append(path)
    )
    make(vector_pair).save("gs://bucket/gan.keras")
    assert seen == ["gs://bucket/gan.keras"]


def test_arguments_reach_keras(vector_pair, tmp_path):
    with pytest.raises(ValueError, match="not supported"):
        make(vector_pair).save(tmp_path / "gan.keras", unknown=1)
    assert os.listdir(tmp_path) == []


KILLED = """
import os
import sys
import threading
import keras
import numpy as np
import keras_regan as kr
from keras_regan.models import _saved_state

folder = sys.argv[1]
networks = kr.networks.mlp((2,), latent_dim=3, hidden=(4,))
gan = kr.RegularizedGAN(*networks, seed=0)
gan.compile()
files = [f"{folder}/{n}" for n in ("a.keras", "b.weights.h5", "c.weights.h5")]


def save(path):
    (gan.save if path.endswith(".keras") else gan.save_weights)(path)
    os.write(1, b"saved\\n")


def fill(value):
    for variable in gan.generator.trainable_variables:
        variable.assign(np.full(variable.shape, value, "float32"))


def block():
    os.write(1, b"blocked\\n")
    threading.Event().wait()


def blocked_inside(gan, store):
    write(gan, store)
    if threading.current_thread().name != "c.weights.h5":
        block()


def blocked_at_the_end(source, target):
    block()


fill(1.0)
for path in files:
    save(path)
write = _saved_state.save
_saved_state.save = blocked_inside
os.replace = blocked_at_the_end
fill(2.0)
for path in files:
    threading.Thread(
        target=save, args=(path,), name=os.path.basename(path)
    ).start()
"""


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.usual_on("torch")
def test_killed_in_the_middle_and_at_the_end_of_a_write(tmp_path):
    process = start(KILLED, tmp_path)
    lines = [process.stdout.readline() for _ in range(6)]
    process.kill()
    process.communicate()
    assert lines == ["saved\n"] * 3 + ["blocked\n"] * 3
    names = ["a.keras", "b.weights.h5", "c.weights.h5"]
    left = set(os.listdir(tmp_path)) - set(names)
    assert len(left) == 3
    gan = keras.models.load_model(tmp_path / "a.keras")
    for name in names[1:]:
        load_silently(gan, tmp_path / name)
        for variable in gan.generator.trainable_variables:
            assert np.all(ops.convert_to_numpy(variable.value) == 1.0)
    gan.save(tmp_path / "a.keras")
    assert set(os.listdir(tmp_path)) == set(names)


LOOP = """
import sys
import numpy as np
import keras_regan as kr

networks = kr.networks.mlp((2,), latent_dim=3, hidden=(4,))
gan = kr.RegularizedGAN(*networks, seed=0)
gan.compile()
for step in range(100_000):
    for variable in gan.generator.trainable_variables:
        variable.assign(np.full(variable.shape, step, "float32"))
    gan.save(f"{sys.argv[1]}/gan.keras")
    gan.save_weights(f"{sys.argv[1]}/gan.weights.h5")
    print(step, flush=True)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("attempt", range(5))
def test_killed_at_any_moment(tmp_path, attempt):
    process = start(LOOP, tmp_path)
    for _ in range(2 + attempt):
        process.stdout.readline()
    delay = np.random.default_rng(attempt).uniform(0.0, 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(delay)
    process.kill()
    process.communicate()
    gan = keras.models.load_model(tmp_path / "gan.keras")
    load_silently(gan, tmp_path / "gan.weights.h5")
    weights = [ops.convert_to_numpy(v.value) for v in gan.generator.variables]
    assert len({float(w) for each in weights for w in np.ravel(each)}) == 1


# What a model saves of its own.


@pytest.fixture(params=["keras", "weights.h5", "weights.json"])
def saved(request, tmp_path):
    """Saves a GAN in one of the formats and returns the path."""
    path = tmp_path / f"gan.{request.param}"

    def save(gan):
        if request.param == "keras":
            gan.save(path)
        elif request.param == "weights.json":
            gan.save_weights(path, max_shard_size=1e-5)
        else:
            gan.save_weights(path)
        return path

    return save


def lecams(*names):
    return [kr.penalties.LeCam(name=name) for name in names]


def test_state_finds_its_penalty_in_another_order(vector_pair, saved):
    names = ["one/half", "one%2Fhalf", "a.b"]
    gan = make(vector_pair, discriminator_regularizers=lecams(*names))
    for index, penalty in enumerate(gan._game.discriminator.penalties):
        for variable in penalty.variables:
            variable.assign(1.0 + index)
    path = saved(gan)
    other = make(vector_pair, discriminator_regularizers=lecams(*names[::-1]))
    load_silently(other, path)
    found = {
        penalty.name: [float(v) for v in penalty.variables]
        for penalty in other._game.discriminator.penalties
    }
    assert found == {
        name: [1.0 + index] * 3 for index, name in enumerate(names)
    }


def test_keys_are_made_of_names(vector_pair):
    keys = list(make(vector_pair)._state.named(SAVED))
    assert keys == [
        "seed.training",
        "seed.evaluation",
        "seed.generation",
        "seed.regularization",
        "seed.evaluated_regularization",
        "position.epoch",
        "position.batch",
        "discriminator.step.0",
        "discriminator.lecam.0",
        "discriminator.lecam.1",
        "discriminator.lecam.2",
        "generator.step.0",
        "generator.pairwise_distance.0",
    ]


def test_seeds_of_networks_augmentation_and_features(image_pair):
    gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.9, seed=0)
    features = [
        kr.metrics.FeatureExtractor(
            keras.Sequential(
                [keras.Input((8, 8, 1)), keras.layers.Flatten(), layer]
            ),
            name="same",
        )
        for layer in (keras.layers.Dense(2), keras.layers.Dense(3))
    ]
    gan.compile(
        augmentation=kr.augmentations.AdaptiveAugmentation(),
        metrics=[
            kr.metrics.FrechetDistance(network, name=f"distance_{index}")
            for index, network in enumerate(features)
        ],
    )
    keys = list(gan._state.named(SAVED))
    assert "seed.discriminator.0" in keys
    assert [k for k in keys if "augmentation" in k] == [
        f"augmentation.{i}" for i in range(4)
    ]
    assert [k for k in keys if k.startswith("features")] == [
        "features.same.0",
        "features.same.1",
        "features.same_1.0",
        "features.same_1.1",
    ]


def test_what_does_not_fit_is_named_with_both_versions(
    vector_pair, tmp_path, monkeypatch
):
    path = tmp_path / "gan.weights.h5"
    gan = make(vector_pair, discriminator_regularizers=lecams("a", "b"))
    gan._game.discriminator.penalties[1].variables[2].assign(7.0)
    with monkeypatch.context() as context:
        context.setattr(_saved_state, "__version__", "0.9.1rc1")
        gan.save_weights(path)
    other = make(vector_pair, 1, discriminator_regularizers=lecams("b", "c"))
    with pytest.warns(UserWarning) as caught:
        other.load_weights(path)
    (warning,) = [w for w in caught if "0.9.1" in str(w.message)]
    text = str(warning.message)
    assert kr.__version__ in text
    lacks, holds = text.split("It holds")
    for index in range(3):
        assert f"`discriminator.c.{index}`" in lacks
        assert f"`discriminator.a.{index}`" in holds
    assert text.count("`") == 12
    assert float(other._game.discriminator.penalties[0].variables[2]) == 7.0
    assert warning.filename == __file__


@keras.saving.register_keras_serializable("test_saved_files")
class Remembers(kr.penalties.Penalty):
    """Has as many variables as it is told to, in one."""

    def __init__(self, size, **arguments):
        super().__init__(**arguments)
        self.size = size
        self._memory = keras.Variable(
            np.full(size, float(size), "float32"), trainable=False
        )

    @property
    def variables(self):
        return [self._memory]

    def call(self, context):
        return ops.sum(self._memory)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


def test_state_of_another_shape(vector_pair, tmp_path):
    path = tmp_path / "gan.weights.h5"
    make(vector_pair, generator_regularizers=[Remembers(2)]).save_weights(path)
    gan = make(vector_pair, 1, generator_regularizers=[Remembers(3)])
    before = values(gan)
    with pytest.raises(ValueError) as raised:
        gan.load_weights(path)
    text = str(raised.value)
    for part in ("`generator.remembers.0`", "(2,)", "(3,)", path.name):
        assert part in text
    assert is_same(values(gan), before)


def test_file_of_a_model_that_was_not_compiled(vector_pair, tmp_path):
    path = tmp_path / "gan.weights.h5"
    bare = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=3)
    bare.save_weights(path)
    gan = make(vector_pair, 1)
    before = values(gan)
    with pytest.warns(UserWarning, match="not compiled") as caught:
        gan.load_weights(path)
    texts = [
        str(w.message) for w in caught if issubclass(w.category, UserWarning)
    ]
    assert len(texts) == 1
    assert "lacks" not in texts[0]
    after, loaded = values(gan), values(bare)
    count = len(loaded)
    assert is_same(dict(list(after.items())[:count]), loaded)
    rest = list(before)[count:]
    assert rest
    assert all(np.array_equal(before[key], after[key]) for key in rest)


def test_model_that_is_not_compiled_misses_nothing(vector_pair, saved):
    path = saved(make(vector_pair))
    bare = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=3)
    load_silently(bare, path)
    if path.suffix == ".keras":
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            keras.models.load_model(path, compile=False)


def test_average_without_a_place(vector_pair, tmp_path):
    path = tmp_path / "gan.weights.h5"
    make(vector_pair).save_weights(path)
    gan = kr.RegularizedGAN(*vector_pair(), seed=3)
    with pytest.warns(UserWarning, match="holds `average`, which this model"):
        gan.load_weights(path)


# Loading all or nothing.


@pytest.fixture
def gan(vector_pair):
    return make(vector_pair, seed=1)


def assert_refused(gan, path, error, match=None):
    before = values(gan)
    with pytest.raises(error, match=match) as raised:
        gan.load_weights(path)
    assert os.path.basename(path) in str(raised.value)
    assert is_same(values(gan), before)
    return str(raised.value)


@pytest.mark.parametrize("ending", ["weights.h5", "keras"])
def test_damaged_files(gan, vector_pair, tmp_path, ending):
    whole, path = tmp_path / f"whole.{ending}", tmp_path / f"gan.{ending}"
    other = make(vector_pair)
    (other.save if ending == "keras" else other.save_weights)(whole)
    content = whole.read_bytes()
    half = len(content) // 2
    broken = [
        content[:length]
        for length in (0, 1, 4, 100, 2000, half, len(content) - 100)
    ]
    weight = ops.convert_to_numpy(other.generator.variables[0].value)
    for place in (0, half, content.index(weight.tobytes()) + 2):
        flipped = bytearray(content)
        flipped[place] ^= 0x55
        broken.append(bytes(flipped))
    broken += [b"", b"These are no weights.\n" * 100]
    for wrong in broken:
        path.write_bytes(wrong)
        assert_refused(gan, path, OSError)
    path.write_bytes(content)
    load_silently(gan, path)
    assert is_same(values(gan), values(other))


def test_files_of_other_kinds_and_no_file(gan, tmp_path):
    gan.save(tmp_path / "gan.keras")
    renamed = tmp_path / "renamed.weights.h5"
    (tmp_path / "gan.keras").rename(renamed)
    assert_refused(gan, renamed, OSError)
    assert_refused(gan, tmp_path / "missing.weights.h5", FileNotFoundError)
    assert_refused(gan, tmp_path / "gan.txt", (ValueError, FileNotFoundError))
    gan.save_weights(tmp_path / "gan.weights.h5")
    (tmp_path / "gan.weights.h5").rename(tmp_path / "gan.keras")
    assert_refused(gan, tmp_path / "gan.keras", OSError)
    with zipfile.ZipFile(tmp_path / "gan.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    assert_refused(gan, tmp_path / "gan.keras", OSError, "model.weights.h5")


def test_missing_shard(tmp_path):
    gan = make(wide_pair)
    path = tmp_path / "gan.weights.json"
    gan.save_weights(path, max_shard_size=2e-5)
    shard = sorted(tmp_path.glob("*.h5"))[1]
    shard.unlink()
    assert_refused(gan, path, OSError, f"{re.escape(shard.name)}' is missing")
    for wrong in ("{", "[]", "{}", '{"weight_map": 1}'):
        path.write_text(wrong)
        assert_refused(gan, path, OSError)


def test_a_directory_is_not_called_damaged(gan, tmp_path):
    gan.save(tmp_path / "directory", zipped=False)
    text = assert_refused(gan, tmp_path / "directory", ValueError)
    assert "not supported" in text and "damaged" not in text


def test_too_little_memory_is_not_called_damage(gan, tmp_path, monkeypatch):
    path = tmp_path / "gan.weights.h5"
    gan.save_weights(path)
    before = values(gan)

    def run_out(gan, path, **arguments):
        gan.generator.set_weights([w + 1 for w in gan.generator.get_weights()])
        raise MemoryError("cannot allocate")

    monkeypatch.setattr(keras.Model, "load_weights", run_out)
    with pytest.raises(MemoryError, match="^cannot allocate$"):
        gan.load_weights(path)
    assert is_same(values(gan), before)


def test_optimizer_that_cannot_be_read(gan, tmp_path, monkeypatch):
    # Keras forgets the error and says that none was saved.
    path = tmp_path / "gan.weights.h5"
    gan.save_weights(path)

    def fail(self, store):
        if len(store.keys()):
            raise ValueError("unreadable")
        warnings.warn(
            "Skipping variable loading for optimizer 'rmsprop', because it "
            "has 6 variables whereas the saved optimizer has 0 variables.",
            stacklevel=1,
        )

    monkeypatch.setattr(keras.optimizers.RMSprop, "load_own_variables", fail)
    assert_refused(gan, path, ValueError, "rmsprop")


def test_weights_of_other_networks(gan, vector_pair, tmp_path):
    path = tmp_path / "gan.weights.h5"
    wider = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(9,), output_activation=None
    )
    make(lambda: wider).save_weights(path)
    assert_refused(gan, path, ValueError, "6 objects")
    gan.generator.save_weights(path)
    assert_refused(gan, path, ValueError)
    without = kr.RegularizedGAN(*vector_pair(), seed=0)
    without.compile()
    without.save_weights(path)
    assert_refused(gan, path, ValueError)


@pytest.mark.parametrize(
    "optimizer, match",
    [
        # As many variables of the same shapes.
        (keras.optimizers.Adagrad, "Expected RMSprop. Received: Adagrad"),
        (keras.optimizers.Adam, "Expected RMSprop. Received: Adam"),
        (lambda rate: keras.optimizers.RMSprop(rate, momentum=0.9), "skip"),
    ],
)
def test_other_optimizers(gan, vector_pair, tmp_path, optimizer, match):
    path = tmp_path / "gan.weights.h5"
    other = make(vector_pair, generator_optimizer=optimizer(1e-3))
    other.save_weights(path)
    assert_refused(gan, path, ValueError, f"(?i){match}")
    before = values(gan)
    with pytest.warns(UserWarning):
        gan.load_weights(path, skip_mismatch=True)
    assert not is_same(values(gan), before)


def test_scaled_optimizer_is_another_one(gan, vector_pair, tmp_path):
    path = tmp_path / "gan.weights.h5"
    other = make(
        vector_pair,
        generator_optimizer=keras.optimizers.LossScaleOptimizer(
            keras.optimizers.RMSprop(1e-3)
        ),
    )
    other.save_weights(path)
    assert_refused(gan, path, ValueError, r"LossScaleOptimizer\(RMSprop\)")
    load_silently(other, path)


def test_interrupted_load_is_undone(gan, tmp_path, monkeypatch):
    path = tmp_path / "gan.weights.h5"
    gan.save_weights(path)
    gan.generator.set_weights([w + 1 for w in gan.generator.get_weights()])
    before = values(gan)

    def interrupt(gan, store):
        gan.generator.set_weights([w + 1 for w in gan.generator.get_weights()])
        raise KeyboardInterrupt

    monkeypatch.setattr(_saved_state, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        gan.load_weights(path)
    assert is_same(values(gan), before)


def test_other_warnings_reach_the_caller(gan, tmp_path, monkeypatch):
    path = tmp_path / "gan.weights.h5"
    gan.save_weights(path)
    load = _saved_state.load

    def warn(gan, store):
        load(gan, store)
        warnings.warn("by the way", stacklevel=1)

    monkeypatch.setattr(_saved_state, "load", warn)
    with pytest.warns(UserWarning, match="by the way"):
        gan.load_weights(path)


# Through Keras's callbacks.


def test_backup_falls_back_to_the_previous_one(vector_pair, vectors, tmp_path):
    def backup():
        return keras.callbacks.BackupAndRestore(
            tmp_path / "backup", delete_checkpoint=False, double_checkpoint=True
        )

    gan = make(vector_pair)
    gan.fit(vectors, epochs=3, verbose=0, callbacks=[backup()])
    latest = tmp_path / "backup" / "latest.weights.h5"
    content = bytearray(latest.read_bytes())
    weight = ops.convert_to_numpy(gan.generator.variables[0].value)
    content[content.index(weight.tobytes())] ^= 1
    latest.write_bytes(content)
    again = make(vector_pair, 1)
    history = again.fit(vectors, epochs=3, verbose=0, callbacks=[backup()])
    assert history.epoch == [2]


def test_checkpoints_are_written_whole(
    vector_pair, vectors, tmp_path, monkeypatch
):
    replaced = []
    replace = os.replace

    def recorded(source, target):
        assert len(os.path.basename(source)) == len(
            temporary_name(os.path.basename(target))
        )
        replaced.append(os.path.basename(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", recorded)
    make(vector_pair).fit(
        vectors,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(tmp_path / "gan.keras"),
            keras.callbacks.ModelCheckpoint(
                tmp_path / "gan.weights.h5", save_weights_only=True
            ),
            keras.callbacks.BackupAndRestore(tmp_path / "backup"),
        ],
    )
    assert sorted(replaced) == [
        "gan.keras",
        "gan.weights.h5",
        "latest.weights.h5",
    ]


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Such files are its own."
)
def test_file_that_was_saved_with_pytorch(vector_pair, vectors, tmp_path):
    """There, Keras names optimizers that only PyTorch can train with."""
    gan = make(vector_pair)
    gan.fit(vectors, verbose=0)
    gan.save(tmp_path / "gan.keras")
    names = {"Adam": "torch_adam", "RMSprop": "torch_rmsprop"}
    with zipfile.ZipFile(tmp_path / "gan.keras") as file:
        parts = {name: file.read(name) for name in file.namelist()}
    config = parts["config.json"].decode()
    for name, module in names.items():
        public = f'"module": "keras.optimizers", "class_name": "{name}"'
        assert config.count(public) == 1
        config = config.replace(
            public,
            f'"module": "keras.src.backend.torch.optimizers.{module}", '
            f'"class_name": "{name}"',
        )
    parts["config.json"] = config.encode()
    with zipfile.ZipFile(tmp_path / "torch.keras", "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    loaded = keras.models.load_model(tmp_path / "torch.keras")
    assert is_same(values(gan), values(loaded))
    for one in (gan, loaded):
        one.fit(vectors, shuffle=False, verbose=0)
    assert is_same(values(gan), values(loaded))
