"""What holds for every regularizer of samples, whatever it is called with."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

kinds = kr.regularizers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

MEMBERS = {
    "ModeSeeking": kinds.ModeSeeking,
    "DiversitySensitive": kinds.DiversitySensitive,
    "DiversitySensitive_both": lambda f: kinds.DiversitySensitive(
        f, bound=None, detach_partner=False
    ),
    "NormalizedDiversification": kinds.NormalizedDiversification,
    "PullingAway": kinds.PullingAway,
    "GDPP": kinds.GDPP,
    "GDPP_eigenvectors": lambda f: kinds.GDPP(f, structure="eigenvectors"),
    "EnergyDistance": kinds.EnergyDistance,
    "MaximumMeanDiscrepancy": kinds.MaximumMeanDiscrepancy,
    "MaximumMeanDiscrepancy_list": lambda f: kinds.MaximumMeanDiscrepancy(
        f, bandwidth=[0.5, 2.0]
    ),
    "MatchedPairwiseDistance": kinds.MatchedPairwiseDistance,
    "MatchedPairwiseDistance_l1": lambda f: kinds.MatchedPairwiseDistance(
        f, distance="l1"
    ),
    "MatchedPairwiseDistance_all": lambda f: kinds.MatchedPairwiseDistance(
        f, pairing="all"
    ),
    "MatchedPairwiseDistance_all_l1": lambda f: kinds.MatchedPairwiseDistance(
        f, pairing="all", distance="l1"
    ),
    "PairwiseDistance": kinds.PairwiseDistance,
    "PairwiseDistance_all": lambda f: kinds.PairwiseDistance(f, pairing="all"),
}
each = pytest.mark.parametrize("key", list(MEMBERS))
SHAPES = {"samples": (3, 2), "latents": (4,), "real": (3, 2)}


def tensors_for(regularizer, batch, real_batch=None, spread=1.0):
    """One random array for each that the regularizer is called with."""
    random = np.random.default_rng(0)
    sizes = {"samples": batch, "latents": batch, "real": real_batch or batch}
    return [
        (
            1.0 + spread * random.normal(size=(sizes[name], *SHAPES[name]))
        ).astype("float32")
        for name in regularizer.called_with
    ]


def value_of(regularizer, tensors):
    return float(ops.convert_to_numpy(regularizer(*tensors)))


@each
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_small_batches_are_finite(key, batch, gradient):
    regularizer = MEMBERS[key](2.0)
    tensors = tensors_for(regularizer, batch)
    assert np.isfinite(value_of(regularizer, tensors))
    assert np.isfinite(gradient(regularizer, *tensors)).all()


PAIRS_ONLY = [
    key
    for key, build in MEMBERS.items()
    if "real" not in build(1.0).called_with
]


@pytest.mark.parametrize("key", PAIRS_ONLY)
def test_a_batch_of_one_has_no_pairs(key, gradient):
    regularizer = MEMBERS[key](2.0)
    tensors = tensors_for(regularizer, 1)
    np.testing.assert_allclose(value_of(regularizer, tensors), 0.0, atol=1e-5)
    np.testing.assert_array_equal(gradient(regularizer, *tensors), 0.0)


@each
@pytest.mark.parametrize("equal", ["samples", "all", "zero"])
def test_equal_samples_are_finite(key, equal, gradient):
    regularizer = MEMBERS[key](2.0)
    tensors = tensors_for(regularizer, 5)
    if equal == "all":
        tensors = [np.ones_like(x) * x[:1] for x in tensors]
    elif equal == "zero":
        tensors = [np.zeros_like(x) for x in tensors]
    else:
        tensors[0] = np.ones_like(tensors[0]) * tensors[0][:1]
    assert np.isfinite(value_of(regularizer, tensors))
    assert np.isfinite(gradient(regularizer, *tensors)).all()


@each
def test_samples_that_are_nearly_equal_are_finite(key, gradient):
    regularizer = MEMBERS[key](2.0)
    tensors = tensors_for(regularizer, 6)
    tensors[0] = tensors_for(regularizer, 6, spread=1e-7)[0]
    assert np.isfinite(value_of(regularizer, tensors))
    assert np.isfinite(gradient(regularizer, *tensors)).all()


@each
def test_samples_of_any_rank_are_flattened(key):
    regularizer = MEMBERS[key](1.0)
    tensors = tensors_for(regularizer, 6)
    flat = [x.reshape(6, -1) for x in tensors]
    np.testing.assert_allclose(
        value_of(regularizer, flat), value_of(regularizer, tensors), rtol=1e-6
    )


@each
def test_samples_of_rank_one(key, gradient):
    regularizer = MEMBERS[key](1.0)
    tensors = [x.reshape(6, -1)[:, 0] for x in tensors_for(regularizer, 6)]
    assert np.isfinite(value_of(regularizer, tensors))
    assert np.isfinite(gradient(regularizer, *tensors)).all()


@each
def test_factor_multiplies(key):
    tensors = tensors_for(MEMBERS[key](1.0), 6)
    one = value_of(MEMBERS[key](1.0), tensors)
    assert one != 0
    np.testing.assert_allclose(
        value_of(MEMBERS[key](2.5), tensors), 2.5 * one, rtol=1e-6
    )


@each
def test_factor_of_zero_computes_nothing(key, monkeypatch):
    regularizer = MEMBERS[key](0.0)
    monkeypatch.setattr(type(regularizer), "call", None)
    value = regularizer(*tensors_for(regularizer, 6))
    assert float(value) == 0.0
    assert keras.backend.standardize_dtype(value.dtype) == "float32"


@each
def test_half_precision_is_widened(key):
    regularizer = MEMBERS[key](1.0)
    # Sums of its squares do not fit into float16.
    half = [
        ops.cast(100.0 * x, "float16") if i == 0 else ops.cast(x, "float16")
        for i, x in enumerate(tensors_for(regularizer, 6))
    ]
    value = regularizer(*half)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    exact = regularizer(*(ops.cast(x, "float32") for x in half))
    np.testing.assert_allclose(float(value), float(exact), rtol=1e-6)


@each
def test_tensors_of_different_types(key):
    regularizer = MEMBERS[key](1.0)
    tensors = tensors_for(regularizer, 6)
    if len(tensors) == 1:
        return
    half = [tensors[0], ops.cast(tensors[1], "float16")]
    exact = [tensors[0], ops.cast(half[1], "float32")]
    np.testing.assert_allclose(
        value_of(regularizer, half), value_of(regularizer, exact), rtol=1e-6
    )


@each
def test_wrong_number_of_tensors(key):
    regularizer = MEMBERS[key](0.0)
    (first, *rest) = tensors_for(regularizer, 3)
    for tensors in ([first, *rest, first], [first, *rest][: len(rest)]):
        if tensors:
            with pytest.raises(TypeError, match=r"\(samples.*Received: \d"):
                regularizer(*tensors)


@each
def test_config_round_trip(key):
    regularizer = MEMBERS[key](0.25)
    config = keras.saving.serialize_keras_object(regularizer)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(regularizer)
    assert copy.get_config() == regularizer.get_config()
    tensors = tensors_for(regularizer, 5)
    assert value_of(copy, tensors) == value_of(regularizer, tensors)


class Added(keras.layers.Layer):
    """Adds a regularizer of its inputs to the loss and passes one on."""

    def __init__(self, regularizer):
        super().__init__()
        self.regularizer = regularizer
        self.batches = set()

    def call(self, inputs):
        self.batches.add(inputs[0].shape[0])
        self.add_loss(self.regularizer(*inputs))
        return inputs[0]


@each
def test_in_a_graph_that_does_not_know_the_batch_size(key, backend):
    regularizer = MEMBERS[key](0.5)
    tensors = [x.reshape(len(x), -1) for x in tensors_for(regularizer, 11)]
    inputs = [keras.Input(x.shape[1:]) for x in tensors]
    dense = keras.layers.Dense(6)
    added = Added(regularizer)
    model = keras.Model(inputs, added([dense(inputs[0]), *inputs[1:]]))
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    wanted = ops.convert_to_numpy(dense(tensors[0]))
    expected = value_of(regularizer, [wanted, *tensors[1:]])
    np.testing.assert_allclose(
        model.evaluate(tensors, wanted, batch_size=16, verbose=0),
        expected,
        rtol=1e-4,
        atol=1e-6,
    )
    before = np.array(dense.get_weights()[0])
    model.fit(tensors, wanted, batch_size=6, epochs=2, verbose=0)
    after = dense.get_weights()[0]
    assert np.isfinite(after).all() and not np.array_equal(before, after)
    if backend == "tensorflow":
        assert None in added.batches


REAL = [
    key
    for key, build in MEMBERS.items()
    if "real" in build(1.0).called_with and "eigenvectors" not in key
]


@pytest.mark.parametrize("key", REAL)
@pytest.mark.parametrize("real_batch", [1, 9])
def test_batches_of_different_sizes(key, real_batch, gradient):
    regularizer = MEMBERS[key](1.0)
    tensors = tensors_for(regularizer, 6, real_batch)
    assert np.isfinite(value_of(regularizer, tensors))
    assert np.isfinite(gradient(regularizer, *tensors)).all()


@each
@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"factor": -1.0}, ValueError, "`factor`.*Received: factor=-1.0"),
        ({"factor": float("inf")}, ValueError, "`factor`"),
        ({"factor": "1"}, TypeError, "`factor`"),
        ({"factor": True}, TypeError, "`factor`"),
        ({"factor": 1.0, "name": "two words"}, ValueError, "`name`"),
        ({"factor": 1.0, "name": 1}, TypeError, "`name`"),
    ],
    ids=["negative", "infinite", "string", "bool", "spaces", "number"],
)
def test_bad_factor_or_name(key, arguments, error, text):
    with pytest.raises(error, match=text):
        type(MEMBERS[key](1.0))(**arguments)


def test_names_and_defaults():
    expected = {
        kinds.ModeSeeking: ("mode_seeking", 1.0),
        kinds.DiversitySensitive: ("diversity_sensitive", 8.0),
        kinds.NormalizedDiversification: ("normalized_diversification", 100.0),
        kinds.PullingAway: ("pulling_away", 0.1),
        kinds.GDPP: ("gdpp", 0.5),
        kinds.EnergyDistance: ("energy_distance", 1.0),
        kinds.MaximumMeanDiscrepancy: ("maximum_mean_discrepancy", 1.0),
        kinds.MatchedPairwiseDistance: ("matched_pairwise_distance", 1.0),
    }
    for kind, (name, factor) in expected.items():
        assert (kind().name, kind().factor) == (name, factor)


def test_called_with():
    expected = {
        ("samples",): [kinds.PairwiseDistance, kinds.PullingAway],
        ("samples", "latents"): [
            kinds.ModeSeeking,
            kinds.DiversitySensitive,
            kinds.NormalizedDiversification,
        ],
        ("samples", "real"): [
            kinds.GDPP,
            kinds.EnergyDistance,
            kinds.MaximumMeanDiscrepancy,
            kinds.MatchedPairwiseDistance,
        ],
    }
    assert kinds.SampleRegularizer.called_with == ("samples",)
    for names, members in expected.items():
        assert all(member.called_with == names for member in members)


class Weighted(kinds.SampleRegularizer):
    """One of a user that takes all three, in another order."""

    called_with = ("real", "samples", "latents")

    def __init__(self, factor=1.0, *, name="weighted"):
        super().__init__(factor, name=name)

    def call(self, real, samples, latents):
        return ops.sum(real) + 10 * ops.sum(samples) + 100 * ops.sum(latents)


def test_tensors_keep_their_order():
    one, two, three = (np.full((1, 1), n, "int32") for n in (1, 2, 3))
    assert float(Weighted(2.0)(one, two, three)) == 2.0 * 321
    value = Weighted()(one, two, three)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"


@pytest.mark.parametrize(
    "names", [("samples", "labels"), "samples"], ids=["labels", "string"]
)
def test_called_with_what_does_not_exist(names):
    class Wrong(Weighted):
        called_with = names

    with pytest.raises(ValueError, match="`called_with`"):
        Wrong()
