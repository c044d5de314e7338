// The page of restyled: the control socket's JSON-RPC over a WebSocket, and pictures as binary messages.
"use strict";

const byId = (id) => document.getElementById(id);
const seconds = (value) => (value == null ? "–" : value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);
const words = (name) => name.replaceAll("_", " ");

/** An element with properties and children. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// ---- The connection

/** JSON-RPC over the WebSocket; connects again by itself. */
const daemon = {
  socket: null, next: 1, waiting: new Map(), heard: 0, attempts: 0, pid: null,

  connect() {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/socket`, "restyled.1");
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => { this.attempts = 0; this.heard = performance.now(); begin().catch(say); };
    socket.onmessage = ({ data }) => {
      this.heard = performance.now();
      if (typeof data !== "string") return picture.receive(data);
      const message = JSON.parse(data);
      const answer = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.method === "settings.changed") settings.changed(message.params);
      else if (answer && message.error) answer.reject(new Error(message.error.message));
      else if (answer) answer.resolve(message.result);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      for (const answer of this.waiting.values()) answer.reject(new Error("the connection is gone"));
      this.waiting.clear();
      this.attempts += 1;
      this.lost();
      setTimeout(() => this.connect(), Math.min(250 * 2 ** Math.min(this.attempts, 4), 3000));
    };
  },

  get isOpen() { return this.socket?.readyState === WebSocket.OPEN; },

  call(method, params = {}) {
    if (!this.isOpen) return Promise.reject(new Error("there is no connection to restyled"));
    const id = this.next++;
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  },

  /** A request of the stream that is shown. */
  ask(method, params = {}) { return this.call(method, { stream: stream.name, ...params }); },

  notify(method, params) { if (this.isOpen) this.socket.send(JSON.stringify({ jsonrpc: "2.0", method, params })); },

  async lost() {
    show("connection lost");
    veil("No word from restyled. Trying again.");
    // A WebSocket does not say why it was refused.
    const answer = await fetch("/page.js", { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) veil("This page's token is not valid any more. Open what “restyled ctl page” prints.");
  },
};

/** After every connection: the same from the beginning, so that a restarted daemon is as good as the old one. */
async function begin() {
  const hello = await daemon.call("hello");
  if (daemon.pid && daemon.pid !== hello.pid) say("restyled was started again");
  daemon.pid = hello.pid;
  // A new daemon may count from the beginning.
  settings.version = 0;
  const { settings: schema } = await daemon.call("settings.describe");
  settings.build(schema);
  const { streams } = await daemon.call("stream.list");
  stream.list(streams.map((each) => each.name));
  await stream.choose(streams.some((each) => each.name === stream.name) ? stream.name : streams[0].name);
  veil(null);
}

/** A sentence for the user; an error is red. */
function say(message) {
  const note = byId("note");
  note.textContent = message instanceof Error ? message.message : message;
  note.classList.toggle("bad", message instanceof Error);
}

function show(state) { if (byId("state").textContent !== state) byId("state").textContent = state; }

/** What lies over a picture that is not the present one; null takes it away. */
function veil(text) {
  byId("veil").hidden = text == null;
  if (text != null && byId("veil").textContent !== text) byId("veil").textContent = text;
  byId("stage").classList.toggle("stale", text != null);
}

// ---- Streams

const stream = {
  name: null, names: [],

  list(names) {
    this.names = names;
    byId("streams").hidden = names.length < 2;
    byId("stream").replaceChildren(...names.map((name) => make("option", { value: name, textContent: name })));
  },

  async choose(name) {
    if (this.name && this.name !== name && this.names.includes(this.name)) {
      await daemon.ask("settings.observe", { enabled: false });
    }
    if (this.name !== name) { figures.forget(); settings.forget(); styles.forget(); }
    this.name = name;
    byId("stream").value = name;
    settings.changed(await daemon.ask("settings.observe"));
    await picture.start();
    await styles.load();
  },
};

// ---- The picture

const picture = {
  mode: "restyled", held: false, wipe: 0.5, newest: null, isDrawing: false, last: null,
  canvas: byId("picture"), shownAt: [],

  async start() {
    const wanted = this.held ? "source" : this.mode;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const width = Math.round(Math.min(1280, Math.max(320, this.canvas.clientWidth * ratio)));
    await daemon.ask("preview.start", { picture: wanted, width, rate: 30 });
    byId("wipe").hidden = wanted !== "both";
    this.place();
  },

  /** The newest wins: one that comes while another is decoded takes the place of what waits. */
  receive(data) {
    if (this.newest) daemon.notify("preview.seen", { serial: this.newest.serial });
    this.newest = parse(data);
    if (!this.isDrawing) this.draw();
  },

  async draw() {
    this.isDrawing = true;
    while (this.newest) {
      const message = this.newest;
      this.newest = null;
      try {
        const images = await Promise.all(message.parts.map((part) => createImageBitmap(part.file)));
        this.show(message.parts.map((part, index) => ({ ...part, image: images[index] })));
      } catch (error) { say(error); }
      daemon.notify("preview.seen", { serial: message.serial });
    }
    this.isDrawing = false;
  },

  show(parts) {
    for (const part of this.last ?? []) part.image.close();
    this.last = parts;
    const now = performance.now();
    this.shownAt.push(now);
    while (this.shownAt[0] < now - 1000) this.shownAt.shift();
    const main = parts[parts.length - 1];
    byId("size").textContent = `${main.width}×${main.height}, ${this.shownAt.length}/s, ${Math.round(main.age / 1000)} ms`;
    this.paint();
  },

  paint() {
    if (!this.last) return;
    const { canvas, last } = this;
    const width = Math.max(...last.map((part) => part.width)), height = Math.max(...last.map((part) => part.height));
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const context = canvas.getContext("2d");
    context.drawImage(last[last.length - 1].image, 0, 0, width, height);
    if (last.length > 1) {
      const edge = Math.round(width * this.wipe);
      context.save();
      context.beginPath();
      context.rect(0, 0, edge, height);
      context.clip();
      context.drawImage(last[0].image, 0, 0, width, height);
      context.restore();
    }
    this.place();
  },

  /** The rectangle that the picture takes within its canvas, whose proportions may be others. */
  rectangle() {
    const { canvas } = this, box = canvas.getBoundingClientRect();
    const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
    const width = canvas.width * scale;
    return { left: box.left + (box.width - width) / 2, width };
  },

  place() {
    const { left, width } = this.rectangle();
    const wipe = byId("wipe");
    wipe.style.left = `${left - byId("stage").getBoundingClientRect().left + width * this.wipe}px`;
    wipe.setAttribute("aria-valuenow", Math.round(this.wipe * 100));
    wipe.setAttribute("aria-valuetext", `source on the left ${Math.round(this.wipe * 100)} %`);
  },

  move(wipe) { this.wipe = Math.min(1, Math.max(0, wipe)); this.paint(); this.place(); },

  setMode(mode) {
    this.mode = mode;
    document.querySelector(`input[name=mode][value=${mode}]`).checked = true;
    return this.start().catch(say);
  },

  hold(isHeld) { if (this.held !== isHeld) { this.held = isHeld; this.start().catch(say); } },
};

/** For each part: which picture u16, width u16, height u16, 0, serial u64, age in µs u32, length u32, JPEG file. */
function parse(data) {
  const view = new DataView(data), parts = [];
  let at = 0, serial = 0;
  while (at + 24 <= data.byteLength) {
    const length = view.getUint32(at + 20);
    serial = Number(view.getBigUint64(at + 8));
    parts.push({
      kind: view.getUint16(at), width: view.getUint16(at + 2), height: view.getUint16(at + 4),
      age: view.getUint32(at + 16), file: new Blob([new Uint8Array(data, at + 24, length)], { type: "image/jpeg" }),
    });
    at += 24 + length;
  }
  return { serial, parts };
}

// ---- Settings: a control for each line of the schema

const settings = {
  controls: new Map(), schema: "", values: null, version: 0, history: [], lastPush: 0, restoring: false,
  slots: { A: null, B: null },

  build(schema) {
    if (JSON.stringify(schema) === this.schema) return;
    this.schema = JSON.stringify(schema);
    this.controls.clear();
    byId("settings").replaceChildren(...schema.map((line) => {
      const control = new Control(line);
      this.controls.set(line.name, control);
      return control.element;
    }));
  },

  forget() { this.values = null; this.version = 0; this.history = []; },

  /** What the daemon says; the control in hand stays where the hand has it. */
  changed({ stream: name, version, notes, ...values }) {
    if (name !== stream.name || version < this.version) return;
    if (this.values && version > this.version && !this.restoring) this.remember(this.values);
    this.version = version;
    this.values = values;
    for (const [key, control] of this.controls) if (key in values) control.show(values[key]);
    press("pause", values.paused, "Go on", "Pause");
    press("pass", values.passthrough);
    styles.mark(values.prompt);
    byId("undo").disabled = this.history.length === 0;
  },

  /** Changes that follow one another within a moment are undone together. */
  remember(values) {
    const now = performance.now();
    if (now - this.lastPush > 700) this.history.push(values);
    this.lastPush = now;
    if (this.history.length > 20) this.history.shift();
  },

  async set(change) {
    const transition = Number(byId("transition").value) || 0;
    try {
      const answer = await daemon.ask("settings.set", { ...change, ...(transition ? { transition } : {}) });
      this.changed(answer);
      say(answer.notes?.join(" ") ?? "");
    } catch (error) { say(error); }
  },

  async restore(values) {
    this.restoring = true;
    await this.set(values);
    this.restoring = false;
    for (const [key, control] of this.controls) control.show(this.values[key], true);
  },

  undo() {
    const values = this.history.pop();
    if (values) this.restore(values);
    this.lastPush = 0;
    byId("undo").disabled = this.history.length === 0;
  },

  keep(slot) {
    // Whether it runs is not part of a look.
    const { paused, passthrough, ...look } = this.values;
    this.slots[slot] = look;
    say(`kept as ${slot}: ${look.prompt}`);
    slotButtons();
  },

  recall(slot) {
    if (this.slots[slot]) this.set(this.slots[slot]).then(() => {
      for (const [key, control] of this.controls) if (key in this.slots[slot]) control.show(this.slots[slot][key], true);
    });
  },
};

function slotButtons() {
  for (const button of document.querySelectorAll(".slot")) button.disabled = !settings.slots[button.dataset.slot];
}

class Control {
  constructor(line) {
    this.line = line;
    this.timer = null;
    this.sent = undefined;
    const id = `set-${line.name}`, help = make("span", { className: "help", id: `${id}-help`, textContent: line.help });
    const label = make("label", { htmlFor: id, textContent: title(line) });
    this.inputs = this.makeInputs(id);
    for (const input of this.inputs) {
      input.setAttribute("aria-describedby", help.id);
      input.addEventListener("input", () => this.edited(input, line.type === "prompt" ? 250 : 60));
      input.addEventListener("change", () => this.edited(input, 0));
    }
    if (line.type === "boolean") {
      this.element = make("div", { className: "field check" }, this.inputs[0], make("div", {}, label, help));
    } else {
      const row = make("div", { className: "row" }, ...this.inputs);
      if (line.name === "seed") row.append(dice(this));
      this.element = make("div", { className: "field" }, label, row, help);
    }
  }

  makeInputs(id) {
    const { type, minimum, maximum } = this.line;
    if (type === "prompt") {
      const area = make("textarea", { id, rows: 2, spellcheck: false, maxLength: 10000 });
      area.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.edited(area, 0); }
        if (event.key === "Escape") area.blur();
      });
      return [area];
    }
    if (type === "boolean") return [make("input", { id, type: "checkbox" })];
    if (type === "frame_rate") return [make("input", { id, type: "text", className: "wide", autocomplete: "off" })];
    const step = type === "integer" ? 1 : 0.01;
    const number = make("input", { id, type: "number", min: minimum, max: maximum, step: type === "integer" ? 1 : "any" });
    // A slider as long as the screen can't tell a seed from the next.
    if (maximum - minimum > 1000) { number.classList.add("wide"); return [number]; }
    const range = make("input", { type: "range", min: minimum, max: maximum, step });
    range.setAttribute("aria-label", title(this.line));
    return [range, number];
  }

  edited(input, delay) {
    clearTimeout(this.timer);
    for (const other of this.inputs) if (other !== input) other.value = input.value;
    this.timer = setTimeout(() => { this.timer = null; this.send(this.read(input)); }, delay);
  }

  read(input) {
    switch (this.line.type) {
      case "boolean": return input.checked;
      case "number": case "integer": return input.value === "" ? this.sent : Number(input.value);
      default: return input.value;
    }
  }

  send(value) {
    if (value === this.sent || value === undefined) return;
    this.sent = value;
    settings.set({ [this.line.name]: value });
  }

  /** Shows a value from elsewhere, unless this control is being moved. */
  show(value, force = false) {
    if (!force && (this.timer !== null || value === this.sent)) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.sent = value;
    for (const input of this.inputs) {
      if (input.type === "checkbox") input.checked = value;
      else input.value = input.type === "number" && this.line.type === "number" ? Number(value.toFixed(3)) : value;
    }
  }
}

function title(line) {
  const name = words(line.name);
  return name[0].toUpperCase() + name.slice(1) + (line.unit && line.unit !== line.name ? ` (${line.unit})` : "");
}

function dice(control) {
  const button = make("button", { type: "button", textContent: "Another" });
  button.setAttribute("aria-label", "Another seed, at random");
  button.onclick = () => {
    control.inputs[0].value = crypto.getRandomValues(new Uint32Array(1))[0];
    control.edited(control.inputs[0], 0);
  };
  return button;
}

function press(id, isPressed, on, off) {
  byId(id).setAttribute("aria-pressed", String(Boolean(isPressed)));
  if (on) byId(id).textContent = isPressed ? on : off;
}

// ---- Styles of a small model

const styles = {
  known: [],

  forget() { this.known = []; byId("styles").replaceChildren(); },

  async load() {
    const { styles: known } = await daemon.ask("styles");
    if (known.length === this.known.length) return;
    this.known = known;
    byId("styles").replaceChildren(...known.map((style) => {
      const button = make("button", { type: "button", textContent: style });
      button.onclick = () => settings.set({ prompt: style });
      return button;
    }));
    this.mark(settings.values?.prompt);
  },

  mark(prompt) {
    for (const button of byId("styles").children) {
      button.setAttribute("aria-pressed", String(button.textContent === prompt));
    }
  },
};

// ---- Figures, twice a second

const figures = {
  samples: [], before: null,

  forget() { this.samples = []; this.before = null; },

  async poll() {
    if (!daemon.isOpen || !stream.name) return;
    const [status, stats] = await Promise.all([daemon.call("status"), daemon.ask("stats")]);
    const state = status.streams.find((each) => each.name === stream.name), counts = stats.streams[0];
    if (!state || !counts) return;
    this.state(state);
    if (!styles.known.length && state.state !== "loading") await styles.load();
    this.numbers(counts);
    const dropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
    this.samples.push({ rate: counts.frames_per_second, dropped: Math.max(0, dropped - (this.before ?? dropped)) });
    this.before = dropped;
    if (this.samples.length > 240) this.samples.shift();
    this.graph();
    rows("drops", Object.entries(counts.dropped).filter(([, count]) => count > 0)
      .map(([cause, count]) => [words(cause), count.toLocaleString()]), "none");
    rows("outputs", counts.outputs.map((output) => [
      output.name, output.up ? `${(output.written + output.repeated).toLocaleString()} frames, ${output.queued} queued`
        : `down: ${output.message || "not open yet"}`,
    ]), "none: the picture is on this page only");
  },

  state(state) {
    show(`${state.state}, ${state.frames_per_second.toFixed(1)} restyled a second`);
    const isRunning = !["stopped", "failed", "stopping"].includes(state.state);
    byId("run").textContent = isRunning ? "Stop" : "Start";
    byId("run").dataset.action = isRunning ? "stream.stop" : "stream.start";
    byId("health").hidden = state.healthy;
    if (!state.healthy) byId("health").textContent = state.message || state.state;
    const idle = { loading: "loading the model", connecting: "waiting for the source", holding: "the source is gone",
      slate: "the source is gone", stopped: "stopped", failed: "failed" }[state.state];
    veil(idle ? idle + (state.message ? `: ${state.message}` : "") : null);
  },

  numbers(counts) {
    const shown = {
      "restyled a second": counts.frames_per_second.toFixed(1),
      "latency, median": seconds(counts.latency_seconds.p50), "latency, 95 %": seconds(counts.latency_seconds.p95),
      "model, median": seconds(counts.restyle_seconds.p50), "frames in": counts.decoded.toLocaleString(),
      restyled: counts.restyled.toLocaleString(), "clock ticks missed": counts.missed_ticks.toLocaleString(),
    };
    byId("numbers").replaceChildren(...Object.entries(shown).map(([name, value]) =>
      make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
  },

  graph() {
    const canvas = byId("graph"), context = canvas.getContext("2d"), style = getComputedStyle(document.body);
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    context.scale(ratio, ratio);
    const top = Math.max(10, ...this.samples.map((sample) => Math.max(sample.rate, sample.dropped * 2))) * 1.15;
    const x = (index) => width - ((this.samples.length - 1 - index) * width) / 239;
    const y = (value) => height - 1 - (value / top) * (height - 16);
    context.fillStyle = style.getPropertyValue("--bad");
    this.samples.forEach((sample, index) => {
      if (sample.dropped) context.fillRect(x(index) - 1, y(sample.dropped * 2), 2, height - y(sample.dropped * 2));
    });
    context.strokeStyle = style.getPropertyValue("--mark");
    context.lineWidth = 2;
    context.beginPath();
    this.samples.forEach((sample, index) => context.lineTo(x(index), y(sample.rate)));
    context.stroke();
    context.fillStyle = style.getPropertyValue("--soft");
    context.font = "12px system-ui, sans-serif";
    context.fillText("restyled a second (line), dropped a second (bars), 2 minutes", 4, 12);
  },
};

function rows(id, cells, none) {
  const body = byId(id).tBodies[0];
  const filled = cells.length ? cells : [[none, ""]];
  body.replaceChildren(...filled.map(([name, value]) => make("tr", {},
    make("th", { scope: "row", textContent: name }), make("td", { className: "count", textContent: value }))));
}

// ---- Timeline

const timeline = {
  body: byId("rows").tBodies[0],

  add() {
    const { prompt, strength } = settings.values;
    const last = this.entries().at(-1);
    const row = make("tr");
    const cell = (name, label, value, type) => make("td", {},
      Object.assign(make("input", { type, name, value, ...(type === "number" ? { min: 0, step: "any" } : {}) }), { ariaLabel: label }));
    const remove = make("button", { type: "button", textContent: "Remove", onclick: () => row.remove() });
    row.append(cell("at", "Time in seconds", last ? Number(last.at) + 5 : 0, "number"), cell("prompt", "Prompt", prompt, "text"),
      cell("strength", "Strength", strength, "number"), cell("transition", "Transition in seconds", 0, "number"),
      make("td", {}, remove));
    this.body.append(row);
  },

  entries() {
    return [...this.body.rows].map((row) => Object.fromEntries([...row.querySelectorAll("input")]
      .map((input) => [input.name, input.value]))).sort((one, other) => one.at - other.at);
  },

  /** JSON's strings are YAML's as well. */
  yaml() {
    return this.entries().map((entry) => `- at: ${Number(entry.at)}s\n  prompt: ${JSON.stringify(entry.prompt)}\n`
      + `  strength: ${Number(entry.strength)}\n  transition: ${Number(entry.transition)}s\n`).join("\n");
  },

  async play() {
    const { entries } = await daemon.ask("script.load", { text: this.yaml() });
    say(`the timeline plays: ${entries} ${entries === 1 ? "entry" : "entries"}`);
  },
};

function download(url, name) { make("a", { href: url, download: name }).click(); }

function snapshot() {
  download(`/snapshot.png?${new URLSearchParams({ stream: stream.name })}`, `${stream.name}.png`);
}

// ---- Hands

const buttons = {
  pause: () => daemon.ask(settings.values.paused ? "stream.resume" : "stream.pause"),
  pass: () => daemon.ask("stream.passthrough", { enabled: !settings.values.passthrough }),
  snap: snapshot,
  run: () => daemon.ask(byId("run").dataset.action),
  full: () => document.fullscreenElement ? document.exitFullscreen() : byId("stage").requestFullscreen(),
  undo: () => settings.undo(),
  "keys-open": () => byId("keys").showModal(),
  "keys-close": () => byId("keys").close(),
  "row-add": () => timeline.add(),
  "row-play": () => timeline.play(),
  "row-save": () => {
    const url = URL.createObjectURL(new Blob([timeline.yaml()], { type: "application/yaml" }));
    download(url, "timeline.yaml");
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  },
};
for (const [id, action] of Object.entries(buttons)) {
  byId(id).addEventListener("click", async () => { try { await action(); } catch (error) { say(error); } });
}
for (const button of document.querySelectorAll(".keep")) button.onclick = () => settings.keep(button.dataset.slot);
for (const button of document.querySelectorAll(".slot")) button.onclick = () => settings.recall(button.dataset.slot);
for (const radio of document.querySelectorAll("input[name=mode]")) radio.onchange = () => picture.setMode(radio.value);
byId("stream").onchange = (event) => stream.choose(event.target.value).catch(say);

{
  const wipe = byId("wipe");
  const drag = (event) => {
    const { left, width } = picture.rectangle();
    picture.move((event.clientX - left) / width);
  };
  byId("stage").addEventListener("pointerdown", (event) => {
    if (wipe.hidden) return;
    wipe.setPointerCapture(event.pointerId);
    drag(event);
  });
  wipe.addEventListener("pointermove", (event) => { if (wipe.hasPointerCapture(event.pointerId)) drag(event); });
  wipe.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.01;
    const to = { ArrowLeft: picture.wipe - step, ArrowDown: picture.wipe - step, ArrowRight: picture.wipe + step,
      ArrowUp: picture.wipe + step, PageDown: picture.wipe - 0.1, PageUp: picture.wipe + 0.1, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    picture.move(to);
  });
}

const keys = {
  "/": () => byId("set-prompt").focus(), " ": () => byId("pause").click(), s: snapshot, f: () => byId("full").click(),
  "?": () => byId("keys").showModal(), "1": () => settings.recall("A"), "2": () => settings.recall("B"),
  "!": () => settings.keep("A"), "@": () => settings.keep("B"), '"': () => settings.keep("B"),
  w: () => picture.setMode("both").then(() => byId("wipe").focus()), p: () => picture.hold(true),
};
document.addEventListener("keydown", (event) => {
  const isText = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=range])");
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !isText) {
    event.preventDefault();
    return settings.undo();
  }
  if (isText || event.ctrlKey || event.metaKey || event.altKey || event.repeat || byId("keys").open) return;
  if (event.key === " " && event.target !== document.body) return;
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "p") picture.hold(false); });
window.addEventListener("blur", () => picture.hold(false));
let resized;
window.addEventListener("resize", () => {
  picture.place();
  clearTimeout(resized);
  resized = setTimeout(() => picture.start().catch(() => {}), 300);
});
// A page that nobody sees asks for no pictures.
document.addEventListener("visibilitychange", () => {
  if (!stream.name || !daemon.isOpen) return;
  (document.hidden ? daemon.call("preview.stop") : picture.start()).catch(say);
});

setInterval(() => {
  if (daemon.isOpen && performance.now() - daemon.heard > 3000) veil("No word from restyled for 3 seconds. Waiting.");
  figures.poll().catch(() => {});
}, 500);
slotButtons();
daemon.connect();
