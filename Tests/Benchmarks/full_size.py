"""Times a full-size model: this program beside OpenVINO's own conversion of diffusers' modules, and diffusers itself.

    python full_size.py --restyled ../../.build/release/restyled --model /tmp/sd-turbo --vae /tmp/sd-turbo/taesd

With --control DIR/controlnet-canny a ControlNet runs beside the UNet: the program's two stages of it are added up, and the
peers have both networks in one module.

Same weights (made by examples/make-random-model), same size, fp32, one frame at a time, RGB8 in to RGB8 out for the
program and pictures as floats for the others, the prompt encoded beforehand for all. The contestants take turns, round
after round, so that a busy machine is busy for all of them, and each is alone in memory when its turn comes. Prints a
table in Markdown.

Needs torch==2.13.0, diffusers==0.42.1, transformers==5.23.0, openvino==2026.4.1, of which the program needs none.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

PARTS = ("encode", "denoise", "decode")


def size_of(text):
    width, height = text.split("x")
    return int(width), int(height)


def open_parts(options):
    """The UNet and the autoencoder as plain modules of tensors to tensors, with inputs to call them with."""
    import torch
    from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, UNet2DConditionModel

    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    folder = options.vae or os.path.join(options.model, "vae")
    with open(os.path.join(folder, "config.json")) as file:
        kind = {"AutoencoderTiny": AutoencoderTiny, "AutoencoderKL": AutoencoderKL}[json.load(file)["_class_name"]]
    autoencoder = kind.from_pretrained(folder, torch_dtype=torch.float32).eval()
    unet = UNet2DConditionModel.from_pretrained(options.model, subfolder="unet", torch_dtype=torch.float32).eval()

    control = None
    if options.control:
        control = ControlNetModel.from_pretrained(options.control, torch_dtype=torch.float32).eval()

    class Encode(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.autoencoder = autoencoder

        def forward(self, picture):
            if kind is AutoencoderTiny:
                return self.autoencoder.encode(picture, return_dict=False)[0]
            return self.autoencoder.encode(picture, return_dict=False)[0].mode()

    class Decode(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.autoencoder = autoencoder

        def forward(self, latents):
            return self.autoencoder.decode(latents, return_dict=False)[0]

    class Denoise(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unet = unet

        def forward(self, latents, timestep, prompt, pooled=None, time_ids=None):
            added = None if pooled is None else {"text_embeds": pooled, "time_ids": time_ids}
            return self.unet(latents, timestep, prompt, added_cond_kwargs=added, return_dict=False)[0]

    class ControlledDenoise(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unet, self.control = unet, control

        def forward(self, latents, timestep, prompt, picture, pooled=None, time_ids=None):
            added = None if pooled is None else {"text_embeds": pooled, "time_ids": time_ids}
            shared = dict(added_cond_kwargs=added, return_dict=False)
            down, mid = self.control(latents, timestep, prompt, picture, **shared)
            return self.unet(
                latents, timestep, prompt, down_block_additional_residuals=down, mid_block_additional_residual=mid,
                **shared,
            )[0]

    width, height = size_of(options.size)
    latents = torch.randn(1, unet.config.in_channels, height // 8, width // 8)
    denoise = [latents, torch.tensor([499]), torch.randn(1, 77, unet.config.cross_attention_dim)]
    if control:
        denoise += [torch.rand(1, 3, height, width)]
    if unet.config.addition_embed_type == "text_time":
        denoise += [torch.randn(1, 1280), torch.tensor([[height, width, 0, 0, height, width]], dtype=torch.float32)]
    inputs = {"encode": (torch.randn(1, 3, height, width),), "denoise": tuple(denoise), "decode": (latents,)}
    middle = ControlledDenoise() if control else Denoise()
    return {"encode": Encode(), "denoise": middle, "decode": Decode()}, inputs


def convert(options):
    import openvino

    modules, inputs = open_parts(options)
    for part in PARTS:
        shapes = [tuple(tensor.shape) for tensor in inputs[part]]
        model = openvino.convert_model(modules[part].eval(), example_input=inputs[part], input=shapes)
        # The weights come from float16, so nothing is lost; they are computed with in float32 all the same.
        openvino.save_model(model, os.path.join(options.converted, part + ".xml"), compress_to_fp16=True)
        print("converted", part, file=sys.stderr)


def answer(runners):
    """Runs all parts once for each line read, and writes their seconds."""
    for runner in runners.values():
        runner()
    print("ready", flush=True)
    for _ in sys.stdin:
        times = {}
        for part, runner in runners.items():
            start = time.perf_counter()
            runner()
            times[part] = time.perf_counter() - start
        print(json.dumps(times), flush=True)


def serve_openvino(options):
    import numpy
    import openvino

    core, runners = openvino.Core(), {}
    for part in PARTS:
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": "1"}
        request = core.compile_model(
            os.path.join(options.converted, part + ".xml"), "CPU", settings
        ).create_infer_request()
        for port in request.model_inputs:
            values = numpy.random.default_rng(1).standard_normal(port.shape).astype(port.element_type.to_dtype())
            request.set_tensor(port, openvino.Tensor(values))
        runners[part] = request.infer
    answer(runners)


def serve_diffusers(options):
    modules, inputs = open_parts(options)
    answer({part: (lambda part=part: modules[part](*inputs[part])) for part in PARTS})


class Contestant:
    """A peer, in a process of its own for each turn: at SDXL's size there is no memory for two."""

    def __init__(self, options, role):
        self.role, self.arguments = role, [sys.executable, __file__, "--role", role] + options.passed
        self.frames = []

    def run(self, count):
        with subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout.readline().strip() != "ready":
                sys.exit(f"{self.role} did not start")
            for _ in range(count):
                process.stdin.write("\n")
                process.stdin.flush()
                self.frames.append(json.loads(process.stdout.readline()))

    def milliseconds(self, part):
        return 1000 * statistics.median(frame[part] for frame in self.frames)

    def total(self):
        return 1000 * statistics.median(sum(frame.values()) for frame in self.frames)


