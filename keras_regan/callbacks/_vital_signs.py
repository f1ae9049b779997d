"""Vital signs, which show within milliseconds how a GAN is doing."""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np

# Distances use at most this many elements of a sample, so that a check of large
# images costs no more than one of small images.
_ELEMENTS = 16_384
# The model logs accuracies of its own, over all samples of an epoch.
_NOT_LOGGED = ("d_real_accuracy", "d_fake_accuracy", "not_finite")
# A sample is a near-duplicate if its nearest neighbour is closer than this
# share of the usual distance.
_NEAR = 0.25


class VitalSigns(NamedTuple):
    """The measurements of one check; the fields are keys in the logs.

    Attributes:
        diversity: How far apart generated samples are, relative to real ones:
            1 is healthy, 0 means one sample over and over.
        conditional_diversity: How far apart generated samples of one condition
            with different latents are, relative to a healthy distance: 1 is
            healthy, 0 means one sample for each condition. If conditions
            repeat, as class labels do, the healthy distance is that of real
            samples of one condition, otherwise that of generated samples from
            the real one of the same condition. `None`, and not in the logs,
            without conditions or without latents.
        near_duplicates: Share of the generated samples whose nearest
            generated neighbour is closer than a quarter of the usual distance.
            The usual distance is the median among as many real samples; both
            are relative to the mean distance.
        distance_to_real: How far generated samples are from real ones,
            relative to how far apart real ones are.
        d_real_accuracy: Share of the real samples with a positive logit. The
            logit is the mean over a map and over several tensors. Not in the
            logs, which hold the accuracy of the epoch.
        d_fake_accuracy: Share of the generated samples with a negative logit,
            likewise. Both are for losses whose boundary is zero.
        d_separation: How often a real sample has a higher logit than a
            generated one, over all pairs: 0.5 is chance. For all losses.
        d_logit_size: Mean absolute logit. The sigmoid is flat beyond about 10.
        g_weight_growth: Norm of the generator's trainable weights, relative to
            the norm when training began or started over.
        d_weight_growth: The same for the discriminator.
        g_update: Change of the generator's trainable weights since the
            previous check, per step and relative to their norm.
        d_update: The same for the discriminator.
        not_finite: Names of the values that were NaN or infinite. Not in the
            logs.
    """

    diversity: float = np.nan
    conditional_diversity: float | None = None
    near_duplicates: float = np.nan
    distance_to_real: float = np.nan
    d_real_accuracy: float = np.nan
    d_fake_accuracy: float = np.nan
    d_separation: float = np.nan
    d_logit_size: float = np.nan
    g_weight_growth: float = np.nan
    d_weight_growth: float = np.nan
    g_update: float = np.nan
    d_update: float = np.nan
    not_finite: tuple[str, ...] = ()

    def logs(self) -> dict[str, float]:
        """Returns the values for the logs of an epoch."""
        return {
            name: float(value)
            for name, value in self._asdict().items()
            if name not in _NOT_LOGGED and value is not None
        }


