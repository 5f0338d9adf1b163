"""How R networks are computed as one.

One mistake an entry, as ``Mutant`` has it.
"""

WAYS = "stack/test_ways.py"
LAYERS = "stack/test_layers.py"
LINEAR = "stack/test_linear.py"
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
    ("the way back past ReLU", "stack/linear.py",
     "            if ctx.relu[place]:\n", "            if False:\n",
     LINEAR, "values_and_gradients_are_those_of_plain_operations"),
    ("a frozen weight ends the way back", "stack/linear.py",
     "if any(needed[:2 + 2 * place]) else None", "if needed[2 * place] else None",
     LINEAR, "values_and_gradients_are_those_of_plain_operations"),
    ("no way back through what a layer gave", "stack/linear.py",
     "grad = grads[place] if grad is None else grad if grads[place] is None else grad + grads[place]",
     "grad = grads[place] if grad is None else grad",
     LINEAR, "a_second_derivative_finds_its_way"),
    ("running variance biased", "stack/signals.py",
     "var.lerp_(batch_var * (count / (count - 1)), momentum)", "var.lerp_(batch_var, momentum)",
     SIGNALS, "the_net_of_lesson_05_has_each_nets_own_gradients_and_statistics"),
    ("padding forgotten at the end", "stack/signals.py",
     "padded[:, :, padding + read:] = 0", "pass",
     SIGNALS, "every_kernel_stride_and_padding_is_the_plain_convolution"),
)
