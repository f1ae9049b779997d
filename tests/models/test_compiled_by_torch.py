"""PyTorch compiles a step, except for gradients of gradients."""

import keras
import numpy as np
import pytest

import keras_regan as kr

if keras.backend.backend() != "torch":
    pytest.skip("compiles with PyTorch", allow_module_level=True)
pytest.importorskip("torch._inductor")


def trained(jit_compile, samples, **regularizers):
    keras.utils.set_random_seed(0)
    networks = kr.networks.mlp(
        (2,), latent_dim=2, hidden=(4,), output_activation=None
    )
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(jit_compile=jit_compile, **regularizers)
    history = gan.fit(samples, batch_size=8, shuffle=False, verbose=0).history
    return {name: values[-1] for name, values in history.items()}


@pytest.mark.thorough
def test_compiled_steps_are_the_same(vectors):
    regularizers = {
        "generator_regularizers": [
            kr.regularizers.L1(1e-3),
            kr.regularizers.PairwiseDistance(0.1),
        ]
    }
    logs = trained(False, vectors[:24], **regularizers)
    compiled = trained(True, vectors[:24], **regularizers)
    for name, value in logs.items():
        np.testing.assert_allclose(compiled[name], value, rtol=1e-4)


@pytest.mark.thorough
def test_gradients_of_gradients_are_refused(vectors):
    with pytest.raises(ValueError, match="`jit_compile`. Expected False"):
        trained(
            True,
            vectors[:8],
            discriminator_regularizers=[kr.penalties.R1()],
        )
