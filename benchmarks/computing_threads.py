"""How many threads a framework computes with."""

import os

import keras


def use_threads(count: int) -> None:
    """Lets the backend use so many threads. Call it before any computation.

    JAX takes one thread or all there are.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)
    elif backend == "torch":
        import torch

        torch.set_num_threads(count)
    elif count == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = (
            f"{flags} --xla_cpu_multi_thread_eigen=false "
            "intra_op_parallelism_threads=1"
        )
