"""Measures a model folder on a recording of a game that it was not trained on, with diffusers' own classes.

    python evaluate.py ../../Sources/CPocketModel/pocket data/held-out.mkv ../pocket.jpg

Prints, for every style: PSNR to the teacher's picture at strength 0.5, the share of frames whose nearest teacher is the
right one, SSIM to the input over the strengths, and the warped temporal error beside the filter's own.
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

torch.set_grad_enabled(False)
STRENGTHS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
# The contact sheet's: strengths, and what a tile and the names beside them take, in pixels.
SHOWN = (0.1, 0.3, 0.5, 1.0)
TILE, MARGIN = (192, 115), 140


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


def read(path, every):
    capture, frames, index = cv2.VideoCapture(path), [], 0
    while True:
        ok, frame = capture.read()
        if not ok:
            return frames
        if index % every == 0:
            frames.append(cv2.resize(frame, (320, 192), interpolation=cv2.INTER_AREA)[..., ::-1])
        index += 1


def motion(before, after):
    """Where every pixel of `after` was before: [height, width, 2]."""
    return cv2.calcOpticalFlowFarneback(
        cv2.cvtColor(after, cv2.COLOR_RGB2GRAY),
        cv2.cvtColor(before, cv2.COLOR_RGB2GRAY),
        None,
        0.5,
        3,
        15,
        3,
        5,
        1.2,
        0,
    )


def panning(frames, count):
    """Neighbours between which most of the picture moves, evenly spread over the recording."""
    pairs = [
        pair
        for pair in zip(frames, frames[1:])
        if is_lit(pair[0]) and 0.5 < np.median(np.linalg.norm(motion(*pair), axis=2)) < 16
    ]
    return pairs[:: max(1, len(pairs) // count)][:count]


def is_lit(frame):
    """Levels fade to black and back, which would tell little and count as perfect."""
    return frame.mean() > 60


def warped_error(before, after, shown_before, shown_after):
    """How far a picture is from the one before it, moved along with the game's motion."""
    flow = motion(before, after)
    y, x = np.mgrid[: before.shape[0], : before.shape[1]].astype(np.float32)
    moved = cv2.remap(shown_before, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.mean((moved.astype(float) - shown_after) ** 2)


def label(picture, text, x, y):
    return cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)


def sheet_header(texts):
    header = np.full((20, MARGIN + TILE[0] * len(texts), 3), 255, np.uint8)
    for index, text in enumerate(texts):
        label(header, text, MARGIN + TILE[0] * index + 6, 14)
    return header


def sheet_row(name, pictures):
    tiles = [cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.hstack([label(np.full((TILE[1], MARGIN, 3), 255, np.uint8), name, 6, TILE[1] // 2), *tiles])


def main(folder, recording, sheet):
    pocket, frames = Pocket(folder), [frame for frame in read(recording, 20) if is_lit(frame)]
    pairs = panning(read(recording, 1), 20)
    print(f"{len(frames)} frames of {recording}, {len(pairs)} pairs of panning ones")
    truth = [{name: teachers.apply(name, frame) for name in teachers.STYLES} for frame in frames]
    plain = np.mean([psnr(pocket.decode(pocket.latents(f)), f) for f in frames])
    taught = np.mean([psnr(pocket.decode(pocket.latents(y)), y) for t in truth for y in t.values()])
    print(f"autoencoder: {plain:.2f} dB on frames, {taught:.2f} dB on teachers' pictures")
    nearest_all, shown, pictures = [], frames[len(frames) // 2], truth[len(frames) // 2]
    rows = [sheet_header([f"strength {strength}" for strength in SHOWN] + ["the teacher"])]
    for name, (_, wordings) in teachers.STYLES.items():
        scores, right = [], []
        for index, frame in enumerate(frames):
            restyled = pocket.restyle(frame, wordings[index % len(wordings)], 0.5)
            distances = {other: psnr(restyled, picture) for other, picture in truth[index].items()}
            scores.append(distances[name])
            right.append(max(distances, key=distances.get) == name)
        sweep, distance = [], []
        for strength in STRENGTHS:
            swept = [(pocket.restyle(f, wordings[0], strength), f) for f in frames[:: max(1, len(frames) // 8)]]
            sweep.append(np.mean([structural_similarity(*pair, channel_axis=2) for pair in swept]))
            distance.append(np.mean([psnr(*pair) for pair in swept]))
        ours, own = [], []
        for a, b in pairs:
            ours.append(warped_error(a, b, pocket.restyle(a, wordings[0], 0.5), pocket.restyle(b, wordings[0], 0.5)))
            own.append(warped_error(a, b, teachers.apply(name, a), teachers.apply(name, b)))
        # By squares the frame is left at every step until the style is whole, at 0.5. By SSIM the autoencoder hides the first
        # few: what is wanted at 0.02 of oil painting comes through it nearer to the frame than the frame itself does.
        growing = distance[: STRENGTHS.index(0.5) + 1]
        monotone = all(x > y for x, y in zip(growing, growing[1:]))
        monotone = monotone and all(x >= y - 0.005 for x, y in zip(sweep, sweep[1:]))
        print(
            f"{name:18} {np.mean(scores):6.2f} dB  nearest {np.mean(right):4.0%}  SSIM "
            + " ".join(f"{s:.2f}" for s in sweep)
            + ("" if monotone else "  NOT monotone")
            + f"  temporal {np.mean(ours) / max(np.mean(own), 1e-9):.2f} x the filter's",
            flush=True,
        )
        nearest_all += right
        rows.append(sheet_row(name, [pocket.restyle(shown, wordings[0], s) for s in SHOWN] + [pictures[name]]))
    print(f"right style nearest: {np.mean(nearest_all):.1%} of all")
    cv2.imwrite(sheet, np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 72])


if __name__ == "__main__":
    main(*sys.argv[1:4])
