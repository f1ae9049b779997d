"""Registration of everything public for Keras's serialization."""

import keras

register = keras.saving.register_keras_serializable(package="keras_regan")
