"""The networks for images: Conv-2/4/6, ResNet-20, VGG-16 and wide ResNets.

Plain modules like those of ``ticketlab.nets``, from which they are imported. A net with residual
blocks is an ``nn.Sequential`` as well, whose blocks are ``Residual`` modules, so that R of them
still run as one. The last module that holds weights is the linear layer ``output``. Lessons 05 and
06 build on this file.
"""

from collections import OrderedDict

from torch import Tensor, nn

from ticketlab.basics import whole_from


class Residual(nn.Module):
    """A residual block: ``body(x) + shortcut(x)``, with no activation after the sum.

    body: name -> layer, applied one after the other. The layers become children under their own
    names, so that a table reads ``stage1.block1.conv1``. shortcut: a module, by default the
    identity; it is registered after the body. Raises ValueError for a layer called ``shortcut``,
    and in ``forward`` if the two branches give different shapes. He et al. 2016.
    """

    def __init__(self, body: dict[str, nn.Module], shortcut: nn.Module | None = None):
        super().__init__()
        if "shortcut" in body:
            raise ValueError("a layer of the body is called 'shortcut'; that is the name of the "
                             "other branch, so give it another")
        for name, layer in body.items():
            self.add_module(name, layer)
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def body(self) -> dict[str, nn.Module]:
        """The layers of the body, in order, by name."""
        # not named_children(), which leaves out a layer that is used a second time
        return {name: layer for name, layer in self._modules.items() if name != "shortcut"}

    def forward(self, x: Tensor) -> Tensor:
        straight = x
        for layer in self.body().values():
            straight = layer(straight)
        return self.add(straight, self.shortcut(x))

    @staticmethod
    def add(body: Tensor, shortcut: Tensor) -> Tensor:
        """What the branches give, added. Broadcasting would hide a block that is built wrong."""
        if body.shape != shortcut.shape:
            raise ValueError(
                f"the body of a Residual gives {tuple(body.shape)} and its shortcut "
                f"{tuple(shortcut.shape)}; give it a shortcut with the stride and the channels of "
                "the body, such as a 1x1 convolution"
            )
        return body + shortcut


