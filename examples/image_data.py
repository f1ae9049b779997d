"""Images for the example scripts, as arrays a GAN trains on.

Every source gives an `ImageData`: square images of shape
`(samples, size, size, channels)` with values in [-1, 1].

CIFAR-10 comes from `keras.datasets`. A folder of images is read with Pillow and
not with `keras.utils.image_dataset_from_directory`. That function needs
TensorFlow or grain on every backend, does not antialias when it shrinks an
image, reads only five file extensions, stops at the first file it cannot
decode, and fills transparent areas with the colour hidden there.
"""

import os
import socket
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from PIL import Image
from PIL import ImageOps

SIZES = (16, 28, 32, 64, 128, 256)
DATASETS = ("fashion_mnist_subset", "drawn_faces", "cifar10")
SPLITS = ("train", "test")

_FILES = Path(__file__).parent / "data"
_FOLDER_SIZE = 64
_NETWORK_TIMEOUT_SECONDS = 30.0
_CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_CIFAR10_ARCHIVE = "cifar-10-batches-py-target_archive"
_CLASS_NAMES = {
    "fashion_mnist_subset": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "cifar10": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
}


class DataUnavailable(RuntimeError):
    """Raised if a dataset cannot be fetched; says how to supply it."""


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Ends a script with a one-line message if its data is wrong."""
    try:
        yield
    except (DataUnavailable, ValueError) as error:
        raise SystemExit(str(error)) from None


@dataclass(frozen=True, eq=False)
class ImageData:
    """Images with values in [-1, 1] and their labels and names.

    Attributes:
        images: float32 array of shape `(samples, size, size, channels)`, with
            1 (grey) or 3 (RGB) channels.
        labels: int32 array of shape `(samples,)`, or `None`.
        class_names: Tuple of strings, one per class, or `None`.
        name: String. The dataset, or the file or folder it was read from.
    """

    images: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None
    name: str


def load_images(
    dataset: str = "fashion_mnist_subset",
    data: str | os.PathLike[str] | None = None,
    image_size: int | None = None,
    split: str = "train",
) -> ImageData:
    """Loads one split of a dataset, of an `.npz` file or of a folder.

    An `.npz` file has the Keras layout: `x_train`, and optionally `y_train`,
    `x_test` and `y_test`. Images have the shape `(samples, height, width)` or
    `(samples, height, width, channels)` with 1 or 3 channels. They are uint8,
    or floats within [0, 1]; other ranges raise an error.

    A folder is read with its subfolders, whose names are ignored. Files come
    in the order of their paths. Hidden files are ignored, and files that
    Pillow cannot read are skipped with a warning. Transparent areas become
    white. The images have one channel if every file is grey, and three
    otherwise.

    An image that has to change size is cropped to its central square and
    then resized with an antialiasing (Lanczos) filter.

    Args:
        dataset: String, `"fashion_mnist_subset"` or `"drawn_faces"` (both in
            the repository, in a fixed shuffled order) or `"cifar10"`
            (downloaded by Keras). Not used if `data` is given.
        data: Path of an `.npz` file or of a folder of images, or `None`.
        image_size: Integer from `SIZES`, or `None`, which keeps the size of
            arrays and means 64 for a folder.
        split: String, `"train"` or `"test"`. A folder has only `"train"`.

    Returns:
        An `ImageData`.

    Raises:
        DataUnavailable: If CIFAR-10 could not be fetched.
        ValueError: If an argument or the data at the path is not as above.
    """
    if dataset not in DATASETS:
        raise _error("dataset", f"one of {DATASETS}", repr(dataset))
    if split not in SPLITS:
        raise _error("split", f"one of {SPLITS}", repr(split))
    if image_size is not None and image_size not in SIZES:
        raise _error("image_size", f"one of {SIZES}", repr(image_size))
    labels: np.ndarray | None
    if data is None:
        name, class_names = dataset, _CLASS_NAMES.get(dataset)
        if dataset == "cifar10":
            images, labels = _load_cifar10(split)
        else:
            file = _FILES / f"{dataset}.npz"
            images, labels = _shuffled(*_load_npz(file, split))
    else:
        path = Path(data).expanduser().resolve()
        name, class_names, labels = path.stem, None, None
        if path.is_dir():
            name = path.name
            images = _load_folder(path, image_size or _FOLDER_SIZE, split)
        elif path.is_file():
            images, labels = _load_npz(path, split)
        else:
            raise data_error("an existing path", f"{path}, which is missing")
    images = _to_square(images, image_size)
    return ImageData(to_signed(images), labels, class_names, name)


def hold_out(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns training images, and the last tenth, at most 500, held out."""
    count = min(max(len(images) // 10, 1), 500)
    return images[:-count], images[-count:]


def _error(argument: str, expected: str, received: str) -> ValueError:
    return ValueError(
        f"Invalid value for argument `{argument}`. Expected {expected}. "
        f"Received: {argument}={received}"
    )


def data_error(expected: str, received: str) -> ValueError:
    """Returns the error for a wrong path `data` or wrong content."""
    return ValueError(
        f"Invalid value for argument `data`. Expected {expected}. "
        f"Received: {received}"
    )


def _shuffled(
    images: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Mixes what is alike, which the file keeps together to be small."""
    order = np.random.default_rng(0).permutation(len(images))
    return images[order], None if labels is None else labels[order]


# CIFAR-10


def _load_cifar10(split: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        with _network_timeout(_NETWORK_TIMEOUT_SECONDS):
            train, test = keras.datasets.cifar10.load_data()
    # Keras raises a bare `Exception` if the download fails.
    except Exception as error:
        raise DataUnavailable(
            "CIFAR-10 could not be fetched by "
            f"`keras.datasets.cifar10.load_data()`: {error}\n"
            "Without a network there are two ways to supply it:\n"
            f"- put {_CIFAR10_URL.rpartition('/')[2]} (from {_CIFAR10_URL}) "
            "where Keras looks for it, under this name, without unpacking it:\n"
            f"  {_keras_datasets() / _CIFAR10_ARCHIVE}\n"
            "  (an incomplete archive is deleted by Keras, so keep a copy)\n"
            "- pass `--data cifar10.npz`, an .npz file with uint8 arrays "
            "x_train (50000, 32, 32, 3), y_train, x_test and y_test."
        ) from error
    images, labels = train if split == "train" else test
    if keras.config.image_data_format() == "channels_first":
        images = np.transpose(images, (0, 2, 3, 1))
    return images, np.reshape(labels, -1).astype("int32")


def _keras_datasets() -> Path:
    """Returns the folder of `keras.utils.get_file`; it has no public name."""
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if not os.access(home, os.W_OK):
        temporary = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()
        home = Path(temporary) / ".keras"
    return home / "datasets"


@contextmanager
def _network_timeout(seconds: float) -> Iterator[None]:
    """Limits the wait for a silent server, which Keras does not."""
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds if previous is None else previous)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)


# Arrays


def _load_npz(path: Path, split: str) -> tuple[np.ndarray, np.ndarray | None]:
    images_key, labels_key = f"x_{split}", f"y_{split}"
    expected = f"an .npz file with `{images_key}`, or a folder of images"
    try:
        with np.load(path, allow_pickle=False) as archive:
            keys = archive.files
            images = archive[images_key] if images_key in keys else None
            labels = archive[labels_key] if labels_key in keys else None
    # A .npy file gives an array, which is not a context manager (TypeError).
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise data_error(expected, f"{path} ({error})") from error
    if images is None:
        raise data_error(expected, f"{path} with the arrays {sorted(keys)}")
    images = _check_images(images, f"`{images_key}` of {path}")
    if labels is not None:
        labels = _check_labels(labels, len(images), f"`{labels_key}` of {path}")
    return images, labels


def _check_images(images: np.ndarray, where: str) -> np.ndarray:
    """Returns uint8, or float32 within [0, 1], of rank 4."""
    shape = images.shape
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not images.size:
        raise data_error(
            f"{where} to hold one image or more, with the shape (samples, "
            "height, width) or (samples, height, width, channels) and 1 or 3 "
            "channels",
            f"shape {shape}",
        )
    if images.dtype == np.uint8:
        return images
    expected = f"{where} to be uint8, or floats within [0, 1]"
    if images.dtype.kind != "f":
        raise data_error(expected, f"dtype {images.dtype}")
    low, high = images.min(), images.max()
    # Written so that NaN fails.
    if not (low >= 0 and high <= 1):
        raise data_error(
            f'{expected} (`(x + 1) / 2` if they are in [-1, 1], `x.astype("'
            'uint8")` if in [0, 255])',
            f"values from {low} to {high}",
        )
    return images.astype("float32")


def _check_labels(labels: np.ndarray, samples: int, where: str) -> np.ndarray:
    is_flat = labels.shape in ((samples,), (samples, 1))
    if not is_flat or labels.dtype.kind not in "iu":
        raise data_error(
            f"{where} to be integers of shape ({samples},) or ({samples}, 1)",
            f"{labels.dtype} of shape {labels.shape}",
        )
    return labels.reshape(-1).astype("int32")


def _to_square(images: np.ndarray, image_size: int | None) -> np.ndarray:
    height, width = images.shape[1:3]
    if image_size is None:
        if height != width or height not in SIZES:
            raise _error(
                "image_size",
                f"one of {SIZES}, because images of {height}x{width} are not "
                "square with such a size",
                "None",
            )
        return images
    if (height, width) == (image_size, image_size):
        return images
    resized = np.empty(
        (len(images), image_size, image_size, images.shape[-1]), images.dtype
    )
    for index, image in enumerate(images):
        for channel in range(images.shape[-1]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            resized[index, ..., channel] = crop_and_resize(plane, image_size)
    return resized


def to_signed(images: np.ndarray) -> np.ndarray:
    """Returns uint8, or floats within [0, 1], as float32 within [-1, 1]."""
    top = 255 if images.dtype == np.uint8 else 1
    signed = images.astype("float32")
    signed *= 2 / top
    signed -= 1
    # Lanczos overshoots at edges if the images are floats.
    return np.clip(signed, -1, 1, out=signed)


# Folders


def _load_folder(folder: Path, image_size: int, split: str) -> np.ndarray:
    if split != "train":
        raise _error(
            "split", "'train', because a folder has no other", repr(split)
        )
    paths = visible_files(folder)
    images = []
    for path in paths:
        # Pillow raises many kinds of exceptions on damaged files.
        try:
            images.append(_read_image(path, image_size))
        except Exception as error:
            warnings.warn(
                f"Skipped {path}, which cannot be read as an image: {error}",
                stacklevel=3,
            )
    if not images:
        raise data_error(
            "a folder with at least one image that Pillow can read",
            f"{folder}, where {len(paths)} files were tried",
        )
    channels = max(image.shape[-1] for image in images)
    return np.stack(
        [np.broadcast_to(i, (image_size, image_size, channels)) for i in images]
    )


def visible_files(folder: Path) -> list[Path]:
    """Returns the files of a folder and its subfolders, sorted by path."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(
            part.startswith(".") for part in path.relative_to(folder).parts
        )
    ]


def _read_image(path: Path, image_size: int) -> np.ndarray:
    """Returns uint8 of shape `(image_size, image_size, 1 or 3)`."""
    with Image.open(path) as file:
        image = to_8_bit(ImageOps.exif_transpose(file))
    pixels = crop_and_resize(image, image_size)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def to_8_bit(image: Image.Image) -> Image.Image:
    """Returns an image of mode L or RGB, without transparency."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        pixels = np.asarray(image, dtype="int64")
        if pixels.min() < 0 or pixels.max() > 65535:
            raise ValueError("grey values outside of 16 bits")
        return Image.fromarray(np.round(pixels / 257).astype("uint8"))
    if image.mode == "F":
        raise ValueError("a floating-point image, whose range is not known")
    grey = image.mode in ("1", "L", "LA")
    # `Image.has_transparency_data` needs Pillow 10.1.
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L" if grey else "RGB")
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("L" if grey else "RGB")


def crop_and_resize(image: Image.Image, image_size: int) -> np.ndarray:
    """Returns the central square of an image, resized."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    # `ImageOps.fit` would let pixels from outside the square bleed into it.
    square = image.crop((left, top, left + side, top + side))
    size = (image_size, image_size)
    return np.asarray(square.resize(size, Image.Resampling.LANCZOS))
