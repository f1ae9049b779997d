"""The GANs that `mode_coverage.py` compares: a recipe, its parts, members."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import keras
import members_on_ring

import keras_regan as kr

RATE = 2e-3
# The first and the last factor of R1 and R2.
GAMMAS = 1.0, 0.1

_NETWORKS = {"latent_dim": 8, "signs": 6, "waves": 64, "generator_layers": 3}


def recipe(steps: int) -> dict[str, Any]:
    """Returns the recipe: `networks` for `build`, the rest for `compile`.

    * The relativistic loss with R1 and R2, of which the samples' quality gets
      the better the weaker they are and the training the more stable the
      stronger: so their factor falls.
    * Signs of latents beside the latents. A generator that is continuous has
      to join the modes by bridges of bad samples; it may jump at a sign.
    * Waves before the discriminator, which sees small distances without them
      late if at all.
    """
    first, last = GAMMAS

    def factor():
        return keras.optimizers.schedules.ExponentialDecay(
            first, steps, last / first
        )

    return {
        "networks": dict(_NETWORKS),
        "loss": kr.losses.Relativistic(),
        "discriminator_regularizers": [
            kr.penalties.R1(factor()),
            kr.penalties.R2(factor()),
        ],
    }


def parts(steps: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Returns the recipe, what is left if a part is left out, and nothing."""

    def without(**networks):
        def make():
            setting = recipe(steps)
            setting["networks"] |= networks
            return setting

        return make

    def penalties(*chosen):
        def make():
            setting = recipe(steps)
            kept = setting["discriminator_regularizers"]
            kept[:] = [p for p in kept if p.name in chosen]
            return setting

        return make

    def steady():
        setting = recipe(steps)
        setting["discriminator_regularizers"] = [
            kr.penalties.R1(GAMMAS[0]),
            kr.penalties.R2(GAMMAS[0]),
        ]
        return setting

    return {
        "recipe": lambda: recipe(steps),
        "without signs of latents": without(signs=0),
        "without waves": without(waves=0),
        "with two layers": without(generator_layers=2),
        "without the relativistic loss": lambda: {
            **recipe(steps),
            "loss": kr.losses.NonSaturating(),
        },
        "without R1": penalties("r2"),
        "without R2": penalties("r1"),
        "without penalties": penalties(),
        "factors that stay": steady,
        "plain": dict,
        "plain with pairwise distance": lambda: {
            "generator_regularizers": [kr.regularizers.PairwiseDistance(0.1)]
        },
        "plain with R1 and R2": lambda: {
            "discriminator_regularizers": recipe(steps)[
                "discriminator_regularizers"
            ]
        },
    }


def members(steps: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Returns every member of the catalogue, alone and with the recipe."""
    table = {}
    for name in members_on_ring.settings():
        if name == "none":
            continue
        # Made anew for each run: penalties keep state.
        table[f"{name} alone"] = lambda n=name: members_on_ring.settings()[n]
        table[f"{name} with the recipe"] = lambda n=name: joined(
            recipe(steps), members_on_ring.settings()[n]
        )
    return table


def soft(steps: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Returns nothing, and nothing but each member that pairs samples."""
    of_members = members(steps)
    names = [
        "regularizers.PairwiseDistance",
        "regularizers.ModeSeeking",
        "regularizers.NormalizedDiversification",
        "regularizers.GDPP",
        "regularizers.EnergyDistance",
        "regularizers.MaximumMeanDiscrepancy",
        "penalties.LatentReconstruction",
        "layers.Packing",
    ]

    def as_far_as_real(*more):
        # Standardized samples of the grid are 1.3 apart, a root mean square.
        distance = kr.regularizers.PairwiseDistance(1.0, margin=1.3)
        return {"generator_regularizers": [distance, *more]}

    return {
        "plain": dict,
        **{f"{name} alone": of_members[f"{name} alone"] for name in names},
        "PairwiseDistance(1.0, margin=1.3) alone": as_far_as_real,
        "PairwiseDistance(1.0, margin=1.3) and L2(1e-5)": lambda: (
            as_far_as_real(kr.regularizers.L2(1e-5))
        ),
    }


def joined(
    setting: Mapping[str, Any], member: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns a setting with a member added.

    A loss takes the place of the loss, and a penalty that of its like.
    """
    result = {**setting, **member}
    result["networks"] = setting["networks"] | member.get("networks", {})
    for key in ("generator_regularizers", "discriminator_regularizers"):
        added = list(member.get(key, []))
        kinds = {type(entry) for entry in added}
        kept = [e for e in setting.get(key, []) if type(e) not in kinds]
        result[key] = kept + added
    return result
