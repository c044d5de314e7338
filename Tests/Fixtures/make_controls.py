#!/usr/bin/env python3
"""Makes the tiny controls in controls/ and what diffusers computes with them and the models of make_fixtures.py.

    make_controls.py

Needs torch 2.13.0, transformers 5.23.0, diffusers 0.42.1, safetensors, numpy, opencv-python-headless 4.11.0.86. Run by
hand when a case is added, after make_fixtures.py; the tests read only what it wrote.

Every control is random, its last layers too, which diffusers would begin at zero. A case records the stages of one frame:
what each control makes of its picture (embedding or features) and says to add (down, mid), the UNet's prediction, the
last latents, and the RGB8 picture of diffusers' own ControlNet pipelines, handed the mode latents, or, for T2I-Adapters,
of the image-to-image pipelines with `down_intrablock_additional_residuals` given to the UNet as diffusers' T2I-Adapter
pipelines give it. canny.safetensors holds pictures and the edges that OpenCV finds in them, and
sd-canny-original.safetensors one control in the layout of ControlNet's authors.
"""

import json
import shutil

import cv2
import numpy
import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    ControlNetModel,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionXLControlNetImg2ImgPipeline,
    StableDiffusionXLImg2ImgPipeline,
    T2IAdapter,
    UNet2DConditionModel,
)
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
from make_fixtures import HERE, PROMPTS, embed, picture, randomise, tokenise, walk, walking
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection

torch.set_grad_enabled(False)
FOLDER = HERE / "controls"


def parts(name):
    folder = HERE / "models" / name
    xl = (folder / "text_encoder_2").exists()
    read = lambda kind, part: kind.from_pretrained(folder, subfolder=part, torch_dtype=torch.float32).eval()
    result = dict(
        text_encoder=read(CLIPTextModel, "text_encoder"),
        unet=read(UNet2DConditionModel, "unet"),
        vae=read(AutoencoderKL, "vae"),
    )
    if xl:
        result["text_encoder_2"] = read(CLIPTextModelWithProjection, "text_encoder_2")
    kind = EulerAncestralDiscreteScheduler if xl else EulerDiscreteScheduler
    return result, kind.from_pretrained(folder, subfolder="scheduler")


def controlnet(unet, seed, **options):
    control = ControlNetModel.from_unet(unet, conditioning_channels=3, load_weights_from_unet=False)
    config = {**control.config, "conditioning_embedding_out_channels": (4, 4, 8, 8), **options}
    return randomise(ControlNetModel.from_config(config), seed)


def adapter(seed, **options):
    return randomise(T2IAdapter(**{"num_res_blocks": 1, "downscale_factor": 8, **options}), seed)


def save(name, control):
    copy = type(control).from_config(control.config)
    copy.load_state_dict(control.state_dict())
    copy.to(torch.float16).save_pretrained(FOLDER / name)
    return control


RESIDUAL = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection",
}


def original_name(name, layers):
    """A tensor's name in the layout of ControlNet's authors."""
    parts = name.split(".")
    rest, kind = parts[:-1], parts[-1]
    if parts[0] == "conv_in":
        place = "input_blocks.0.0"
    elif parts[0] == "time_embedding":
        place = {"linear_1": "time_embed.0", "linear_2": "time_embed.2"}[parts[1]]
    elif parts[0] == "controlnet_down_blocks":
        place = f"zero_convs.{parts[1]}.0"
    elif parts[0] == "controlnet_mid_block":
        place = "middle_block_out.0"
    elif parts[0] == "controlnet_cond_embedding":
        index = {"conv_in": 0, "conv_out": 14}.get(parts[1])
        place = f"input_hint_block.{2 * int(parts[2]) + 2 if index is None else index}"
    elif parts[0] == "mid_block":
        block = 1 if parts[1] == "attentions" else 2 * int(parts[2])
        place = f"middle_block.{block}." + (".".join(rest[3:]) if block == 1 else RESIDUAL[rest[3]])
    else:
        first = 1 + int(parts[1]) * (layers + 1)
        if parts[2] == "downsamplers":
            place = f"input_blocks.{first + layers}.0.op"
        elif parts[2] == "attentions":
            place = f"input_blocks.{first + int(parts[3])}.1." + ".".join(rest[4:])
        else:
            place = f"input_blocks.{first + int(parts[3])}.0." + RESIDUAL[rest[4]]
    return f"{place}.{kind}"


def save_original(name, control):
    """The same control as a file in the original layout; diffusers' own conversion must lead back."""
    layers = control.config.layers_per_block
    tensors = {f"control_model.{original_name(key, layers)}": t.half() for key, t in control.state_dict().items()}
    back = convert_controlnet_checkpoint(dict(tensors), control.config)
    assert back.keys() == control.state_dict().keys()
    assert all(torch.equal(back[key], tensor.half()) for key, tensor in control.state_dict().items())
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, FOLDER / f"{name}-original.safetensors")


