"""The controls of the fit panel."""

import numpy as np

from ticketlab import figures
from ticketlab.panels import base, controls
from ticketlab.panels.fits import picture
from ticketlab.panels.fits.table import FitReading, FitTable

NAMES = "the kernel", "your Gabor function", "the optimiser's"


class FitPanel(base.Panel):
    """A panel in which one fits a Gabor function by hand, against the optimiser.

    kernels: [K, C, h, w]. fits: their table, of ``kernels.fit``. kernel: with which to begin, by
    default the best fitted one. angle: of the stripes, 0 to 175 degrees in steps of 5. wavelength:
    2 to 16 pixels in steps of 0.25; width: of the bell, 0.5 to 5 pixels in steps of 0.1. All can be
    set later (``panel.angle = 45``). Place, length over width, amplitude and phase are found.
    ``panel.state()`` gives the numbers shown. Raises ValueError for whatever does not fit. Lesson 09.
    """

    _says = "fit panel: sliders for angle, wavelength and width, and one kernel"

    def __init__(self, kernels, fits, *, kernel: int | None = None, angle: int = 0,
                 wavelength: float = 6.0, width: float = 2.0):
        self._table = table = FitTable(kernels, fits)
        self._angle, self._wavelength, self._width = (
            controls.Control(controls.NUMBER, (f"{name} ({unit})", name), (words, words),
                             ("250px", "135px"), min=low, max=high, step=step)
            for name, unit, words, low, high, step in (
                ("angle", "degrees", "angle of the stripes: 0 is horizontal, 90 upright", 0, 175, 5),
                ("wavelength", "pixels", "wavelength: from one stripe to the next like it", 2, 16, 0.25),
                ("width", "pixels", "width of the bell: its standard deviation across the "
                                    "stripes", 0.5, 5, 0.1)))
        self._make_box("fit-panel", [self._angle, self._wavelength, self._width], {
            "kernel": ([(str(place), place) for place in table.shown], "kernel: which one is fitted")})
        self._begin(kernel=table.shown[int(np.nanargmax(fits["r2"].to_numpy()[table.shown]))]
                    if kernel is None else kernel, angle=angle, wavelength=wavelength, width=width)

    kernel = controls.choice("kernel")
    angle = controls.stepped("_angle", "angle",
                             "Angle of the stripes, in degrees; set it to move its slider.")
    wavelength = controls.stepped("_wavelength", "wavelength", "In pixels; set it to move its slider.")
    width = controls.stepped("_width", "width",
                             "Standard deviation of the bell, in pixels; set it to move its slider.")

    def state(self) -> FitReading:
        """The numbers that are shown now."""
        return self._table.read(self.kernel, self.angle, self.wavelength, self.width)

    def _images(self):
        wave = self._table.wave(self.kernel, self.angle, self.wavelength, self.width)
        return [figures.mosaic(image[None, None])
                for image in (self._table.images[self.kernel], wave, self._table.best[self.kernel])]

    def _draw(self) -> None:
        now = self.state()
        words = (f"Kernel {now.kernel}, your Gabor function with stripes at {now.angle:g} degrees, "
                 f"and the "
                 "optimiser's, as images")
        self._show([picture.images(self._images(), NAMES, words), picture.bars(now.r2, now.best)])
        verdict = ("you beat the optimiser" if now.r2 > now.best + 5e-4 else
                   "as good as the optimiser" if now.r2 > now.best - 0.005 else
                   f"{now.best - now.r2:.3f} below the optimiser")
        self.numbers.value = base.rows(
            f"kernel {now.kernel}: your Gabor function explains <b>{max(0.0, now.r2):.1%}</b> of its "
            f"variance, the "
            f"optimiser's {now.best:.1%}", verdict)
