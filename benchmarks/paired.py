"""Two settings with the same seeds: how sure is the difference?"""

import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Difference(NamedTuple):
    """What changes from one setting to another, seed by seed.

    Attributes:
        mean: The mean of the differences.
        low: Lower end of a 95 % interval of it, by bootstrap.
        high: Upper end.
        chance: How often chance alone gives a mean as far from zero: the
            share of all ways to swap the two settings of some seeds
            (two-sided, exact). With 5 seeds it is 0.0625 at least.
        same_sign: In how many seeds there is a difference, of the mean's sign.
        seeds: How many there are.
    """

    mean: float
    low: float
    high: float
    chance: float
    same_sign: int
    seeds: int

    @property
    def verdict(self) -> str:
        """More, less, or no difference unless five seeds and more agree."""
        if self.same_sign < self.seeds or self.seeds < 5:
            return "no difference"
        return "more" if self.mean > 0 else "less"


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Compares two settings that were run with the same seeds, in order."""
    gaps = np.subtract(after, before)
    mean = gaps.mean()
    signs = np.array(list(itertools.product([-1, 1], repeat=len(gaps))))
    swapped = np.abs((signs * gaps).mean(axis=1))
    # Rounding must not put the observed order itself on the wrong side.
    chance = np.mean(swapped >= abs(mean) * (1 - 1e-9))
    drawn = np.random.default_rng(0).choice(gaps, (10_000, len(gaps)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return Difference(
        float(mean),
        float(low),
        float(high),
        float(chance),
        int((gaps * mean > 0.0).sum()),
        len(gaps),
    )


def against(
    runs: Mapping[str, Sequence[Mapping[str, float]]],
    first: str,
    columns: Mapping[str, tuple[str, float, int]],
) -> str:
    """Returns a table of each setting against the `first`, seed by seed.

    Args:
        runs: The runs of each setting, in the order of their seeds. A setting
            with more or fewer runs than the first one has no rows.
        first: The setting that the others are compared with.
        columns: By the key of a value: its title, and how it is shown.
    """
    lines = [
        f"| against {first} | value | ratio | seeds | by chance | verdict |",
        "|---" * 6 + "|",
    ]
    for name, results in runs.items():
        if name == first or len(results) != len(runs[first]):
            continue
        for column, (title, _, _) in columns.items():
            before = [run[column] for run in runs[first]]
            after = [run[column] for run in results]
            gap = difference(before, after)
            ratio = "-"
            if np.mean(before):
                ratio = f"{np.mean(after) / np.mean(before):.2f}"
            lines.append(
                f"| {name} | {title} | {ratio} | {gap.same_sign}/{gap.seeds} "
                f"| {gap.chance:.3f} | {gap.verdict} |"
            )
    return "\n".join(lines) + "\n"
