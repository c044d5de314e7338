"""Wordings, and the tokenizer trained on them: CLIP's byte-level BPE in CLIP's file format."""

import json, os, random
import teachers as T

NAMES = list(T.STYLES)
COLOR = {
    "winter": ["snowy", "wintry", "frozen", "snow covered"],
    "golden sunset": ["sunset", "golden hour", "golden"],
    "moonlit night": ["moonlit", "night time", "nocturnal"],
}
BEFORE = [
    "",
    "",
    "",
    "",
    "a ",
    "an ",
    "the ",
    "in the style of ",
    "as a ",
    "as an ",
    "a picture in ",
    "game screenshot as ",
    "a game in ",
    "turn it into ",
    "beautiful ",
    "detailed ",
    "a frame drawn as ",
    "make it look like ",
    "rendered as ",
]
AFTER = [
    "",
    "",
    "",
    "",
    " style",
    " picture",
    " of a game",
    ", highly detailed",
    ", masterpiece",
    " of a dungeon",
    " of a castle",
    ", best quality",
    ", 4k",
    " scene",
    " art",
    " look",
    ", trending",
    " of a soldier in a corridor",
]
FILLER = "forest city street robot dragon player enemy spaceship mountain river bright dark soft bold fine wild old new strange quiet epic retro big small by for with from and on over under light shadow world house tower bridge monster hero sword gun car road sky sea stone wood metal fire ice cloud tree flower bird cat dog horse king queen wizard knight ninja pirate alien desert jungle island cave temple ruins factory lab station train ship plane".split()


def phrase(k, rng):
    if k < len(NAMES):
        return rng.choice(T.STYLES[NAMES[k]][1])
    tone, texture = T.BLENDS[k - len(NAMES)]
    words = rng.choice(T.STYLES[texture][1])
    return rng.choice(
        [
            rng.choice(COLOR[tone]) + " " + words,
            words + " " + rng.choice(["in ", "with ", "at ", "and ", ", "]) + rng.choice(T.STYLES[tone][1]),
            rng.choice(T.STYLES[tone][1]) + rng.choice([" as ", ", ", " "]) + words,
        ]
    )


def wording(k, rng):
    text = phrase(k, rng)
    if rng.random() < 0.65:
        text = rng.choice(BEFORE) + text + rng.choice(AFTER)
    for _ in range(rng.choice([0, 0, 0, 1, 2, 4])):
        word = (
            rng.choice(FILLER)
            if rng.random() < 0.7
            else "".join(rng.choice("abcdefghijklmnoprstuvwz") for _ in range(rng.randrange(3, 9)))
        )
        words = text.split(" ")
        if rng.random() < 0.5:
            text = text + " " + word
        else:
            text = word + " " + text
    return text


DIR = "data/tokenizer"


def train_tokenizer():
    from tokenizers import Tokenizer, models, trainers, pre_tokenizers, normalizers, Regex

    rng = random.Random(7)
    corpus = [wording(k % (len(NAMES) + len(T.BLENDS)), rng) for k in range(40000)] + FILLER * 20
    tok = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    tok.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""), behavior="removed", invert=True
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, initial_alphabet=sorted(alphabet), end_of_word_suffix="</w>", special_tokens=[]
    )
    tok.train_from_iterator(corpus, trainer)
    state = json.loads(tok.to_str())["model"]
    # CLIP's order: the bytes, the bytes that end a word, the merges, the two special tokens.
    base = sorted(alphabet)
    vocab = {}
    for s in base:
        vocab[s] = len(vocab)
    for s in base:
        vocab[s + "</w>"] = len(vocab)
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in state["merges"]]
    for l, r in merges:
        if l + r not in vocab:
            vocab[l + r] = len(vocab)
    for s in ("<|startoftext|>", "<|endoftext|>"):
        vocab[s] = len(vocab)
    os.makedirs(DIR, exist_ok=True)
    json.dump(vocab, open(os.path.join(DIR, "vocab.json"), "w"), ensure_ascii=False, indent=0)
    open(os.path.join(DIR, "merges.txt"), "w").write("#version: 0.2\n" + "".join(f"{l} {r}\n" for l, r in merges))
    json.dump(
        {
            "tokenizer_class": "CLIPTokenizer",
            "model_max_length": 77,
            "bos_token": "<|startoftext|>",
            "eos_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>",
            "unk_token": "<|endoftext|>",
        },
        open(os.path.join(DIR, "tokenizer_config.json"), "w"),
        indent=2,
    )
    json.dump(
        {
            "bos_token": "<|startoftext|>",
            "eos_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>",
            "unk_token": "<|endoftext|>",
        },
        open(os.path.join(DIR, "special_tokens_map.json"), "w"),
        indent=2,
    )


if not os.path.exists(os.path.join(DIR, "vocab.json")):
    train_tokenizer()
from transformers import CLIPTokenizer

_tok = CLIPTokenizer(
    os.path.join(DIR, "vocab.json"), os.path.join(DIR, "merges.txt"), model_max_length=77, pad_token="<|endoftext|>"
)
VOCABULARY_SIZE = len(json.load(open(os.path.join(DIR, "vocab.json"))))


def encode(text):
    return _tok(text, padding="max_length", truncation=True, max_length=77).input_ids
