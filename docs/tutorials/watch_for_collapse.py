# %% [markdown]
# # Watch for a collapse
#
# The losses of a GAN do not show when it fails. This tutorial makes a training
# fail on purpose, shows what `CollapseMonitor` says about it, and lets it go
# back to a healthy state.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_regan as kr

IMAGES = 6700
WIDTH = 16
EPOCHS = 4

# %%
data = np.load("examples/data/fashion_mnist_subset.npz")
order = np.random.default_rng(0).permutation(len(data["x_train"]))[:IMAGES]
images = (data["x_train"][order, ..., None] / 127.5 - 1).astype("float32")


def make_gan(learning_rate):
    """Returns a GAN with another learning rate."""
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(
        *kr.networks.dcgan((28, 28, 1), width=WIDTH), seed=0
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(learning_rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(
            learning_rate, beta_1=0.5
        ),
    )
    return gan


# %% [markdown]
# ## A healthy training
#
# Give the monitor some real samples. It looks at the generator after every 100
# batches and at the end of each epoch. What it measures goes into the logs.

# %%
monitor = kr.callbacks.CollapseMonitor(images[:256], every=50)
gan = make_gan(1e-3)
gan.fit(images, batch_size=32, epochs=EPOCHS, verbose=0, callbacks=[monitor])
print("Alarms:", monitor.alarms)

# %% [markdown]
# ## A training that fails
#
# A learning rate of 0.1 is a hundred times too large for these networks. The
# monitor warns, and keeps what it found in `alarms`.

# %%
failing = make_gan(0.1)
observer = kr.callbacks.CollapseMonitor(images[:256], every=50)
failing.fit(images, batch_size=32, epochs=1, verbose=0, callbacks=[observer])
for alarm in observer.alarms:
    print(f"Epoch {alarm.epoch}, batch {alarm.batch}: {alarm.kind}")
    print(alarm.text)

# %% [markdown]
# The monitor keeps all its checks, so you can draw them. `diversity` is the
# distance of samples, divided by that of real ones. Here it stays high although
# the samples are useless: no single sign tells everything. `g_weight_growth` is
# how many times the generator's weights have grown.

# %%
print("Signs:", ", ".join(monitor.checks[0].signs._fields))


# %%
def draw(axis, name):
    """Draws one sign of both trainings."""
    for checks, label in (
        (monitor.checks, "healthy"),
        (observer.checks, "rate 0.1"),
    ):
        batches = 1 + (len(images) - 1) // 32
        steps = [(c.epoch - 1) * batches + c.batch for c in checks]
        values = [getattr(c.signs, name) for c in checks]
        axis.plot(steps, values, marker="o", markersize=3, label=label)
    axis.set(title=name, xlabel="batch")


figure, axes = plt.subplots(1, 2, figsize=(10, 3))
draw(axes[0], "diversity")
draw(axes[1], "g_weight_growth")
axes[1].set_yscale("log")
axes[0].legend()

# %%
for model, title in ((gan, "healthy"), (failing, "rate 0.1")):
    samples = np.hstack(model.generate(12, seed=1)[..., 0])
    plt.figure(figsize=(9.6, 0.8))
    plt.imshow(samples, cmap="gray", vmin=-1, vmax=1)
    plt.title(title, loc="left", fontsize=9)
    plt.axis("off")

# %% [markdown]
# ## Go back by itself
#
# With `action=RollBack(0.01)` an alarm takes everything back to the last
# healthy state: weights, optimizers, seeds. It multiplies both learning rates
# by 0.01. `StopTraining()` ends the run instead.

# %%
saved = make_gan(0.1)
guard = kr.callbacks.CollapseMonitor(
    images[:256], every=50, action=kr.callbacks.RollBack(0.01)
)
saved.fit(images, batch_size=32, epochs=EPOCHS, verbose=0, callbacks=[guard])
print("Alarms:", [(alarm.epoch, alarm.batch) for alarm in guard.alarms])
rate = float(saved.optimizer.generator_optimizer.learning_rate)
print(f"Learning rate at the end: {rate:g}")
print(f"Diversity at the end: {guard.checks[-1].signs.diversity:.2f}")

# %%
samples = np.hstack(saved.generate(12, seed=1)[..., 0])
plt.figure(figsize=(9.6, 0.8))
plt.imshow(samples, cmap="gray", vmin=-1, vmax=1)
plt.axis("off")

# %% [markdown]
# ## What to take from this
#
# - Put a `CollapseMonitor` into every long training. It takes little time:
#   [Benchmarks](../benchmarks.md) has the numbers, with how often it was
#   right.
# - It compares pixels, so it notices a collapse to few samples. Whether one
#   kind of picture is missing is a question for `PrecisionRecall`,
#   `DensityCoverage` or `ModeCoverage`.
# - Callbacks that save the model stand after the monitor in the list.
