"""Joint models: a tower for pictures and one for words, whose vectors lie in one space.

After CLIP (Radford et al., 2021) and what followed it: SigLIP, MobileCLIP, Chinese CLIP. A model is
a folder, see :mod:`lookalike.encoders.joint_config`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.encoders.base import ImageEncoder, TextEncoder
from lookalike.encoders.joint_config import JointConfig, bad_folder, read_joint_config
from lookalike.encoders.joint_towers import JointImageEncoder, JointTextEncoder, input_spec
from lookalike.encoders.packaged import cached, digest
from lookalike.errors import ModelError

RECIPE = 1
"""Grows when the same files give other vectors."""

_PROBE = "a photo"


@dataclass(frozen=True)
class JointModel:
    """A joint model that was opened once and found sound.

    Attributes:
        folder: where it lies.
        config: what it says about itself.
        digest: first 12 hex digits of the SHA-256 over its files.
        dims: length of a vector.
        size_mb: megabytes of its files.
    """

    folder: Path
    config: JointConfig
    digest: str
    dims: int
    size_mb: float

    def image(self, name: str, cache: Path, threads: int = 0) -> ImageEncoder:
        """Load the tower that sees pictures, under a name.

        Raises:
            ModelError: it is damaged.
        """
        file = _tower(self.folder, self.config, "image", cache, self.digest)
        return JointImageEncoder(name, file, self.config.image, self.dims, threads)

    def text(self, name: str, cache: Path, threads: int = 0) -> TextEncoder:
        """Load the tower that reads words, under a name.

        Raises:
            ModelError: it is damaged.
        """
        tower = self.config.text
        file = _tower(self.folder, self.config, "text", cache, self.digest)
        tokenizer = self.folder / tower.tokenizer
        return JointTextEncoder(name, file, tokenizer, tower, self.dims, threads)


def open_joint(folder: Path, cache: Path) -> JointModel:
    """Find out what a folder holds; the first time both towers are tried.

    What was found is kept in ``cache`` until a file of the model changes.

    Raises:
        ModelError: a file is missing or damaged, or the towers do not fit together
            (``bad-model-folder``, ``model-damaged``).
    """
    config = read_joint_config(folder)
    files = _files(folder, config)
    about = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    key = hashlib.sha256(json.dumps([RECIPE, config.model_dump(), about]).encode()).hexdigest()[:16]
    kept = cache / f"joint-{key}.json"
    if not kept.is_file():
        found = _probe(folder, config, files, cache)
        cached(kept, lambda: json.dumps(found).encode())
    known = json.loads(kept.read_text("utf-8"))
    return JointModel(folder, config, str(known["digest"]), int(known["dims"]), _megabytes(files))


def _probe(
    folder: Path, config: JointConfig, files: list[Path], cache: Path
) -> dict[str, str | int]:
    digested = digest(*files)
    model = JointModel(folder, config, digested, config.dims, 0)
    try:
        side = input_spec(config.image).size
        grey = np.full((1, side, side, 3), 128, np.uint8)
        image = model.image("probe", cache).encode(grey).vectors
        text = model.text("probe", cache).encode([_PROBE])
    except ModelError:
        raise
    except Exception as error:  # whatever the runtime raises
        reason = str(error).strip().splitlines()[0][:300]
        raise bad_folder(folder, f"a tower failed ({reason})", "See docs/joint.md.") from error
    dims = {image.shape[1], text.shape[1], config.dims or image.shape[1]}
    if len(dims) > 1:
        raise bad_folder(
            folder,
            f"pictures get {image.shape[1]} numbers, words {text.shape[1]}"
            + (f", and it says {config.dims}" if config.dims else ""),
            "Both towers must end in one space: name the outputs that are compared.",
        )
    if not (np.isfinite(image).all() and np.isfinite(text).all()):
        raise bad_folder(folder, "its vectors are not finite", "Export it again.")
    return {"digest": digested, "dims": image.shape[1]}


def _files(folder: Path, config: JointConfig) -> list[Path]:
    """The files that vectors depend on, without those that only describe them."""
    named = [config.image.file, config.text.file, config.text.tokenizer]
    missing = [name for name in named if not (folder / name).is_file()]
    if missing:
        what = "its tokenizer " if missing == [config.text.tokenizer] else ""
        raise bad_folder(
            folder, f"{what}{missing[0]} is missing", "Fetch or export the model again."
        )
    towers = {folder / name for name in named}
    # Weights beyond 2 GB lie beside their graph.
    data = {extra for tower in towers for extra in tower.parent.glob(f"{tower.name}_data*")}
    return sorted(towers | data)


def _tower(folder: Path, config: JointConfig, which: str, cache: Path, digested: str) -> Path:
    """The file of one tower, cut out of the common graph where both are in one."""
    one = config.image if which == "image" else config.text
    if config.image.file != config.text.file:
        return folder / one.file
    from lookalike.encoders.joint_cut import cut_tower

    made = cache / f"joint-{digested}-{which}.onnx"
    return cached(made, lambda: cut_tower(folder / one.file, which, one.output))


def _megabytes(files: list[Path]) -> float:
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)
