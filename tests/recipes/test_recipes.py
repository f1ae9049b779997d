"""The recipes have the published numbers, and train."""

import math

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan import recipes

RECIPES = {
    "dcgan": recipes.dcgan,
    "lsgan": recipes.lsgan,
    "photos": lambda: recipes.photos(steps=4),
    "quick": recipes.quick,
    "r3gan": lambda: recipes.r3gan(steps=4),
    "sngan": lambda: recipes.sngan(steps=4),
    "stylegan2": recipes.stylegan2,
    "wgan_gp": recipes.wgan_gp,
}
each = pytest.mark.parametrize("name", list(RECIPES))


def value(number, step=0):
    """A number, or a schedule's at a step, as a float."""
    if isinstance(number, keras.optimizers.schedules.LearningRateSchedule):
        number = number(step)
    return float(
        keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(number))
    )


def adam(optimizer, updates=0):
    """Learning rate and both betas of an Adam after so many updates."""
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert optimizer.epsilon == 1e-8 and not optimizer.amsgrad
    optimizer.iterations.assign(updates)
    return (
        value(optimizer.learning_rate),
        optimizer.beta_1,
        value(optimizer.beta_2),
    )


def adams(recipe, updates=0):
    return [
        adam(recipe[f"{role}_optimizer"], updates)
        for role in ("generator", "discriminator")
    ]


def parts(recipe, updates=0):
    """The rest: kinds of loss and penalties, with factors and intervals."""
    generator, discriminator = (
        [
            (type(entry), value(entry.factor, updates), entry.interval)
            for entry in recipe[f"{role}_regularizers"]
        ]
        for role in ("generator", "discriminator")
    )
    steps = recipe["discriminator_steps"]
    return type(recipe["loss"]), generator, discriminator, steps


def close(found, *expected):
    assert found == [pytest.approx(numbers, rel=1e-5) for numbers in expected]


def test_dcgan_has_the_papers_numbers():
    # "a learning rate of 0.0002", "reducing momentum term beta_1 to 0.5".
    recipe = recipes.dcgan()
    close(adams(recipe), *[(0.0002, 0.5, 0.999)] * 2)
    assert parts(recipe) == (kr.losses.NonSaturating, [], [], 1)


def test_quick_is_dcgan_with_a_rate_of_its_own_and_shared_samples():
    quick, dcgan = recipes.quick(), recipes.dcgan()
    close(adams(quick), *[(0.001, 0.5, 0.999)] * 2)
    close(adams(recipes.quick(6e-4)), *[(0.0006, 0.5, 0.999)] * 2)
    assert parts(quick) == parts(dcgan)
    assert quick["shared_samples"]


def test_lsgan_has_the_authors_numbers():
    recipe = recipes.lsgan()
    close(adams(recipe), *[(0.001, 0.5, 0.999)] * 2)
    assert parts(recipe) == (kr.losses.LeastSquares, [], [], 1)


def test_wgan_gp_has_the_papers_numbers():
    # Algorithm 1: "lambda = 10, n_critic = 5, alpha = 0.0001, beta_1 = 0,
    # beta_2 = 0.9".
    recipe = recipes.wgan_gp()
    close(adams(recipe), *[(0.0001, 0.0, 0.9)] * 2)
    penalty = (kr.penalties.WassersteinGradientPenalty, 10.0, 1)
    assert parts(recipe) == (kr.losses.Wasserstein, [], [penalty], 5)
    (penalty,) = recipe["discriminator_regularizers"]
    assert penalty.target == 1.0 and not penalty.one_sided


def test_sngan_has_the_authors_numbers():
    recipe = recipes.sngan()
    close(adams(recipe), *[(0.0002, 0.0, 0.9)] * 2)
    assert parts(recipe) == (kr.losses.Hinge, [], [], 5)


def test_sngans_rates_reach_zero_together():
    recipe = recipes.sngan(steps=100)
    generator, discriminator = (
        recipe["generator_optimizer"],
        recipe["discriminator_optimizer"],
    )
    for steps, rate in ((0, 0.0002), (50, 0.0001), (100, 0.0), (200, 0.0)):
        expected = pytest.approx((rate, 0.0, 0.9), rel=1e-5, abs=1e-10)
        assert adam(generator, steps) == expected
        assert adam(discriminator, 5 * steps) == expected


def test_stylegan2_has_the_authors_numbers():
    recipe = recipes.stylegan2()
    close(
        adams(recipe),
        (0.002 * 4 / 5, 0.0, 0.99 ** (4 / 5)),
        (0.002 * 16 / 17, 0.0, 0.99 ** (16 / 17)),
    )
    path_length = (kr.penalties.PathLength, 2.0, 4)
    assert parts(recipe) == (
        kr.losses.NonSaturating,
        [path_length],
        [(kr.penalties.R1, 10.0, 16)],
        1,
    )
    assert recipe["generator_regularizers"][0].momentum == 0.99
    schedule = keras.optimizers.schedules.CosineDecay(3.0, 4)
    (r1,) = recipes.stylegan2(schedule)["discriminator_regularizers"]
    assert r1.factor is schedule


