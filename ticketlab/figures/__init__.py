"""Figures: plain matplotlib, drawn on the axes that are given, or on new ones.

training: learning curves, accuracy by density, densities by layer
weight_histograms, weight_images: what weights look like; tickets: what a ticket keeps
kernels: kernels as pictures, and how far they are edges (lesson 09)
landscape: lines, barriers, paths; contours: a plane of them (lesson 07)
scaling, descent: width and depth; classroom: a class
drawing: what all of them share, the palette first of all; descriptions: a figure in words
Shares come in as fractions and are shown in percent; bands run from the lowest to the highest
replicate. Lessons 01-06 build on it.
"""

from ticketlab.figures import drawing, landscape
from ticketlab.figures.classroom import class_accuracy
from ticketlab.figures.contours import surface
from ticketlab.figures.descent import STYLES, error_by_width, noise_name, width_marks
from ticketlab.figures.descriptions import words
from ticketlab.figures.drawing import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    KEPT,
    PRUNED,
    VERMILLION,
    band,
    ticks,
)
from ticketlab.figures.kernels import cue_curves, fit_shares, kernel_images, mosaic, orientations
from ticketlab.figures.landscape import (
    THRESHOLD,
    accuracy_by_rewind_step,
    bar,
    barriers,
    lines,
    paths,
)
from ticketlab.figures.scaling import accuracy_by_weights, marks, matching_weights, weights_axis
from ticketlab.figures.tickets import (
    dead_units,
    density_axis,
    density_marks,
    surviving_inputs,
    surviving_units,
)
from ticketlab.figures.training import accuracy_by_density, curves, layer_densities
from ticketlab.figures.weight_histograms import histogram, histograms
from ticketlab.figures.weight_images import filters, initial_against_final, weight_matrix

__all__ = ["BLACK", "BLUE", "GREEN", "GREY", "KEPT", "PRUNED", "STYLES", "THRESHOLD", "VERMILLION",
           "accuracy_by_density", "accuracy_by_rewind_step", "accuracy_by_weights", "band", "bar",
           "barriers", "class_accuracy", "cue_curves", "curves", "dead_units", "density_axis",
           "density_marks", "drawing", "error_by_width", "filters", "fit_shares", "histogram",
           "histograms", "initial_against_final", "kernel_images", "landscape", "layer_densities",
           "lines", "marks", "matching_weights", "mosaic", "noise_name", "orientations", "paths",
           "surface", "surviving_inputs", "surviving_units", "ticks", "weight_matrix",
           "weights_axis", "width_marks", "words"]
