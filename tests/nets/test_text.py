"""The transformer computes what a transformer should, R of them as one, and is pruned where it says
it may be."""

import math

import pytest
import torch
from torch import nn

from ticketlab import nets, stack
from ticketlab.nets import CausalAttention, CharacterEmbedding, Task
from ticketlab.pruning import ladder, layer_name, prunable, prune, saliency
from ticketlab.stack.layers import has_rules
from ticketlab.training import evaluate

TEXT = Task((6,), 5)
NET = nets.gpt(TEXT, width=8, heads=2, blocks=2)


class Same(nn.Module):
    """A layer with no batched rule: a stack of it runs one net after the other."""

    def forward(self, x):
        return x


def numbers(*shape, seed=0):
    return torch.randint(TEXT.classes, shape, generator=torch.Generator().manual_seed(seed))


def random_stack(net=NET, replicates=3):
    """Values that differ everywhere, in float64, so that no mix-up can hide behind a tolerance; and
    each of them a float32, since modules hold those."""
    drawn = stack.draw(net, range(replicates))
    generator = torch.Generator().manual_seed(7)
    return drawn.map(lambda t: torch.randn(t.shape, generator=generator).double())


# What it computes


@pytest.mark.parametrize("replicates", [1, 3])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("length", [1, 4, 6])
def test_transformers_run_as_one_and_give_what_each_gives_alone(replicates, shared, length):
    together = random_stack(replicates=replicates)
    assert together.runs_as_one
    x = numbers(*([] if shared else [replicates]), 3, length)
    outputs = stack.forward(together, x, shared=shared)
    assert outputs.shape == (replicates, 3, length, TEXT.classes)
    for r in range(replicates):
        alone = together.module(r).double()(x if shared else x[r])
        torch.testing.assert_close(outputs[r], alone, rtol=1e-10, atol=1e-10)


def test_as_one_and_one_after_the_other_agree_in_values_and_gradients():
    together = random_stack()
    apart = random_stack(nn.Sequential(*NET, Same()))  # which has no rule
    assert has_rules(NET) and not apart.runs_as_one
    renamed = dict(zip(together.parameters, apart.parameters, strict=True))
    x, target = numbers(3, 4, 6), torch.randn(3, 4, 6, TEXT.classes, dtype=torch.float64)
    gradients = []
    for each in (together, apart):
        values = each.parameters.values()
        for value in values:
            value.requires_grad_()
        loss = (stack.forward(each, x, training=True) - target).square().sum()
        gradients.append(dict(zip(each.parameters, torch.autograd.grad(loss, list(values)),
                                  strict=True)))
    for name, gradient in gradients[0].items():
        assert gradient.any() or name.endswith("key.bias"), f"{name} is never used"
        torch.testing.assert_close(gradient, gradients[1][renamed[name]], rtol=1e-8, atol=1e-8)


def test_attention_is_the_published_formula():
    """softmax(QK' / sqrt(d)) V with nothing of what comes later, head by head, written out."""
    layer, x = CausalAttention(8, 2).double(), torch.randn(3, 5, 8, dtype=torch.float64)
    q, k, v = layer.query(x), layer.key(x), layer.value(x)
    expected = torch.zeros_like(x)
    for text in range(3):
        for head in (slice(0, 4), slice(4, 8)):
            for now in range(5):
                scores = torch.stack([q[text, now, head] @ k[text, then, head] / math.sqrt(4)
                                      for then in range(now + 1)])
                expected[text, now, head] = scores.softmax(0) @ v[text, :now + 1, head]
    torch.testing.assert_close(layer(x), expected)


def test_a_block_is_pre_norm_and_adds_to_its_input():
    net = random_stack(nets.gpt(TEXT, width=8, heads=2, blocks=1), 1).module().double()
    x = numbers(2, 6)
    stream = net.embedding.characters[x] + net.embedding.positions
    part = net.block1.attention
    stream = stream + part.projection(part.heads(part.norm(stream)))
    part = net.block1.mlp
    stream = stream + part.projection(nn.functional.gelu(part.hidden(part.norm(stream))))
    torch.testing.assert_close(net(x), net.output(net.norm(stream)))


@pytest.mark.parametrize("place", range(6))
def test_no_score_depends_on_what_comes_later(place):
    together, x = random_stack(), numbers(2, 6)
    changed = x.clone()
    changed[:, place] = (x[:, place] + 1) % TEXT.classes
    moved = (stack.forward(together, x, shared=True)
             - stack.forward(together, changed, shared=True)).abs().amax((0, 1, 3))
    assert (moved[:place] == 0).all() and (moved[place:] > 1e-6).all()


def test_the_loss_of_a_text_is_the_mean_over_its_characters_whatever_the_chunk():
    together, x, y = random_stack(), numbers(7, 6), numbers(7, 6, seed=1)
    scores = stack.forward(together, x, shared=True)
    expected = [nn.functional.cross_entropy(each.flatten(0, 1), y.flatten()) for each in scores]
    right = (scores.argmax(-1) == y).double().mean((1, 2))
    for chunk in (1, 13, 1000):
        loss, accuracy = evaluate(together, x, y, chunk=chunk)
        torch.testing.assert_close(loss, torch.stack(expected).float())
        torch.testing.assert_close(accuracy.double(), right, rtol=1e-6, atol=0)


# What pruning may remove


def test_matrices_of_attention_and_mlps_are_prunable_and_nothing_else():
    kinds = prunable(NET)
    assert [layer_name(name) for name in kinds] == [
        f"block{block}.{layer}" for block in (1, 2) for layer in (
            "attention.heads.query", "attention.heads.key", "attention.heads.value",
            "attention.projection", "mlp.hidden", "mlp.projection")]
    assert list(kinds.values()) == (4 * ["attention"] + 2 * ["mlp"]) * 2