class RealSamples:
    """Real samples that generated ones are compared with.

    Args:
        samples: Array of shape `(count, ...)`.
        classes: Integer array of shape `(count,)`, equal for samples of one
            condition.
        seed: Integer. Seed of the choice of elements of large samples.

    Raises:
        ValueError: If all samples are the same.
    """

    def __init__(self, samples: np.ndarray, classes: np.ndarray, seed: int):
        size = samples[0].size
        random = np.random.default_rng(seed)
        self._elements = np.sort(
            random.permutation(size)[: min(size, _ELEMENTS)]
        )
        self._rows = self._as_rows(samples)
        distances = _distances(self._rows, self._rows)
        self._all_pairs = np.triu(np.ones_like(distances, dtype=bool), 1)
        self._spread = distances[self._all_pairs].mean()
        self._classes = classes
        of_one = self._all_pairs & _same(classes, classes)
        self._spread_of_one = 0.0
        if of_one.sum() >= len(samples) // 2:
            self._spread_of_one = distances[of_one].mean()
        self._usual_neighbour = np.median(_nearest(distances))
        if not self._spread > 0.0:
            raise ValueError(
                "Invalid value for argument `real`. Expected samples that "
                "differ from each other. Received: equal samples"
            )

    def compare(self, samples: np.ndarray) -> dict[str, Any]:
        """Returns the vital signs of the same number of generated samples.

        Args:
            samples: Array of finite values, of the shape of the real samples
                and of the same conditions.
        """
        rows = self._as_rows(samples)
        distances = _distances(rows, rows)
        spread = distances[self._all_pairs].mean() / self._spread
        near = _nearest(distances) <= _NEAR * self._usual_neighbour * spread
        to_real = _distances(rows, self._rows).mean()
        return {
            "diversity": spread,
            # If real samples repeat, repeated generated ones are no sign.
            "near_duplicates": near.mean() * (self._usual_neighbour > 0.0),
            "distance_to_real": to_real / self._spread,
        }

    def conditional_diversity(
        self, samples: np.ndarray, others: np.ndarray
    ) -> float:
        """Returns how far apart samples of one condition are.

        Args:
            samples: As for `compare`.
            others: Likewise, from other latents.
        """
        rows = np.concatenate([self._as_rows(samples), self._as_rows(others)])
        classes = np.tile(self._classes, 2)
        pairs = np.triu(_same(classes, classes), 1)
        usual = self._spread_of_one
        if not usual > 0.0:
            to_real = _distances(rows, self._rows)
            usual = to_real[_same(classes, self._classes)].mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.divide(_distances(rows, rows)[pairs].mean(), usual)

    def _as_rows(self, samples: np.ndarray) -> np.ndarray:
        rows = samples.reshape(len(samples), -1)[:, self._elements]
        return rows.astype(np.float64)


def compare_logits(real: np.ndarray, fake: np.ndarray) -> dict[str, Any]:
    """Returns the vital signs of the discriminator's logits.

    Args:
        real: Finite logits of real samples, of shape `(count,)`.
        fake: Finite logits of generated samples.
    """
    above = np.sign(real[:, None] - fake[None, :])
    return {
        "d_real_accuracy": np.mean(real > 0.0),
        "d_fake_accuracy": np.mean(fake < 0.0),
        "d_separation": (1.0 + above.mean()) / 2.0,
        "d_logit_size": np.mean(np.abs([*real, *fake])),
    }


class WeightRecord:
    """How the weights of a network change from check to check.

    Args:
        weights: List of float32 arrays: the weights when training begins. The
            arrays are kept.
    """

    def __init__(self, weights: Sequence[np.ndarray]):
        self._latest = list(weights)
        self._start = _norm(weights)

    @property
    def start(self) -> float:
        """The norm that growth is relative to."""
        return self._start

    def start_from(self, norm: float) -> None:
        """Measures growth relative to another norm."""
        self._start = norm

    def compare(
        self, weights: Sequence[np.ndarray], steps: int
    ) -> tuple[float, float]:
        """Returns growth since the start and the relative change per step.

        Args:
            weights: List of float32 arrays: the current weights. The arrays
                are kept.
            steps: Positive integer. Number of steps since the latest call.
        """
        changes = [
            new - old for new, old in zip(weights, self._latest, strict=True)
        ]
        before = _norm(self._latest)
        self._latest = list(weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.divide(_norm(weights), self._start)
            update = np.divide(_norm(changes), before) / steps
        return float(growth), float(update)


def all_finite(*arrays: Any) -> bool:
    """Tells whether no value of the arrays is NaN or infinite."""
    return all(np.isfinite(array).all() for array in arrays)


def _norm(arrays: Sequence[np.ndarray]) -> float:
    # float32 is ten times as fast here as a sum in float64.
    squares = [np.vdot(array, array) for array in arrays]
    return float(np.sqrt(np.sum(squares, dtype=np.float64)))


def _same(classes: np.ndarray, others: np.ndarray) -> np.ndarray:
    return classes[:, None] == others[None, :]


def _distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    center = others.mean(axis=0)
    rows, others = rows - center, others - center
    squares = (
        np.square(rows).sum(axis=1)[:, None]
        + np.square(others).sum(axis=1)[None, :]
        - 2.0 * rows @ others.T
    )
    return np.sqrt(np.maximum(squares, 0.0))


def _nearest(distances: np.ndarray) -> np.ndarray:
    others = distances + np.diag(np.full(len(distances), np.inf))
    return others.min(axis=1)
