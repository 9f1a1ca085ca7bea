"""Photos → embeddings with native onnxruntime on all cores, as a Python program for it does it.

In: the ONNX model, the number of threads, a folder of JPEGs.  Out: one line of JSON: seconds all in (decoding and
scaling by Pillow, the model, 15 scores) and seconds in the model alone. Loading is timed apart.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

SIDE = 224
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


def pixels_of(path: Path) -> np.ndarray:
    """`[1, 3, S, S]`, as CLIP's own preprocessing makes it."""
    picture = Image.open(path).convert("RGB")
    scale = SIDE / min(picture.size)
    width, height = (max(SIDE, round(scale * side)) for side in picture.size)
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    picture = picture.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + SIDE, top + SIDE))
    scaled = (np.asarray(picture, dtype=np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def main() -> None:
    model, threads, folder = sys.argv[1:]
    begin = time.perf_counter()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    loaded = time.perf_counter()
    photos = sorted(Path(folder).glob("*.jpg"))
    places = np.random.default_rng(0).standard_normal((15, 512)).astype(np.float32)
    encode = 0.0
    for path in photos:
        pixels = pixels_of(path)
        start = time.perf_counter()
        embedding = session.run(None, {"pixel_values": pixels})[0][0]
        encode += time.perf_counter() - start
        np.argsort(places @ embedding)
    end = time.perf_counter()
    said = {"photos": len(photos), "load_s": loaded - begin, "all_s": end - loaded, "encode_s": encode}
    print(json.dumps({**said, "onnxruntime": onnxruntime.__version__}))


main()
