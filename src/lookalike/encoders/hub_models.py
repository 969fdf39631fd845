"""Which models can be fetched from a hub by name, and where they lie once they are."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache as once
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.imaging.picture import Fit

_LIST = Path(__file__).parent / "data" / "hub-models.toml"
_REPO = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
FETCHED = "fetched.json"
"""Written into a model's folder last: what came, from where, with which digests."""


@dataclass(frozen=True)
class HubModel:
    """A model on a hub.

    Attributes:
        name: what it is called here.
        repo: ``owner/name`` on the hub.
        revision: a commit, a tag or a branch.
        files: paths in it, with the SHA-256 that they must have, or nothing where it is not known;
            empty for what the repository turns out to hold.
        licence: of the weights; empty if unknown.
        dims: length of its vectors; 0 if unknown.
        size: side of its pictures in pixels; 0 if unknown.
        fit: how they are made square, see :class:`lookalike.imaging.picture.InputSpec`.
        megabytes: of its files, about.
        about: what it is good for.
    """

    name: str
    repo: str
    revision: str
    files: dict[str, str] = field(default_factory=dict)
    licence: str = ""
    dims: int = 0
    size: int = 0
    fit: Fit = "crop"
    megabytes: int = 0
    about: str = ""

    def folder(self, cache: Path) -> Path:
        """Where it lies once it is fetched."""
        return cache / "models" / self.name

    def fetched(self, cache: Path) -> bool:
        """Whether it was."""
        return (self.folder(cache) / FETCHED).is_file()


@once
def hub_models() -> tuple[HubModel, ...]:
    """The models that are known by name."""
    listed = tomllib.loads(_LIST.read_text("utf-8"))["model"]
    return tuple(HubModel(**one) for one in listed)


def find_hub_model(text: str) -> HubModel:
    """A model by its name, or by ``REPO@REVISION``.

    Raises:
        UsageError: it is neither (``no-such-hub-model``).
    """
    known = {model.name: model for model in hub_models()}
    if text in known:
        return known[text]
    named = _REPO.fullmatch(text)
    if named is None or ".." in text:
        raise UsageError(
            f"No model {text!r} is known that could be fetched.",
            f"There are {', '.join(known)}, and any OWNER/NAME@REVISION.",
            code="no-such-hub-model",
        )
    repo, revision = named[1], named[2] or "main"
    return HubModel(f"{repo}--{revision}".replace("/", "--"), repo, revision)
