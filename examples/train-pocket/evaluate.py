"""Measures a model folder on a recording of a game that it was not trained on, with diffusers' own classes.

    python evaluate.py ../../Sources/CPocketModel/pocket data/held-out.mkv ../pocket.jpg

Prints, for every style: for painters how far pictures are from the style, as a multiple of how far the teacher's own are;
for filters PSNR to the teacher's picture; the share of frames whose nearest teacher is the right one; PSNR to the input over
the strengths; and the warped temporal error beside the teacher's and the recording's own.
"""

import math
import sys

import cv2
import numpy as np
import torch
from diffusers import AutoencoderTiny, EulerAncestralDiscreteScheduler, UNet2DConditionModel
from skimage.metrics import structural_similarity
from transformers import CLIPTextModel, CLIPTokenizer

import teachers
from features import gram

torch.set_grad_enabled(False)
STRENGTHS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
# The contact sheet's: strengths, and what a tile and the names beside them take, in pixels.
SHOWN = (0.3, 0.5, 1.0)
TILE, MARGIN = (320, 180), 190


class Pocket:
    """The one-step rule, spelled out."""

    def __init__(self, folder):
        self.vae = AutoencoderTiny.from_pretrained(folder, subfolder="vae", torch_dtype=torch.float32)
        self.unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", torch_dtype=torch.float32)
        self.text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder", torch_dtype=torch.float32)
        self.tokenizer = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer")
        self.abar = EulerAncestralDiscreteScheduler.from_pretrained(folder, subfolder="scheduler").alphas_cumprod
        self.prompts = {}

    def latents(self, picture):
        x = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
        return self.vae.encode(x).latents

    def decode(self, latents):
        y = self.vae.decode(latents).sample[0].permute(1, 2, 0)
        return ((y / 2 + 0.5).clamp(0, 1) * 255).round().byte().numpy()

    def restyle(self, picture, prompt, strength):
        if prompt not in self.prompts:
            ids = self.tokenizer(prompt, padding="max_length", truncation=True, return_tensors="pt").input_ids
            self.prompts[prompt] = self.text(ids).last_hidden_state
        t = max(round(1000 * strength) - 1, 0)
        sigma = math.sqrt((1 - self.abar[t]) / self.abar[t])
        z = self.latents(picture)
        noise = torch.randn(z.shape, generator=torch.Generator("cpu").manual_seed(1))
        noisy = z + sigma * noise
        predicted = self.unet(noisy / math.sqrt(sigma**2 + 1), torch.tensor([t]), self.prompts[prompt]).sample
        return self.decode(noisy - sigma * predicted)


def psnr(a, b):
    return 10 * math.log10(255**2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9))


def read(path, size=(640, 360)):
    capture, frames = cv2.VideoCapture(path), []
    while True:
        ok, frame = capture.read()
        if not ok:
            return frames
        frames.append(np.ascontiguousarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA)[..., ::-1]))


