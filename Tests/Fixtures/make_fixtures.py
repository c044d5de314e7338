#!/usr/bin/env python3
"""Makes the tiny models in models/ and what diffusers computes with them in cases/.

    make_fixtures.py

Needs torch 2.13.0, transformers 5.23.0, diffusers 0.42.1, safetensors, numpy. Run by hand when a case is added; the
tests read only what it wrote.

Every model is random. Its weights are scaled so that pictures neither saturate nor vanish, which is checked here. A
case records the stages of one frame: token ids, prompt embeddings, mode latents, noised latents, the UNet's
prediction of the first step, the last latents, for the smallest cases the decoded floats, and the RGB8 picture of a
diffusers pipeline that is handed the mode latents and walks the timesteps of the one-step rule:
t_i = max(round(1000 * strength * (n - i) / n) - 1, 0).
"""

import json
import math
import shutil
from pathlib import Path

import numpy
import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionXLImg2ImgPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

HERE = Path(__file__).parent
torch.set_grad_enabled(False)
torch.use_deterministic_algorithms(True)

SCHEDULE = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
PROMPTS = ["watercolor painting", "a neon city at night, rain", ""]


# -- weights ----------------------------------------------------------------------------------------------------------


def randomise(model, seed):
    """Weights with a variance of 1/fan_in, norms and biases a little off their neutral values, all exact in fp16."""
    generator = torch.Generator().manual_seed(seed)
    tiny = isinstance(model, AutoencoderTiny)
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        if tensor.ndim <= 1:
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            if tiny and name.startswith("decoder.") and ".conv." not in name and len(tensor) == 3:
                centre = 0.5
            value = centre + 0.1 * torch.randn(tensor.shape, generator=generator)
        else:
            fan_in = 4 if "embedding.weight" in name else math.prod(tensor.shape[1:])
            gain = 1.3 if tiny else 1.0
            if name.endswith(("conv2.weight", "to_out.0.weight", "net.2.weight", "conv.4.weight")):
                gain = 0.5
            if isinstance(model, AutoencoderKL) and name == "decoder.conv_out.weight":
                gain = 0.7
            if tiny and tensor.shape[0] == 3:
                gain = 0.5
            value = torch.randn(tensor.shape, generator=generator) * gain / math.sqrt(fan_in)
        tensor.copy_(value.half())
    return model.eval()


