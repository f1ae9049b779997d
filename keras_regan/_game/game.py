"""The game that `compile` creates: two players and their metrics."""

from typing import Any

import keras

from keras_regan._checks.batches import BatchReader
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.interface import Interface
from keras_regan._checks.labels import labels_for
from keras_regan._fitting.value_watch import SeenValues
from keras_regan._game.networks import Networks
from keras_regan._game.player import Player
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.metrics import SampleMetric
from keras_regan.metrics._feature_sharing import different_networks
from keras_regan.penalties.scheduled import innermost


class Game:
    """A loss, two players and the metrics that watch them.

    It is a plain object, because Keras tracks the attributes of a model and
    locks them once the model is built, but every `compile` starts a new game.

    Args:
        loss: The `AdversarialLoss` of both players.
        generator: The player that makes samples.
        discriminator: The player that judges them.
        augmentation: The augmentation of the discriminator's inputs in
            training, or `None`.
        metrics: List of metrics that are called with `(real, generated)`.
        shared_samples: Whether the discriminator judges the samples that the
            generator learned from.
        samples_per_condition: Number of samples that the generator makes for
            each condition in its own step.
        uses_conditions: Whether the conditions or labels in the data are used.

    Attributes:
        beside_samples: Description of what the data has beside the samples:
            conditions, which the networks take, or labels, from which only
            the discriminator learns; or `None`.
    """

    def __init__(
        self,
        loss: AdversarialLoss,
        generator: Player,
        discriminator: Player,
        augmentation: Augmentation | None,
        metrics: list[keras.metrics.Metric],
        shared_samples: bool,
        samples_per_condition: int,
        uses_conditions: bool,
    ):
        self.loss = loss
        self.generator = generator
        self.discriminator = discriminator
        self.augmentation = augmentation
        self.metrics = metrics
        self.shared_samples = shared_samples
        self.samples_per_condition = samples_per_condition
        self.uses_conditions = uses_conditions
        self.seen_values = SeenValues(generator.network)
        # The networks and the reader that a step uses.
        self.networks: Networks
        self.reader: BatchReader
        self.beside_samples: Conditions | None = None
        # Variables that a step changes besides weights, and those that each
        # replica changes by its own part of the batch.
        self.moved: list[keras.Variable] = []
        self.moved_apart: list[keras.Variable] = []
        # State of callbacks, by their names.
        self.notes: dict[str, Any] = {}
        # Compiled functions for the shares of a gradient, by regularizer.
        self.compiled_shares: dict[str, Any] = {}
        logged = {} if augmentation is None else augmentation.logged
        self._augmentation_trackers = {
            name: keras.metrics.Mean(name=name) for name in logged
        }
        self._check_names()

    @property
    def players(self) -> tuple[Player, Player]:
        """Both players, in the order of their updates."""
        return (self.discriminator, self.generator)

    @property
    def trackers(self) -> list[keras.metrics.Metric]:
        """The means of all losses and regularizers, in log order."""
        players = [t for player in self.players for t in player.trackers]
        return players + list(self._augmentation_trackers.values())

    @property
    def step_trackers(self) -> list[keras.metrics.Metric]:
        """The counts that are logged in training but not in `evaluate`."""
        return [t for player in self.players for t in player.step_trackers]

    @property
    def step_metrics(self) -> list[keras.metrics.Metric]:
        """The metrics that every step updates."""
        return [m for m in self.metrics if not isinstance(m, SampleMetric)]

    @property
    def sample_metrics(self) -> list[SampleMetric]:
        """The metrics that compare whole sets, outside the graph."""
        return [m for m in self.metrics if isinstance(m, SampleMetric)]

    @property
    def feature_holders(self) -> list[Any]:
        """The metrics, then the regularizers that hold feature networks."""
        entries = [
            innermost(penalty)
            for player in self.players
            for penalty in player.penalties
        ]
        return self.metrics + [
            entry for entry in entries if getattr(entry, "feature_networks", [])
        ]

    def expect(self, interface: Interface) -> None:
        """Determines which conditions or labels the data must have."""
        penalties = [p for player in self.players for p in player.penalties]
        labels = labels_for(penalties, interface)
        self.beside_samples = interface.conditions or labels
        self.reader = BatchReader(
            interface.sample_shape, self.beside_samples, self.uses_conditions
        )

    def prepare(self, conditions: Any) -> None:
        """Creates state and loads networks, before anything is traced.

        Args:
            conditions: A structure with the shapes and types of conditions.
        """
        for metric in self.sample_metrics:
            metric.prepare_once(conditions)
        for network in different_networks(self.feature_holders):
            network.model  # noqa: B018 (loads it, or says why it cannot)

    def track_augmentation(self, batch_size: Any) -> None:
        """Adds the values of an augmentation to the means of the epoch."""
        if self.augmentation is None:
            return
        for name, tracker in self._augmentation_trackers.items():
            tracker.update_state(self.augmentation.logged[name], batch_size)

    def _check_names(self) -> None:
        names = [t.name for t in self.trackers + self.step_trackers]
        for metric in self.metrics:
            for key in getattr(metric, "keys", [metric.name]):
                if key in names:
                    raise ValueError(
                        "Invalid value for argument `metrics`. Expected "
                        "metrics with different names, because the names are "
                        f"keys in the logs. Received: `{key}` twice"
                    )
                names.append(key)