def control_picture(frame, seed):
    """Something like edges in colours, so that no channel can be mistaken for another."""
    edges = cv2.Canny(frame, 60, 120)
    shade = numpy.random.default_rng(seed).integers(0, 90, frame.shape, dtype=numpy.uint8)
    return numpy.maximum(edges[..., None], shade)


def run(name, model, scheduler, controls, label, case, records):
    frame = picture(case["width"], case["height"], case["seed"])
    looks = [control_picture(frame, seed) for seed in range(len(case["controls"]))]
    nets = [controls[control] for control in case["controls"]]
    vae, unet, scales = model["vae"], model["unet"], case["scales"]
    for index, net in enumerate(nets):
        # A grey adapter gets a grey picture, whose channels are equal.
        if net.config.get("in_channels") == 1:
            looks[index] = numpy.repeat(looks[index][..., :1], 3, axis=2)

    pixels = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    mode = vae.encode(pixels).latent_dist.mode()
    latents = mode * vae.config.scaling_factor
    if getattr(vae.config, "latents_mean", None):
        mean = torch.tensor(vae.config.latents_mean).view(1, -1, 1, 1)
        std = torch.tensor(vae.config.latents_std).view(1, -1, 1, 1)
        latents = (mode - mean) * vae.config.scaling_factor / std
    ids = tokenise(model, name, case["prompt"])
    prompt, pooled = embed(model, ids)
    timesteps = walk(case["strength"], case["steps"])
    config = {key: value for key, value in scheduler.config.items() if key != "_use_default_values"}
    stepper = walking(type(scheduler).from_config(config), timesteps)
    tensors = [torch.from_numpy(look).permute(2, 0, 1)[None].float() / 255 for look in looks]
    are_adapters = isinstance(nets[0], T2IAdapter)

    common = dict(vae=vae, unet=unet, scheduler=stepper, text_encoder=None, tokenizer=None)
    if pooled is None:
        common |= dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    else:
        common |= dict(text_encoder_2=None, tokenizer_2=None, add_watermarker=False)
    options = dict(
        prompt_embeds=prompt, image=latents, strength=1.0, num_inference_steps=case["steps"], guidance_scale=0.0,
    )
    if pooled is not None:
        options["pooled_prompt_embeds"] = pooled

    features = []
    if are_adapters:
        kind = StableDiffusionImg2ImgPipeline if pooled is None else StableDiffusionXLImg2ImgPipeline
        pipe = kind(**common)
        for net, scale, tensor in zip(nets, scales, tensors):
            states = net(tensor[:, : net.config.in_channels])
            features.append([state * scale for state in states])
        intrablock = [sum(levels[1:], levels[0]) for levels in zip(*features)]
    else:
        kind = StableDiffusionControlNetImg2ImgPipeline if pooled is None else StableDiffusionXLControlNetImg2ImgPipeline
        pipe = kind(controlnet=nets if len(nets) > 1 else nets[0], **common)
        one = len(nets) == 1
        options |= dict(
            control_image=tensors[0] if one else tensors,
            controlnet_conditioning_scale=scales[0] if one else scales,
        )
        # The latents do not say how large the picture is.
        options |= dict(height=case["height"], width=case["width"])
        pipe.check_inputs = lambda *_, **__: None
    pipe.set_progress_bar_config(disable=True)

    stages, forward = [], unet.forward

    def recording(sample, timestep, *arguments, **more):
        if are_adapters:
            more["down_intrablock_additional_residuals"] = [state.clone() for state in intrablock]
        result = forward(sample, timestep, *arguments, **more)
        stages.append((sample.clone(), timestep, (result[0] if isinstance(result, tuple) else result.sample).clone()))
        return result

    unet.forward = recording
    draw = lambda output: pipe(**options, output_type=output, generator=torch.Generator().manual_seed(case["seed"])).images
    denoised = draw("latent")
    result = (draw("np")[0] * 255).round().astype(numpy.uint8)
    unet.forward = forward

    generator = torch.Generator().manual_seed(case["seed"])
    noise = torch.randn(latents.shape, generator=generator)
    fresh = [torch.randn(latents.shape, generator=generator) for _ in range(case["steps"] - 1)]
    spoken = f"prompt.{PROMPTS.index(case['prompt'])}"
    records |= {f"{spoken}.prompt_embeds": prompt} | ({f"{spoken}.pooled_prompt_embeds": pooled} if pooled is not None else {})
    own = {
        "frame": torch.from_numpy(frame), "noise": noise, "prediction": stages[0][2], "denoised": denoised,
        "picture": torch.from_numpy(result),
    }
    for index, (net, scale, tensor) in enumerate(zip(nets, scales, tensors)):
        own[f"control_image.{index}"] = torch.from_numpy(looks[index])
        if are_adapters:
            own |= {f"control.{index}.feature.{level}": state for level, state in enumerate(features[index])}
            continue
        if case["steps"] > 1:
            continue
        own[f"control.{index}.embedding"] = net.controlnet_cond_embedding(
            tensor.flip(1) if net.config.controlnet_conditioning_channel_order == "bgr" else tensor
        )
        added = None
        if pooled is not None:
            size = [case["height"], case["width"], 0, 0, case["height"], case["width"]]
            added = dict(text_embeds=pooled, time_ids=torch.tensor([size], dtype=torch.float32))
        sample, timestep, _ = stages[0]
        down, mid = net(
            sample, timestep, prompt, tensor, conditioning_scale=scale, added_cond_kwargs=added, return_dict=False
        )
        own |= {f"control.{index}.down.{level}": value for level, value in enumerate(down)}
        own[f"control.{index}.mid"] = mid
    records |= {f"{label}.{key}": value for key, value in own.items()}
    for index, tensor in enumerate(fresh):
        records[f"{label}.step_noise.{index}"] = tensor
    saturated = ((result == 0) | (result == 255)).mean()
    print(f"{name} {label}: {case['controls']} {scales} prediction {stages[0][2].std():.3f} "
          f"picture {result.mean():.0f}±{result.std():.0f}, {saturated:.1%} saturated")
    assert saturated < 0.15 and result.std() > 10, "a picture that shows nothing"
    return {**case, "label": label, "spoken": spoken, "timesteps": timesteps}, result


