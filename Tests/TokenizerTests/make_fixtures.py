"""Token ids that CLIPTokenizer must give, by transformers 5.23.0 with tokenizers 0.23.3; checksums by xxhash 4.1.0.

    python make_fixtures.py [FOLDER]

Writes into Fixtures/:
  plain/, padded/, whole/  tokenizers with a small vocabulary, trained here on this script's own prompts: with SD 1.5's
                           kind of configuration, with SD 2's ("!" for padding), and saved as one tokenizer.json
  cases.json               [text, ids in plain, ids in padded or null where equal, checksum of the ids in the real
                           vocabulary or null]; `whole` equals `padded`
  scalars.json             for each block of 4096 code points, the checksum of the ids of each of them in PATTERNS

FOLDER holds CLIP's real vocab.json and merges.txt, as fetch_vocabulary.py writes them.
"""
import json
import pathlib
import random
import shutil
import struct
import sys

import tokenizers
import transformers
import xxhash
from tokenizers import models, normalizers, pre_tokenizers, trainers, Regex, Tokenizer

assert transformers.__version__ == "5.23.0" and tokenizers.__version__ == "0.23.3"
HERE = pathlib.Path(__file__).parent / "Fixtures"
VOCABULARY_SIZE = 1200
START, END = "<|startoftext|>", "<|endoftext|>"
PATTERNS = ["{}", "x{}", "{}\u0301", "q\u0301{}\u0323y", "\u1100{}\u11a8 'S"]
BLOCK = 4096

random.seed(20)
SUBJECTS = """castle knight dragon forest river mountain city street market spaceship robot wizard village harbour
lighthouse desert temple garden meadow cathedral ruins dungeon cavern island glacier volcano airship samurai pirate
astronaut fox wolf owl horse whale butterfly mushroom lantern clock bridge railway tavern library workshop""".split()
STYLES = """watercolor oil painting pencil sketch pixel art low poly cel shaded ink wash woodcut charcoal pastel gouache
impressionist baroque art nouveau cyberpunk steampunk vaporwave noir anime manga comic stained glass mosaic origami
claymation voxel isometric photorealistic cinematic concept illustration""".split()
QUALITIES = """highly detailed, sharp focus, 8k, 4k uhd, volumetric light, golden hour, trending, masterpiece, moody,
vibrant colors, soft shadows, rim lighting, depth of field, wide angle, 35mm, f/1.8, bokeh, hdr, unreal engine 5,
octane render, no text, (best quality:1.2), [blurry], it's, don't, we're, they'll, I'm, you've, he'd""".split(", ")


def prompt():
    words = [random.choice(["a", "an", "the", "A", "The", "two", "1", "12 "]), random.choice(SUBJECTS)]
    words += random.choices(["in", "of", "with", "at night", "under", "&", "-"], k=1) + random.choices(SUBJECTS, k=1)
    text = " ".join(words) + ", " + " ".join(random.choices(STYLES, k=random.randint(1, 4)))
    return text + ", " + ", ".join(random.choices(QUALITIES, k=random.randint(0, 6)))


def write(name, vocabulary, merges, configuration):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if vocabulary:
        (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":")))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    for file, content in configuration.items():
        (folder / file).write_text(json.dumps(content, indent=1))