def different(frames, count):
    """Frames that are lit and unlike the last one taken, evenly spread."""
    taken = []
    for frame in frames:
        if is_lit(frame) and (not taken or np.abs(frame.astype(float) - taken[-1]).mean() > 3):
            taken.append(frame)
    return taken[:: max(1, len(taken) // count)][:count]


def motion(before, after):
    """Where every pixel of `after` was before: [height, width, 2]."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return flow.calc(cv2.cvtColor(after, cv2.COLOR_RGB2GRAY), cv2.cvtColor(before, cv2.COLOR_RGB2GRAY), None)


def panning(frames, count):
    """Neighbours between which most of the picture moves, evenly spread over the recording."""
    pairs = [
        pair
        for pair in list(zip(frames, frames[1:]))[::2]
        if is_lit(pair[0]) and 0.5 < np.median(np.linalg.norm(motion(*pair), axis=2)) < 32
    ]
    return pairs[:: max(1, len(pairs) // count)][:count]


def is_lit(frame):
    """Levels fade to black and back, which would tell little and count as perfect."""
    return frame.mean() > 60


def warped_error(flow, shown_before, shown_after):
    """How far a picture is from the one before it, moved along with the game's motion."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    moved = cv2.remap(shown_before, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.sqrt(np.mean((moved.astype(float) - shown_after) ** 2))


def label(picture, text, x, y):
    return cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)


def sheet_header(texts):
    header = np.full((20, MARGIN + TILE[0] * len(texts), 3), 255, np.uint8)
    for index, text in enumerate(texts):
        label(header, text, MARGIN + TILE[0] * index + 6, 14)
    return header


def sheet_row(name, pictures):
    tiles = [cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.hstack([label(np.full((TILE[1], MARGIN, 3), 255, np.uint8), name, 6, TILE[1] // 2), *tiles])


def write_sheet(pocket, frame, path):
    """Every style at three strengths, and the teacher's picture, of one frame."""
    rows = [sheet_header([f"strength {strength}" for strength in SHOWN] + ["the teacher"])]
    for name, (_, wordings) in teachers.STYLES.items():
        pictures = [pocket.restyle(frame, wordings[0], strength) for strength in SHOWN]
        rows.append(sheet_row(name, pictures + [teachers.apply(name, frame)]))
    cv2.imwrite(path, np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 72])


def main(folder, recording, sheet):
    pocket, everything = Pocket(folder), read(recording)
    frames, pairs = different(everything, 30), panning(everything, 12)
    print(f"{len(frames)} frames of {recording}, {len(pairs)} pairs of panning ones")
    plain = np.mean([psnr(pocket.decode(pocket.latents(f)), f) for f in frames])
    source = np.mean([warped_error(motion(a, b), a, b) for a, b in pairs])
    print(f"autoencoder: {plain:.2f} dB on frames; temporal error of the recording itself {source:.2f}")
    pictures = [{name: teachers.apply(name, frame) for name in teachers.STYLES} for frame in frames]
    truth = [{name: gram(picture) for name, picture in taught.items()} for taught in pictures]
    # A style is what its teacher's pictures of the training frames have in common.
    learned = np.load("data/frames.npy", mmap_mode="r")
    chosen = [np.ascontiguousarray(pair[0]) for pair in learned[:: max(1, len(learned) // 40)]]
    middle = {
        name: torch.stack([gram(teachers.apply(name, frame)) for frame in chosen]).mean(0) for name in teachers.PAINTED
    }
    every_right, steadiness = [], []
    for name, (_, wordings) in teachers.STYLES.items():
        own, theirs, right, likeness = [], [], [], []
        for index, frame in enumerate(frames):
            restyled = pocket.restyle(frame, wordings[index % len(wordings)], 0.5)
            seen = gram(restyled)
            distances = {other: (seen - taught).norm().item() for other, taught in truth[index].items()}
            right.append(min(distances, key=distances.get) == name)
            likeness.append(psnr(restyled, pictures[index][name]))
            if name in middle:
                own.append((seen - middle[name]).norm().item())
                theirs.append((truth[index][name] - middle[name]).norm().item())
        sweep, distance = [], []
        for strength in STRENGTHS:
            swept = [(pocket.restyle(f, wordings[0], strength), f) for f in frames[:: max(1, len(frames) // 4)]]
            sweep.append(np.mean([structural_similarity(*pair, channel_axis=2) for pair in swept]))
            distance.append(np.mean([psnr(*pair) for pair in swept]))
        # The frame is left at every step until the style is whole, at 0.5.
        growing = distance[: STRENGTHS.index(0.5) + 1]
        monotone = all(x > y for x, y in zip(growing, growing[1:]))
        errors = []
        for a, b in pairs:
            flow = motion(a, b)
            taught = teachers.apply(name, a), teachers.apply(name, b)
            shown = pocket.restyle(a, wordings[0], 0.5), pocket.restyle(b, wordings[0], 0.5)
            errors.append((warped_error(flow, *shown), warped_error(flow, *taught)))
        ours, teachers_own = np.mean(errors, 0)
        style = f"style {np.mean(own) / np.mean(theirs):.2f} x the teacher's" if own else " " * 25
        print(
            f"{name:26} {np.mean(likeness):5.2f} dB  {style}  nearest {np.mean(right):4.0%}  to the frame "
            + " ".join(f"{d:.1f}" for d in distance)
            + ("" if monotone else "  NOT monotone")
            + " SSIM "
            + " ".join(f"{s:.2f}" for s in sweep)
            + f"  temporal {ours:.2f}, the teacher's {teachers_own:.2f}, {ours / teachers_own:.2f} x",
            flush=True,
        )
        every_right += right
        steadiness.append(ours / teachers_own)
    print(f"right style nearest: {np.mean(every_right):.1%}; temporal error {np.mean(steadiness):.2f} x the teachers'")
    write_sheet(pocket, frames[len(frames) // 2], sheet)


if __name__ == "__main__":
    main(*sys.argv[1:4])
