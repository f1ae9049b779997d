"""Layers for generators and discriminators."""

from keras_regan.layers.class_projection import (
    ClassProjection as ClassProjection,
)
from keras_regan.layers.conditional_batch_normalization import (
    ConditionalBatchNormalization as ConditionalBatchNormalization,
)
from keras_regan.layers.conv2d_transpose import (
    Conv2DTranspose as Conv2DTranspose,
)
from keras_regan.layers.gradient_normalization import (
    GradientNormalization as GradientNormalization,
)
from keras_regan.layers.minibatch_discrimination import (
    MinibatchDiscrimination as MinibatchDiscrimination,
)
from keras_regan.layers.minibatch_std_dev import (
    MinibatchStdDev as MinibatchStdDev,
)
from keras_regan.layers.packing import Packing as Packing
from keras_regan.layers.sample_regularization import (
    SampleRegularization as SampleRegularization,
)
from keras_regan.layers.spectral_normalization import (
    SpectralNormalization as SpectralNormalization,
)
