"""What a model does otherwise than Keras's trainer on JAX."""

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
    """Keeps the latest state between the steps, whatever is raised."""

    train_function: Any
    test_function: Any
    predict_function: Any

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute; Keras tracks variables and layers in it.

        Why: Keras keeps the state after each step in an attribute. It is
            arrays only, and to look for variables in it takes a quarter of a
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
            take that memory in any case, and what is emptied cannot be given
            back where an epoch does not even begin.
        When it is gone: drop this method, if variables keep their values when
            an epoch begins.
        """

    def make_train_function(self, force: bool = False) -> None:
        """Makes what runs a step of training; Keras's trainer calls it.

        Why: a compiled step takes the memory of the state that it is given,
            and Keras keeps the new state only after the call.
        When it is gone: look for what the trainer calls for each batch, and
            let `_keep_latest_state` go between.
        """
        if force or self.train_function is None:
            super().make_train_function(force=force)
            self.train_function = _keep_latest_state(
                self,
                self.train_function,
                ("trainable", "non_trainable", "optimizer", "metrics"),
            )

    def make_test_function(self, force: bool = False) -> None:
        """Makes what runs a step of evaluation; Keras's trainer calls it.

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
        """Makes what runs a step of predictions; Keras's trainer calls it.

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
    """Says which state of a model is the latest whole one.

    Args:
        model: The model that is trained or evaluated.
        values: Lists of arrays by the names of their groups, as
            `"trainable_variables"`; `None` if it is in the variables.

    Why: it is where Keras's trainer keeps the state between two steps.
    When it is gone: look for what `jax_state_sync` reads.
    """
    model._jax_state = values


def put_state_into_variables(model: Any) -> None:
    """Gives variables the values of the latest state.

    Why: `predict` may be called in the middle of `fit`, and after an error the
        variables are to be what they were after the last whole step.
    When it is gone: assign what `keep_state` was called with.
    """
    model.jax_state_sync()


def pass_over(arguments: Any, count: int, logs: Any) -> Any:
    """Takes batches from what Keras's trainer calls its train function with.

    Args:
        arguments: The arguments of that call.
        count: How many batches to take.
        logs: What to return as the logs.

    Returns:
        What the train function would return.

    Why: as for `set_train_function`, which says what is called with these.
    When it is gone: look for what the trainer calls `train_function` with in
        `fit`, and take `count` batches of it.
    """
    state, iterator = arguments
    for _ in range(count):
        next(iterator)
    return logs, state


def _keep_latest_state(
    model: Any, function: Callable[..., Any], groups: tuple[str, ...]
) -> Callable[..., Any]:
    """Returns what Keras's trainer calls, so that no state gets lost.

    Were there an error or Ctrl-C between a step and what Keras does after it
    (in the second of several steps of one execution it is enough that the data
    set raises), neither the old state nor the new one would be left. So batches
    are drawn first, and the model knows at any time which state is the latest
    whole one.

    Args:
        model: The model that is trained or evaluated.
        function: Callable with `(state, iterator)` that returns
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
