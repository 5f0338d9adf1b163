"""What the kernels of a convolution look like: are they edges, of which angle, and how sure is that?

gabors: the Gabor function; fitting: the nearest one to each kernel, by least squares
separability: one pattern and one colour a kernel; a layer's kernels; random ones as the control
excitation: the patch, and the made input, that a unit answers most
Lesson 09 builds on it.
"""

from ticketlab.weights.kernels.excitation import exciting_patches, made_input
from ticketlab.weights.kernels.fitting import best_wave, explained, fit, render
from ticketlab.weights.kernels.gabors import gabor
from ticketlab.weights.kernels.separability import Components, of_layer, random_kernels, separate

__all__ = ["Components", "best_wave", "exciting_patches", "explained", "fit", "gabor", "made_input",
           "of_layer", "random_kernels", "render", "separate"]