def case(controls, scales, width=40, height=24, strength=0.5, prompt=0, seed=1, steps=1):
    return dict(
        controls=controls, scales=scales, width=width, height=height, strength=strength, prompt=PROMPTS[prompt], seed=seed,
        steps=steps,
    )


def make(name, controls, cases):
    model, scheduler = parts(name)
    opened = {control: save(control, make(model["unet"])) for control, make in controls.items()}
    if name == "sd-kl":
        save_original("sd-canny", opened["sd-canny"])
    records, described, pictures = {}, [], {}  # pictures: by the scale of the first control, where that is alone
    for index, one in enumerate(cases):
        entry, result = run(name, model, scheduler, opened, str(index), one, records)
        described.append(entry)
        if one["controls"] == [next(iter(controls))] and one["steps"] == 1:
            pictures[one["scales"][0]] = result
    assert (pictures[1.0] != pictures[0.0]).mean() > 0.1, "the control changes nothing"
    save_file({key: tensor.contiguous() for key, tensor in records.items()}, FOLDER / f"{name}.safetensors")
    (FOLDER / f"{name}.json").write_text(json.dumps(described, indent=1) + "\n")


def canny():
    """Game-like pictures (soft shades, hard edges, grain), and OpenCV's edges of them at several thresholds."""
    records, described = {}, []
    for index, (width, height, low, high) in enumerate([(160, 96, 100, 200), (97, 61, 50, 150), (64, 64, 0, 1), (33, 7, 20, 400)]):
        frame = picture(width, height, index)
        records[f"{index}.frame"] = torch.from_numpy(frame)
        records[f"{index}.edges"] = torch.from_numpy(cv2.Canny(frame, low, high))
        share = (records[f"{index}.edges"] > 0).float().mean()
        print(f"canny {index}: {share:.1%} edges")
        described.append(dict(width=width, height=height, low=low, high=high))
    save_file(records, FOLDER / "canny.safetensors")
    (FOLDER / "canny.json").write_text(json.dumps(described) + "\n")


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    make(
        "sd-kl",
        {
            "sd-canny": lambda unet: controlnet(unet, 41),
            "sd-tile": lambda unet: controlnet(unet, 42, controlnet_conditioning_channel_order="bgr"),
            "sd-adapter": lambda unet: adapter(43, channels=[4, 8, 8]),
            "sd-sketch-light": lambda unet: adapter(44, channels=[4, 8, 8], adapter_type="light_adapter", in_channels=1),
        },
        [
            case(["sd-canny", "sd-tile"], [0.5, 1.0], strength=0.8, prompt=1, seed=7),
            case(["sd-canny"], [0.0]),
            case(["sd-canny"], [0.5]),
            case(["sd-canny"], [1.0]),
            case(["sd-canny"], [1.0], width=72, height=40, strength=0.9, seed=6, steps=3),
            case(["sd-adapter"], [1.0]),
            case(["sd-adapter", "sd-sketch-light"], [0.5, 1.0], width=72, height=40, prompt=1, seed=3),
            case(["sd-sketch-light"], [0.5]),
        ],
    )
    make(
        "sdxl",
        {
            "sdxl-canny": lambda unet: controlnet(unet, 51),
            "sdxl-tile": lambda unet: controlnet(unet, 52),
            "sdxl-adapter": lambda unet: adapter(
                53, channels=[8, 12, 12], adapter_type="full_adapter_xl", downscale_factor=16
            ),
        },
        [
            case(["sdxl-canny", "sdxl-tile"], [1.0, 0.5], strength=0.6, prompt=1, seed=4),
            case(["sdxl-canny"], [0.0]),
            case(["sdxl-canny"], [0.5]),
            case(["sdxl-canny"], [1.0]),
            case(["sdxl-tile"], [1.0], width=72, prompt=1, seed=4, steps=2),
            case(["sdxl-adapter"], [1.0], width=48, height=32),
        ],
    )
    canny()
    total = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    print(f"{total / 1024:.0f} KiB in all")
    assert total < 0.8 * 2**20


if __name__ == "__main__":
    main()
