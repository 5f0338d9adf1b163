"""Texts for calibration and for evaluation never meet; loss and perplexity are what they are called."""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.language import made
from ticketlab.language import texts
from ticketlab.language.tokenizer import Tokenizer
from ticketlab.language.weight_files import read_gguf


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(read_gguf(made.write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")))


class Even(nn.Module):
    """Gives every token the same score, or one of them a higher one."""

    def __init__(self, favourite=None):
        super().__init__()
        self.weight, self.favourite = nn.Parameter(torch.zeros(1)), favourite

    def forward(self, tokens):
        scores = torch.zeros(*tokens.shape, 99)
        if self.favourite is not None:
            scores[..., self.favourite] = 5
        return scores


def test_no_document_is_read_for_both():
    assert not set(texts.EVALUATION) & set(texts.CALIBRATION) and len(texts.EVALUATION) == 3
    every = texts.descriptions()
    for one in texts.EVALUATION:
        paragraphs = {" ".join(p.split()) for p in re.split(r"\n\s*\n", every[one]) if len(p) > 200}
        for other in texts.CALIBRATION:
            assert not any(p in " ".join(every[other].split()) for p in paragraphs), f"{one} and {other} share text"


def test_calibration_is_taken_from_the_whole_of_its_texts(tokenizer):
    found = texts.calibration(tokenizer, 4, 100)
    assert found.shape == (4, 100) and found.dtype == torch.int64
    whole = torch.cat([tokenizer.encode(texts.descriptions()[name]) for name in texts.CALIBRATION])
    assert torch.equal(found[0], whole[:100]) and torch.equal(found[-1], whole[-100:])
    with pytest.raises(ValueError, match="count x length is .* ask for fewer"):
        texts.calibration(tokenizer, 10_000, 100)


def test_evaluation_is_the_beginning_of_three_documents(tokenizer):
    found = texts.evaluation(tokenizer, 64)
    assert {name: tuple(t.shape) for name, t in found.items()} == dict.fromkeys(texts.EVALUATION, (1, 64))
    for name, tokens in texts.evaluation(tokenizer, 64, pieces=3).items():
        assert torch.equal(tokens.flatten(), tokenizer.encode(texts.descriptions()[name])[:192])
    assert texts.fingerprint(found) != texts.fingerprint(texts.evaluation(tokenizer, 65))


def test_a_net_that_knows_nothing_has_the_perplexity_of_its_vocabulary():
    tokens = torch.arange(90)
    assert texts.text_loss(Even(), tokens) == pytest.approx(math.log(99))
    assert texts.text_perplexity(Even(), {"a": tokens, "b": tokens[:5]}).tolist() == pytest.approx([99, 99])


def test_each_token_is_guessed_from_those_before_it():
    """A favourite that is the second token counts once in three guesses; the first is never guessed."""
    scores = torch.zeros(99)
    scores[7] = 5
    wanted = F.cross_entropy(scores.expand(3, 99), torch.tensor([7, 3, 4]))
    assert texts.text_loss(Even(7), torch.tensor([7, 7, 3, 4])) == pytest.approx(wanted.item())


def test_long_texts_are_added_up_in_parts():
    """300 guesses in parts of 128: the mean is over tokens, and not over parts."""
    tokens = torch.cat([torch.full((129,), 7), torch.full((172,), 3)])
    right, wrong = (-F.log_softmax(torch.tensor([5.0] + [0.0] * 98), 0)[:2]).tolist()
    assert texts.text_loss(Even(7), tokens) == pytest.approx((128 * right + 172 * wrong) / 300)


def test_of_more_text_the_last_tenth_is_held_out(tokenizer, monkeypatch):
    every = "".join(chr(65 + n % 50) for n in range(20_000)) + "z" * 2_000
    monkeypatch.setattr(texts, "tinyshakespeare", lambda: every)
    seen = texts.calibration(tokenizer, 50, 300, source="tinyshakespeare")
    judged = texts.evaluation(tokenizer, 50, pieces=4, source="tinyshakespeare")
    z = tokenizer.encode("z").item()
    assert not (seen == z).any(), "calibration must not see the end"
    assert sum(int((tokens == z).sum()) for tokens in judged.values()) == 400
    assert [tuple(tokens.shape) for tokens in judged.values()] == [(4, 50)] * 3
    with pytest.raises(ValueError, match="pieces x length is 100,000 tokens, and the text 'Shakespeare 1' has"):
        texts.evaluation(tokenizer, 1000, pieces=100, source="tinyshakespeare")
    with pytest.raises(ValueError, match="source is 'shakespeare'; choose one of"):
        texts.calibration(tokenizer, source="shakespeare")


def test_pieces_are_read_each_on_its_own():
    tokens = torch.tensor([[7, 7, 3], [3, 7, 7]])
    one, two = (texts.text_loss(Even(7), piece) for piece in tokens)
    assert texts.text_loss(Even(7), tokens) == pytest.approx((one + two) / 2)


@pytest.mark.parametrize("tokens", [torch.zeros(0).long(), torch.zeros(1).long(), torch.zeros(2, 1).long(),
                                    torch.zeros(0, 3).long(), torch.zeros(1, 2, 3).long()])
def test_what_is_no_text_is_named(tokens):
    with pytest.raises(ValueError, match="at least two tokens"):
        texts.text_loss(Even(), tokens)
    with pytest.raises(ValueError, match="there is no text"):
        texts.text_perplexity(Even(), {})
