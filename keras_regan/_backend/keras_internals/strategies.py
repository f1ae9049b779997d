"""What Keras and TensorFlow say of several replicas."""

from typing import Any


def strategy_of(model: Any) -> Any:
    """Returns the `tf.distribute.Strategy` a model was made in, or `None`.

    Why: what `compile` makes has to be on all devices of the model, also if it
        is called outside of the scope that the model was made in.
    When it is gone: keep `tf.distribute.get_strategy()` in the constructor.
    """
    return getattr(model, "distribute_strategy", None)


def reduces_over_replicas(error: RuntimeError) -> bool:
    """Tells whether a branch of a graph failed because replicas exchange.

    Why: TensorFlow has no name for this error, and what a branch will do is
        not known before it is tried.
    When it is gone: look for what `all_reduce` in a branch of `tf.cond` raises
        under a `tf.distribute.MirroredStrategy`. If it works, drop this.
    """
    return "merge_call" in str(error)
