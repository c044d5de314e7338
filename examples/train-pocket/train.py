"""Trains pocket: autoencoder, text encoder and UNet together, by how their pictures differ from the teachers'.

    python train.py --minutes 120

Works on one thread in bfloat16 and needs no GPU. Every 200 steps the state is saved to data/checkpoint.pt; a run that
finds one goes on from it. A later run with more --minutes stretches the schedule and trains further.
"""

import argparse
import math
import os
import random
import time

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

import prompts
import teachers

CHECKPOINT = "data/checkpoint.pt"
SIZE = (192, 320)


def make_models():
    """What takes little time a frame: latents at a quarter, no attention in the UNet, the prompt in its time embedding."""
    autoencoder = AutoencoderTiny(
        encoder_block_out_channels=(32,) * 3,
        decoder_block_out_channels=(32,) * 3,
        latent_channels=32,
        num_encoder_blocks=(0, 0, 2),
        num_decoder_blocks=(2, 1, 0),
    )
    unet = UNet2DConditionModel(
        sample_size=60,
        in_channels=32,
        out_channels=32,
        block_out_channels=(48, 96, 128),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
        mid_block_type=None,
        cross_attention_dim=128,
        norm_num_groups=8,
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        attention_head_dim=4,
    )
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=prompts.VOCABULARY_SIZE,
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            projection_dim=128,
            hidden_act="quick_gelu",
            bos_token_id=prompts.VOCABULARY_SIZE - 2,
            eos_token_id=prompts.VOCABULARY_SIZE - 1,
            pad_token_id=prompts.VOCABULARY_SIZE - 1,
        )
    )
    return torch.nn.ModuleList([autoencoder, unet, text_encoder])


# Little noise, so that walls and enemies outlive it: sigma is 0.11 at strength 0.5 and 0.23 at 1.
BETAS = {"beta_start": 1e-6, "beta_end": 1e-4, "beta_schedule": "linear"}
ALPHAS_CUMPROD = torch.cumprod(1 - torch.linspace(BETAS["beta_start"], BETAS["beta_end"], 1000).double(), 0)


def noise_level(strength):
    timestep = max(round(1000 * strength) - 1, 0)
    return timestep, math.sqrt((1 - ALPHAS_CUMPROD[timestep]) / ALPHAS_CUMPROD[timestep])


def teacher_share(strength):
    """How much of the teacher's picture is wanted, the frame being the rest: all of it from 0.5 on."""
    return min(1.0, strength / 0.5)


