#!/usr/bin/env python3
"""Measures motion against a model run on every frame, and its flow against OpenCV's.

python Tests/Benchmarks/motion.py flow --tool .build/release/restyled-motion
python Tests/Benchmarks/motion.py truth --tool .build/release/restyled-motion --restyled .build/release/restyled CLIP...

Needs ffmpeg, numpy==2.2.6 and opencv-python-headless==4.11.0.86.
"""
import argparse
import pathlib
import subprocess
import tempfile
import time

import cv2
import numpy as np

STYLES = ["oil painting", "pencil sketch", "pixel art"]


def psnr(a, b):
    error = np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2)
    return 10 * np.log10(255 * 255 / max(error, 1e-3))


def ssim(a, b):
    """Wang 2004 on luma, Gaussian window of sigma 1.5."""
    a, b = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY).astype(np.float32) for x in (a, b))
    blur = lambda x: cv2.GaussianBlur(x, (11, 11), 1.5)
    ma, mb = blur(a), blur(b)
    va, vb, vab = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = 6.5025, 58.5225
    return float(np.mean((2 * ma * mb + c1) * (2 * vab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))))


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


def rate_of(clip):
    text = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=r_frame_rate", "-of", "csv=p=0", clip],
        check=True, capture_output=True, text=True).stdout
    top, bottom = text.strip().strip(",").split("/")
    return float(top) / float(bottom)


def frames(path, width, height):
    return np.memmap(path, np.uint8, "r").reshape(-1, height, width, 3)


def render(options, clip, folder):
    """The clip, and each style of its every frame, as raw pictures; kept from one run to the next."""
    width, height = options.size
    name = pathlib.Path(clip).stem
    source = folder / f"{name}.rgb"
    size = f"{width}x{height}"
    if not source.exists():
        ffmpeg("-i", clip, "-t", options.seconds, "-vf", f"scale={width}:{height}", "-f", "rawvideo", "-pix_fmt", "rgb24",
               source)
    styled = []
    for style in STYLES:
        path = folder / f"{name}-{style.replace(' ', '-')}.rgb"
        if not path.exists():
            video = path.with_suffix(".mkv")
            subprocess.run(
                [options.restyled, "run", "-i", clip, "-t", str(options.seconds), "-o", video, "-y", "--prompt", style,
                 "--size", options.model_size, "--output-size", size, "-c:v", "ffv1", "-pix_fmt", "yuv444p"],
                check=True, capture_output=True)
            ffmpeg("-i", video, "-f", "rawvideo", "-pix_fmt", "rgb24", path)
        styled.append((style, path))
    return source, styled


def present(tool, size, source, styled, every, latency, both=False):
    command = [tool, "present", "--size", f"{size[0]}x{size[1]}", "--source", source, "--restyled", styled, "--every",
               str(every), "--latency", str(latency)] + (["--both"] if both else [])
    output = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(output, np.uint8).reshape(-1, size[1], size[0], 3)


