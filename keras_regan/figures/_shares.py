"""The share of each regularizer in its network's loss."""

import numpy as np

from keras_regan.figures._curves import Curve

# Keys that begin like a regularizer's but are not: the values that
# CollapseMonitor logs, and the share of zeros that ProximalL1 and Sparsity
# log. The keys of AdaptiveFactor end in "_factor".
_OTHERS = {
    "d_fake_accuracy",
    "d_logit_size",
    "d_real_accuracy",
    "d_separation",
    "d_update",
    "d_weight_growth",
    "g_update",
    "g_weight_growth",
    "d_proximal_l1",
    "d_sparsity",
    "g_proximal_l1",
    "g_sparsity",
}


def is_regularizer(key: str) -> bool:
    """Tells whether a key of the logs is that of a regularizer."""
    return (
        key.startswith(("d_", "g_"))
        and key not in _OTHERS
        and not key.endswith(("_loss", "_factor"))
    )


def shares(curves: dict[str, Curve]) -> dict[str, Curve]:
    """Returns each regularizer's share of its network's loss.

    Formula, with the values `R_i` of the regularizers and the rest of the
    loss, `V = loss - sum_i R_i`:

    ```
    share_i = |R_i| / (|V| + sum_j |R_j|)
    ```

    It is between 0 and 1, even if terms have different signs.
    """
    result = {}
    for role in ("d", "g"):
        added = {
            key: curve
            for key, curve in curves.items()
            if key.startswith(f"{role}_") and is_regularizer(key)
        }
        loss = curves.get(f"{role}_loss")
        if added and loss is not None:
            result.update(_shares(loss, added))
    return result


def _shares(loss: Curve, added: dict[str, Curve]) -> dict[str, Curve]:
    epochs = loss.epochs
    terms = {key: _at(curve, epochs) for key, curve in added.items()}
    with np.errstate(invalid="ignore"):
        adversarial = loss.values - sum(terms.values())
    whole = np.abs(adversarial) + sum(np.abs(v) for v in terms.values())
    whole = np.where(
        np.isfinite(whole), np.where(whole > 0, whole, 1.0), np.nan
    )
    return {key: Curve(epochs, np.abs(v) / whole) for key, v in terms.items()}


def _at(curve: Curve, epochs: np.ndarray) -> np.ndarray:
    """Returns values at epochs; zero where nothing was logged."""
    known = dict(zip(curve.epochs.tolist(), curve.values, strict=True))
    return np.array([known.get(epoch, 0.0) for epoch in epochs.tolist()])
