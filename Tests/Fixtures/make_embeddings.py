"""Textual inversions and what diffusers 0.42.1 makes of prompts with them; transformers 5.23.0, torch 2.13.0.

Writes into embeddings/:
  sd.safetensors       one vector in diffusers' form, for models/sd-kl: {"<ink>": [16]}
  sd-three.safetensors three vectors in A1111's form: {"emb_params": [3, 16]}
  sdxl.safetensors     two vectors for each encoder of models/sdxl: {"clip_l": [2, …], "clip_g": [2, …]}
  expected.safetensors "{model}.{k}.ids.{e}": the ids of prompt k for encoder e; "{model}.{k}.prompt_embeds" and, for
                       sdxl, "….pooled": the embeddings, pooled at the end token
  prompts.json         {model: [prompts]}; in lower case where a word has several vectors: diffusers spreads them
                       out by the exact spelling, and leaves all but the first away in another
"""
import json
import pathlib

import diffusers
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from safetensors.torch import save_file

assert diffusers.__version__ == "0.42.1" and torch.__version__.startswith("2.13.0")
HERE = pathlib.Path(__file__).parent
PROMPTS = {
    "sd-kl": ["a castle in the style of <ink>", "<Ink>wave,  waves of wave and <ink>", "nothing of it",
              "wave " * 40],
    "sdxl": ["a castle by sun", "sun, watercolor sun sun"],
}


def save(name, tensors):
    save_file(tensors, HERE / "embeddings" / name)


def parts(pipe):
    pairs = [(pipe.tokenizer, pipe.text_encoder)]
    return pairs + ([(pipe.tokenizer_2, pipe.text_encoder_2)] if hasattr(pipe, "tokenizer_2") else [])


torch.manual_seed(0)
expected = {}
for name, kind in (("sd-kl", StableDiffusionPipeline), ("sdxl", StableDiffusionXLPipeline)):
    options = dict(safety_checker=None, feature_extractor=None) if name == "sd-kl" else {}
    pipe = kind.from_pretrained(HERE / "models" / name, torch_dtype=torch.float32, **options)
    widths = [encoder.get_input_embeddings().weight.shape[1] for _, encoder in parts(pipe)]
    if name == "sd-kl":
        one, three = {"<ink>": torch.randn(widths[0]) / 2}, {"emb_params": (torch.randn(3, widths[0]) / 2).half()}
        save("sd.safetensors", one)
        save("sd-three.safetensors", three)
        pipe.load_textual_inversion(one)
        pipe.load_textual_inversion(three, token="wave")
    else:
        both = {key: torch.randn(2, width) / 2 for key, width in zip(("clip_l", "clip_g"), widths)}
        save("sdxl.safetensors", both)
        for key, (tokenizer, encoder) in zip(("clip_l", "clip_g"), parts(pipe)):
            pipe.load_textual_inversion({key: both[key]}, token="sun", tokenizer=tokenizer, text_encoder=encoder)
    for tokenizer, encoder in parts(pipe):
        # Configs that say 2 make transformers take the largest id for the end token, which learned words then are.
        encoder.config.eos_token_id = tokenizer.eos_token_id
        for module in encoder.modules():
            if hasattr(module, "eos_token_id"):
                module.eos_token_id = tokenizer.eos_token_id
    for k, prompt in enumerate(PROMPTS[name]):
        with torch.no_grad():
            found = pipe.encode_prompt(prompt, device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=False)
        expected[f"{name}.{k}.prompt_embeds"] = found[0].contiguous()
        if name == "sdxl":
            expected[f"{name}.{k}.pooled"] = found[2].contiguous()
        for e, (tokenizer, _) in enumerate(parts(pipe)):
            words = pipe.maybe_convert_prompt(prompt, tokenizer)
            expected[f"{name}.{k}.ids.{e}"] = tokenizer(
                words, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
save("expected.safetensors", expected)
(HERE / "embeddings" / "prompts.json").write_text(json.dumps(PROMPTS, indent=2) + "\n")
