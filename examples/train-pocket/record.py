"""Makes the training frames, data/frames.npy, uint8 [N, 2, 360, 640, 3], each with the one that follows it in the game: games
of Debian's that `record-games` has recorded, rooms of Freedoom's maps, Atari 2600 games, drawn scenes.

    python record.py --count 800
"""

import argparse
import glob
import os
import random

import cv2
import numpy as np

HEIGHT, WIDTH = 360, 640
# Played with random joysticks. SuperTux, which the evaluation uses, is in no training frame.
ATARI = (
    "pitfall seaquest qbert montezuma_revenge road_runner enduro frostbite krull battle_zone hero kangaroo ms_pacman"
)
ATARI += " riverraid solaris jamesbond zaxxon beam_rider skiing"


def doom_game(map_name, rng):
    import vizdoom

    game = vizdoom.DoomGame()
    game.set_doom_game_path(os.path.join(os.path.dirname(vizdoom.__file__), "freedoom2.wad"))
    game.set_doom_map(map_name)
    game.set_screen_resolution(vizdoom.ScreenResolution.RES_640X360)
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_render_hud(True)
    game.set_window_visible(False)
    game.set_mode(vizdoom.Mode.PLAYER)
    game.set_episode_timeout(100000)
    game.set_doom_skill(3)
    game.set_seed(rng.randrange(1 << 30))
    names = "MOVE_FORWARD TURN_LEFT TURN_RIGHT ATTACK USE SPEED MOVE_LEFT".split()
    game.set_available_buttons([getattr(vizdoom.Button, name) for name in names])
    game.init()
    return game


def read_recording(path):
    """The pictures of a recording as RGB, thirty a second."""
    capture, screens = cv2.VideoCapture(path), []
    while True:
        ok, screen = capture.read()
        if not ok:
            return screens
        screens.append(np.ascontiguousarray(screen[..., ::-1]))


