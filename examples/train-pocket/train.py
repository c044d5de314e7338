"""Trains pocket: autoencoder, text encoder and UNet together, by how their pictures differ from the teachers'.

    python train.py --steps 16000

Works in bfloat16 on a CPU, compiled, and needs no GPU. Every 200 steps the state is saved to data/checkpoint.pt; a run
that finds one goes on from it. A later run with more --steps stretches the schedule and trains further.
"""

import argparse
import filecmp
import functools
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
# Side of a crop in pixels, a multiple of 32, and crops in a batch. A norm sees a whole picture at once, whose brightness
# varies more than a small crop's, so the last eighth of the steps is on larger ones.
SMALL, LARGE = (96, 16), (160, 6)


def make_models():
    """What takes little time a frame: few channels where there are many pixels, no attention in the UNet, the prompt in
    its time embedding. Latents at half the size hold as many numbers as the picture."""
    autoencoder = AutoencoderTiny(
        encoder_block_out_channels=(16,) * 2,
        decoder_block_out_channels=(16,) * 2,
        latent_channels=12,
        num_encoder_blocks=(0, 0),
        num_decoder_blocks=(2, 0),
    )
    unet = UNet2DConditionModel(
        sample_size=120,
        in_channels=12,
        out_channels=12,
        block_out_channels=(16, 32, 64, 96, 128),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 5,
        up_block_types=("UpBlock2D",) * 5,
        mid_block_type=None,
        cross_attention_dim=128,
        # Groups of few channels would lose how bright a picture is.
        norm_num_groups=1,
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        attention_head_dim=4,
    )
    # Takes nothing off, to begin with.
    for parameter in unet.conv_out.parameters():
        torch.nn.init.zeros_(parameter)
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


# Little noise, so that walls and enemies outlive it: sigma is 0.06 at strength 0.5 and 0.13 at 1.
BETAS = {"beta_start": 1e-6, "beta_end": 3e-5, "beta_schedule": "linear"}
ALPHAS_CUMPROD = torch.cumprod(1 - torch.linspace(BETAS["beta_start"], BETAS["beta_end"], 1000).double(), 0)

# What the UNet predicts is how far latents are from where they should be, in sigmas, as if it were noise: at little
# strength the frame comes back by itself, whatever the network knows. Where noise is of size 1, a style is of about this.
REACH = 16


def noise_level(strength):
    timestep = max(round(1000 * strength) - 1, 0)
    return timestep, math.sqrt((1 - ALPHAS_CUMPROD[timestep]) / ALPHAS_CUMPROD[timestep])


def teacher_share(strength):
    """How much of the teacher's picture is wanted, the frame being the rest: all of it from 0.5 on."""
    return min(1.0, strength / 0.5)


