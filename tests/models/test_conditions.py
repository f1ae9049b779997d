"""Whatever networks are told beside latents and samples."""

import collections

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
RANDOM = np.random.default_rng(0)
COUNT = 22
TINTS = RANDOM.normal(size=(COUNT, 4, 4, 1)).astype("float32")
CLASSES = (np.arange(COUNT) % 3).astype("int32")
# Of a sample, what it was told can be read: the tint, and the class.
SAMPLES = np.concatenate(
    [TINTS, np.ones_like(TINTS) * CLASSES[:, None, None, None]], axis=-1
)


def told(latents, tint, label):
    """A generator's output: what it is told, and a trace of its latents."""
    each = layers.Embedding(3, 1, name="classes")
    number = layers.Reshape((1, 1, 1))(each(label))
    number = layers.UpSampling2D(4)(number)
    both = layers.Concatenate()([tint, number])
    noise = layers.Reshape((4, 4, 2))(layers.Dense(32, name="noise")(latents))
    return layers.Add()([both, noise])


def networks(form=list, judged=("tint", "label")):
    """A pair that takes a tint and a label."""
    inputs = {
        "latents": layers.Input((3,), name="latents"),
        "tint": layers.Input((4, 4, 1), name="tint"),
        "label": layers.Input((), name="label", dtype="int32"),
    }
    samples = told(*inputs.values())
    taken = inputs if form is dict else list(inputs.values())
    generator = keras.Model(taken, samples)
    generator.get_layer("classes").set_weights(
        [np.array([[0.0], [1.0], [2.0]])]
    )
    seen = {"samples": layers.Input((4, 4, 2), name="samples")}
    if "tint" in judged:
        seen["tint"] = layers.Input((4, 4, 1), name="tint")
    if "label" in judged:
        seen["label"] = layers.Input((), name="label", dtype="int32")
    parts = [layers.Flatten()(seen["samples"])]
    parts += [layers.Flatten()(seen["tint"])] if "tint" in seen else []
    if "label" in seen:
        parts.append(layers.Embedding(3, 2)(seen["label"]))
    joined = layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
    features = layers.Dense(5, activation="tanh")(joined)
    taken = seen if form is dict else list(seen.values())
    outputs = {"logits": layers.Dense(1)(features), "features": features}
    return generator, keras.Model(taken, outputs)


def make(form=list, judged=("tint", "label"), **arguments):
    keras.utils.set_random_seed(0)
    return kr.RegularizedGAN(*networks(form, judged), seed=0, **arguments)


