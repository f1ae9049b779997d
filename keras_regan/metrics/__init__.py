"""Metrics of generated samples, called with `(real, generated)`.

Metrics of conditions are called with `(real, generated, conditions)`.
"""

from keras_regan.metrics.best_of_many import BestOfMany as BestOfMany
from keras_regan.metrics.collision_support import (
    CollisionSupport as CollisionSupport,
)
from keras_regan.metrics.collision_support import (
    collision_support as collision_support,
)
from keras_regan.metrics.conditional_diversity import (
    ConditionalDiversity as ConditionalDiversity,
)
from keras_regan.metrics.density_coverage import (
    DensityCoverage as DensityCoverage,
)
from keras_regan.metrics.density_coverage import (
    density_coverage as density_coverage,
)
from keras_regan.metrics.feature_diversity import (
    FeatureDiversity as FeatureDiversity,
)
from keras_regan.metrics.feature_diversity import (
    feature_diversity as feature_diversity,
)
from keras_regan.metrics.feature_extractor import (
    FeatureExtractor as FeatureExtractor,
)
from keras_regan.metrics.frechet_distance import (
    FrechetDistance as FrechetDistance,
)
from keras_regan.metrics.frechet_distance import (
    frechet_distance as frechet_distance,
)
from keras_regan.metrics.frechet_joint_distance import (
    FrechetJointDistance as FrechetJointDistance,
)
from keras_regan.metrics.inception_score import InceptionScore as InceptionScore
from keras_regan.metrics.inception_score import (
    inception_score as inception_score,
)
from keras_regan.metrics.kernel_distance import KernelDistance as KernelDistance
from keras_regan.metrics.kernel_distance import (
    kernel_distance as kernel_distance,
)
from keras_regan.metrics.mode_coverage import ModeCoverage as ModeCoverage
from keras_regan.metrics.mode_coverage import mode_coverage as mode_coverage
from keras_regan.metrics.number_of_different_bins import (
    NumberOfDifferentBins as NumberOfDifferentBins,
)
from keras_regan.metrics.number_of_different_bins import (
    number_of_different_bins as number_of_different_bins,
)
from keras_regan.metrics.precision_recall import (
    PrecisionRecall as PrecisionRecall,
)
from keras_regan.metrics.precision_recall import (
    precision_recall as precision_recall,
)
from keras_regan.metrics.reference import Reference as Reference
from keras_regan.metrics.reference import write_reference as write_reference
from keras_regan.metrics.sample_metric import SampleMetric as SampleMetric
