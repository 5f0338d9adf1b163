"""The controls of the cue panel."""

from html import escape

from ticketlab.panels import base, controls
from ticketlab.panels.cues import picture
from ticketlab.panels.cues.table import NAMES, CueReading, CueTable


class CuePanel(base.Panel):
    """A panel with a slider from shape to texture, in images whose two cues contradict.

    conflict: of ``data.textures.cue_conflict``. choices: a net's name -> what ``weights.cues.followed``
    gives for it. mixture: one of ``conflict.mixtures``; image: 0 to 23 (or one less than there are).
    Both can be set later (``panel.mixture = 0.2``). ``panel.state()`` gives the numbers shown. Raises
    ValueError for whatever does not fit. Lesson 09 builds on it.
    """

    _says = "cue panel: a slider from shape to texture, and one image"

    def __init__(self, conflict, choices: dict, *, mixture: float = 0.5, image: int = 0):
        self._table = table = CueTable(conflict, choices)
        words = "texture: its share of the mixture; the rest is shape"
        control = controls.pick(("texture", "texture"), words,
                            [(f"{100 * each:g} %", each) for each in conflict.mixtures], "330px")
        self._make_box("cue-panel", [control], {
            "image": ([(str(number), number) for number in range(table.pictures.shape[1])],
                      "image: which one is shown; the curves are of all")})
        self._begin(mixture=mixture, image=image)

    image = controls.choice("image", doc="The image that is shown; set it to change the dropdown.")
    mixture = controls.choice("slider", "mixture", "The share of texture; set it to move the slider.")

    def state(self) -> CueReading:
        """The numbers that are shown now."""
        return self._table.read(self._step, self.image)

    @property
    def _step(self) -> int:
        return self._table.conflict.mixtures.index(self.slider.value)

    def _draw(self) -> None:
        now, table = self.state(), self._table
        cues = f"shape: {now.shape}, texture: {now.texture}"
        pictures = [picture.image(table.pictures[self._step, self.image],
                                  f"An image with {now.mixture:.0%} texture; {cues}")]
        for name, curve in table.curves.items():
            said = _said(now.followed[name], ".0%")
            pictures.append(picture.curves(name, table.conflict.mixtures, curve, now.mixture,
                                           f"What {name} follows over the mixture; at "
                                           f"{now.mixture:.0%} texture {said}"))
        self._show(pictures)
        here = [f"{escape(name)}: " + _said(own, "") for name, own in now.here.items()]
        self.numbers.value = base.rows(
            f"<b>{now.mixture:.0%} texture</b> · {cues}",
            "all images: " + " · ".join(f"{escape(name)} follows the shape in {own[0]:.0%}, the "
                                        f"texture in {own[1]:.0%}"
                                        for name, own in now.followed.items()),
            "this image, networks that follow " + " · ".join(here))


def _said(values, form: str) -> str:
    """Shares or numbers that follow each cue, in words."""
    return ", ".join(f"{cue} {value:{form}}" for cue, value in zip(NAMES.values(), values, strict=True))
