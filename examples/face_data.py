"""Drawn faces for the examples: what they look like, have, and are called.

They come with the repository; `data/README.md` says where they are from, and
`make_drawn_faces.py` draws more of them, of any size.
"""

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from image_data import data_error
from image_data import to_signed

DRAWN_FACES = Path(__file__).parent / "data" / "drawn_faces.npz"
_PARTS = ("x", "attributes", "told", "descriptions")


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces with values in [-1, 1], and what is known about them.

    Attributes:
        images: float32 array of shape `(faces, size, size, 3)`.
        attributes: int32 array of shape `(faces, attributes)`: which of its
            values each attribute has.
        descriptions: Array of strings, one per face.
        told: Boolean array of shape `(faces, attributes)`: which attributes
            the description tells.
        values: What the attributes are called, and what each may be.
    """

    images: np.ndarray
    attributes: np.ndarray
    descriptions: np.ndarray
    told: np.ndarray
    values: dict[str, tuple[str, ...]]

    def first(self, count: int | None) -> "Faces":
        """Returns the first faces alone; all of them if that is `None`."""
        return Faces(
            self.images[:count],
            self.attributes[:count],
            self.descriptions[:count],
            self.told[:count],
            self.values,
        )


def load_faces(
    data: str | os.PathLike[str] | None = None, split: str = "train"
) -> Faces:
    """Loads one split of drawn faces, in an order that is mixed and fixed.

    Args:
        data: Path of an `.npz` file as `make_drawn_faces.py` writes it,
            or `None` for the one in the repository.
        split: String, `"train"` or `"test"`. No face is in both.

    Raises:
        ValueError: If the file is no such file.
    """
    path = DRAWN_FACES if data is None else Path(data).expanduser().resolve()
    expected = "an .npz file as `make_drawn_faces.py` writes it"
    names = ["attributes", "values", *(f"{part}_{split}" for part in _PARTS)]
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = [archive[name] for name in names]
    # A .npy file gives an array, which is no context manager (TypeError).
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise data_error(expected, f"{path} ({error})") from error
    attribute_names, value_names, images, attributes, told, texts = arrays
    values = {
        str(name): tuple(str(of_one).split("|"))
        for name, of_one in zip(attribute_names, value_names, strict=True)
    }
    check_attributes(attributes, values)
    order = np.random.default_rng(0).permutation(len(images))
    return Faces(
        to_signed(images[order]),
        attributes[order].astype("int32"),
        texts[order],
        told[order],
        values,
    )


def check_attributes(
    attributes: np.ndarray, values: dict[str, tuple[str, ...]]
) -> None:
    """Raises unless each attribute numbers one of its values.

    Args:
        attributes: Integers, `(faces, attributes)`.
        values: What the attributes are called, and what each may be.

    Raises:
        ValueError: If there are more or fewer attributes, or one is out of
            range.
    """
    if attributes.ndim != 2 or attributes.shape[1] != len(values):
        raise ValueError(
            "Invalid value for argument `attributes`. Expected integers of "
            f"shape (faces, {len(values)}). Received: shape {attributes.shape}"
        )
    for column, (name, of_one) in zip(
        attributes.T, values.items(), strict=True
    ):
        wrong = column[(column < 0) | (column >= len(of_one))]
        if wrong.size:
            raise ValueError(
                "Invalid value for argument `attributes`. Expected "
                f"{name} from 0 to {len(of_one) - 1} ({', '.join(of_one)}). "
                f"Received: {wrong[0]} among them"
            )


def attribute_ids(
    attributes: np.ndarray, values: dict[str, tuple[str, ...]]
) -> np.ndarray:
    """Returns one number for each value of each attribute, none shared.

    They are what a `keras.layers.Embedding` takes, with `number_of_ids`
    vectors for all attributes together.
    """
    check_attributes(attributes, values)
    counts = [len(of_one) for of_one in values.values()]
    return (attributes + np.cumsum([0, *counts[:-1]])).astype("int32")


def number_of_ids(values: dict[str, tuple[str, ...]]) -> int:
    """Returns how many values all attributes have together."""
    return sum(len(of_one) for of_one in values.values())


def parse_attributes(
    text: str, values: dict[str, tuple[str, ...]]
) -> dict[str, int]:
    """Reads what a user asks for, such as `"hair=curly, glasses=round"`.

    Raises:
        ValueError: If there is no such attribute or value.
    """
    wanted = {}
    for part in text.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        if value not in values.get(name, ()):
            known = "; ".join(f"{n}={'|'.join(v)}" for n, v in values.items())
            raise ValueError(
                "Invalid value for argument `attributes`. Expected some of "
                f"{known}, with commas between them. Received: '{part.strip()}'"
            )
        wanted[name] = values[name].index(value)
    return wanted