BOTH = {"tint": TINTS, "label": CLASSES}
BAD = {
    "one": (TINTS, "a tuple of arrays"),
    "of three": ((TINTS, CLASSES, CLASSES), "3 of them"),
    "other name": ({"tint": TINTS, "class": CLASSES}, "class"),
    "fewer names": ({"tint": TINTS}, "tint"),
    "none": ((TINTS, None), "None among them"),
    "order": ((CLASSES, TINTS), "condition 'tint'"),
    "shape": ((TINTS[..., 0], CLASSES), "(22, 4, 4)"),
    "shorter": ((TINTS[:5], CLASSES), "5 conditions"),
    "no class": ((TINTS, CLASSES + 1), "3 among"),
    "texts": ((TINTS, np.full(COUNT, "red")), "TextVectorization"),
    "bytes": ((np.zeros((COUNT, 4, 4, 1), "uint8"), CLASSES), "127.5"),
    "missing": (None, "a tuple of arrays"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_networks_do_not_take(name):
    conditions, text = BAD[name]
    gan = make()
    gan.compile()
    before = gan.get_weights()
    with pytest.raises((TypeError, ValueError)) as caught:
        gan.fit(SAMPLES, conditions, verbose=0)
    assert "Expected" in str(caught.value) and "Received" in str(caught.value)
    assert text in str(caught.value)
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_condition_that_is_not_finite_changes_nothing():
    gan = make()
    gan.compile()
    tints = TINTS.copy()
    tints[3, 0, 0, 0] = np.nan
    before = gan.get_weights()
    with pytest.raises(ValueError, match="batch 0 .*and conditions"):
        gan.fit(SAMPLES, (tints, CLASSES), verbose=0, shuffle=False)
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def batches():
    for first in range(0, COUNT, 11):
        part = slice(first, first + 11)
        yield SAMPLES[part], {k: v[part] for k, v in BOTH.items()}


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return list(batches())[index]


def tensorflow_dataset():
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((SAMPLES, BOTH)).batch(11)


def public_dataset():
    """As TensorFlow Datasets yields them."""
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices({"image": SAMPLES, **BOTH}).batch(
        11
    )


def data_loader():
    torch = pytest.importorskip("torch")
    rows = [
        (SAMPLES[i], {k: v[i] for k, v in BOTH.items()}) for i in range(COUNT)
    ]
    return torch.utils.data.DataLoader(rows, batch_size=11)


SOURCES = {
    "tuple": lambda: (SAMPLES, (TINTS, CLASSES)),
    "dictionary": lambda: (SAMPLES, dict(reversed(BOTH.items()))),
    "tf.data": tensorflow_dataset,
    "image": public_dataset,
    "PyDataset": Batches,
    "DataLoader": data_loader,
    "generator": lambda: batches(),
}


@pytest.fixture(scope="module")
def expected_losses():
    gan = make()
    gan.compile(jit_compile=False)
    return gan.fit(
        SAMPLES, (TINTS, CLASSES), batch_size=11, shuffle=False, verbose=0
    ).history


@pytest.mark.parametrize("form", [list, dict], ids=["list", "dict"])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.filterwarnings("ignore:.*PyDataset", "ignore:`shuffle=True`")
def test_same_training_from_every_source(source, form, expected_losses):
    if form is dict and source not in ("tuple", "tf.data"):
        pytest.skip("The source has nothing to do with the form.")
    gan = make(form)
    gan.compile(jit_compile=False)
    data = SOURCES[source]()
    several = isinstance(data, tuple)
    x, y = data if several else (data, None)
    size = {"batch_size": 11} if several else {}
    if several or source == "PyDataset":
        size["shuffle"] = False
    losses = gan.fit(x, y, verbose=0, **size).history
    for name, values in expected_losses.items():
        np.testing.assert_allclose(losses[name], values, rtol=1e-4)


def test_dictionaries_in_which_a_label_comes_first():
    """Keras sorts keys, so that latents and samples come later."""
    label = layers.Input((), name="a_label", dtype="int32")
    latents = layers.Input((3,), name="latents")
    samples = layers.Input((2,), name="samples")
    joined = layers.Concatenate()([latents, layers.Embedding(3, 4)(label)])
    made = layers.Dense(2)(joined)
    generator = keras.Model({"a_label": label, "latents": latents}, made)
    joined = layers.Concatenate()([samples, layers.Embedding(3, 4)(label)])
    logits = layers.Dense(1)(joined)
    discriminator = keras.Model({"a_label": label, "samples": samples}, logits)
    gan = kr.RegularizedGAN(generator, discriminator, seed=0, ema_momentum=0.5)
    assert gan.latent_shape == (3,) and gan.sample_shape == (2,)
    gan.compile()
    points = RANDOM.normal(size=(COUNT, 2)).astype("float32")
    history = gan.fit(points, {"a_label": CLASSES}, verbose=0).history
    assert np.isfinite(history["g_loss"]).all()
    latents = ops.convert_to_numpy(gan.sample_latents(COUNT, 7))
    np.testing.assert_allclose(
        gan.generate(conditions=CLASSES, seed=7),
        gan.inference_generator().predict(
            {"latents": latents, "a_label": CLASSES}, verbose=0
        ),
        atol=1e-6,
    )


def test_discriminator_that_takes_fewer():
    gan = make(judged=("label",))
    gan.compile()
    gan.fit(SAMPLES, BOTH, verbose=0)
    logits = gan.discriminator([SAMPLES, CLASSES])["logits"]
    told = gan._interface.discriminator_inputs(SAMPLES, BOTH)
    np.testing.assert_allclose(
        ops.convert_to_numpy(gan.discriminator(told)["logits"]),
        ops.convert_to_numpy(logits),
    )
    make(judged=()).compile()


def classes_of(samples):
    """Reads off samples of an untrained generator what it was told."""
    return np.rint(samples[..., 1].mean(axis=(-1, -2)))


@pytest.fixture(scope="module")
def quiet():
    """A GAN whose latents hardly show, so that conditions can be read."""
    gan = make()
    kernel = gan.generator.get_layer("noise").kernel
    kernel.assign(0.01 * kernel)
    return gan


@pytest.mark.parametrize(
    "arguments, shape, classes",
    [
        ({"conditions": (TINTS, CLASSES)}, (COUNT,), CLASSES),
        ({"conditions": (TINTS[0], 2), "n": 4}, (4,), [2] * 4),
        ({"conditions": {"label": [1, 0], "tint": TINTS[0]}}, (2,), [1, 0]),
        (
            {"conditions": (TINTS[0], [2, 0, 1]), "samples_per_condition": 2},
            (3, 2),
            [[2, 2], [0, 0], [1, 1]],
        ),
        (
            {"conditions": (TINTS[:2], 1), "samples_per_condition": 1},
            (2, 1),
            [[1], [1]],
        ),
    ],
    ids=["each", "one", "names", "several", "one of each"],
)
def test_generate(quiet, arguments, shape, classes):
    samples = quiet.generate(seed=0, **arguments)
    assert samples.shape == (*shape, 4, 4, 2)
    np.testing.assert_array_equal(classes_of(samples), classes)
    flat = samples.reshape(-1, 32)
    assert len(np.unique(flat, axis=0)) == len(flat)


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({}, "`conditions`"),
        ({"n": 3}, "`conditions`"),
        ({"n": 3, "conditions": (TINTS[:2], CLASSES[:2])}, "n=3"),
        ({"conditions": (TINTS[:2], CLASSES[:3])}, "n=2"),
        ({"conditions": (TINTS[0], 1)}, "`n`"),
        ({"conditions": TINTS[:2]}, "tuple"),
        (
            {"conditions": (TINTS, CLASSES), "samples_per_condition": 0},
            "`samples_per_condition`",
        ),
    ],
)
def test_generate_refuses(quiet, arguments, text):
    with pytest.raises((TypeError, ValueError)) as caught:
        quiet.generate(**arguments)
    assert text in str(caught.value)


