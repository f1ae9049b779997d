"""What a training has logged, as figures read it."""

import os

import keras
import numpy as np
import pytest
from PIL import Image

import keras_regan as kr
from keras_regan.figures import learning_curves
from keras_regan.figures._curves import read_curves
from keras_regan.figures._shares import is_regularizer
from keras_regan.figures._shares import shares


def train(folder, images):
    """Trains twice for two epochs, and returns both histories."""
    gan = kr.RegularizedGAN(
        *kr.networks.mlp((8, 8, 1), latent_dim=4, hidden=(8,)), seed=0
    )
    gan.compile(
        loss=kr.losses.Wasserstein(),
        generator_regularizers=[
            kr.regularizers.L2(1e-2),
            kr.regularizers.PairwiseDistance(0.3),
        ],
        discriminator_regularizers=[kr.penalties.R1(1.0)],
    )
    return [
        gan.fit(
            images,
            validation_data=images,
            initial_epoch=first,
            epochs=first + 2,
            verbose=0,
            callbacks=[
                kr.callbacks.SampleGrid(folder / "samples", count=4),
                keras.callbacks.CSVLogger(
                    folder / "history.csv", append=first > 0
                ),
            ],
        )
        for first in (0, 2)
    ]


def pixels(path):
    with Image.open(path) as image:
        return np.array(image.convert("RGB")).astype(int)


def test_files_and_histories_of_a_training(images, tmp_path):
    first, second = train(tmp_path, images)

    curves = read_curves(tmp_path / "history.csv")
    keys = {"d_loss", "d_r1", "g_loss", "g_l2", "g_pairwise_distance"}
    assert set(curves) == keys | {f"val_{key}" for key in keys}
    for key, curve in curves.items():
        assert curve.epochs.tolist() == [1, 2, 3, 4], key
        np.testing.assert_allclose(
            curve.values, first.history[key] + second.history[key]
        )
    assert read_curves(second)["d_loss"].epochs.tolist() == [3, 4]

    logs = first.history
    added = np.abs([logs["g_l2"], logs["g_pairwise_distance"]])
    adversarial = np.array(logs["g_loss"]) - logs["g_l2"]
    adversarial -= np.array(logs["g_pairwise_distance"])
    expected = added / (np.abs(adversarial) + added.sum(axis=0))
    result = shares(read_curves(logs))
    np.testing.assert_allclose(result["g_l2"].values, expected[0])
    np.testing.assert_allclose(
        result["g_pairwise_distance"].values, expected[1]
    )

    pytest.importorskip("matplotlib")
    path = tmp_path / "figures" / "curves.png"
    returned = learning_curves(
        first, path, grids=tmp_path / "samples", title="A training"
    )
    assert returned == str(path)
    assert os.listdir(tmp_path / "figures") == ["curves.png"]
    with_grids = pixels(path)
    learning_curves(first.history, path)
    alone = pixels(path)
    assert with_grids.shape[0] > alone.shape[0] + 150
    assert (alone[[0, -1]] == 255).all() and (alone[:, [0, -1]] == 255).all()


def test_names_of_regularizers_are_not_taken_for_vital_signs(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    penalties = [kr.penalties.R1(1.0), kr.penalties.LeCam(1.0)]
    gan.compile(
        generator_regularizers=[
            kr.regularizers.L1(1.0),
            kr.regularizers.PairwiseDistance(1.0),
            kr.penalties.Scheduled(
                kr.regularizers.L2(1.0),
                keras.optimizers.schedules.PolynomialDecay(1.0, 10),
            ),
        ],
        discriminator_regularizers=penalties,
    )
    logged = [metric.name for metric in gan.metrics]
    assert len([key for key in logged if is_regularizer(key)]) == 5
