"""Penalties, which are called with the context of a training step."""

from keras_regan.penalties.across_replicas import (
    AcrossReplicas as AcrossReplicas,
)
from keras_regan.penalties.adjustable_factor import (
    AdjustableFactor as AdjustableFactor,
)
from keras_regan.penalties.approximate_gradients import (
    ApproximateR1 as ApproximateR1,
)
from keras_regan.penalties.approximate_gradients import (
    ApproximateR2 as ApproximateR2,
)
from keras_regan.penalties.auxiliary_classifier import (
    AuxiliaryClassifier as AuxiliaryClassifier,
)
from keras_regan.penalties.consistency import Consistency as Consistency
from keras_regan.penalties.dragan import DRAGAN as DRAGAN
from keras_regan.penalties.elastic_weight import ElasticWeight as ElasticWeight
from keras_regan.penalties.feature_matching import (
    FeatureMatching as FeatureMatching,
)
from keras_regan.penalties.gradient_penalties import R1 as R1
from keras_regan.penalties.gradient_penalties import R2 as R2
from keras_regan.penalties.interpolated_gradients import (
    MaxGradientPenalty as MaxGradientPenalty,
)
from keras_regan.penalties.interpolated_gradients import (
    WassersteinGradientPenalty as WassersteinGradientPenalty,
)
from keras_regan.penalties.interpolated_gradients import (
    ZeroCenteredInterpolation as ZeroCenteredInterpolation,
)
from keras_regan.penalties.jacobian_clamping import (
    JacobianClamping as JacobianClamping,
)
from keras_regan.penalties.latent_neighbours import (
    LatentConsistency as LatentConsistency,
)
from keras_regan.penalties.latent_neighbours import (
    LatentDiversity as LatentDiversity,
)
from keras_regan.penalties.latent_reconstruction import (
    LatentReconstruction as LatentReconstruction,
)
from keras_regan.penalties.lecam import LeCam as LeCam
from keras_regan.penalties.logit_centering import (
    LogitCentering as LogitCentering,
)
from keras_regan.penalties.matching_aware import MatchingAware as MatchingAware
from keras_regan.penalties.on_features import OnFeatures as OnFeatures
from keras_regan.penalties.path_length import PathLength as PathLength
from keras_regan.penalties.penalty import Penalty as Penalty
from keras_regan.penalties.proximal_l1 import ProximalL1 as ProximalL1
from keras_regan.penalties.scheduled import Scheduled as Scheduled
from keras_regan.penalties.sparsity import Sparsity as Sparsity
from keras_regan.penalties.starting_point import StartingPoint as StartingPoint
from keras_regan.penalties.step_context import StepContext as StepContext
