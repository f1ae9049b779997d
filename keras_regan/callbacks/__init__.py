"""Callbacks for `fit`."""

from keras_regan.callbacks.adaptive_factor import (
    AdaptiveFactor as AdaptiveFactor,
)
from keras_regan.callbacks.alarm_actions import Action as Action
from keras_regan.callbacks.alarm_actions import RollBack as RollBack
from keras_regan.callbacks.alarm_actions import StopTraining as StopTraining
from keras_regan.callbacks.alarm_actions import Warn as Warn
from keras_regan.callbacks.average_and_live import (
    AverageAndLive as AverageAndLive,
)
from keras_regan.callbacks.collapse_monitor import (
    CollapseMonitor as CollapseMonitor,
)
from keras_regan.callbacks.evaluate_samples import (
    EvaluateSamples as EvaluateSamples,
)
from keras_regan.callbacks.gradient_share import GradientShare as GradientShare
from keras_regan.callbacks.histograms import Histograms as Histograms
from keras_regan.callbacks.latent_walk import LatentWalk as LatentWalk
from keras_regan.callbacks.nearest_real import NearestReal as NearestReal
from keras_regan.callbacks.raise_factor import RaiseFactor as RaiseFactor
from keras_regan.callbacks.sample_grid import SampleGrid as SampleGrid
