"""A panel with each kind of control, whose choice decides how far a slider reaches."""

import pytest

from tests.browser import browser
from ticketlab.panels import base, controls


class Small(base.Panel):
    """Two sliders, a dropdown; the level reaches to 4, or to 2 where half is removed."""

    shape = controls.choice("shape", "form")

    def __init__(self, **where):
        self.drawn = 0
        self.share = controls.Control(controls.NUMBER, ("share (%)", "%"), ("share: of the weights", "share: a number"),
                                  ("99px", "99px"), min=0, max=99.5, step=0.5)
        self.level = controls.levels(4)
        self.rate = controls.pick(("rate", "rate"), "rate: of what", [("half", 0.5), ("all", 1.0)], "99px")
        self.rate.observe(lambda change: self.level.reach(2 if change.new == 0.5 else 4))
        self._make_box("small", [self.share, self.level, self.rate],
                       {"shape": ([("O", "ring"), ("X & Y", "cross")], "shape: of the <mark>")})
        self.level.reach(2)
        self.level.value, self.share.value = 1, 33.5
        self._begin(**where)

    def __repr__(self):
        return "small panel: three sliders and a shape"

    def _draw(self):
        self.drawn += 1
        self.numbers.value = (f"<b>level {self.level.value}</b>, share {self.share.value:g} %, rate "
                              f"{self.rate.value}, {self.shape}")
        self._show([f'<svg role="img" aria-label="{self.shape}" width="200" height="100" '
                    f'id="x{self.box.model_id}"><circle cx="{2 * self.share.value:g}" cy="50" r="5"/></svg>'])


@pytest.fixture
def panel():
    return Small()


@pytest.fixture(scope="module")
def offline():
    """A page without a network: what a saved panel asked for would fail, and be reported."""
    with browser() as started:
        context = started.new_context(offline=True, viewport={"width": 860, "height": 700})
        page, page.wrong = context.new_page(), []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("requestfailed", lambda request: page.wrong.append(request.url))
        yield page


@pytest.fixture(scope="module")
def page(offline):
    return offline


def opened(page, path):
    page.wrong.clear()
    page.goto(path.as_uri())
    page.locator("body[data-ready]").wait_for()
    return page