@keras.saving.register_keras_serializable("test_conditions")
class Seen(kr.regularizers.PairRegularizer):
    """Is zero if it sees pairs of one condition and other latents."""

    called_with = ("samples", "latents")

    def call(self, samples, latents, conditions):
        first, second = samples[:-conditions], samples[conditions:]
        told = ops.round(ops.mean(samples[..., 1], axis=(1, 2)))
        same = ops.max(ops.abs(told[:-conditions] - told[conditions:]))
        near = ops.max(ops.abs(first - second))
        apart = ops.min(
            ops.max(ops.abs(latents[:-conditions] - latents[conditions:]), 1)
        )
        wrong = ops.logical_or(same > 0.0, near > 0.5)
        return ops.where(ops.logical_or(wrong, apart < 1e-3), 1.0, 0.0)


class RealOfCondition(kr.penalties.Penalty):
    """Is zero if real samples stand beside their conditions."""

    def call(self, context):
        told = ops.cast(context.conditions[1], "float32")
        seen = ops.mean(context.real[..., 1], axis=(1, 2))
        tint = ops.abs(context.real[..., :1] - context.conditions[0])
        return ops.max(ops.abs(told - seen)) + ops.max(tint)


@pytest.mark.parametrize("each", [1, 2, 3])
def test_pairs_have_one_condition(quiet, each):
    """With batches that the number does not divide, too."""
    quiet.compile(
        keras.optimizers.SGD(0.0),
        keras.optimizers.SGD(0.0),
        generator_regularizers=[
            Seen(name="seen"),
            RealOfCondition(name="real"),
        ],
        samples_per_condition=each,
    )
    logs = quiet.fit(SAMPLES, (TINTS, CLASSES), batch_size=5, verbose=0).history
    assert logs["g_seen"] == [0.0]
    np.testing.assert_allclose(logs["g_real"], 0.0, atol=1e-6)


