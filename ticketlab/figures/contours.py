"""The plane through three networks as a contour map, with the paths of training on it.

Plain matplotlib, in the manner of ``ticketlab.figures``. Lesson 07 builds on this file.
"""

from collections.abc import Mapping, Sequence

from ticketlab.figures import drawing
from ticketlab.landscape import Surface, paths
from ticketlab.stack import Stack

MARKERS = ("*", "o", "s")
STYLES = ((drawing.BLACK, "-"), (drawing.VERMILLION, "--"), (drawing.GREEN, ":"))


def surface(seen: Surface, names: Sequence[str], ways: Mapping[str, Sequence[Stack]] | None = None,
            ax=None):
    """Test error on the plane through three networks, in percent, and where training passed.

    seen: what ``landscape.plane_through`` gives. names: of its three corners, in order. ways: name ->
    the networks (stacks of one) of some moments, in order: points are seen at right angles to the
    plane, and the legend says which share of their distance from the first corner lies outside of it
    at most. Raises ValueError unless there are three names. Li et al. 2018; lesson 07.
    """
    if len(names) != 3:
        raise ValueError(f"there are {len(names)} names for the three corners; give one each")
    ax = drawing.one_axes(ax, (6.0, 5.8))
    error = 100 * seen.error.double().numpy()
    map_ = ax.contourf(seen.x.numpy(), seen.y.numpy(), error, levels=14, cmap="cividis")
    ax.figure.colorbar(map_, ax=ax, label="test error (%)", fraction=0.045, pad=0.03)
    for (name, moments), (color, style) in zip((ways or {}).items(), STYLES, strict=False):
        places, outside = paths(seen, moments)
        ax.plot(*places.numpy().T, color="white", linewidth=3.4)
        ax.plot(*places.numpy().T, color=color, linestyle=style, linewidth=1.6, marker=".",
                label=f"{name}: up to {100 * outside.max():.0f} % outside of the plane")
    for name, marker, corner in zip(names, MARKERS, seen.corners.numpy(), strict=True):
        ax.plot(*corner, marker, markersize=11, color="white", markeredgecolor=drawing.BLACK,
                linestyle="none", label=name)
    ax.set(xlabel=f"weight distance from {names[0]}, towards {names[1]}",
           ylabel="weight distance, at right angles", aspect="equal")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), fontsize="small", frameon=False)
    return ax
