"""How far each net can be pruned, and equal numbers of weights: what the table of ``scaling`` says.

Levels are chosen on validation and test is reported. Numbers are paired by replicate, and means
and intervals of densities and of numbers of weights are taken of their logarithms. Lesson 06
builds on this file.
"""

import math

import numpy as np
import torch

from ticketlab.basics import choose
from ticketlab.lottery import interval

TICKET, RANDOM = "ticket", "random"
TOLERANCE = 0.03  # of accuracy: about the noise of two nets on 500 validation examples
NEEDED = ("arm", "level", "replicate", "density", "weights", "accuracy", "val_accuracy")


def ladder(table, label, *, by: str = "width", arm: str = TICKET):
    """The rows of one arm of one net, from dense to sparse: level 0, which all arms share, is the
    search's. Raises ValueError for an arm, a net or a column that the table has not, and for one
    that has a level of a replicate more than once, such as a table of several depths."""
    missing = [name for name in (by, *NEEDED) if name not in table.columns]
    if missing:
        raise ValueError(f"the table has no column {missing[0]!r}; give what scaling.run returns, "
                         f"with the columns {', '.join((by, *NEEDED))}")
    choose(by, label, table[by].unique().tolist())
    own = table[table[by] == label]
    choose("arm", arm, own["arm"].unique().tolist())
    dense = (own["arm"] == TICKET) & (own["level"] == 0)
    rows = own[dense | (own["arm"] == arm) & (own["level"] > 0)]
    twice = rows.duplicated(["level", "replicate"])
    if twice.any():
        level, replicate = rows[twice][["level", "replicate"]].iloc[0]
        raise ValueError(f"the table has level {level} of replicate {replicate} more than once at "
                         f"{by} {label!r}; give the rows of one kind of net, such as "
                         "table[table['depth'] == 2]")
    return rows.sort_values(["level", "replicate"])


