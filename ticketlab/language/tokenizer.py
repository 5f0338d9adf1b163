"""Text as tokens and back: byte-level BPE, as SmolLM2 was trained with.

A token is a piece of a word. Text becomes bytes, and pairs of pieces are merged in the order in
which training found them most often; digits stay single. Sennrich, Haddow & Birch 2016. Lesson 10
builds on this file.
"""

import torch
from torch import Tensor

from ticketlab.language.weight_files import Weights


class Tokenizer:
    """The tokens of one model. ``vocabulary``: all of them, by number, in the letters of BPE."""

    def __init__(self, weights: Weights):
        try:
            from tokenizers import AddedToken, decoders, models, pre_tokenizers
            from tokenizers import Tokenizer as Bytes
        except ImportError as error:
            raise ImportError("to read text the package tokenizers is needed: "
                              "pip install 'ticketlab[language]'") from error
        self.vocabulary = weights.vocabulary
        merges = [tuple(pair.split(" ")) for pair in weights.merges]
        self._bytes = Bytes(models.BPE({token: n for n, token in enumerate(self.vocabulary)}, merges))
        self._bytes.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False)])
        self._bytes.decoder = decoders.ByteLevel()
        self._bytes.add_special_tokens([AddedToken(self.vocabulary[n], special=True) for n in
        weights.special])

    def encode(self, text: str) -> Tensor:
        """A text's tokens, int64 [T]. Raises ValueError for an empty text."""
        if not text:
            raise ValueError("the text is empty; give at least one letter")
        return torch.tensor(self._bytes.encode(text).ids, dtype=torch.int64)

    def decode(self, tokens: Tensor) -> str:
        """The text of some tokens, [T]; what is half a letter becomes the sign for an unknown one."""
        return self._bytes.decode(tokens.tolist(), skip_special_tokens=False)

    def pieces(self, tokens: Tensor) -> list[str]:
        """The text of each token on its own."""
        return [self.decode(token[None]) for token in tokens]
