"""A model's differences from Keras's trainer on JAX."""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from keras_regan._interrupts import interrupts_wait

if TYPE_CHECKING:  # A Keras model comes after it among the base classes.
    from keras import Model as _Trainer
else:
    _Trainer = object

# Whether the train function of Keras's trainer is called with an iterator,
# and not with a batch.
TRAIN_FUNCTION_TAKES_BATCHES = True


class TrainerInternals(_Trainer):
    """Keeps the latest state between steps, even if an error is raised."""

    train_function: Any
    test_function: Any
    predict_function: Any

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute; Keras tracks variables and layers in it.

        Why: Keras keeps the state after each step in an attribute. It has
            arrays only, and searching it for variables takes a quarter of a
            small step.
        When it is gone: drop this method, and measure a small step.
        """
        if name == "_jax_state":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _purge_model_variables(self, **groups: bool) -> None:
        """Leaves variables as they are.

        Why: Keras empties them in each epoch to save memory. Compiled steps
            reuse that memory anyway, and emptied variables cannot be restored
            if an epoch does not even begin.
        When it is gone: drop this method if variables keep their values when
            an epoch begins.
        """

    def make_train_function(self, force: bool = False) -> None:
        """Creates the training function; Keras's trainer calls it.

        Why: a compiled step reuses the memory of the state that it gets, and
            Keras keeps the new state only after the call.
        When it is gone: look for the function that the trainer calls for each
            batch, and wrap it in `_keep_latest_state`.
        """
        if force or self.train_function is None:
            super().make_train_function(force=force)
            self.train_function = _keep_latest_state(
                self,
                self.train_function,
                ("trainable", "non_trainable", "optimizer", "metrics"),
            )

    def make_test_function(self, force: bool = False) -> None:
        """Creates the evaluation function; Keras's trainer calls it.

        Why: as for `make_train_function`.
        When it is gone: as for `make_train_function`.
        """
        if force or self.test_function is None:
            super().make_test_function(force=force)
            self.test_function = _keep_latest_state(
                self,
                self.test_function,
                ("trainable", "non_trainable", "metrics"),
            )

    def make_predict_function(self, force: bool = False) -> Any:
        """Creates the prediction function; Keras's trainer calls it.

        Why: as for `make_train_function`.
        When it is gone: as for `make_train_function`.
        """
        if force or self.predict_function is None:
            super().make_predict_function(force=force)
            self.predict_function = _keep_latest_state(
                self, self.predict_function, ("trainable", "non_trainable")
            )
        return self.predict_function


def keep_state(model: Any, values: dict[str, Any] | None) -> None:
    """Sets the latest complete state of a model.

    Args:
        model: The model that is trained or evaluated.
        values: Lists of arrays by the names of their groups, such as
            `"trainable_variables"`; `None` if the state is in the variables.

    Why: Keras's trainer keeps the state here between two steps.
    When it is gone: look for what `jax_state_sync` reads.
    """
    model._jax_state = values


def put_state_into_variables(model: Any) -> None:
    """Assigns the values of the latest state to the variables.

    Why: `predict` may be called in the middle of `fit`, and after an error the
        variables must have the values of the last complete step.
    When it is gone: assign the values that `keep_state` was called with.
    """
    model.jax_state_sync()


def pass_over(arguments: Any, count: int, logs: Any) -> Any:
    """Takes batches from the arguments of the train function.

    Args:
        arguments: The arguments of a call of the train function.
        count: The number of batches to take.
        logs: The logs to return.

    Returns:
        A result in the form of the train function's.

    Why: as for `set_train_function`, whose function gets these arguments.
    When it is gone: look for the arguments of `train_function` in `fit` of the
        trainer, and take `count` batches from them.
    """
    state, iterator = arguments
    for _ in range(count):
        next(iterator)
    return logs, state


def _keep_latest_state(
    model: Any, function: Callable[..., Any], groups: tuple[str, ...]
) -> Callable[..., Any]:
    """Returns a function for Keras's trainer that loses no state.

    After an error or Ctrl-C between a step and the rest of Keras's loop,
    neither the old nor the new state would be left. In the second of several
    steps of one execution, an error of the data set is enough. Therefore this
    function draws batches first, and the model always knows its latest
    complete state.

    Args:
        model: The model that is trained or evaluated.
        function: Callable that takes `(state, iterator)` and returns
            `(outputs, new_state)`.
        groups: Names of the groups of variables in `state`.
    """

    def keep(state):
        keep_state(
            model,
            {
                f"{group}_variables": values
                for group, values in zip(groups, state, strict=True)
            },
        )

    def step(state, iterator):
        keep(state)
        batches = list(itertools.islice(iterator, model.steps_per_execution))
        if not batches:
            raise StopIteration
        with interrupts_wait():
            outputs, state = function(state, iter(batches))
            keep(state)
        return outputs, state

    return step
