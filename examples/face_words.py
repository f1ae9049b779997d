"""What one says of drawn faces: some of their attributes, in a sentence."""

import numpy as np

_SYNONYMS = {
    "blond": ("blond", "fair"),
    "grey": ("grey", "gray"),
    "smiling": ("smiling", "happy"),
    "laughing": ("laughing", "grinning"),
    "sad": ("sad", "unhappy"),
    "angry": ("angry", "furious"),
}
_HAIR = {
    "bun": "{} hair in a bun",
    "mohawk": "a {} mohawk",
    "ponytail": "a {} ponytail",
}
_FACIAL_HAIR = {
    "none": "a shaven face",
    "beard": "a beard",
    "moustache": "a moustache",
}
_GLASSES = {
    "none": "no glasses",
    "round": "round glasses",
    "sunglasses": "sunglasses",
}
# Of seven attributes.
_MOST_TOLD = 5


def describe_faces(
    attributes: np.ndarray,
    values: dict[str, tuple[str, ...]],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns descriptions that each tell one to five attributes of a face.

    Args:
        attributes: Integers `(faces, attributes)`.
        values: What the attributes are called, and what each may be.
        rng: Draws what is told, and in which words.

    Returns:
        An array of strings, and of booleans `(faces, attributes)`, whether an
        attribute is told.
    """
    counts = rng.integers(1, _MOST_TOLD + 1, (len(attributes), 1))
    ranks = rng.random(attributes.shape).argsort(axis=1).argsort(axis=1)
    told = ranks < counts
    descriptions = []
    for row, is_told in zip(attributes, told, strict=True):
        said = {
            name: of_one[value]
            for (name, of_one), value, say in zip(
                values.items(), row, is_told, strict=True
            )
            if say
        }
        descriptions.append(describe(said, rng))
    return np.array(descriptions), told


def describe(said: dict[str, str], rng: np.random.Generator) -> str:
    """Returns a sentence that tells some attributes of a face.

    Args:
        said: Attributes and their values, such as `{"hair": "curly"}`.
        rng: Draws the order, and one of several words.
    """
    said = {name: _one_of(value, rng) for name, value in said.items()}
    traits = _traits(said)
    traits = [traits[index] for index in rng.permutation(len(traits))]
    mood = said.get("mood", "")
    article = "an" if mood.startswith(("a", "u")) else "a"
    person = f"{article} {mood} person" if mood else "a person"
    if not traits:
        return person
    *first, last = traits
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{person} with {listed}"


def _traits(said: dict[str, str]) -> list[str]:
    """Returns what a person is "with"."""
    traits = []
    if "hair" in said or "hair_colour" in said:
        hair = said.get("hair", "")
        words = _HAIR.get(hair, f"{hair} {{}} hair")
        words = words.format(said.get("hair_colour", ""))
        # One of the two may be empty.
        traits.append(" ".join(words.split()))
    if "skin" in said:
        traits.append(f"{said['skin']} skin")
    if "facial_hair" in said:
        traits.append(_FACIAL_HAIR[said["facial_hair"]])
    if "glasses" in said:
        traits.append(_GLASSES[said["glasses"]])
    if "shirt" in said:
        traits.append(f"a {said['shirt']} shirt")
    return traits


def _one_of(value: str, rng: np.random.Generator) -> str:
    words = _SYNONYMS.get(value, (value,))
    return words[rng.integers(len(words))]
