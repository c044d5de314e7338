"""Writes the averaged weights as a diffusers folder, in fp16."""

import json, os, shutil, sys, torch
import train as M, teachers as T, prompts as P
from diffusers import EulerAncestralDiscreteScheduler


def load(path="data/checkpoint.pt"):
    models = M.models()
    c = torch.load(path, map_location="cpu")
    for m, s in zip(models, c["models"]):
        m.load_state_dict(s)
    ema = iter(c["ema"])
    with torch.no_grad():
        for m in models:
            for p in m.parameters():
                p.copy_(next(ema))
            m.eval()
    return models, c


if __name__ == "__main__":
    out = sys.argv[1]
    (vae, unet, text), c = load()
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    vae.half().save_pretrained(out + "/vae")
    unet.half().save_pretrained(out + "/unet")
    text.half().save_pretrained(out + "/text_encoder")
    EulerAncestralDiscreteScheduler(
        beta_start=1e-6,
        beta_end=1e-4,
        beta_schedule="linear",
        prediction_type="sample",
        timestep_spacing="trailing",
        num_train_timesteps=1000,
    ).save_pretrained(out + "/scheduler")
    shutil.copytree(P.DIR, out + "/tokenizer")
    json.dump(
        {
            "_class_name": "StableDiffusionImg2ImgPipeline",
            "_diffusers_version": "0.42.1",
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderTiny"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "scheduler": ["diffusers", "EulerAncestralDiscreteScheduler"],
            "safety_checker": [None, None],
            "feature_extractor": [None, None],
            "requires_safety_checker": False,
        },
        open(out + "/model_index.json", "w"),
        indent=2,
    )
    json.dump([{"style": n, "wordings": T.STYLES[n][1]} for n in T.STYLES], open(out + "/styles.json", "w"), indent=1)
    for root, _, files in os.walk(out):
        for f in files:
            print(os.path.getsize(os.path.join(root, f)), os.path.join(root, f))
    print("iterations", c["it"], "minutes", c["done"] / 60)
