"""Figures of lines, barriers and paths between solutions, and of tickets by rewind step.

Plain matplotlib, in the manner of ``ticketlab.figures``: every function draws on the axes it is
given, or on a new figure, and returns the axes. Errors and accuracies come in as fractions and
are shown in percent; spreads run from the lowest to the highest replicate. Lesson 05 builds on
this file.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from ticketlab.basics import whole
from ticketlab.figures import drawing
from ticketlab.landscape import STABLE, Line, angle, project
from ticketlab.pruning import density
from ticketlab.stack import Stack
from ticketlab.training import Run, Snapshot

THRESHOLD = 100 * STABLE
STYLES = "-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))
CHILDREN = (drawing.BLUE, "-", "o"), (drawing.VERMILLION, "--", "s")


def lines(lines: Mapping[object, Line], ax=None):
    """Test error along the straight line between two children: one curve a rewind step k, mean over
    replicates in a band from the lowest to the highest.

    lines: k -> ``landscape.Line``, as ``instability.lines`` gives them; other labels are named as
    they are. Dark to light is early to late. The bar at a peak is as long as the barrier (see
    ``bar``), and is drawn where that is more than the two points that still count as stable.
    Raises ValueError for no lines, or lines that are no ``Line``.
    Frankle, Dziugaite, Roy & Carbin 2020; lesson 05 builds on it.
    """
    _check_lines(lines)
    ax = drawing.one_axes(ax, (6.4, 4.0))
    colors = sequence(len(lines))
    # a shorter bar has no room for its number, which is in the legend anyway
    room = max(100 * one.error.max().item() for one in lines.values()) / 10
    for number, (k, one) in enumerate(lines.items()):
        alphas, error = one.alphas.numpy(), 100 * one.error.double().numpy()
        color, (place, foot, top) = colors[number], bar(one)
        drawing.band(alphas, error, ax, color=color, alpha=0.18, linestyle=STYLES[number % len(STYLES)],
                     label=f"{_named(k)}: {_points(one.barrier())}")
        if top - foot >= THRESHOLD:
            ax.plot([place, place], [foot, top], color=color, marker="_", markersize=8, linewidth=1)
        if top - foot >= max(THRESHOLD, room):
            ax.annotate(f"{top - foot:.1f}", (place, (foot + top) / 2), (4, 0), color=color,
                        textcoords="offset points", va="center", fontsize="small")
    ax.set(xlabel="α: 0 is the end of the first child, 1 that of the second",
           ylabel="test error (%)", xlim=(0, 1))
    return drawing.finish(ax, True, "beside", title="barrier in points: mean (range)")


def barriers(lines: Mapping, ax=None):
    """The error barrier between two children against the rewind step k, with the line of two
    points below which training counts as stable.

    lines: k -> ``landscape.Line``, or a dictionary series -> such lines, such as ``{"small CNN":
    ..., "MLP": ...}``; k in training steps. Markers are means over replicates, whiskers run from
    the lowest to the highest, and each replicate is a small dot beside. Steps stand evenly by
    their order. Raises ValueError for no lines, and for a k that is no number of steps.
    Frankle, Dziugaite, Roy & Carbin 2020, figure 3; lesson 05 builds on it.
    """
    series = {None: lines} if lines and isinstance(next(iter(lines.values())), Line) else lines
    if not series:
        raise ValueError("there are no lines; give what instability.lines returns, or series -> "
                         "that")
    for own in series.values():
        _check_lines(own)
        _check_steps(own)
    steps = sorted({k for own in series.values() for k in own})
    ax = drawing.one_axes(ax, (6.4, 3.8))
    ax.axhspan(0, THRESHOLD, color=drawing.GREEN, alpha=0.12, linewidth=0)
    ax.axhline(THRESHOLD, color=drawing.GREEN, linestyle="--", linewidth=1.2)
    for number, (name, own) in enumerate(series.items()):
        color, marker = drawing.SPARES[number % len(drawing.SPARES)]
        shift = 0.14 * (number - (len(series) - 1) / 2)  # whiskers of two series side by side
        places, found = [], []
        for k in sorted(own):
            places.append(steps.index(k) + shift)
            found.append(100 * own[k].barrier().double().numpy())
        mean = np.array([each.mean() for each in found])
        reach = [[m - each.min(), each.max() - m] for m, each in zip(mean, found, strict=True)]
        ax.errorbar(places, mean, np.transpose(reach), color=color, marker=marker, markersize=6,
                    linewidth=1.6, elinewidth=1.1, capsize=3, label=name)
        for place, each in zip(places, found, strict=True):
            ax.plot([place + 0.05] * len(each), each, ".", color=color, markersize=5, alpha=0.7)
    ax.set(xlabel="rewind step k, from which the two children part", ylim=(0, None),
           ylabel="barrier (points of test error)", xlim=(-0.5, len(steps) - 0.5))
    ax.set_xticks(range(len(steps)), [f"{k:,}" for k in steps])
    ax.annotate("stable: below 2 points", (1, THRESHOLD), (-4, 4), ha="right", color="#00664B",
                xycoords=("axes fraction", "data"), textcoords="offset points", fontsize="small")
    return drawing.finish(ax, None not in series)


def paths(children: tuple[Run, Run], start: Snapshot | Stack, replicate: int = 0, ax=None):
    """The ways that two children go through the space of weights, seen in the plane that holds
    their common start and both ends, in units of weight distance.

    children: two runs from ``start``, as ``instability.children`` gives them; asked for
    ``snapshots``, their paths have points between. The three corners of the triangle are where they
    are; points between are seen at right angles to the plane, and the text says how far from it
    they are at most. The line between the ends is the one that ``lines`` measures.
    Raises ValueError for a replicate that is not there, other networks than those of the start, and
    ends that span no plane. Lesson 05 builds on it.
    """
    seen = project(children, start, replicate)
    ax = drawing.one_axes(ax, (5.6, 4.4))
    step = start.step if isinstance(start, Snapshot) else 0
    for way, (color, style, marker), name in zip((seen.first, seen.second), CHILDREN,
                                                 ("first child", "second child"), strict=True):
        ax.plot(*way.T, color=color, linestyle=style, marker=marker, markersize=3.5, linewidth=1.5,
                label=name, markevery=slice(1, None))
        ax.plot(*way[-1], color=color, marker=marker, markersize=9)
    ax.plot(*np.stack([seen.first[-1], seen.second[-1]]).T, color=drawing.BLACK, linestyle=":",
            linewidth=1.6, label="line between the ends")
    ax.plot(0, 0, marker="*", markersize=14, color=drawing.BLACK, linestyle="none",
            label=f"start: step {step:,}")
    apart = np.linalg.norm(seen.first[-1] - seen.second[-1])
    words = f"the ends are {apart:.3g} apart, at {angle(seen):.0f}° seen from the start"
    if len(seen.steps) > 2:
        words += f";\npoints lie up to {seen.off * apart:.2g} off this plane"
    ax.set(xlabel="weight distance, along the line between the ends",
           ylabel="weight distance, at right angles to it")
    ax.set_aspect("equal", "datalim")
    ax.margins(0.08)
    ax.set_title(words, fontsize="medium", loc="left")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(6))
    return drawing.finish(ax, True)


def accuracy_by_rewind_step(tickets: Mapping, level: int, dense=None, ax=None):
    """Test accuracy of the tickets at one level against the rewind step k, mean over replicates in
    a band from the lowest to the highest, each replicate a small dot; dense networks as a band.

    tickets: k -> Tickets, such as ``{0: ..., 100: ...}`` of ``rewinding.search``, or a dictionary
    series -> those. k in training steps; steps stand evenly by their order, as in ``barriers``.
    dense: accuracies of the unpruned networks [R], by default level 0 of the first search.
    Raises ValueError for a level that a search has not, searches at different densities there, and
    a k that is no number of steps. Lesson 05 builds on it.
    """
    nested = tickets and isinstance(next(iter(tickets.values())), Mapping)
    series = tickets if nested else {None: tickets}
    share = _share(series, level)
    first = next(iter(next(iter(series.values())).values()))
    dense = first.trials[0].run.last("test_accuracy") if dense is None else dense
    dense = 100 * torch.as_tensor(dense, dtype=torch.float64).flatten().numpy()
    steps = sorted({k for own in series.values() for k in own})
    ax = drawing.one_axes(ax, (6.4, 3.8))
    drawing.dense_line(ax, dense, "dense: mean and range")
    for number, (name, own) in enumerate(series.items()):
        color, marker = drawing.SPARES[number % len(drawing.SPARES)]
        places = [steps.index(k) for k in sorted(own)]
        found = 100 * np.stack([own[k].trials[level].run.last("test_accuracy").double().numpy()
                                for k in sorted(own)])
        drawing.band(places, found, ax, color=color, alpha=0.18, marker=marker, markersize=6,
                     linewidth=1.6, label=name or f"tickets with {100 * share:.3g} % of the weights")
        ax.plot(places, found, ".", color=color, markersize=4, alpha=0.6)
    ax.set(xlabel="rewind step k", ylabel="test accuracy (%)", xlim=(-0.5, len(steps) - 0.5))
    ax.set_xticks(range(len(steps)), [f"{k:,}" for k in steps])
    if nested:
        ax.set_title(f"tickets with {100 * share:.3g} % of the weights", fontsize="medium",
                     loc="left")
    return drawing.finish(ax, True)


def bar(line: Line) -> tuple[float, float, float]:
    """Where the barrier is drawn: α, foot and top in percent of error.

    As long as the barrier, the mean of the replicates' own, from the mean error of the ends up; at
    the peak of the mean curve, which it overtops where replicates have their peaks elsewhere.
    """
    mean = 100 * line.error.double().mean(1)
    foot = (mean[0] + mean[-1]).item() / 2
    return (line.alphas[mean.argmax()].item(), foot,
            foot + 100 * line.barrier().double().mean().item())


def sequence(number: int) -> list[str]:
    """So many colours from dark to light, told apart by anyone and on white paper (viridis)."""
    return [to_hex(colormaps["viridis"](place)) for place in np.linspace(0, 0.82, number)]


def _named(k) -> str:
    return str(k) if whole(k) is None else f"k = {whole(k):,}"


def _points(barrier: Tensor) -> str:
    values = 100 * barrier.double()
    spread = f" ({values.min():.1f} to {values.max():.1f})" if len(values) > 1 else ""
    return f"{values.mean():.1f}{spread}"


def _check_lines(lines) -> None:
    if not isinstance(lines, Mapping) or not lines:
        raise ValueError("there are no lines; give what instability.lines returns: k -> Line")
    for k, one in lines.items():
        if not isinstance(one, Line):
            raise ValueError(f"under {k!r} stands a {type(one).__name__}, not a landscape.Line; "
                             "give what instability.lines returns")


def _check_steps(keys: Sequence) -> None:
    for k in keys:
        if whole(k) is None or k < 0:
            raise ValueError(f"{k!r} is no rewind step; name each by its k, a whole number of "
                             "steps, 0 or above")


def _share(series, level: int) -> float:
    """The density that all searches have at the level."""
    shares = {}
    for own in series.values():
        if not own:
            raise ValueError("there are no tickets; give k -> what a search returned")
        _check_steps(own)
        for k, found in own.items():
            if level not in range(len(found.trials)):
                raise ValueError(f"level is {level!r}; the search with k = {k} has levels 0 to "
                                 f"{len(found.trials) - 1}")
            shares[k] = density(found.trials[level].masks).mean().item()
    if max(shares.values()) - min(shares.values()) > 1e-9:
        raise ValueError(f"at level {level} the searches have different densities: {shares}")
    return next(iter(shares.values()))
