"""State and results of layers."""

from typing import Any

import keras


def regularized_variables(network: keras.Model) -> list[keras.Variable]:
    """Returns the trainable weights that have a regularizer.

    Why: Keras returns their losses only together with those of a call, and
        without the weights.
    When it is gone: look for where `keras.Layer.add_weight` keeps its argument
        `regularizer`.
    """
    return [
        variable
        for variable in network.trainable_variables
        if getattr(variable, "regularizer", None) is not None
    ]


def losses_of_latest_call(network: keras.Model, regularized: int) -> list[Any]:
    """Returns the losses that layers added in the latest call of a network.

    They come from activity regularizers and `add_loss`, but not from the
    regularizers of weights, which do not belong to a call.

    Why: both are in one list, with those of weights at the end.
    When it is gone: look for the new order in `keras.Layer.losses`, or compute
        the losses of `regularized_variables` and leave out equal ones.

    Args:
        network: The network.
        regularized: The number of its `regularized_variables`.
    """
    losses = network.losses
    return losses[: len(losses) - regularized]


def is_seed(variable: keras.Variable) -> bool:
    """Tells whether a variable is the state of a `SeedGenerator`.

    Why: Keras lists it among the weights of a layer but does not save it, and
        replicas cannot average it.
    When it is gone: look for the new name in `keras.random.SeedGenerator`.
    """
    return variable.path.endswith("seed_generator_state")


def shapes_built_with(network: keras.Model) -> Any:
    """Returns the shape, or structure of shapes, that a network was built with.

    It is `None` if the first argument of its `call` has no shape.

    Why: a subclassed network has no `inputs`.
    When it is gone: look for what `get_build_config` returns now.
    """
    config = network.get_build_config() or {}
    if config.get("input_shape"):
        return config["input_shape"]
    shapes = config.get("shapes_dict") or {}
    return next(iter(shapes.values())) if len(shapes) == 1 else None


def shapes_of_arguments(network: keras.Model) -> dict[str, Any]:
    """Returns the shapes of the arguments that a network was built with.

    The keys are the argument names of `call`. It is empty unless there are
    several.

    Why: it is the only way to describe several arguments of a subclassed
        network that Keras supports too.
    When it is gone: look for what `get_build_config` returns for a `build` with
        several arguments.
    """
    shapes = (network.get_build_config() or {}).get("shapes_dict") or {}
    if len(shapes) < 2:
        return {}
    return {key.removesuffix("_shape"): s for key, s in shapes.items()}


def structure_of_inputs(network: keras.Model) -> Any:
    """Returns the inputs of a functional model, in a list or a dictionary.

    It is `None` if the model is not functional.

    Why: `inputs` is a flat list, in which the keys of a dictionary are lost.
    When it is gone: look for what `keras.Model(inputs=...)` keeps of its
        argument.
    """
    # A `Sequential` model holds a functional one.
    functional = getattr(network, "_functional", None) or network
    structure = getattr(functional, "_inputs_struct", None)
    if structure is None:
        return getattr(network, "inputs", None) or None
    return structure


def assign_in_scope(
    scope: keras.StatelessScope, variable: keras.Variable, value: Any
) -> None:
    """Assigns a value to a variable in a scope that need not be active.

    Why: the assignments in a transformation of JAX are passed on to the scope
        around it once, without another cast.
    When it is gone: call `variable.assign(value)` inside the scope.
    """
    scope.add_update((variable, value))


def losses_in_scope(scope: keras.StatelessScope) -> list[Any]:
    """Returns the losses that layers added with `add_loss` inside a scope.

    Why: a scope with `collect_losses` takes them, and the layers no longer
        have them.
    When it is gone: look for what `collect_losses` of `keras.StatelessScope`
        does with them.
    """
    return scope.losses
