# %% [markdown]
# # Your own images at 64 pixels
#
# This tutorial begins with a folder of image files of different sizes and ends
# with a trained generator. Put the path of your own folder into `folder`, and
# leave out the cell that makes one.

# %%
import pathlib

import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_regan as kr

IMAGES = 2000
WIDTH = 8
EPOCHS = 16

# %% [markdown]
# ## A folder of images
#
# To have something to read, this cell writes coloured pictures of clothes in
# several sizes.

# %%
folder = pathlib.Path("runs/own_data/images")
folder.mkdir(parents=True, exist_ok=True)
data = np.load("examples/data/fashion_mnist_subset.npz")["x_train"]
random = np.random.default_rng(0)
for number, garment in enumerate(random.permutation(data)[:IMAGES]):
    colour = random.uniform(0.4, 1.0, 3)
    pixels = (garment[..., None] * colour).astype("uint8")
    size = int(random.integers(60, 120))
    image = Image.fromarray(pixels).resize((size, size), Image.BICUBIC)
    image.save(folder / f"{number:05}.png")

# %% [markdown]
# ## Read it
#
# Three things matter. The images get one size, which is a power of two. They
# keep their proportions (`crop_to_aspect_ratio`). Their values go from -1 to 1,
# since the generator ends in a `tanh`.

# %%
files = sorted(folder.glob("*.png"))


def load(file, size=64):
    """Returns the middle of an image, with values from -1 to 1."""
    image = keras.utils.load_img(
        file,
        target_size=(size, size),
        keep_aspect_ratio=True,
        interpolation="lanczos",
    )
    return keras.utils.img_to_array(image) / 127.5 - 1


images = np.stack([load(file) for file in files[:IMAGES]])
print(images.shape, images.dtype, images.min(), images.max())

# %% [markdown]
# 2,000 images of this size take 100 MB. If yours do not fit into memory, give
# `fit` a `tf.data.Dataset`, a `keras.utils.PyDataset` or a torch `DataLoader`
# of batches instead. `keras.utils.image_dataset_from_directory` makes one.

# %%
plt.figure(figsize=(9, 2.2))
grid = images[:16].reshape(2, 8, 64, 64, 3).swapaxes(1, 2)
plt.imshow(grid.reshape(128, 512, 3) / 2 + 0.5)
plt.axis("off")

# %% [markdown]
# ## Train
#
# `WIDTH` is small so that this page can be made on two processor cores. On a
# GPU take 64, and more epochs. Networks for larger images start slowly, so the
# monitor has more patience here. `ModelCheckpoint` saves the whole model after
# each epoch. If the run is killed, load the file and call
# `fit(..., resume=True)`.

# %%
keras.utils.set_random_seed(0)
gan = kr.RegularizedGAN(
    *kr.networks.dcgan((64, 64, 3), width=WIDTH), ema_momentum=0.99, seed=0
)
gan.compile(
    generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
)
grids = pathlib.Path("runs/own_data/samples")
history = gan.fit(
    images,
    batch_size=25,
    epochs=EPOCHS,
    verbose=0,
    callbacks=[
        kr.callbacks.CollapseMonitor(images[:256], every=20, patience=8),
        kr.callbacks.SampleGrid(grids, seed=0),
        keras.callbacks.ModelCheckpoint("runs/own_data/gan.keras"),
    ],
)
print(f"Diversity: {history.history['diversity'][-1]:.2f}")

# %% [markdown]
# ## Look
#
# `SampleGrid` has drawn the same latents after each epoch: what you see below
# is how each image develops.

# %%
pictures = sorted(grids.glob("*.png"))
chosen = [pictures[i] for i in np.linspace(0, len(pictures) - 1, 3).astype(int)]
figure, axes = plt.subplots(1, 3, figsize=(10, 3.5))
for axis, picture in zip(axes, chosen, strict=True):
    axis.imshow(plt.imread(picture))
    axis.set_title(picture.stem)
    axis.axis("off")

# %% [markdown]
# New images as files, with values from 0 to 255:

# %%
for number, image in enumerate(gan.generate(4, seed=1)):
    path = f"runs/own_data/new_{number}.png"
    keras.utils.save_img(path, (image + 1) * 127.5, scale=False)
print(sorted(p.name for p in pathlib.Path("runs/own_data").glob("new_*")))

# %% [markdown]
# ## What to take from this
#
# - Sizes that `kr.networks.dcgan` builds are 16, 28, 32, 64, 128 and 256.
# - If the values do not fit the generator, one warning after the first batch
#   says which rescaling to write.
# - With fewer than some thousand images, read [Few images](few_images.md).
# - `python examples/train_images.py --data FOLDER` does all of this, with
#   metrics.
