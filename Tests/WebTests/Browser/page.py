#!/usr/bin/python3
"""The page in a real browser: page.py --restyled PROGRAM --model DIR [--browser chromium|firefox] [--axe axe.min.js]

Serves a test picture through a tiny model, opens the page, and does what a user does. Needs Debian's chromium,
chromium-driver and python3-selenium (4.8). Prints a line for each check and ends with 1 where one fails.
--shots DIR keeps pictures of the page; --latency measures it by a barcode in the picture.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FAILED = []


def check(name, is_right, detail=""):
    print(f"{'ok' if is_right else 'FAILED'}: {name}{f' ({detail})' if detail else ''}", flush=True)
    if not is_right:
        FAILED.append(name)


def until(condition, seconds=10.0):
    """Waits for something to be true; returns its last value and how long it took."""
    began = time.monotonic()
    while True:
        value = condition()
        taken = time.monotonic() - began
        if value or taken > seconds:
            return value, taken
        time.sleep(0.02)


class Daemon:
    def __init__(self, options, folder, port):
        self.options, self.folder, self.port, self.process = options, folder, port, None

    def start(self):
        source = "testsrc2=size=640x360:rate=30,format=yuv420p,realtime"
        capture = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "rawvideo", "-f", "nut", "-"]
        model = self.options.model
        engine = "" if model == "pocket" else "    engine: reference\n    size: 64x64\n"
        configuration = (
            f"web: 127.0.0.1:{self.port}\nstreams:\n"
            + "".join(
                f"  - name: {name}\n    command: {json.dumps(capture)}\n    model: {model}\n{engine}"
                f"    autostart: {str(name == 'main').lower()}\n"
                f"    outputs: [{{to: {self.folder}/{name}.mkv, name: file, overwrite: true}}]\n"
                "    settings: {frame_rate: 30, prompt: painting}\n"
                for name in ("main", "second")))
        path = f"{self.folder}/restyled.yaml"
        with open(path, "w") as file:
            file.write(configuration)
        with open(f"{self.folder}/log", "a") as log:
            self.process = subprocess.Popen(
                [self.options.restyled, "serve", "--config", path, "--socket", f"{self.folder}/socket",
                 "--state-directory", f"{self.folder}/state"], stderr=log)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def ctl(self, *words):
        run = subprocess.run([self.options.restyled, "ctl", *words, "--socket", f"{self.folder}/socket"],
                             capture_output=True, text=True)
        return run.stdout.strip()

    def setting(self, name):
        text = self.ctl("get", "--stream", "main", "--json")
        return json.loads(text)[name] if text else None


def browser(options):
    if options.browser == "firefox":
        settings = webdriver.FirefoxOptions()
        settings.add_argument("-headless")
        return webdriver.Firefox(options=settings)
    settings = webdriver.ChromeOptions()
    settings.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
                     "--window-size=1280,900"):
        settings.add_argument(argument)
    settings.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    from selenium.webdriver.chrome.service import Service
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=settings)


class Page:
    def __init__(self, driver):
        self.driver = driver

    def id(self, name):
        return self.driver.find_element(By.ID, name)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def pixels(self, left=0.0, right=1.0):
        """Mean of each channel on an 8 x 8 grid of a part of the picture."""
        return self.run(
            """const c = document.getElementById("picture"), x = c.getContext("2d", {willReadFrequently: true});
            const [left, right] = [Math.round(c.width * arguments[0]), Math.round(c.width * arguments[1])];
            return Array.from(x.getImageData(left, 0, right - left, c.height).data)
              .filter((_, i) => i % 4 < 3 && (i >> 2) % 7 === 0);""", left, right)

    def keys(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def state(self):
        return self.id("state").text


def distance(one, other):
    """Mean difference of two lists of bytes."""
    return sum(abs(a - b) for a, b in zip(one, other)) / max(1, len(one)) if len(one) == len(other) else 255.0


def first_minute(page, daemon):
    shown, taken = until(lambda: page.run("return picture.last !== null"), 30)
    check("a picture is shown", shown, f"after {taken:.1f} s")
    check("the token is out of the address bar", "token" not in page.driver.current_url, page.driver.current_url)
    pixels = page.pixels()
    check("it is neither black nor one colour", len(set(pixels)) > 30 and max(pixels) > 60)
    moved, _ = until(lambda: distance(pixels, page.pixels()) > 0.3, 10)
    check("it moves", moved)


def typing(page, daemon):
    area = page.id("set-prompt")
    area.clear()
    area.send_keys("snowy oil painting")
    came, taken = until(lambda: page.run("return settings.values.prompt") == "snowy oil painting", 5)
    check("the prompt follows as one types", came and taken < 1, f"{taken:.2f} s")
    check("ctl has it as well", daemon.setting("prompt") == "snowy oil painting")
    check("the field still has what was typed", area.get_attribute("value") == "snowy oil painting")


def controls(page, daemon):
    names = page.run("return [...settings.controls.keys()]")
    described = [line.split()[0] for line in daemon.ctl("describe").splitlines() if re.match(r"^\w", line)]
    check("every setting of the schema has a control", set(names) <= set(described) and len(names) >= 8, ", ".join(names))
    for name, value in (("strength", 0.8), ("blend", 0.25), ("seed", 7), ("steps", 2)):
        element = page.run(
            "const c = settings.controls.get(arguments[0]).inputs.at(-1); c.focus(); c.select?.(); return c;", name)
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(str(value), Keys.ENTER)
        came, taken = until(lambda: daemon.setting(name) == value, 5)
        check(f"{name} is set", came, f"{taken:.2f} s")
    daemon.ctl("set", "steps=1", "blend=0", "--stream", "main")
    came, _ = until(lambda: page.run("return settings.controls.get('blend').inputs[0].value") == "0", 3)
    check("a change by ctl moves the control", came)
    page.id("pause").click()
    came, _ = until(lambda: daemon.setting("paused") is True, 3)
    check("pause", came and until(lambda: "paused" in page.state(), 3)[0])
    page.id("pause").click()
    check("go on", until(lambda: daemon.setting("paused") is False, 3)[0])
    page.id("pass").click()
    check("passthrough", until(lambda: daemon.setting("passthrough") is True, 3)[0])
    page.id("pass").click()
    check("passthrough ends", until(lambda: daemon.setting("passthrough") is False, 3)[0])


def history(page, daemon):
    daemon.ctl("set", "prompt=first", "--stream", "main")
    until(lambda: page.run("return settings.values.prompt") == "first", 3)
    page.driver.find_element(By.CSS_SELECTOR, ".keep[data-slot=A]").click()
    time.sleep(0.8)
    daemon.ctl("set", "prompt=second", "--stream", "main")
    until(lambda: page.run("return settings.values.prompt") == "second", 3)
    page.driver.find_element(By.CSS_SELECTOR, ".keep[data-slot=B]").click()
    page.id("undo").click()
    check("undo", until(lambda: daemon.setting("prompt") == "first", 3)[0])
    page.driver.find_element(By.CSS_SELECTOR, ".slot[data-slot=B]").click()
    check("B", until(lambda: daemon.setting("prompt") == "second", 3)[0])
    page.driver.find_element(By.CSS_SELECTOR, ".slot[data-slot=A]").click()
    check("A", until(lambda: daemon.setting("prompt") == "first", 3)[0])


def wipe(page, daemon):
    page.id("pause").click()
    until(lambda: daemon.setting("paused") is True, 3)
    time.sleep(0.5)

    def still(mode):
        page.run("picture.last = null; return picture.setMode(arguments[0])", mode)
        until(lambda: page.run("return picture.last !== null"), 5)
        time.sleep(0.3)

    still("both")
    handle = page.id("wipe")
    handle.send_keys(Keys.HOME)
    for _ in range(25):
        handle.send_keys(Keys.ARROW_RIGHT)
    check("the wipe is moved by keys", handle.get_attribute("aria-valuenow") == "25", handle.get_attribute("aria-valuenow"))
    left, right = page.pixels(0, 0.25), page.pixels(0.26, 1)
    still("source")
    size = page.run("return picture.canvas.width")
    source_left, source_right = page.pixels(0, 0.25), page.pixels(0.26, 1)
    check("left of the wipe is the source", distance(left, source_left) < 0.5,
          f"mean difference {distance(left, source_left):.2f} left, {distance(right, source_right):.2f} right, width {size}")
    check("right of it is not", distance(right, source_right) > 2)
    still("restyled")
    page.id("pause").click()
    until(lambda: daemon.setting("paused") is False, 3)


def streams(page, daemon):
    page.run("return stream.choose('second')")
    check("another stream is shown", until(lambda: "stopped" in page.state(), 5)[0], page.state())
    page.id("run").click()
    check("it starts", until(lambda: "running" in page.state(), 20)[0], page.state())
    page.id("run").click()
    check("it stops", until(lambda: "stopped" in page.state(), 10)[0], page.state())
    page.run("return stream.choose('main')")
    check("back", until(lambda: "running" in page.state(), 5)[0])


def rows(page, daemon):
    page.id("row-add").click()
    field = page.driver.find_element(By.CSS_SELECTOR, "#rows input[name=prompt]")
    field.clear()
    field.send_keys("from the timeline")
    page.id("row-play").click()
    check("a timeline plays", until(lambda: daemon.setting("prompt") == "from the timeline", 3)[0], page.id("note").text)


def figures(page, daemon):
    check("counters", until(lambda: "frames in" in page.id("numbers").text, 3)[0])
    check("why frames were dropped", until(lambda: len(page.id("drops").text) > 3, 3)[0], page.id("drops").text.replace("\n", ", "))
    check("outputs", "file" in page.id("outputs").text, page.id("outputs").text)
    with_picture = page.run(
        "const r = await fetch('/snapshot.png?stream=main'); return [r.status, r.headers.get('content-type')]")
    check("a snapshot", with_picture == [200, "image/png"], str(with_picture))


def two_tabs(page, daemon, address):
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.driver.get(address)
    until(lambda: page.run("return settings.values !== null"), 10)
    area = page.id("set-prompt")
    area.clear()
    area.send_keys("from the other tab")
    until(lambda: daemon.setting("prompt") == "from the other tab", 3)
    page.driver.close()
    page.driver.switch_to.window(first)
    came, _ = until(lambda: page.id("set-prompt").get_attribute("value") == "from the other tab", 3)
    check("two tabs agree", came)


def keyboard(page):
    """Everything that can be operated is reached by Tab alone."""
    page.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = page.run(
        """return [...document.querySelectorAll("button, input, select, textarea, [tabindex='0']")].filter((e) =>
             e.getClientRects().length && !e.disabled && !(e.type === "radio" && !e.checked)).length""")
    reached = set()
    for _ in range(wanted + 10):
        page.keys(Keys.TAB)
        reached.add(page.run(
            """const e = document.activeElement; window.seen ??= new Map();
               if (e === document.body) return -1;
               if (!window.seen.has(e)) window.seen.set(e, window.seen.size); return window.seen.get(e);"""))
    reached.discard(-1)
    check("Tab reaches everything", len(reached) >= wanted, f"{len(reached)} of {wanted}")
    page.run("document.activeElement.blur()")
    page.keys("?")
    check("? lists the keys", page.run("return document.getElementById('keys').open"))
    page.keys(Keys.ESCAPE)
    page.keys("w")
    check("W is the wipe", until(lambda: page.run("return picture.mode === 'both' && document.activeElement.id === 'wipe'"), 3)[0])
    page.run("return picture.setMode('restyled')")


def accessible(page, axe):
    for scheme in ("light", "dark"):
        if page.driver.capabilities["browserName"].startswith("chrom"):
            page.driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            page.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        with open(axe) as file:
            page.run(file.read())
        found = page.driver.execute_async_script(
            """const done = arguments[arguments.length - 1];
               axe.run().then((r) => done(r.violations.map((v) => [v.impact, v.id, v.nodes.map((n) => n.html).slice(0, 3)])))
                 .catch((e) => done([["serious", String(e), []]]));""")
        serious = [each for each in found if each[0] in ("serious", "critical")]
        check(f"axe finds nothing serious, {scheme}", not serious, json.dumps(found) if found else "nothing at all")


def shots(page, folder):
    for name, width, height in (("phone", 390, 844), ("laptop", 1280, 800), ("desktop", 1920, 1080)):
        for scheme in ("light", "dark"):
            page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
            page.driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            time.sleep(1.2)
            check(f"{name} does not scroll sideways",
                  page.run("return document.documentElement.scrollWidth <= innerWidth"))
            page.driver.save_screenshot(f"{folder}/{name}-{scheme}.png")
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def restart(page, daemon):
    before = page.run("return daemon.pid")
    status = daemon.stop()
    check("the daemon ends", status == 0, str(status))
    check("the page says so", until(lambda: page.id("veil").is_displayed(), 5)[0], page.id("veil").text)
    daemon.start()
    healed, taken = until(lambda: page.run("return daemon.isOpen && daemon.pid !== null && daemon.pid !== arguments[0]", before)
                          and "running" in page.state() and not page.id("veil").is_displayed(), 30)
    check("a restart is healed", healed, f"{taken:.1f} s")
    page.run("picture.last = null")
    check("and pictures come", until(lambda: page.run("return picture.last !== null"), 10)[0])


def clean(page):
    if page.driver.capabilities["browserName"].startswith("chrom"):
        # What is refused while the daemon is away is meant to be.
        bad = [entry["message"] for entry in page.driver.get_log("browser")
               if entry["level"] == "SEVERE" and "ERR_CONNECTION" not in entry["message"]
               and "WebSocket connection" not in entry["message"]]
        check("the browser's console is clean", not bad, "; ".join(bad))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restyled", required=True)
    parser.add_argument("--model", required=True, help="a folder, or pocket")
    parser.add_argument("--browser", default="chromium", choices=["chromium", "firefox"])
    parser.add_argument("--axe", help="axe.min.js")
    parser.add_argument("--shots")
    parser.add_argument("--port", type=int, default=20000 + os.getpid() % 20000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="restyled-page-") as folder:
        daemon = Daemon(options, folder, options.port)
        daemon.start()
        driver = None
        try:
            address, _ = until(lambda: daemon.ctl("page"), 20)
            until(lambda: "running" in daemon.ctl("status"), 60)
            driver = browser(options)
            driver.get(address)
            page = Page(driver)
            first_minute(page, daemon)
            typing(page, daemon)
            controls(page, daemon)
            history(page, daemon)
            wipe(page, daemon)
            streams(page, daemon)
            rows(page, daemon)
            figures(page, daemon)
            two_tabs(page, daemon, address)
            keyboard(page)
            if options.shots:
                shots(page, options.shots)
            restart(page, daemon)
            clean(page)
            if options.axe:
                accessible(page, options.axe)
        except Exception:
            with open(f"{folder}/log") as log:
                print(log.read()[-3000:], file=sys.stderr)
            raise
        finally:
            if driver:
                driver.quit()
            if daemon.process.poll() is None:
                daemon.stop()
    sys.exit(1 if FAILED else 0)


main()
