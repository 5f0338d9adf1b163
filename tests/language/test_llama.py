"""The model itself: what each part has to keep, on tiny nets."""

import pytest
import torch

import ticketlab as tl
from ticketlab.language.llama import Llama, RMSNorm, Size, rotate

TINY = Size(tokens=50, width=32, blocks=2, hidden=48, queries=4, keys=2, base=100.0, context=16)


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Llama(TINY).eval()


def test_by_default_it_has_the_size_of_smollm2():
    with torch.device("meta"):
        found = tl.nets.count(Llama(Size()))
    assert found == {"weights": 106_168_320, "others": 134_515_008 - 106_168_320}


def test_scores_of_a_token_do_not_depend_on_those_after_it(net):
    """Without the causal mask a model would read the answer."""
    tokens = torch.arange(10)[None]
    changed = tokens.clone()
    changed[0, 6:] = 40
    before, after = net(tokens), net(changed)
    assert before.shape == (1, 10, 50)
    torch.testing.assert_close(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_rotary_products_depend_on_the_distance_only():
    query, key = torch.randn(2, 1, 1, 1, 16, generator=torch.Generator().manual_seed(1))
    query, key = (rotate(each.expand(1, 1, 12, 16), 100.0)[0, 0] for each in (query, key))
    products = query @ key.T
    for distance in (0, 3, 7):
        same = products.diagonal(-distance)
        torch.testing.assert_close(same, same[:1].expand_as(same))
    assert products[3, 0] != products[4, 0]


def test_the_norm_ignores_the_size_of_what_it_reads():
    norm, x = RMSNorm(8, 0.0), torch.randn(3, 8, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(norm(1000 * x), norm(x))
    torch.testing.assert_close(norm(x).square().mean(-1), torch.ones(3))


def test_groups_of_queries_share_a_key(net):
    """Query heads 0 and 1 read key head 0: a change of key head 1 leaves what they gather."""
    attention, seen = net.layers[0].self_attn, []
    attention.o_proj.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    x = torch.randn(1, 5, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        attention(x)
        attention.v_proj.weight[TINY.head:] += 1
        attention(x)
    one, two = seen
    assert torch.equal(one[..., :16], two[..., :16]) and not torch.allclose(one[..., 16:], two[..., 16:])


def test_every_matrix_but_the_embedding_is_prunable_by_its_kind(net):
    kinds = tl.pruning.prunable(net)
    assert len(kinds) == 14
    assert set(kinds.values()) == {"query", "key", "value", "attention output", "gate", "up", "down"}
    assert kinds["layers.1.mlp.down_proj.weight"] == "down", "the last one is no output layer"


@pytest.mark.parametrize("length", [0, 17])
def test_a_text_of_a_wrong_length_is_refused(net, length):
    with pytest.raises(ValueError, match=f"the text has {length} tokens; this model reads 1 to 16"):
        net(torch.zeros(1, length, dtype=torch.int64))
