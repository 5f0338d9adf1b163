"""Class results: each participant runs some replicates, and one figure shows those of all.

In a workshop the seed is the seat number::

    tickets = tl.lottery.search(net, data, recipe, levels=6, rate=0.4, seeds=[17])
    arms = tl.lottery.controls(tickets, ["reinit", "random"])
    tl.class_results.write("results", tickets, arms)          # seat 17

    pooled = tl.class_results.pool("results")                 # the teacher, from all seats' files
    tl.figures.class_accuracy(pooled)                         # error bars over the class

The pooled table is the one that a single search with all the seeds would have given, within float
tolerance. What is checked in a file is in ``ticketlab.classroom.files``. Lesson 04 builds on this file.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from ticketlab.basics import warn
from ticketlab.classroom import experiments as class_experiments
from ticketlab.classroom import files as class_files
from ticketlab.classroom.experiments import difference, key
from ticketlab.classroom.files import ROW, Submission, Unfit, shown
from ticketlab.lottery import Tickets, Trial, flat, table

COLUMNS = ("arm", "level", "density", "sparsity", "replicate", "accuracy", "early_accuracy",
           "early_step", "train_accuracy", "seed")


@dataclass(frozen=True, eq=False)
class Pooled:
    """The results of a class.

    table: as ``lottery.table`` gives it, with the column ``seed``; replicates are numbered in the
    order of their seeds. files: seed -> the file it came from. participants: seed -> nickname, of
    those who gave one. left_out: file -> why it, or a seed of it, is not in the table. experiment:
    what was run, field -> value. Printed, it says how many replicates each arm has.
    """

    table: object
    files: dict[int, str]
    participants: dict[int, str]
    left_out: dict[str, str]
    experiment: dict

    @property
    def counts(self):
        """A pandas data frame: how many replicates each arm has at each level."""
        return (self.table.groupby(["arm", "level", "density"], sort=False)["replicate"].nunique()
                .rename("replicates").reset_index())

    def having(self, *arms: str):
        """The table of the search and these arms (by default all), with only the replicates that
        have every one of them at every level that anybody ran: what ``comparisons`` can pair where
        somebody lacks an arm.

        Raises ValueError, with what there is, for an arm that nobody has.
        """
        there = self.table["arm"].unique().tolist()
        for arm in arms:
            if arm not in there:
                raise ValueError(f"nobody has the arm {arm!r}; the arms are {there}")
        own = self.table[self.table["arm"].isin([self.experiment.get("search"), *(arms or there)])]
        places = own.groupby("replicate").size()
        return own[own["replicate"].isin(places[places == len(own.groupby(["arm", "level"]))].index)]

    def __repr__(self) -> str:
        arms = self.table.groupby("arm", sort=False)["replicate"].nunique()
        lines = [f"{len(self.files)} replicates from {len(set(self.files.values()))} files"]
        lines += [f"  {arm}: {count}" for arm, count in arms.items()]
        return "\n".join(lines + _listed(self.left_out))


def write(folder, tickets: Tickets, *trials: Trial | Sequence[Trial] | Tickets,
          participant: str | None = None) -> Path:
    """Write one's replicates of a search and its arms to a small file, and give its path.

    folder: made if it does not exist; a folder that the class shares can be meant, since the names
    of files do not collide: ``seed-17-3f9a2c1b04.json``. tickets: of ``lottery.search``, with seeds
    nobody else has. trials: what ``controls`` gave, as for ``lottery.table``. participant: a
    nickname, if one is wanted. A few kB a replicate.

    Written down to be compared: the net, its initialisation, the data's fingerprint, recipe,
    levels, rates, scope, score and rewind step; how long each arm was trained. Of scores and arms of
    your own only the name. Raises ValueError, with what is wrong, for trials of another number of
    replicates, an arm that is there twice, or a nickname that cannot be printed in a line of 60
    characters; OSError if the folder cannot be written to.
    """
    every = flat((tickets, *trials))
    steps = {}
    for trial in every:
        steps.setdefault(trial.arm, set()).add(trial.run.end.step)
    steps = {arm: sorted(ends) for arm, ends in steps.items()}
    return _write(folder, table(every), tickets.seeds, class_experiments.experiment(tickets), steps,
                  participant, tickets.stopped)


def write_table(folder, table, *, seeds: Sequence[int], experiment: Mapping,
                participant: str | None = None) -> Path:
    """Write any table of ``lottery.table``'s columns, as ``write`` does.

    seeds: of replicates 0, 1, ... of the table. experiment: whatever must agree in a pool: field ->
    a text, a number, or a list or dictionary of such. The table's first arm has every level.
    """
    return _write(folder, table, seeds, dict(experiment), {}, participant)


def pool(folder, *, like=None) -> Pooled:
    """Read the files of a class, and pool their replicates as if one search had run them all.

    folder: with folders in it, if need be; every file in it is either pooled or named, in a warning
    and in ``left_out``, with the reason: damaged or no class result, written by another version of
    ticketlab (the first two numbers count), of another experiment than most files (or than the
    file ``like``), an arm trained for another number of steps, or a seed that is there already. Of
    files with one seed, that with most arms and levels is kept, then the first by name. Someone may
    lack an arm: it is pooled over those who have it.

    Raises FileNotFoundError if there is no such folder, and ValueError if no experiment has more
    files than all others, or if ``like`` cannot be read.
    """
    home = Path(folder).expanduser()
    if not home.is_dir():
        raise FileNotFoundError(f"there is no folder {home}; name the one with the participants' files")
    found, left_out = {}, {}
    for name, path in _files(home).items():
        try:
            found[name] = class_files.read(path)
        except Unfit as problem:
            left_out[name] = str(problem)
    model = None if like is None else _model(home, like)
    total = len(found) + len(left_out)
    left_out |= _others(found, model, lambda each: each.experiment)
    for arm in dict.fromkeys(arm for each in found.values() for arm in each.steps):
        left_out |= _others(found, model, lambda each, arm=arm: each.steps.get(arm) and {
            f"number of steps of arm {arm!r}": each.steps[arm]})
    files, repeated = _distinct(found)
    left_out |= repeated
    seeds = sorted(files)
    pooled = Pooled(_table([found[files[seed]] for seed in seeds], seeds),
                    {seed: files[seed] for seed in seeds},
                    {seed: found[files[seed]].participant for seed in seeds
                     if found[files[seed]].participant}, dict(sorted(left_out.items())),
                    next(iter(found.values())).experiment if found else {})
    if left_out:
        warn("\n".join([f"of {total} files in {home}:", *_listed(pooled.left_out)]))
    return pooled


def _write(folder, table, seeds, experiment, steps, participant, stopped=None) -> Path:
    missing = [name for name in COLUMNS[:-1] if name not in table.columns]
    if missing or table.empty:
        raise ValueError(f"the table has {f'no column {missing[0]!r}' if missing else 'no rows'}; give "
                         "one that lottery.table made")
    seeds = [int(seed) for seed in seeds]
    if sorted(table["replicate"].unique()) != list(range(len(seeds))):
        raise ValueError(f"there are {len(seeds)} seeds, and the replicates of the table are "
                         f"{sorted(table['replicate'].unique().tolist())}; give each a seed")
    rows = [{name: row[name] for name in ROW if name != "seed"} | {"seed": seeds[row["replicate"]]}
            for row in table.to_dict("records")]
    for row in rows:
        if row["train_accuracy"] != row["train_accuracy"]:  # nan, of an arm that is not trained
            row["train_accuracy"] = None
    name = normalize("NFC", str(participant or "").strip())
    return class_files.write(Path(folder).expanduser(), Submission(
        seeds, experiment | class_files.described(rows), rows, steps, name or None, stopped))


def _files(home: Path) -> dict[str, Path]:
    """All files in a folder but hidden ones: name for people -> path, in the order of the names."""
    found = {}
    for parent, folders, names in os.walk(home):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                path = Path(parent, name)
                words = path.relative_to(home).as_posix()
                found[words if words.isprintable() else ascii(words)] = path
    return dict(sorted(found.items()))


def _model(home: Path, like) -> Submission:
    path = home / like if (home / like).is_file() else Path(like).expanduser()
    try:
        return class_files.read(path)
    except Unfit as problem:
        raise ValueError(f"like is {shown(str(like))}: {problem}") from None


def _others(found: dict[str, Submission], model: Submission | None, facts) -> dict[str, str]:
    """Take the files out of ``found`` whose facts are not those of ``model``, else of most files;
    gives file -> why. facts: of a submission, field -> value; None if it has none."""
    told = {name: facts(each) for name, each in found.items() if facts(each)}
    wanted = model and facts(model) or class_experiments.of_most(told)
    gone = {name: f"{difference(own, wanted, found[name].stopped)}; run it again as the others did"
            for name, own in told.items() if key(own) != key(wanted)}
    for name in gone:
        del found[name]
    return gone


def _distinct(found: dict[str, Submission]) -> tuple[dict[int, str], dict[str, str]]:
    """seed -> the file to take it from, and file -> which of its seeds is in another."""
    files, repeated = {}, {}
    for name in sorted(found, key=lambda name: (-len(found[name].by_level(found[name].seeds[0])), name)):
        for seed in found[name].seeds:
            if files.setdefault(seed, name) != name:
                repeated.setdefault(name, []).append(
                    f"its seed {seed} is in {files[seed]!r} already, with "
                    f"{_apart(found[name].by_level(seed), found[files[seed]].by_level(seed))}")
    rest = {name: "; its other seeds are used" if len(why) < len(found[name].seeds) else ""
            for name, why in repeated.items()}
    return files, {name: f"{'; '.join(why)}{rest[name]}; give everyone a seed of their own"
                   for name, why in repeated.items()}


def _apart(some: dict, others: dict) -> str:
    most = max((abs(some[key]["accuracy"] - others[key]["accuracy"])
                for key in some.keys() & others.keys()), default=0)
    return f"accuracies up to {100 * most:.2g} points apart" if most else "the same accuracies"


def _table(submissions: Sequence[Submission], seeds: Sequence[int]):
    import pandas

    arms = list(dict.fromkeys(
        arm for each in sorted(submissions, key=lambda each: -len(each.arms)) for arm in each.arms))
    rows = [row | {"replicate": number, "sparsity": 1 - row["density"]}
            for number, (seed, each) in enumerate(zip(seeds, submissions, strict=True))
            for row in each.by_level(seed).values()]
    rows.sort(key=lambda row: (arms.index(row["arm"]), row["level"], row["replicate"]))
    numbers = [name for name in COLUMNS if name != "arm"]
    whole = ("level", "replicate", "early_step", "seed")
    return pandas.DataFrame(rows, columns=COLUMNS).astype(
        {name: "int64" if name in whole else "float64" for name in numbers})


def _listed(left_out: Mapping[str, str]) -> list[str]:
    return [f"  left out, {name}: {why}" for name, why in left_out.items()]
