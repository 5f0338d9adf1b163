"""Pictures in SVG become a figure: every shape in its place and colour, texts, images, rows."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from ticketlab.panels import svg
from ticketlab.panels.images import enlarged
from ticketlab.panels.painting import GAP, LEAST, LINE, WIDTH, paint

ABOVE = LINE + GAP  # one line of words
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def pixels(*parts, size=(60, 40), words=("x",)) -> np.ndarray:
    """One picture as it is painted, [height, width, 3], without the words above."""
    canvas = FigureCanvasAgg(paint([svg.document(*size, "a picture", parts)], words))
    canvas.figure.set_dpi(96)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[ABOVE:, :, :3]


def where(drawn: np.ndarray, color) -> tuple[int, int, int, int]:
    """The columns and rows, first and last, in which a colour stands."""
    rows, columns = np.nonzero((abs(drawn.astype(int) - color) < 60).all(-1))
    return columns.min(), columns.max(), rows.min(), rows.max()


@pytest.mark.parametrize("shape", [
    '<rect x="10" y="5" width="20" height="30" fill="#FF0000"/>',
    '<polygon points="10.0,5.0 30.0,5.0 30.0,35.0 10.0,35.0" fill="#FF0000"/>',
    '<path d="M10,5H30V35H10Z" fill="#FF0000"/>',
    '<path d="M10,5h20v30h-20Z" fill="#FF0000"/>',
    '<path d="M-1,-1.5L1,-1.5L1,1.5L-1,1.5Z" fill="#FF0000" transform="translate(20 20) scale(10)"/>',
    '<g transform="translate(4 2)"><rect x="6" y="3" width="20" height="30" fill="#FF0000"/></g>',
    '<g fill="#FF0000"><rect x="10" y="5" width="20" height="30"/></g>',
    '<rect x="5" y="-30" width="30" height="20" fill="#FF0000" transform="rotate(90 0 0)"/>',
    '<polyline points="20.0,5.0 20.0,35.0" fill="none" stroke="#FF0000" stroke-width="20"/>',
    '<line x1="20" x2="20" y1="5" y2="35" stroke="#FF0000" stroke-width="20"/>',
])
def test_every_shape_stands_where_it_is_in_a_browser(shape):
    drawn = pixels(shape)
    assert where(drawn, RED) == (10, 29, 5, 34)
    assert (drawn[6:34, 11:29] == RED).all() and (drawn[:4] == WHITE).all() and (drawn[:, 32:] == WHITE).all()


@pytest.mark.parametrize("full", [
    '<circle cx="30" cy="20" r="10" fill="#0000FF"/>',
    '<path d="M20,20a10,10 0 1 0 20,0a10,10 0 1 0 -20,0z" fill="#0000FF"/>'])
def test_a_circle_is_round_and_filled_as_it_says(full):
    ring = pixels('<circle cx="30" cy="20" r="10" stroke="#FF0000" stroke-width="2" fill="none"/>')
    assert where(ring, RED) == pytest.approx((19, 40, 9, 30), abs=1) and tuple(ring[20, 30]) == WHITE
    full = pixels(full)
    assert where(full, BLUE) == pytest.approx((20, 39, 10, 29), abs=1) and tuple(full[20, 30]) == BLUE
    assert tuple(full[11, 21]) == WHITE, "no square"


def test_what_comes_later_lies_on_top_images_too():
    image = enlarged(np.full((1, 1, 3), BLUE, np.uint8), 10, 5, 20)
    red = '<rect x="10" y="5" width="20" height="20" fill="#FF0000"/>'
    assert tuple(pixels(red, image)[15, 20]) == BLUE and tuple(pixels(image, red)[15, 20]) == RED


def test_an_image_keeps_its_squares_and_its_place():
    drawn = pixels(enlarged(np.array([[RED, BLUE], [WHITE, RED]], np.uint8), 10, 4, 30))
    assert where(drawn, BLUE) == (25, 39, 4, 18)
    assert tuple(drawn[5, 11]) == RED and tuple(drawn[32, 38]) == RED and tuple(drawn[32, 11]) == WHITE


@pytest.mark.parametrize("name", ["opacity", "fill-opacity"])
def test_dashes_are_as_long_as_they_say_and_half_opaque_is_pale(name):
    drawn = pixels('<path d="M0,20H60" stroke="#FF0000" stroke-width="4" stroke-dasharray="10 5"/>',
                   f'<rect x="0" y="0" width="9" height="9" fill="#0000FF" {name}="0.5"/>')
    line = (abs(drawn[20].astype(int) - RED) < 60).all(-1)
    assert [bool(line[x]) for x in (4, 12, 20, 27, 35)] == [True, False, True, False, True]
    assert drawn[4, 4] == pytest.approx([128, 128, 255], abs=3)


def test_what_is_pruned_is_hatched():
    drawn = pixels('<defs><pattern id="p-1"><rect fill="#FF0000"/><rect fill="#0000FF"/></pattern></defs>',
                   '<rect x="10" y="5" width="40" height="30" fill="url(#p-1)"/>').reshape(-1, 3)
    counts = [int((abs(drawn.astype(int) - color) < 60).all(-1).sum()) for color in (RED, BLUE)]
    assert min(counts) > 40, "both colours"


def test_texts_stand_at_their_place_turned_and_bold():
    figure = paint([svg.document(200, 100, "a", [
        svg.text(20, 30, "one & two", "end", 'font-weight="600" fill="#FF0000"'),
        svg.text(11, 50, "up", "middle", 'transform="rotate(-90 11 50)"')])], ["above"])
    above, one, up = figure.axes[0].texts
    assert above.get_text() == "above" and one.get_text() == "one & two"
    assert (one.get_position(), one.get_ha(), one.get_weight(), one.get_color()) == (
        (20, 30 + ABOVE), "right", "bold", "#FF0000")
    assert up.get_rotation() == pytest.approx(90) and up.get_ha() == "center"
    assert up.get_position() == pytest.approx((11, 50 + ABOVE))


def test_pictures_share_rows_as_wide_as_a_cell_and_long_lines_are_wrapped():
    figure = paint([svg.document(400, tall, "a", ['<rect x="0" y="0" width="9" height="9"/>'])
                    for tall in (250, 300, 200)], ["word " * 100])
    lines = len(figure.axes[0].texts)
    above = lines * LINE + GAP
    assert lines > 2 and tuple(figure.get_size_inches() * 96) == pytest.approx(
        (400 + GAP + 400, above + 300 + GAP + 200))
    assert 400 + GAP + 400 <= WIDTH
    corners = [patch.get_window_extent().get_points()[0] * 96 / figure.dpi for patch in figure.axes[0].patches]
    assert [x for x, _ in corners] == pytest.approx([0, 400 + GAP, 0])


def test_an_element_that_it_does_not_know_is_named():
    with pytest.raises(ValueError, match="the element 'foreignObject'"):
        paint([svg.document(9, 9, "a", ["<foreignObject/>"])], [])


def test_a_figure_is_written_in_every_format(tmp_path):
    figure = paint([svg.document(60, 40, "a", ['<rect x="0" y="0" width="9" height="9"/>'])], ["x"])
    for ending, begin in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        figure.savefig(tmp_path / f"a.{ending}")
        assert (tmp_path / f"a.{ending}").read_bytes().startswith(begin)
    assert Image.open(tmp_path / "a.png").width == round(LEAST / 96 * figure.dpi), "room for words"