def unet(seed, **options):
    defaults = dict(
        sample_size=8,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(4, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=2,
        cross_attention_dim=16,
        time_embedding_dim=24,
        use_linear_projection=True,
    )
    return randomise(UNet2DConditionModel(**{**defaults, **options}), seed)


def kl(seed, **options):
    defaults = dict(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=0.6,
    )
    return randomise(AutoencoderKL(**{**defaults, **options}), seed)


def tiny_autoencoder(seed):
    return randomise(
        AutoencoderTiny(
            encoder_block_out_channels=(8,) * 4,
            decoder_block_out_channels=(8,) * 4,
            num_encoder_blocks=(1, 1, 1, 1),
            num_decoder_blocks=(1, 1, 1, 1),
        ),
        seed,
    )


def text_encoder(seed, projected=False, **options):
    defaults = dict(
        vocab_size=len(vocabulary()),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        projection_dim=12,
        bos_token_id=len(vocabulary()) - 2,
        eos_token_id=len(vocabulary()) - 1,
        pad_token_id=0,
    )
    kind = CLIPTextModelWithProjection if projected else CLIPTextModel
    return randomise(kind(CLIPTextConfig(**{**defaults, **options})), seed)


# -- tokenizer --------------------------------------------------------------------------------------------------------

MERGES = ["w a", "t e", "wa te", "c o", "l o", "co lo", "i n", "n e", "t y</w>", "in g</w>"]


def vocabulary():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = [chr(b) for b in plain] + [chr(256 + n) for n in range(256 - len(plain))]
    tokens = symbols + [s + "</w>" for s in symbols] + ["".join(m.split()) for m in MERGES]
    return tokens + ["<|startoftext|>", "<|endoftext|>"]


def write_tokenizer(folder, pad):
    folder.mkdir(parents=True)
    ids = {token: index for index, token in enumerate(vocabulary())}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
    special = dict(bos_token="<|startoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token=pad)
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(special | dict(model_max_length=77, tokenizer_class="CLIPTokenizer", do_lower_case=True))
    )


# -- folders ----------------------------------------------------------------------------------------------------------


def write_folder(name, parts, scheduler, dtypes, variant=None, sharded=(), old_attention=False, xl=False):
    """Saves the parts as diffusers does; `dtypes`: each part's element type, float16 where not named."""
    folder = HERE / "models" / name
    index = {"_class_name": "StableDiffusionXLPipeline" if xl else "StableDiffusionPipeline"}
    for part, model in parts.items():
        stored = folder / part
        dtype = dtypes.get(part, torch.float16)
        library = "transformers" if part.startswith("text_encoder") else "diffusers"
        index[part] = [library, type(model).__name__]
        copy = model.__class__.from_config(model.config) if library == "diffusers" else type(model)(model.config)
        copy.load_state_dict(model.state_dict())
        size = {"max_shard_size": "40KB"} if part in sharded else {}
        copy.to(dtype).save_pretrained(stored, variant=variant, **size)
        if library == "transformers":
            add_prefix(stored)
        if part == "vae" and old_attention:
            rename_attention(stored)
    scheduler.save_config(folder / "scheduler")
    index["scheduler"] = ["diffusers", type(scheduler).__name__]
    write_tokenizer(folder / "tokenizer", "<|endoftext|>" if xl else "!")
    index["tokenizer"] = ["transformers", "CLIPTokenizer"]
    if xl:
        write_tokenizer(folder / "tokenizer_2", "!")
        index["tokenizer_2"] = ["transformers", "CLIPTokenizer"]
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def add_prefix(folder):
    """Published text encoders name their tensors text_model.…, which transformers 5 reads and no longer writes."""
    for path in folder.glob("*.safetensors"):
        tensors = load_file(path)
        if not any(name.startswith("text_model.") for name in tensors):
            save_file({f"text_model.{name}": t for name, t in tensors.items()}, path, metadata={"format": "pt"})


def rename_attention(folder):
    """The names of diffusers before 0.18, which many published autoencoders still carry."""
    names = {"to_q.": "query.", "to_k.": "key.", "to_v.": "value.", "to_out.0.": "proj_attn."}
    for path in folder.glob("*.safetensors"):
        renamed = {}
        for name, tensor in load_file(path).items():
            for new, old in names.items():
                name = name.replace(f"attentions.0.{new}", f"attentions.0.{old}")
            renamed[name] = tensor
        save_file(renamed, path, metadata={"format": "pt"})


# -- cases ------------------------------------------------------------------------------------------------------------


def walk(strength, steps):
    return [max(round(1000 * strength * (steps - i) / steps) - 1, 0) for i in range(steps)]


def walking(scheduler, timesteps):
    """The same scheduler, made to visit exactly these timesteps."""

    class Walking(type(scheduler)):
        def set_timesteps(self, count, device=None, **_):
            assert count == len(timesteps)
            sigmas = hasattr(self, "sigmas")
            self.timesteps = torch.tensor(timesteps, dtype=torch.float32 if sigmas else torch.long)
            self.num_inference_steps = count
            if sigmas:
                sigmas = ((1 - self.alphas_cumprod) / self.alphas_cumprod) ** 0.5
                self.sigmas = torch.cat([sigmas[timesteps], torch.zeros(1)])
            self._step_index = self._begin_index = None

    return Walking.from_config(scheduler.config)


def picture(width, height, seed):
    """Soft gradients, a disc, a grid and a little grain: values from 10 to 245."""
    y, x = numpy.mgrid[0:height, 0:width] / max(width, height)
    phase = numpy.array([0.0, 1.3, 2.9]) + seed
    soft = numpy.sin(6 * x[..., None] + phase) * numpy.cos(5 * y[..., None] - phase)
    disc = ((x - 0.4) ** 2 + (y - 0.3) ** 2 < 0.03)[..., None] * numpy.array([0.6, -0.5, 0.2])
    grid = ((x * 16).astype(int) % 4 == 0)[..., None] * -0.3
    grain = numpy.random.default_rng(seed).normal(0, 0.06, (height, width, 3))
    return numpy.clip(127 + 90 * (soft + disc + grid + grain), 10, 245).astype(numpy.uint8)


def tokenise(parts, name, prompt):
    folder = HERE / "models" / name
    ids = []
    for tokenizer in ["tokenizer", "tokenizer_2"][: 2 if "text_encoder_2" in parts else 1]:
        reader = CLIPTokenizer.from_pretrained(folder / tokenizer)
        ids.append(reader(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids)
    return ids


def embed(parts, ids):
    """Prompt and pooled embeddings, as the pipelines' encode_prompt makes them."""
    if len(ids) == 1:
        return parts["text_encoder"](ids[0]).last_hidden_state, None
    first = parts["text_encoder"](ids[0], output_hidden_states=True)
    second = parts["text_encoder_2"](ids[1], output_hidden_states=True)
    return torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1), second[0]


def run_case(name, parts, scheduler, case, records):
    label = case["label"]
    source = picture(case["width"], case["height"], case["seed"])
    ids = tokenise(parts, name, case["prompt"])
    prompt, pooled = embed(parts, ids)
    vae, net = parts["vae"], parts["unet"]

    pixels = torch.from_numpy(source).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    encoded = vae.encode(pixels)
    mode = encoded.latents if isinstance(vae, AutoencoderTiny) else encoded.latent_dist.mode()
    latents = mode * vae.config.scaling_factor
    if getattr(vae.config, "latents_mean", None):
        mean = torch.tensor(vae.config.latents_mean).view(1, -1, 1, 1)
        std = torch.tensor(vae.config.latents_std).view(1, -1, 1, 1)
        latents = (mode - mean) * vae.config.scaling_factor / std

    # Without the note of what was left at its default, or from_config would put those defaults back.
    config = {key: value for key, value in scheduler.config.items() if key != "_use_default_values"}
    config |= {key: case[key] for key in ["prediction_type"] if key in case}
    timesteps = walk(case["strength"], case["steps"])
    stepper = walking(type(scheduler).from_config(config), timesteps)
    stages = []
    forward = net.forward

    def recording(sample, timestep, *arguments, **options):
        result = forward(sample, timestep, *arguments, **options)
        stages.append((sample.clone(), (result[0] if isinstance(result, tuple) else result.sample).clone()))
        return result

    def pipeline(output):
        options = dict(
            prompt_embeds=prompt, image=latents, strength=1.0, num_inference_steps=case["steps"], output_type=output,
            guidance_scale=case.get("guidance_scale", 0.0), generator=torch.Generator().manual_seed(case["seed"]),
        )
        if pooled is None:
            pipe = StableDiffusionImg2ImgPipeline(
                vae=vae, unet=net, scheduler=stepper, text_encoder=None, tokenizer=None, safety_checker=None,
                feature_extractor=None, requires_safety_checker=False,
            )
        else:
            pipe = StableDiffusionXLImg2ImgPipeline(
                vae=vae, unet=net, scheduler=stepper, text_encoder=None, text_encoder_2=None, tokenizer=None,
                tokenizer_2=None, add_watermarker=False,
            )
            options["pooled_prompt_embeds"] = pooled
        pipe.set_progress_bar_config(disable=True)
        return pipe(**options).images

    net.forward = recording
    denoised = pipeline("latent")
    net.forward = forward
    result = (pipeline("np")[0] * 255).round().astype(numpy.uint8)

    generator = torch.Generator().manual_seed(case["seed"])
    noise = torch.randn(latents.shape, generator=generator)
    fresh = [torch.randn(latents.shape, generator=generator) for _ in range(case["steps"] - 1)]
    bar = stepper.alphas_cumprod[timesteps[0]]
    noised = latents + ((1 - bar) / bar).sqrt() * noise
    if isinstance(stepper, LCMScheduler):
        noised = noised * bar.sqrt()

    spoken = f"prompt.{PROMPTS.index(case['prompt'])}"
    records |= {f"{label}.{key}": value for key, value in {
        "frame": torch.from_numpy(source), "noise": noise, "mode": mode, "noised": noised,
        "prediction": stages[0][1], "denoised": denoised, "picture": torch.from_numpy(result),
    }.items()}
    records[f"{spoken}.prompt_embeds"] = prompt
    for index, tokens in enumerate(ids):
        records[f"{spoken}.input_ids{'_2' if index else ''}"] = tokens
    for index, tensor in enumerate(fresh):
        records[f"{label}.step_noise.{index}"] = tensor
    if pooled is not None:
        records[f"{spoken}.pooled_prompt_embeds"] = pooled
    if case.get("decoded"):
        scaled = denoised / vae.config.scaling_factor
        if getattr(vae.config, "latents_mean", None):
            scaled = denoised * std / vae.config.scaling_factor + mean
        records[f"{label}.decoded"] = vae.decode(scaled).sample

    saturated = ((result == 0) | (result == 255)).mean()
    print(
        f"{name} {label}: mode {mode.std():.2f} noised {noised.std():.2f} prediction {stages[0][1].std():.2f} "
        f"denoised {denoised.std():.2f} picture {result.mean():.0f}±{result.std():.0f}, {saturated:.1%} saturated"
    )
    assert saturated < 0.1 and result.std() > 10, "a picture that shows nothing"
    return {**case, "spoken": spoken, "timesteps": timesteps}


def make(name, parts, scheduler, cases, dtypes={}, **options):
    write_folder(name, parts, scheduler, dtypes, xl="text_encoder_2" in parts, **options)
    for part, model in parts.items():
        # What is computed with is what was stored.
        dtype = dtypes.get(part, torch.float16)
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(dtype).float())
    records, described = {}, []
    for index, case in enumerate(cases):
        case = {"label": str(index), "steps": 1, **case}
        described.append(run_case(name, parts, scheduler, case, records))
    (HERE / "cases").mkdir(exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in records.items()}, HERE / "cases" / f"{name}.safetensors")
    (HERE / "cases" / f"{name}.json").write_text(json.dumps(described, indent=1) + "\n")


