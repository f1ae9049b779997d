# %% [markdown]
# # Soft regularization and varied answers
#
# Soft regularization acts on what the generator makes, not on its weights. It
# matters most where the generator is told what to make. Such a generator learns
# to ignore its latents: one answer to each question, whatever the latents are.
#
# This tutorial completes clothes. The upper half is given, the generator makes
# the lower half. A dress or a shirt, long or short: one half has many
# completions. `PairwiseDistance` makes the generator find several.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_regan as kr

IMAGES = 4000
HELD_OUT = 200
WIDTH = 16
EPOCHS = 8

# %% [markdown]
# ## The data
#
# Pictures of 16 x 16 pixels are enough to see the effect and fast to train on.


# %%
def load(name, count):
    """Returns pictures of 16 x 16 pixels with values from -1 to 1."""
    data = np.load("examples/data/fashion_mnist_subset.npz")[name]
    data = np.random.default_rng(0).permutation(data)[:count, ..., None]
    small = keras.ops.image.resize(data, (16, 16), antialias=True)
    return keras.ops.convert_to_numpy(small).astype("float32") / 127.5 - 1


def upper_halves(images):
    """Returns the pictures with a grey lower half."""
    halves = images.copy()
    halves[:, 8:] = 0.0
    return halves


images, held_out = load("x_train", IMAGES), load("x_test", HELD_OUT)
print(images.shape, held_out.shape)

# %% [markdown]
# ## How far apart are real pictures?
#
# A reward for distance needs a bound. Without one, samples differ more and more
# at the expense of quality. A good bound is the distance of real samples.

# %%
distance = kr.regularizers.PairwiseDistance(
    1.0, direction="attract", distance="l1", pairing="all"
)
margin = float(distance(images[:500]))
print(f"Mean distance of two real pictures: {margin:.3f}")

# %% [markdown]
# ## Without and with
#
# `kr.networks.unet` is a pair of networks whose condition is a picture. With
# `samples_per_condition=2` the generator's batch holds each half twice. Then
# `PairwiseDistance` compares two completions of *the same* half.


# %%
def trained(regularizers):
    """Trains a GAN that completes pictures."""
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(
        *kr.networks.unet((16, 16, 1), (16, 16, 1), latent_dim=8, width=WIDTH),
        ema_momentum=0.99,
        seed=0,
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.5),
        generator_regularizers=[
            kr.regularizers.Reconstruction(10.0),
            *regularizers,
        ],
        discriminator_regularizers=[kr.penalties.R1(0.02, interval=4)],
        samples_per_condition=2,
    )
    gan.fit(
        images, upper_halves(images), batch_size=40, epochs=EPOCHS, verbose=0
    )
    return gan


soft = kr.regularizers.PairwiseDistance(5.0, distance="l1", margin=margin)
gans = {"without": trained([]), "with": trained([soft])}

# %% [markdown]
# ## Six completions of each half
#
# These halves were held out. From left to right: what is given, the true
# picture, and six completions.


# %%
def rows(gan, count=5):
    """Returns a picture with a row for each half."""
    halves = upper_halves(held_out[:count])
    samples = gan.generate(conditions=halves, samples_per_condition=6, seed=1)
    parts = [halves[:, None], held_out[:count, None], samples]
    return np.vstack(
        [np.hstack(row) for row in np.concatenate(parts, axis=1)[..., 0]]
    )


figure, axes = plt.subplots(1, 2, figsize=(11, 3.6))
for axis, (name, gan) in zip(axes, gans.items(), strict=True):
    axis.imshow(rows(gan), cmap="gray", vmin=-1, vmax=1)
    axis.set_title(f"{name} soft regularization")
    axis.axis("off")

# %% [markdown]
# ## Is it the right variety?
#
# Noise is variety, too. So look at two numbers together.
# `ConditionalDiversity` is the distance between samples of one half.
# `BestOfMany` is the distance from the nearest of eight samples to the true
# picture: noise would not bring them nearer.
#
# Both compare features. These come from a network of random convolutions, which
# works on any images and needs no download. Its numbers only compare runs with
# each other.

# %%
keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((16, 16, 1)),
        keras.layers.Conv2D(32, 4, 2, "same", activation="leaky_relu"),
        keras.layers.Conv2D(64, 4, 2, "same", activation="leaky_relu"),
        keras.layers.Flatten(),
    ],
    name="random",
)
features = kr.metrics.FeatureExtractor(
    network, preprocessing=keras.layers.Rescaling(1 / 127.5, -1.0)
)


def measures(gan, each=8):
    """Returns both numbers, and the distance of the average sample."""
    halves = upper_halves(held_out)
    samples = gan.generate(
        conditions=halves, samples_per_condition=each, seed=1
    )
    diversity = kr.metrics.ConditionalDiversity(features)
    nearest = kr.metrics.BestOfMany(features)
    for metric in (diversity, nearest):
        metric.update_state(held_out, samples, halves)
    apart = next(iter(diversity.result().values()))
    return apart, *nearest.result().values()


print(f"{'':10}{'diversity':>12}{'best of 8':>12}{'mean of 8':>12}")
for name, gan in gans.items():
    apart, best, mean = (float(value) for value in measures(gan))
    print(f"{name:10}{apart:12.3f}{best:12.3f}{mean:12.3f}")

# %% [markdown]
# The completions differ more, so the average one is farther from the one true
# picture. That is what variety means. In a training of your own, put both
# metrics into `compile(metrics=...)` or into `EvaluateSamples`.
#
# ## What to take from this
#
# - Give `PairwiseDistance` a `margin` near the distance of real samples.
# - `samples_per_condition=2` is the cheapest way to pairs of one condition.
# - Begin with a factor at which `g_pairwise_distance` in the logs is of the
#   size of `g_reconstruction`, and try three times as much and a third of it.
# - If training has no conditions, a soft term gains less. See [Which
#   regularizer?](../which_regularizer.md) for what was measured.
