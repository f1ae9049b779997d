"""What layers keep and return."""

from typing import Any

import keras


def regularized_variables(network: keras.Model) -> list[keras.Variable]:
    """Returns the trainable weights that carry a regularizer.

    Why: Keras gives the sum of what they add only together with what belongs
        to a call, and not which weights it is of.
    When it is gone: look for where `keras.Layer.add_weight` leaves its argument
        `regularizer`.
    """
    return [
        variable
        for variable in network.trainable_variables
        if getattr(variable, "regularizer", None) is not None
    ]


def losses_of_latest_call(network: keras.Model, regularized: int) -> list[Any]:
    """Returns what layers added in the latest call of a network.

    Activity regularizers and `add_loss`, but not the regularizers of weights,
    which do not belong to a call.

    Why: the two are in one list, those of weights last.
    When it is gone: look for the new order in `keras.Layer.losses`, or compute
        those of `regularized_variables` and leave out what is equal.

    Args:
        network: The network.
        regularized: How many `regularized_variables` it has.
    """
    losses = network.losses
    return losses[: len(losses) - regularized]


def is_seed(variable: keras.Variable) -> bool:
    """Tells whether a variable is the state of a `SeedGenerator`.

    Why: Keras lists it among the weights of a layer but does not save it, and
        it is no average that replicas could agree on.
    When it is gone: look for the new name in `keras.random.SeedGenerator`.
    """
    return variable.path.endswith("seed_generator_state")


def shapes_built_with(network: keras.Model) -> Any:
    """Returns the shape, or structure of shapes, that a network was built with.

    `None` if there is not one for the first argument of its `call`.

    Why: a subclassed network has no `inputs` to ask.
    When it is gone: look for what `get_build_config` returns now.
    """
    config = network.get_build_config() or {}
    if config.get("input_shape"):
        return config["input_shape"]
    shapes = config.get("shapes_dict") or {}
    return next(iter(shapes.values())) if len(shapes) == 1 else None


def shapes_of_arguments(network: keras.Model) -> dict[str, Any]:
    """Returns the shapes of the arguments that a network was built with.

    By the names that they have in `call`, and empty unless there are several.

    Why: a subclassed network with several arguments can say so in no other way
        that Keras understands too.
    When it is gone: look for what `get_build_config` returns for a `build` with
        several arguments.
    """
    shapes = (network.get_build_config() or {}).get("shapes_dict") or {}
    if len(shapes) < 2:
        return {}
    return {key.removesuffix("_shape"): s for key, s in shapes.items()}


def structure_of_inputs(network: keras.Model) -> Any:
    """Returns the inputs of a functional model, in a list or a dictionary.

    `None` if the model is not functional.

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
    """Gives a variable another value in a scope that need not be active.

    Why: what a transformation of JAX has assigned is handed on to the scope
        around it, once as it is, without another cast.
    When it is gone: call `variable.assign(value)` inside of the scope.
    """
    scope.add_update((variable, value))


def losses_in_scope(scope: keras.StatelessScope) -> list[Any]:
    """Returns what layers added with `add_loss` inside of a scope.

    Why: a scope collects them if it is told to, and then the layers have them
        no more.
    When it is gone: look for what `collect_losses` of `keras.StatelessScope`
        does with them.
    """
    return scope.losses
