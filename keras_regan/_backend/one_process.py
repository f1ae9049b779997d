"""PyTorch: one process with one device, which sees the whole batch.

Keras 3.15 does not support `torch.distributed`. Later versions of its trainer
wrap the model, and exchange gradients in a call of the wrapper. Our step calls
the two networks themselves, so each process would silently train by itself.
"""

import torch

from keras_regan._backend.one_replica import after as after
from keras_regan._backend.one_replica import batch_divisor as batch_divisor
from keras_regan._backend.one_replica import counted_once as counted_once
from keras_regan._backend.one_replica import global_mean as global_mean
from keras_regan._backend.one_replica import global_rows as global_rows
from keras_regan._backend.one_replica import global_size as global_size
from keras_regan._backend.one_replica import in_scope as in_scope
from keras_regan._backend.one_replica import in_this_process as in_this_process
from keras_regan._backend.one_replica import (
    on_several_replicas as on_several_replicas,
)
from keras_regan._backend.one_replica import outside_scope as outside_scope
from keras_regan._backend.one_replica import own_rows as own_rows
from keras_regan._backend.one_replica import own_seed as own_seed
from keras_regan._backend.one_replica import replica_count as replica_count
from keras_regan._backend.one_replica import synchronized as synchronized


def check_strategy() -> None:
    """Raises a `ValueError` if there are other processes to train with."""
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return
    ranks = distributed.get_world_size()
    if ranks > 1:
        raise ValueError(
            "A GAN cannot be trained by several processes of PyTorch: each "
            "would train by itself. Expected no process group of "
            "`torch.distributed`, or one of a single rank; for several "
            "devices the JAX or the TensorFlow backend "
            f"(docs/several_devices.md). Received: {ranks} ranks"
        )