class Repeats(kr.regularizers.SampleRegularizer):
    """How many of the real samples are there more than once."""

    called_with = ("samples", "real")

    def call(self, samples, real):
        rows = ops.reshape(real, (ops.shape(real)[0], -1))
        apart = ops.max(ops.abs(rows[:, None] - rows[None]), axis=-1)
        same = ops.sum(ops.cast(apart == 0.0, "float32"))
        return same - ops.cast(ops.shape(rows)[0], "float32")


@pytest.mark.parametrize("paired, repeats", [(False, 0.0), (True, 12.0)])
def test_real_samples_are_repeated_for_partners_only(paired, repeats):
    entry = Repeats(name="repeats")
    entry.paired_with_real = paired
    gan = make()
    gan.compile(generator_regularizers=[entry], samples_per_condition=2)
    logs = gan.fit(SAMPLES[:12], (TINTS[:12], CLASSES[:12]), verbose=0).history
    assert logs["g_repeats"] == [repeats]


class Rows(kr.regularizers.PairRegularizer):
    """How many rows and conditions it is called with."""

    def call(self, samples, conditions):
        rows = ops.cast(ops.shape(samples)[0], "float32")
        return rows + 1000.0 * ops.cast(conditions, "float32")


@pytest.mark.parametrize(
    "across, each, expected",
    [(False, 1, 11022), (False, 2, 6012), (True, 1, 1011)],
)
def test_how_many_of_a_condition(across, each, expected):
    gan = make()
    gan.compile(
        generator_regularizers=[
            Rows(across_conditions=across, name="rows"),
            kr.penalties.OnFeatures(
                Rows(across_conditions=across), name="seen"
            ),
        ],
        samples_per_condition=each,
    )
    logs = gan.fit(SAMPLES, BOTH, batch_size=11, verbose=0).history
    assert logs["g_rows"] == logs["g_seen"] == [expected]


def test_one_second_pass_for_all_who_ask(quiet):
    calls = collections.Counter()
    call, judge = quiet.generator.call, quiet.discriminator.call

    def counted(name, method):
        def count(*arguments, **named):
            calls[name] += 1
            return method(*arguments, **named)

        return count

    quiet.generator.call = counted("generator", call)
    quiet.discriminator.call = counted("discriminator", judge)
    try:
        quiet.compile(
            generator_regularizers=[
                kr.regularizers.ModeSeeking(0.1),
                kr.regularizers.PairwiseDistance(0.1),
                kr.regularizers.NormalizedDiversification(),
                kr.penalties.OnFeatures(kr.regularizers.PullingAway()),
                kr.penalties.OnFeatures(kr.regularizers.ModeSeeking()),
            ],
            run_eagerly=True,
        )
        quiet.train_on_batch(SAMPLES[:4], (TINTS[:4], CLASSES[:4]))
    finally:
        quiet.generator.call, quiet.discriminator.call = call, judge
    # Of the discriminator's step, of the generator's, and two more, of which
    # pairs take the first.
    assert calls == {"generator": 4, "discriminator": 4}


@pytest.mark.parametrize("each", [1, 2])
def test_goes_on_from_a_file(each, tmp_path):
    """`fit(4)` is `fit(2)`, save, load, `fit(2)`."""

    def trained(epochs, gan=None):
        if gan is None:
            gan = make(ema_momentum=0.9, latents="uniform")
            gan.compile(
                generator_regularizers=[
                    kr.regularizers.ModeSeeking(0.1),
                    kr.penalties.OnFeatures(
                        kr.regularizers.PairwiseDistance(0.1)
                    ),
                ],
                samples_per_condition=each,
            )
        gan.fit(
            SAMPLES, BOTH, batch_size=8, epochs=epochs, shuffle=False, verbose=0
        )
        return gan

    whole = trained(4)
    path = str(tmp_path / "gan.keras")
    trained(2).save(path)
    loaded = keras.models.load_model(path)
    assert loaded.latents == "uniform"
    resumed = trained(2, loaded)
    for old, new in zip(
        whole.get_weights(), resumed.get_weights(), strict=True
    ):
        np.testing.assert_allclose(new, old, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        resumed.generate(conditions=(TINTS[0], [0, 1]), seed=0),
        whole.generate(conditions=(TINTS[0], [0, 1]), seed=0),
        rtol=1e-4,
        atol=1e-5,
    )


