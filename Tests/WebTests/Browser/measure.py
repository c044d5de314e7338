#!/usr/bin/python3
"""The page, measured: measure.py --restyled PROGRAM latency|viewer

latency: from a picture's birth in a capture to the page's canvas, by a barcode in the picture, at 640x360 and 30 a
second, through serve with passthrough, in Debian's Chromium.
viewer: restyled frames a second of pocket without and with one viewer, in turns in one run; the viewer reads pictures
640 pixels wide at 30 a second.
"""

import argparse
import base64
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BARCODE = """
import sys, time
due = time.monotonic()
while True:
    stamp = int(time.time() * 1000) & 0xFFFF
    row = b"".join((b"\\xeb" if stamp >> bit & 1 else b"\\x10") * 40 for bit in range(16))
    sys.stdout.buffer.write(row * 40 + b"\\x80" * (640 * 320 + 320 * 180 * 2))
    sys.stdout.buffer.flush()
    due += 1 / 30
    time.sleep(max(0, due - time.monotonic()))
"""
READ = """
window.ages = [];
const paint = picture.paint;
picture.paint = function () {
  paint.call(this);
  const { canvas } = this, step = canvas.width / 16;
  const row = canvas.getContext("2d").getImageData(0, Math.round(canvas.height / 18), canvas.width, 1).data;
  let stamp = 0;
  for (let bit = 0; bit < 16; bit++) if (row[4 * Math.round((bit + 0.5) * step)] > 128) stamp |= 1 << bit;
  window.ages.push((Date.now() - stamp) & 0xFFFF);
};
"""


def serve(options, folder, configuration):
    path = f"{folder}/restyled.yaml"
    with open(path, "w") as file:
        file.write(configuration)
    return subprocess.Popen([options.restyled, "serve", "--config", path, "--socket", f"{folder}/socket",
                             "--state-directory", f"{folder}/state"], stderr=open(f"{folder}/log", "w"))


def ctl(options, folder, *words):
    return subprocess.run([options.restyled, "ctl", *words, "--socket", f"{folder}/socket"],
                          capture_output=True, text=True).stdout.strip()


def ready(options, folder):
    for _ in range(300):
        if "running" in ctl(options, folder, "status"):
            return ctl(options, folder, "page")
        time.sleep(0.1)
    sys.exit(open(f"{folder}/log").read())


def latency(options, folder):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    with open(f"{folder}/barcode.py", "w") as file:
        file.write(BARCODE)
    configuration = f"""web: 127.0.0.1:{options.port}
streams:
  - command: [/usr/bin/python3, {folder}/barcode.py]
    input_format: rawvideo
    input_options: {{video_size: 640x360, framerate: 30, pixel_format: yuv420p}}
    model: pocket
    settings: {{frame_rate: 30, passthrough: true, prompt: oil painting}}
"""
    daemon = serve(options, folder, configuration)
    try:
        address = ready(options, folder)
        settings = webdriver.ChromeOptions()
        settings.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
            settings.add_argument(argument)
        driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=settings)
        driver.get(address)
        time.sleep(3)
        driver.execute_script(READ)
        time.sleep(options.seconds)
        ages = sorted(driver.execute_script("return window.ages"))
        size = driver.execute_script("return [picture.canvas.width, picture.canvas.height]")
        driver.quit()
        rank = lambda share: ages[min(len(ages) - 1, int(len(ages) * share))]
        print(f"{size[0]}x{size[1]}, {len(ages) / options.seconds:.1f} shown a second; "
              f"p50 {rank(0.5)} ms, p95 {rank(0.95)} ms, max {ages[-1]} ms")
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(20)


class Viewer(threading.Thread):
    """Reads pictures and says that it has seen them."""

    def __init__(self, port, token):
        super().__init__(daemon=True)
        self.pictures, self.isOver = 0, False
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: restyled-{port}={token}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        while self.file.readline() != b"\r\n":
            pass
        self.send("preview.start", width=640, rate=30)

    def send(self, method, **parameters):
        data = json.dumps({"jsonrpc": "2.0", "method": method, "params": parameters}).encode()
        self.socket.sendall(bytes([0x81, 0xFE]) + len(data).to_bytes(2, "big") + bytes(4) + data)

    def run(self):
        try:
            while not self.isOver:
                head = self.file.read(2)
                length = head[1] & 0x7F
                if length > 125:
                    length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
                data = self.file.read(length)
                if head[0] & 0x0F == 2:
                    self.pictures += 1
                    self.send("preview.seen", serial=int.from_bytes(data[8:16], "big"))
        except (OSError, IndexError, ValueError):
            pass

    def end(self):
        self.isOver = True
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()


def viewer(options, folder):
    capture = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=120,format=yuv420p,realtime",
               "-c:v", "rawvideo", "-f", "nut", "-"]
    configuration = f"""web: 127.0.0.1:{options.port}
streams:
  - command: {json.dumps(capture)}
    model: pocket
    settings: {{frame_rate: 120, prompt: oil painting}}
"""
    daemon = serve(options, folder, configuration)
    try:
        token = ready(options, folder).split("=")[-1]
        restyled = lambda: json.loads(ctl(options, folder, "stats", "--json"))["streams"][0]["restyled"]
        time.sleep(3)
        rates = {False: [], True: []}
        for turn in range(options.turns * 2):
            # Without, with, with, without: what drifts meanwhile hits both.
            watched = turn % 4 in (1, 2)
            one = Viewer(options.port, token) if watched else None
            if one:
                one.start()
            time.sleep(0.5)
            before, began = restyled(), time.monotonic()
            time.sleep(options.seconds)
            rates[watched].append((restyled() - before) / (time.monotonic() - began))
            if one:
                print(f"pictures a second to the viewer: {one.pictures / (options.seconds + 0.5):.1f}")
                one.end()
        without, watched = (statistics.mean(rates[each]) for each in (False, True))
        print(f"restyled a second: {without:.2f} without a viewer, {watched:.2f} with one: {100 * watched / without:.1f} %; "
              f"turns without {[round(rate, 1) for rate in rates[False]]}, with {[round(rate, 1) for rate in rates[True]]}")
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["latency", "viewer"])
    parser.add_argument("--restyled", required=True)
    parser.add_argument("--port", type=int, default=20000 + os.getpid() % 20000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--turns", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="restyled-page-") as folder:
        {"latency": latency, "viewer": viewer}[options.what](options, folder)


main()
