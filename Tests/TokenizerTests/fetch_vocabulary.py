"""Writes CLIP's real vocab.json and merges.txt, from the list of merges that open_clip_torch 3.3.0 carries.

    python fetch_vocabulary.py FOLDER

The tests read the folder that RESTYLED_CLIP_VOCABULARY names; without it they use a small vocabulary.
"""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as temporary:
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", temporary, "open_clip_torch==3.3.0"],
        check=True)
    wheel = next(pathlib.Path(temporary).glob("*.whl"))
    packed = zipfile.ZipFile(wheel).read("open_clip/bpe_simple_vocab_16e6.txt.gz")
lines = gzip.decompress(packed).decode().split("\n")
# Line 0 is a version; CLIP uses as many merges as make 49408 tokens with the 512 of bytes and the two markers.
merges = lines[1 : 49408 - 512 - 2 + 1]
alphabet = list(range(0x21, 0x7F)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
alphabet += [0x100 + i for i in range(256 - len(alphabet))]
tokens = [chr(c) for c in alphabet] + [chr(c) + "</w>" for c in alphabet]
tokens += [merge.replace(" ", "") for merge in merges] + ["<|startoftext|>", "<|endoftext|>"]
(folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False))
(folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
