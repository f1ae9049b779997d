# %% [markdown]
# # Choose the factors
#
# How much of a regularizer is right depends on the networks and on the data.
# `FactorSearch` tries factors on held-out data and says which to use, how sure
# that is, and whether regularization is worth anything at all.
#
# It needs Optuna: `pip install "keras_regan[search]"`.

# %%
import keras
import matplotlib.pyplot as plt

import keras_regan as kr

IMAGES = 256 * 400
HELD_OUT = 2500
TRIALS = 8
EPOCHS = 2

# %% [markdown]
# ## The task
#
# Eight narrow Gaussians stand on a ring. A generator has to find all of them,
# and to put its points into them and not between. `ModeCoverage` counts both.

# %%
ring = kr.datasets.gaussian_ring()
points = ring.sample(IMAGES, seed=1)
held_out = ring.sample(HELD_OUT, seed=2)
print(points.shape)

# %% [markdown]
# ## What to build, and what to try
#
# `build` takes a dictionary of factors and returns a compiled model. It leaves
# `seed` at its default: each trial gets the same seeds, so that trials differ
# by their factors alone.


# %%
def build(factors):
    """Returns a compiled GAN with these factors."""
    gan = kr.RegularizedGAN(
        *kr.networks.mlp(
            (2,), latent_dim=16, hidden=(128, 128), output_activation=None
        ),
        ema_momentum=0.99,
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        generator_regularizers=[
            kr.regularizers.PairwiseDistance(factors["soft"])
        ],
        metrics=[kr.metrics.ModeCoverage(ring)],
    )
    return gan


search = kr.search.FactorSearch(
    build,
    {"soft": kr.search.LogUniform(1e-2, 10.0)},
    kr.search.Objective("val_good_samples", "max"),
    seeds=[0, 1],
    storage=None,
)

# %% [markdown]
# `storage=None` keeps the trials in memory. With a file or a database, a search
# that was killed goes on where it was, and several processes share it.

# %%
result = search.fit(
    points,
    validation_data=held_out,
    trials=TRIALS,
    epochs=EPOCHS,
    batch_size=256,
    validation_freq=EPOCHS,
    verbose=0,
)

# %% [markdown]
# ## What was found
#
# Trial 0 is the baseline: all factors are zero.

# %%
for trial in result.trials:
    print(
        f"trial {trial.number:2}: soft {trial.factors['soft']:7.4f}, "
        f"good samples {trial.mean():.3f} +- {trial.standard_error():.3f}"
    )
print(result.summary())

# %%
result.draw_factors("runs/choose_factors.png")
plt.figure(figsize=(7, 4.5))
plt.imshow(plt.imread("runs/choose_factors.png"))
plt.axis("off")

# %% [markdown]
# `best_model` trains a GAN with the best factors, when it is first asked for.
# Real points are grey. The baseline is beside it.

# %%
baseline = result.refit(result.baseline)
figure, axes = plt.subplots(1, 2, figsize=(8, 4))
for axis, gan, title in (
    (axes[0], baseline, "without regularization"),
    (axes[1], result.best_model, "with the best factor"),
):
    axis.scatter(*held_out[:1000].T, s=2, color="lightgrey")
    axis.scatter(*gan.generate(1000, seed=1).T, s=2)
    axis.set(title=title, xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))

# %% [markdown]
# ## What to take from this
#
# - Choose an objective that gets worse with too little *and* with too much of
#   the regularizer. A diversity alone always asks for more.
# - Train with several seeds. The summary tells whether the difference from the
#   baseline may be chance.
# - Take `result.best(kr.search.OneStandardError())` for the simplest factors
#   that are as good as the best ones within their error.
# - `to_csv`, `to_pandas`, `draw_grids` and `draw_front` show more. See
#   [Search](../families/search.md).
