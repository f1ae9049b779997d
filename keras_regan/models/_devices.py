"""Checks of a model that is trained on several devices."""

from typing import Any

import keras
from keras import ops

from keras_regan._backend import replicas
from keras_regan._game.game import Game
from keras_regan._game.state import State


def check_modes(
    model: keras.Model, steps_per_execution: int, jit_compile: bool | str
) -> None:
    """Raises a `ValueError` for what Keras cannot do on several replicas."""
    count = replicas.replica_count(model)
    if count == 1:
        return
    for argument, value, usable in (
        ("steps_per_execution", steps_per_execution, 1),
        ("jit_compile", jit_compile, False),
    ):
        if value not in (usable, "auto"):
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected {usable} "
                f"on {count} replicas: with anything else `fit` of Keras 3.15 "
                f"fails for every model. Received: {argument}={value}"
            )


def check_compiled(model: keras.Model, game: Game, state: State) -> None:
    """Raises a `ValueError` for what does not fit the model's devices."""
    replicas.check_strategy()
    for argument, variables in state.by_argument().items():
        outside = replicas.outside_scope(model, variables)
        if outside:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected objects "
                "created inside the `with strategy.scope():` of the model, so "
                "that their variables are on every device. Received: the "
                f"variable `{outside[0].path}`, created outside the scope"
            )
    count = replicas.replica_count(model)
    if count > 1 and game.sample_metrics:
        raise ValueError(
            "Invalid value for argument `metrics`. Expected no "
            f"`keras_regan.metrics` on {count} replicas: each would compare "
            "the samples of one replica only. Use "
            "`keras_regan.callbacks.EvaluateSamples`, which compares all of "
            "them. Received: "
            f"{[type(metric).__name__ for metric in game.sample_metrics]}"
        )


def check_one_replica(model: keras.Model, method: str, instead: str) -> None:
    """Raises a `ValueError` for a method that does not divide a batch."""
    count = replicas.replica_count(model)
    if count > 1:
        raise ValueError(
            f"`{method}` would give the whole batch to each of {count} "
            f"replicas. Expected `{instead}`, which divides it among them."
        )


def check_rows(argument: str, data: Any, batch_size: int | None) -> None:
    """Raises a `ValueError` for an array that devices cannot divide evenly."""
    divisor = replicas.batch_divisor()
    if divisor == 1 or not hasattr(data, "shape"):
        return
    batch_size = 32 if batch_size is None else batch_size
    last = len(data) % batch_size
    if batch_size % divisor or last % divisor:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected batches whose "
            f"sizes are multiples of {divisor}, the number of devices of this "
            "process: leave rows out, or pass a `tf.data.Dataset` that was "
            f"batched with `drop_remainder=True`. Received: {len(data)} "
            f"samples and batch_size={batch_size}, which leaves a batch of "
            f"{last or batch_size}"
        )


def results_of_all(model: keras.Model, game: Game) -> dict[str, Any]:
    """Returns results over all samples, where Keras averages replicas."""
    if replicas.replica_count(model) == 1:
        return {}
    metrics = game.trackers + game.step_metrics
    results = {metric.name: metric.result() for metric in metrics}
    return keras.tree.map_structure(
        lambda value: ops.convert_to_numpy(value).tolist(), results
    )
