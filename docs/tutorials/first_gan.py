# %% [markdown]
# # Train a first GAN
#
# This tutorial trains a generator of small grey pictures of clothes. It shows
# the whole life of a model: make it, compile it, fit it, look at it, save it,
# load it and train on.
#
# The data ships with the repository: 6,700 pictures of Fashion-MNIST, 28 x 28
# pixels. Run the code from the root of the repository. All 60,000 pictures are
# in `keras.datasets.fashion_mnist`.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_regan as kr

IMAGES = 6700
WIDTH = 24
EPOCHS = 10

# %% [markdown]
# ## The data
#
# The generator ends in a `tanh`, so it makes values from -1 to 1. Real samples
# must have the same range. See [What data ranges mean](../data_ranges.md).

# %%
data = np.load("examples/data/fashion_mnist_subset.npz")
keras.utils.set_random_seed(0)
order = np.random.permutation(len(data["x_train"]))[:IMAGES]
images = data["x_train"][order, ..., None] / 127.5 - 1
images = images.astype("float32")
print(images.shape, images.min(), images.max())


# %%
def show(images, rows=2):
    """Draws images, beside and below each other."""
    columns = len(images) // rows
    grid = images.reshape(rows, columns, *images.shape[1:3])
    grid = grid.swapaxes(1, 2).reshape(rows * images.shape[1], -1)
    plt.figure(figsize=(columns * 0.8, rows * 0.8))
    plt.imshow(grid, cmap="gray", vmin=-1, vmax=1)
    plt.axis("off")


show(images[:24])

# %% [markdown]
# ## The model
#
# A GAN needs two Keras models: a generator from latents to samples, and a
# discriminator from samples to logits, without a sigmoid. `kr.networks.dcgan`
# returns such a pair. Any two models of your own do as well.
#
# `ema_momentum` keeps a moving average of the generator's weights. All samples
# come from that average. They look better than those of the live generator.

# %%
generator, discriminator = kr.networks.dcgan((28, 28, 1), width=WIDTH)
gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.995, seed=0)

# %% [markdown]
# Each network has one list of regularizers. Here the generator has two: `L1`
# keeps its weights small, and `PairwiseDistance` rewards samples that differ.
# An optimizer of its own for each network is all that is left to choose.

# %%
gan.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    loss=kr.losses.NonSaturating(),
    generator_regularizers=[
        kr.regularizers.L1(1e-5),
        kr.regularizers.PairwiseDistance(0.1),
    ],
)

# %% [markdown]
# ## The training
#
# `fit` takes what `keras.Model.fit` takes: arrays, `tf.data`, callbacks.
# `CollapseMonitor` looks at samples during the training and warns if something
# goes wrong. `SampleGrid` writes a picture of samples after each epoch.

# %%
history = gan.fit(
    images,
    batch_size=32,
    epochs=EPOCHS,
    verbose=0,
    callbacks=[
        kr.callbacks.CollapseMonitor(images[:256]),
        kr.callbacks.SampleGrid("runs/first_gan/samples", seed=0),
    ],
)
for name in ("d_loss", "g_loss", "g_l1", "g_pairwise_distance", "diversity"):
    first, last = history.history[name][0], history.history[name][-1]
    print(f"{name:20} {first:8.4f} in the first epoch, {last:8.4f} in the last")

# %% [markdown]
# `d_loss` and `g_loss` are what each network minimized, with its regularizers.
# The entries below them are what each regularizer added. A reward is negative.
# `diversity` comes from the monitor: the distance between samples, divided by
# the distance between real images. Near 1 is healthy.
#
# The losses of a GAN do not fall as those of a classifier do, since each
# network learns against the other. Look at samples instead.

# %%
show(gan.generate(24, seed=1))

# %% [markdown]
# One picture tells the whole run: losses, regularizers, accuracies of the
# discriminator, the signs of the monitor, and samples from beginning to end.

# %%
path = kr.figures.learning_curves(
    history, "runs/first_gan/curves.png", grids="runs/first_gan/samples"
)
plt.figure(figsize=(10, 10))
plt.imshow(plt.imread(path))
plt.axis("off")
plt.tight_layout()

# %% [markdown]
# ## Save, load, train on
#
# One file holds both networks, both optimizers, the average, the seeds and how
# the model was compiled. `resume=True` goes on at the epoch where it was saved.

# %%
gan.save("runs/first_gan/gan.keras")
loaded = keras.models.load_model("runs/first_gan/gan.keras")
more = loaded.fit(
    images, batch_size=32, epochs=EPOCHS + 1, resume=True, verbose=0
)
print("Epochs of the second training:", len(more.epoch))

# %% [markdown]
# To hand the generator on, take it out. The file below loads with Keras alone:
# who receives it does not need keras_regan.

# %%
loaded.inference_generator().save("runs/first_gan/generator.keras")
alone = keras.models.load_model("runs/first_gan/generator.keras")
latents = keras.random.normal((24, loaded.latent_dim), seed=1)
show(keras.ops.convert_to_numpy(alone(latents)))

# %% [markdown]
# ## Where to go from here
#
# - [Which regularizer?](../which_regularizer.md) starts from what you see in
#   your own training.
# - [Watch for a collapse](watch_for_collapse.md) shows what the monitor says
#   when a training fails.
# - [Tell the generator what to make](conditions.md) adds labels.
