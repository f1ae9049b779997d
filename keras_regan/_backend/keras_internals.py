"""What this package uses of Keras and TensorFlow that is not public."""


def reduces_over_replicas(error: RuntimeError) -> bool:
    """Tells whether a branch of a graph failed because replicas exchange."""
    return "merge_call" in str(error)