def case(width, height, strength, prompt, seed, **options):
    return dict(width=width, height=height, strength=strength, prompt=PROMPTS[prompt], seed=seed, **options)


def schedules():
    """ᾱ of the schedules diffusers knows, at every 37th timestep and the last."""
    variants = {
        "linear": dict(),
        "scaled_linear": SCHEDULE,
        "squaredcos_cap_v2": dict(beta_schedule="squaredcos_cap_v2"),
        "zero_snr": SCHEDULE | dict(rescale_betas_zero_snr=True),
        "trained": dict(trained_betas=[0.001 * (i + 1) for i in range(50)]),
    }
    result = {}
    for name, options in variants.items():
        scheduler = EulerDiscreteScheduler(**options)
        scheduler.save_config(HERE / "schedulers" / name)
        bars = scheduler.alphas_cumprod
        picked = [*range(0, len(bars), 37), len(bars) - 1]
        result[name] = {"timesteps": picked, "alphas_cumprod": [float(bars[t]) for t in picked]}
    (HERE / "schedulers" / "alphas_cumprod.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")


def main():
    for folder in ["models", "cases", "schedulers"]:
        shutil.rmtree(HERE / folder, ignore_errors=True)

    # SD-Turbo's shape: linear projections, gelu, epsilon, fp32 UNet beside an fp16 rest.
    make(
        "sd-kl",
        dict(
            text_encoder=text_encoder(1, hidden_act="gelu", eos_token_id=2),
            unet=unet(2, attention_head_dim=(1, 2, 4)),
            vae=kl(3, block_out_channels=(4, 4, 4, 8)),
        ),
        EulerDiscreteScheduler(**SCHEDULE, timestep_spacing="trailing"),
        [
            case(40, 24, 0.5, 0, 1, decoded=True),
            case(32, 56, 0.25, 1, 7),
            case(72, 40, 1.0, 2, 123),
            case(40, 24, 0.7, 1, 5, prediction_type="sample"),
            case(40, 24, 0.002, 1, 5),
            case(40, 24, 0.9, 0, 6, steps=3),
        ],
        dtypes=dict(vae=torch.float32),
    )
    # The other branches: AutoencoderTiny, 1×1 convolutions as projections, quick_gelu, v, scale_shift, no mid block,
    # files named as a variant, text encoder in bf16.
    make(
        "sd-tiny",
        dict(
            text_encoder=text_encoder(11, hidden_act="quick_gelu"),
            unet=unet(
                12,
                use_linear_projection=False,
                mid_block_type=None,
                resnet_time_scale_shift="scale_shift",
                layers_per_block=[1, 2, 1],
                flip_sin_to_cos=False,
                freq_shift=1,
                only_cross_attention=[True, False, False],
                downsample_padding=0,
                center_input_sample=True,
                act_fn="gelu",
                encoder_hid_dim=16,
                cross_attention_dim=12,
            ),
            vae=tiny_autoencoder(13),
        ),
        DDIMScheduler(**SCHEDULE, prediction_type="v_prediction", clip_sample=False),
        [case(48, 32, 0.4, 0, 2, decoded=True), case(56, 40, 0.8, 1, 3)],
        dtypes=dict(text_encoder=torch.bfloat16),
        variant="fp16",
    )
    # SDXL-Turbo's shape, its UNet in shards, its autoencoder with the old attention names and per-channel statistics.
    make(
        "sdxl",
        dict(
            text_encoder=text_encoder(21, hidden_act="quick_gelu", eos_token_id=2),
            text_encoder_2=text_encoder(22, projected=True, hidden_act="gelu", hidden_size=20, eos_token_id=2),
            unet=unet(
                23,
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
                block_out_channels=(8, 12),
                transformer_layers_per_block=(1, 2),
                attention_head_dim=(2, 3),
                cross_attention_dim=36,
                addition_embed_type="text_time",
                addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=12 + 6 * 8,
            ),
            vae=kl(
                24, scaling_factor=0.5, latents_mean=[0.1, -0.2, 0.05, 0.0], latents_std=[0.9, 1.1, 1.0, 0.8],
                force_upcast=True,
            ),
        ),
        EulerAncestralDiscreteScheduler(**SCHEDULE, timestep_spacing="trailing"),
        [
            case(40, 24, 0.5, 0, 1, decoded=True),
            case(72, 40, 0.6, 1, 4, steps=2),
            case(40, 56, 1.0, 0, 9, steps=4),
            case(40, 24, 0.003, 1, 9, steps=4),
        ],
        sharded=("unet",),
        old_attention=True,
    )
    # A latent consistency model.
    make(
        "lcm",
        dict(
            text_encoder=text_encoder(31),
            unet=unet(
                32,
                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
                block_out_channels=(8, 12),
                time_cond_proj_dim=10,
                mid_block_type="UNetMidBlock2D",
                addition_embed_type="text",
                addition_embed_type_num_heads=4,
                attention_head_dim=2,
            ),
            vae=tiny_autoencoder(36),
        ),
        LCMScheduler(**SCHEDULE),
        [
            case(40, 24, 0.5, 0, 1, guidance_scale=8.5, decoded=True),
            case(40, 40, 0.3, 1, 2, guidance_scale=8.5, steps=4),
            case(40, 24, 0.9, 0, 3, guidance_scale=2.5, steps=2, prediction_type="v_prediction"),
        ],
    )
    schedules()
    total = sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file())
    print(f"{total / 1024:.0f} KiB in all")
    assert total < 1.2 * 2**20


if __name__ == "__main__":
    main()
