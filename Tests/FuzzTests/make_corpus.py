"""Writes the corpus's hand-made inputs: Python 3.11's standard library only. Inputs that the fuzzer found stand beside
them under names of their own."""
import json
import pathlib
import struct

folder = pathlib.Path(__file__).parent / "Corpus"
folder.mkdir(exist_ok=True)


def tensors(**shapes):
    header, end = {}, 0
    for name, (dtype, shape, size) in shapes.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    return json.dumps(header, separators=(",", ":")).encode(), end


def write(name, reader, data):
    (folder / name).write_bytes(bytes([reader]) + data)


header, size = tensors(a=("F32", [2], 8), **{"b.c": ("BF16", [1, 3], 6), "d": ("I64", [], 8)})
write("safetensors", 0, struct.pack("<Q", len(header)) + header + bytes(size))
header, size = tensors(a=("F16", [0], 0))
write("safetensors-empty", 0, struct.pack("<Q", len(header)) + header)
write("configuration", 1, json.dumps({"a": [1, 2.5e-3, True, None, {"b": "\u00e9\U0001F600"}], "c": {"a": [[1]]}}).encode())
write("configuration-numbers", 1, b'{"a":-0,"b":1e5,"c":9223372036854775807,"d":-1.5E-3,"e":"\\ud83d\\ude00"}')

vocabulary = json.dumps({"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab</w>": 4, "<|startoftext|>": 5, "<|endoftext|>": 6,
                         "!": 7}).encode()
added = {"content": "!", "normalized": False, "special": True, "lstrip": False}
config = json.dumps({"added_tokens_decoder": {"7": added}, "pad_token": "!", "model_max_length": 9}).encode()
special = json.dumps({"bos_token": dict(added, content="<|startoftext|>", normalized=True)}).encode()
whole = json.dumps({"model": {"vocab": json.loads(vocabulary), "merges": ["a b</w>", ["a", "b</w>"]]},
                    "added_tokens": [dict(added, id=7)]}).encode()
text = "ab! AB\u0301 '\u00c9s <|ENDOFTEXT|> \uac00\u11a8 7\u3000\u4e2d".encode()
merges = b"#version: 0.2\na b</w>\n"
write("tokenizer", 2, b"\xff".join([vocabulary, merges, config, b"", b"", text]))
write("tokenizer-special", 2, b"\xff".join([vocabulary, merges, b"{}", special, b"", text]))
write("tokenizer-whole", 2, b"\xff".join([b"", b"", config, b"", whole, text]))

write("adapter-peft", 3, tensors(**{"unet.a.b.lora_A.weight": ("F16", [1, 2], 4), "unet.a.b.lora_B.weight": ("F32", [2, 1], 8),
                                    "unet.a.b.alpha": ("F32", [], 4)})[0])
write("adapter-kohya", 3, tensors(**{"lora_te_a_b.lora_down.weight": ("BF16", [1, 2], 4),
                                     "lora_te_a_b.lora_up.weight": ("BF16", [2, 1], 4)})[0])
write("adapter-original", 3, tensors(**{"lora_unet_input_blocks_1_0_in_layers_2.lora_down.weight": ("F16", [1, 2, 1, 1], 4),
                                        "lora_unet_input_blocks_1_0_in_layers_2.lora_up.weight": ("F16", [1, 1, 1, 1], 2)})[0])
unet, vae = "model.diffusion_model.", "first_stage_model."
write("checkpoint-two", 4, tensors(**{
    "cond_stage_model.model.positional_embedding": ("F16", [1, 1], 2),
    "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight": ("F16", [3, 1], 6),
    unet + "input_blocks.0.0.weight": ("F16", [1, 1, 1, 1], 2), unet + "input_blocks.3.0.op.weight": ("F16", [1], 2),
    vae + "decoder.up.1.block.0.conv1.weight": ("F16", [1], 2), vae + "encoder.mid.attn_1.q.weight": ("F16", [1, 1, 1, 1], 2)})[0])
write("checkpoint-extra-large", 4, tensors(**{
    "conditioner.embedders.1.model.positional_embedding": ("F16", [1, 1], 2),
    "conditioner.embedders.1.model.text_projection": ("F32", [1, 2], 8),
    "conditioner.embedders.0.transformer.text_model.x": ("F16", [1], 2), unet + "label_emb.0.0.weight": ("F16", [1, 2], 4)})[0])
write("index", 5, b'{"metadata":{},"weight_map":{"a":"1.safetensors"}}')