class Batches:
    """Random crops with a style, a wording and a strength each; styles that are far from their teachers come more often."""

    def __init__(self, rng):
        self.rng = rng
        self.frames = np.load("data/frames.npy", mmap_mode="r")
        self.targets = np.load("data/targets.npy", mmap_mode="r")
        names = list(teachers.STYLES) + [texture for _, texture in teachers.BLENDS]
        self.have_blocks = [name == "pixel art" for name in names]
        # Each style's mean squared error of late.
        self.errors = [0.01] * len(names)

    def next(self, crop, count):
        frames, targets, strengths, ids = [], [], [], []
        self.styles = self.rng.choices(range(len(self.errors)), [math.sqrt(error) for error in self.errors], k=count)
        for style in self.styles:
            index = self.rng.randrange(len(self.targets))
            # Blocks stay where they are.
            grid = teachers.BLOCK if self.have_blocks[style] else 1
            y, x = (self.rng.randrange((full - crop) // grid + 1) * grid for full in SIZE)
            window = (slice(y, y + crop), slice(x, x + crop))
            frames.append(self.frames[index][window])
            targets.append(self.targets[index, style][window])
            # Half is where most people are.
            strengths.append(self.rng.choice([0.5, self.rng.uniform(0.02, 1)]))
            ids.append(prompts.encode(prompts.wording(style, self.rng)))
        have_blocks = torch.tensor([self.have_blocks[style] for style in self.styles])
        return self.tensor(frames), self.tensor(targets), have_blocks, strengths, torch.tensor(ids)

    def learn(self, errors):
        """Takes the errors of the batch before."""
        for style, error in zip(self.styles, errors):
            self.errors[style] += 0.02 * (error - self.errors[style])

    @staticmethod
    def tensor(pictures):
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


def difference(picture, goal):
    """Squares for the whole, absolute values for what is rare, and gradients, because eyes look at edges."""
    d = picture - goal
    gradients = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
    return (d * d).mean() * 4 + d.abs().mean() * 0.5 + gradients * 0.25


def unevenness(d, have_blocks):
    """Of a difference from pictures of blocks, what is not the same all over a block. A blurred picture is about as near
    to the teacher's as one of blocks whose colours are a little off, but it is no pixel art."""
    d = d * have_blocks[:, None, None, None]
    means = torch.nn.functional.avg_pool2d(d, teachers.BLOCK)
    return ((d - torch.nn.functional.interpolate(means, scale_factor=teachers.BLOCK)) ** 2).mean()


def reconstruction(picture, goal):
    """The autoencoder's. Squares are smallest where fine texture has lost contrast; SSIM asks for it back."""
    return 0.7 * difference(picture, goal) + 0.2 * (1 - likeness(picture, goal))


def likeness(picture, goal):
    """The mean SSIM, over windows of 7 by 7."""
    mean = functools.partial(torch.nn.functional.avg_pool2d, kernel_size=7, stride=1)
    a, b = mean(picture), mean(goal)
    spread_a, spread_b, together = mean(picture**2) - a * a, mean(goal**2) - b * b, mean(picture * goal) - a * b
    light = (2 * a * b + 0.01**2) / (a * a + b * b + 0.01**2)
    texture = (2 * together + 0.03**2) / (spread_a + spread_b + 0.03**2)
    return (light * texture).mean()


def size(latents):
    """Keeps latents within unit size, so that a sigma means what it says."""
    return 1e-3 * (latents**2 - 1).relu().mean()


def decibels(error):
    return -10 * math.log10(max(error, 1e-9))


def step(models, batch):
    """The one-step rule on a batch, as the program applies it. Returns the loss, and the mean squared errors of every
    restyled picture and of those that went through the autoencoder alone."""
    autoencoder, unet, text_encoder = models
    frames, targets, have_blocks, strengths, ids = batch
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
        noise = unet(noisy / (sigma**2 + 1).sqrt(), timesteps, hidden).sample.float()
        predicted = noisy - sigma * noise
        pictures = autoencoder.decoder(torch.cat([predicted, latents[len(frames) :]])).float() * 0.5 + 0.5
    restyled, rebuilt = pictures[: len(frames)], pictures[len(frames) :]
    loss = difference(restyled, goal) + 40 * unevenness(restyled - goal, have_blocks)
    loss = loss + reconstruction(rebuilt, plain) + size(latents)
    with torch.no_grad():
        errors = [
            ((a.clamp(0, 1) - b) ** 2).mean((1, 2, 3)).tolist() for a, b in ((restyled, goal), (rebuilt, plain))
        ]
    return loss, errors


class Training:
    """All that a checkpoint holds."""

    def __init__(self, rate):
        self.models = make_models()
        self.parameters = list(self.models.parameters())
        # As large as its weights are, the last convolution would hardly move at the others' rate.
        last = list(self.models[1].conv_out.parameters())
        others = [p for p in self.parameters if not any(p is one for one in last)]
        groups = [{"params": others, "pace": 1}, {"params": last, "pace": REACH}]
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), weight_decay=1e-4, fused=True)
        self.averages = [p.detach().clone() for p in self.parameters]
        self.steps = 0

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
        }
        torch.save(state, CHECKPOINT + ".partial")
        os.replace(CHECKPOINT + ".partial", CHECKPOINT)

    def load(self):
        state = torch.load(CHECKPOINT, map_location="cpu")
        self.models.load_state_dict(state["models"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.averages, self.steps = state["averages"], state["steps"]

    def load_folder(self, folder):
        # A tokenizer that is trained anew comes out in another order, and the text encoder would know no word.
        if not filecmp.cmp(f"{folder}/tokenizer/vocab.json", f"{prompts.DIR}/vocab.json", shallow=False):
            raise SystemExit(f"{prompts.DIR} is another tokenizer than {folder}'s: copy that one over it first")
        for model, part in zip(self.models, ("vae", "unet", "text_encoder")):
            trained = type(model).from_pretrained(folder, subfolder=part, torch_dtype=torch.float32).state_dict()
            own = model.state_dict()
            if {name: t.shape for name, t in trained.items()} == {name: t.shape for name, t in own.items()}:
                model.load_state_dict(trained)
            else:
                print(f"{part} has another shape there and begins anew", flush=True)
        self.averages = [p.detach().clone() for p in self.parameters]

    def averaged_models(self):
        with torch.no_grad():
            for parameter, average in zip(self.parameters, self.averages):
                parameter.copy_(average)
        return self.models.eval()


def learn_wordings(models, batches, steps=200):
    """Lets the text encoder, and what takes its output, tell the styles by their wordings before there is any picture, as
    SD's comes from CLIP."""
    _, unet, text_encoder = models
    styles = len(batches.errors)
    name = torch.nn.Linear(unet.time_embedding.linear_2.out_features, styles)
    parts = torch.nn.ModuleList([text_encoder, unet.add_embedding, name])
    optimizer = torch.optim.AdamW(parts.parameters(), lr=1e-3)
    for _ in range(steps):
        wanted = [batches.rng.randrange(styles) for _ in range(64)]
        ids = torch.tensor([prompts.encode(prompts.wording(style, batches.rng)) for style in wanted])
        wanted, named = torch.tensor(wanted), name(unet.add_embedding(text_encoder(ids).last_hidden_state))
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(named, wanted).backward()
        optimizer.step()
    print(f"{(named.argmax(1) == wanted).float().mean():.0%} of wordings understood", flush=True)


def learn_pictures(autoencoder, batches, steps=2000):
    """Lets the autoencoder see before there is a UNet, as SD's does: it is quick alone, and slow beside a UNet that knows
    nothing yet."""
    optimizer = torch.optim.AdamW(autoencoder.parameters(), lr=2.5e-3, betas=(0.9, 0.98), fused=True)
    recent = []
    for index in range(1, steps + 1):
        frames, targets, *_ = batches.next(*SMALL)
        plain = torch.cat([frames[::2], targets[1::2]])
        with torch.autocast("cpu", torch.bfloat16):
            latents = autoencoder.encoder(plain * 2 - 1).float()
            rebuilt = autoencoder.decoder(latents).float() * 0.5 + 0.5
        optimizer.zero_grad(set_to_none=True)
        (reconstruction(rebuilt, plain) + size(latents)).backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        optimizer.step()
        recent.append(torch.nn.functional.mse_loss(rebuilt.detach(), plain).item())
        if index % 200 == 0:
            print(f"autoencoder alone: step {index} of {steps}  {decibels(np.mean(recent)):.2f} dB", flush=True)
            recent.clear()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--steps", type=int, default=16000, help="in all, with those of earlier runs")
    arguments.add_argument("--rate", type=float, default=1.5e-3)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--start", metavar="FOLDER", help="begin with this model's parts where their shapes fit")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    training = Training(options.rate)
    if os.path.exists(CHECKPOINT):
        training.load()
    elif options.start:
        training.load_folder(options.start)
    autoencoder, unet, _ = training.models
    for model in (autoencoder, unet):
        model.to(memory_format=torch.channels_last)
    for model in (autoencoder.encoder, autoencoder.decoder, unet):
        model.compile(dynamic=False)
    torch.manual_seed(options.seed + training.steps)
    batches = Batches(random.Random(options.seed + training.steps))
    print(f"{sum(p.numel() for p in training.parameters) / 1e6:.2f} M parameters; compiling", flush=True)
    if training.steps == 0 and not options.start:
        learn_wordings(training.models, batches)
        learn_pictures(autoencoder, batches)

    recent, shown = [], time.monotonic()
    while training.steps < options.steps:
        cosine = 0.5 * (1 + math.cos(math.pi * training.steps / options.steps))
        for group in training.optimizer.param_groups:
            group["lr"] = options.rate * group["pace"] * min(1, (training.steps + 1) / 200) * (0.98 * cosine + 0.02)
        loss, errors = step(training.models, batches.next(*(SMALL if training.steps < options.steps * 7 // 8 else LARGE)))
        training.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(training.parameters, 1.0)
        training.optimizer.step()
        training.steps += 1
        training.average()
        batches.learn(errors[0])
        recent.append([np.mean(part) for part in errors])
        if training.steps % 50 == 0:
            style, plain = np.mean(recent, 0)
            pace, shown = 50 / (time.monotonic() - shown), time.monotonic()
            hardest = max(range(len(batches.errors)), key=batches.errors.__getitem__)
            print(
                f"step {training.steps} of {options.steps}  styles {decibels(style):.2f} dB  "
                f"autoencoder {decibels(plain):.2f} dB  hardest {decibels(batches.errors[hardest]):.1f} dB "
                f"({hardest})  {pace:.2f} steps/s, {(options.steps - training.steps) / pace / 60:.0f} min left",
                flush=True,
            )
            recent.clear()
        if training.steps % 200 == 0:
            training.save()
    training.save()


if __name__ == "__main__":
    main()
