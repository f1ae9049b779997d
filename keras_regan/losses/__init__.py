"""Adversarial losses, which are called with the discriminator's logits."""

from keras_regan.losses.adversarial_loss import (
    AdversarialLoss as AdversarialLoss,
)
from keras_regan.losses.flipped_labels import FlippedLabels as FlippedLabels
from keras_regan.losses.games import Hinge as Hinge
from keras_regan.losses.games import LeastSquares as LeastSquares
from keras_regan.losses.games import Minimax as Minimax
from keras_regan.losses.games import NonSaturating as NonSaturating
from keras_regan.losses.games import Relativistic as Relativistic
from keras_regan.losses.games import Wasserstein as Wasserstein
from keras_regan.losses.relativistic_average import (
    RelativisticAverage as RelativisticAverage,
)
from keras_regan.losses.top_k import TopK as TopK
from keras_regan.losses.weighted import Weighted as Weighted
