"""Saving a GAN to files and loading it from them."""

from typing import Any
from typing import Self

import keras

from keras_regan._backend import replicas
from keras_regan._backend.keras_internals.saving import for_any_backend
from keras_regan._config_errors import config_errors
from keras_regan._game.game import Game
from keras_regan._game.state import SAVED
from keras_regan._game.state import TRAINED
from keras_regan._game.state import State
from keras_regan._game.state import state_of
from keras_regan._whole_files import load_whole
from keras_regan._whole_files import save_whole
from keras_regan.metrics._feature_sharing import network_numbers
from keras_regan.metrics._feature_sharing import share_networks
from keras_regan.models import _saved_state
from keras_regan.models._latents import serialized_latents
from keras_regan.models._sampling import SamplingModel


class SavingModel(SamplingModel):
    """A GAN that can be saved and loaded: a base class of `RegularizedGAN`.

    `SamplingModel`, this class, `MeasuringModel` and `RegularizedGAN` inherit
    in this order. Each can be read by itself and uses only those before it.
    """

    _game: Game = None  # type: ignore[assignment]  # Until `compile`.

    @property
    def _uses_conditions(self) -> bool:
        """Whether the conditions of the data matter; `True` until `compile`."""
        return self._game is None or self._game.uses_conditions

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "latents": serialized_latents(self.latents),
            "ema_momentum": self.ema_momentum,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Self:
        """Creates a model from the result of `get_config`.

        Raises:
            ValueError: If the config is not one of this class, or names an
                object that is not known here.
        """
        with config_errors(config):
            config = dict(config)
            for key in ("generator", "discriminator"):
                config[key] = keras.saving.deserialize_keras_object(
                    config[key], custom_objects=custom_objects
                )
            return cls(**config)

    def get_compile_config(self) -> dict[str, Any]:
        """Returns the arguments of `compile`, serialized."""
        game = self._game
        if game is None:
            return {}
        config = {
            "generator_optimizer": game.generator.optimizer,
            "discriminator_optimizer": game.discriminator.optimizer,
            "loss": game.loss,
            "generator_regularizers": game.generator.entries,
            "discriminator_regularizers": game.discriminator.entries,
            "discriminator_steps": game.discriminator.moves,
            "generator_steps": game.generator.moves,
            "augmentation": game.augmentation,
            "metrics": game.metrics,
            "shared_samples": game.shared_samples,
            "samples_per_condition": game.samples_per_condition,
            "use_conditions": self._uses_conditions,
            "feature_networks": network_numbers(game.feature_holders),
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }
        return keras.saving.serialize_keras_object(config)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model with the result of `get_compile_config`.

        Raises:
            ValueError: If the config is not one of this class, or names an
                object that is not known here.
        """
        with config_errors(config):
            config = keras.saving.deserialize_keras_object(
                for_any_backend(config)
            )
            networks = config.pop("feature_networks", [])
            self.compile(**config)
            if networks:
                share_networks(self._game.feature_holders, networks)

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves networks, optimizers, average, seeds and `compile` arguments.

        The file appears under its name only when it is complete and on the
        disk: if the process stops before that, the previous file stays
        readable. This holds for files on a local disk, with any ending.
        Directories (`zipped=False`) and remote paths are written by Keras,
        which overwrites them piece by piece. The same goes for the function
        `keras.saving.save_model`. One process of several may save alone.

        Args:
            filepath: String or path, such as `"gan.keras"`.
            overwrite: Boolean. Whether to replace an existing file; otherwise
                the user is asked. Defaults to `True`.
            zipped: As in `keras.Model.save`.
            **kwargs: As in `keras.Model.save`.

        Raises:
            OSError: If the file cannot be written. The previous one is left
                as it was.

        Example:
        >>> gan = keras_regan.RegularizedGAN(
        ...     *keras_regan.networks.mlp((2,), latent_dim=4))
        >>> gan.compile()
        >>> gan.save("gan.keras")
        >>> keras.models.load_model("gan.keras").generate(3).shape
        (3, 2)
        """
        with replicas.in_this_process():
            save_whole(
                filepath,
                overwrite,
                lambda path, replaced: super(SavingModel, self).save(
                    path, overwrite=replaced, zipped=zipped, **kwargs
                ),
                endings=() if zipped is False else (".keras", ".h5", ".hdf5"),
                variables=self._saved_variables(),
            )

    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        max_shard_size: float | None = None,
    ) -> None:
        """Saves networks, optimizers, average and seeds.

        As with `save`, the file appears when it is complete. It ends with a
        checksum, so that `load_weights` notices damage. Several files
        (`max_shard_size`) and remote paths are written by Keras and have
        neither of the two.

        Args:
            filepath: String or path, such as `"gan.weights.h5"`.
            overwrite: Boolean. Whether to replace an existing file; otherwise
                the user is asked. Defaults to `True`.
            max_shard_size: As in `keras.Model.save_weights`.

        Raises:
            OSError: If the file cannot be written. The previous one is left
                as it was.
        """
        with replicas.in_this_process():
            save_whole(
                filepath,
                overwrite,
                lambda path, replaced: super(SavingModel, self).save_weights(
                    path, overwrite=replaced, max_shard_size=max_shard_size
                ),
                endings=() if max_shard_size is not None else (".weights.h5",),
                variables=self._saved_variables(),
            )

    def load_weights(
        self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any
    ) -> None:
        """Loads everything that `save_weights` saved, or nothing.

        If the file is damaged or does not fit, the model keeps its weights,
        optimizers and seeds. A compiled model can load the file of a model
        that was not compiled: its optimizers then stay as they are, with a
        warning.

        Args:
            filepath: String or path of a file that `save_weights` or `save`
                wrote, in this version or an earlier one.
            skip_mismatch: Boolean. Whether to skip what does not fit, with a
                warning. Defaults to `False`.
            **kwargs: As in `keras.Model.load_weights`.

        Raises:
            OSError: If the file cannot be read or is damaged.
            ValueError: If it does not fit the model.
        """
        load_whole(
            filepath,
            lambda: super(SavingModel, self).load_weights(
                filepath, skip_mismatch=skip_mismatch, **kwargs
            ),
            partially=skip_mismatch,
            variables=self._saved_variables(),
        )

    def save_own_variables(self, store: Any) -> None:
        """Saves what Keras leaves out: random state and penalties' state."""
        _saved_state.save(self, store)

    def load_own_variables(self, store: Any) -> None:
        """Loads what `save_own_variables` saved."""
        _saved_state.load(self, store)

    @property
    def _state(self) -> State:
        return state_of(self, self._game)

    def _saved_variables(self) -> list[keras.Variable]:
        return self._state.variables(TRAINED | SAVED)
