"""Train on several devices, and check that the training is the same.

    python examples/multi_device.py
    KERAS_BACKEND=jax python examples/multi_device.py
    KERAS_BACKEND=jax python examples/multi_device.py --processes 2

The script trains the same small GAN twice on the same batches, on one device
and on several, and prints the losses side by side. The devices are all GPUs if
there are two or more, and otherwise parts of the CPU, which are no faster than
the whole but behave like other devices. With `--processes` each process has a
part of every batch, as each of several machines would have.

docs/several_devices.md says what to change in your own code.
"""

import argparse
import json
import os
import socket
import subprocess
import sys


def main() -> None:
    arguments = parse_arguments()
    # The framework reads the number of CPU devices when it starts.
    parts = 1 if arguments.processes > 1 else arguments.devices
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = (
        f"{flags} --xla_force_host_platform_device_count={parts}"
    )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    backend = keras.backend.backend()
    if arguments.process is not None:
        report_as_process(arguments)
    elif backend == "torch":
        print(
            "With PyTorch, `fit` of Keras 3.15 trains on one device, which may "
            "be a GPU: `keras.distribution` does not know this backend. For "
            "several devices set KERAS_BACKEND to tensorflow (one machine) or "
            "jax (one machine or many)."
        )
    elif arguments.processes > 1:
        if backend != "jax":
            raise SystemExit(
                "Several processes need the JAX backend: set KERAS_BACKEND=jax."
            )
        processes = start_processes(arguments.processes)
        one = train(arguments)
        compare(one, results_of(processes), f"{len(processes)} processes")
    else:
        strategy, names = choose_devices(backend, arguments.devices)
        print(f"On {len(names)} devices: {', '.join(names)}.")
        one = train(arguments)
        compare(
            one,
            train(arguments, strategy),
            f"{len(names)} devices",
        )


def choose_devices(backend, parts):
    """Returns the strategy for this machine, and its devices."""
    if backend == "jax":
        import keras

        devices = keras.distribution.list_devices()
        if len(devices) < 2:
            devices = keras.distribution.list_devices("cpu")
        return keras.distribution.DataParallel(devices=devices), devices
    import tensorflow as tf

    devices = [
        device.name.removeprefix("/physical_device:")
        for device in tf.config.list_physical_devices("GPU")
    ]
    if len(devices) < 2:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * parts,
        )
        devices = [f"CPU:{index}" for index in range(parts)]
    return tf.distribute.MirroredStrategy(devices), devices


def train(arguments, strategy=None, process=0, processes=1):
    """Returns losses and weights of a short training.

    Args:
        arguments: The arguments of the command line.
        strategy: The strategy that divides the work among the devices.
        process: The number of this process.
        processes: The number of processes.
    """
    import contextlib

    import keras
    from image_data import load_images

    import keras_regan as kr

    batch = arguments.batch_size
    images = load_images(arguments.dataset, arguments.data, None).images
    # JAX divides every batch evenly among its devices.
    images = images[: len(images) // batch * batch][: arguments.images]
    own = images.reshape(-1, processes, batch // processes, *images.shape[1:])[
        :, process
    ].reshape(-1, *images.shape[1:])

    # Create everything with variables in the scope of the strategy: networks,
    # model, optimizers, regularizers.
    with strategy.scope() if strategy else contextlib.nullcontext():
        keras.utils.set_random_seed(arguments.seed)
        networks = kr.networks.mlp(
            images.shape[1:], latent_dim=64, hidden=(128,)
        )
        gan = kr.RegularizedGAN(
            *networks, ema_momentum=0.99, seed=arguments.seed
        )
        gan.compile(
            keras.optimizers.Adam(2e-4, beta_1=0.5),
            keras.optimizers.Adam(2e-4, beta_1=0.5),
            generator_regularizers=[
                kr.regularizers.L1(1e-5),
                # Pairs from the whole batch, not from a replica's part of it.
                kr.penalties.AcrossReplicas(
                    kr.regularizers.PairwiseDistance(0.1, pairing="all")
                ),
            ],
            discriminator_regularizers=[
                kr.penalties.R1(0.1, interval=4),
                kr.penalties.LeCam(0.1),
            ],
        )
        history = gan.fit(
            own,
            batch_size=batch // processes,
            epochs=arguments.epochs,
            shuffle=False,
            verbose=0,
        ).history
    weights = [w.ravel()[:1000].tolist() for w in gan.get_weights()]
    return {"losses": history, "weights": weights}


def compare(one, several, name):
    """Prints losses side by side, and how far apart the weights are."""
    print(f"\n{'':>8}{'':8}{'one device':>14}{name:>14}{'apart':>12}")
    for epoch, _ in enumerate(one["losses"]["d_loss"], start=1):
        for key in ("d_loss", "g_loss", "g_pairwise_distance"):
            a, b = (run["losses"][key][epoch - 1] for run in (one, several))
            label = key.replace("pairwise_distance", "pairs")
            print(f"epoch {epoch:<2}{label:>8}{a:14.6f}{b:14.6f}", end="")
            print(f"{abs(a - b):12.1e}")
    apart = max(
        abs(a - b)
        for first, second in zip(
            one["weights"], several["weights"], strict=True
        )
        for a, b in zip(first, second, strict=True)
    )
    print(f"\nWeights are at most {apart:.1e} apart.")


def start_processes(count):
    """Starts this script once for each process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    own = ["--port", str(port), "--process"]
    return [
        subprocess.Popen(
            [sys.executable, *sys.argv, *own, str(index)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for index in range(count)
    ]


def results_of(processes):
    """Returns the report of the first process; the others report the same."""
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit("A process failed; see its message above.")
    return json.loads(outputs[0].splitlines()[-1])


def report_as_process(arguments):
    """Trains with a part of every batch, together with the others."""
    import jax
    import keras

    # CPUs need this to communicate; GPUs have their own way.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    keras.distribution.initialize(
        f"127.0.0.1:{arguments.port}", arguments.processes, arguments.process
    )
    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    result = train(
        arguments,
        distribution,
        process=arguments.process,
        processes=arguments.processes,
    )
    if arguments.process == 0:
        print(json.dumps(result))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name, default, text in (
        ("devices", 2, "number of parts of the CPU"),
        ("processes", 1, "processes, each with one device (JAX)"),
        ("epochs", 2, "passes over the images"),
        ("batch-size", 64, "images a step, on all devices together"),
        ("images", 1920, "number of images"),
        ("seed", 0, "seed of weights and latents"),
    ):
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{text} (default: %(default)s)",
        )
    parser.add_argument(
        "--dataset", default="fashion_mnist_subset", help="(%(default)s)"
    )
    parser.add_argument("--data", metavar="PATH", help="an .npz file instead")
    parser.add_argument("--process", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
