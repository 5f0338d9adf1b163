"""JupyterLab as `make lab` starts it: what it saves can be read without a kernel.

A stored widget view shows "Error displaying widget: model not found" once its kernel is gone, and hides
the picture stored beside it; so it is left out. And a lesson that was only opened is saved as it was:
JupyterLab would write the version of Python into it. All arguments are JupyterLab's own.
"""

import sys

import stored


def before_save(model, **_):
    """A hook of Jupyter's contents manager: mends a notebook just before it is written."""
    if model["type"] == "notebook" and model["content"]["nbformat"] == 4:
        stored.mend(model["content"])


if __name__ == "__main__":
    from jupyterlab.labapp import LabApp

    # by its name: Jupyter imports it, and this folder is where scripts of this folder look first
    LabApp.launch_instance([*sys.argv[1:], "--ContentsManager.pre_save_hook=serve.before_save"])
