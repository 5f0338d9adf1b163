"""An array of colours as part of a panel's picture in SVG. The panels of lessons 04, 08 and 09
build on this file."""

import base64
import io

import numpy as np
from PIL import Image


def enlarged(picture: np.ndarray, x: float, y: float, width: float, height: float | None = None) -> str:
    """A picture, uint8 [height, width, 3] or grey, at a place of an SVG. height: by default each of its
    pixels is a square."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, format="png", compress_level=1)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    height = width * picture.shape[0] / picture.shape[1] if height is None else height
    return (f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            'preserveAspectRatio="none" style="image-rendering:pixelated" '
            f'href="data:image/png;base64,{data}"/>')
