"""What single-file checkpoints and LoRAs must come out as, by diffusers 0.42.1, transformers 5.23.0, peft 0.21.2 and
torch 2.13.0; checksums by xxhash 4.1.0.

Writes into Fixtures/:
  checkpoint-{one,two,extraLarge,small,uneven}.json  {"original": [[name, shape]], "diffusers": {part: [count, checksum]},
                                         "configs": {part: {key: value}}}
      The original's k-th tensor holds the float16 numbers whose bits are (17 k + i) mod 30000, i being the element.
      What diffusers' own converters make of them is given by one checksum over each tensor's name, shape and bytes,
      in order of their names.
  lora-{peft,kohya,original}.safetensors  adapters for a small UNet, in three styles of keys; the first without alphas
  lora-{metadata,dora}.safetensors        with ranks and alphas of their own for some layers, given in the header, the
                                          ranks' roots dividing; with DoRA's magnitudes
  widened.safetensors                     every finite number of fp8's two types, some of float64, and what torch's
                                          .float() makes of them
  lora.json                               {file: {name: [sum, sum of absolutes, first, last]}} of the merged weights
"""
import json
import pathlib
import re

import diffusers
import torch
import transformers
import xxhash
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as convert
from safetensors.torch import save_file

assert diffusers.__version__ == "0.42.1" and torch.__version__.startswith("2.13.0")
HERE = pathlib.Path(__file__).parent / "Fixtures"

