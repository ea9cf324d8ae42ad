"""What a contribution in log-odds means for the probability, and for the band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

BANDS: Final = {
    "high": {"en": "high", "vi": "cao", "zh": "高"},
    "elevated": {"en": "elevated", "vi": "khá cao", "zh": "较高"},
    "normal": {"en": "normal", "vi": "bình thường", "zh": "正常"},
}
HINT: Final = {
    "en": "Without this indicator the band would be “{without}” instead of “{now}”.",
    "vi": "Nếu không có chỉ số này, mức sẽ là “{without}” thay vì “{now}”.",
    "zh": "若无此指标，等级将为“{without}”，而非“{now}”。",
}


def slopes(raw: Floats, base: float, probability: Callable[[Floats], Any]) -> Floats:
    """Return for each row by how much one unit of log-odds changed its probability, on the way from the base.

    A contribution times its row's slope is its part in the change of the calibrated probability; the parts of a row sum
    to its probability less that of the base, exactly. (The change is shared out in proportion to the contributions, as
    along a straight line from the base to the row.)

    Parameters
    ----------
    raw
        Raw score of each row.
    base
        The raw score that contributions are added to.
    probability
        The head's calibration: raw scores to probabilities.

    Examples
    --------
    >>> slopes(np.array([2.0, 0.0]), 0.0, lambda raw: 0.1 + 0.2 * raw).tolist()
    [0.2, 0.0]
    """
    change = np.asarray(probability(raw)) - np.asarray(probability(np.array([base])))[0]
    way = raw - base
    return np.asarray(np.divide(change, way, out=np.zeros(len(raw)), where=way != 0))


def hint(now: str, without: str, language: str = "en") -> str:
    """Say which band a shipment would be in without an indicator; nothing where it is the same.

    Examples
    --------
    >>> hint("high", "normal")
    'Without this indicator the band would be “normal” instead of “high”.'
    >>> hint("high", "high")
    ''
    """
    if now == without:
        return ""
    sentence = HINT.get(language, HINT["en"])
    return sentence.replace("{without}", _band(without, language)).replace("{now}", _band(now, language))


def _band(name: str, language: str) -> str:
    names = BANDS.get(name, {})
    return names.get(language) or names.get("en") or name
