r"""Draw faces from attributes, and describe them: any number, of any size.

    pip install -e ".[faces]"
    python examples/make_drawn_faces.py

makes the file anew that the examples train on, `data/drawn_faces.npz`. Larger
ones:

    python examples/make_drawn_faces.py --count 12000 --size 128 \
        --output faces_128.npz

The same seed draws the same faces. No two of them have all attributes in
common, so those that are kept apart for tests were never seen. The style is
Open Peeps by Pablo Stanley, which is in the public domain (CC0 1.0); two
styles of hair and a beard, which are black in it, take the colour of hair
here.
"""

import argparse
import io
import itertools
import json
from importlib import resources
from typing import Any

import numpy as np
from face_words import describe_faces
from PIL import Image

# What each attribute may be, and how the style or a colour code calls it.
HAIR = {
    "thin": "noHair3",
    "short": "grayShort",
    "straight": "bangs",
    "curly": "afro",
    "bun": "grayBun",
    "mohawk": "mohawk",
    "ponytail": "mediumBangs2",
}
HAIR_COLOURS = {
    "black": "#26211f",
    "brown": "#8a4b2a",
    "blond": "#e8bd45",
    "red": "#d24a25",
    "grey": "#c9cdd2",
}
SKIN = {"light": "#ffdbb4", "brown": "#c68642", "dark": "#6b4a38"}
MOODS = {
    "smiling": "smile",
    "laughing": "smileBig",
    "sad": "solemn",
    "angry": "rage",
}
FACIAL_HAIR = {"none": None, "beard": "full", "moustache": "moustache9"}
GLASSES = {"none": None, "round": "glasses5", "sunglasses": "sunglasses"}
SHIRTS = {
    "blue": "#5b8def",
    "green": "#4fc46b",
    "yellow": "#ffd24a",
    "red": "#e8554e",
}
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "hair": HAIR,
    "hair_colour": HAIR_COLOURS,
    "skin": SKIN,
    "mood": MOODS,
    "facial_hair": FACIAL_HAIR,
    "glasses": GLASSES,
    "shirt": SHIRTS,
}
VALUES = {name: tuple(values) for name, values in ATTRIBUTES.items()}
BACKGROUND = "#f3f4f6"
# How many faces have no facial hair, and how many no glasses.
SHARE_OF_NONE = 0.5


def main() -> None:
    arguments = parse_arguments()
    rng = np.random.default_rng(arguments.seed)
    faces = draw_attributes(arguments.count + arguments.test, rng)
    arrays: dict[str, Any] = {
        "attributes": np.array(list(VALUES)),
        "values": np.array(["|".join(of_one) for of_one in VALUES.values()]),
    }
    splits = {
        "test": faces[: arguments.test],
        "train": faces[arguments.test :],
    }
    pencil = Pencil(arguments.size)
    for split, rows in splits.items():
        # Similar ones beside each other, which makes the file small.
        rows = rows[np.lexsort(rows.T[::-1])]
        descriptions, told = describe_faces(rows, VALUES, rng)
        arrays[f"x_{split}"] = np.stack([pencil.draw(row) for row in rows])
        arrays[f"attributes_{split}"] = rows
        arrays[f"told_{split}"] = told
        arrays[f"descriptions_{split}"] = descriptions
    np.savez_compressed(arguments.output, **arrays)
    print(f"{len(faces)} faces: {arguments.output}")


def draw_attributes(count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns rows of attributes, uint8 `(count, attributes)`, all different.

    Each value is as likely as the others of its attribute, but half of the
    faces have no facial hair, and half of them no glasses.
    """
    choices = [range(len(values)) for values in ATTRIBUTES.values()]
    every = np.array(list(itertools.product(*choices)), "uint8")
    if count > len(every):
        raise SystemExit(
            f"Invalid value for argument `count`. Expected at most "
            f"{len(every)} faces with those for tests, for so many differ in "
            f"an attribute. Received: count={count}"
        )
    likelihoods = np.ones(len(every))
    for attribute, values in enumerate(ATTRIBUTES.values()):
        if "none" in values:
            none = every[:, attribute] == 0
            some = (1 - SHARE_OF_NONE) / (len(values) - 1)
            likelihoods *= np.where(none, SHARE_OF_NONE, some)
    likelihoods /= likelihoods.sum()
    return every[rng.choice(len(every), count, replace=False, p=likelihoods)]


class Pencil:
    """Draws faces of one size in the style Open Peeps."""

    def __init__(self, size: int):
        from dicebear import Style

        self.size = size
        file = resources.files("dicebear_styles") / "open-peeps.json"
        self.style = Style(_dyed(json.loads(file.read_text("utf-8"))))

    def draw(self, row: np.ndarray) -> np.ndarray:
        """Returns the face that a row of attributes tells, as uint8."""
        import resvg_py
        from dicebear import Avatar

        picture = resvg_py.svg_to_bytes(
            svg_string=Avatar(self.style, _options(row)).to_string(),
            width=self.size,
            height=self.size,
            skip_system_fonts=True,
        )
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _options(row: np.ndarray) -> dict[str, Any]:
    """Says to the style what a row of attributes means."""
    hair, hair_colour, skin, mood, facial_hair, glasses, shirt = (
        list(values.values())[value]
        for values, value in zip(ATTRIBUTES.values(), row, strict=True)
    )
    options: dict[str, Any] = {
        # It decides what no option does, of which there is nothing left.
        "seed": "",
        "backgroundColor": [BACKGROUND],
        # The head takes more of the picture.
        "scale": 1.1,
        "translateY": 2,
        "headVariant": hair,
        "headContrastColor": [hair_colour],
        "skinColor": [skin],
        "expressionVariant": mood,
        "clothingColor": [shirt],
        "maskProbability": 0,
        "facialHairProbability": 0,
        "accessoriesProbability": 0,
    }
    if facial_hair is not None:
        options["facialHairVariant"] = facial_hair
        options["facialHairProbability"] = 100
    if glasses is not None:
        options["accessoriesVariant"] = glasses
        options["accessoriesProbability"] = 100
    return options


def _dyed(style: dict[str, Any]) -> dict[str, Any]:
    """Lets the curls and the beard have the colour of hair."""
    of_hair = {"type": "color", "name": "headContrast"}
    components = style["components"]
    curls = components["head"]["variants"]["afro"]["elements"][1]["children"]
    curls[0]["attributes"]["fill"] = of_hair
    (beard,) = components["facialHair"]["variants"]["full"]["elements"]
    beard["attributes"]["fill"] = of_hair
    return style


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--count", type=int, default=5000, help="to train on (%(default)s)")
    add("--test", type=int, default=500, help="kept apart (%(default)s)")
    add("--size", type=int, default=64, help="pixels (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--output", default="drawn_faces.npz", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
