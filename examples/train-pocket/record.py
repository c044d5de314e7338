"""Records training frames (uint8, N x 192 x 320 x 3): Doom-engine rooms with Freedoom, Atari 2600 games, drawn scenes."""

import argparse, os, random
import cv2, numpy as np

H, W = 192, 320


def doom(count, rng):
    import vizdoom as vzd

    frames = []
    maps = [f"MAP{n:02d}" for n in range(1, 31)]
    rng.shuffle(maps)
    each = max(1, count // 20)
    wad = os.path.join(os.path.dirname(vzd.__file__), "freedoom2.wad")
    for name in maps[:20]:
        game = vzd.DoomGame()
        game.set_doom_game_path(wad)
        game.set_doom_map(name)
        game.set_screen_resolution(vzd.ScreenResolution.RES_640X480)
        game.set_screen_format(vzd.ScreenFormat.RGB24)
        game.set_render_hud(True)
        game.set_window_visible(False)
        game.set_mode(vzd.Mode.PLAYER)
        game.set_episode_timeout(100000)
        game.set_doom_skill(3)
        game.set_seed(rng.randrange(1 << 30))
        game.set_available_buttons(
            [
                vzd.Button.MOVE_FORWARD,
                vzd.Button.TURN_LEFT,
                vzd.Button.TURN_RIGHT,
                vzd.Button.ATTACK,
                vzd.Button.USE,
                vzd.Button.SPEED,
                vzd.Button.MOVE_LEFT,
            ]
        )
        game.init()
        got = 0
        while got < each:
            if game.is_episode_finished():
                game.new_episode()
            turn = rng.random()
            action = [
                turn < 0.75,
                0.75 < turn < 0.87,
                turn > 0.87,
                rng.random() < 0.3,
                rng.random() < 0.3,
                False,
                rng.random() < 0.1,
            ]
            game.make_action([float(a) for a in action], rng.randrange(6, 18))
            state = game.get_state()
            if state is None:
                continue
            picture = state.screen_buffer
            if rng.random() < 0.5:
                picture = cv2.resize(picture, (W, 240), interpolation=cv2.INTER_AREA)[48:]
            else:
                y, x = rng.randrange(480 - H), rng.randrange(640 - W)
                if rng.random() < 0.5:
                    picture = cv2.resize(picture, (480, 360), interpolation=cv2.INTER_AREA)
                    y, x = rng.randrange(360 - H), rng.randrange(480 - W)
                picture = picture[y : y + H, x : x + W]
            frames.append(np.ascontiguousarray(picture))
            got += 1
        game.close()
    return frames


ATARI = [
    "pitfall",
    "seaquest",
    "qbert",
    "montezuma_revenge",
    "road_runner",
    "enduro",
    "frostbite",
    "krull",
    "battle_zone",
    "hero",
    "kangaroo",
    "ms_pacman",
    "riverraid",
    "solaris",
    "jamesbond",
    "zaxxon",
    "beam_rider",
    "skiing",
]


def atari(count, rng):
    from ale_py import ALEInterface, LoggerMode, roms

    ALEInterface.setLoggerMode(LoggerMode.Error)
    frames = []
    for name in ATARI:
        ale = ALEInterface()
        ale.setInt("random_seed", rng.randrange(1 << 30))
        ale.loadROM(roms.get_rom_path(name))
        actions = ale.getLegalActionSet()
        action = 0
        for index in range(count // len(ATARI)):
            for _ in range(rng.randrange(8, 25)):
                if rng.random() < 0.2:
                    action = rng.choice(actions)
                ale.act(action)
                if ale.game_over():
                    ale.reset_game()
            picture = ale.getScreenRGB()
            picture = cv2.resize(picture, (W, 420), interpolation=rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR]))
            y = rng.randrange(420 - H)
            frames.append(np.ascontiguousarray(picture[y : y + H]))
    return frames


def drawn(count, rng):
    frames = []
    np_rng = np.random.default_rng(rng.randrange(1 << 30))
    for _ in range(count):
        a, b = np_rng.integers(0, 256, (2, 3))
        t = np.linspace(0, 1, H)[:, None, None]
        picture = (a * (1 - t) + b * t + np.zeros((H, W, 3))).astype(np.uint8)
        coarse = np_rng.normal(0, 1, (rng.randrange(4, 24), rng.randrange(6, 40), 3)).astype(np.float32)
        texture = cv2.resize(coarse, (W, H), interpolation=rng.choice([cv2.INTER_CUBIC, cv2.INTER_NEAREST]))
        picture = np.clip(picture + texture * rng.randrange(5, 45), 0, 255).astype(np.uint8)
        for _ in range(rng.randrange(5, 40)):
            color = tuple(int(v) for v in np_rng.integers(0, 256, 3))
            p, q = (rng.randrange(W), rng.randrange(H)), (rng.randrange(W), rng.randrange(H))
            kind = rng.randrange(5)
            if kind == 0:
                cv2.rectangle(picture, p, (p[0] + rng.randrange(4, 90), p[1] + rng.randrange(4, 90)), color, -1)
            elif kind == 1:
                cv2.circle(picture, p, rng.randrange(3, 45), color, -1)
            elif kind == 2:
                cv2.line(picture, p, q, color, rng.randrange(1, 5))
            elif kind == 3:
                cv2.fillPoly(picture, [np_rng.integers(0, [W, H], (rng.randrange(3, 7), 2)).astype(np.int32)], color)
            else:
                cv2.putText(
                    picture,
                    rng.choice(["HP 100", "AMMO 50", "SCORE", "1UP", "42", "LEVEL 3"]),
                    p,
                    rng.randrange(4),
                    rng.uniform(0.4, 1.2),
                    color,
                    rng.randrange(1, 3),
                )
        if rng.random() < 0.5:
            brick = rng.randrange(8, 24)
            picture[::brick] = (picture[::brick] * 0.5).astype(np.uint8)
            picture[:, :: brick * 2] = (picture[:, :: brick * 2] * 0.5).astype(np.uint8)
        if rng.random() < 0.5:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.5))
        frames.append(picture)
    return frames


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", default="data/frames.npy")
    p.add_argument("--count", type=int, default=2000)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    rng = random.Random(a.seed)
    frames = doom(a.count * 45 // 100, rng) + atari(a.count * 30 // 100, rng) + drawn(a.count * 25 // 100, rng)
    rng.shuffle(frames)
    np.save(a.out, np.stack(frames))
    print(len(frames))
    # Doom's rooms are dark and brown: lit and tinted at random, the same geometry stands for many games.
    out = np.load(a.out)
    g = np.random.default_rng(a.seed)
    for i in range(len(out)):
        x = out[i].astype(np.float32) / 255
        if g.random() < 0.65 and x.mean() < 0.35:
            x = x ** g.uniform(0.4, 0.8)
        if g.random() < 0.4:
            x = x[..., g.permutation(3)]
        if g.random() < 0.3:
            x = np.clip(x.mean(2, keepdims=True) + (x - x.mean(2, keepdims=True)) * g.uniform(0.3, 2), 0, 1)
        if g.random() < 0.5:
            x = x[:, ::-1]
        out[i] = np.clip(x * 255 + 0.5, 0, 255)
    np.save(a.out, out)
