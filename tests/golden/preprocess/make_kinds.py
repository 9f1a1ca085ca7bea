"""Draws one small picture in many kinds of file, each with the pixels that Pillow reads from it.

    pip install pillow==12.3.0 numpy && python make_kinds.py

Writes kinds/FILE, kinds/FILE.png (upright, transparency over white, 16 bits by their high byte) and kinds.json.
"""

import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 61, 43


def picture():
    """Gradients, a disc and a checkerboard: smooth parts, hard edges, saturated colors."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([x * 255 // (WIDTH - 1), y * 255 // (HEIGHT - 1), (x + y) * 255 // (WIDTH + HEIGHT - 2)], -1)
    rgb[(x - 20) ** 2 + (y - 20) ** 2 < 120] = (250, 20, 40)
    board = (x > 40) & (y > 25)
    rgb[board] = np.where(((x // 2 + y // 2) % 2 == 0)[board][:, None], 255, 0)
    return Image.fromarray(rgb.astype(np.uint8))


def with_alpha(image):
    alpha = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
    image = image.convert("RGBA")
    image.putalpha(Image.fromarray(alpha))
    return image


def expected(path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def main():
    rgb = picture()
    rgba, gray, palette = with_alpha(rgb), rgb.convert("L"), rgb.quantize(16)
    turned = rgb.transpose(Image.Transpose.ROTATE_90)
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 255 + 77)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "color.jpg": (rgb, {"quality": 85}),
        "fine.jpg": (rgb, {"quality": 90, "subsampling": 0}),
        "half.jpg": (rgb, {"quality": 90, "subsampling": 1}),
        "progressive.jpg": (rgb, {"progressive": True}),
        "restarts.jpg": (rgb, {"restart_marker_blocks": 2}),
        "gray.jpg": (gray, {}),
        "cmyk.jpg": (rgb.convert("CMYK"), {"quality": 90}),
        "rgb.jpg": (rgb, {"keep_rgb": True}),
        "turned.jpg": (rgb, {"exif": exif, "subsampling": 0}),
        "turned.png": (rgb, {"exif": exif}),
        "turned.webp": (rgb, {"exif": exif, "lossless": True}),
        "turned.tif": (rgb, {"exif": exif}),
        "palette.png": (palette, {"bits": 4}),
        "palette_clear.png": (palette, {"transparency": bytes([0, 128, 255, 40])}),
        "bilevel.png": (gray.convert("1"), {}),
        "gray_alpha.png": (rgba.convert("LA"), {}),
        "animated.png": (rgb, {"save_all": True, "append_images": [ImageOps.mirror(rgb)]}),
        "lossy.webp": (rgb, {"quality": 80}),
        "lossy_alpha.webp": (rgba, {"quality": 80}),
        "lossless_alpha.webp": (rgba, {"lossless": True}),
        "animated.webp": (rgb, {"save_all": True, "append_images": [ImageOps.mirror(rgb)], "lossless": True}),
        "clear.gif": (palette, {"transparency": 3}),
        "animated.gif": (palette, {"save_all": True, "append_images": [turned.resize(rgb.size).quantize(16)]}),
        "color.bmp": (rgb, {}),
        "palette.bmp": (palette, {}),
        "plain.tif": (rgb, {}),
        "big.tif": (rgb, {"big_tiff": True}),
        "lzw.tif": (rgb, {"compression": "tiff_lzw", "tiffinfo": {317: 2, 278: 7}}),
        "deflate.tif": (rgba, {"compression": "tiff_adobe_deflate"}),
        "packbits.tif": (gray, {"compression": "packbits"}),
        "group4.tif": (gray.convert("1"), {"compression": "group4"}),
        "jpeg.tif": (rgb, {"compression": "jpeg"}),
        "ycbcr_jpeg.tif": (rgb.convert("YCbCr"), {"compression": "jpeg"}),
        "cmyk.tif": (rgb.convert("CMYK"), {}),
        "palette.tif": (rgb.quantize(200), {}),
        "gray_alpha.tif": (rgba.convert("LA"), {}),
        "deep.tif": (deep, {}),
        "deep.png": (deep, {}),
    }
    kinds = []
    for name, (image, options) in files.items():
        path = HERE / "kinds" / name
        image.save(path, **options)
        expected(path).save(HERE / "kinds" / f"{name}.png", optimize=True)
        lossy = name.endswith(".jpg") or "jpeg" in name
        kinds.append({"file": f"kinds/{name}", "expected": f"kinds/{name}.png", "rule": "jpeg" if lossy else "exact"})
    (HERE / "kinds.json").write_text(json.dumps({"kinds": kinds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
