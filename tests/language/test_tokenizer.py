"""Text as tokens and back."""

import pytest

from tests.language import made
from ticketlab.language.tokenizer import Tokenizer
from ticketlab.language.weight_files import read_gguf


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(read_gguf(made.write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")))


def test_text_comes_back(tokenizer):
    text = "the cat and the dog:\n12 of 3,400 (is that all?)"
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_pairs_are_merged_in_their_order_and_digits_stay_single(tokenizer):
    assert tokenizer.pieces(tokenizer.encode("the then")) == ["the", " the", "n"]
    assert tokenizer.pieces(tokenizer.encode("1234")) == list("1234")


def test_a_special_token_is_one_token(tokenizer):
    assert tokenizer.encode("<|endoftext|>the").tolist() == [0, made.TOKENS.index("the")]


def test_an_empty_text_is_refused(tokenizer):
    with pytest.raises(ValueError, match="the text is empty"):
        tokenizer.encode("")