UNETS = {
    "one": dict(block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=16, attention_head_dim=8,
                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D")),
    "two": dict(block_out_channels=(32, 64, 64), layers_per_block=2, cross_attention_dim=24,
                attention_head_dim=(1, 1, 1), use_linear_projection=True,
                down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D")),
    "extraLarge": dict(block_out_channels=(32, 64, 128), layers_per_block=2, cross_attention_dim=24,
                       attention_head_dim=(1, 1, 2), use_linear_projection=True, transformer_layers_per_block=(1, 2, 3),
                       addition_embed_type="text_time", addition_time_embed_dim=256, time_cond_proj_dim=None,
                       projection_class_embeddings_input_dim=8 + 6 * 256,
                       down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                       up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")),
    # As SD 1's small models are: no middle block, and the text encoder named as early checkpoints name it.
    "small": dict(block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=16, attention_head_dim=8,
                  mid_block_type=None, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                  up_block_types=("CrossAttnUpBlock2D", "UpBlock2D")),
    # As models distilled from SDXL are: transformers of different depths in one level, and a middle without any.
    "uneven": dict(block_out_channels=(32, 64), layers_per_block=2, cross_attention_dim=16, attention_head_dim=(1, 1),
                   use_linear_projection=True, mid_block_type="UNetMidBlock2D",
                   transformer_layers_per_block=[[1, 1], [1, 2]],
                   reverse_transformer_layers_per_block=[[2, 1, 1], [1, 1, 1]],
                   down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                   up_block_types=("CrossAttnUpBlock2D", "UpBlock2D")),
}
VAE = dict(block_out_channels=(32, 64), layers_per_block=2, latent_channels=4,
           down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)


def original_unet(name, config):
    """The name that the original layout has for a name of diffusers'."""
    layers, levels = config["layers_per_block"], len(config["block_out_channels"])
    name = re.sub(r"^time_embedding.linear_(\d)", lambda m: f"time_embed.{2 * int(m[1]) - 2}", name)
    name = re.sub(r"^add_embedding.linear_(\d)", lambda m: f"label_emb.0.{2 * int(m[1]) - 2}", name)
    for new, old in (("conv_in", "input_blocks.0.0"), ("conv_norm_out", "out.0"), ("conv_out", "out.2")):
        name = re.sub(rf"^{new}\.", old + ".", name)
    if ".resnets." in name:
        for new, old in (("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("norm2", "out_layers.0"),
                         ("conv2", "out_layers.3"), ("time_emb_proj", "emb_layers.1"),
                         ("conv_shortcut", "skip_connection")):
            name = name.replace("." + new + ".", "." + old + ".")
    down = lambda b, l: 1 + int(b) * (layers + 1) + int(l)
    name = re.sub(r"^down_blocks.(\d).resnets.(\d)", lambda m: f"input_blocks.{down(m[1], m[2])}.0", name)
    name = re.sub(r"^down_blocks.(\d).attentions.(\d)", lambda m: f"input_blocks.{down(m[1], m[2])}.1", name)
    name = re.sub(r"^down_blocks.(\d).downsamplers.0.conv", lambda m: f"input_blocks.{down(m[1], layers)}.0.op", name)
    name = re.sub(r"^mid_block.resnets.(\d)", lambda m: f"middle_block.{2 * int(m[1])}", name)
    name = name.replace("mid_block.attentions.0", "middle_block.1")
    up = lambda b, l: int(b) * (layers + 1) + int(l)
    name = re.sub(r"^up_blocks.(\d).resnets.(\d)", lambda m: f"output_blocks.{up(m[1], m[2])}.0", name)
    name = re.sub(r"^up_blocks.(\d).attentions.(\d)", lambda m: f"output_blocks.{up(m[1], m[2])}.1", name)
    attends = ["CrossAttn" in t for t in config["up_block_types"]]
    return re.sub(r"^up_blocks.(\d).upsamplers.0.conv",
                  lambda m: f"output_blocks.{up(m[1], layers)}.{2 if attends[int(m[1])] else 1}.conv", name)


def original_vae(name):
    levels = len(VAE["block_out_channels"])
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block.resnets.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = name.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
    name = name.replace("to_out.0", "proj_out").replace(".to_", ".")
    name = re.sub(r"down_blocks.(\d).resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks.(\d).downsamplers.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks.(\d).resnets", lambda m: f"up.{levels - 1 - int(m[1])}.block", name)
    return re.sub(r"up_blocks.(\d).upsamplers.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)


def clip_shapes(hidden, layers):
    shapes = {"embeddings.token_embedding.weight": [524, hidden], "embeddings.position_embedding.weight": [77, hidden],
              "embeddings.position_ids": [1, 77]}
    for layer in range(layers):
        path = f"encoder.layers.{layer}."
        for side in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes[f"{path}self_attn.{side}.weight"] = [hidden, hidden]
            shapes[f"{path}self_attn.{side}.bias"] = [hidden]
        for norm in ("layer_norm1", "layer_norm2"):
            shapes[f"{path}{norm}.weight"] = shapes[f"{path}{norm}.bias"] = [hidden]
        shapes[f"{path}mlp.fc1.weight"], shapes[f"{path}mlp.fc1.bias"] = [2 * hidden, hidden], [2 * hidden]
        shapes[f"{path}mlp.fc2.weight"], shapes[f"{path}mlp.fc2.bias"] = [hidden, 2 * hidden], [hidden]
    shapes["final_layer_norm.weight"] = shapes["final_layer_norm.bias"] = [hidden]
    return {"text_model." + name: shape for name, shape in shapes.items()}


def open_clip_shapes(hidden, layers):
    shapes = {"positional_embedding": [77, hidden], "token_embedding.weight": [524, hidden], "ln_final.weight": [hidden],
              "ln_final.bias": [hidden], "text_projection": [hidden, hidden], "logit_scale": []}
    for layer in layers:
        path = f"transformer.resblocks.{layer}."
        shapes[path + "attn.in_proj_weight"], shapes[path + "attn.in_proj_bias"] = [3 * hidden, hidden], [3 * hidden]
        shapes[path + "attn.out_proj.weight"], shapes[path + "attn.out_proj.bias"] = [hidden, hidden], [hidden]
        for norm in ("ln_1", "ln_2"):
            shapes[f"{path}{norm}.weight"] = shapes[f"{path}{norm}.bias"] = [hidden]
        shapes[path + "mlp.c_fc.weight"], shapes[path + "mlp.c_fc.bias"] = [2 * hidden, hidden], [2 * hidden]
        shapes[path + "mlp.c_proj.weight"], shapes[path + "mlp.c_proj.bias"] = [hidden, 2 * hidden], [hidden]
    return shapes


def checkpoint(family):
    config = UNETS[family]
    unet = UNet2DConditionModel(**config, norm_num_groups=32)
    vae = AutoencoderKL(**VAE)
    shapes = {"betas": [1000], "model_ema.decay": []}
    for name, value in unet.state_dict().items():
        shapes["model.diffusion_model." + original_unet(name, config)] = list(value.shape)
    for name, value in vae.state_dict().items():
        shape = list(value.shape)
        if ".attentions." in name and "to_" in name and name.endswith("weight"):
            shape += [1, 1]
        shapes["first_stage_model." + original_vae(name)] = shape
    clip = "conditioner.embedders.0.transformer." if family == "extraLarge" else "cond_stage_model.transformer."
    if family != "two":
        bare = "text_model." if family == "small" else ""
        shapes |= {clip + name.removeprefix(bare): shape for name, shape in clip_shapes(16, 2).items()}
    if family == "two":
        shapes |= {"cond_stage_model.model." + n: s for n, s in open_clip_shapes(24, [0, 1, 23]).items()}
    if family == "extraLarge":
        # Up to layer 9, by which diffusers tells the family.
        shapes |= {"conditioner.embedders.1.model." + n: s for n, s in open_clip_shapes(8, range(10)).items()}

    tensors = {}
    for index, (name, shape) in enumerate(shapes.items()):
        count = torch.Size(shape).numel()
        bits = (17 * index + torch.arange(count)) % 30000
        tensors[name] = bits.to(torch.int16).view(torch.float16).reshape(shape)

    def summary(state):
        digest = xxhash.xxh64()
        for name, value in sorted(state.items()):
            digest.update(f"{name} {list(value.shape)}\n".encode())
            digest.update(value.contiguous().numpy().tobytes())
        return [len(state), digest.hexdigest()]

    # `convert_open_clip_checkpoint` asks for the width only where there is no projection.
    model = None
    parts = {"unet": convert.convert_ldm_unet_checkpoint(dict(tensors), dict(unet.config)),
             "vae": convert.convert_ldm_vae_checkpoint(dict(tensors), dict(vae.config))}
    assert parts["unet"].keys() == unet.state_dict().keys(), parts["unet"].keys() ^ unet.state_dict().keys()
    assert parts["vae"].keys() == vae.state_dict().keys(), parts["vae"].keys() ^ vae.state_dict().keys()
    if family != "two":
        parts["text_encoder"] = convert.convert_ldm_clip_checkpoint(dict(tensors))
        if family == "small":
            parts["text_encoder"] = {"text_model." + name: value for name, value in parts["text_encoder"].items()}
    else:
        parts["text_encoder"] = convert.convert_open_clip_checkpoint(model, dict(tensors))
    if family == "extraLarge":
        parts["text_encoder_2"] = convert.convert_open_clip_checkpoint(
            model, dict(tensors), prefix="conditioner.embedders.1.model.")
    result = {"original": list(shapes.items()), "diffusers": {p: summary(s) for p, s in parts.items()},
              "configs": {"unet": dict(unet.config), "vae": dict(vae.config)}}
    (HERE / f"checkpoint-{family}.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")


def lora():
    config = UNETS["extraLarge"]
    torch.manual_seed(0)
    unet = UNet2DConditionModel(**config, norm_num_groups=32)
    place = "down_blocks.1.attentions.0"
    layers = [f"{place}.proj_in", f"{place}.transformer_blocks.0.attn1.to_q", f"{place}.transformer_blocks.1.attn2.to_k",
              f"{place}.transformer_blocks.0.attn2.to_out.0", f"{place}.transformer_blocks.0.ff.net.0.proj",
              "mid_block.resnets.0.conv1", "down_blocks.0.downsamplers.0.conv", "up_blocks.0.resnets.1.conv_shortcut"]
    modules = dict(unet.named_modules())
    base, factors = {}, {}
    for index, layer in enumerate(layers):
        weight = modules[layer].weight
        count = weight.numel()
        # Numbers that the test can make for itself.
        weight.data = ((torch.arange(count) * (7 + index) % 2001 - 1000) / 1000).reshape(weight.shape)
        base[layer] = list(weight.shape)
        # One rank and one alpha throughout, as trainers write them: diffusers misplaces alphas that differ.
        rank = 3
        down = torch.randn([rank] + list(weight.shape[1:])) / 4
        up = torch.randn([weight.shape[0], rank] + [1] * (weight.dim() - 2)) / 4
        factors[layer] = (down, up, 2.0)

    peft, kohya, original = {}, {}, {}
    for layer, (down, up, alpha) in factors.items():
        # fp16, as such files mostly are.
        down, up = down.half(), up.half()
        peft[f"unet.{layer}.lora_A.weight"], peft[f"unet.{layer}.lora_B.weight"] = down, up
        flat = "lora_unet_" + layer.replace(".", "_")
        old = "lora_unet_" + original_unet(layer + ".weight", config)[: -len(".weight")].replace(".", "_")
        for target, prefix in ((kohya, flat), (original, old)):
            target[prefix + ".lora_down.weight"], target[prefix + ".lora_up.weight"] = down.clone(), up.clone()
        kohya[flat + ".alpha"] = original[old + ".alpha"] = torch.tensor(alpha)

    # What diffusers writes beside the tensors when it saves a LoRA that was trained with PEFT.
    metadata, dora = {}, {}
    description = {"r": 3, "lora_alpha": 5, "rank_pattern": {"attn2.to_k": 2, "mid_block.resnets.0.conv1": 4},
                   "alpha_pattern": {f"{place}.proj_in": 1.5, "conv_shortcut": 6}, "use_rslora": True}
    descriptions = {"metadata": description, "dora": {"r": 3, "lora_alpha": 2, "use_dora": True}}
    for layer, (down, up, _) in factors.items():
        rank = next((r for end, r in description["rank_pattern"].items() if layer.endswith(end)), 3)
        weight = modules[layer].weight
        metadata[f"unet.{layer}.lora_A.weight"] = (torch.randn([rank, *weight.shape[1:]]) / 4).half()
        metadata[f"unet.{layer}.lora_B.weight"] = (
            torch.randn([weight.shape[0], rank] + [1] * (weight.dim() - 2)) / 4).half()
        dora[f"unet.{layer}.lora_A.weight"], dora[f"unet.{layer}.lora_B.weight"] = down.half(), up.half()
        lengths = weight.flatten(1).norm(dim=1) * (0.5 + torch.rand(weight.shape[0]))
        dora[f"unet.{layer}.lora_magnitude_vector"] = (
            lengths if weight.dim() == 2 else lengths.reshape(1, -1, 1, 1)).half()

    expected = {}
    for style, state in (("peft", peft), ("kohya", kohya), ("original", original), ("metadata", metadata), ("dora", dora)):
        header = None
        if style in descriptions:
            header = {"lora_adapter_metadata": json.dumps({f"unet.{k}": v for k, v in descriptions[style].items()})}
        save_file(state, HERE / f"lora-{style}.safetensors", metadata=header)
        model = UNet2DConditionModel(**config, norm_num_groups=32)
        model.load_state_dict(unet.state_dict())
        loaded = {k: v.float() for k, v in state.items()}
        alphas = None
        if style in ("kohya", "original"):
            from diffusers.loaders.lora_conversion_utils import (
                _convert_non_diffusers_lora_to_diffusers, _maybe_map_sgm_blocks_to_diffusers)
            if style == "original":
                loaded = _maybe_map_sgm_blocks_to_diffusers(loaded, model.config)
            loaded, alphas = _convert_non_diffusers_lora_to_diffusers(loaded)
        config_of_style = None
        if style in descriptions:
            targets = [layer for layer in layers]
            config_of_style = {f"unet.{k}": v for k, v in (descriptions[style] | {"target_modules": targets}).items()}
        model.load_lora_adapter(loaded, prefix="unet", network_alphas=alphas or None, metadata=config_of_style)
        model.fuse_lora(lora_scale=0.5)
        model.unload_lora()
        merged = {k: v for k, v in model.state_dict().items()}
        expected[style] = {}
        for layer in layers:
            value = merged[layer + ".weight"].double().flatten()
            expected[style][layer + ".weight"] = [value.sum().item(), value.abs().sum().item(), value[0].item(),
                                                  value[-1].item()]
    (HERE / "lora.json").write_text(json.dumps({"layers": list(base.items()), "merged": expected}, indent=0) + "\n")


def widened():
    tensors = {}
    for name, kind in (("e4m3", torch.float8_e4m3fn), ("e5m2", torch.float8_e5m2)):
        numbers = torch.arange(256, dtype=torch.uint8).view(kind)
        finite = numbers.float().isfinite()
        tensors[name] = torch.arange(256, dtype=torch.uint8)[finite].view(kind)
        tensors[name + ".float"] = tensors[name].float()
    torch.manual_seed(1)
    tensors["f64"] = torch.cat([torch.randn(200, dtype=torch.float64), torch.tensor([1e-45, -1e-40, 3.4e38, 1 / 3.0])])
    tensors["f64.float"] = tensors["f64"].float()
    save_file(tensors, HERE / "widened.safetensors")


HERE.mkdir(exist_ok=True)
for family in UNETS:
    checkpoint(family)
lora()
widened()
