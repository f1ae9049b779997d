"""What holds for every regularizer of samples, whatever it is called with."""

import re

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
    "Reconstruction": kinds.Reconstruction,
}
each = pytest.mark.parametrize("key", list(MEMBERS))
SHAPES = {"samples": (3, 2), "latents": (4,), "real": (3, 2)}


def tensors_for(regularizer, batch, real_batch=None, spread=1.0):
    """One random array for each that the regularizer is called with."""
    random = np.random.default_rng(0)
    if regularizer.paired_with_real:
        real_batch = batch
    sizes = {"samples": batch, "latents": batch, "real": real_batch or batch}
    return [
        (
            1.0 + spread * random.normal(size=(sizes[name], *SHAPES[name]))
        ).astype("float32")
        for name in regularizer.called_with
    ]


def value_of(regularizer, tensors):
    return float(ops.convert_to_numpy(regularizer(*tensors)))


def odd_tensors(regularizer):
    """What a formula may stumble over, by name."""
    six = tensors_for(regularizer, 6)
    yield from (
        (f"a batch of {batch}", tensors_for(regularizer, batch))
        for batch in (1, 2)
    )
    yield "equal samples", [np.ones_like(six[0]) * six[0][:1], *six[1:]]
    yield "equal tensors", [np.ones_like(x) * x[:1] for x in six]
    yield "zeros", [np.zeros_like(x) for x in six]
    near = tensors_for(regularizer, 6, spread=1e-7)[0]
    yield "nearly equal samples", [near, *six[1:]]
    yield "rank one", [x.reshape(6, -1)[:, 0] for x in six]
    if "real" in regularizer.called_with and not (
        regularizer.paired_with_real or compares_eigenvectors(regularizer)
    ):
        for real_batch in (1, 9):
            tensors = tensors_for(regularizer, 6, real_batch)
            yield f"a real batch of {real_batch}", tensors


def compares_eigenvectors(regularizer):
    """Then both batches must have the same size."""
    return getattr(regularizer, "structure", None) == "eigenvectors"


@pytest.mark.usual_on("tensorflow", "torch")
@each
def test_values_and_gradients_are_finite(key, gradient):
    regularizer = MEMBERS[key](2.0)
    not_finite = []
    for case, tensors in odd_tensors(regularizer):
        value = value_of(regularizer, tensors)
        slope = gradient(regularizer, *tensors)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            not_finite.append((case, value, slope))
        if case == "a batch of 1" and "real" not in regularizer.called_with:
            # It has no pairs.
            np.testing.assert_allclose(value, 0.0, atol=1e-5)
            np.testing.assert_array_equal(slope, 0.0)
    assert not_finite == []


@each
def test_samples_of_any_rank_are_flattened(key):
    regularizer = MEMBERS[key](1.0)
    tensors = tensors_for(regularizer, 6)
    flat = [x.reshape(6, -1) for x in tensors]
    np.testing.assert_allclose(
        value_of(regularizer, flat), value_of(regularizer, tensors), rtol=1e-6
    )


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
    tensors = tensors_for(regularizer, 6)
    assert value_of(copy, tensors) == value_of(regularizer, tensors)


class Added(keras.layers.Layer):
    """Adds a regularizer of its inputs to the loss and returns its value."""

    def __init__(self, regularizer):
        super().__init__()
        self.regularizer = regularizer
        self.batches = set()

    def call(self, inputs):
        self.batches.add(inputs[0].shape[0])
        value = self.regularizer(*inputs)
        self.add_loss(value)
        return value + ops.zeros_like(inputs[0][:, :1])


# JAX always knows it, and compiles anew for another one.
@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize(
    "called_with",
    [("samples",), ("samples", "latents"), ("samples", "real")],
    ids="-".join,
)
def test_in_a_graph_that_does_not_know_the_batch_size(called_with, backend):
    members = {key: build(0.5) for key, build in MEMBERS.items()}
    members = {k: m for k, m in members.items() if m.called_with == called_with}
    tensors = [
        x.reshape(len(x), -1)
        for x in tensors_for(next(iter(members.values())), 11)
    ]
    inputs = [keras.Input(x.shape[1:]) for x in tensors]
    # Each has weights of its own, which shows that its gradient arrives.
    dense = {key: keras.layers.Dense(6) for key in members}
    added = {key: Added(member) for key, member in members.items()}
    model = keras.Model(
        inputs,
        {
            key: added[key]([dense[key](inputs[0]), *inputs[1:]])
            for key in added
        },
    )
    model.compile(keras.optimizers.SGD(0.01), jit_compile=False)
    values = model.predict(tensors, batch_size=16, verbose=0)
    for key, member in members.items():
        samples = ops.convert_to_numpy(dense[key](tensors[0]))
        np.testing.assert_allclose(
            values[key][:, 0],
            value_of(member, [samples, *tensors[1:]]),
            rtol=1e-4,
            atol=1e-6,
            err_msg=key,
        )
    before = {key: np.array(dense[key].get_weights()[0]) for key in members}
    model.fit(tensors, batch_size=6, epochs=2, verbose=0)
    for key in members:
        after = dense[key].get_weights()[0]
        assert np.isfinite(after).all(), key
        assert not np.array_equal(before[key], after), key
        if backend == "tensorflow":
            assert None in added[key].batches, key


def refusal(kind, arguments):
    """The error that a constructor raises, or None."""
    try:
        kind(**arguments)
    except Exception as error:
        return error


def test_bad_factor_or_name():
    cases = [
        ({"factor": -1.0}, ValueError, "`factor`.*Received: factor=-1.0"),
        ({"factor": float("inf")}, ValueError, "`factor`"),
        ({"factor": "1"}, TypeError, "`factor`"),
        ({"factor": True}, TypeError, "`factor`"),
        ({"factor": 1.0, "name": "two words"}, ValueError, "`name`"),
        ({"factor": 1.0, "name": 1}, TypeError, "`name`"),
    ]
    accepted = []
    for kind in {type(build(1.0)) for build in MEMBERS.values()}:
        for arguments, expected, text in cases:
            error = refusal(kind, arguments)
            if type(error) is not expected or not re.search(text, str(error)):
                accepted.append((kind, arguments, error))
    assert accepted == []


def test_every_member_is_looked_at():
    public = {
        kind
        for kind in vars(kinds).values()
        if isinstance(kind, type)
        and issubclass(kind, kinds.SampleRegularizer)
        and kind not in (kinds.SampleRegularizer, kinds.PairRegularizer)
    }
    assert {type(build(1.0)) for build in MEMBERS.values()} == public


class Sum(kinds.SampleRegularizer):
    """The smallest one that a user can write."""

    def call(self, samples):
        return ops.sum(samples)


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
        kinds.PairwiseDistance: ("pairwise_distance", 0.1),
        kinds.Reconstruction: ("reconstruction", 1.0),
        Sum: ("sum", 1.0),
    }
    for kind, (name, factor) in expected.items():
        assert (kind().name, kind().factor) == (name, factor)
        other = kind(0.25, name="other")
        assert (other.name, other.factor) == ("other", 0.25)
        with pytest.raises(TypeError, match="'facter'"):
            kind(facter=1.0)
        with pytest.raises(TypeError, match="'facter'"):
            kind.from_config({**other.get_config(), "facter": 1.0})


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
            kinds.Reconstruction,
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
