"""Draws that TorchGenerator must repeat, by torch 2.13.0 (CPU). Needs safetensors 0.8.0.

Writes Fixtures/draws.safetensors. A tensor's name tells what was drawn before it from the same generator:
"<seed>/<n>.<kind>.<size>" is the n-th draw of a generator seeded with <seed>.
"""
import pathlib

import torch
from safetensors.torch import save_file

assert torch.__version__.startswith("2.13.0"), torch.__version__
SEEDS = [0, 1, 42, 1234567890, 2**32 - 1, 2**32, 2**63 + 12345, 2**64 - 1, -1, -(2**63)]
SHORT = [("randn", n) for n in (1, 15, 16, 17, 3, 2, 33, 1)] + [("rand", 5), ("randn", 4), ("rand", 16)]

tensors = {}


def draw(seed, plan):
    generator = torch.Generator("cpu").manual_seed(seed)
    for index, (kind, size) in enumerate(plan):
        tensors[f"{seed}/{index}.{kind}.{size}"] = getattr(torch, kind)(size, generator=generator)


for seed in SEEDS:
    draw(seed, SHORT)
draw(7, [("randn", 1000), ("randn", 1000), ("rand", 1000)])
# The latents of a 512 by 512 picture, twice, as for a second step; then a size that is no multiple of 16.
draw(3, [("randn", 4 * 64 * 64), ("randn", 4 * 23 * 41)])
save_file(tensors, pathlib.Path(__file__).parent / "Fixtures" / "draws.safetensors")