def bench(options):
    command = [options.restyled, "bench", "--json", "--model", options.model, "--size", options.size]
    # So that end to end has scaling to do, as it has with a game.
    command += ["--input-size", "1280x720"]
    command += ["--frames", str(options.frames)] + (["--vae", options.vae] if options.vae else [])
    command += ["--precision", "fp32"] + (["--control", options.control] if options.control else [])
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(result.returncode)
    return json.loads(result.stdout)


def compare(options):
    os.makedirs(options.converted, exist_ok=True)
    if not os.path.exists(os.path.join(options.converted, "decode.xml")):
        subprocess.run([sys.executable, __file__, "--role", "convert"] + options.passed, check=True)
    names = {"openvino": "OpenVINO, converted", "diffusers": "diffusers, eager"}
    contestants = {names[role]: Contestant(options, role) for role in options.peers.split(",")}
    ours = []
    for index in range(options.rounds):
        print(f"round {index + 1} of {options.rounds}", file=sys.stderr)
        ours.append(bench(options))
        for contestant in contestants.values():
            contestant.run(options.frames)

    def median(pick):
        return statistics.median(pick(report) for report in ours)

    def stage(part):
        stages = ("condition", "control", "denoise") if part == "denoise" else (part,)
        return lambda report: sum(report["stages_ms"][label]["median"] for label in stages if label in report["stages_ms"])

    frame = median(lambda report: report["frame_program_ms"]["median"])
    rows = [("restyled", *(median(stage(part)) for part in PARTS), frame)]
    rows += [(name, *map(c.milliseconds, PARTS), c.total()) for name, c in contestants.items()]
    print(f"{options.size}, fp32, milliseconds a frame, median of {options.rounds * options.frames}\n")
    middle = "ControlNet and UNet" if options.control else "UNet"
    print(f"| | encode | {middle} | decode | frame | restyled takes |\n|---|--:|--:|--:|--:|--:|")
    for name, *times in rows:
        share = "" if name == "restyled" else f"{frame / times[-1]:.2f}"
        print(f"| {name} | " + " | ".join(f"{t:.0f}" for t in times) + f" | {share} |")
    overhead = median(lambda report: report["end_to_end_ms"]["median"]) / frame - 1
    peak, weights = max(report["peak_memory_bytes"] for report in ours), ours[0]["weights_bytes"]
    print(f"\nend to end over the bare frame program: {overhead:+.1%}")
    print(f"ready after {median(lambda report: report['load_ms']) / 1000:.1f} s")
    print(f"peak memory {peak / 2**30:.2f} GiB, {peak / weights:.2f} x the weights as fp32")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--restyled", default="restyled")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--vae", help="another autoencoder's folder")
    arguments.add_argument("--control", help="a ControlNet's folder")
    arguments.add_argument("--size", default="512x512")
    arguments.add_argument("--frames", type=int, default=3, help="in each round")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--peers", default="openvino,diffusers")
    arguments.add_argument("--converted", help="where the converted models are kept; default: beside the model")
    arguments.add_argument("--role", choices=("convert", "openvino", "diffusers"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    options.passed = ["--model", options.model, "--size", options.size]
    options.passed += ["--vae", options.vae] if options.vae else []
    options.passed += ["--control", options.control] if options.control else []
    kind = os.path.basename(options.vae.rstrip("/")) if options.vae else "own-vae"
    kind += "-" + os.path.basename(options.control.rstrip("/")) if options.control else ""
    options.converted = options.converted or f"{options.model.rstrip('/')}-openvino-{kind}-{options.size}"
    options.passed += ["--converted", options.converted]
    roles = {"convert": convert, "openvino": serve_openvino, "diffusers": serve_diffusers, None: compare}
    roles[options.role](options)


if __name__ == "__main__":
    main()
