"""Frames come out of a page as they went in, in any order and with anything in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketlab.panels.page.packing import pack, unpack

TEXTS = st.lists(st.sampled_from(["<b>", "</b>", "<path d='M1,2'/>", "ä", "</script>", "1 < 2", "", "\n"])).map("".join)
FRAMES = st.lists(st.none() | st.tuples(TEXTS, TEXTS), max_size=12)


@given(FRAMES)
def test_what_was_packed_comes_back(frames):
    assert unpack(pack(frames)) == [frame and list(frame) for frame in frames]


@given(FRAMES)
def test_a_packed_page_is_plain_text_that_ends_no_script_and_is_the_same_again(frames):
    text = pack(frames)
    assert text == pack(frames) and set(text) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


@pytest.mark.parametrize("copies", [1, 400])
def test_what_stands_in_every_frame_is_stored_once(copies):
    """Without that, a panel of a thousand pictures would be megabytes."""
    axes = "".join(f"<path d='M{number * 7919 % 1009},{number}'/>" for number in range(400))
    frames = [(f"<b>{number}</b>", axes) for number in range(copies)]
    assert len(pack(frames)) < len(json.dumps(axes)) + 30 * copies
