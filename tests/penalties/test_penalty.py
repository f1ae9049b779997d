"""Factor, interval, schedule and state, the same for every penalty."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr


@keras.saving.register_keras_serializable("test_penalty")
class Constant(kr.penalties.Penalty):
    """Adds its factor, so that the log shows what was added."""

    def call(self, context):
        return ops.ones(())


@keras.saving.register_keras_serializable("test_penalty")
class Counter(kr.penalties.Penalty):
    """Keeps state: how often it was computed."""

    def __init__(self, factor=1.0, *, interval=1, name="counter"):
        super().__init__(factor, interval=interval, name=name)
        self.count = keras.Variable(0.0, trainable=False, name="count")

    @property
    def variables(self):
        return [self.count]

    def call(self, context):
        self.count.assign(self.count + 1.0)
        return ops.convert_to_tensor(self.count)


@keras.saving.register_keras_serializable("test_penalty")
class Noisy(kr.penalties.Penalty):
    """Runs the discriminator, dropout and all, on points of its own."""

    networks = ("discriminator",)

    def call(self, context):
        gradient = context.input_gradient(0.5 * (context.real + context.fake))
        again = context.discriminate(context.real)
        return ops.mean(ops.square(gradient)) + ops.mean(ops.square(again))


def steps(gan, data, count, key):
    """The value that one log key has in each of some single steps."""
    values = []
    for _ in range(count):
        gan.reset_metrics()
        values.append(float(gan.train_on_batch(data, return_dict=True)[key]))
    return values


@pytest.fixture
def gan(vector_pair):
    return kr.RegularizedGAN(*vector_pair(), seed=0)


def test_factor_interval_and_schedule(gan, vectors):
    class Untouchable(kr.penalties.Penalty):
        def call(self, context):
            raise AssertionError("computed")

    def schedule(initial):
        return keras.optimizers.schedules.PolynomialDecay(initial, 4, 0.0)

    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.0),
        generator_regularizers=[
            kr.penalties.Scheduled(
                kr.regularizers.L2(0.1), schedule(1.0), interval=2
            ),
            Untouchable(0.0),
            kr.regularizers.PairwiseDistance(0.0, distance=lambda x, y: 1 / 0),
        ],
        discriminator_regularizers=[
            Constant(0.5, interval=3, name="every_third"),
            Constant(schedule(2.0), name="scheduled"),
        ],
    )
    keys = ["d_every_third", "d_scheduled", "g_l2"]
    keys += ["g_untouchable", "g_pairwise_distance"]
    evaluated, trained = [], []
    for _ in range(7):
        logs = gan.evaluate(vectors, verbose=0, return_dict=True)
        evaluated.append([logs[key] for key in keys])
        gan.reset_metrics()
        logs = gan.train_on_batch(vectors, return_dict=True)
        trained.append([logs[key] for key in keys])
    decay = np.array([1, 0.75, 0.5, 0.25, 0, 0, 0])
    norm = sum((w**2).sum() for w in gan.generator.get_weights() if w.ndim >= 2)
    zeros = np.zeros(7)
    # Each k-th step has k times as much; evaluation knows of no interval.
    np.testing.assert_allclose(
        np.transpose(trained),
        [
            [1.5, 0, 0, 1.5, 0, 0, 1.5],
            2 * decay,
            0.1 * norm * 2 * np.array([1, 0, 0.5, 0, 0, 0, 0]),
            zeros,
            zeros,
        ],
        rtol=1e-5,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        np.transpose(evaluated),
        [np.full(7, 0.5), 2 * decay, 0.1 * norm * decay, zeros, zeros],
        rtol=1e-5,
        atol=1e-6,
    )


def test_interval_counts_the_updates_of_the_network(gan, vectors):
    gan.compile(
        discriminator_steps=2,
        discriminator_regularizers=[Constant(1.0, interval=4)],
        generator_regularizers=[Constant(1.0, interval=2)],
    )
    # Each log is the mean over the two updates of the discriminator.
    assert steps(gan, vectors, 4, "d_constant") == [2, 0, 2, 0]
    assert steps(gan, vectors, 4, "g_constant") == [2, 0, 2, 0]


def test_loss_is_adversarial_loss_plus_everything_logged(gan, vectors):
    settings = {
        "generator_optimizer": keras.optimizers.SGD(0.0),
        "discriminator_optimizer": keras.optimizers.SGD(0.0),
    }
    plain = kr.RegularizedGAN(gan.generator, gan.discriminator, seed=0)
    plain.compile(**settings)
    expected = plain.train_on_batch(vectors, return_dict=True)
    settings = {
        "generator_optimizer": keras.optimizers.SGD(0.0),
        "discriminator_optimizer": keras.optimizers.SGD(0.0),
    }
    gan.compile(
        **settings,
        generator_regularizers=[
            kr.regularizers.L1(0.1),
            kr.regularizers.PairwiseDistance(0.5),
        ],
        discriminator_regularizers=[
            kr.penalties.R1(3.0),
            keras.regularizers.L2(0.1),
        ],
    )
    logs = gan.train_on_batch(vectors, return_dict=True)
    np.testing.assert_allclose(
        logs["g_loss"] - logs["g_l1"] - logs["g_pairwise_distance"],
        expected["g_loss"],
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        logs["d_loss"] - logs["d_r1"] - logs["d_l2"],
        expected["d_loss"],
        rtol=1e-5,
    )


def test_state_advances_only_when_computed_and_is_saved(gan, vectors, tmp_path):
    each, second = Counter(), Counter(interval=2, name="second")
    gan.compile(discriminator_regularizers=[each, second])
    gan.fit(vectors, batch_size=16, epochs=2, verbose=0)
    assert float(ops.convert_to_numpy(each.count.value)) == 8
    assert float(ops.convert_to_numpy(second.count.value)) == 4
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    logs = loaded.train_on_batch(vectors[:16], return_dict=True)
    # Twice the count, for the interval.
    assert logs["d_counter"] == 9 and logs["d_second"] == 10


def test_penalty_may_run_networks_with_state(image_pair, images):
    gan = kr.RegularizedGAN(*image_pair(), seed=0)
    gan.compile(
        discriminator_regularizers=[
            Noisy(),
            Noisy(interval=2, name="lazy_noisy"),
            kr.penalties.R1(1.0, interval=2),
            kr.penalties.R2(1.0),
        ]
    )
    history = gan.fit(images, batch_size=8, epochs=1, verbose=0).history
    assert all(np.isfinite(v).all() for v in history.values())
    for key in ("d_noisy", "d_lazy_noisy", "d_r1", "d_r2"):
        assert history[key][0] > 0, key


def test_what_a_lazy_penalty_computed_is_computed_again(gan, vectors):
    gan.compile(
        discriminator_regularizers=[
            kr.penalties.R1(1.0, interval=2, name="lazy"),
            kr.penalties.R1(1.0, name="eager"),
        ]
    )
    lazy = steps(gan, vectors, 2, "d_lazy")
    assert lazy[0] > 0 and lazy[1] == 0
    assert all(value > 0 for value in steps(gan, vectors, 2, "d_eager"))


@pytest.mark.parametrize(
    "entry, network",
    [
        (kr.regularizers.PairwiseDistance(0.1), "discriminator"),
        (
            kr.penalties.Scheduled(kr.regularizers.PairwiseDistance(0.1)),
            "discriminator",
        ),
        (kr.penalties.R1(0.1), "generator"),
        (kr.penalties.Scheduled(kr.penalties.R1(0.1)), "generator"),
    ],
)
def test_entry_in_the_wrong_list(gan, entry, network):
    with pytest.raises(ValueError, match=f"`{network}_regularizers`"):
        gan.compile(**{f"{network}_regularizers": [entry]})


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"factor": -1.0}, ValueError, "`factor`.*factor=-1.0"),
        ({"factor": float("inf")}, ValueError, "`factor`"),
        ({"factor": "1"}, TypeError, "`factor`"),
        ({"interval": 0}, ValueError, "`interval`"),
        ({"interval": 2.5}, TypeError, "`interval`"),
        ({"name": ""}, ValueError, "`name`"),
        ({"name": 3}, TypeError, "`name`"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "make",
    [
        Constant,
        kr.penalties.R1,
        kr.penalties.R2,
        lambda **a: kr.penalties.Scheduled(kr.regularizers.L1(0.1), **a),
    ],
)
def test_bad_arguments(make, arguments, error, text):
    with pytest.raises(error, match=text):
        make(**arguments)


# Name, factor and interval. A name is a key of saved histories.
DEFAULTS = {
    kr.penalties.ApproximateR1: ("approximate_r1", 10.0, 1),
    kr.penalties.ApproximateR2: ("approximate_r2", 10.0, 1),
    kr.penalties.AuxiliaryClassifier: ("auxiliary_classifier", 1.0, 1),
    kr.penalties.Consistency: ("real_consistency", 10.0, 1),
    kr.penalties.DRAGAN: ("dragan", 10.0, 1),
    kr.penalties.ElasticWeight: ("elastic_weight", 1.0, 1),
    kr.penalties.FeatureMatching: ("feature_matching", 1.0, 1),
    kr.penalties.JacobianClamping: ("jacobian_clamping", 1.0, 1),
    kr.penalties.LatentConsistency: ("latent_consistency", 20.0, 1),
    kr.penalties.LatentDiversity: ("latent_diversity", 0.5, 1),
    kr.penalties.LatentReconstruction: ("latent_reconstruction", 1.0, 1),
    kr.penalties.LeCam: ("lecam", 0.3, 1),
    kr.penalties.LogitCentering: ("logit_centering", 0.01, 1),
    kr.penalties.MatchingAware: ("matching_aware", 1.0, 1),
    kr.penalties.MaxGradientPenalty: ("max_gradient_penalty", 10.0, 1),
    kr.penalties.PathLength: ("path_length", 2.0, 4),
    kr.penalties.ProximalL1: ("proximal_l1", 0.01, 1),
    kr.penalties.StartingPoint: ("starting_point", 0.01, 1),
    kr.penalties.R1: ("r1", 10.0, 1),
    kr.penalties.R2: ("r2", 10.0, 1),
    kr.penalties.WassersteinGradientPenalty: (
        "wasserstein_gradient_penalty",
        10.0,
        1,
    ),
    kr.penalties.ZeroCenteredInterpolation: (
        "zero_centered_interpolation",
        10.0,
        1,
    ),
}
WRAPPERS = {
    kr.penalties.AcrossReplicas: ("pairwise_distance", 1.0, 1),
    kr.penalties.OnFeatures: ("pairwise_distance_on_features", 1.0, 1),
    kr.penalties.Scheduled: ("pairwise_distance", 1.0, 1),
}
# A share in place of a factor; see its own tests.
WITHOUT_FACTOR = {kr.penalties.Sparsity}
# What is made with one more argument, the first.
FIRST = {
    **dict.fromkeys(WRAPPERS, kr.regularizers.PairwiseDistance(1.0)),
    kr.penalties.ElasticWeight: [np.ones((3, 2))],
}


@pytest.mark.parametrize(
    "kind", [*DEFAULTS, *WRAPPERS], ids=lambda kind: kind.__name__
)
def test_arguments_that_all_share(kind):
    make, defaults = kind, {**DEFAULTS, **WRAPPERS}[kind]
    if kind in FIRST:
        make = functools.partial(kind, FIRST[kind])
    penalty = make()
    assert (penalty.name, penalty.factor, penalty.interval) == defaults
    penalty = make(0.5, interval=3, name="other")
    assert (penalty.name, penalty.factor, penalty.interval) == ("other", 0.5, 3)
    with pytest.raises(TypeError, match="'intervall'"):
        make(intervall=2)
    config = {**penalty.get_config(), "intervall": 2}
    with pytest.raises(TypeError, match="'intervall'"):
        kind.from_config(config)


def test_every_penalty_is_looked_at():
    public = {
        kind
        for kind in vars(kr.penalties).values()
        if isinstance(kind, type)
        and issubclass(kind, kr.penalties.Penalty)
        and kind is not kr.penalties.Penalty
    }
    assert {*DEFAULTS, *WRAPPERS, *WITHOUT_FACTOR} == public


@pytest.mark.parametrize("regularizer", [None, "l1", 0.1, kr.losses.Hinge()])
def test_scheduled_refuses_what_is_no_regularizer(regularizer):
    with pytest.raises(TypeError, match="`regularizer`"):
        kr.penalties.Scheduled(regularizer)


def test_penalty_outside_of_a_step():
    with pytest.raises(TypeError, match="`StepContext`"):
        Constant()(np.zeros(3))


def test_penalty_that_is_no_scalar(gan, vectors):
    class Unreduced(kr.penalties.Penalty):
        def call(self, context):
            return context.fake_logits

    gan.compile(generator_regularizers=[Unreduced()])
    with pytest.raises(ValueError, match="must return a scalar"):
        gan.train_on_batch(vectors)


def test_regularizer_of_weights_that_is_no_scalar(gan, vectors):
    """It would count once for each of its numbers."""

    class Twice(keras.regularizers.Regularizer):
        def __call__(self, weights):
            size = ops.sum(ops.abs(weights))
            return ops.stack([size, size])

    gan.compile(generator_regularizers=[Twice()])
    with pytest.raises(
        ValueError, match=r"`twice` must return a scalar.*\(2,\)"
    ):
        gan.train_on_batch(vectors)


def test_two_intervals_would_multiply():
    with pytest.raises(ValueError, match="`interval`"):
        kr.penalties.Scheduled(kr.penalties.R1(interval=4), interval=2)
    kr.penalties.Scheduled(kr.penalties.R1(interval=4), 0.5)
    kr.penalties.Scheduled(kr.penalties.R1(), interval=2)
