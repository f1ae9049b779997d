"""What this package uses of Keras, and of TensorFlow, that is not public.

Names that begin with an underscore, attributes of a trainer that no page
documents, texts of errors and warnings, orders and names in what public methods
return: all of it is in this folder, and nowhere else. Each entry says why it
is needed and, under "When it is gone", what to do as soon as Keras has it no
more. `tests/backend/test_keras_internals.py` looks at Keras itself, and fails
with that line.

* `fitting`: what is done to a model in the course of `fit`.
* `layers`: what layers keep and return.
* `saving`: what Keras says of files.
* `strategies`: what Keras and TensorFlow say of several replicas.
* `jax_trainer`, `tensorflow_trainer`, `torch_trainer`: the base class of a
  model, in which it does otherwise than the trainer of that backend.
"""
