"""Nets that write, and a real language model.

writing: characters as numbers and back, perplexity, its floor, samples (lesson 06)
llama: the model, to be read in one sitting; tokenizer: text as tokens and back (lesson 10)
finding, downloading: where its weights are; weight_files, loading: what they say, the model ready to read
texts: those it is judged by, apart from those that a cut may see; perplexity on them
cutting: cuts in place and undone, one kind or block alone, SparseGPT block by block, the residual stream
healing: training a little under the mask
"""

from ticketlab.language.cutting import (
    PROMPT,
    block_of,
    cut,
    go_on,
    only,
    reconstruct_blocks,
    residual_stream,
    with_weights,
)
from ticketlab.language.finding import ModelNotFound, fetch, find
from ticketlab.language.healing import heal
from ticketlab.language.llama import Llama, Size
from ticketlab.language.loading import LanguageModel, load
from ticketlab.language.texts import (
    calibration,
    descriptions,
    evaluation,
    fingerprint,
    text_loss,
    text_perplexity,
)
from ticketlab.language.writing import decode, encode, floor, perplexity, sample, table

__all__ = ["LanguageModel", "Llama", "ModelNotFound", "PROMPT", "Size", "block_of", "calibration",
           "cut", "decode", "descriptions", "encode", "evaluation", "fetch", "find",
           "fingerprint", "floor", "go_on", "heal", "load", "only", "perplexity",
           "reconstruct_blocks", "residual_stream", "sample", "table", "text_loss",
           "text_perplexity", "with_weights"]