def conv(data, depth=2, width=64) -> nn.Sequential:
    """Conv-2, Conv-4 or Conv-6: 4.3, 2.4 and 2.3 million weights on CIFAR-10.

    Pairs of 3x3 convolutions with ``width``, 2 and 4 times ``width`` channels, each pair followed
    by max-pooling, then fully connected layers of 256, 256 and the classes. (The paper prints 1.7
    million weights for Conv-6; the layers it lists have 2,261,184.)
    data: images (channels, height, width). depth: 2, 4 or 6.
    Raises ValueError for another depth, data that are not images, images too small to be pooled
    depth / 2 times, or a width below 1.
    Frankle & Carbin 2019, figure 2 (a small VGG). Lesson 06 uses it.
    """
    if depth not in (2, 4, 6):
        raise ValueError(f"depth is {depth!r}; Conv nets come with 2, 4 or 6 convolutions")
    channels, height, breadth = _image(data, f"Conv-{depth}", halvings=depth // 2)
    width = whole_from("width", width, least=1)
    layers = OrderedDict()
    for number in range(1, depth + 1):
        pair = (number + 1) // 2
        outputs = width * 2 ** (pair - 1)
        layers[f"conv{number}"] = nn.Conv2d(channels, outputs, 3, padding=1)
        layers[f"relu{number}"] = nn.ReLU()
        channels = outputs
        if number % 2 == 0:
            layers[f"pool{pair}"] = nn.MaxPool2d(2)
            height, breadth = height // 2, breadth // 2
    layers["flatten"] = nn.Flatten()
    inputs = channels * height * breadth
    for number in (1, 2):
        layers[f"hidden{number}"] = nn.Linear(inputs, 256)
        layers[f"relu_hidden{number}"] = nn.ReLU()
        inputs = 256
    layers["output"] = nn.Linear(inputs, data.classes)
    return nn.Sequential(layers)


def vgg16(data, width=64) -> nn.Sequential:
    """VGG-16 for CIFAR-10, with batch normalisation: 14,728,266 parameters.

    13 convolutions 3x3, each followed by batch normalisation and ReLU, in five stages of 2, 2, 3, 3
    and 3 with ``width``, 2, 4, 8 and 8 times ``width`` channels. Max-pooling halves the image after
    each of the first four stages; the fifth ends in a global average, so that images of 28x28
    pixels fit as well. Then one linear layer, in place of the three of the ImageNet net. The
    convolutions have a bias, as in the code of the lottery-ticket papers (open_lth).
    data: images (channels, height, width) of at least 16 pixels a side. width: channels of the
    first stage. Raises ValueError for other data, smaller images or a width below 1.
    Simonyan & Zisserman 2015, configuration D, as reduced to CIFAR-10 by open_lth. Lessons 05 and
    06 use it.
    """
    channels, _, _ = _image(data, "VGG-16", halvings=4)
    width = whole_from("width", width, least=1)
    layers = OrderedDict()
    for stage, (convolutions, times) in enumerate(zip((2, 2, 3, 3, 3), (1, 2, 4, 8, 8), strict=True),
                                                 start=1):
        part = OrderedDict()
        for number in range(1, convolutions + 1):
            part[f"conv{number}"] = nn.Conv2d(channels, times * width, 3, padding=1)
            part[f"norm{number}"] = nn.BatchNorm2d(times * width)
            part[f"relu{number}"] = nn.ReLU()
            channels = times * width
        layers[f"stage{stage}"] = nn.Sequential(part)
        layers[f"pool{stage}"] = nn.MaxPool2d(2) if stage < 5 else nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(channels, data.classes)
    return nn.Sequential(layers)


def resnet20(data, width=16, depth=20) -> nn.Sequential:
    """ResNet-20 for CIFAR-10, the ResNet of the lottery-ticket papers: 272,474 parameters.

    A 3x3 convolution, three stages of (depth - 2) / 6 residual blocks with ``width``, 2 and 4 times
    ``width`` channels, a global average and a linear layer. A block is conv-norm-relu-conv-norm
    (3x3, no biases), with ReLU after the sum. The first block of stages 2 and 3 has stride 2, and
    its shortcut is a 1x1 convolution with batch normalisation (option B; that is what open_lth
    builds, and what "272k" counts). He et al. pad with zeros there (option A, 269,722 parameters).
    The 1x1 convolutions are prunable like all others.
    data: images (channels, height, width) of at least 4 pixels a side. depth: 6n + 2, such as 8,
    20, 32, 56. Raises ValueError for other data, another depth or a width below 1.
    He et al. 2016, section 4.2; Frankle & Carbin 2019 call it "Resnet-18". Lessons 05 and 06 use
    it.
    """
    blocks = _blocks_a_stage(depth, "a CIFAR ResNet", ends=2)
    channels, _, _ = _image(data, f"ResNet-{depth}", halvings=2)
    width = whole_from("width", width, least=1)
    layers = OrderedDict(conv1=_conv3x3(channels, width), norm1=nn.BatchNorm2d(width),
                         relu1=nn.ReLU())
    inputs = width
    for stage in (1, 2, 3):
        outputs, part = width * 2 ** (stage - 1), OrderedDict()
        for number in range(1, blocks + 1):
            part[f"block{number}"] = _block(inputs, outputs)
            part[f"relu{number}"] = nn.ReLU()
            inputs = outputs
        layers[f"stage{stage}"] = nn.Sequential(part)
    return _with_head(layers, inputs, data.classes)


def wide_resnet(data, depth=16, widen=4) -> nn.Sequential:
    """Wide ResNet WRN-depth-widen for CIFAR-10: WRN-16-4 has 2,748,890 parameters.

    A 3x3 convolution with 16 channels, three stages of (depth - 4) / 6 pre-activation blocks with
    16, 32 and 64 times ``widen`` channels, batch normalisation, ReLU, a global average and a linear
    layer. A block is norm-relu-conv-norm-relu-conv (3x3, no biases, no dropout) and nothing follows
    the sum; stages 2 and 3 begin with stride 2. Where the number of channels changes, the shortcut
    is a 1x1 convolution that reads the same normalised and rectified input as the body, so that
    ``norm`` and ``relu`` stand before the block. The depth counts the convolutions, three 1x1 among
    them (two if ``widen`` is 1). The 1x1 convolutions are prunable like all others.
    data: images (channels, height, width) of at least 4 pixels a side. depth: 6n + 4, such as 10,
    16, 28, 40. Raises ValueError for other data, another depth or a widen below 1.
    Zagoruyko & Komodakis 2016 (the block B(3,3)). Lesson 06 uses it.
    """
    blocks = _blocks_a_stage(depth, "a wide ResNet", ends=4)
    channels, _, _ = _image(data, f"WRN-{depth}", halvings=2)
    widen = whole_from("widen", widen, least=1)
    layers = OrderedDict(conv1=_conv3x3(channels, 16))
    inputs = 16
    for stage in (1, 2, 3):
        outputs, part = 16 * widen * 2 ** (stage - 1), OrderedDict()
        for number in range(1, blocks + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            body, shortcut = OrderedDict(), None
            if inputs == outputs:
                body["norm1"], body["relu1"] = nn.BatchNorm2d(inputs), nn.ReLU()
            else:
                part["norm"], part["relu"] = nn.BatchNorm2d(inputs), nn.ReLU()
                shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            body["conv1"] = _conv3x3(inputs, outputs, stride)
            body["norm2"], body["relu2"] = nn.BatchNorm2d(outputs), nn.ReLU()
            body["conv2"] = _conv3x3(outputs, outputs)
            part[f"block{number}"] = Residual(body, shortcut)
            inputs = outputs
        layers[f"stage{stage}"] = nn.Sequential(part)
    layers["norm"], layers["relu"] = nn.BatchNorm2d(inputs), nn.ReLU()
    return _with_head(layers, inputs, data.classes)


def _block(inputs: int, outputs: int) -> Residual:
    """A block of a CIFAR ResNet; more channels come with stride 2."""
    stride, shortcut = 1, None
    if inputs != outputs:
        stride = 2
        shortcut = nn.Sequential(OrderedDict(conv=nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                             norm=nn.BatchNorm2d(outputs)))
    return Residual(OrderedDict(
        conv1=_conv3x3(inputs, outputs, stride), norm1=nn.BatchNorm2d(outputs), relu1=nn.ReLU(),
        conv2=_conv3x3(outputs, outputs), norm2=nn.BatchNorm2d(outputs)), shortcut)


def _conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


def _with_head(layers: OrderedDict, inputs: int, classes: int) -> nn.Sequential:
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(inputs, classes)
    return nn.Sequential(layers)


def _blocks_a_stage(depth, kind: str, ends: int) -> int:
    """Three stages of blocks of two layers each, and ``ends`` layers outside them."""
    blocks, left_over = divmod(depth - ends, 6)
    if left_over or blocks < 1:
        near = ends + 6 * max(1, round((depth - ends) / 6))
        raise ValueError(f"depth is {depth!r}; {kind} has 6n + {ends} layers, n at least 1; "
                         f"the nearest depth is {near}")
    return int(blocks)


def _image(data, net: str, halvings: int) -> tuple[int, int, int]:
    """The channels, height and width of the images, if ``net`` can read them."""
    if len(data.shape) != 3:
        raise ValueError(
            f"{net} reads images of shape (channels, height, width), not {tuple(data.shape)}; "
            "use nets.conv1d or nets.mlp"
        )
    channels, height, width = data.shape
    if min(height, width) < 2**halvings:
        raise ValueError(
            f"images of {height}x{width} pixels are too small to be halved {halvings} times; "
            f"{net} needs at least {2**halvings} pixels a side"
        )
    return channels, height, width
