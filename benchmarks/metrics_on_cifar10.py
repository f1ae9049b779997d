r"""What the metrics say of real images, and of images that were spoilt.

    python benchmarks/metrics_on_cifar10.py --data cifar10.npz \\
        --features efficientnet_lite0.keras --output metrics.json

Compares sets of 10,000 images with the first 10,000 training images of
CIFAR-10: the test images as they are, which no generator should be expected to
beat, blurred and noisy ones, sets that lack half of the classes, and sets that
repeat a tenth of the images. The feature network is one that takes RGB images
from -1 to almost 1 at 128 x 128 pixels and ends in a `Dense` layer, whose
inputs are the features.
"""

import argparse
import pathlib
import resource
import time

import keras
import numpy as np
import result_files
from keras import ops

import keras_regan as kr


def feature_extractor(path: str, name: str) -> kr.metrics.FeatureExtractor:
    """Returns the network up to its last `Dense` layer."""
    network = keras.saving.load_model(path, compile=False)
    dense = next(
        layer
        for layer in reversed(network.layers)
        if isinstance(layer, keras.layers.Dense)
    )
    return kr.metrics.FeatureExtractor(
        keras.Model(network.inputs, dense.input, name=name),
        image_size=128,
        preprocessing=keras.layers.Rescaling(1 / 128, -127 / 128),
        value_range=(0.0, 255.0),
    )


def blurred(images: np.ndarray, deviation: float) -> np.ndarray:
    """Returns images after a Gaussian filter."""
    return ops.convert_to_numpy(
        ops.image.gaussian_blur(
            images.astype("float32"),
            kernel_size=(7, 7),
            sigma=(deviation, deviation),
        )
    )


def noisy(images: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    """Returns images with Gaussian noise, clipped."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(scale=deviation, size=images.shape)
    return np.clip(images + noise, 0, 255).astype("float32")


def sets_of_images(path: str, count: int) -> dict[str, np.ndarray]:
    """Returns the real images and what is compared with them."""
    with np.load(path) as data:
        train, labels = data["x_train"], np.ravel(data["y_train"])
        test = data["x_test"][:count]
    rest, labels = train[count:], labels[count:]
    return {
        "train": train[:count],
        "test": test,
        "blur, deviation 1 pixel": blurred(test, 1.0),
        "noise, deviation 24 of 255": noisy(test, 24.0, seed=0),
        "5 of 10 classes": rest[labels < 5][:count],
        "a tenth of the images, 10 times": np.tile(
            test[: count // 10], (10, 1, 1, 1)
        ),
    }


def metrics_of(features, reference: str) -> list[kr.metrics.SampleMetric]:
    settings = {"features": features, "reference": reference}
    return [
        kr.metrics.FrechetDistance(**settings),
        kr.metrics.KernelDistance(**settings),
        kr.metrics.PrecisionRecall(**settings),
        kr.metrics.DensityCoverage(**settings),
        kr.metrics.FeatureDiversity(**settings),
        kr.metrics.NumberOfDifferentBins(**settings),
    ]


def peak_memory() -> int:
    """Returns the most memory that the process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, help="CIFAR-10 in Keras layout, .npz")
    add("--features", required=True, help="the feature network, .keras")
    add("--name", default="efflite0", help="(%(default)s)")
    add("--count", type=int, default=10_000, help="images (%(default)s)")
    add("--reference", default="cifar10_train.npz", help="(%(default)s)")
    add("--output", help="a JSON file for the results")
    arguments = parser.parse_args()

    features = feature_extractor(arguments.features, arguments.name)
    images = sets_of_images(arguments.data, arguments.count)
    print(f"Memory before: {peak_memory()} MiB", flush=True)
    start = time.perf_counter()
    kr.metrics.write_reference(
        arguments.reference,
        images.pop("train"),
        features,
        split=f"cifar10 train, first {arguments.count}",
    )
    print(f"Reference: {time.perf_counter() - start:.0f} s", flush=True)
    results = {}
    for title, generated in images.items():
        metrics = metrics_of(features, arguments.reference)
        start = time.perf_counter()
        extracted = features(generated)
        seconds = {"features": time.perf_counter() - start}
        values = {}
        for metric in metrics:
            start = time.perf_counter()
            metric.prepare_once()
            for first in range(0, len(extracted), 256):
                metric.generated.update(extracted[first : first + 256])
            values.update(metric.values())
            seconds[type(metric).__name__] = time.perf_counter() - start
        results[title] = {"values": values, "seconds": seconds}
        print(
            title,
            *(f"{key} {value:.4g}" for key, value in values.items()),
            *(f"{key} {value:.1f} s" for key, value in seconds.items()),
            f"peak {peak_memory()} MiB",
            sep="\n    ",
            flush=True,
        )
    if arguments.output:
        text = {
            "backend": keras.backend.backend(),
            "keras": keras.__version__,
            "peak_mib": peak_memory(),
            "protocol": [metric.protocol for metric in metrics],
            "results": results,
        }
        result_files.write(pathlib.Path(arguments.output), text)


if __name__ == "__main__":
    main()