def test_labels_of_data_that_nobody_takes(vector_pair, vectors, tmp_path):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    labels = np.zeros(len(vectors), "int32")
    gan.compile()
    with pytest.raises(ValueError, match="compile.use_conditions=False"):
        gan.fit(vectors, labels, verbose=0)
    gan.compile(use_conditions=False)
    watching = [
        kr.callbacks.CollapseMonitor((vectors, labels)),
        kr.callbacks.Histograms(tmp_path, real=(vectors, labels)),
    ]
    gan.fit(
        vectors,
        labels,
        validation_data=(vectors, labels),
        callbacks=watching,
        verbose=0,
    )
    assert watching[0].checks[-1].signs.conditional_diversity is None
    gan.fit(((vectors[:8], labels[:8]) for _ in range(2)), verbose=0)
    gan.evaluate(vectors, labels, verbose=0)
    gan.train_on_batch(vectors, labels)
    with pytest.raises(ValueError, match="`use_conditions`.*conditional"):
        make().compile(use_conditions=False)


def test_repeats_that_cannot_be(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    with pytest.raises(ValueError, match="`samples_per_condition`.*not cond"):
        gan.compile(samples_per_condition=2)
    with pytest.raises(ValueError, match="`samples_per_condition`.*shared"):
        make().compile(samples_per_condition=2, shared_samples=True)
    with pytest.raises(ValueError, match="`samples_per_condition`.*Received"):
        make().compile(samples_per_condition=0)


@pytest.mark.parametrize("wrap", [lambda x: x, kr.penalties.AcrossReplicas])
def test_a_single_pair_says_nothing_of_normalized_distances(wrap):
    entry = wrap(kr.regularizers.NormalizedDiversification())
    with pytest.raises(ValueError, match="1, or 3 or more for `normalized_"):
        make().compile(generator_regularizers=[entry], samples_per_condition=2)
    make().compile(generator_regularizers=[entry], samples_per_condition=3)


def test_metrics_of_conditions(quiet):
    """Against samples that `evaluate` makes of an untrained generator."""
    flat = keras.Sequential(
        [layers.Input((4, 4, 2)), layers.Flatten()], name="flat"
    )
    metrics = kr.metrics
    quiet.compile(
        metrics=[
            metrics.ConditionalDiversity(flat, samples_per_condition=3),
            metrics.BestOfMany(flat, samples_per_condition=3),
            metrics.FrechetJointDistance(flat, num_classes=3),
            metrics.FeatureDiversity(flat),
        ]
    )
    logs = quiet.evaluate(
        SAMPLES, dict(reversed(BOTH.items())), return_dict=True, verbose=0
    )
    # A sample is its conditions and a trace of noise, of 32 elements.
    size = quiet.generator.get_layer("noise").kernel
    noise = float(ops.mean(ops.sum(ops.square(size), axis=0)))
    expected = np.sqrt(2 * 32 * noise)
    assert abs(logs["conditional_diversity_flat"] / expected - 1) < 0.2
    assert logs["best_of_many_flat"] < logs["mean_of_many_flat"]
    assert abs(logs["mean_of_many_flat"] / np.sqrt(32 * noise) - 1) < 0.2
    assert logs["diversity_flat"] > 10 * logs["conditional_diversity_flat"]


def test_metrics_of_conditions_without_any(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    flat = keras.Sequential([layers.Input((2,)), layers.Identity()])
    with pytest.raises(ValueError, match="`metrics`.*conditional networks"):
        gan.compile(metrics=[kr.metrics.BestOfMany(flat)])
