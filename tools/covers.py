"""The pictures of the start page: of each lesson, the figure of the cell with the tag `cover`.

`make lessons` takes them out of the stored outputs, so that they show what the lesson shows.
"""

import base64

import names

TAG = "cover"
FOLDER = "pictures"


def picture(notebook):
    """The PNG of the cell with the tag, as bytes, or None where no cell has it."""
    for cell in notebook.cells:
        if TAG in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
    return None


def place(path):
    """Where the picture of the lesson at `path` lies."""
    return path.parent / FOLDER / f"{names.short(path.stem)}.png"


def write(notebook, path):
    """Store the picture of the lesson at `path`, if it has one."""
    found = picture(notebook)
    if found is not None:
        place(path).parent.mkdir(exist_ok=True)
        place(path).write_bytes(found)