def truth(options):
    folder = pathlib.Path(options.folder or tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    print("clip\tstyle\tkeys/s\tage ms\thold dB\tmotion dB\thold SSIM\tmotion SSIM\tframes")
    for clip in options.clips:
        rate = rate_of(clip)
        source, styles = render(options, clip, folder)
        for style, path in styles:
            teacher = frames(path, *options.size)
            for keys in options.rates:
                every = max(1, round(rate / keys))
                shown = present(options.tool, options.size, source, path, every, every)
                count = min(len(teacher), len(shown))
                ages = {}
                for t in range(2 * every, count, options.sample):
                    key = (t - every) // every * every
                    age = (t - key) / rate
                    bucket = next(limit for limit in (0.15, 0.3, 0.6, 9) if age <= limit)
                    held = teacher[key]
                    ages.setdefault(bucket, []).append(
                        (psnr(held, teacher[t]), psnr(shown[t], teacher[t]), ssim(held, teacher[t]),
                         ssim(shown[t], teacher[t])))
                for bucket in sorted(ages):
                    mean = np.mean(ages[bucket], 0)
                    print(f"{pathlib.Path(clip).stem}\t{style}\t{keys}\t≤ {bucket * 1000:.0f}\t{mean[0]:.2f}\t{mean[1]:.2f}\t"
                          f"{mean[2]:.3f}\t{mean[3]:.3f}\t{len(ages[bucket])}", flush=True)
            every = max(1, round(rate / 4))
            shown = present(options.tool, options.size, source, path, every, 0, both=True)
            rows = []
            for t in range(0, min(len(teacher), len(shown)), options.sample):
                if t % every == 0:
                    continue
                held = teacher[t // every * every]
                rows.append((psnr(held, teacher[t]), psnr(shown[t], teacher[t]), ssim(held, teacher[t]),
                             ssim(shown[t], teacher[t])))
            mean = np.mean(rows, 0)
            print(f"{pathlib.Path(clip).stem}\t{style}\t4, both ways\t\t{mean[0]:.2f}\t{mean[1]:.2f}\t{mean[2]:.3f}\t"
                  f"{mean[3]:.3f}\t{len(rows)}", flush=True)


def steady(options):
    """Warped temporal error: how far a picture is from the last one, moved along, where the two agree on the motion."""
    folder = pathlib.Path(options.folder or tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    print("clip\tstyle\tsteadiness\twarped, DIS\twarped, Farneback\tL1\tdB to the teacher")
    width, height = options.size
    for clip in options.clips:
        source, styles = render(options, clip, folder)
        originals = frames(source, width, height)
        flows = {}
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
        dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

        def warped(flow, back, old):
            place = grid + flow
            returned = cv2.remap(back, place, None, cv2.INTER_LINEAR)
            apart = np.sum((flow + returned) ** 2, -1)
            good = apart <= 0.01 * (np.sum(flow**2, -1) + np.sum(returned**2, -1)) + 0.5
            return cv2.remap(old, place, None, cv2.INTER_LINEAR), good

        def measures(name, now, last):
            a, b = (cv2.cvtColor(np.ascontiguousarray(x), cv2.COLOR_RGB2GRAY) for x in (now, last))
            if name == "dis":
                return dis.calc(a, b, None), dis.calc(b, a, None)
            settings = (0.5, 4, 15, 3, 5, 1.2, 0)
            return (cv2.calcOpticalFlowFarneback(a, b, None, *settings),
                    cv2.calcOpticalFlowFarneback(b, a, None, *settings))

        times = range(10, len(originals) - 1, options.sample * 3)
        for t in times:
            flows[t] = {name: measures(name, originals[t], originals[t - 1]) for name in ("dis", "farneback")}
        for style, path in styles:
            teacher = frames(path, width, height)
            for amount in (0, 0.5):
                command = [options.tool, "steady", "--size", f"{width}x{height}", "--source", source, "--restyled", path,
                           "--steadiness", amount]
                output = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE).stdout
                shown = np.frombuffer(output, np.uint8).reshape(-1, height, width, 3)
                rows = []
                for t in times:
                    row = []
                    for name in ("dis", "farneback"):
                        moved, good = warped(*flows[t][name], shown[t - 1])
                        row.append(np.sqrt(np.mean((moved[good].astype(np.float32) - shown[t][good]) ** 2)))
                    row.append(np.mean(np.abs(shown[t].astype(np.float32) - shown[t - 1])))
                    row.append(psnr(shown[t], teacher[t]))
                    rows.append(row)
                mean = np.mean(rows, 0)
                print(f"{pathlib.Path(clip).stem}\t{style}\t{amount}\t" + "\t".join(f"{x:.2f}" for x in mean), flush=True)


def flow(options):
    """The same scenes as the tests', drawn by the tool, with OpenCV's DIS beside it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        print("px a frame\tours\tDIS fast\tDIS ultrafast\tDIS medium\t(mean error, px)", flush=True)
        for speed in (1, 2, 4, 8, 16, 24):
            rows = []
            for seed in range(3):
                pictures, true, visible = scene(speed, seed)
                path = folder / "pair.rgb"
                path.write_bytes(b"".join(x.tobytes() for x in pictures))
                output = subprocess.run(
                    [options.tool, "flow", "--size", "320x180", "--pictures", path], check=True,
                    stdout=subprocess.PIPE).stdout
                ours = np.frombuffer(output, np.float32).reshape(180, 320, 2)
                first, second = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in pictures)
                found = [ours]
                for preset in (cv2.DISOPTICAL_FLOW_PRESET_FAST, cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
                               cv2.DISOPTICAL_FLOW_PRESET_MEDIUM):
                    found.append(cv2.DISOpticalFlow_create(preset).calc(second, first, None))
                rows.append([np.mean(np.linalg.norm(x - true, axis=-1)[visible]) for x in found])
            print(f"{speed}\t" + "\t".join(f"{x:.3f}" for x in np.mean(rows, 0)), flush=True)
        cv2.setNumThreads(1)
        for name, preset in (("fast", cv2.DISOPTICAL_FLOW_PRESET_FAST), ("medium", cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)):
            search = cv2.DISOpticalFlow_create(preset)
            times = []
            for _ in range(60):
                start = time.perf_counter()
                search.calc(second, first, None)
                times.append(time.perf_counter() - start)
            print(f"OpenCV {name}: {1000 * np.median(times):.2f} ms, one thread")


def texture(seed):
    """Octaves of smooth noise and a few hard edges, at twice the scene's size."""
    random = np.random.default_rng(seed)
    width, height = 640 + 128, 360 + 128
    picture = np.full((height, width, 3), 128, np.float32)
    size = 128.0
    while size >= 2:
        cells = random.uniform(-1, 1, (int(height / size) + 3, int(width / size) + 3)).astype(np.float32)
        noise = cv2.resize(cells, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC)[:height, :width]
        picture += noise[..., None] * random.uniform(0.6, 1.6, 3).astype(np.float32) * 5 * np.sqrt(size)
        if size == 64:
            picture += 22 * np.clip(noise * 24, -1, 1)[..., None] * random.uniform(0.6, 1.6, 3).astype(np.float32)
        size /= 2
    return picture


def scene(speed, seed):
    """Two pictures under a homography with two sprites over it; the flow from the second to the first, and what both show."""
    random = np.random.default_rng(100 + seed)
    ground = texture(1000 + seed)
    sprites = []
    angle = random.uniform(0, 2 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)], np.float32)
    for center, radius, motion in (((110, 80), (34, 28), way * speed), ((215, 105), (26, 40), (-way[1] * speed, way[0] * speed))):
        sprites.append((np.float32(center), np.float32(radius), np.float32(motion), texture(2000 + 10 * seed + len(sprites))))
    points = np.stack(np.meshgrid(np.arange(320), np.arange(180)), -1).astype(np.float32)
    turn, scale = 0.001 * speed, 1 + 0.001 * speed
    p = points - np.float32([160, 90])
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    moved = np.stack([c * p[..., 0] - s * p[..., 1], s * p[..., 0] + c * p[..., 1]], -1) - way * (0.5 * speed)
    moved /= 1 + (p @ np.float32([2e-6, -1e-6]) * speed)[..., None]
    moved = (moved + np.float32([160, 90])).astype(np.float32)
    look = lambda picture, at: cv2.remap(cv2.GaussianBlur(picture, (0, 0), 0.8), at * 2 + 64, None, cv2.INTER_LINEAR)
    first, second = look(ground, points), look(ground, moved)
    true = moved - points
    hidden = np.zeros((180, 320), bool)
    covers = lambda at, sprite: np.sum(((at - sprite[0]) / sprite[1]) ** 2, -1) <= 1
    for sprite in sprites:
        hidden |= covers(moved, sprite)
    for index, sprite in enumerate(sprites):
        old = covers(points, sprite)
        first[old] = look(sprite[3], points - sprite[0] + 100)[old]
        new = covers(points - sprite[2], sprite)
        second[new] = look(sprite[3], points - sprite[2] - sprite[0] + 100)[new]
        true[new] = -sprite[2]
        hidden[new] = False
        for above in sprites[index + 1:]:
            hidden |= new & covers(points - sprite[2], above)
    place = points + true
    hidden |= (place[..., 0] < 0) | (place[..., 1] < 0) | (place[..., 0] > 319) | (place[..., 1] > 179)
    noisy = lambda x: np.clip(x + random.normal(0, 2, x.shape) + 0.5, 0, 255).astype(np.uint8)
    return (noisy(first), noisy(second)), true, ~hidden


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["flow", "truth", "steady"])
    parser.add_argument("clips", nargs="*")
    parser.add_argument("--tool", required=True, help="the restyled-motion program")
    parser.add_argument("--restyled", help="the restyled program")
    parser.add_argument("--size", default="640x360", type=lambda x: tuple(map(int, x.split("x"))))
    parser.add_argument("--model-size", default="320x184")
    parser.add_argument("--seconds", default=8, type=float)
    parser.add_argument("--rates", default=[2, 5, 10, 15], type=lambda x: [float(y) for y in x.split(",")])
    parser.add_argument("--sample", default=1, type=int, help="measure every so many frames")
    parser.add_argument("--folder", help="keeps the pictures")
    options = parser.parse_intermixed_args()
    {"flow": flow, "truth": truth, "steady": steady}[options.what](options)


if __name__ == "__main__":
    main()
