"""The few primitives that differ between TensorFlow, JAX and PyTorch.

Every module of this package offers the same functions; the rest of
keras_regan is written once, in terms of them:

* `run_step`: runs a training or test step as if variables were mutable.
* `minimize`: differentiates a closure and lets an optimizer apply it.
* `gradient`: differentiates a closure at variables.
* `compiled`: compiles a function that is called outside training.
* `call_with_input_gradient`: one forward pass that serves both the outputs
  and, later and only if asked for, their gradient at the inputs.
* `restore_state_on_error`: a context in which errors and Ctrl-C lose no state.
* `run_if`: computes a scalar in this step, or skips it at no cost.
* `step_if`: takes a whole step, or leaves every variable as it is.
* `all_finite`: tells whether a batch has neither NaN nor infinity.
* `any_samples`: tells whether a batch has any samples.
* `random_states`, `set_random_states`: random state that is not in variables.
* `transposes_slowly`: tells whether transposed convolutions are slow here.
* `pass_over`: lets Keras's trainer skip batches without training.
* `TrainerInternals`: a base class of the model, for its differences from
  Keras's trainer.

The functions for a step on several devices are in `replicas`. TensorFlow runs
the step once for each device, on a part of the batch. JAX runs it once, on the
whole batch, wherever its parts are. With PyTorch, Keras uses one device.
"""

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING or keras.backend.backend() == "tensorflow":
    from keras_regan._backend import mirrored as _replicas
    from keras_regan._backend import tensorflow as _module
    from keras_regan._backend.keras_internals import (
        tensorflow_trainer as _trainer,
    )
elif keras.backend.backend() == "jax":
    from keras_regan._backend import jax as _module
    from keras_regan._backend import sharded as _replicas
    from keras_regan._backend.keras_internals import jax_trainer as _trainer
elif keras.backend.backend() == "torch":
    from keras_regan._backend import one_process as _replicas
    from keras_regan._backend import torch as _module
    from keras_regan._backend.keras_internals import torch_trainer as _trainer
else:
    raise ImportError(
        "keras_regan needs the Keras backend 'tensorflow', 'jax' or 'torch'. "
        f"Received: {keras.backend.backend()!r}. Set the environment variable "
        "KERAS_BACKEND before Keras is imported."
    )

replicas = _replicas
run_step = _module.run_step
minimize = _module.minimize
gradient = _module.gradient
compiled = _module.compiled
call_with_input_gradient = _module.call_with_input_gradient
run_if = _module.run_if
restore_state_on_error = _module.restore_state_on_error
step_if = _module.step_if
all_finite = _module.all_finite
any_samples = _module.any_samples
random_states = _module.random_states
set_random_states = _module.set_random_states
transposes_slowly = _module.transposes_slowly
pass_over = _trainer.pass_over
TrainerInternals = _trainer.TrainerInternals
TRAIN_FUNCTION_TAKES_BATCHES = _trainer.TRAIN_FUNCTION_TAKES_BATCHES
