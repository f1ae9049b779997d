# %% [markdown]
# # Tell the generator what to make
#
# A condition is whatever the networks take besides latents and samples: class
# labels, images, vectors of attributes, or several of these. This tutorial
# shows two cases: class labels, which the networks of the package know, and two
# conditions of your own.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_regan as kr

IMAGES = 6700
WIDTH = 16
EPOCHS = 12
STEPS = 300

# %% [markdown]
# ## Class labels
#
# With `num_classes=10`, the generator takes `[latents, labels]` and the
# discriminator takes `[images, labels]`. The labels are the second argument of
# `fit`.

# %%
data = np.load("examples/data/fashion_mnist_subset.npz")
order = np.random.default_rng(0).permutation(len(data["x_train"]))[:IMAGES]
images = (data["x_train"][order, ..., None] / 127.5 - 1).astype("float32")
labels = data["y_train"][order]

keras.utils.set_random_seed(0)
gan = kr.RegularizedGAN(
    *kr.networks.dcgan((28, 28, 1), width=WIDTH, num_classes=10),
    ema_momentum=0.99,
    seed=0,
)
gan.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
)
history = gan.fit(images, labels, batch_size=50, epochs=EPOCHS, verbose=0)
print("Conditional:", gan.conditional)

# %% [markdown]
# `samples_per_condition` makes several samples of each. A row is a class.

# %%
samples = gan.generate(
    conditions=np.arange(10), samples_per_condition=12, seed=1
)
print(samples.shape)
rows = [np.hstack(row) for row in samples[..., 0]]
plt.figure(figsize=(6, 5))
plt.imshow(np.vstack(rows), cmap="gray", vmin=-1, vmax=1)
plt.axis("off")

# %% [markdown]
# ## Several conditions, of any kind
#
# Write two Keras models with the inputs that you need. If the inputs have
# names, the data can be a dictionary with the same names. The generator's first
# input is called `latents`, the discriminator's `samples`.
#
# Here the samples are points in the plane. A class says in which of eight
# directions a point lies, and a number says how far out.


# %%
def network(name, size, outputs):
    """Returns a network of a vector, a direction and a distance."""
    vector = keras.Input((size,), name=name)
    direction = keras.Input((), dtype="int32", name="direction")
    distance = keras.Input((1,), name="distance")
    x = keras.layers.Concatenate()(
        [vector, keras.ops.one_hot(direction, 8), distance]
    )
    for _ in range(2):
        x = keras.layers.Dense(64, activation="leaky_relu")(x)
    x = keras.layers.Dense(outputs)(x)
    return keras.Model([vector, direction, distance], x)


def points_and_conditions(count, seed):
    """Returns points, and what the networks are told about them."""
    random = np.random.default_rng(seed)
    direction = random.integers(0, 8, count)
    distance = random.uniform(0.5, 1.5, (count, 1)).astype("float32")
    angle = 2 * np.pi * direction / 8 + random.normal(0, 0.1, count)
    points = distance * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    conditions = {"direction": direction, "distance": distance}
    return points.astype("float32"), conditions


keras.utils.set_random_seed(0)
points_gan = kr.RegularizedGAN(
    network("latents", 4, 2), network("samples", 2, 1), seed=0
)
points_gan.compile(
    generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
    discriminator_regularizers=[kr.penalties.R1(0.1)],
)
points, conditions = points_and_conditions(128 * STEPS, seed=0)
history = points_gan.fit(points, conditions, batch_size=128, verbose=0)

# %% [markdown]
# Ask for points in three directions and at two distances:

# %%
asked = {
    "direction": np.repeat([0, 2, 5], 200),
    "distance": np.tile(np.repeat([[0.6], [1.4]], 100, axis=0), (3, 1)),
}
made = points_gan.generate(conditions=asked, seed=1)
plt.figure(figsize=(4, 4))
plt.scatter(*points[:2000].T, s=2, color="lightgrey", label="real")
plt.scatter(*made.T, s=4, c=asked["direction"], cmap="viridis")
plt.axis("equal")
plt.legend()
error = np.abs(np.linalg.norm(made, axis=1) - asked["distance"][:, 0]).mean()
print(f"Mean error of the distance: {error:.3f}")

# %% [markdown]
# ## What to take from this
#
# - Data is `(samples, conditions)`. Conditions are an array, a tuple in the
#   order of the generator's inputs, or a dictionary with their names.
# - If the condition is an image, take `kr.networks.unet`: see
#   [Soft regularization](soft_regularization.md).
# - A condition that is as long as the latents beside it crowds them out, and a
#   generator that is told much ignores them. `CollapseMonitor` notices it. Tell
#   it a class one-hot, as above; then a regularizer of pairs helps.
# - If the data set has labels and the networks are told nothing, pass
#   `use_conditions=False` to `compile`.
# - If few samples have a label, give it to the discriminator alone:
#   `kr.penalties.AuxiliaryClassifier`, with -1 for an unknown label.
