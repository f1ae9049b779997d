"""What callbacks that know one optimizer find."""

import keras

import keras_regan as kr


def test_learning_rate_is_the_generators(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(0.25),
        discriminator_optimizer=keras.optimizers.Adam(0.5),
    )
    seen = []
    gan.fit(
        vectors,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: seen.append(
                    float(gan.optimizer.learning_rate)
                )
            )
        ],
    )
    assert seen == [0.25]
