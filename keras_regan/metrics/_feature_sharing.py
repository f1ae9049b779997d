"""Shares one forward pass of a feature network among all metrics."""

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
    """Makes feature networks remember the features of samples.

    They do so only inside of the context and only for the very same object, so
    that tensors of a graph never outlive it.
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


def networks_of(holder: Any) -> list[Any]:
    """Returns the feature networks of a metric, or of a regularizer."""
    # A regularizer's `networks` are the players that it may be used for.
    if isinstance(holder, keras.metrics.Metric):
        return getattr(holder, "networks", [])
    return getattr(holder, "feature_networks", [])


def different_networks(holders: Sequence[Any]) -> list[Any]:
    """Returns the different feature networks of metrics or regularizers."""
    networks: list[Any] = []
    for holder in holders:
        for network in networks_of(holder):
            if not any(network is other for other in networks):
                networks.append(network)
    return networks


def network_numbers(
    holders: Sequence[Any],
) -> list[list[int]]:
    """Returns which of `different_networks` each holder calls."""
    identities = [id(network) for network in different_networks(holders)]
    return [
        [identities.index(id(network)) for network in networks_of(holder)]
        for holder in holders
    ]


def share_networks(holders: Sequence[Any], numbers: list[list[int]]) -> None:
    """Makes holders share their networks again after deserialization."""
    first: dict[int, Any] = {}
    for holder, own in zip(holders, numbers, strict=True):
        if not own:
            continue
        names = getattr(holder, "network_names", lambda: ["features"])()
        for name, number in zip(names, own, strict=True):
            first.setdefault(number, getattr(holder, name))
            setattr(holder, name, first[number])
