"""A checkpoint as `torch.save(model.state_dict(), ...)` writes it, made without PyTorch.

Out, beside this file: `config.json` of a CLIP small enough to read, and `pytorch_model.bin`, whose weights
follow from the formula of `src/weights/formula.rs` with salt 11. One tensor is float16, one lies transposed
in its storage, and the buffer `position_ids` stands among them, as in published checkpoints.
The container: a zip with `data.pkl`, in which every tensor is a call of `torch._utils._rebuild_tensor_v2` on a
storage kept as an entry of its own (PyTorch's format since 1.6).

    python3 make_pytorch_bin.py
"""

import io
import json
import math
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path

HERE = Path(__file__).parent
SALT = 11
MASK = (1 << 64) - 1
CONFIG = {
    "projection_dim": 6,
    "vision_config": {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
                      "num_attention_heads": 2, "image_size": 16, "patch_size": 8},
    "text_config": {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
                    "vocab_size": 12, "max_position_embeddings": 5, "eos_token_id": 11},
}
FLOAT16 = "visual_projection.weight"
TRANSPOSED = "text_projection.weight"


def encoder(tower, width, mlp):
    layer = f"{tower}.encoder.layers.0"
    for projection in ("k_proj", "v_proj", "q_proj", "out_proj"):
        yield f"{layer}.self_attn.{projection}.weight", (width, width)
        yield f"{layer}.self_attn.{projection}.bias", (width,)
    for norm in ("layer_norm1", "layer_norm2"):
        yield f"{layer}.{norm}.weight", (width,)
        yield f"{layer}.{norm}.bias", (width,)
    yield f"{layer}.mlp.fc1.weight", (mlp, width)
    yield f"{layer}.mlp.fc1.bias", (mlp,)
    yield f"{layer}.mlp.fc2.weight", (width, mlp)
    yield f"{layer}.mlp.fc2.bias", (width,)


def shapes():
    yield "logit_scale", ()
    yield "text_model.embeddings.token_embedding.weight", (12, 8)
    yield "text_model.embeddings.position_embedding.weight", (5, 8)
    yield from encoder("text_model", 8, 16)
    yield "text_model.final_layer_norm.weight", (8,)
    yield "text_model.final_layer_norm.bias", (8,)
    yield "text_projection.weight", (6, 8)
    yield "vision_model.embeddings.class_embedding", (8,)
    yield "vision_model.embeddings.patch_embedding.weight", (8, 3, 8, 8)
    yield "vision_model.embeddings.position_embedding.weight", (5, 8)
    yield "vision_model.pre_layrnorm.weight", (8,)
    yield "vision_model.pre_layrnorm.bias", (8,)
    yield from encoder("vision_model", 8, 16)
    yield "vision_model.post_layernorm.weight", (8,)
    yield "vision_model.post_layernorm.bias", (8,)
    yield "visual_projection.weight", (6, 8)


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def scale_and_offset(name, shape):
    if name == "logit_scale":
        return 0.0, f32(math.log(100))
    if "norm" in name:
        return (0.25, 1.0) if name.endswith(".weight") else (0.125, 0.0)
    if name.endswith(("class_embedding", "token_embedding.weight")):
        return 1.0, 0.0
    if name.endswith("position_embedding.weight"):
        return 0.5, 0.0
    if name.endswith(".bias"):
        return 0.125, 0.0
    numerator = 12 if name.endswith(("q_proj.weight", "k_proj.weight")) else 3
    return f32(math.sqrt(numerator / math.prod(shape[1:]))), 0.0


def values(name, shape):
    base = 0xCBF29CE484222325
    for byte in name.encode():
        base = ((base ^ byte) * 0x100000001B3) & MASK
    base += SALT * 0xD1342543DE82EF95
    scale, offset = scale_and_offset(name, shape)
    for i in range(math.prod(shape)):
        z = (base + i + 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        k = ((z ^ (z >> 31)) >> 40) - 8388608
        yield f32(f32(k / 8388608 * scale) + offset)


# Stand-ins for the names that a pickle of PyTorch's refers to.
torch = types.ModuleType("torch")
torch._utils = types.ModuleType("torch._utils")
sys.modules.update({"torch": torch, "torch._utils": torch._utils})
for kind in ("FloatStorage", "HalfStorage", "LongStorage"):
    setattr(torch, kind, type(kind, (), {"__module__": "torch"}))


def _rebuild_tensor_v2(*_):
    raise NotImplementedError


_rebuild_tensor_v2.__module__ = "torch._utils"
torch._utils._rebuild_tensor_v2 = _rebuild_tensor_v2


class Storage:
    def __init__(self, kind, key, length):
        self.persistent_id = ("storage", getattr(torch, kind), str(key), "cpu", length)


class Tensor:
    def __init__(self, storage, shape, stride):
        self.arguments = (storage, 0, shape, stride, False, OrderedDict())

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        return thing.persistent_id if isinstance(thing, Storage) else None


def strides(shape):
    return tuple(math.prod(shape[axis + 1:]) for axis in range(len(shape)))


def main():
    state, storages = OrderedDict(), []
    for name, shape in shapes():
        numbers = list(values(name, shape))
        kind, code, stride = "FloatStorage", "f", strides(shape)
        if name == FLOAT16:
            kind, code = "HalfStorage", "e"
        if name == TRANSPOSED:
            rows, columns = shape
            numbers = [numbers[row * columns + column] for column in range(columns) for row in range(rows)]
            stride = (1, rows)
        state[name] = Tensor(Storage(kind, len(storages), len(numbers)), shape, stride)
        storages.append(struct.pack(f"<{len(numbers)}{code}", *numbers))
    for tower, count in (("text_model", 5), ("vision_model", 5)):
        key = Storage("LongStorage", len(storages), count)
        state[f"{tower}.embeddings.position_ids"] = Tensor(key, (1, count), (count, 1))
        storages.append(struct.pack(f"<{count}q", *range(count)))

    with zipfile.ZipFile(HERE / "pytorch_model.bin", "w", zipfile.ZIP_STORED) as archive:
        def entry(name, data):
            archive.writestr(zipfile.ZipInfo(f"pytorch_model/{name}", (2026, 1, 1, 0, 0, 0)), data)

        pickled = io.BytesIO()
        Pickler(pickled, protocol=2).dump(state)
        entry("data.pkl", pickled.getvalue())
        entry("byteorder", b"little")
        for key, data in enumerate(storages):
            entry(f"data/{key}", data)
        entry("version", b"3\n")
    (HERE / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")


main()
