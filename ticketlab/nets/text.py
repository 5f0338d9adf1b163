"""The net for text: a small character-level transformer in the manner of GPT-2.

An ``nn.Sequential`` like the nets of ``ticketlab.nets``, from which ``gpt`` is imported; its blocks
are two ``Residual`` modules each, so that R of them still run as one. What pruning may remove is
said by the layers themselves (``prunable_as``): the matrices of attention and of the MLPs.
Embeddings, the un-embedding, norms and biases stay. Lesson 06 builds on this file.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ticketlab.basics import whole_from
from ticketlab.nets.images import Residual


class AttentionLinear(nn.Linear):
    """A matrix of attention: query, key, value, or the projection back to the width."""

    prunable_as = "attention"


class MLPLinear(nn.Linear):
    """A matrix of a block's MLP."""

    prunable_as = "mlp"


class Unembedding(nn.Linear):
    """From activations to a score for each character: an embedding read backwards, never pruned."""

    prunable_as = None


class CharacterEmbedding(nn.Module):
    """A vector for each character plus one for each place: [N, T] -> [N, T, width].

    characters: size of the alphabet. context: the most characters at a time; fewer may be read.
    Both are learned, drawn from a Gaussian of standard deviation ``STD``, and never pruned.
    """

    prunable_as = None

    # Of the size of a layer's output, and not GPT-2's 0.02: beside Glorot's larger matrices so
    # small an embedding would drown in what the first block adds.
    STD = 0.5

    def __init__(self, characters: int, context: int, width: int):
        super().__init__()
        self.characters = nn.Parameter(torch.empty(characters, width))
        self.positions = nn.Parameter(torch.empty(context, width))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw both anew, from torch's global generator."""
        for parameter in self.parameters(recurse=False):
            nn.init.normal_(parameter, std=self.STD)

    def check(self, x: Tensor) -> None:
        """Raises ValueError for what are not characters of this alphabet, or too many of them.

        Only on the CPU is the alphabet checked, since an accelerator would have to be waited for.
        """
        characters, context = len(self.characters), len(self.positions)
        if x.is_floating_point():
            raise ValueError(f"gpt reads characters, whole numbers [N, T], and these are {x.dtype};"
                             " load text, such as data.load('sentences')")
        if x.shape[-1] > context:
            raise ValueError(f"{x.shape[-1]} characters are too many for a net with a context of "
                             f"{context}; give it the last {context}")
        if x.device.type == "cpu" and x.numel() and not 0 <= x.min() <= x.max() < characters:
            raise ValueError(f"the characters are numbered {int(x.min())} to {int(x.max())}, and "
                             f"this net's alphabet 0 to {characters - 1}; make the net for these "
                             "data")

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return F.embedding(x, self.characters) + self.positions[:x.shape[-1]]

    def extra_repr(self) -> str:
        (characters, width), context = self.characters.shape, len(self.positions)
        return f"characters={characters}, context={context}, width={width}"


class CausalAttention(nn.Module):
    """Heads of attention over what stands before: [N, T, width] -> [N, T, width].

    Each place attends to itself and to earlier places only. The heads' results stand side by side;
    a projection follows as a layer of its own. Raises ValueError unless ``heads`` divides
    ``width``. Vaswani et al. 2017, section 3.2.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        if heads < 1 or width % heads:
            raise ValueError(f"{heads} heads cannot share a width of {width} evenly; choose heads "
                             "that divide it")
        self.heads = heads
        self.query, self.key, self.value = (AttentionLinear(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.attend(self.query(x), self.key(x), self.value(x))

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention of any number of texts: three times [..., T, width] -> [..., T, width]."""
        lead = query.shape[:-2]
        parts = [each.flatten(0, -3).unflatten(-1, (self.heads, -1)).transpose(1, 2)
                 for each in (query, key, value)]
        mixed = F.scaled_dot_product_attention(*parts, is_causal=True)
        return mixed.transpose(1, 2).flatten(2).unflatten(0, lead)

    def extra_repr(self) -> str:
        return f"heads={self.heads}"


def gpt(data, width=64, heads=4, blocks=2) -> nn.Sequential:
    """Character-level transformer that only looks back: 98,304 prunable weights by default.

    Learned embeddings of character and place, ``blocks`` blocks, a last layer norm, and the
    un-embedding ``output``, which is a matrix of its own and has no bias. A block adds attention to
    its input, then an MLP of 4 times the width with GELU; a layer norm stands before each
    (pre-norm), and there is no dropout. It gives [N, T, classes]: scores of each next character.

    Prunable are the 12 x blocks x width^2 weights of query, key, value, both projections and the
    MLP's first matrix; rates by layer may name the kinds ``"attention"`` and ``"mlp"``. ``draw``
    gives all matrices Gaussian Glorot values, like those of the other nets, and embeddings a
    standard deviation of 0.5; ``nets.gpt2_normal`` is GPT-2's initialisation.
    data: text, or anything with ``shape`` (context,) and ``classes``, the size of the alphabet.
    heads: of attention, a divisor of width. Raises ValueError for data that are not text, and for
    widths, heads or blocks that do not fit.
    Radford et al. 2019 (GPT-2). Lesson 06 uses it.
    """
    examples = getattr(data, "x_train", None)
    if len(data.shape) != 1 or examples is not None and examples.is_floating_point():
        kind = "numbers" if examples is None else str(examples.dtype)
        raise ValueError(f"gpt reads text of shape (context,), and these examples are {kind} of "
                         f"shape {tuple(data.shape)}; load text, such as data.load('sentences')")
    width, heads, blocks = (whole_from(name, value, least=1) for name, value in (
        ("width", width), ("heads", heads), ("blocks", blocks)))
    layers = OrderedDict(embedding=CharacterEmbedding(data.classes, data.shape[0], width))
    for number in range(1, blocks + 1):
        attention = OrderedDict(norm=nn.LayerNorm(width), heads=CausalAttention(width, heads),
                                projection=AttentionLinear(width, width))
        mlp = OrderedDict(norm=nn.LayerNorm(width), hidden=MLPLinear(width, 4 * width),
                          gelu=nn.GELU(), projection=MLPLinear(4 * width, width))
        layers[f"block{number}"] = nn.Sequential(OrderedDict(attention=Residual(attention),
                                                             mlp=Residual(mlp)))
    layers["norm"] = nn.LayerNorm(width)
    layers["output"] = Unembedding(width, data.classes, bias=False)
    return nn.Sequential(layers)


def gpt2_normal(net: nn.Module) -> None:
    """Draw new values for every parameter of a ``gpt`` in place, as GPT-2 was initialised.

    Gaussians of standard deviation 0.02 for embeddings and matrices, divided by the square root of
    the number of residual branches (two a block) for the projection that ends each; biases zero,
    norms one. An ``initialise`` for ``stack.draw``. Raises ValueError for a net that is no ``gpt``.
    Radford et al. 2019, section 2.3.
    """
    embedding = getattr(net, "embedding", None)
    if type(embedding) is not CharacterEmbedding:
        raise ValueError("gpt2_normal is for nets.gpt, and this net has no layer 'embedding' of "
                         f"its kind ({type(net).__name__}); use nets.glorot_normal")
    branches = [module for module in net.modules() if isinstance(module, Residual)]
    last = {id(branch.projection) for branch in branches}
    for module in net.modules():
        if isinstance(module, nn.Linear):
            shrink = len(branches) ** 0.5 if id(module) in last else 1
            nn.init.normal_(module.weight, std=0.02 / shrink)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            module.reset_parameters()
    for parameter in embedding.parameters():
        nn.init.normal_(parameter, std=0.02)
