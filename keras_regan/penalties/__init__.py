"""Penalties: what is called with the context of a training step."""

from keras_regan.penalties.gradient_penalties import R1 as R1
from keras_regan.penalties.gradient_penalties import R2 as R2
from keras_regan.penalties.penalty import Penalty as Penalty
from keras_regan.penalties.scheduled import Scheduled as Scheduled
from keras_regan.penalties.step_context import StepContext as StepContext
