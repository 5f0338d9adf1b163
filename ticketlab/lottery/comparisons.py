"""Comparing arms: mean and spread over replicates, and paired differences with their interval.

Arms are paired by replicate, so the spread that all arms share cancels in a difference, and the
interval of a difference is what decides whether it is real. Lesson 04 builds on this file.
"""

import torch

from ticketlab.basics import choose
from ticketlab.claims import interval, measured

DENSE = "dense"
COLUMNS = ("accuracy", "early_accuracy", "early_step", "train_accuracy", "density", "sparsity",
           "loss", "perplexity")


def values(table, arm: str, level: int, column: str = "accuracy") -> torch.Tensor:
    """One number for each replicate, float64 [R]: percent for accuracies, else as in the table.

    table: what ``lottery.table`` gives. arm: ``"dense"`` is level 0 of the first search in the table,
    whatever ``level`` says. Raises ValueError, with what there is, for an arm, level or column the
    table has not, and for an arm that it has twice.
    """
    choose("column", column, COLUMNS)
    scale = 100 if column.endswith("accuracy") else 1
    numbers = _rows(table, arm, level)[column].to_numpy()
    return scale * torch.tensor(numbers, dtype=torch.float64)


def difference(table, arm: str, other: str, level: int, column: str = "accuracy") -> torch.Tensor:
    """``arm`` minus ``other``, replicate by replicate, float64 [R]: points for accuracies.

    other: an arm at the same level, or ``"dense"``. Raises ValueError as ``values`` does, and for
    arms with different replicates.
    """
    left, right = (_rows(table, each, level)["replicate"].tolist() for each in (arm, other))
    if left != right:
        raise ValueError(f"{arm!r} has replicates {left} and {other!r} has {right}; only arms of the "
                         "same replicates can be paired")
    return values(table, arm, level, column) - values(table, other, level, column)


def _rows(table, arm: str, level: int):
    """The rows of an arm at a level, in the order of the replicates."""
    if arm == DENSE and (table["level"] == 0).any():
        arm, level = table["arm"][table["level"] == 0].iloc[0], 0
    own = table[table["arm"] == arm]
    rows = own[own["level"] == level].sort_values("replicate")
    if rows.empty:
        there = (f"arm {arm!r} has levels {sorted(own['level'].unique().tolist())}" if len(own) else
                 f"the arms are {table['arm'].unique().tolist()}")
        raise ValueError(f"the table has no arm {arm!r} at level {level}; {there}")
    if rows["replicate"].duplicated().any():
        raise ValueError(f"the table has arm {arm!r} at level {level} more than once; give "
                         "lottery.table each arm of one search only")
    return rows


def paired(table, pairs, levels, column: str = "accuracy", confidence: float = 0.95):
    """A pandas data frame of paired differences: one row a pair and level.

    pairs: (arm, other) names; ``"dense"`` may be the other. Columns: ``arm``, ``minus``, ``level``,
    ``density``, ``difference`` (the mean), ``low`` and ``high`` (its confidence interval),
    ``same_sign`` (replicates whose difference has the sign of the mean) and ``replicates``.
    """
    import pandas

    rows = []
    for arm, other in pairs:
        for level in levels:
            found = difference(table, arm, other, level, column)
            low, high = interval(found, confidence)
            rows.append({"arm": arm, "minus": other, "level": level,
                         "density": values(table, arm, level, "density").mean().item(),
                         "difference": found.mean().item(), "low": low, "high": high,
                         "same_sign": int((found.sign() == found.mean().sign()).sum()),
                         "replicates": len(found)})
    return pandas.DataFrame(rows)


def summary(table, column: str = "accuracy"):
    """A pandas data frame of text: mean ± standard deviation over replicates, a row an arm and a
    column a density, from dense to sparse, written as ``claims.measured`` does."""
    cells, shares = {}, {}
    for (arm, level), rows in table.groupby(["arm", "level"], sort=False):
        density = f"{100 * rows['density'].mean():.3g} %"
        shares[density] = rows["density"].mean()
        cells.setdefault(arm, {})[density] = measured(values(table, arm, level, column),
                                                      0 if column == "early_step" else 1)
    import pandas

    columns = sorted(shares, key=shares.get, reverse=True)
    return pandas.DataFrame(cells).T.reindex(columns=columns).fillna("")
