"""What runs beside the daemon: sources that write to it, and readers of what it writes."""

import contextlib
import os
import signal
import subprocess
import time


class Programs:
    """The sources and readers: one running under each name."""

    def __init__(self, folder):
        self.folder, self.running = folder, {}

    def start(self, name, words, keep=False):
        """Ends what ran under the name, afterwards if `keep`, so that the two overlap."""
        last = self.running.pop(name, None)
        if last and not keep:
            end(last)
        self.running[name] = subprocess.Popen(
            words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        if last and keep:
            time.sleep(0.1)
            end(last)

    def signal(self, name, number):
        if (process := self.running.get(name)) and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def stop(self, name):
        if process := self.running.pop(name, None):
            end(process)

    def is_alive(self, name):
        return name in self.running and self.running[name].poll() is None

    def end(self):
        for name in list(self.running):
            self.stop(name)


def end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def capture(dice, container=None):
    """What writes a moving picture: ffmpeg's arguments but for the output's name."""
    containers = {
        "nut": ["rawvideo", "mjpeg"], "mjpeg": ["mjpeg"], "mpegts": ["libx264", "mpeg2video"],
        "matroska": ["libx264", "mpeg4", "mjpeg"], "flv": ["flv", "libx264"],
    }
    sounds = {
        "nut": ["pcm_s16le", "aac"], "mjpeg": [], "mpegts": ["aac", "mp2"], "matroska": ["aac", "libopus", "mp2"],
        "flv": ["aac"],
    }
    container = container or dice.choice(list(containers))
    size, rate = dice.choice(["64x48", "96x64", "160x96"]), dice.choice([10, 15, 25])
    words = ["ffmpeg", "-v", "quiet", "-re", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}"]
    sound = dice.choice(sounds[container] + [None])
    if sound:
        words += ["-re", "-f", "lavfi", "-i", "sine", "-c:a", sound, "-ar", dice.choice(["44100", "48000"]),
                  "-ac", dice.choice(["1", "2"])]
        if container == "flv":
            words += ["-ar", "44100"]
    codec = dice.choice(containers[container])
    words += ["-c:v", codec, "-g", "10", "-pix_fmt", "yuvj420p" if codec == "mjpeg" else "yuv420p"]
    if codec == "libx264":
        words += ["-preset", "ultrafast", "-tune", "zerolatency"]
    return words + ["-flush_packets", "1", "-f", container, "-y"]


LISTENER = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    while connection.recv(65536): pass
"""
