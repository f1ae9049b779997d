"""What the discriminator sees in a step goes through the augmentation."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr


@keras.saving.register_keras_serializable("test_augmentation")
class Recording(kr.augmentations.Augmentation):
    """Doubles its samples and keeps what it was called with."""

    def __init__(self):
        self.samples, self.adapted = [], []

    def call(self, samples, seed):
        self.samples.append(samples)
        return 2.0 * samples

    def adapt(self, real_sign, batch_size):
        self.adapted.append((float(real_sign), int(batch_size)))


def compiled(pair, augmentation, **arguments):
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile(augmentation=augmentation, run_eagerly=True, **arguments)
    return gan


def as_numpy(tensor):
    return keras.ops.convert_to_numpy(ops.stop_gradient(tensor))


def test_real_and_generated_in_both_steps(image_pair, images):
    augmentation = Recording()
    gan = compiled(image_pair(), augmentation, discriminator_steps=2)
    gan.train_on_batch(images[:8])
    # Real and generated in two steps of the discriminator; generated in the
    # one of the generator.
    assert len(augmentation.samples) == 5
    if keras.backend.backend() == "jax":
        return  # What is being differentiated has no values there.
    seen = [as_numpy(samples) for samples in augmentation.samples]
    real = [np.array_equal(samples, images[:8]) for samples in seen]
    assert real == [True, False, True, False, False]


def test_everything_else_that_a_penalty_shows_it(image_pair, images):
    augmentation = Recording()
    gan = compiled(
        image_pair(),
        augmentation,
        discriminator_regularizers=[
            kr.penalties.R1(),
            kr.penalties.WassersteinGradientPenalty(),
        ],
    )
    gan.train_on_batch(images[:8])
    # The interpolates are one more; R1 uses the pass that is there.
    assert len(augmentation.samples) == 4


def test_gradient_penalty_is_taken_before_it(vectors):
    """The gradient of C(2 x) is twice that of C."""
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )
    kernel = discriminator.get_weights()[0]
    gan = compiled(
        (generator, discriminator),
        kr.augmentations.DiffAugment([kr.augmentations.InstanceNoise()]),
        discriminator_regularizers=[kr.penalties.R1(2.0)],
    )
    logs = gan.train_on_batch(vectors, return_dict=True)
    np.testing.assert_allclose(logs["d_r1"], (kernel**2).sum(), rtol=1e-5)


def test_generator_learns_through_it(vectors):
    """One step of SGD on the Wasserstein loss of a linear critic."""

    class Double(kr.augmentations.InstanceNoise):
        def call(self, samples, seed):
            return 2.0 * samples

    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )
    kernel = discriminator.get_weights()[0]
    gan = compiled(
        (generator, discriminator),
        Double(),
        loss=kr.losses.Wasserstein(),
        generator_optimizer=keras.optimizers.SGD(0.5),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
    )
    gan.train_on_batch(vectors)
    # -mean(w . 2 (K z + b)) has the gradient -2 w at the bias b.
    np.testing.assert_allclose(
        generator.get_weights()[1], 0.5 * 2.0 * kernel[:, 0], rtol=1e-5
    )


def test_evaluation_is_without(image_pair, images):
    augmentation = Recording()
    gan = compiled(image_pair(), augmentation)
    gan.evaluate(images, batch_size=8, verbose=0)
    assert augmentation.samples == [] and augmentation.adapted == []


def test_adapts_to_the_sign_of_real_logits(vectors):
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )

    class Recorded(Recording):
        images_only = False

        def call(self, samples, seed):
            return samples

    augmentation = Recorded()
    gan = compiled(
        (generator, discriminator),
        augmentation,
        discriminator_steps=2,
        discriminator_optimizer=keras.optimizers.SGD(0.0),
    )
    gan.train_on_batch(vectors)
    kernel, bias = discriminator.get_weights()
    sign = np.sign(vectors @ kernel + bias).mean()
    assert len(augmentation.adapted) == 2
    for real_sign, batch_size in augmentation.adapted:
        np.testing.assert_allclose(real_sign, sign, atol=1e-6)
        assert batch_size == 64


def adaptive(**arguments):
    settings = {"interval": 1, "adjustment_images": 64, **arguments}
    return kr.augmentations.AdaptiveAugmentation(
        [kr.augmentations.HorizontalFlip(1.0)], **settings
    )


def test_probability_is_logged_threaded_and_saved(image_pair, images, tmp_path):
    gan = kr.RegularizedGAN(*image_pair(), seed=0)
    gan.compile(augmentation=adaptive(target=0.0, initial_probability=0.5))
    # An odd number of steps up or down does not end where it began.
    history = gan.fit(images[:24], batch_size=8, epochs=3, verbose=0).history
    logged = history["augmentation_probability"]
    assert len(logged) == 3 and all(0 <= value <= 1 for value in logged)
    assert any(value != 0.5 for value in logged)
    evaluated = gan.evaluate(images, return_dict=True, verbose=0)
    (probability, *_) = gan._game.augmentation.variables
    last = ops.convert_to_numpy(probability.value)
    np.testing.assert_allclose(
        evaluated["augmentation_probability"], last, rtol=1e-6
    )
    assert last != 0.5
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for saved, variable in zip(
        gan._game.augmentation.variables,
        loaded._game.augmentation.variables,
        strict=True,
    ):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(saved.value),
            ops.convert_to_numpy(variable.value),
        )


def test_penalty_draws_from_a_stream_of_its_own(vector_pair, vectors):
    """Noise in a term of factor next to zero leaves the run as it was."""

    def weights(**arguments):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile(**arguments)
        gan.fit(vectors, batch_size=16, epochs=2, shuffle=False, verbose=0)
        evaluated = gan.evaluate(
            vectors, batch_size=16, return_dict=True, verbose=0
        )
        return gan.generator.get_weights(), evaluated["g_loss"]

    plain, loss = weights()
    drawn, with_draws = weights(
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(1e-30)
        ],
        augmentation=kr.augmentations.InstanceNoise(0.0),
    )
    for first, second in zip(plain, drawn, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(loss, with_draws, rtol=1e-5)


@pytest.mark.parametrize(
    "augmentation",
    ["flip", keras.layers.RandomFlip(), [kr.augmentations.HorizontalFlip()]],
    ids=["string", "layer", "list"],
)
def test_what_is_no_augmentation(augmentation, vector_pair):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(TypeError, match="`augmentation`"):
        gan.compile(augmentation=augmentation)


def test_images_only(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(augmentation=kr.augmentations.DiffAugment(), run_eagerly=True)
    with pytest.raises(ValueError, match="Expected images"):
        gan.train_on_batch(vectors)
