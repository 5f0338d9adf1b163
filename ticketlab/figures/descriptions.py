"""What a figure shows, in words, for those who cannot see it: the alternative text that notebooks store.

``import ticketlab`` asks IPython for it, so every figure of a notebook has one, also those that a cell
draws with pyplot alone. nbconvert and the course's site show it; JupyterLab 4 stores it.
"""

import numpy as np

MOST = 6  # axes that are described one by one


def words(figure) -> str:
    """A sentence or two: the title, and of each plot what is on its axes, and where its named lines begin
    and end."""
    plots = [ax for ax in figure.axes if ax.get_visible() and ax.get_label() != "<colorbar>"]
    told = [each for each in map(_plot, plots) if each]
    if len(told) > MOST:
        told = [*told[:MOST], f"and {len(told) - MOST} more plots"]
    title = figure.get_suptitle()
    return ". ".join([*[title] * bool(title), *told]) or "a figure without axes"


def _plot(ax) -> str:
    title = next(filter(None, (ax.get_title(where) for where in ("center", "left", "right"))), "")
    axes = " over ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel())))
    kind = "image" if ax.images else "bars" if ax.containers and not ax.lines else "plot"
    named = [_named(handle, label) for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)]
    if not named and ax.lines:
        named = [f"{len(ax.lines)} line{'s' * (len(ax.lines) > 1)}, {_ends(ax.lines[0])}".rstrip(", ")]
    what = f"{kind} of {axes}" if axes else f"{kind} of {title}" if title else kind
    return "; ".join([f"{title}: {what}" if title and axes else what, *filter(None, named)])


def _named(handle, label: str) -> str:
    line = handle.lines[0] if hasattr(handle, "lines") else handle  # error bars hold their line
    return f"{label} {_ends(line)}".rstrip() if hasattr(line, "get_ydata") else label


def _ends(line) -> str:
    values = np.asarray(line.get_ydata(), dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):  # only a key: it says how other lines are drawn
        return ""
    values[np.abs(values) < 1e-9 * np.abs(values).max()] = 0  # what is left of a difference by rounding
    first, last = _number(values[0]), _number(values[-1])
    return f"at {first}" if first == last else f"from {first} to {last}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e7 else f"{value:.3g}"
