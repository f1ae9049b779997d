# %% [markdown]
# # Hard regularization and a small file
#
# Hard regularization limits the weights of a network. This tutorial trains the
# same small GAN four times: without it, with `L1`, and with `ProximalL1` of two
# strengths. Then it compares how good the samples are, how many weights are
# zero, and how large the file of the generator is.
#
# Use it if the generator must be small, or if you want to know which of its
# weights matter.

# %%
import gzip

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_regan as kr

IMAGES = 6700
HELD_OUT = 700
EPOCHS = 14

# %%
data = np.load("examples/data/fashion_mnist_subset.npz")
images, held_out = (
    np.random.default_rng(0)
    .permutation(data[name][..., None] / 127.5 - 1)
    .astype("float32")
    for name in ("x_train", "x_test")
)
images, held_out = images[:IMAGES], held_out[:HELD_OUT]

# %% [markdown]
# ## What samples are compared by
#
# A metric compares features of samples. The features here come from a network
# of random convolutions. It works on any images and needs no download, but its
# numbers only compare runs with each other. On your own data, take a network
# that was trained on similar images.

# %%
keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(32, 4, 2, activation="leaky_relu"),
        keras.layers.Conv2D(64, 4, 2, activation="leaky_relu"),
        keras.layers.AveragePooling2D(2),
        keras.layers.Flatten(),
    ],
    name="random",
)
features = kr.metrics.FeatureExtractor(
    network, preprocessing=keras.layers.Rescaling(1 / 127.5, -1.0)
)

# %% [markdown]
# ## One GAN, four times
#
# `L1` adds the sum of all absolute weights to the generator's loss. Its
# gradient pushes each weight over zero and back, so weights become small and
# none becomes zero. `ProximalL1` draws each weight towards zero after the
# optimizer's step, and stops there.
#
# Each step of Adam can push a weight off zero again. Its `beta_1` of 0.9, which
# averages over about ten steps, makes these pushes smaller than 0.5 does.
#
# Every run begins with the same weights, so that only the regularizer differs.


# %%
def trained(regularizers):
    """Trains the same GAN with other regularizers of the generator."""
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(
        *kr.networks.mlp((28, 28, 1), latent_dim=32, hidden=(256, 256)),
        seed=0,
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.9),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        generator_regularizers=regularizers,
        discriminator_regularizers=[kr.penalties.R1(0.02)],
        metrics=[kr.metrics.FrechetDistance(features)],
    )
    gan.fit(images, batch_size=50, epochs=EPOCHS, verbose=0)
    return gan


gans = {
    "none": trained([]),
    "L1(1e-5)": trained([kr.regularizers.L1(1e-5)]),
    "ProximalL1(0.2)": trained([kr.penalties.ProximalL1(0.2)]),
    "ProximalL1(0.4)": trained([kr.penalties.ProximalL1(0.4)]),
}

# %% [markdown]
# ## What became of the weights
#
# Zeros compress well. The size is that of all weights of the generator after
# `gzip`. `val_fd_random` compares samples with pictures that were held out;
# less is better.


# %%
def kernels_of(gan):
    """Returns all weights of the generator's kernels in one array."""
    kernels = [w for w in gan.generator.get_weights() if w.ndim > 1]
    return np.concatenate([kernel.ravel() for kernel in kernels])


def kilobytes(gan):
    """Returns the compressed size of the generator's weights."""
    weights = gan.generator.get_weights()
    return len(gzip.compress(b"".join(w.tobytes() for w in weights))) / 1000


print(f"{'':18}{'zero':>7}{'below 0.001':>13}{'file':>10}{'distance':>10}")
for name, gan in gans.items():
    kernels = np.abs(kernels_of(gan))
    distance = gan.evaluate(held_out, verbose=0, return_dict=True)["fd_random"]
    print(
        f"{name:18}{np.mean(kernels == 0):7.1%}"
        f"{np.mean(kernels < 1e-3):13.1%}"
        f"{kilobytes(gan):7.0f} kB{distance:10.3f}"
    )

# %%
figure, axes = plt.subplots(1, 4, figsize=(12, 2.5), sharey=True)
for axis, (name, gan) in zip(axes, gans.items(), strict=True):
    axis.hist(kernels_of(gan), bins=np.linspace(-0.15, 0.15, 61))
    axis.set(title=name, yscale="log", xlabel="weight")
axes[0].set_ylabel("how many")


# %%
def show(name):
    """Draws twelve samples of one generator."""
    samples = gans[name].generate(12, seed=1)[..., 0]
    plt.figure(figsize=(9.6, 0.8))
    plt.imshow(np.hstack(samples), cmap="gray", vmin=-1, vmax=1)
    plt.title(name, loc="left", fontsize=9)
    plt.axis("off")


for name in gans:
    show(name)

# %% [markdown]
# ## What to take from this
#
# - For exact zeros take `ProximalL1`. `L1` makes small weights, and the file
#   stays as it is.
# - Zeros are not free. In this small network, which has few weights to spare,
#   a smaller file goes with a larger distance. A larger network has more to
#   spare: try factors, and look at both numbers.
# - How far weights are drawn is `learning_rate * factor * steps`. With another
#   number of steps, another factor does the same.
# - One seed shows what a factor does to the weights. It does not show whether
#   the samples are better or worse: see [Choose the
#   factors](choose_factors.md).
# - To say how many weights should be zero, and to let the rest train on without
#   shrinkage, take a trained network on with `penalties.Sparsity`.
#
# [Which regularizer?](../which_regularizer.md) says what is known about hard
# regularization of larger networks.
