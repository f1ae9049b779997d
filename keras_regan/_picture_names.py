"""Names of a training's pictures, from their content and their epoch."""

import os
import re


def picture_path(directory: str, name: str, epoch: int) -> str:
    """Returns the path of a picture, such as `epoch_0012.png`."""
    return os.path.join(directory, f"{name}_{epoch:04d}.png")


def picture_epochs(directory: str, name: str) -> list[int]:
    """Returns the epochs that a directory has pictures of, in order."""
    pattern = re.compile(rf"{re.escape(name)}_(\d{{4,}})\.png")
    matches = map(pattern.fullmatch, os.listdir(directory))
    return sorted(int(match.group(1)) for match in matches if match)
