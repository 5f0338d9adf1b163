"""Lesson 10 at each scale: on how much text a real language model is judged, calibrated and healed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """Lesson 10 at one scale.

    source: of the texts, as ``language.evaluation`` takes it. pieces: of 512 tokens, of each of the three
    texts that judge. calibration: texts of 256 tokens that a cut may read. healing: training steps under
    the mask, a text of 128 tokens each; 0: what is stored is shown.
    """

    source: str
    pieces: int
    calibration: int
    healing: int


QUICK = Language("descriptions", pieces=1, calibration=8, healing=0)
CLASS = PAPER = Language("tinyshakespeare", pieces=20, calibration=32, healing=300)