def recorded(count, rng):
    """Pairs out of each recording in turn: lit, and other than the last one taken of it."""
    paths, pairs = sorted(glob.glob("data/games/*.mkv")), []
    for path in paths:
        screens, last = read_recording(path), 0
        wanted = len(pairs) + count // len(paths)
        for index in sorted(rng.sample(range(len(screens) - 1), min(len(screens) - 1, 3 * count // len(paths)))):
            pair = np.stack(screens[index : index + 2])
            if len(pairs) < wanted and pair[0].mean() > 12 and np.abs(pair[0] - np.float32(last)).mean() > 2:
                pairs.append(pair)
                last = pair[0]
    return pairs


def doom(count, rng):
    frames = []
    maps = [f"MAP{number:02d}" for number in range(1, 31)]
    rng.shuffle(maps)
    for name in maps[:20]:
        game, wanted = doom_game(name, rng), len(frames) + max(1, count // 20)
        while len(frames) < wanted:
            if game.is_episode_finished():
                game.new_episode()
            turn, fire, use, aside = rng.random(), rng.random() < 0.3, rng.random() < 0.3, rng.random() < 0.1
            action = [turn < 0.75, 0.75 < turn < 0.87, turn > 0.87, fire, use, False, aside]
            pair = []
            for tics in (rng.randrange(6, 18), 1):
                game.make_action([float(pressed) for pressed in action], tics)
                pair.append(game.get_state())
            if None not in pair:
                frames.append(np.stack([state.screen_buffer for state in pair]))
        game.close()
    return frames


def atari(count, rng):
    from ale_py import ALEInterface, LoggerMode, roms

    ALEInterface.setLoggerMode(LoggerMode.Error)
    frames = []
    for name in ATARI.split():
        game = ALEInterface()
        game.setInt("random_seed", rng.randrange(1 << 30))
        game.loadROM(roms.get_rom_path(name))
        actions, action = game.getLegalActionSet(), 0
        for _ in range(count // len(ATARI.split())):
            for _ in range(rng.randrange(8, 25)):
                if rng.random() < 0.2:
                    action = rng.choice(actions)
                game.act(action)
                if game.game_over():
                    game.reset_game()
            smoothness, y, pair = rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR]), rng.randrange(480 - HEIGHT), []
            for _ in range(2):
                screen = cv2.resize(game.getScreenRGB(), (WIDTH, 480), interpolation=smoothness)
                pair.append(screen[y : y + HEIGHT])
                game.act(action)
            frames.append(np.stack(pair))
    return frames


def draw_shape(picture, color, rng, generator):
    p, q = ((rng.randrange(WIDTH), rng.randrange(HEIGHT)) for _ in range(2))
    kind = rng.randrange(5)
    if kind == 0:
        cv2.rectangle(picture, p, (p[0] + rng.randrange(4, 180), p[1] + rng.randrange(4, 180)), color, -1)
    elif kind == 1:
        cv2.circle(picture, p, rng.randrange(3, 90), color, -1)
    elif kind == 2:
        cv2.line(picture, p, q, color, rng.randrange(1, 5))
    elif kind == 3:
        corners = generator.integers(0, [WIDTH, HEIGHT], (rng.randrange(3, 7), 2)).astype(np.int32)
        cv2.fillPoly(picture, [corners], color)
    else:
        text = rng.choice(["HP 100", "AMMO 50", "SCORE", "1UP", "42", "LEVEL 3"])
        cv2.putText(picture, text, p, rng.randrange(4), rng.uniform(0.5, 2), color, rng.randrange(1, 3))


def drawn(count, rng):
    """Gradients, textures, shapes, writing and bricks of all colours, which no one game has."""
    generator, frames = np.random.default_rng(rng.randrange(1 << 30)), []
    for _ in range(count):
        top, bottom = generator.integers(0, 256, (2, 3))
        height = np.linspace(0, 1, HEIGHT)[:, None, None]
        picture = top * (1 - height) + bottom * height + np.zeros((HEIGHT, WIDTH, 3))
        coarse = generator.normal(0, 1, (rng.randrange(4, 24), rng.randrange(6, 40), 3)).astype(np.float32)
        texture = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=rng.choice([cv2.INTER_CUBIC, cv2.INTER_NEAREST]))
        picture = np.clip(picture + texture * rng.randrange(5, 45), 0, 255).astype(np.uint8)
        for _ in range(rng.randrange(5, 40)):
            draw_shape(picture, tuple(int(value) for value in generator.integers(0, 256, 3)), rng, generator)
        if rng.random() < 0.5:
            brick = rng.randrange(8, 24)
            picture[::brick] = (picture[::brick] * 0.5).astype(np.uint8)
            picture[:, :: brick * 2] = (picture[:, :: brick * 2] * 0.5).astype(np.uint8)
        if rng.random() < 0.5:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.5))
        step = np.float32([[1, 0, rng.uniform(-6, 6)], [0, 1, rng.uniform(-3, 3)]])
        moved = cv2.warpAffine(picture, step, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        frames.append(np.stack([picture, moved]))
    return frames


def relit(pair, generator):
    """Doom's rooms are dark and brown: lit and tinted at random, the same geometry stands for many games."""
    x = pair.astype(np.float32) / 255
    if generator.random() < 0.65 and x.mean() < 0.35:
        x = x ** generator.uniform(0.4, 0.8)
    if generator.random() < 0.4:
        x = x[..., generator.permutation(3)]
    if generator.random() < 0.3:
        gray = x.mean(-1, keepdims=True)
        x = np.clip(gray + (x - gray) * generator.uniform(0.3, 2), 0, 1)
    if generator.random() < 0.5:
        x = x[:, :, ::-1]
    return np.clip(x * 255 + 0.5, 0, 255).astype(np.uint8)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=800)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    rng, count = random.Random(options.seed), options.count
    frames = recorded(count * 60 // 100, rng) + doom(count * 22 // 100, rng)
    frames += atari(count * 8 // 100, rng) + drawn(count * 10 // 100, rng)
    rng.shuffle(frames)
    generator = np.random.default_rng(options.seed)
    os.makedirs("data", exist_ok=True)
    np.save("data/frames.npy", np.stack([relit(pair, generator) for pair in frames]))
    print(f"{len(frames)} pairs of frames")


if __name__ == "__main__":
    main()
