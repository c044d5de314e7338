"""Times a full-size model on an NVIDIA GPU: this program's CUDA engine beside diffusers, eager and compiled.

    swift build -c release --product restyled-bench --static-swift-stdlib      # where Swift is
    python gpu.py --bench ./restyled-bench --model sd-turbo --vae sd-turbo/taesd   # where the GPU is

Same weights (made by examples/make-random-model), same frame, noise and prompt embeddings, the same autoencoder, batch 1,
bf16, RGB8 on the host to RGB8 on the host, median after warm-up. diffusers runs channels_last, once eager and once with
torch.compile's max-autotune, which replays CUDA graphs. Pictures are held against diffusers in fp32. Prints tables in
Markdown: frames, and where this program's time goes.

Needs torch and diffusers with CUDA; tried with neither yet, since the engine has not seen a GPU.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import save_file


def size_of(text):
    width, height = text.split("x")
    return int(width), int(height)


class Peer:
    """The one step as diffusers' modules do it, from bytes on the host to bytes on the host."""

    def __init__(self, options, inputs, dtype, compiled=False):
        folder = options.vae or os.path.join(options.model, "vae")
        with open(os.path.join(folder, "config.json")) as file:
            kind = {"AutoencoderTiny": AutoencoderTiny, "AutoencoderKL": AutoencoderKL}[json.load(file)["_class_name"]]
        self.autoencoder = kind.from_pretrained(folder, torch_dtype=dtype).cuda().eval()
        self.unet = UNet2DConditionModel.from_pretrained(options.model, subfolder="unet", torch_dtype=dtype).cuda().eval()
        for module in (self.autoencoder, self.unet):
            module.to(memory_format=torch.channels_last)
        with open(os.path.join(options.model, "scheduler", "scheduler_config.json")) as file:
            config = json.load(file)
        if config["beta_schedule"] != "scaled_linear" or config["prediction_type"] != "epsilon":
            sys.exit("only scaled_linear schedules that predict epsilon are compared")
        betas = torch.linspace(config["beta_start"] ** 0.5, config["beta_end"] ** 0.5, 1000, dtype=torch.float64) ** 2
        self.timestep = max(round(1000 * options.strength) - 1, 0)
        alpha = torch.cumprod(1 - betas, 0)[self.timestep].item()
        self.sigma = math.sqrt((1 - alpha) / alpha)
        self.scale = self.autoencoder.config.scaling_factor
        self.dtype = dtype
        self.prompt = inputs["prompt_embeds"].to("cuda", dtype)
        self.noise = inputs["noise"].cuda()
        self.time = torch.tensor([self.timestep], device="cuda")
        self.added = None
        if "pooled_prompt_embeds" in inputs:
            width, height = size_of(options.size)
            ids = torch.tensor([[height, width, 0, 0, height, width]], device="cuda", dtype=dtype)
            self.added = {"text_embeds": inputs["pooled_prompt_embeds"].to("cuda", dtype), "time_ids": ids}
        self.frame = inputs["frame"].pin_memory()
        self.whole = torch.compile(self.compute, mode="max-autotune", fullgraph=True) if compiled else self.compute

    def compute(self, frame):
        picture = (frame.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1).to(self.dtype)
        picture = picture.contiguous(memory_format=torch.channels_last)
        encoded = self.autoencoder.encode(picture, return_dict=False)[0]
        latents = encoded if isinstance(self.autoencoder, AutoencoderTiny) else encoded.mode()
        # As the program does: latents keep their digits.
        sample = latents.float() * self.scale + self.sigma * self.noise
        scaled = (sample / math.sqrt(self.sigma**2 + 1)).to(self.dtype)
        noise = self.unet(scaled, self.time, self.prompt, added_cond_kwargs=self.added, return_dict=False)[0]
        denoised = (sample - self.sigma * noise.float()) / self.scale
        decoded = self.autoencoder.decode(denoised.to(self.dtype), return_dict=False)[0].float()
        bytes = torch.round((decoded / 2 + 0.5).clamp(0, 1) * 255).to(torch.uint8)
        return bytes.permute(0, 2, 3, 1).contiguous()

    def run(self):
        return self.whole(self.frame.cuda(non_blocking=True)).cpu()

    def times(self, frames, warm_up):
        for _ in range(warm_up):
            self.run()
        result = []
        for _ in range(frames):
            start = time.perf_counter()
            self.run()
            result.append(1000 * (time.perf_counter() - start))
        return result


