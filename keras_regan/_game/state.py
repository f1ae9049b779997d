"""A registry of a model's variables and their purposes."""

import enum
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import keras

from keras_regan._backend.keras_internals.layers import is_seed
from keras_regan._game.game import Game
from keras_regan.metrics._feature_sharing import different_networks


class Kind(enum.Flag):
    """The purpose of a variable."""

    WEIGHT = enum.auto()  # Trained by a gradient, or an average of weights.
    ALONG = enum.auto()  # Trained weights of penalties, unknown to Keras.
    STATISTIC = enum.auto()  # Changed by layers in their forward passes.
    SEED = enum.auto()
    OPTIMIZER = enum.auto()
    COUNT = enum.auto()  # The number of updates of a network.
    PENALTY = enum.auto()  # Changed by a penalty in its call.
    FACTOR = enum.auto()  # Set by a callback.
    AUGMENTATION = enum.auto()
    FEATURES = enum.auto()  # Weights of feature networks that are saved.
    FIXED_FEATURES = enum.auto()  # Weights of those that are not saved.
    MEAN = enum.auto()  # Means of metrics over one epoch.
    POSITION = enum.auto()
    SEEN = enum.auto()  # The values in the first batch.
    REFUSAL = enum.auto()  # The number of the first batch without a step.


#: Variables that training changes.
TRAINED = (
    Kind.WEIGHT
    | Kind.ALONG
    | Kind.STATISTIC
    | Kind.SEED
    | Kind.OPTIMIZER
    | Kind.COUNT
    | Kind.PENALTY
    | Kind.FACTOR
    | Kind.AUGMENTATION
)
#: Variables that Keras does not know; it treats them as those of metrics.
CARRIED = (
    Kind.MEAN
    | Kind.POSITION
    | Kind.SEEN
    | Kind.REFUSAL
    | Kind.COUNT
    | Kind.ALONG
    | Kind.PENALTY
    | Kind.FACTOR
    | Kind.AUGMENTATION
    | Kind.FEATURES
    | Kind.FIXED_FEATURES
)
#: Variables that a step changes besides weights; an overflow restores them.
MOVED = Kind.STATISTIC | Kind.PENALTY | Kind.FACTOR | Kind.AUGMENTATION
#: Variables that each replica changes by its own part of a batch.
MOVED_APART = Kind.STATISTIC | Kind.PENALTY
#: Variables that are saved in addition to those that Keras saves.
SAVED = (
    Kind.SEED
    | Kind.POSITION
    | Kind.COUNT
    | Kind.ALONG
    | Kind.PENALTY
    | Kind.FACTOR
    | Kind.AUGMENTATION
    | Kind.FEATURES
)


class Entry(NamedTuple):
    """A variable with its name in files.

    Attributes:
        name: String.
        variable: The `keras.Variable`.
        kind: The purpose of the variable.
        argument: The user's argument that it belongs to, or `"self"`.
    """

    name: str
    variable: keras.Variable
    kind: Kind
    argument: str


class State:
    """A registry of variables.

    Args:
        entries: Iterable of `Entry`s. A variable may have several, such as a
            factor that two penalties share.
    """

    def __init__(self, entries: Iterable[Entry]):
        self._entries = list(entries)

    def variables(self, kind: Kind) -> list[keras.Variable]:
        """Returns the variables of some kinds, each once and in order."""
        found = [e.variable for e in self._entries if e.kind in kind]
        return list({id(variable): variable for variable in found}.values())

    def named(self, kind: Kind) -> dict[str, keras.Variable]:
        """Returns the variables of some kinds by their names in files."""
        return {e.name: e.variable for e in self._entries if e.kind in kind}

    def by_argument(self) -> dict[str, list[keras.Variable]]:
        """Returns all variables by the user's argument they belong to."""
        arguments: dict[str, list[keras.Variable]] = {}
        for entry in self._entries:
            arguments.setdefault(entry.argument, []).append(entry.variable)
        return arguments


def state_of(gan: Any, game: Game | None) -> State:
    """Returns the registry of all variables of a GAN.

    A name in files consists of names, never of a position in a list, so that a
    file also fits a model whose regularizers have another order.

    Args:
        gan: The model.
        game: The game that `compile` created, or `None`.
    """
    return State(_entries(gan, game))


