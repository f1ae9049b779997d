"""All uses of parts of Keras and TensorFlow that are not public.

These are names that begin with an underscore, undocumented attributes of a
trainer, texts of errors and warnings, and orders and names in the results of
public methods. All uses of them are in this folder. Each entry says why it is
needed and, under "When it is gone", what to do when Keras no longer has it.
`tests/backend/test_keras_internals.py` checks Keras itself, and fails with
that line.

* `fitting`: changes to a model in the course of `fit`.
* `layers`: state and results of layers.
* `optimizers`: counts of optimizers.
* `saving`: Keras's messages about files.
* `strategies`: several replicas in Keras and TensorFlow.
* `jax_trainer`, `tensorflow_trainer`, `torch_trainer`: the base class of a
  model, with its differences from the trainer of that backend.
"""
