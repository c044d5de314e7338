"""What befalls the daemon, its sources and its readers."""

import contextlib
import os
import signal
import socket
import sys
import time

from daemon import STREAMS
from failure import Failure
from programs import LISTENER, capture

PROMPTS = ["snow", "neon city", "oil painting", '"snow":0.7, "night":0.3']


class Faults:
    def __init__(self, dice, daemon, programs):
        self.dice, self.daemon, self.programs = dice, daemon, programs
        self.write_capture()

    def write_capture(self):
        with open(self.daemon.path("new"), "w") as file:
            file.write("#!/bin/sh\nexec " + " ".join(capture(self.dice)) + " -\n")
        os.chmod(self.daemon.path("new"), 0o755)
        os.rename(self.daemon.path("new"), self.daemon.path("capture"))

    def change_command(self):
        self.write_capture()
        for pid in self.daemon.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stall_command(self):
        for pid in self.daemon.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def change_writer(self):
        self.programs.start("pipe", capture(self.dice) + ["pipe.in"], keep=self.dice.random() < 0.5)

    def cut_writer(self):
        count = self.dice.choice([1, 100, 700, 5000, 40000])
        words = " ".join(capture(self.dice)).replace("-re ", "")
        self.programs.start("pipe", ["sh", "-c", f"{words} - | head -c {count} > pipe.in"])

    def garble_writer(self):
        count = self.dice.choice([3, 1000, 300000])
        self.programs.start(
            "pipe", ["sh", "-c", f"head -c {count} /dev/urandom > pipe.in"], keep=self.dice.random() < 0.5)

    def stall_writer(self):
        self.programs.signal("pipe", signal.SIGSTOP)

    def stop_writer(self):
        self.programs.stop("pipe")

    def change_sender(self):
        address = f"udp://127.0.0.1:{self.daemon.port['in']}?pkt_size=1316"
        self.programs.start("network", capture(self.dice, "mpegts") + [address])

    def stop_sender(self):
        self.programs.stop("network")

    def garble_network(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            for _ in range(self.dice.randrange(1, 50)):
                sender.sendto(self.dice.randbytes(1316), ("127.0.0.1", self.daemon.port["in"]))

    def start_reader(self, name=None):
        name = name or self.dice.choice(STREAMS + ["tcp"])
        listener = [sys.executable, "-c", LISTENER, str(self.daemon.port["out"])]
        self.programs.start(f"reader of {name}", listener if name == "tcp" else ["cat", f"{name}.out"])

    def stop_reader(self):
        self.programs.stop(f"reader of {self.dice.choice(STREAMS + ['tcp'])}")

    def stall_reader(self):
        self.programs.signal(f"reader of {self.dice.choice(STREAMS + ['tcp'])}", signal.SIGSTOP)

    def fill_disk(self):
        if self.daemon.disk:
            with contextlib.suppress(OSError), open(f"{self.daemon.disk}/filler", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 12))

    def clear_disk(self):
        if self.daemon.disk:
            kept = set(self.daemon.open_files())
            for entry in os.scandir(self.daemon.disk):
                if entry.path not in kept:
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)

    def reload(self):
        self.daemon.extra_outputs = self.dice.randrange(3)
        self.daemon.write_configuration()
        self.daemon.process.send_signal(signal.SIGHUP)

    def reload_garbage(self):
        with open(self.daemon.path("restyled.yaml"), "w") as file:
            file.write(self.dice.choice(["", "streams: 7", "streams:\n  - {name: a}\n", "\t:"]))
        self.daemon.process.send_signal(signal.SIGHUP)

    def set_settings(self):
        for _ in range(self.dice.randrange(1, 30)):
            changes = self.dice.choice([
                {"prompt": self.dice.choice(PROMPTS)}, {"strength": round(self.dice.random(), 2)},
                {"blend": round(self.dice.random(), 2)}, {"frame_rate": self.dice.choice([10, 15, 24])},
                {"paused": self.dice.random() < 0.3}, {"passthrough": self.dice.random() < 0.3},
            ])
            transition = self.dice.choice([0, 0.5]) if "strength" in changes or "blend" in changes else 0
            self.daemon.ask("settings.set", stream=self.dice.choice(STREAMS), transition=transition, **changes)

    def stop_and_start(self):
        stream = self.dice.choice(STREAMS)
        with self.daemon.calls:
            self.daemon.client.call("stream.stop", stream=stream)
            self.daemon.client.call("stream.start", stream=stream)

    def take_snapshot(self):
        with self.daemon.calls:
            # There may be no picture yet.
            self.daemon.client.call(
                "snapshot", stream=self.dice.choice(STREAMS), picture=self.dice.choice(["source", "restyled"]))

    def misbehave(self):
        """A client that sends what it should not, and must see the end of its connection when it ends its half."""
        lines = self.dice.choice([
            b"garbage\n" * 100, self.dice.randbytes(5000), b"[" * 300000, b'{"jsonrpc":"2.0","id":1,"method":"stats"}',
            b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * 50, b""])
        address = self.dice.choice([None, ("127.0.0.1", self.daemon.port["metrics"])])
        half_closes = self.dice.random() < 0.7
        connection = socket.socket(socket.AF_INET if address else socket.AF_UNIX)
        with connection:
            connection.settimeout(5)
            try:
                connection.connect(address or self.daemon.path("socket"))
                connection.sendall(lines)
                if not half_closes:
                    return
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except TimeoutError:
                raise Failure("a client that has ended its half does not see the end")
            except OSError:
                pass

    def pause_daemon(self):
        self.daemon.is_watched.clear()
        time.sleep(0.2)
        self.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(self.dice.choice([0.1, 0.6]))
        self.daemon.process.send_signal(signal.SIGCONT)
        self.daemon.is_watched.set()

    WEIGHTS = {
        change_command: 4, stall_command: 1, change_writer: 6, cut_writer: 4, garble_writer: 3, stall_writer: 1,
        stop_writer: 2, change_sender: 4, stop_sender: 1, garble_network: 2, start_reader: 4, stop_reader: 3,
        stall_reader: 2, fill_disk: 2, clear_disk: 1, reload: 2, reload_garbage: 1, set_settings: 3, stop_and_start: 2,
        take_snapshot: 2, misbehave: 4, pause_daemon: 1,
    }

    def befall(self, events):
        """One of them, whichever."""
        fault = self.dice.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))[0]
        events.note(fault.__name__)
        fault(self)
