"""Several processes of PyTorch are refused, as each would train by itself."""

import os
import subprocess
import sys

import keras
import pytest

import keras_regan as kr

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="is about torch.distributed"
)
REFUSAL = r"each would train by itself.*several_devices\.md.*: 2 ranks"

ONE_OF_TWO = """
import sys

import torch

import keras_regan as kr

networks = kr.networks.mlp((2,), latent_dim=3, hidden=(4,))
early = kr.RegularizedGAN(*networks)
torch.distributed.init_process_group(
    "gloo",
    init_method=f"file://{sys.argv[1]}",
    rank=int(sys.argv[2]),
    world_size=2,
)
for attempt in (lambda: kr.RegularizedGAN(*networks), early.compile):
    try:
        attempt()
    except ValueError as error:
        print(error)
torch.distributed.destroy_process_group()
early.compile()
"""


def test_two_ranks(monkeypatch, vector_pair, vectors):
    import torch

    gan = kr.RegularizedGAN(*vector_pair())
    gan.compile()
    before = gan.generator.get_weights()
    monkeypatch.setattr(torch.distributed, "is_available", lambda: True)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    for attempt in (
        lambda: kr.RegularizedGAN(*vector_pair()),
        gan.compile,
        lambda: gan.fit(vectors, verbose=0),
        lambda: gan.train_on_batch(vectors),
    ):
        with pytest.raises(ValueError, match=REFUSAL):
            attempt()
    for old, new in zip(before, gan.generator.get_weights(), strict=True):
        assert (old == new).all()


def test_one_rank(tmp_path, vector_pair, vectors):
    import torch

    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1
    )
    try:
        gan = kr.RegularizedGAN(*vector_pair())
        gan.compile()
        assert "d_loss" in gan.fit(vectors, verbose=0).history
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.thorough
def test_in_two_processes(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_OF_TWO, tmp_path / "group", str(rank)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "KERAS_BACKEND": "torch"},
        )
        for rank in range(2)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        assert output.count("Received: 2 ranks") == 2
