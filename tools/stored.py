"""How notebooks are stored: nothing that shows only where their kernel runs, and no versions.

Both the programs of this folder and JupyterLab, when `make lab` started it, write notebooks so.
"""

import re

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
}

# A progress bar, however far it got, with its rate or without.
BAR = re.compile(r"^(.*?) *\d+%\|.*\| *[0-9.]+\w?/([0-9.]+\w?)( \[.*\])?$")


def mend(notebook):
    """Leave out of a notebook (a dictionary, or nbformat's own), in place, widget views and versions.

    The picture that a panel stores beside its view is what a notebook then shows; of a widget that
    stores none, its name. Bars keep what they say.
    """
    metadata = notebook["metadata"]
    metadata.pop("widgets", None)
    if metadata.get("kernelspec", {}).get("name") == KERNEL["name"]:
        metadata["kernelspec"], metadata["language_info"] = dict(KERNEL), dict(LANGUAGE)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)


def finish_bar(text):
    """A progress bar's text as it stands once its loop has ended, without how long that took."""
    match = BAR.match(text)
    if not match:
        return text
    label, total = match.groups()[:2]
    return f"{label + ' ' if label else ''}100%|{'█' * 10}| {total}/{total}"
