"""Wordings for the styles, and the tokenizer trained on them: CLIP's byte-level BPE in CLIP's file format."""

import json
import os
import random

from transformers import CLIPTokenizer

import teachers

DIR = "data/tokenizer"
END = "<|endoftext|>"
NAMES = list(teachers.STYLES)
# How people say a tone beside another style's name.
ADJECTIVES = {
    "winter": ["snowy", "wintry", "frozen", "snow covered"],
    "golden sunset": ["sunset", "golden hour", "golden"],
    "moonlit night": ["moonlit", "night time", "nocturnal"],
}
BEFORE = [
    "a ",
    "an ",
    "the ",
    "in the style of ",
    "as a ",
    "as an ",
    "a picture in ",
    "game screenshot as ",
    "a game in ",
]
BEFORE += ["turn it into ", "beautiful ", "detailed ", "a frame drawn as ", "make it look like ", "rendered as "]
AFTER = [" style", " picture", " of a game", ", highly detailed", ", masterpiece", " of a dungeon", " of a castle"]
AFTER += [", best quality", ", 4k", " scene", " art", " look", ", trending", " of a soldier in a corridor"]
# Words that mean no style, and must do no harm.
FILLER = (
    """forest city street robot dragon player enemy spaceship mountain river bright dark soft bold fine wild old new
strange quiet epic retro big small by for with from and on over under light shadow world house tower bridge monster hero
sword gun car road sky sea stone wood metal fire ice cloud tree flower bird cat dog horse king queen wizard knight ninja
pirate alien desert jungle island cave temple ruins factory lab station train ship plane""".split()
)


def phrase(style, rng):
    """A style's name, or two of them where `style` counts on into the blends."""
    if style < len(NAMES):
        return rng.choice(teachers.STYLES[NAMES[style]][1])
    tone, texture = teachers.BLENDS[style - len(NAMES)]
    words, light = rng.choice(teachers.STYLES[texture][1]), rng.choice(teachers.STYLES[tone][1])
    return rng.choice(
        [
            rng.choice(ADJECTIVES[tone]) + " " + words,
            words + rng.choice([" in ", " with ", " at ", " and ", ", "]) + light,
            light + rng.choice([" as ", ", ", " "]) + words,
        ]
    )


def invented(rng):
    return "".join(rng.choice("abcdefghijklmnoprstuvwz") for _ in range(rng.randrange(3, 9)))


def wording(style, rng):
    """What somebody might type who wants the style."""
    text = phrase(style, rng)
    if rng.random() < 0.65:
        before = rng.choice(BEFORE) if rng.random() < 0.8 else ""
        text = before + text + (rng.choice(AFTER) if rng.random() < 0.8 else "")
    for _ in range(rng.choice([0, 0, 0, 1, 2, 4])):
        word = rng.choice(FILLER) if rng.random() < 0.7 else invented(rng)
        text = f"{text} {word}" if rng.random() < 0.5 else f"{word} {text}"
    return text


def train_tokenizer():
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    rng = random.Random(7)
    count = len(NAMES) + len(teachers.BLENDS)
    corpus = [wording(index % count, rng) for index in range(40000)] + FILLER * 20
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=END))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=1500, initial_alphabet=alphabet, end_of_word_suffix="</w>", special_tokens=[]
    )
    tokenizer.train_from_iterator(corpus, trainer)
    merges = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    # CLIP's order: the bytes, the bytes that end a word, the merges, the two special tokens.
    entries = alphabet + [byte + "</w>" for byte in alphabet] + [a + b for a, b in merges] + ["<|startoftext|>", END]
    vocabulary = {entry: index for index, entry in enumerate(dict.fromkeys(entries))}
    special = {"bos_token": "<|startoftext|>", "eos_token": END, "pad_token": END, "unk_token": END}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **special}
    os.makedirs(DIR, exist_ok=True)
    for name, value in (("vocab", vocabulary), ("tokenizer_config", config), ("special_tokens_map", special)):
        with open(os.path.join(DIR, name + ".json"), "w") as file:
            json.dump(value, file, ensure_ascii=False, indent=0)
    with open(os.path.join(DIR, "merges.txt"), "w") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))


if not os.path.exists(os.path.join(DIR, "vocab.json")):
    train_tokenizer()
_tokenizer = CLIPTokenizer.from_pretrained(DIR)
with open(os.path.join(DIR, "vocab.json")) as _file:
    VOCABULARY_SIZE = len(json.load(_file))


def encode(text):
    return _tokenizer(text, padding="max_length", truncation=True, max_length=77).input_ids
