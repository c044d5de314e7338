"""Trains pocket: first the autoencoder alone, then text encoder and UNet together, by how their latents differ from those of
the teachers' pictures.

    python train.py --steps 30000

Works in bfloat16 on a CPU, and needs no GPU. Every 100 steps the state is saved to data/checkpoint.pt; a run that finds one
goes on from it. A later run with other --steps stretches the schedule to them.
"""

import argparse
import dataclasses
import filecmp
import functools
import math
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

import prompts
import teachers

CHECKPOINT = "data/checkpoint.pt"
# Height and width of a crop in pixels, multiples of 16, and crops in a batch. A norm sees a whole picture at once, whose
# brightness varies more than a small crop's, so the last quarter of the steps is on nearly whole frames.
SMALL, LARGE = (128, 128, 8), (352, 640, 2)
SIZE = (360, 640)
# How much further than a crop filters look, in pixels.
MARGIN = 16
FLOW = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
# Pictures of a batch whose next one is restyled as well, so that the two can be held together.
STEADIED = 2


def make_models():
    """What takes little time a frame: few channels where there are many pixels, no attention in the UNet, the prompt in
    its time embedding. Latents at half the size hold as many numbers as the picture; on them the UNet has one resnet, on
    the way up, for they cost it most."""
    autoencoder = AutoencoderTiny(
        encoder_block_out_channels=(16,) * 2,
        decoder_block_out_channels=(16,) * 2,
        latent_channels=12,
        num_encoder_blocks=(0, 0),
        num_decoder_blocks=(2, 0),
    )
    unet = UNet2DConditionModel(
        sample_size=240,
        in_channels=12,
        out_channels=12,
        block_out_channels=(16, 16, 64),
        layers_per_block=(0, 1, 2),
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
        mid_block_type=None,
        time_embedding_dim=128,
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
    """Random crops with a style, a wording and a strength each; styles that are far from their teachers come more often, and
    painters twice as often as filters. A thread makes the next ones meanwhile."""

    def __init__(self, rng):
        self.rng = rng
        self.frames = np.load("data/frames.npy", mmap_mode="r")
        self.names = [(name,) for name in teachers.STYLES] + teachers.BLENDS
        # Each style's mean squared error of late.
        self.errors = [0.01] * len(self.names)
        self.shape, self.ready, self.worker = None, None, ThreadPoolExecutor(1)

    def next(self, *shape):
        batch = self.ready.result() if self.shape == shape else self.make(*shape)
        self.shape, self.ready = shape, self.worker.submit(self.make, *shape)
        return batch

    def target(self, names, index, window, margin):
        """The picture that the last of `names` makes, under the tone of the one before, if there is one. A painter's norms take
        in all that it is shown, so it is shown what the model is; filters look a little further than the crop."""
        wide = np.array(self.frames[index, 0][margin])
        if names[-1] in teachers.PAINTED:
            wide[window] = teachers.apply(names[-1], wide[window])
        else:
            wide = teachers.apply(names[-1], wide)
        for tone in names[:-1]:
            wide = teachers.apply(tone, wide)
        return wide[window]

    def make(self, height, width, count):
        """Of `count` crops the first STEADIED come with what follows them."""
        pairs, targets, strengths, ids, moved, same = [], [], [], [], [], []
        wanted = [
            math.sqrt(error) * (0.3 if len(names) == 2 else 2 if names[0] in teachers.PAINTED else 1)
            for error, names in zip(self.errors, self.names)
        ]
        styles = self.rng.choices(range(len(self.names)), wanted, k=count)
        for style in styles:
            index = self.rng.randrange(len(self.frames))
            # Pixel art's blocks stay where they are.
            grid = teachers.BLOCK if self.names[style][-1] == "pixel art" else 1
            y, x = (self.rng.randrange((n - size) // grid + 1) * grid for n, size in zip(SIZE, (height, width)))
            top, left = min(y, MARGIN), min(x, MARGIN)
            margin = slice(y - top, y + height + MARGIN), slice(x - left, x + width + MARGIN)
            window = slice(top, top + height), slice(left, left + width)
            pair = self.frames[index][:, y : y + height, x : x + width]
            target = self.target(self.names[style], index, window, margin)
            if grid == 1 and self.rng.random() < 0.5:
                pair, target = pair[:, :, ::-1], target[:, ::-1]
            pairs.append(np.ascontiguousarray(pair))
            targets.append(target)
            # Half is where most people are.
            strengths.append(self.rng.choice([0.5, self.rng.uniform(0.02, 1)]))
            ids.append(prompts.encode(prompts.wording(style, self.rng)))
        for before, after in pairs[:STEADIED]:
            flow, seen = motion(before, after)
            moved.append(flow)
            same.append(seen)
        have_blocks = torch.tensor([self.names[style][-1] == "pixel art" for style in styles])
        frames = [pair[0] for pair in pairs] + [pair[1] for pair in pairs[:STEADIED]]
        return Batch(
            styles,
            self.tensor(frames),
            self.tensor(targets),
            have_blocks,
            strengths,
            torch.tensor(ids),
            torch.from_numpy(np.stack(moved)),
            torch.from_numpy(np.stack(same))[:, None],
        )

    def learn(self, styles, errors):
        for style, error in zip(styles, errors):
            self.errors[style] += 0.02 * (error - self.errors[style])

    @staticmethod
    def tensor(pictures):
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


@dataclasses.dataclass
class Batch:
    styles: list
    # The crops, [count + STEADIED, 3, height, width], the last of which follow the first.
    frames: torch.Tensor
    targets: torch.Tensor
    have_blocks: torch.Tensor
    strengths: list
    ids: torch.Tensor
    # Where each pixel of what follows comes from, for grid_sample, and whether it is the same there.
    moved: torch.Tensor
    same: torch.Tensor


def motion(before, after):
    """Where every pixel of `after` was in `before`, in grid_sample's coordinates, and whether it looks the same there."""
    height, width = before.shape[:2]
    flow = FLOW.calc(cv2.cvtColor(after, cv2.COLOR_RGB2GRAY), cv2.cvtColor(before, cv2.COLOR_RGB2GRAY), None)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    warped = cv2.remap(before, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    same = inside & (np.abs(warped.astype(np.float32) - after).max(2) < 12)
    return np.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], 2), same.astype(np.float32)


def difference(picture, goal):
    """Squares for the whole, absolute values for what is rare, and gradients, because eyes look at edges."""
    d = picture - goal
    gradients = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
    return (d * d).mean() * 4 + d.abs().mean() * 0.5 + gradients * 0.25


def unevenness(d, have_blocks):
    """Of a difference from pictures of blocks, what is not the same all over a block. A blurred picture is about as near
    to the teacher's as one of blocks whose colours are a little off, but it is not pixel art."""
    d = d * have_blocks[:, None, None, None]
    means = torch.nn.functional.avg_pool2d(d, teachers.BLOCK // 2)
    return ((d - torch.nn.functional.interpolate(means, scale_factor=teachers.BLOCK // 2)) ** 2).mean()


def reconstruction(picture, goal):
    """The autoencoder's. Squares are smallest where fine texture has lost contrast; SSIM asks for it back."""
    return 0.7 * difference(picture, goal) + 0.2 * (1 - likeness(picture, goal))


def likeness(picture, goal):
    """The mean SSIM, over windows of 8 by 8."""
    mean = functools.partial(torch.nn.functional.avg_pool2d, kernel_size=8, stride=4)
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
    """The one-step rule on a batch, as the program applies it, up to the latents: the encoder has no activation, so they
    differ about as much as pictures do, at half the size and without the decoder's cost. Returns the loss, the mean squared
    error of each picture, and that between a picture and the one after it, moved along."""
    autoencoder, unet, text_encoder = models
    count = len(batch.targets)
    strengths = batch.strengths + batch.strengths[:STEADIED]
    levels = [noise_level(strength) for strength in strengths]
    timesteps = torch.tensor([level[0] for level in levels])
    sigma = torch.tensor([level[1] for level in levels], dtype=torch.float32)[:, None, None, None]
    share = torch.tensor([teacher_share(strength) for strength in batch.strengths])[:, None, None, None]
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            latents = autoencoder.encoder(torch.cat([batch.frames, batch.targets]) * 2 - 1).float()
        clean, targets = latents.split([count + STEADIED, count])
        goal = clean[:count] * (1 - share) + targets * share
        noise = torch.randn_like(goal)
        # A stream keeps its noise.
        noisy = clean + sigma * torch.cat([noise, noise[:STEADIED]])
        hidden = text_encoder(torch.cat([batch.ids, batch.ids[:STEADIED]])).last_hidden_state
        predicted = noisy - sigma * unet(noisy / (sigma**2 + 1).sqrt(), timesteps, hidden).sample.float()
    restyled, after = predicted.split([count, STEADIED])
    before = torch.nn.functional.grid_sample(restyled[:STEADIED], batch.moved[:, ::2, ::2], "bilinear", "border", False)
    unsteady = ((after - before) ** 2 * torch.nn.functional.avg_pool2d(batch.same, 2)).mean()
    loss = difference(restyled, goal) + 10 * unevenness(restyled - goal, batch.have_blocks) + unsteady
    with torch.no_grad():
        errors = ((restyled - goal) ** 2).mean((1, 2, 3)).tolist()
    return loss, errors, unsteady.item()


def from_the_finest(trained, levels):
    """A UNet's tensors, of its up path no more than `levels` blocks: these are counted from the deepest, so those that work
    on the same size have other names where a model has more levels."""
    blocks = [int(name.split(".")[1]) for name in trained if name.startswith("up_blocks.")]
    surplus = max(blocks) + 1 - levels
    renamed = {}
    for name, tensor in trained.items():
        part, *rest = name.split(".")
        if part == "up_blocks":
            name = ".".join([part, str(int(rest[0]) - surplus), *rest[1:]])
        renamed[name] = tensor
    return renamed


class Training:
    """All that a checkpoint holds."""

    def __init__(self, rate):
        self.models = make_models()
        # The autoencoder has learned alone, and stays.
        self.parameters = [p for model in self.models[1:] for p in model.parameters()]
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
        """Takes over what fits of another model, and returns the parts that came whole."""
        parts, whole = dict(zip(("vae", "unet", "text_encoder"), self.models)), set()
        # A tokenizer that is trained again comes out in another order, and the text encoder would know no word.
        if not filecmp.cmp(f"{folder}/tokenizer/vocab.json", f"{prompts.DIR}/vocab.json", shallow=False):
            del parts["text_encoder"]
        for part, model in parts.items():
            trained = type(model).from_pretrained(folder, subfolder=part, torch_dtype=torch.float32).state_dict()
            if part == "unet":
                trained = from_the_finest(trained, len(model.up_blocks))
            own = model.state_dict()
            fitting = {name: t for name, t in trained.items() if name in own and own[name].shape == t.shape}
            model.load_state_dict(own | fitting)
            print(f"{part}: {len(fitting)} of {len(own)} tensors are taken over", flush=True)
            if len(fitting) == len(own):
                whole.add(part)
        self.averages = [p.detach().clone() for p in self.parameters]
        return whole

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


def learn_pictures(autoencoder, batches, steps):
    """Lets the autoencoder see before there is a UNet, as SD's does: it is quick alone, and slow beside a UNet that knows
    nothing yet."""
    optimizer = torch.optim.AdamW(autoencoder.parameters(), lr=2.5e-3, betas=(0.9, 0.98), fused=True)
    recent = []
    for index in range(1, steps + 1):
        batch = batches.next(*SMALL)
        plain = torch.cat([batch.frames[::2], batch.targets[1::2]])
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
    arguments.add_argument("--steps", type=int, default=30000, help="in all, with those of earlier runs")
    arguments.add_argument("--rate", type=float, default=1.5e-3)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument(
        "--threads", type=int, default=2, help="one where others work as well: two wait for each other"
    )
    arguments.add_argument("--start", metavar="FOLDER", help="begin with what fits of this model")
    arguments.add_argument("--alone", type=int, default=4000, help="steps of the autoencoder alone, before the others")
    arguments.add_argument("--compile", action="store_true", help="takes minutes, and makes the steps after it quicker")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    training, learned = Training(options.rate), set()
    if os.path.exists(CHECKPOINT):
        training.load()
        learned = {"vae", "text_encoder"}
    elif options.start:
        learned = training.load_folder(options.start)
    autoencoder, unet, _ = training.models
    for model in (autoencoder, unet):
        model.to(memory_format=torch.channels_last)
    if options.compile:
        unet.compile(dynamic=False)
    torch.manual_seed(options.seed + training.steps)
    batches = Batches(random.Random(options.seed + training.steps))
    print(f"{sum(p.numel() for p in training.parameters) / 1e6:.2f} M parameters", flush=True)
    if "text_encoder" not in learned:
        learn_wordings(training.models, batches)
    if "vae" not in learned:
        learn_pictures(autoencoder, batches, options.alone)
    training.save()

    recent, shown = [], time.monotonic()
    while training.steps < options.steps:
        cosine = 0.5 * (1 + math.cos(math.pi * training.steps / options.steps))
        for group in training.optimizer.param_groups:
            group["lr"] = options.rate * group["pace"] * min(1, (training.steps + 1) / 200) * (0.98 * cosine + 0.02)
        batch = batches.next(*(SMALL if training.steps < options.steps * 3 // 4 else LARGE))
        loss, errors, unsteady = step(training.models, batch)
        training.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(training.parameters, 1.0)
        training.optimizer.step()
        training.steps += 1
        training.average()
        batches.learn(batch.styles, errors)
        recent.append([np.mean(errors), unsteady])
        if training.steps % 25 == 0:
            style, unsteady = np.mean(recent, 0)
            pace, shown = 25 / (time.monotonic() - shown), time.monotonic()
            hardest = max(range(len(batches.errors)), key=batches.errors.__getitem__)
            print(
                f"step {training.steps} of {options.steps}  styles {decibels(style):.2f} dB  "
                f"flicker {decibels(unsteady):.2f} dB  hardest {decibels(batches.errors[hardest]):.1f} dB "
                f"({hardest})  {pace:.2f} steps/s, {(options.steps - training.steps) / pace / 60:.0f} min left",
                flush=True,
            )
            recent.clear()
        if training.steps % 100 == 0:
            training.save()
    training.save()


if __name__ == "__main__":
    main()
