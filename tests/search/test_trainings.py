"""What the trials of a search are made of, and a search that trains."""

import math

import keras
import numpy as np
import planted_search as planted
import pytest

import keras_regan as kr
from keras_regan.search import Objective

# Searches ask the same of a GAN on every backend.
pytestmark = [
    pytest.mark.usual_on("torch"),
    pytest.mark.usefixtures("trained"),
]


def test_trials_differ_by_factors_alone(trained):
    search = planted.search(seeds=[3, 4], fresh=True)
    planted.fit(search, trials=2, batch_size=4)
    weights = [entry[3] for entry in trained]
    assert len(weights) == 6
    assert not np.allclose(weights[0], weights[1])
    for first, second in zip(weights[:2] * 2, weights[2:], strict=True):
        np.testing.assert_array_equal(first, second)
    assert all(entry[2]["batch_size"] == 4 for entry in trained)


def test_refit_has_the_first_seed_or_another_one(trained):
    result = planted.fit(planted.search(seeds=[3, 4], fresh=True), trials=1)
    result.refit()
    result.refit(seed=4)
    result.refit(seed=5)
    first, second, *_, as_first, as_second, new = [
        entry[3] for entry in trained
    ]
    np.testing.assert_array_equal(as_first, first)
    np.testing.assert_array_equal(as_second, second)
    assert not any(np.allclose(new, other) for other in (first, second))


class SeededGAN(planted.PlantedGAN):
    def cost(self, epoch):
        return super().cost(epoch) + float(self.get_weights()[0][0, 0])


def test_mean_and_standard_error_over_seeds(trained):
    result = planted.fit(
        planted.search(kind=SeededGAN, seeds=(0, 1, 2), fresh=True), trials=1
    )
    trial = result.trials[1]
    values = np.array(
        [planted.cost(trial.factors) + entry[3][0] for entry in trained[3:]]
    )
    assert trial.mean() == pytest.approx(values.mean())
    variance = ((values - values.mean()) ** 2).sum() / 2
    assert trial.standard_error() == pytest.approx(math.sqrt(variance / 3))
    row = result.table()[1]
    assert row["val_cost"] == trial.mean()
    assert row["val_cost_error"] == trial.standard_error()


def test_folds_are_held_out_once_each(trained):
    result = planted.fit(
        planted.search(seeds=(0, 1)),
        trials=1,
        validation_data=None,
        folds=5,
    )
    assert len(result.trials[1].values) == 10
    rows = sorted(map(tuple, planted.DATA))
    held_out = []
    for _, training, arguments, _ in trained[:5]:
        validation = arguments["validation_data"]
        assert sorted([*map(tuple, training), *map(tuple, validation)]) == rows
        held_out += map(tuple, validation)
    assert sorted(held_out) == rows
    for one, other in zip(trained[:5], trained[5:10], strict=True):
        np.testing.assert_array_equal(one[1], other[1])
    result.refit()
    np.testing.assert_array_equal(trained[-1][1], planted.DATA)
    assert trained[-1][2]["validation_data"] is None


def test_folds_of_labelled_data(trained):
    class LabelledGAN(planted.PlantedGAN):
        def fit(self, x, y=None, **kwargs):
            self.trained.append((x, y, kwargs["validation_data"]))
            return super().fit(x, y, **kwargs)

    labels = np.arange(12)
    search = planted.search(kind=LabelledGAN)
    told = {"label": labels, "point": planted.DATA}
    search.fit(planted.DATA, told, folds=3, trials=1, verbose=0)
    x, y, (held_x, held_y) = trained[0]
    np.testing.assert_array_equal(planted.DATA[y["label"]], x)
    np.testing.assert_array_equal(y["point"], x)
    np.testing.assert_array_equal(planted.DATA[held_y["label"]], held_x)
    assert len(held_y["label"]) == 4


def built(margin=1.0, **arguments):
    """A function that builds a GAN that is compiled like this."""

    def build(factors):
        networks = kr.networks.mlp((2,), latent_dim=2, hidden=(2,))
        gan = planted.PlantedGAN(*networks)
        gan.compile(
            generator_regularizers=[
                kr.regularizers.L2(factors["soft"]),
                kr.regularizers.PairwiseDistance(1.0, margin=margin),
                kr.penalties.Scheduled(kr.regularizers.L1(0.1)),
            ],
            metrics=[kr.metrics.FeatureDiversity(networks[1])],
            **arguments,
        )
        gan.factors = dict(factors)
        return gan

    return build


def test_study_that_was_begun_with_another_model(tmp_path):
    def search(**arguments):
        return kr.search.FactorSearch(
            built(**arguments),
            {"soft": [0.1, 1.0]},
            planted.COST,
            seeds=[0],
            storage=tmp_path / "study.journal",
        )

    planted.fit(search(), trials=1)
    # Layers have other names now, and sums were rounded otherwise.
    result = planted.fit(search(margin=1.0000001), trials=2)
    assert len(result.trials) == 3
    with pytest.raises(ValueError, match="argument `build`"):
        planted.fit(search(margin=1.01), trials=2)
    with pytest.raises(ValueError, match="argument `build`"):
        planted.fit(search(discriminator_steps=2), trials=2)


def test_default_storage_is_a_journal(tmp_path, monkeypatch, trained):
    monkeypatch.chdir(tmp_path)

    def search():
        return kr.search.FactorSearch(
            planted.builder(), {"soft": [0.1]}, planted.COST, seeds=[0]
        )

    planted.fit(search(), trials=1)
    assert (tmp_path / "search.journal").exists()
    result = planted.fit(search(), trials=1)
    assert len(result.trials) == 2 and len(trained) == 2


def test_real_gan(vector_pair):
    real = kr.datasets.gaussian_ring().sample(32)
    modes = kr.metrics.ModeCoverage(kr.datasets.gaussian_ring())

    def build(factors):
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9)
        gan.compile(
            generator_regularizers=[
                kr.regularizers.PairwiseDistance(factors["soft"])
            ],
            metrics=[modes],
        )
        return gan

    search = kr.search.FactorSearch(
        build,
        {"soft": [1.0]},
        Objective("val_g_pairwise_distance", "min"),
        sampler="grid",
        seeds=[0],
        storage=None,
    )
    result = search.fit(
        real, validation_data=real[:16], epochs=2, batch_size=16, verbose=0
    )
    assert [t.factors["soft"] for t in result.trials] == [0.0, 1.0]
    assert result.best_factors == {"soft": 1.0}  # It rewards distance.
    model = result.best_model
    assert model is result.best_model
    # The first training of the trial once more, to the last digits.
    again = model.history.history["val_g_pairwise_distance"][-1]
    assert again == pytest.approx(result.best().values[0][0], rel=1e-5)
    assert keras.ops.shape(model.generate(3)) == (3, 2)
