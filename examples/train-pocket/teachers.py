"""The teachers: each style as a deterministic filter of one RGB8 picture. Of position they know nothing but pixel art's
grid of 4 from the top left corner: a convolutional network can find blocks that it has itself made by striding, but no
line or dot in the middle of an even area."""

import cv2, numpy as np

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


def kuwahara(x, r):
    """The mean of whichever of four neighbouring squares varies least: flat strokes with sharp borders. Softly weighted, so
    that noise does not flip it."""
    x = f32(x)
    k = r + 1
    mean = cv2.boxFilter(x, -1, (k, k))
    sq = cv2.boxFilter(x * x, -1, (k, k))
    var = np.clip(sq - mean * mean, 0, 1).sum(2)
    h = k // 2
    num = 0
    den = 0
    for dy in (-h, h):
        for dx in (-h, h):
            m = np.float32([[1, 0, dx], [0, 1, dy]])
            s = (x.shape[1], x.shape[0])
            mm = cv2.warpAffine(mean, m, s, borderMode=cv2.BORDER_REFLECT)
            vv = cv2.warpAffine(var, m, s, borderMode=cv2.BORDER_REFLECT)
            w = 1 / (vv + 2e-4) ** 3
            num = num + mm * w[..., None]
            den = den + w[..., None]
    return num / den


def oil(x):
    return np.clip(saturate(kuwahara(u8(kuwahara(x, 4)), 4), 1.5) * 1.08, 0, 1)


def watercolor(x):
    b = cv2.bilateralFilter(x, 9, 60, 6)
    b = f32(cv2.bilateralFilter(b, 9, 60, 6))
    paper = mix(saturate(b, 1.25), np.ones_like(b), 0.42)
    return np.clip(paper - 0.5 * edges(u8(b), 1.2)[..., None] ** 1.0 * 0.6, 0, 1)


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


def cartoon(x):
    b = x
    for _ in range(2):
        b = cv2.bilateralFilter(b, 7, 50, 5)
    f = posterize(saturate(f32(b), 1.7) ** 0.8, 4, 10)
    line = np.clip(1.15 - edges(x, 1.0) * 2.2, 0, 1)[..., None]
    return np.clip(f * line, 0, 1)


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


def noir(x):
    g = blur(lum(x), 0.5)
    c = 1 / (1 + np.exp(-(g - 0.45) * 10))
    return np.repeat((c * 0.82)[..., None], 3, 2)


def blueprint(x):
    e = np.clip(edges(x, 0.9) * 1.8, 0, 1)[..., None]
    return mix(np.float32([0.05, 0.2, 0.52]) + 0.1 * blur(lum(x), 2)[..., None], np.float32([0.92, 0.96, 1.0]), e)


JEWELS = [(20, 16, 60), (30, 50, 170), (20, 130, 120), (190, 30, 60), (240, 150, 40), (250, 230, 150)]


def glass(x):
    """Panes of the jewel that a place's brightness stands for, mixed with its own colour; lead along the edges."""
    b = x
    for _ in range(2):
        b = cv2.bilateralFilter(b, 9, 60, 6)
    panes = ramp(posterize(blur(lum(b), 2.0), len(JEWELS) - 1, 12), JEWELS)
    lead = np.clip((edges(b, 1.8) - 0.08) * 8, 0, 1)
    return np.clip(mix(mix(panes, saturate(f32(b), 2.2), 0.4), np.float32([0.05, 0.05, 0.07]), 0.9 * lead[..., None]), 0, 1)


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


def thermal(x):
    return ramp(blur(lum(x), 1.0), [(10, 0, 70), (0, 90, 200), (0, 190, 120), (230, 220, 0), (230, 30, 20)])


def comic(x):
    """Four flat inks by brightness, and black outlines."""
    inks = ramp(posterize(blur(lum(x), 1.0), 3, 16), [(30, 20, 90), (225, 30, 110), (255, 200, 40), (255, 250, 235)])
    line = np.clip(1.1 - edges(x, 1.0) * 2.0, 0, 1)
    return np.clip(mix(inks, saturate(f32(x), 2.0), 0.15) * line[..., None], 0, 1)


def emboss(x):
    g = blur(lum(x), 1.0)
    e = cv2.filter2D(g, -1, np.float32([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]))
    c = np.clip(0.55 + e * 0.9, 0, 1)
    return np.clip(c[..., None] * np.float32([1.0, 0.86, 0.74]), 0, 1)


STYLES = {
    "oil painting": (oil, ["oil painting", "painted in oil", "oil on canvas", "impasto painting"]),
    "watercolour": (watercolor, ["watercolour", "watercolor", "watercolor painting", "aquarelle"]),
    "pencil sketch": (pencil, ["pencil sketch", "pencil drawing", "graphite sketch", "hand drawn sketch"]),
    "manga ink": (ink, ["manga", "ink drawing", "black and white manga", "pen and ink", "ink"]),
    "cartoon": (cartoon, ["cartoon", "cel shaded", "cel-shaded cartoon", "anime cel", "toon shading"]),
    "pixel art": (pixel, ["pixel art", "8-bit", "retro pixels", "8 bit console game", "pixelated"]),
    "neon": (neon, ["neon", "cyberpunk", "neon city", "neon lights", "synthwave"]),
    "film noir": (noir, ["film noir", "noir", "black and white film", "high contrast black and white"]),
    "blueprint": (blueprint, ["blueprint", "technical drawing", "architect's plan", "blueprint drawing"]),
    "stained glass": (glass, ["stained glass", "stained glass window", "church window", "glass mosaic"]),
    "winter": (snow, ["winter", "snow", "snowy", "frozen", "covered in snow"]),
    "golden sunset": (sunset, ["sunset", "golden sunset", "golden hour", "warm evening light"]),
    "moonlit night": (night, ["night", "moonlight", "moonlit night", "at night"]),
    "sepia photograph": (sepia, ["sepia", "old photograph", "vintage photo", "sepia photograph"]),
    "thermal camera": (thermal, ["thermal", "thermal camera", "infrared", "heat vision"]),
    "pop art comic": (comic, ["comic book", "pop art", "comic panel", "comic"]),
    "clay": (emboss, ["clay", "clay relief", "carved in clay", "embossed", "relief"]),
}
BLENDS = [
    ("winter", "pencil sketch"),
    ("winter", "oil painting"),
    ("golden sunset", "watercolour"),
    ("golden sunset", "oil painting"),
    ("moonlit night", "cartoon"),
    ("golden sunset", "pixel art"),
    ("winter", "pixel art"),
]


def apply(name, x):
    return u8(STYLES[name][0](x))


def blend(tone, texture, x):
    return apply(tone, apply(texture, x))
