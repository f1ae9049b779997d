"""One forward pass of a feature network serves all metrics of a batch."""

import contextlib
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import keras

from keras_regan._typing import Tensor

_local = threading.local()


@contextlib.contextmanager
def shared_features() -> Iterator[None]:
    """Makes feature networks remember the samples that they have seen.

    Only inside of the context, and only the very same object: what is traced
    in a graph never outlives it.
    """
    outer = getattr(_local, "seen", None)
    _local.seen = {}
    try:
        yield
    finally:
        _local.seen = outer


def computed_once(
    owner: object, samples: Tensor, compute: Callable[[Tensor], Tensor]
) -> Tensor:
    """Returns `compute(samples)`, from memory inside of `shared_features`."""
    seen = getattr(_local, "seen", None)
    if seen is None:
        return compute(samples)
    key = (id(owner), id(samples))
    if key not in seen:
        # The samples are kept, so that no other object gets their identity.
        seen[key] = (samples, compute(samples))
    return seen[key][1]


def different_networks(metrics: Sequence[keras.metrics.Metric]) -> list[Any]:
    """Returns each feature network that metrics call, once."""
    networks = []
    for metric in metrics:
        for network in getattr(metric, "networks", []):
            if not any(network is other for other in networks):
                networks.append(network)
    return networks


def network_numbers(
    metrics: Sequence[keras.metrics.Metric],
) -> list[list[int]]:
    """Returns which of `different_networks` each metric calls."""
    identities = [id(network) for network in different_networks(metrics)]
    return [
        [identities.index(id(network)) for network in metric.networks]
        if hasattr(metric, "networks")
        else []
        for metric in metrics
    ]


def share_networks(
    metrics: Sequence[keras.metrics.Metric], numbers: list[list[int]]
) -> None:
    """Makes metrics call the same objects again, after deserialization."""
    first = {}
    for metric, own in zip(metrics, numbers, strict=True):
        if not own:
            continue
        for name, number in zip(metric.network_names(), own, strict=True):
            first.setdefault(number, getattr(metric, name))
            setattr(metric, name, first[number])
