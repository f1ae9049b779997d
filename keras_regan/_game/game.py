"""What `compile` makes: two players and what watches them."""

from typing import Any

import keras

from keras_regan._checks.conditions import Conditions
from keras_regan._checks.interface import Interface
from keras_regan._checks.labels import labels_for
from keras_regan._fitting.value_watch import SeenValues
from keras_regan._game.batch_reader import BatchReader
from keras_regan._game.networks import Networks
from keras_regan._game.player import Player
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.metrics import SampleMetric
from keras_regan.metrics._feature_sharing import different_networks
from keras_regan.penalties.scheduled import innermost


class Game:
    """A loss, two players and the metrics that watch them.

    A plain object on purpose: Keras tracks what a model holds and locks it
    once the model is built, and every `compile` starts a new game.

    Args:
        loss: What is played for.
        generator: The player that makes samples.
        discriminator: The player that judges them.
        augmentation: What the discriminator's inputs go through in training,
            or `None`.
        metrics: List of metrics that are called with `(real, generated)`.
        shared_samples: Whether the discriminator judges the samples that the
            generator learned from.
        samples_per_condition: How many samples the generator makes for each
            condition in its own step.
        uses_conditions: Whether what comes beside the samples matters.

    Attributes:
        beside_samples: What has to come beside the samples in the data, or
            `None`: conditions, which networks are told, or labels, from which
            the discriminator alone learns.
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
        # What a step calls.
        self.networks: Networks
        self.reader: BatchReader
        self.beside_samples: Conditions | None = None
        # What a step moves besides weights, and what replicas move apart.
        self.moved: list[keras.Variable] = []
        self.moved_apart: list[keras.Variable] = []
        # What callbacks keep with the model, by their names.
        self.notes: dict[str, Any] = {}
        # What measures the share of a gradient, by the part's name.
        self.compiled_shares: dict[str, Any] = {}
        logged = {} if augmentation is None else augmentation.logged
        self._augmentation_trackers = {
            name: keras.metrics.Mean(name=name) for name in logged
        }
        self._check_names()

    @property
    def players(self) -> tuple[Player, Player]:
        """Both players, in the order of their moves."""
        return (self.discriminator, self.generator)

    @property
    def trackers(self) -> list[keras.metrics.Metric]:
        """The means of all losses and regularizers, in log order."""
        players = [t for player in self.players for t in player.trackers]
        return players + list(self._augmentation_trackers.values())

    @property
    def step_trackers(self) -> list[keras.metrics.Metric]:
        """What is counted of training, and not under `evaluate`."""
        return [t for player in self.players for t in player.step_trackers]

    @property
    def step_metrics(self) -> list[keras.metrics.Metric]:
        """The metrics whose results follow from every step."""
        return [m for m in self.metrics if not isinstance(m, SampleMetric)]

    @property
    def sample_metrics(self) -> list[SampleMetric]:
        """The metrics that compare whole sets, outside of the graph."""
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
        """Finds out what has to come beside the samples in the data."""
        penalties = [p for player in self.players for p in player.penalties]
        labels = labels_for(penalties, interface)
        self.beside_samples = interface.conditions or labels
        self.reader = BatchReader(
            interface.sample_shape, self.beside_samples, self.uses_conditions
        )

    def prepare(self, conditions: Any) -> None:
        """Creates state and loads networks, before anything is traced.

        Args:
            conditions: What has the shapes and types of conditions.
        """
        for metric in self.sample_metrics:
            metric.prepare_once(conditions)
        for network in different_networks(self.feature_holders):
            network.model  # noqa: B018 (loads it, or says why it cannot)

    def track_augmentation(self, batch_size: Any) -> None:
        """Takes what an augmentation logs into the means of the epoch."""
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
                        "metrics with names of their own, which the logs can "
                        f"tell apart. Received: `{key}` twice"
                    )
                names.append(key)
