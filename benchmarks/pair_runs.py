"""Runs of settings with the same seeds: kept, and compared seed by seed."""

import argparse
import pathlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import kept_runs
import numpy as np
from paired import against


class Run(NamedTuple):
    """One training.

    Attributes:
        setting: The name of the setting.
        factor: The factor of what it adds.
        seed: The seed of weights, batches and latents.
    """

    setting: str
    factor: float
    seed: int

    def __str__(self) -> str:
        return f"{self.title}, seed {self.seed}"

    @property
    def title(self) -> str:
        """The setting and its factor, if there is one."""
        if not self.factor:
            return self.setting
        return f"{self.setting}, {self.factor:g}"

    @classmethod
    def of(cls, file: pathlib.Path) -> "Run":
        """Returns the run whose file this is."""
        title, seed = file.stem.rsplit(", seed ", 1)
        setting, _, last = title.rpartition(", ")
        try:
            return cls(setting, float(last), int(seed))
        except ValueError:
            return cls(title, 0.0, int(seed))

    def file(self, folder: pathlib.Path, suffix: str = ".json") -> pathlib.Path:
        """Returns a file of this run's own."""
        return folder / f"{self}{suffix}"

    def save_images(self, folder: pathlib.Path, images: np.ndarray) -> None:
        """Writes images in [-1, 1] as bytes."""
        folder.mkdir(exist_ok=True)
        levels = np.round((images + 1.0) * 127.5).astype("uint8")
        np.save(self.file(folder, ".npy"), levels)


def add_choices(
    parser: argparse.ArgumentParser, settings: Iterable[str]
) -> None:
    """Adds the arguments that `chosen_runs` reads."""
    names = list(settings)

    def choice(text: str) -> tuple[str, float | None]:
        name, given, factor = text.partition("=")
        try:
            if name in names:
                return name, float(factor) if given else None
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(
            f"expected a setting, or one with a factor as in '{names[-1]}=0.5'"
            f", received {text!r}; settings are {', '.join(map(repr, names))}"
        )

    add = parser.add_argument
    add(
        "--settings",
        nargs="+",
        type=choice,
        default=[(name, None) for name in names],
        metavar="NAME[=FACTOR]",
        help=f"with their usual factors if without one; of {', '.join(names)}",
    )
    add("--seeds", type=int, nargs="+", default=[2, 3, 4, 5, 6])


def chosen_runs(
    arguments: argparse.Namespace, usual_factor: Callable[[str], float]
) -> list[Run]:
    """Returns the runs of the settings, each with its usual factor or another.

    Args:
        arguments: Those that `add_choices` added.
        usual_factor: Called with the name of a setting; 0 if it has none.

    Raises:
        SystemExit: If a setting without a factor is given one.
    """
    factors = []
    for name, factor in arguments.settings:
        usual = usual_factor(name)
        if factor is not None and not usual:
            raise SystemExit(
                f"The setting {name!r} has no factor. Received: {factor:g}"
            )
        factors.append((name, usual if factor is None else factor))
    return runs_of(factors, arguments.seeds)


def runs_of(
    factors: Iterable[tuple[str, float]], seeds: Iterable[int]
) -> list[Run]:
    """Returns all settings with one seed after all with another."""
    factors = list(factors)
    return [
        Run(name, factor, seed) for seed in seeds for name, factor in factors
    ]


def keep_all(
    folder: pathlib.Path,
    runs: Iterable[Run],
    protocol: Mapping[str, Any],
    make: Callable[[Run], dict[str, Any]],
) -> None:
    """Makes the runs that are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for run in runs:
        kept_runs.keep(run.file(folder), protocol, lambda r=run: make(r))


def report(
    folder: pathlib.Path,
    runs: Sequence[Run],
    columns: Mapping[str, tuple[str, float, int]],
    first: str = "none",
) -> None:
    """Prints the tables, and writes them beside the runs.

    Args:
        folder: Where the runs are kept.
        runs: Those to report on.
        columns: By the key of a value: its title, what it is multiplied by
            and how many digits are shown.
        first: The setting that all others are compared with.
    """
    files: dict[str, list[pathlib.Path]] = {}
    for run in runs:
        files.setdefault(run.title, []).append(run.file(folder))
    values = kept_runs.read(files)
    kept_runs.write_summary(folder / "table.json", values, columns)
    text = kept_runs.table(values, columns)
    if first in values:
        text += "\n" + against(values, first, columns)
    (folder / "table.md").write_text(text)
    print(text)
