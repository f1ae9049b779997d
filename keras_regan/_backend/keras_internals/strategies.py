"""Several replicas in Keras and TensorFlow."""

from typing import Any


def strategy_of(model: Any) -> Any:
    """Returns the `tf.distribute.Strategy` a model was made in, or `None`.

    Why: `compile` must create variables on all devices of the model, even if it
        is called outside the scope in which the model was created.
    When it is gone: keep `tf.distribute.get_strategy()` in the constructor.
    """
    return getattr(model, "distribute_strategy", None)


def reduces_over_replicas(error: RuntimeError) -> bool:
    """Tells whether a graph branch failed because replicas exchange tensors.

    Why: TensorFlow has no class for this error, and whether a branch exchanges
        tensors is only known after it is traced.
    When it is gone: look for what `all_reduce` in a branch of `tf.cond` raises
        under a `tf.distribute.MirroredStrategy`. If it works, drop this.
    """
    return "merge_call" in str(error)
