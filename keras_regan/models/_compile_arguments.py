"""Checks of the arguments of `compile`."""

from typing import Any

import keras

from keras_regan._backend.keras_internals.layers import is_seed
from keras_regan._checks.image_conditions import check_moves_no_sample_alone
from keras_regan._checks.interface import Interface
from keras_regan._checks.networks import uses_float16
from keras_regan._checks.own_objects import check_loss
from keras_regan._game.game import Game
from keras_regan._game.player import Player
from keras_regan._game.trained_along import check_apart
from keras_regan._validation import boolean
from keras_regan._validation import message
from keras_regan._validation import positive_integer
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.losses import NonSaturating
from keras_regan.models import _devices
from keras_regan.penalties._called_with import samples_compared
from keras_regan.penalties.scheduled import innermost


def checked_loss(loss: Any) -> AdversarialLoss:
    """Returns the adversarial loss; `None` means `NonSaturating()`."""
    loss = NonSaturating() if loss is None else loss
    if not isinstance(loss, AdversarialLoss):
        raise TypeError(
            message(
                "loss",
                "a `keras_regan.losses.AdversarialLoss`, such as "
                "`keras_regan.losses.Hinge()`",
                loss,
            )
        )
    check_loss(loss)
    return loss


def checked_players(
    networks: list[keras.Model],
    optimizers: list[Any],
    regularizers: list[Any],
    moves: list[Any],
    loss: AdversarialLoss,
    augmentation: Augmentation | None,
) -> list[Player]:
    """Returns the generator and the discriminator as players, in this order.

    Args:
        networks: Both networks.
        optimizers: The user's argument for each.
        regularizers: Likewise.
        moves: The number of updates of each in a step, likewise.
        loss: The `AdversarialLoss`.
        augmentation: The augmentation, which may learn from each update of
            the discriminator, or `None`.
    """
    players = []
    for index, role in enumerate(("generator", "discriminator")):
        # Gradients of the generator flow through the discriminator too.
        crossed = networks[index:]
        player = Player(
            role,
            networks[index],
            checked_optimizer(optimizers[index], role, crossed),
            loss,
            regularizers[index],
            positive_integer(moves[index], f"{role}_steps"),
            augmentation if role == "discriminator" else None,
        )
        check_apart(role, player.penalties, crossed)
        players.append(player)
    return players


def checked_optimizer(
    identifier: Any, role: str, networks: list[keras.Model]
) -> Any:
    """Returns an optimizer, with a scaled loss if gradients are in float16.

    Args:
        identifier: The user's argument.
        role: `"generator"` or `"discriminator"`.
        networks: The networks that its gradients flow through.
    """
    if identifier is None:
        return checked_optimizer(
            keras.optimizers.Adam(2e-4, beta_1=0.5, name=role), role, networks
        )
    expected = "a Keras optimizer, its name or its config"
    try:
        optimizer = keras.optimizers.get(identifier)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            message(f"{role}_optimizer", expected, identifier)
        ) from error
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(message(f"{role}_optimizer", expected, identifier))
    if (
        any(uses_float16(network) for network in networks)
        and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        and optimizer.loss_scale_factor is None
    ):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def checked_augmentation(augmentation: Any) -> Augmentation | None:
    """Returns the augmentation of the discriminator's inputs, or `None`."""
    if augmentation is not None and not isinstance(augmentation, Augmentation):
        raise TypeError(
            message(
                "augmentation",
                "None or a `keras_regan.augmentations.Augmentation`",
                augmentation,
            )
        )
    return augmentation


def check_use(game: Game) -> None:
    """Raises if the networks need conditions or labels that are ignored."""
    beside = game.beside_samples
    if beside and not game.uses_conditions:
        reason = beside.needed_by[0].lower() + beside.needed_by[1:]
        raise ValueError(
            message("use_conditions", f"True, because {reason}", False)
        )


def check_conditions(interface: Interface, game: Game) -> None:
    """Raises if the arguments of `compile` do not fit the conditions."""
    conditions = interface.conditions
    draws = interface.latent_shape is not None or any(
        is_seed(variable) for variable in game.generator.network.variables
    )
    if game.samples_per_condition > 1:
        _check_repeats(conditions, draws, game)
    _check_pairs(draws, game)
    if conditions is None:
        _check_no_conditions(game)
    check_moves_no_sample_alone("augmentation", game.augmentation, conditions)
    for player in game.players:
        for entry in player.penalties:
            check_moves_no_sample_alone(
                f"{player.role}_regularizers", entry, conditions
            )


def _check_no_conditions(game):
    for metric in game.sample_metrics:
        if metric.uses_conditions:
            raise ValueError(
                "Invalid value for argument `metrics`. Expected conditional "
                f"networks for `{metric.name}`. Received: networks without "
                "conditions"
            )


def _check_pairs(draws, game):
    for player in game.players:
        for entry in player.penalties:
            least = samples_compared(innermost(entry))
            if least is None:
                continue
            if not draws:
                raise ValueError(
                    f"Invalid value for argument `{player.role}_regularizers`. "
                    "Expected a generator with latents or dropout for "
                    f"`{entry.name}`, which compares samples of one condition. "
                    "Received: a generator without latents, whose samples of "
                    "one condition are all the same"
                )
            if 1 < game.samples_per_condition < least:
                raise ValueError(
                    message(
                        "samples_per_condition",
                        f"1, or {least} or more for `{entry.name}`",
                        game.samples_per_condition,
                    )
                )


def _check_repeats(conditions, draws, game):
    expected = None
    if conditions is None:
        expected = "1, because the networks are not conditional"
    elif not draws:
        expected = "1, because the generator has neither latents nor dropout"
    elif game.shared_samples:
        expected = "1 with shared_samples=True"
    if expected:
        raise ValueError(
            message(
                "samples_per_condition", expected, game.samples_per_condition
            )
        )


def checked_metrics(metrics: Any) -> list[keras.metrics.Metric]:
    """Returns the metrics as a new list."""
    metrics = [] if metrics is None else metrics
    if not isinstance(metrics, list | tuple) or not all(
        isinstance(metric, keras.metrics.Metric) for metric in metrics
    ):
        raise TypeError(
            message("metrics", "a list of `keras.metrics.Metric`s", metrics)
        )
    return list(metrics)


def check_modes(
    model: keras.Model,
    run_eagerly: Any,
    steps_per_execution: Any,
    jit_compile: Any,
) -> None:
    """Raises unless Keras accepts these values on the model's devices."""
    boolean(run_eagerly, "run_eagerly")
    positive_integer(steps_per_execution, "steps_per_execution")
    if not (isinstance(jit_compile, str) and jit_compile == "auto"):
        boolean(jit_compile, "jit_compile")
    _devices.check_modes(model, steps_per_execution, jit_compile)
