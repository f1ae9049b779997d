"""Statistics of real samples, computed once and kept in a file."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._files import path_string
from keras_regan._files import write_whole
from keras_regan._representation import as_call
from keras_regan._validation import non_negative_integer
from keras_regan._validation import positive_integer
from keras_regan.metrics._statistics import MomentSums
from keras_regan.metrics.feature_extractor import FeatureExtractor
from keras_regan.metrics.feature_extractor import as_extractor

_CHUNK = 256


class Reference:
    """Holds the statistics of real samples that metrics need.

    `write_reference` creates it.

    Args:
        mean: Array of shape `(size,)`, over all samples.
        covariance: Array of shape `(size, size)`, over all samples, unbiased.
        count: The number of samples.
        features: Array of shape `(stored, size)`: those of the first samples.
        split: The user's name for the samples, or `None`.
        protocol: How the features were made.
        fingerprint: A hash that identifies the samples, or `None`.
        file: The path that it was read from or written to. Defaults to
            `None`.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> points = np.random.default_rng(0).normal(size=(64, 2))
    >>> reference = keras_regan.metrics.write_reference(
    ...     "points.npz", points, model)
    >>> reference.mean.shape, reference.covariance.shape
    ((2,), (2, 2))
    """

    __repr__ = as_call

    def __init__(
        self,
        mean: np.ndarray,
        covariance: np.ndarray,
        count: int,
        features: np.ndarray,
        *,
        split: str | None,
        protocol: dict[str, Any],
        fingerprint: str | None,
        file: str | None = None,
    ):
        self.mean = mean
        self.covariance = covariance
        self.count = count
        self.features = features
        self.split = split
        self.protocol = protocol
        self.fingerprint = fingerprint
        self.file = file

    @classmethod
    def load(cls, path: str, features: FeatureExtractor) -> "Reference":
        """Reads a reference and checks that it belongs to an extractor.

        Raises:
            ValueError: If there is no such file, if it is not a reference, or
                if its features were made in another way.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                reference = cls(
                    file["mean"],
                    file["covariance"],
                    int(file["count"]),
                    file["features"],
                    **about,
                    file=path,
                )
        except FileNotFoundError as error:
            raise ValueError(
                f"There is no reference '{path}'. Write it once with "
                f"`keras_regan.metrics.write_reference('{path}', images, "
                "features)`."
            ) from error
        except (OSError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"'{path}' is not a file that `write_reference` wrote: {error}"
            ) from error
        except ValueError as error:  # From NumPy, for files of other kinds.
            raise ValueError(
                f"'{path}' is not a file that `write_reference` wrote: {error}"
            ) from error
        here = _as_in_a_file(features.protocol)
        if reference.protocol != here:
            different = [
                f"{key}: {reference.protocol.get(key)!r} in the file, "
                f"{here.get(key)!r} here"
                for key in {**here, **reference.protocol}
                if reference.protocol.get(key) != here.get(key)
            ]
            raise ValueError(
                f"The reference '{path}' was made with other features, so "
                f"distances to it mean nothing. {'; '.join(different)}. Write "
                "a new file for these features."
            )
        return reference

    @classmethod
    def of(
        cls,
        samples: Any,
        features: FeatureExtractor,
        *,
        stored: int,
        split: str | None,
    ) -> "Reference":
        """Computes a reference from samples."""
        add_variable = keras.metrics.Metric(name="moments").add_variable
        moments = MomentSums(add_variable, features.size, "real")
        kept, missing = [], stored
        for batch in batches_of(samples, _CHUNK):
            rows = features(batch)
            moments.update(rows)
            kept.append(rows[:missing])
            missing -= len(kept[-1])
        if moments.count < 2:
            raise ValueError(
                "Invalid value for argument `samples`. Expected 2 samples or "
                f"more. Received: {moments.count}"
            )
        return cls(
            *moments.moments(),
            moments.count,
            np.concatenate(kept),
            split=split,
            protocol=_as_in_a_file(features.protocol),
            fingerprint=fingerprint_of(samples),
        )

    def save(self, path: str) -> None:
        """Writes the reference to a file."""
        about = {
            "split": self.split,
            "protocol": self.protocol,
            "fingerprint": self.fingerprint,
        }
        write_whole(
            path,
            lambda file: np.savez(
                file,
                mean=self.mean,
                covariance=self.covariance,
                count=self.count,
                features=self.features,
                about=json.dumps(about),
            ),
        )
        self.file = path


