"""Mistakes in a user's own losses and regularizers are named at `compile`."""

import pytest
from keras import ops

import keras_regan as kr


class LogitDrift(kr.penalties.Penalty):
    """Its constructor forgets that of the base class."""

    networks = ("discriminator",)

    def __init__(self, weight=1.0):
        self.weight = weight

    def call(self, context):
        return self.weight * ops.mean(ops.square(context.real_logits))


class Size(kr.regularizers.SampleRegularizer):
    def __init__(self, weight=1.0):
        self.weight = weight

    def call(self, samples):
        return self.weight * ops.mean(ops.square(samples))


@pytest.mark.parametrize(
    "argument, entry, words",
    [
        ("discriminator_regularizers", LogitDrift, ["`Penalty`", "LogitDrift"]),
        (
            "discriminator_regularizers",
            lambda: kr.penalties.Scheduled(LogitDrift()),
            ["`Penalty`", "LogitDrift"],
        ),
        (
            "generator_regularizers",
            Size,
            ["`SampleRegularizer`", "Size", "`factor`"],
        ),
    ],
    ids=["penalty", "scheduled", "samples"],
)
def test_constructor_without_that_of_the_base(
    vector_pair, argument, entry, words
):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(ValueError) as caught:
        gan.compile(**{argument: [entry()]})
    for word in [f"`{argument}`", "`super().__init__(...)`", *words]:
        assert word in str(caught.value)


def loss_with(**methods):
    """Returns a loss of one's own, with other methods than the usual ones."""
    usual = {
        "discriminator_loss": lambda self, real, fake: ops.mean(fake - real),
        "generator_loss": lambda self, fake, real=None: -ops.mean(fake),
    }
    members = {k: v for k, v in {**usual, **methods}.items() if v is not None}
    return type("Own", (kr.losses.AdversarialLoss,), members)()


@pytest.mark.parametrize(
    "methods, words",
    [
        (
            {"generator_loss": lambda self, fake: -ops.mean(fake)},
            ["`generator_loss(self, fake_logits", "Own.generator_loss(fake)"],
        ),
        (
            {"discriminator_loss": lambda self, fake: ops.mean(fake)},
            ["`discriminator_loss(self, real_logits, fake_logits)`"],
        ),
        (
            {"generator_loss": lambda self, fake, real, labels: 0.0},
            ["Own.generator_loss(fake, real, labels)"],
        ),
        ({"generator_loss": None}, ["`generator_loss", "which has none"]),
        ({"discriminator_loss": None}, ["`discriminator_loss", "has none"]),
    ],
    ids=["one_of_two", "one_of_two_d", "three", "no_g", "no_d"],
)
def test_loss_that_cannot_be_called(vector_pair, methods, words):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(ValueError) as caught:
        gan.compile(loss=loss_with(**methods))
    for word in ["`loss`", "Received", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"generator_loss": lambda self, *logits: -ops.mean(logits[0])},
        {"discriminator_loss": lambda self, real, fake, seed: ops.mean(fake)},
        {"discriminator_loss": lambda self, r, f, *, seed: ops.mean(f)},
        {"discriminator_loss": lambda self, r, f, weight=2: ops.mean(f)},
    ],
    ids=["usual", "any_number", "seed", "keyword_seed", "default"],
)
def test_loss_that_can(vector_pair, methods):
    gan = kr.RegularizedGAN(*vector_pair())
    gan.compile(loss=loss_with(**methods))
