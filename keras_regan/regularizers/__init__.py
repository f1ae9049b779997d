"""Regularizers, which are called with weights or with samples."""

from keras_regan.regularizers.diversity_sensitive import (
    DiversitySensitive as DiversitySensitive,
)
from keras_regan.regularizers.energy_distance import (
    EnergyDistance as EnergyDistance,
)
from keras_regan.regularizers.gdpp import GDPP as GDPP
from keras_regan.regularizers.matched_pairwise_distance import (
    MatchedPairwiseDistance as MatchedPairwiseDistance,
)
from keras_regan.regularizers.maximum_mean_discrepancy import (
    MaximumMeanDiscrepancy as MaximumMeanDiscrepancy,
)
from keras_regan.regularizers.mode_seeking import ModeSeeking as ModeSeeking
from keras_regan.regularizers.normalized_diversification import (
    NormalizedDiversification as NormalizedDiversification,
)
from keras_regan.regularizers.orthogonal import Orthogonal as Orthogonal
from keras_regan.regularizers.pair_regularizer import (
    PairRegularizer as PairRegularizer,
)
from keras_regan.regularizers.pairwise_distance import (
    PairwiseDistance as PairwiseDistance,
)
from keras_regan.regularizers.pulling_away import PullingAway as PullingAway
from keras_regan.regularizers.reconstruction import (
    Reconstruction as Reconstruction,
)
from keras_regan.regularizers.sample_regularizer import (
    SampleRegularizer as SampleRegularizer,
)
from keras_regan.regularizers.weights import L1 as L1
from keras_regan.regularizers.weights import L1L2 as L1L2
from keras_regan.regularizers.weights import L2 as L2