def test_r3gan_has_the_authors_numbers():
    # FFHQ at 64 pixels: 20 million images, 256 at once.
    steps = 78_125
    recipe = recipes.r3gan(steps, factor=2.0)
    for updates, share in (
        (0, 0.0),
        (steps // 4, 0.5 - 0.5 * math.sqrt(0.5)),
        (steps, 1.0),
        (2 * steps, 1.0),
    ):
        rate = 2e-4 + share * (5e-5 - 2e-4)
        beta_2 = 0.9 + share * (0.99 - 0.9)
        factor = 2.0 + share * (0.2 - 2.0)
        for numbers in adams(recipe, updates):
            assert numbers == pytest.approx((rate, 0.0, beta_2), rel=1e-4)
        loss, of_generator, of_discriminator, each_step = parts(recipe, updates)
        assert loss is kr.losses.Relativistic
        assert of_generator == [] and each_step == 1
        kinds = [kr.penalties.R1, kr.penalties.R2]
        assert [kind for kind, _, _ in of_discriminator] == kinds
        for _, found, interval in of_discriminator:
            assert interval == 1
            assert found == pytest.approx(factor, rel=1e-4)


def test_photos_has_the_numbers_of_its_docstring():
    steps = 40_000
    recipe = recipes.photos(steps)
    kinds = [kr.penalties.R1, kr.penalties.R2]
    for updates, share in ((0, 1.0), (steps // 2, 0.55), (steps, 0.1)):
        for numbers in adams(recipe, updates):
            assert numbers == pytest.approx((5e-4 * share, 0.0, 0.99), rel=1e-4)
        loss, of_generator, of_discriminator, each_step = parts(recipe, updates)
        assert loss is kr.losses.Relativistic
        assert of_generator == [] and each_step == 1
        factor = pytest.approx(0.2 * share, rel=1e-4)
        assert of_discriminator == [(kind, factor, 4) for kind in kinds]
    told = recipes.photos(steps, 3.0, 1e-3)
    close(adams(told), *[(1e-3, 0.0, 0.99)] * 2)
    assert [value(r.factor) for r in told["discriminator_regularizers"]] == [
        3
    ] * 2


def test_r3gans_default_factor_is_that_of_the_docstring():
    (r1, _) = recipes.r3gan(10)["discriminator_regularizers"]
    assert value(r1.factor) == 1.0


@each
def test_all_of_a_recipe_is_new_each_time(name):
    first, second = RECIPES[name](), RECIPES[name]()
    for key, made in first.items():
        if key not in ("discriminator_steps", "shared_samples"):
            assert made is not second[key]
            if isinstance(made, list):
                assert not {*map(id, made)} & {*map(id, second[key])}


@each
def test_a_small_gan_trains_by_the_recipe(name, tmp_path):
    gan = kr.RegularizedGAN(
        *kr.networks.mlp((2,), latent_dim=2, hidden=(8,)), seed=0
    )
    recipe = RECIPES[name]()
    recipe["generator_regularizers"].append(
        kr.regularizers.PairwiseDistance(0.1)
    )
    gan.compile(**recipe)
    before = [weight.copy() for weight in gan.get_weights()]
    samples = np.random.default_rng(0).uniform(-1, 1, (32, 2))
    logs = gan.fit(samples, batch_size=8, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in logs.values())
    for old, new in zip(before, gan.get_weights(), strict=True):
        if new.ndim > 1:  # Some losses do not see a bias of the logits.
            assert not np.array_equal(old, new)
    names = {f"g_{entry.name}" for entry in recipe["generator_regularizers"]}
    names |= {
        f"d_{entry.name}" for entry in recipe["discriminator_regularizers"]
    }
    assert names <= set(logs)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one, other in zip(
        gan.optimizer.optimizers, loaded.optimizer.optimizers, strict=True
    ):
        assert type(one) is type(other)
        assert one.get_config() == other.get_config()


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: recipes.r3gan(0), ValueError, "`steps`. Expected a positive"),
        (lambda: recipes.r3gan(1.5), TypeError, "`steps`"),
        (lambda: recipes.r3gan(9, 0.0), ValueError, "`factor`"),
        (lambda: recipes.r3gan(9, "1"), TypeError, "`factor`"),
        (lambda: recipes.photos(0), ValueError, "`steps`"),
        (lambda: recipes.photos(9, 0.0), ValueError, "`factor`"),
        (lambda: recipes.photos(9, 0.2, 0.0), ValueError, "`learning_rate`"),
        (lambda: recipes.sngan(0), ValueError, "`steps`"),
        (lambda: recipes.stylegan2(-1.0), ValueError, "`factor`"),
    ],
)
def test_wrong_arguments_are_named(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert f"Invalid value for argument {message}" in str(caught.value)
