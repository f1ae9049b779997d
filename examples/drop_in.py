"""Use the regularizers without a GAN, in two ordinary Keras models.

    python examples/drop_in.py

1. Hard: an image classifier with L1 on its kernels, which trades some accuracy
   for weights close to zero.
2. Soft: a recurrent network that reads an image row by row, with a regularizer
   that pushes the codes of different images apart up to a margin.
"""

import argparse

import keras
import numpy as np
from image_data import ImageData
from image_data import load_images
from keras import layers
from measures import share_of_small_weights

import keras_regan as kr


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--epochs", type=int, default=10, help="(default: %(default)s)"
    )
    parser.add_argument(
        "--images", type=int, help="number to train on (default: all)"
    )
    arguments = parser.parse_args()
    epochs = arguments.epochs
    train, test = load_images(), load_images(split="test")
    x_train = train.images[: arguments.images]
    assert train.labels is not None  # That dataset has some.
    y_train = train.labels[: arguments.images]

    print("Hard: L1 on the kernels of a classifier")
    for factor in (0.0, 1e-4, 1e-3):
        keras.utils.set_random_seed(0)
        model = classifier(factor)
        accuracy = trained(model, x_train, y_train, test, epochs)
        small = share_of_small_weights(model)
        print(
            f"  L1({factor:g}): test accuracy {accuracy:.3f}, "
            f"{small:.0%} of the weights below 0.001"
        )

    print("Soft: codes of a recurrent network that repel each other")
    for factor in (0.0, 0.1, 1.0):
        keras.utils.set_random_seed(0)
        model = recurrent_classifier(factor)
        accuracy = trained(model, x_train, y_train, test, epochs)
        encoder = keras.Model(model.inputs, model.get_layer("codes").output)
        codes = encoder.predict(test.images, verbose=0)
        distance = kr.regularizers.PairwiseDistance(
            1.0, direction="attract", pairing="all"
        )
        print(
            f"  PairwiseDistance({factor:g}, margin=0.5): test accuracy "
            f"{accuracy:.3f}, mean distance of codes "
            f"{float(distance(codes)):.3f}"
        )


def classifier(factor: float) -> keras.Model:
    """A dense network with L1 on its kernels."""
    l1 = kr.regularizers.L1(factor)
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu", kernel_regularizer=l1),
            layers.Dense(10, activation="softmax", kernel_regularizer=l1),
        ]
    )


def recurrent_classifier(factor: float) -> keras.Model:
    """A recurrent network whose codes are regularized as samples."""
    repel = kr.regularizers.PairwiseDistance(factor, margin=0.5)
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Reshape((28, 28)),
            layers.GRU(32, name="codes"),
            kr.layers.SampleRegularization(repel),
            layers.Dense(10, activation="softmax"),
        ]
    )


def trained(
    model: keras.Model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    test: ImageData,
    epochs: int,
) -> float:
    """Fits a classifier and returns its accuracy on held-out images."""
    model.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(x_train, y_train, epochs=epochs, verbose=0)
    return model.evaluate(test.images, test.labels, verbose=0)[1]


if __name__ == "__main__":
    main()
