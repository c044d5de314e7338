"""The daemon under test: its configuration, its starts and its ends, and a client that looks on all the time."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from failure import Failure

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STREAMS = ["command", "pipe", "network"]


class Client:
    """A connection to the control socket."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(10)
        self.connection.connect(path)
        self.lines = self.connection.makefile("r")

    def call(self, method, **parameters):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        self.connection.sendall((json.dumps(request) + "\n").encode())
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the daemon has closed the connection")
        return json.loads(line)

    def ask(self, method, **parameters):
        answer = self.call(method, **parameters)
        if "error" in answer:
            raise Failure(f"{method} {parameters}: {answer['error']['message']}")
        return answer["result"]

    def close(self):
        self.lines.close()
        self.connection.close()


class Daemon:
    def __init__(self, program, folder, patience, events):
        self.program, self.folder, self.patience, self.events = program, folder, patience, events
        self.process, self.client, self.lives = None, None, 0
        self.port = {"in": free_port(socket.SOCK_DGRAM), "out": free_port(socket.SOCK_STREAM),
                     "metrics": free_port(socket.SOCK_STREAM)}
        self.extra_outputs = 0
        # Every child that was seen, and every recording that was open at a kill -9.
        self.captures, self.unfinished = set(), set()
        self.slowest, self.answers, self.failure = 0.0, 0, None
        self.is_watched, self.calls = threading.Event(), threading.Lock()
        for name in ["pipe.in", *(f"{stream}.out" for stream in STREAMS)]:
            os.mkfifo(self.path(name))
        os.mkdir(self.path("recordings"))
        os.mkdir(self.path("disk"))
        self.disk = None
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", self.path("disk")],
                          stderr=subprocess.DEVNULL).returncode == 0:
            self.disk = self.path("disk")
        else:
            print("no right to mount: the disk that fills up is left out", file=sys.stderr)
        threading.Thread(target=self.watch, daemon=True).start()

    def path(self, name):
        return f"{self.folder}/{name}"

    def configuration(self):
        inputs = {"command": "command: [./capture]", "pipe": "input: pipe.in",
                  "network": f"input: \"udp://127.0.0.1:{self.port['in']}\""}
        model = f"{REPOSITORY}/Tests/Fixtures/models/sd-kl"
        text = f"metrics: 127.0.0.1:{self.port['metrics']}\nstreams:\n"
        quick = "encoder_options: {preset: ultrafast}"
        for stream in STREAMS:
            full = f"{{to: disk/{stream}.mkv, name: disk, segment: 5s, {quick}}}"
            tcp = f"\"tcp://127.0.0.1:{self.port['out']}\""
            last = f"{{to: {tcp}, name: last, format: mpegts, {quick}}}" if stream == "network" else full
            outputs = [
                f"{{to: recordings/{stream}.mkv, name: matroska, {quick}}}",
                f"{{to: recordings/{stream}.mp4, name: mp4, {quick}}}",
                f"{{to: {stream}.out, name: pipe, format: nut, codec: rawvideo}}",
                last if stream == "network" or self.disk else
                f"{{to: recordings/{stream}.ts, name: last, segment: 5s, {quick}}}",
            ]
            if stream == "command":
                outputs += [f"{{to: recordings/extra-{number}.mkv, name: extra-{number}, {quick}}}"
                            for number in range(self.extra_outputs)]
            text += (f"  - name: {stream}\n    {inputs[stream]}\n    model: {model}\n    engine: reference\n"
                     f"    size: 64x64\n    settings: {{prompt: snow, frame_rate: 15}}\n    outputs:\n"
                     + "".join(f"      - {output}\n" for output in outputs))
        return text

    def write_configuration(self):
        with open(self.path("new.yaml"), "w") as file:
            file.write(self.configuration())
        os.rename(self.path("new.yaml"), self.path("restyled.yaml"))

    def start(self):
        self.lives += 1
        self.events.note(f"the daemon's start {self.lives}")
        self.write_configuration()
        with open(self.path(f"log-{self.lives}"), "w") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", "--config", "restyled.yaml", "--socket", "socket",
                 "--state-directory", "state"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        due = time.monotonic() + 10 * self.patience
        while True:
            with contextlib.suppress(OSError):
                self.client = Client(self.path("socket"))
                break
            if self.process.poll() is not None or time.monotonic() > due:
                raise Failure("the daemon does not start")
            time.sleep(0.02)
        self.is_watched.set()

    def ask(self, method, **parameters):
        with self.calls:
            return self.client.ask(method, **parameters)

    def watch(self):
        """A client that looks on all the time."""
        client = None
        while True:
            self.is_watched.wait()
            try:
                client = client or Client(self.path("socket"))
                began = time.monotonic()
                client.ask("status")
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.answers += 1
                if self.slowest > 0.1 and self.patience == 1:
                    raise Failure(f"an answer to status took {self.slowest * 1e3:.0f} ms")
                for stream in client.ask("stats")["streams"]:
                    check_counters(stream)
                time.sleep(0.05)
            except (OSError, ValueError):
                # Of a daemon that was ended; what ends by itself is noticed by the others.
                client = None
                time.sleep(0.05)
            except Failure as failure:
                self.failure = self.failure or failure

    def check(self):
        if self.failure:
            raise self.failure
        if self.process.poll() is not None:
            raise Failure(f"the daemon has ended with {self.process.returncode}")

    def processes(self):
        """The daemon's children."""
        found = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
        self.captures.update(found)
        return found

    def open_files(self):
        links = []
        for number in os.listdir(f"/proc/{self.process.pid}/fd"):
            with contextlib.suppress(OSError):
                links.append(os.readlink(f"/proc/{self.process.pid}/fd/{number}"))
        return links

    def memory(self):
        """MiB"""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

    def terminate(self):
        self.events.note("SIGTERM")
        self.processes()
        self.is_watched.clear()
        self.client.close()
        began = time.monotonic()
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            raise Failure("SIGTERM does not end the daemon within 20 s")
        took = time.monotonic() - began
        if status != 0 or took > 5 * self.patience:
            raise Failure(f"the daemon ends with {status}, {took:.1f} s after SIGTERM")
        self.expect_no_captures()

    def kill(self, seed):
        """Ends it by kill -9 and starts the next, to which a setting must come back."""
        self.events.note("kill -9")
        for stream in STREAMS:
            self.ask("settings.set", stream=stream, seed=seed)
        time.sleep(1)
        self.is_watched.clear()
        self.processes()
        self.process.send_signal(signal.SIGSTOP)
        self.unfinished.update(path for path in self.open_files() if path.startswith(self.folder))
        self.process.kill()
        self.process.wait()
        self.client.close()
        self.expect_no_captures()
        self.start()
        for stream in STREAMS:
            if (found := self.ask("settings.get", stream=stream)["seed"]) != seed:
                raise Failure(f"{stream} has the seed {found} after kill -9, and had {seed}")

    def expect_no_captures(self):
        due = time.monotonic() + 2
        while left := [pid for pid in self.captures if os.path.exists(f"/proc/{pid}")]:
            if time.monotonic() > due:
                raise Failure(f"captures outlive the daemon: {left}")
            time.sleep(0.02)
        self.captures.clear()

    def close(self):
        self.is_watched.clear()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.disk:
            subprocess.run(["umount", "-l", self.disk])


def check_counters(stream):
    inside = stream["restyled"] + sum(stream["dropped"].values()) + stream["in_flight"]
    if stream["decoded"] != inside:
        raise Failure(f"counters of {stream['stream']}: {stream}")
    for output in stream["outputs"]:
        shown = output["written"] + output["repeated"] + sum(output["dropped"].values()) + output["queued"]
        if output["offered"] != shown:
            raise Failure(f"counters of {stream['stream']}'s {output['name']}: {output}")


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
