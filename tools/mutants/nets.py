"""What a network is: its prunable weights, its initial values.

One mistake an entry, as ``Mutant`` has it.
"""

PARAMETERS = "nets/test_parameters.py"
INITIALISERS = "nets/test_initialisers.py"
SIMPLE = "nets/test_simple.py"

MISTAKES = (
    ("frozen weights are pruned", "nets/parameters.py",
     'not weight.requires_grad and "prunable_as" not in vars(module)', "False",
     PARAMETERS, "frozen_weights_are_not_prunable_unless_the_layer_asks"),
    ("a shared weight under its last name", "nets/parameters.py",
     "{id(parameter): name for name, parameter in net.named_parameters()}",
     "{id(parameter): name for name, parameter in net.named_parameters(remove_duplicate=False)}",
     PARAMETERS, "tied_weights_count_once_and_are_pruned_once"),
    ("weights that are computed anew are taken", "nets/parameters.py",
     "for what, name, cure in _computed(module, where):", "for what, name, cure in ():",
     PARAMETERS, "computed_weights_are_named_with_the_cure"),
    ("frozen statistics drawn anew", "nets/parameters.py",
     "if own and not any(parameter.requires_grad for parameter in own):", "if False:",
     INITIALISERS, "frozen_values_are_constants_of_the_net"),
    ("He's spread in place of Glorot's", "nets/initialisers.py",
     "_redraw(net, nn.init.xavier_normal_)", "_redraw(net, nn.init.kaiming_normal_)",
     SIMPLE, "glorot_has_the_papers_spread"),
    ("attention not drawn by the seed", "nets/initialisers.py",
     "elif (reset := _reset_of(net, name, module)) is not None:", "elif (reset := None) is not None:",
     INITIALISERS, "attention_is_drawn_anew_by_every_seed"),
    ("what no seed controls is let through", "nets/initialisers.py", "if orphans:", "if False:",
     INITIALISERS, "a_parameter_that_no_seed_controls_is_named_with_the_cure"),
)