@pytest.mark.parametrize("width, heads, blocks", [(8, 2, 2), (12, 3, 1), (64, 4, 3)])
def test_counts_of_weights_are_12_blocks_width_squared(width, heads, blocks):
    """Of others: embeddings of 5 characters and 6 places, norms, biases, and the un-embedding."""
    with torch.device("meta"):
        net = nets.gpt(TEXT, width, heads, blocks)
    assert nets.count(net) == {
        "weights": 12 * blocks * width ** 2,
        "others": (5 + 6 + 2 + 5) * width + blocks * (4 * width + 9 * width)}
    assert nets.count(net)["weights"] == sum(
        parameter.numel() for name, parameter in net.named_parameters() if name in prunable(net))


def test_rates_go_by_kind_and_the_ladder_counts_prunable_weights_only():
    drawn = stack.draw(NET, range(2))
    cut = prune(drawn, rate={"attention": 0.5, "mlp": 0.25})
    for name, kind in prunable(NET).items():
        left = 0.5 if kind == "attention" else 0.75
        assert cut[name].double().mean((1, 2)).tolist() == [left, left]
    assert ladder(drawn, 0.5, 2, "global") == [1, 0.5, 0.25]
    with pytest.raises(ValueError, match=r"'output', which is no layer and no kind"):
        prune(drawn, rate={"attention": 0.5, "mlp": 0.25, "output": 0.1})


def test_saliency_is_of_the_mean_loss_of_a_character():
    class Texts:
        x_train, y_train = numbers(4, 6), numbers(4, 6, seed=1)

        def first(self, n):
            return self

    together = random_stack(replicates=2)
    scores = saliency(Texts())(together)
    for r in range(2):
        alone = together.module(r).double()
        loss = nn.functional.cross_entropy(alone(Texts.x_train).flatten(0, 1),
                                           Texts.y_train.flatten())
        loss.backward()
        for name in prunable(NET):
            weight = alone.get_parameter(name)
            torch.testing.assert_close(scores[name][r], (weight * weight.grad).abs())


# How it is initialised


@pytest.mark.parametrize("initialise", [nets.glorot_normal, nets.torch_default, nets.gpt2_normal])
def test_a_seed_decides_every_value_whatever_the_template_holds(initialise):
    other = nets.gpt(TEXT, width=8, heads=2, blocks=2)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(99.0)
    drawn = stack.draw(NET, [7, 8, 7], initialise=initialise)
    again = stack.draw(other, [7], initialise=initialise)
    for name, values in drawn.parameters.items():
        assert torch.equal(values[0], values[2]), name
        assert torch.equal(values[0], again.parameters[name][0]), name
        if values[0].dim() > 1:
            assert not torch.equal(values[0], values[1]), name


def test_matrices_have_glorots_spread_and_embeddings_their_own():
    net = nets.gpt(Task((64,), 65), width=64, heads=4, blocks=1)
    for name, values in stack.draw(net, [0]).parameters.items():
        outputs, inputs = values.shape[1:] if values.dim() == 3 else (1, 1)
        if name.startswith("embedding"):
            assert values.std().item() == pytest.approx(CharacterEmbedding.STD, rel=0.05)
        elif values.dim() == 3:
            assert values.std().item() == pytest.approx((2 / (inputs + outputs)) ** 0.5, rel=0.05)
        else:
            assert values.unique().tolist() == [1.0 if "norm.weight" in name else 0.0], name


def test_gpt2s_initialisation_shrinks_what_ends_a_residual_branch():
    net = nets.gpt(Task((64,), 65), width=64, heads=4, blocks=3)
    for name, values in stack.draw(net, [0], initialise=nets.gpt2_normal).parameters.items():
        if values.dim() == 3:
            shrink = math.sqrt(6) if name.endswith("projection.weight") else 1
            assert values.std().item() == pytest.approx(0.02 / shrink, rel=0.05), name


# What cannot be


@pytest.mark.parametrize("make, message", [
    (lambda: nets.gpt(Task((1, 28, 28), 10)), r"gpt reads text .*numbers of shape \(1, 28, 28\)"),
    (lambda: nets.gpt(TEXT, width=10, heads=4), "4 heads cannot share a width of 10 evenly"),
    (lambda: nets.gpt(TEXT, width=0), "width is 0; .*1 or above"),
    (lambda: nets.gpt(TEXT, blocks=1.5), "blocks is 1.5; .*whole number"),
    (lambda: nets.gpt(TEXT, heads=0), "heads is 0; .*1 or above"),
    (lambda: NET(torch.randn(2, 6)), r"gpt reads characters.*torch.float32.*load\('sentences'\)"),
    (lambda: NET(numbers(2, 7)), "7 characters are too many .*context of 6"),
    (lambda: NET(numbers(2, 6) + 3), "numbered 3 to 7, and this net's alphabet 0 to 4"),
    (lambda: stack.forward(random_stack(), numbers(2, 6) + 3, shared=True),
     "numbered 3 to 7, and this net's alphabet 0 to 4"),
    (lambda: stack.draw(nets.mlp(TEXT), [0], initialise=nets.gpt2_normal),
     r"gpt2_normal is for nets.gpt.*\(Sequential\); use nets.glorot_normal"),
])
def test_a_transformer_that_cannot_be_says_why(make, message):
    """Without the check, a stack would read a character it has not from the next replicate."""
    with pytest.raises(ValueError, match=message):
        make()


def test_data_that_are_no_text_are_refused_when_the_net_is_made():
    class Signals:
        shape, classes, x_train = (40,), 10, torch.zeros(3, 40)

    with pytest.raises(ValueError, match=r"these examples are torch.float32 of shape \(40,\)"):
        nets.gpt(Signals())
