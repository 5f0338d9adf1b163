"""A language model of the Llama family, to be read in one sitting.

Tokens go in, a score for each possible next token comes out. In between a stream of ``width``
numbers a token (the *residual stream*) passes through equal blocks. A block adds to it twice: what
attention gathers from earlier tokens, and what a small gated network makes of each token alone.
Names of layers are those of Hugging Face's ``LlamaForCausalLM`` without its ``model.``, so that the
weights of a GGUF file and of the hub go into one class. Lesson 10 builds on this file.

Touvron et al. 2023 (LLaMA), section 2.2; RMSNorm: Zhang & Sennrich 2019; rotary positions: Su et
al. 2021; grouped queries: Ainslie et al. 2023; gated network: Shazeer 2020.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Size:
    """The numbers that decide a model's shape, by default those of SmolLM2-135M (Allal et al. 2025).

    width: of the residual stream. hidden: of the gated network. queries, keys: heads; a key and its
    value serve ``queries / keys`` queries. base: of the rotary angles. epsilon: of RMSNorm.
    context: the longest text, in tokens.
    """

    tokens: int = 49_152
    width: int = 576
    blocks: int = 30
    hidden: int = 1_536
    queries: int = 9
    keys: int = 3
    base: float = 100_000.0
    epsilon: float = 1e-5
    context: int = 8_192

    @property
    def head(self) -> int:
        """Numbers a head."""
        return self.width // self.queries


class RMSNorm(nn.Module):
    """Divides a token's numbers by their root mean square, and gives each channel its own scale."""

    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.epsilon)


def _linear(inputs: int, outputs: int, kind: str) -> nn.Linear:
    """A layer without biases. kind: what rates, budgets and tables of lesson 10 call it."""
    layer = nn.Linear(inputs, outputs, bias=False)
    layer.prunable_as = kind
    return layer


def rotate(x: Tensor, base: float) -> Tensor:
    """Rotary positions: pair i of a head, at token t, is turned by the angle t / base^(2i / head).

    x: [N, heads, T, head]; a pair is channel i with channel i + head / 2. A query and a key turned
    so have a product that depends on how far apart they stand, and not on where.
    """
    length, head = x.shape[-2:]
    speed = base ** -(torch.arange(0, head, 2, device=x.device, dtype=torch.float32) / head)
    angle = torch.outer(torch.arange(length, device=x.device, dtype=torch.float32), speed)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * cos - two * sin, two * cos + one * sin], dim=-1)


class Attention(nn.Module):
    """Each token asks (query) and looks at itself and the tokens before it (keys), whose values it
    adds up."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.q_proj = _linear(size.width, size.queries * size.head, "query")
        self.k_proj = _linear(size.width, size.keys * size.head, "key")
        self.v_proj = _linear(size.width, size.keys * size.head, "value")
        self.o_proj = _linear(size.queries * size.head, size.width, "attention output")

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (layer(x).unflatten(-1, (-1, self.size.head)).transpose(1, 2)
                             for layer in (self.q_proj, self.k_proj, self.v_proj))
        query, key = rotate(query, self.size.base), rotate(key, self.size.base)
        shared = self.size.queries // self.size.keys
        key, value = (each.repeat_interleave(shared, dim=1) for each in (key, value))
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.o_proj(seen.transpose(1, 2).flatten(-2))


class GatedMLP(nn.Module):
    """Two layers side by side, one of which opens and closes the other, and a third back to the
    stream."""

    def __init__(self, size: Size):
        super().__init__()
        self.gate_proj = _linear(size.width, size.hidden, "gate")
        self.up_proj = _linear(size.width, size.hidden, "up")
        self.down_proj = _linear(size.hidden, size.width, "down")

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """Adds to the residual stream twice; each part reads it through a norm of its own."""

    def __init__(self, size: Size):
        super().__init__()
        self.input_layernorm = RMSNorm(size.width, size.epsilon)
        self.self_attn = Attention(size)
        self.post_attention_layernorm = RMSNorm(size.width, size.epsilon)
        self.mlp = GatedMLP(size)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """The whole model. tokens: int64 [N, T]; gives scores [N, T, size.tokens] of each next token.

    The embedding is used at both ends (*tied*): a token's score is the product of its embedding with
    the stream. Raises ValueError for a text that is empty or longer than the model's context.
    """

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        self.embed_tokens = nn.Embedding(size.tokens, size.width)
        self.layers = nn.ModuleList(Block(size) for _ in range(size.blocks))
        self.norm = RMSNorm(size.width, size.epsilon)

    def forward(self, tokens: Tensor) -> Tensor:
        if not 0 < tokens.shape[-1] <= self.size.context:
            raise ValueError(f"the text has {tokens.shape[-1]:,} tokens; this model reads 1 to "
                             f"{self.size.context:,} at once: cut it into shorter pieces")
        x = self.embed_tokens(tokens)
        for block in self.layers:
            x = block(x)
        return F.linear(self.norm(x), self.embed_tokens.weight)