def make_inputs(options):
    torch.manual_seed(1)
    with open(os.path.join(options.model, "unet", "config.json")) as file:
        config = json.load(file)
    width, height = size_of(options.size)
    x, y = torch.arange(width) * 255 // width, torch.arange(height) * 255 // height
    squares = ((torch.arange(width)[None] // 32 + torch.arange(height)[:, None] // 32) % 2) * 130 + 60
    frame = torch.stack([x.expand(height, width), y[:, None].expand(height, width), squares], -1)
    inputs = {
        "frame": frame.to(torch.uint8)[None].contiguous(),
        "prompt_embeds": torch.randn(1, 77, config["cross_attention_dim"]),
        "noise": torch.randn(1, config["in_channels"], height // 8, width // 8),
    }
    if config.get("addition_embed_type") == "text_time":
        inputs["pooled_prompt_embeds"] = torch.randn(1, 1280)
    return inputs


def decibels(picture, expected):
    error = (picture.float() - expected.float()).pow(2).mean().item()
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def bench(options, inputs, folder):
    save_file(inputs, os.path.join(folder, "inputs.safetensors"))
    command = [options.bench, "--model", options.model, "--inputs", os.path.join(folder, "inputs.safetensors")]
    command += ["--precision", "bf16", "--strength", str(options.strength), "--frames", str(options.frames), "--kernels"]
    command += ["--picture", os.path.join(folder, "picture"), *(["--vae", options.vae] if options.vae else [])]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    with open(os.path.join(folder, "picture"), "rb") as file:
        picture = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)
    return report, picture.reshape(inputs["frame"].shape)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bench", default="restyled-bench")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--vae", help="another autoencoder's folder")
    arguments.add_argument("--size", default="512x512")
    arguments.add_argument("--strength", type=float, default=0.5)
    arguments.add_argument("--frames", type=int, default=200)
    options = arguments.parse_args()
    torch.set_grad_enabled(False)
    inputs = make_inputs(options)
    with tempfile.TemporaryDirectory() as folder:
        report, picture = bench(options, inputs, folder)
    exact = Peer(options, inputs, torch.float32).run()
    rows = [("restyled", report["frame_ms"]["median"], picture)]
    for name, compiled in (("diffusers, eager", False), ("torch.compile max-autotune", True)):
        peer = Peer(options, inputs, torch.bfloat16, compiled)
        rows.append((name, statistics.median(peer.times(options.frames, 20)), peer.run()))
        del peer
        torch.cuda.empty_cache()
    print(f"{report['device']}; {options.size}, bf16, median of {options.frames} frames\n")
    print("| | ms a frame | restyled is | dB to fp32 |\n|---|--:|--:|--:|")
    for name, milliseconds, result in rows:
        ratio = "" if name == "restyled" else f"{milliseconds / rows[0][1]:.2f} × as fast"
        print(f"| {name} | {milliseconds:.2f} | {ratio} | {decibels(result, exact):.1f} |")
    kernels = report["kernel_ms"]
    print("\n| kernel | ms a frame | share |\n|---|--:|--:|")
    for name, milliseconds in sorted(kernels.items(), key=lambda item: -item[1]):
        print(f"| {name} | {milliseconds:.3f} | {milliseconds / sum(kernels.values()):.0%} |")


if __name__ == "__main__":
    main()