def _entries(gan: Any, game: Game | None) -> Iterator[Entry]:
    seeds = _seeds(gan)
    seen = {id(stream.state) for stream in seeds.values()}
    for name, network in _networks(gan).items():
        new = [v for v in network.variables if id(v) not in seen]
        seen.update(map(id, new))
        yield from _network(name, new)
    for name, stream in seeds.items():
        yield Entry(f"seed.{name}", stream.state, Kind.SEED, "self")
    position = gan._position
    yield Entry("position.epoch", position.epoch, Kind.POSITION, "self")
    yield Entry("position.batch", position.batch, Kind.POSITION, "self")
    yield Entry(
        "position.first_bad_batch",
        position.first_bad_batch,
        Kind.REFUSAL,
        "self",
    )
    if game is not None:
        yield from _game(game)
    if gan.compiled:
        yield from _numbered(
            "optimizer", gan.optimizer.variables, Kind.OPTIMIZER, "self"
        )


def _seeds(gan):
    return {
        "training": gan._training_seed,
        "evaluation": gan._evaluation_seed,
        "generation": gan._generation_seed,
        "regularization": gan._regularization_seed,
        "evaluated_regularization": gan._evaluated_regularization_seed,
    }


def _networks(gan):
    """Returns both networks, the average, and networks of a subclass."""
    networks = {"discriminator": gan.discriminator, "generator": gan.generator}
    if gan.ema_generator is not None:
        networks["average"] = gan.ema_generator
    return {**networks, "other": gan}


def _network(name, variables):
    argument = name if name in ("generator", "discriminator") else "self"
    seeds = 0
    for variable in variables:
        if is_seed(variable):
            yield Entry(f"seed.{name}.{seeds}", variable, Kind.SEED, argument)
            seeds += 1
        else:
            moved = _is_statistic(variable) and name != "average"
            kind = Kind.STATISTIC if moved else Kind.WEIGHT
            yield Entry(variable.path, variable, kind, argument)


def _is_statistic(variable):
    return keras.backend.is_float_dtype(variable.dtype) and not (
        variable.trainable
    )


def _game(game):
    for player in game.players:
        yield from _player(player)
    yield from _numbered("seen", game.seen_values.variables, Kind.SEEN, "self")
    yield from _numbered("loss", game.loss.variables, Kind.FACTOR, "loss")
    if game.augmentation is not None:
        yield from _numbered(
            "augmentation",
            game.augmentation.variables,
            Kind.AUGMENTATION,
            "augmentation",
        )
    yield from _features(game)
    means = [*game.trackers, *game.step_trackers]
    for metric, argument in (
        *((mean, "self") for mean in means),
        *((metric, "metrics") for metric in game.metrics),
    ):
        yield from _numbered(metric.name, metric.variables, Kind.MEAN, argument)


def _player(player):
    yield Entry(f"{player.role}.step.0", player.step, Kind.COUNT, "self")
    argument = f"{player.role}_regularizers"
    for penalty in player.penalties:
        yield from _numbered(
            f"along.{player.role}.{in_files(penalty.name)}",
            penalty.trained_variables,
            Kind.ALONG,
            argument,
        )
        moved = {id(variable) for variable in penalty.variables}
        for index, variable in enumerate(penalty.state):
            yield Entry(
                f"{player.role}.{in_files(penalty.name)}.{index}",
                variable,
                Kind.PENALTY if id(variable) in moved else Kind.FACTOR,
                argument,
            )
    yield from _numbered(
        f"{player.role}.optimizer",
        player.optimizer.variables,
        Kind.OPTIMIZER,
        f"{player.role}_optimizer",
    )


def _features(game):
    names: list[str] = []
    of_metrics = different_networks(game.metrics)
    for network in different_networks(game.feature_holders):
        is_of_metrics = any(network is other for other in of_metrics)
        argument = "metrics" if is_of_metrics else "features"
        name = network.name
        if name in names:
            name = f"{name}_{len(names)}"
        names.append(name)
        saved = network.saved_variables
        key = f"features.{in_files(name)}"
        yield from _numbered(key, saved, Kind.FEATURES, argument)
        yield from _numbered(
            key, network.variables, Kind.FIXED_FEATURES, argument
        )


def _numbered(name, variables, kind, argument):
    for index, variable in enumerate(variables):
        yield Entry(f"{name}.{index}", variable, kind, argument)


def in_files(name: str) -> str:
    """Returns a unique name that is a single level in an HDF5 file."""
    return name.replace("%", "%25").replace("/", "%2F")
