"""Copies of a picture as people make them: what "same picture" has to survive."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

Alter = Callable[[Image.Image, np.random.Generator], Image.Image]

_WORDS = (
    "WHEN IT IS MONDAY",
    "AND NOBODY TOLD YOU",
    "SALE 50% OFF",
    "BEST OF 2019",
    "sunset, 4 May",
)


def jpeg(image: Image.Image, quality: int) -> bytes:
    """The picture as a JPEG file."""
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
    return target.getvalue()


def _scaled(share: float) -> Alter:
    def scale(image: Image.Image, random: np.random.Generator) -> Image.Image:
        size = (max(8, round(image.width * share)), max(8, round(image.height * share)))
        return image.resize(size, Image.Resampling.LANCZOS)

    return scale


def _cropped(side: float) -> Alter:
    def crop(image: Image.Image, random: np.random.Generator) -> Image.Image:
        width, height = round(image.width * side), round(image.height * side)
        left = int(random.integers(0, image.width - width + 1))
        top = int(random.integers(0, image.height - height + 1))
        return image.crop((left, top, left + width, top + height))

    return crop


def _turned(method: Image.Transpose) -> Alter:
    return lambda image, random: image.transpose(method)


def _bordered(image: Image.Image, random: np.random.Generator) -> Image.Image:
    colour = [(0, 0, 0), (255, 255, 255), tuple(int(v) for v in random.integers(0, 256, 3))]
    width = round(float(random.uniform(0.04, 0.12)) * max(image.size))
    return ImageOps.expand(image, width, colour[int(random.integers(0, 3))])


def _letterboxed(image: Image.Image, random: np.random.Generator) -> Image.Image:
    bar = round(float(random.uniform(0.08, 0.16)) * image.height)
    return ImageOps.expand(image, (0, bar, 0, bar), (0, 0, 0))


def _captioned(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Two lines of outlined text, top and bottom, as on a meme; or a label with a background."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    words = str(random.choice(_WORDS))
    size = max(8, round(1.5 * 0.85 * image.width / len(words)))
    size = min(size, max(8, round(image.height / 6)))
    font = ImageFont.load_default(size)
    outline = max(1, size // 12)
    middle = image.width / 2
    if random.integers(0, 3) == 0:
        box = draw.textbbox((middle, image.height - size), words, font, anchor="mm")
        draw.rectangle(box, (20, 20, 20))
        draw.text((middle, image.height - size), words, (255, 255, 255), font, anchor="mm")
        return image
    for top in (size, image.height - size):
        draw.text((middle, top), words, (255, 255, 255), font, anchor="mm",
                  stroke_width=outline, stroke_fill=(0, 0, 0))  # fmt: skip
    return image


def _grey(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return image.convert("L").convert("RGB")


def _recoloured(image: Image.Image, random: np.random.Generator) -> Image.Image:
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(float(random.uniform(0.75, 1.3)))
    gains = random.uniform(0.93, 1.07, 3)
    return Image.fromarray((np.asarray(image) * gains).clip(0, 255).astype(np.uint8))


def _saved(quality: int, alter: Alter | None = None) -> Callable[..., bytes]:
    def save(image: Image.Image, random: np.random.Generator) -> bytes:
        return jpeg(alter(image, random) if alter else image, quality)

    return save


def _webp(image: Image.Image, random: np.random.Generator) -> bytes:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=60)
    return target.getvalue()


_T = Image.Transpose
ALTERATIONS: dict[str, Callable[[Image.Image, np.random.Generator], bytes]] = {
    "JPEG quality 85": _saved(85),
    "JPEG quality 30": _saved(30),
    "WebP quality 60": _webp,
    "resized to 50 %": _saved(88, _scaled(0.5)),
    "resized to 25 %": _saved(88, _scaled(0.25)),
    "cropped to 60 % of the area": _saved(88, _cropped(0.6**0.5)),
    "cropped to 60 % of each side": _saved(88, _cropped(0.6)),
    "rotated 90°": _saved(88, _turned(_T.ROTATE_90)),
    "rotated 180°": _saved(88, _turned(_T.ROTATE_180)),
    "rotated 270°": _saved(88, _turned(_T.ROTATE_270)),
    "mirrored left to right": _saved(88, _turned(_T.FLIP_LEFT_RIGHT)),
    "mirrored top to bottom": _saved(88, _turned(_T.FLIP_TOP_BOTTOM)),
    "transposed": _saved(88, _turned(_T.TRANSPOSE)),
    "transversed": _saved(88, _turned(_T.TRANSVERSE)),
    "border": _saved(88, _bordered),
    "black bars": _saved(88, _letterboxed),
    "overlaid text": _saved(88, _captioned),
    "grey": _saved(88, _grey),
    "mild colour change": _saved(88, _recoloured),
}
