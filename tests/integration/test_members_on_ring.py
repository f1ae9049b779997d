"""The benchmark of all members trains all of them."""

import inspect

import members_on_ring as benchmark
import pytest

import keras_regan as kr

CONTRACTS = {
    "augmentations.Augmentation",
    "losses.AdversarialLoss",
    "penalties.Penalty",
    "penalties.StepContext",
    "regularizers.PairRegularizer",
    "regularizers.SampleRegularizer",
}


def test_no_member_is_left_out():
    packages = (
        "augmentations constraints layers losses penalties regularizers"
    ).split()
    members = {
        f"{package}.{name}"
        for package in packages
        for name, value in vars(getattr(kr, package)).items()
        if inspect.isclass(value)
    }
    trained = set(benchmark.settings()) - {"none"}
    left_out = benchmark.IMAGES_ONLY | benchmark.ADAPTERS | CONTRACTS
    assert trained | left_out == members
    assert not trained & left_out


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize(
    "member",
    ["layers.ConditionalBatchNormalization", "penalties.OnFeatures"],
)
def test_settings_of_each_kind_train(member, monkeypatch):
    monkeypatch.setattr(benchmark, "BATCH", 8)
    modes, good, finite = benchmark.train(
        benchmark.settings()[member], seed=0, steps=5
    )
    assert finite and 0 <= modes <= 8 and 0 <= good <= 1


@pytest.mark.thorough
@pytest.mark.parametrize("member", list(benchmark.settings()))
def test_every_member_stays_finite_for_300_steps(member):
    *_, finite = benchmark.train(
        benchmark.settings()[member], seed=0, steps=300
    )
    assert finite
