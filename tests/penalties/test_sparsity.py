"""A share of zeros: how it rises, that it stays, and that the rest is free."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

Sparsity = kr.penalties.Sparsity
SHAPES = [(4, 5), (2, 2, 1, 3)]


def numbers(seed):
    """Returns two kernels, of which the second is larger."""
    random = np.random.default_rng(seed)
    small, large = (random.normal(size=shape) for shape in SHAPES)
    return [small.astype("float32"), 5.0 * large.astype("float32")]


def after_updates(weights, moves, share, steps, interval):
    """Returns what the formula makes of weights, in NumPy."""
    flat = np.concatenate([w.ravel() for w in weights])
    kept = flat != 0
    for update, move in enumerate(moves):
        flat = (flat + np.concatenate([m.ravel() for m in move])) * kept
        left = max(1 - (update + 1) / steps, 0)
        wanted = round(share * (1 - left**3) * flat.size)
        is_due = update % interval == 0 or update + 1 == steps
        if is_due and wanted > (~kept).sum():
            threshold = np.sort(np.abs(flat))[wanted - 1]
            flat = np.sign(flat) * np.maximum(np.abs(flat) - threshold, 0)
            kept &= flat != 0
    return flat, kept


def updated(penalty, kernels, moves, rate=0.1, first=0):
    """Moves kernels, as an optimizer would, and lets a penalty follow."""
    for update, move in enumerate(moves, first):
        for kernel, by in zip(kernels, move, strict=True):
            kernel.assign_add(by)
        penalty.after_update(
            kernels,
            ops.convert_to_tensor(rate, "float32"),
            ops.convert_to_tensor(update, "int32"),
        )
    return np.concatenate(
        [ops.convert_to_numpy(kernel.value).ravel() for kernel in kernels]
    )


def built(penalty, weights):
    kernels = [keras.Variable(w, name="kernel") for w in weights]
    penalty.build(kernels)
    return kernels


@pytest.mark.parametrize(
    "share, steps, interval",
    [(0.6, 1, 1), (0.6, 7, 1), (0.7, 5, 3), (0.7, 5, 90)],
)
def test_follows_its_formula(share, steps, interval):
    penalty = Sparsity(share, steps=steps, interval=interval)
    kernels = built(penalty, numbers(0))
    moves = [[0.1 * m for m in numbers(seed)] for seed in range(1, 11)]
    expected, kept = after_updates(
        numbers(0), moves, share, steps=steps, interval=interval
    )
    found = updated(penalty, kernels, moves)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found != 0, kept)
    assert (found == 0).sum() == round(share * found.size)
    # Over all kernels together, and not in each of them.
    assert (found[:20] == 0).sum() != round(share * 20)


def test_nothing_becomes_zero_in_a_step_that_is_skipped():
    penalty = Sparsity(0.5, steps=1, interval=1)
    kernels = built(penalty, numbers(0))
    still = [[np.zeros(shape, "float32") for shape in SHAPES]]
    assert (updated(penalty, kernels, still, rate=0.0) != 0).all()
    assert (updated(penalty, kernels, still) == 0).sum() == 16


def test_zeros_that_were_there_stay():
    sparse, whole = numbers(0)
    sparse[:2] = 0.0
    penalty = Sparsity(0.0)
    kernels = built(penalty, [sparse, 0.0 * whole])
    moves = [numbers(1), numbers(2)]
    # A kernel that is zero as a whole has yet to become something.
    expected = np.concatenate(
        [
            np.where(sparse == 0, 0.0, sparse + moves[0][0] + moves[1][0]),
            moves[0][1] + moves[1][1],
        ],
        axis=None,
    )
    found = updated(penalty, kernels, moves)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A GAN whose generator became sparse, its logs, and where it is saved."""
    keras.utils.set_random_seed(0)
    samples = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    pair = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None
    )
    gan = kr.RegularizedGAN(*pair, ema_momentum=0.9, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(0.01),
        generator_regularizers=[Sparsity(0.6, steps=6, interval=2)],
    )
    history = gan.fit(samples, batch_size=8, epochs=2, verbose=0).history
    path = tmp_path_factory.mktemp("saved") / "gan.keras"
    gan.save(path)
    return gan, history, path, samples


def kernels_of(network):
    kernels = [w for w in network.get_weights() if w.ndim > 1]
    return np.concatenate([kernel.ravel() for kernel in kernels])


def test_share_in_a_training(trained):
    gan, history, _, samples = trained
    kernels = kernels_of(gan.generator)
    assert (kernels == 0).sum() == round(0.6 * kernels.size) == 24
    # In all batches of the second epoch.
    assert history["g_sparsity"][1] == pytest.approx(0.6)
    logs = gan.evaluate(samples, return_dict=True, verbose=0)
    assert logs["g_sparsity"] == pytest.approx(0.6)
    biases = [w for w in gan.generator.get_weights() if w.ndim == 1]
    assert all((bias != 0).all() for bias in biases)


def test_average_is_as_sparse(trained):
    gan = trained[0]
    live, average = kernels_of(gan.generator), kernels_of(gan.ema_generator)
    np.testing.assert_array_equal(live == 0, average == 0)
    assert not np.allclose(live, average, atol=1e-4)
    np.testing.assert_array_equal(
        kernels_of(gan.inference_generator()), average
    )


def test_a_loaded_model_knows_its_zeros(trained):
    gan, _, path, samples = trained
    before = kernels_of(gan.generator)
    loaded = keras.models.load_model(path)
    loaded.fit(samples, batch_size=8, verbose=0)
    after = kernels_of(loaded.generator)
    np.testing.assert_array_equal(before == 0, after == 0)
    assert not np.allclose(before, after, atol=1e-4)


def test_arguments():
    penalty = Sparsity()
    assert (penalty.share, penalty.steps, penalty.interval) == (0.5, 1000, 10)
    assert penalty.name == "sparsity"
    other = Sparsity(0.9, steps=7, interval=3, name="other")
    config = {"share": 0.9, "steps": 7, "interval": 3, "name": "other"}
    assert other.get_config() == config
    with pytest.raises(TypeError, match="'factor'"):
        Sparsity(factor=2.0)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_bad_share(share):
    with pytest.raises(ValueError, match="`share`"):
        Sparsity(share)


def test_bad_steps():
    with pytest.raises(ValueError, match="`steps`"):
        Sparsity(steps=0)
    with pytest.raises(TypeError, match="`share`"):
        Sparsity("half")
