"""How R networks are computed as one.

One mistake an entry, as ``Mutant`` has it.
"""

WAYS = "stack/test_ways.py"
LAYERS = "stack/test_layers.py"
SIGNALS = "stack/test_signals.py"

MISTAKES = (
    ("a part's batch normalisation left to all", "stack/running.py",
     "{name: values[each:each + 1] for name, values in stack.buffers.items()},",
     "{name: values[:1] for name, values in stack.buffers.items()},",
     WAYS, "each_network_gets_what_it_gets_alone"),
    ("vmap not tried in training", "stack/ways.py",
     "for training in (False, True):", "for training in (False,):",
     WAYS, "each_network_gets_what_it_gets_alone"),
    ("a hook passed by", "stack/layers.py", "and not hooked(net))", ")",
     LAYERS, "a_hook_and_a_forward_of_its_own_are_not_passed_by"),
    ("ReLU in place on what somebody holds", "stack/layers.py",
     "own = type(part) in _FRESH", "own = True",
     LAYERS, "without_gradients_relu_works_in_place_and_only_on_what_nobody_else_holds"),
    ("running variance biased", "stack/signals.py",
     "var.lerp_(batch_var * (count / (count - 1)), momentum)", "var.lerp_(batch_var, momentum)",
     SIGNALS, "the_net_of_lesson_05_has_each_nets_own_gradients_and_statistics"),
    ("padding forgotten at the end", "stack/signals.py",
     "padded[:, :, padding + read:] = 0", "pass",
     SIGNALS, "every_kernel_stride_and_padding_is_the_plain_convolution"),
)