def write_reference(
    path: str | os.PathLike[str],
    samples: Any,
    features: FeatureExtractor | keras.Model | None = None,
    *,
    stored: int = 10_000,
    split: str | None = None,
) -> Reference:
    """Computes the statistics of real samples once and writes them to a file.

    Metrics take the path as `reference=` and then spend no time on real
    samples. If the file exists and was made from the same samples in the same
    way, nothing is computed. Sets of images that are too large for memory may
    come in batches; then it is not checked whether the samples are the same.

    Args:
        path: The path of the `.npz` file.
        samples: Array of shape `(count, ...)`, a tuple `(samples, labels)`, or
            an iterable of batches such as a `tf.data.Dataset`; if batches are
            tuples, their first entry is used.
        features: `FeatureExtractor`, Keras model, or `None` for InceptionV3.
        stored: Non-negative integer. The number of samples whose features are
            stored, for metrics that need more than mean and covariance.
            Defaults to `10_000`.
        split: String. A name for the samples, such as `"cifar10 test"`, which
            is reported with the metrics. Defaults to `None`.

    Returns:
        A `Reference`.

    Raises:
        ValueError: If the file holds another reference, or if there are fewer
            than 2 samples.

    Example:
    >>> model = keras.Sequential([
    ...     keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixels")
    >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> reference = keras_regan.metrics.write_reference(
    ...     "real.npz", images, model, split="train")
    >>> reference.count
    64
    >>> metric = keras_regan.metrics.FrechetDistance(
    ...     model, reference="real.npz")
    """
    path = path_string(path, "path")
    extractor = as_extractor(features)
    stored = non_negative_integer(stored, "stored")
    if os.path.exists(path):
        reference = Reference.load(path, extractor)
        _check_same(reference, samples, stored, split)
        return reference
    reference = Reference.of(samples, extractor, stored=stored, split=split)
    reference.save(path)
    return reference


def batches_of(samples: Any, batch_size: int) -> Iterator[np.ndarray]:
    """Yields samples in batches, as NumPy arrays."""
    batch_size = positive_integer(batch_size, "batch_size")
    if isinstance(samples, tuple) and hasattr(samples[0], "shape"):
        samples = samples[0]  # From `(samples, labels)`, as `fit` takes them.
    if hasattr(samples, "shape") and hasattr(samples, "__getitem__"):
        for first in range(0, len(samples), batch_size):
            yield ops.convert_to_numpy(samples[first : first + batch_size])
        return
    if not isinstance(samples, Iterable):
        raise TypeError(
            "Invalid value for argument `samples`. Expected an array or an "
            f"iterable of batches. Received: {type(samples).__name__}"
        )
    for batch in samples:
        if isinstance(batch, list | tuple):
            batch = batch[0]
        yield ops.convert_to_numpy(batch)


def fingerprint_of(samples: Any) -> str | None:
    """Returns a hash that identifies an array, or `None` for iterables."""
    if isinstance(samples, tuple):
        samples = samples[0]
    if not isinstance(samples, np.ndarray):
        return None
    digest = hashlib.sha256(str((samples.shape, samples.dtype)).encode())
    digest.update(np.ascontiguousarray(samples).data)
    return digest.hexdigest()


def _check_same(reference, samples, stored, split):
    fingerprint = fingerprint_of(samples)
    known = None not in (fingerprint, reference.fingerprint)
    if known and fingerprint != reference.fingerprint:
        differs = "other samples"
    elif len(reference.features) < min(stored, reference.count):
        differs = f"the features of only {len(reference.features)} samples"
    elif split is not None and split != reference.split:
        differs = f"split={reference.split!r}"
    else:
        return
    raise ValueError(
        f"Invalid value for argument `path`. Expected a new file, or one of "
        f"the same samples. Received: '{reference.file}', which holds "
        f"{differs}"
    )


def _as_in_a_file(protocol):
    return json.loads(json.dumps(protocol))
