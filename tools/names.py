"""How lessons are called: `05_rewinding` by its number, and `your_own`, which has none, by its name."""


def numbered(stem):
    """Whether a lesson has a place in the course's order."""
    return stem.partition("_")[0].isdigit()


def short(stem):
    """`05` for `05_rewinding`, `your_own` for `your_own`: in costs.json, and for pictures."""
    return stem.partition("_")[0] if numbered(stem) else stem


def words(stem):
    """As a reader calls it: `5 rewinding`, `your own`."""
    number, _, name = stem.partition("_")
    return f"{int(number)} {name.replace('_', ' ')}" if numbered(stem) else stem.replace("_", " ")


def slug(stem):
    """What the ids of cells begin with: `05`, `your-own`."""
    return short(stem).replace("_", "-")
