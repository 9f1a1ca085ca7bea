"""Embeddings of a fine-tuned Hugging Face folder, by transformers' CLIPModel.

    python make_golden.py FOLDER OUT.safetensors

OUT holds the inputs, `pixel_values` [2, 3, S, S] and `input_ids` [3, 9], and `image_embeds`, `text_embeds`,
L2-normalized. `model/` beside this file was written by `placelens finetune` on patterns like those of
`tests/finetune.rs`; `embeddings.safetensors` by this script with transformers 5.23.0 and torch 2.15.0.
"""

import sys

import torch
from safetensors.torch import save_file
from transformers import CLIPModel


def main(folder: str, out: str) -> None:
    model, loading = CLIPModel.from_pretrained(folder, output_loading_info=True)
    for problem, names in loading.items():
        assert not names, f"{problem}: {names}"
    model.eval()
    generator = torch.Generator().manual_seed(1)
    size = model.config.vision_config.image_size
    pixel_values = torch.randn(2, 3, size, size, generator=generator)
    end = model.config.text_config.vocab_size - 1
    input_ids = torch.randint(1, end - 1, (3, 9), generator=generator)
    input_ids[:, 0] = end - 1
    for row, length in enumerate([9, 5, 7]):
        input_ids[row, length - 1 :] = end
    with torch.no_grad():
        output = model(input_ids=input_ids, pixel_values=pixel_values)
    save_file(
        {
            "pixel_values": pixel_values,
            "input_ids": input_ids,
            "image_embeds": output.image_embeds.contiguous(),
            "text_embeds": output.text_embeds.contiguous(),
        },
        out,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
