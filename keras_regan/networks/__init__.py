"""Reference networks: builders that return a generator and discriminator."""

from keras_regan.networks.dcgan import dcgan as dcgan
from keras_regan.networks.mlp import mlp as mlp
from keras_regan.networks.r3gan import r3gan as r3gan
from keras_regan.networks.resnet import resnet as resnet
from keras_regan.networks.unet import unet as unet
