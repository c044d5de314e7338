"""Writes the averaged weights of data/checkpoint.pt as a diffusers folder, in fp16.

python export.py ../../Sources/CPocketModel/pocket
"""

import json
import os
import shutil
import sys

from diffusers import EulerAncestralDiscreteScheduler

import prompts
import teachers
import train

INDEX = {
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
}


def write_json(value, path):
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def main(folder):
    training = train.Training(rate=0)
    training.load()
    for part in ("vae", "unet", "text_encoder", "scheduler", "tokenizer"):
        shutil.rmtree(os.path.join(folder, part), ignore_errors=True)
    for model, part in zip(training.averaged_models(), ("vae", "unet", "text_encoder")):
        model.half().save_pretrained(os.path.join(folder, part))
    EulerAncestralDiscreteScheduler(
        **train.BETAS, prediction_type="epsilon", timestep_spacing="trailing", num_train_timesteps=1000
    ).save_pretrained(os.path.join(folder, "scheduler"))
    shutil.copytree(prompts.DIR, os.path.join(folder, "tokenizer"))
    write_json(INDEX, os.path.join(folder, "model_index.json"))
    styles = [{"style": name, "wordings": wordings} for name, (_, wordings) in teachers.STYLES.items()]
    write_json(styles, os.path.join(folder, "styles.json"))
    print(f"{folder}: after {training.steps} steps")


if __name__ == "__main__":
    main(sys.argv[1])
