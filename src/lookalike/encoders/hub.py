"""Fetches models from the Hugging Face hub, or from a server that speaks as it does.

Nothing is unpickled, and no file is accepted that might hold a pickle. What was fetched is checked
by digest, and appears whole or not at all; broken off, the same call goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lookalike.encoders.hub_download import download
from lookalike.encoders.hub_models import FETCHED, HubModel
from lookalike.errors import DiskFullError, FetchError, FetchRefusedError, ModelError

SAFE = (".safetensors", ".onnx", ".onnx_data", ".json", ".txt", ".toml")
"""Kinds of files that hold numbers and words, and nothing that could be run."""

_VARIANTS = ("", "_fp16", "_quantized", "_int8", "_uint8")
_WEIGHTS = (".onnx", ".safetensors")
_PICKLES = (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05")
_GIT_SHA1_LENGTH = 40
_NO_SPACE = (28, 122)

OnFile = Callable[[str, int], None]
"""Told which file is fetched next, and how many bytes it has."""


@dataclass(frozen=True)
class HubFile:
    """A file that is to be fetched.

    Attributes:
        path: in the repository.
        size: in bytes; -1 if the hub does not say.
        digest: what it must have: a SHA-256, or git's SHA-1 of a blob; empty if nobody says.
    """

    path: str
    size: int
    digest: str


@dataclass(frozen=True)
class FetchedModel:
    """A model that is here now.

    Attributes:
        model: which.
        folder: where.
        commit: of the repository.
        digests: the files' SHA-256.
        fresh: whether anything was fetched.
    """

    model: HubModel
    folder: Path
    commit: str
    digests: dict[str, str]
    fresh: bool


def get_model(
    model: HubModel, cache: Path, endpoint: str = "", on_file: OnFile = lambda *_: None
) -> FetchedModel:
    """Fetch a model, unless it is here and sound.

    Args:
        model: which.
        cache: below it the model's folder is made.
        endpoint: the hub's address; empty for the usual one (``HF_ENDPOINT``, or huggingface.co).
        on_file: told which file comes next.

    Raises:
        FetchError: the hub cannot be reached, or broke off.
        FetchRefusedError: there is no such model or file, or it is only for those who agreed to
            its terms (``model-gated``).
        ModelError: a file is not what it should be (``wrong-digest``), or might hold a pickle
            (``pickle-refused``).
        DiskFullError: no space is left.
    """
    folder = model.folder(cache)
    if (kept := _kept(model, folder)) is not None:
        return kept
    with _hub_errors(model):
        commit, files = _plan(model, endpoint)
        staging = folder.with_name(f".{folder.name}.partial")
        staging.mkdir(parents=True, exist_ok=True)
        digests = {file.path: _fetch(model, file, commit, staging, endpoint, on_file)
                   for file in files}  # fmt: skip
        said = {"repo": model.repo, "commit": commit, "files": digests, "licence": model.licence}
        (staging / FETCHED).write_text(json.dumps(said, indent=2), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        staging.rename(folder)
    return FetchedModel(model, folder, commit, digests, fresh=True)


def _kept(model: HubModel, folder: Path) -> FetchedModel | None:
    """The model that is here, if its files are what they were."""
    if not (folder / FETCHED).is_file():
        return None
    said = json.loads((folder / FETCHED).read_text("utf-8"))
    for path, digest in said["files"].items():
        file = folder / path
        if not file.is_file() or _sha256(file) != digest:
            return None
    return FetchedModel(model, folder, said["commit"], said["files"], fresh=False)


def _plan(model: HubModel, endpoint: str) -> tuple[str, list[HubFile]]:
    """The commit, and which of its files are wanted, with what they must be."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint or None, library_name="lookalike")
    info = api.model_info(model.repo, revision=model.revision, files_metadata=True)
    there = {one.rfilename: one for one in info.siblings or ()}
    wanted = [*model.files] or _useful([*there])
    if missing := [path for path in wanted if path not in there]:
        raise FetchRefusedError(
            f"{model.repo} has no {missing[0]} at {model.revision}.",
            "Name another revision: OWNER/NAME@REVISION.",
            code="no-such-file",
        )
    if bad := [path for path in wanted if not path.endswith(SAFE)]:
        raise ModelError(
            f"{bad[0]} is not fetched: it may hold a pickle, which can run code.",
            f"Only these are taken: {', '.join(SAFE)}.",
            code="pickle-refused",
        )
    if not any(path.endswith(_WEIGHTS) for path in wanted):
        raise ModelError(
            f"{model.repo} holds no weights that can be taken: "
            f"{', '.join(sorted(there)[:8]) or 'it is empty'}.",
            "Weights come as ONNX or safetensors; pickles (.bin, .pt, .pth) are refused.",
            code="pickle-refused",
        )
    files = []
    for path in wanted:
        one = there[path]
        told = one.lfs.sha256 if one.lfs is not None else one.blob_id or ""
        size = -1 if one.size is None else one.size
        files.append(HubFile(path, size, model.files.get(path) or told))
    return str(info.sha or model.revision), files


