#!/usr/bin/env python3
"""Records gameplay.mp4: ten seconds of Freedoom with its sound, played by a few rules of thumb.

Needs `pip install vizdoom==1.3.2 numpy`, libopenal1 and ffmpeg. The same seed plays the same game.

Usage: record.py OUTPUT [--map MAP01] [--seed 1] [--skip SECONDS] [--seconds 10]
"""

import argparse
import subprocess
import tempfile
import wave

import numpy
import vizdoom

TICKS = 35  # Doom's frames a second
WIDTH, HEIGHT, RATE = 640, 360, 44100
MONSTERS = {
    "Zombieman", "ShotgunGuy", "ChaingunGuy", "DoomImp", "Demon", "Spectre", "Cacodemon", "HellKnight", "BaronOfHell",
    "LostSoul", "Revenant", "Fatso", "Arachnotron", "PainElemental",
}


def open_game(level, seed):
    game = vizdoom.DoomGame()
    game.set_doom_game_path(vizdoom.__path__[0] + "/freedoom2.wad")
    game.set_doom_map(level)
    game.set_doom_skill(3)
    game.set_seed(seed)
    game.set_window_visible(False)
    game.set_mode(vizdoom.Mode.PLAYER)
    game.set_screen_resolution(vizdoom.ScreenResolution.RES_640X360)
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_render_hud(True)
    game.set_depth_buffer_enabled(True)
    game.set_labels_buffer_enabled(True)
    game.set_available_game_variables([
        vizdoom.GameVariable.POSITION_X, vizdoom.GameVariable.POSITION_Y, vizdoom.GameVariable.KILLCOUNT,
    ])
    game.set_sound_enabled(True)
    game.set_audio_buffer_enabled(True)
    game.set_audio_sampling_rate(vizdoom.SamplingRate.SR_44100)
    game.set_audio_buffer_size(1)
    game.set_available_buttons([
        vizdoom.Button.MOVE_FORWARD_BACKWARD_DELTA, vizdoom.Button.TURN_LEFT_RIGHT_DELTA,
        vizdoom.Button.MOVE_LEFT_RIGHT_DELTA, vizdoom.Button.ATTACK, vizdoom.Button.USE,
        vizdoom.Button.SELECT_WEAPON3,
    ])
    game.set_episode_timeout(0)
    # OpenAL's reverberation stops on an assertion in some builds.
    game.add_game_args("+snd_efx 0")
    game.init()
    game.new_episode()
    game.send_game_command("give shotgun")
    game.send_game_command("give shell")
    game.send_game_command("give shell")
    return game


class Player:
    """Walks where there is room, turns to what is hostile, and shoots it."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.turn = 0.0
        self.way_out = 0  # the side it turns to until there is room again
        self.places = []

    def __call__(self, game, state, tick):
        self.places.append((game.get_game_variable(vizdoom.GameVariable.POSITION_X),
                            game.get_game_variable(vizdoom.GameVariable.POSITION_Y)))
        past = self.places[max(0, tick - 12)]
        stuck = tick > 12 and numpy.hypot(self.places[-1][0] - past[0], self.places[-1][1] - past[1]) < 24
        target = self.nearest(state.labels)
        # How far it is to each side: the horizon's rows, bright is far.
        depth = state.depth_buffer[150:190].astype(float).mean(axis=0)
        ahead = depth[WIDTH // 2 - 80:WIDTH // 2 + 80].min()
        forward, strafe, attack = 22.0, 0.0, False
        if target is not None:
            offset = target.x + target.width / 2 - WIDTH / 2
            wanted = float(numpy.clip(offset * 0.06, -8, 8))
            attack = abs(offset) < 20 + target.width / 4
            forward, strafe = 12.0, 8.0 * numpy.sin(tick / 9)
            self.way_out = 0
        elif self.way_out or stuck or ahead < 7:
            if not self.way_out:
                left, right = depth[:WIDTH // 3].mean(), depth[-WIDTH // 3:].mean()
                self.way_out = self.random.choice([-1, 1]) if stuck else (1 if right > left else -1)
            wanted, forward = 7.0 * self.way_out, 3.0
            if ahead > 16:
                self.way_out = 0
        else:
            # To the farthest that can be seen, smoothed so that a pillar does not count.
            far = numpy.convolve(depth, numpy.ones(60) / 60, mode="same")
            wanted = float(numpy.clip((far.argmax() - WIDTH / 2) * 0.02, -4, 4))
        # A hand on a mouse does not jump.
        self.turn += float(numpy.clip(wanted - self.turn, -1.8, 1.8))
        use = tick % 20 < 2 and ahead < 8
        return [forward, self.turn, strafe, attack, use, tick == 20]

    @staticmethod
    def nearest(labels):
        seen = [label for label in labels if label.object_name in MONSTERS and label.width > 4]
        return max(seen, key=lambda label: label.width * label.height, default=None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output")
    parser.add_argument("--map", default="MAP01")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    game = open_game(options.map, options.seed)
    player = Player(options.seed)
    frames, sound = [], []
    for tick in range(int((options.skip + options.seconds) * TICKS)):
        if game.is_episode_finished() or game.is_player_dead():
            raise SystemExit(f"the player is out of the game at {tick / TICKS:.1f} s; try another seed")
        state = game.get_state()
        if tick >= options.skip * TICKS:
            frames.append(state.screen_buffer.copy())
            sound.append(state.audio_buffer.copy())
        game.make_action(player(game, state, tick))
    print("kills", game.get_game_variable(vizdoom.GameVariable.KILLCOUNT))
    game.close()
    with tempfile.NamedTemporaryFile(suffix=".wav") as audio:
        with wave.open(audio.name, "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(numpy.concatenate(sound).astype("<i2").tobytes())
        command = [
            "ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}",
            "-r", str(TICKS), "-i", "-", "-i", audio.name, "-vf", "eq=gamma=1.5:saturation=1.1,scale=out_color_matrix=bt709",
            "-c:v", "libx264", "-preset", "veryslow", "-crf", "25", "-pix_fmt", "yuv420p", "-colorspace", "bt709",
            "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv", "-c:a", "aac", "-b:a", "96k",
            "-metadata", "title=Freedoom gameplay", "-movflags", "+faststart", options.output,
        ]
        subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)


if __name__ == "__main__":
    main()
