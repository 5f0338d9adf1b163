"""JupyterLab as `make lab` starts it: what it saves can be read without a kernel, and what a kernel says
reaches the browser at once.

A stored widget view shows "Error displaying widget: model not found" once its kernel is gone, and hides
the picture stored beside it; so it is left out. And a lesson that was only opened is saved as it was:
JupyterLab would write the version of Python into it. All arguments are JupyterLab's own.
"""

import sys

import stored
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class Prompt(ZMQChannelsWebsocketConnection):
    """A kernel's connection to the browser that sends each message when it has come.

    A kernel answers a slider with several short ones: that it is busy, what has changed, that it is idle.
    Jupyter leaves the second to wait until the browser's system has confirmed the first, and that takes
    its time, 40 ms on Linux (Nagle's algorithm meets delayed acknowledgements).
    """

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def before_save(model, **_):
    """A hook of Jupyter's contents manager: mends a notebook just before it is written."""
    if model["type"] == "notebook" and model["content"]["nbformat"] == 4:
        stored.mend(model["content"])


if __name__ == "__main__":
    from jupyterlab.labapp import LabApp

    # by their names: Jupyter imports them, and this folder is where scripts of this folder look first
    LabApp.launch_instance([*sys.argv[1:], "--ContentsManager.pre_save_hook=serve.before_save",
                            "--ServerApp.kernel_websocket_connection_class=serve.Prompt"])