def _useful(there: list[str]) -> list[str]:
    """Of all files of a repository the configuration and one set of weights."""
    plain = [path for path in there if "/" not in path and path.endswith((".json", ".txt"))]
    plain = [path for path in plain if not path.startswith("pytorch_model")]
    for stems in (("vision_model", "text_model"), ("model",)):
        for variant in _VARIANTS:
            towers = [f"onnx/{stem}{variant}.onnx" for stem in stems]
            if all(tower in there for tower in towers):
                data = [path for path in there if path.startswith(tuple(f"{t}_" for t in towers))]
                return [*plain, *towers, *data]
    safe = [path for path in there if path.endswith((".safetensors", ".onnx", ".onnx_data"))]
    clip = [path for path in safe if path.startswith("open_clip")]
    return [*plain, *(clip or safe)]


def _fetch(
    model: HubModel, file: HubFile, commit: str, staging: Path, endpoint: str, on_file: OnFile
) -> str:
    """Fetch a file unless it is there; returns its SHA-256."""
    from huggingface_hub import hf_hub_url

    target = staging / file.path
    if not (target.is_file() and _fits(target, file.digest)):
        on_file(file.path, file.size)
        target.parent.mkdir(parents=True, exist_ok=True)
        url = hf_hub_url(model.repo, file.path, revision=commit, endpoint=endpoint or None)
        # What it must be is in the name, so that no part of another file is gone on with.
        part = target.with_name(f"{target.name}.{file.digest[:12]}.part")
        download(url, part, file.size)
        part.replace(target)
    with target.open("rb") as opened:
        begin = opened.read(2)
    why = "" if _fits(target, file.digest) else "is not what it should be: its digest differs"
    if not why and file.path.endswith(_WEIGHTS) and begin in _PICKLES:
        why = "is a pickle under another name"
    if why:
        target.unlink()
        raise ModelError(
            f"{file.path} of {model.repo} {why}.",
            "It was deleted. Try again; if that does not help, do not trust where it came from.",
            code="wrong-digest" if "digest" in why else "pickle-refused",
        )
    return _sha256(target)


def _fits(file: Path, digest: str) -> bool:
    if not digest:
        return True
    if len(digest) != _GIT_SHA1_LENGTH:
        return _sha256(file) == digest
    blob = hashlib.sha1(f"blob {file.stat().st_size}\0".encode(), usedforsecurity=False)
    with file.open("rb") as opened:
        while piece := opened.read(2**20):
            blob.update(piece)
    return blob.hexdigest() == digest


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _hub_errors(model: HubModel) -> Iterator[None]:
    """Turn what the hub's library raises into errors of ours."""
    from huggingface_hub import errors

    # The base of its HTTP client's errors: which client that is differs from version to version.
    connection_error: type[Exception] = errors.HfHubHTTPError.__bases__[0]
    try:
        yield
    except (errors.GatedRepoError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError,
            errors.RemoteEntryNotFoundError, errors.DisabledRepoError) as error:  # fmt: skip
        status = getattr(error.response, "status_code", 404)
        gated = isinstance(error, errors.GatedRepoError) or status in (401, 403)
        raise FetchRefusedError(
            f"The hub does not give {model.repo} at {model.revision} (status {status}).",
            "Agree to its terms on its page, and set HF_TOKEN to a token of yours; or check the "
            "name."
            if gated
            else "Check the name and the revision.",
            code="model-gated" if gated else "no-such-hub-model",
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        gated = status in (401, 403)
        raise (FetchRefusedError if gated else FetchError)(
            f"The hub answered {status} for {model.repo}.",
            "Set HF_TOKEN to a token of yours." if gated else "Try again; it goes on from there.",
            code="model-gated" if gated else None,
        ) from error
    except (errors.LocalEntryNotFoundError, connection_error, ConnectionError) as error:
        raise FetchError(
            f"The hub cannot be reached, or broke off ({type(error).__name__}).",
            "Try again: it goes on where it stopped. Without a network, copy a model's folder "
            "here and name it onnx:FOLDER; --endpoint names another server.",
            code="hub-unreachable",
        ) from error
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFullError(
                f"No space is left for {model.name}.",
                "Set LOOKALIKE_CACHE to a folder with room; what came is kept.",
            ) from error
        raise
