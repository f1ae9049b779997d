"""Regularized GANs for Keras 3, through `compile` and `fit`."""

from keras_regan import _backend as _backend  # Raises for unknown backends.
from keras_regan import augmentations as augmentations
from keras_regan import callbacks as callbacks
from keras_regan import constraints as constraints
from keras_regan import datasets as datasets
from keras_regan import figures as figures
from keras_regan import layers as layers
from keras_regan import losses as losses
from keras_regan import metrics as metrics
from keras_regan import models as models
from keras_regan import networks as networks
from keras_regan import penalties as penalties
from keras_regan import recipes as recipes
from keras_regan import regularizers as regularizers
from keras_regan import search as search
from keras_regan._version import __version__ as __version__
from keras_regan.models import RegularizedGAN as RegularizedGAN