class Batches:
    """Random crops, on the grid that the teachers' patterns keep to, with a style, a wording and a strength each."""

    def __init__(self, count, crop, rng):
        self.count, self.crop, self.rng = count, crop, rng
        self.frames = np.load("data/frames.npy", mmap_mode="r")
        self.targets = np.load("data/targets.npy", mmap_mode="r")
        self.styles = len(teachers.STYLES) + len(teachers.BLENDS)

    def next(self):
        frames, targets, strengths, ids = [], [], [], []
        for _ in range(self.count):
            index, style = self.rng.randrange(len(self.targets)), self.rng.randrange(self.styles)
            y, x = (self.rng.randrange((full - self.crop) // 16 + 1) * 16 for full in SIZE)
            window = (slice(y, y + self.crop), slice(x, x + self.crop))
            frames.append(self.frames[index][window])
            targets.append(self.targets[index, style][window])
            strengths.append(0.5 if self.rng.random() < 0.45 else self.rng.uniform(0.02, 1.0))
            ids.append(prompts.encode(prompts.wording(style, self.rng)))
        return self.tensor(frames), self.tensor(targets), strengths, torch.tensor(ids)

    @staticmethod
    def tensor(pictures):
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


def difference(picture, goal):
    """Squares for the whole, absolute values for what is rare, and gradients, because eyes look at edges."""
    d = picture - goal
    gradients = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
    return (d * d).mean() * 4 + d.abs().mean() * 0.5 + gradients * 0.25


def decibels(error):
    return -10 * math.log10(max(error, 1e-9))


def step(models, batch):
    """The one-step rule on a batch, as the program applies it. Returns the loss and two mean squared errors."""
    autoencoder, unet, text_encoder = models
    frames, targets, strengths, ids = batch
    levels = [noise_level(strength) for strength in strengths]
    timesteps = torch.tensor([level[0] for level in levels])
    sigma = torch.tensor([level[1] for level in levels], dtype=torch.float32)[:, None, None, None]
    share = torch.tensor([teacher_share(strength) for strength in strengths])[:, None, None, None]
    goal = frames * (1 - share) + targets * share
    # The autoencoder must stay one: some frames and some teachers' pictures go straight through it.
    quarter = len(frames) // 4
    plain = torch.cat([targets[:quarter], frames[quarter : 2 * quarter]])
    with torch.autocast("cpu", torch.bfloat16):
        hidden = text_encoder(ids).last_hidden_state
        latents = autoencoder.encoder(torch.cat([frames, plain]) * 2 - 1).float()
        noisy = latents[: len(frames)] + sigma * torch.randn_like(latents[: len(frames)])
        predicted = unet(noisy / (sigma**2 + 1).sqrt(), timesteps, hidden).sample.float()
        pictures = autoencoder.decoder(torch.cat([predicted, latents[len(frames) :]])).float() * 0.5 + 0.5
    restyled, rebuilt = pictures[: len(frames)], pictures[len(frames) :]
    # Latents near unit size, so that a sigma means what it says.
    size = (latents**2 - 1).relu().mean()
    loss = difference(restyled, goal) + 0.7 * difference(rebuilt, plain) + 1e-3 * size
    with torch.no_grad():
        errors = [((a.clamp(0, 1) - b) ** 2).mean().item() for a, b in ((restyled, goal), (rebuilt, plain))]
    return loss, errors


class Training:
    """All that a checkpoint holds."""

    def __init__(self, rate):
        self.models = make_models()
        self.parameters = list(self.models.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=rate, betas=(0.9, 0.98), weight_decay=1e-4, fused=True)
        self.averages = [p.detach().clone() for p in self.parameters]
        self.steps, self.seconds = 0, 0.0

    def average(self):
        decay = min(0.998, self.steps / (self.steps + 20))
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, [p.detach() for p in self.parameters], 1 - decay)

    def save(self):
        state = {
            "models": self.models.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "averages": self.averages,
            "steps": self.steps,
            "seconds": self.seconds,
        }
        torch.save(state, CHECKPOINT + ".partial")
        os.replace(CHECKPOINT + ".partial", CHECKPOINT)

    def load(self):
        state = torch.load(CHECKPOINT, map_location="cpu")
        self.models.load_state_dict(state["models"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.averages, self.steps, self.seconds = state["averages"], state["steps"], state["seconds"]

    def load_folder(self, folder):
        for model, part in zip(self.models, ("vae", "unet", "text_encoder")):
            trained = type(model).from_pretrained(folder, subfolder=part, torch_dtype=torch.float32)
            model.load_state_dict(trained.state_dict())
        self.averages = [p.detach().clone() for p in self.parameters]

    def averaged_models(self):
        with torch.no_grad():
            for parameter, average in zip(self.parameters, self.averages):
                parameter.copy_(average)
        return self.models.eval()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=120, help="in all, with what earlier runs took")
    arguments.add_argument("--batch", type=int, default=16)
    arguments.add_argument("--crop", type=int, default=96, help="a multiple of 16")
    arguments.add_argument("--rate", type=float, default=2e-3)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--start", metavar="FOLDER", help="begin with this model's weights")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    training = Training(options.rate)
    if os.path.exists(CHECKPOINT):
        training.load()
    elif options.start:
        training.load_folder(options.start)
    for model in list(training.models)[:2]:
        model.to(memory_format=torch.channels_last)
    torch.manual_seed(options.seed + training.steps)
    batches = Batches(options.batch, options.crop, random.Random(options.seed + training.steps))
    print(f"{sum(p.numel() for p in training.parameters) / 1e6:.2f} M parameters", flush=True)

    total, before, recent = options.minutes * 60, training.seconds, []
    began = shown = time.monotonic()
    while training.seconds < total:
        cosine = 0.5 * (1 + math.cos(math.pi * training.seconds / total))
        for group in training.optimizer.param_groups:
            group["lr"] = options.rate * min(1, (training.steps + 1) / 200) * (0.98 * cosine + 0.02)
        loss, errors = step(training.models, batches.next())
        training.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(training.parameters, 1.0)
        training.optimizer.step()
        training.steps += 1
        training.average()
        training.seconds = before + time.monotonic() - began
        recent.append(errors)
        if training.steps % 50 == 0:
            style, plain = np.mean(recent, 0)
            pace, shown = 50 / (time.monotonic() - shown), time.monotonic()
            print(
                f"step {training.steps}  {training.seconds / 60:.1f} of {options.minutes:.0f} min  "
                f"styles {decibels(style):.2f} dB  autoencoder {decibels(plain):.2f} dB  {pace:.2f} steps/s",
                flush=True,
            )
            recent.clear()
        if training.steps % 200 == 0:
            training.save()
    training.save()


if __name__ == "__main__":
    main()