def train():
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY_SIZE, end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator([prompt() for _ in range(3000)], trainer)
    merges = [" ".join(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]]
    alphabet = list(range(0x21, 0x7F)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
    alphabet += [0x100 + i for i in range(256 - len(alphabet))]
    tokens = [chr(c) for c in alphabet] + [chr(c) + "</w>" for c in alphabet]
    tokens += [m.replace(" ", "") for m in merges] + [START, END]
    tokens = list(dict.fromkeys(tokens))
    return {token: i for i, token in enumerate(tokens)}, merges


def added(content, normalized, **more):
    return dict(content=content, lstrip=False, normalized=normalized, rstrip=False, single_word=False, **more)


def configurations(vocabulary):
    plain = {
        "tokenizer_config.json": {
            "add_prefix_space": False, "do_lower_case": True, "errors": "replace", "model_max_length": 77,
            "bos_token": {"__type": "AddedToken", **added(START, True)},
            "eos_token": {"__type": "AddedToken", **added(END, True)}, "pad_token": END,
            "unk_token": {"__type": "AddedToken", **added(END, True)}, "tokenizer_class": "CLIPTokenizer"},
        "special_tokens_map.json": {
            "bos_token": added(START, True), "eos_token": added(END, True), "pad_token": END,
            "unk_token": added(END, True)}}
    listed = {str(vocabulary[t]): added(t, n, special=True) for t, n in (("!", False), (START, True), (END, True))}
    padded = {
        "tokenizer_config.json": {
            "add_prefix_space": False, "added_tokens_decoder": listed, "bos_token": START, "do_lower_case": True,
            "eos_token": END, "errors": "replace", "model_max_length": 77, "pad_token": "!",
            "tokenizer_class": "CLIPTokenizer", "unk_token": END}}
    return plain, padded


def random_text():
    kind = random.random()
    if kind < 0.2:
        pool = [random.randrange(0x110000) for _ in range(random.randint(1, 8))]
    elif kind < 0.35:
        pool = random.choices([0x300, 0x301, 0x323, 0x31B, 0x334, 0x345, 0x5B0, 0x64E, 0x94D, 0x61, 0x65, 0x6F, 0x41,
                               0xE9, 0x1E9B, 0x212B, 0x3B1, 0x3A3, 0x130, 0x131, 0xDF, 0x1E9E, 0x20], k=12)
    elif kind < 0.5:
        pool = random.choices(list(range(0x20)) + [0x7F, 0x85, 0xA0, 0xAD, 0x1680, 0x2003, 0x2028, 0x2029, 0x202F,
                              0x205F, 0x3000, 0x200B, 0x200D, 0xFEFF, 0x61, 0x31, 0x21, 0x180E], k=10)
    elif kind < 0.6:
        pool = random.choices(list(range(0x1F300, 0x1F6FF)) + [0x200D, 0xFE0F, 0x1F3FB, 0x1F1E9, 0x1F1EA], k=8)
    elif kind < 0.7:
        pool = [random.choice([random.randrange(0x4E00, 0x9FFF), random.randrange(0x3040, 0x30FF),
                               random.randrange(0xAC00, 0xD7A4), random.randrange(0x1100, 0x1200)]) for _ in range(8)]
    elif kind < 0.8:
        return "".join(random.choices(["'s", "'T", "'re", "''", "'", "<|", "|>", START, END, END.upper(), "!", "!!",
                                       "s", " ", "  ", "x", "7", "'ll", "'LL", "½", "²", "ⅷ"], k=8))
    else:
        text = prompt()
        cut = random.randrange(len(text))
        text = text[:cut] + chr(random.choice([0xA0, 0x301, 0x1F600, 0x4E2D, 0x0, 0x9, 0x2019])) + text[cut:]
        return text.upper() if random.random() < 0.2 else text
    return "".join(chr(c) for c in pool if not 0xD800 <= c < 0xE000)


def checksum(lists):
    data = b"".join(struct.pack(f"<{len(ids) + 1}i", *ids, -1) for ids in lists)
    return xxhash.xxh64(data).hexdigest()


def load(folder):
    return transformers.CLIPTokenizer.from_pretrained(folder)


def main():
    vocabulary, merges = train()
    plain_files, padded_files = configurations(vocabulary)
    write("plain", vocabulary, merges, plain_files)
    write("padded", vocabulary, merges, padded_files)
    plain, padded = load(HERE / "plain"), load(HERE / "padded")
    write("whole", None, None, {})
    padded.save_pretrained(HERE / "whole")
    whole = json.loads((HERE / "whole" / "tokenizer.json").read_text())
    (HERE / "whole" / "tokenizer.json").write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")))
    whole = load(HERE / "whole")
    real = None
    if len(sys.argv) > 1:
        folder = pathlib.Path(sys.argv[1])
        (folder / "tokenizer_config.json").write_text(json.dumps(plain_files["tokenizer_config.json"]))
        (folder / "special_tokens_map.json").write_text(json.dumps(plain_files["special_tokens_map.json"]))
        real = load(folder)

    texts = ["", " ", "\0", "!", "!!!", "a" * 400, "ab" * 200, " ".join(SUBJECTS * 3), "1234567890" * 9]
    texts += [prompt() for _ in range(250)] + [random_text() for _ in range(1750)]
    cases = []
    for text in texts:
        one, two = plain(text).input_ids, padded(text).input_ids
        assert whole(text).input_ids == two
        cases.append([text, one, None if one == two else two, checksum([real(text).input_ids]) if real else None])
    lines = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in cases)
    (HERE / "cases.json").write_text("[\n" + lines + "\n]\n")

    backend = plain._tokenizer
    blocks = []
    for start in range(0, 0x110000, BLOCK):
        scalars = [chr(c) for c in range(start, start + BLOCK) if not 0xD800 <= c < 0xE000]
        encoded = backend.encode_batch([p.format(c) for c in scalars for p in PATTERNS])
        blocks.append(checksum([e.ids for e in encoded]) if scalars else "")
    (HERE / "scalars.json").write_text(json.dumps(blocks, indent=0) + "\n")


main()