def lowest_matching(table, tolerance: float = TOLERANCE, *, by: str = "width", arm: str = TICKET):
    """The lowest density at which an arm still matches its own dense net: a pandas data frame, one
    row a net and replicate.

    The rule: walk down from dense and stop at the first level whose validation accuracy is more
    than ``tolerance`` (a share: 0.03 is three points) below that of the replicate's dense net; the
    level before it is the lowest that matches. A lucky level further down does not count.
    Columns: ``by``, ``replicate``, ``level``, ``density`` and ``weights`` of that level,
    ``dense_weights``, ``accuracy`` and ``dense_accuracy`` on the test split, and ``open``: no level
    fell short, so the search ended too early to tell, and the density is only a bound from above.
    Raises ValueError as ``ladder`` does, for a tolerance outside 0 to 1, and for data that had no
    validation split. Lesson 06.
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance is {tolerance}; it is a share, 0 or above and below 1: write "
                         "three points as 0.03")
    import pandas

    found = []
    for label in labels(table, by):
        for replicate, rows in ladder(table, label, by=by, arm=arm).groupby("replicate"):
            values = rows["val_accuracy"].to_numpy()
            if np.isnan(values).any():
                raise ValueError(f"val_accuracy is nan at {by} {label!r}: levels are chosen on "
                                 "validation, and the data had no validation split; load with a "
                                 "`validation` of at least 1")
            short = values < values[0] - tolerance - 1e-6  # accuracies are float32
            last = rows.iloc[(short.argmax() if short.any() else len(rows)) - 1]
            found.append({by: label, "replicate": replicate, "level": last["level"],
                          "density": last["density"], "weights": last["weights"],
                          "dense_weights": rows["weights"].iloc[0], "accuracy": last["accuracy"],
                          "dense_accuracy": rows["accuracy"].iloc[0], "open": not short.any()})
    return pandas.DataFrame(found)


def summary(found, *, by: str = "width", confidence: float = 0.95):
    """Over replicates: a pandas data frame, one row a net.

    found: what ``lowest_matching`` gave. Columns: ``by``; ``density`` and ``weights`` with their
    intervals ``density_low``, ``weights_high`` and so on, all in logarithms (geometric means);
    ``dense_weights``; ``difference``, of the test accuracy there from that of dense, with ``low``
    and ``high``, in points; ``open``, of how many ``replicates``. Lesson 06 shows it.
    """
    import pandas

    rows = []
    for label, own in found.groupby(by, sort=False):
        row = {by: label}
        for name in ("density", "weights"):
            logs = np.log(own[name].to_numpy(float))
            low, high = (math.exp(end) for end in interval(logs, confidence))
            row |= {name: math.exp(logs.mean()), f"{name}_low": low, f"{name}_high": high}
        points = 100 * (own["accuracy"] - own["dense_accuracy"]).to_numpy()
        low, high = interval(points, confidence)
        rows.append(row | {"dense_weights": own["dense_weights"].iloc[0],
                           "difference": points.mean(), "low": low, "high": high,
                           "open": int(own["open"].sum()), "replicates": len(own)})
    return pandas.DataFrame(rows)


def exponent(found) -> torch.Tensor:
    """How the matching number of weights grows with the net, float64, one for each replicate: the
    slope of its logarithm over that of the dense number, by least squares.

    0: the number stays flat. 1: the density does. found: what ``lowest_matching`` gave.
    Raises ValueError unless each replicate has at least two nets, of different sizes. Lesson 06
    asks for it.
    """
    slopes = []
    for replicate, own in found.groupby("replicate"):
        sizes, weights = (np.log(own[name].to_numpy(float))
                          for name in ("dense_weights", "weights"))
        if np.ptp(sizes) == 0:
            raise ValueError(f"replicate {replicate} has {len(own)} net of one size; a slope needs "
                             "two sizes or more, each with the same replicates")
        slopes.append(np.polyfit(sizes, weights, 1)[0])
    return torch.tensor(slopes, dtype=torch.float64)


def against_dense(table, wide, narrow, *, by: str = "width", arm: str = TICKET,
                  column: str = "accuracy") -> torch.Tensor:
    """The wide net pruned minus the narrow net left dense at the same number of weights, float64,
    in points, one number for each replicate.

    wide, narrow: labels. Between two levels of the wide net its accuracy is interpolated, straight
    over the logarithm of the number of weights. column: of accuracies, by default on the test
    split. Raises ValueError as ``ladder`` does, for different replicates, and where the wide net
    was never as small as the narrow one. Zhu & Gupta 2017 asked it; lesson 06 judges it.
    """
    upper, lower = (ladder(table, label, by=by, arm=own) for label, own in (
        (wide, arm), (narrow, TICKET)))
    dense = lower[lower["level"] == 0].set_index("replicate")
    if set(dense.index) != set(upper["replicate"]):
        raise ValueError(f"{by} {wide!r} has replicates {sorted(set(upper['replicate']))} and "
                         f"{by} {narrow!r} has {sorted(dense.index)}; only nets of the same "
                         "replicates can be paired")
    differences = []
    for replicate, rows in upper.groupby("replicate"):
        size, rows = dense["weights"][replicate], rows.sort_values("weights")
        least, most = rows["weights"].min(), rows["weights"].max()
        if not least <= size <= most:
            raise ValueError(f"the dense net of {by} {narrow!r} has {size:,} weights, and that of "
                             f"{by} {wide!r} was seen with {least:,} to {most:,}; compare others, "
                             "or search more levels")
        there = np.interp(np.log(size), np.log(rows["weights"]), rows[column])
        differences.append(100 * (there - dense[column][replicate]))
    return torch.tensor(differences, dtype=torch.float64)


def sparse_against_dense(table, *, by: str = "width", arm: str = TICKET, column: str = "accuracy",
                         confidence: float = 0.95):
    """``against_dense`` of every two nets that can be compared: a pandas data frame, a row a pair.

    Columns: ``wide``, ``narrow``, ``weights`` of both, ``difference`` (the mean, in points),
    ``low`` and ``high`` (its confidence interval), ``same_sign`` (replicates whose difference has
    the sign of the mean) and ``replicates``. Lesson 06 shows it.
    """
    import pandas

    sizes = {label: ladder(table, label, by=by, arm=arm)["weights"] for label in labels(table, by)}
    rows = []
    for wide, weights in sizes.items():
        for narrow, other in sizes.items():
            if not weights.min() <= other.max() < weights.max():
                continue
            found = against_dense(table, wide, narrow, by=by, arm=arm, column=column)
            low, high = interval(found, confidence)
            rows.append({"wide": wide, "narrow": narrow, "weights": other.max(),
                         "difference": found.mean().item(), "low": low, "high": high,
                         "same_sign": int((found.sign() == found.mean().sign()).sum()),
                         "replicates": len(found)})
    return pandas.DataFrame(rows, columns=["wide", "narrow", "weights", "difference", "low", "high",
                                           "same_sign", "replicates"])


def labels(table, by: str = "width") -> list:
    """The nets of a table, the smallest first. Raises ValueError for a table without the column."""
    if by not in table.columns:
        raise ValueError(f"the table has no column {by!r}; it has "
                         f"{', '.join(map(str, table.columns))}")
    sizes = table.groupby(by, sort=False)["weights"].max()
    return sizes.sort_values(kind="stable").index.tolist()
