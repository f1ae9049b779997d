"""Augmentations of all samples that the discriminator sees."""

from keras_regan.augmentations.adaptive_augmentation import (
    AdaptiveAugmentation as AdaptiveAugmentation,
)
from keras_regan.augmentations.augmentation import Augmentation as Augmentation
from keras_regan.augmentations.color_jitter import ColorJitter as ColorJitter
from keras_regan.augmentations.cutout import Cutout as Cutout
from keras_regan.augmentations.diff_augment import DiffAugment as DiffAugment
from keras_regan.augmentations.horizontal_flip import (
    HorizontalFlip as HorizontalFlip,
)
from keras_regan.augmentations.instance_noise import (
    InstanceNoise as InstanceNoise,
)
from keras_regan.augmentations.translation import Translation as Translation
