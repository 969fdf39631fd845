"""``lookalike models``: what can look at pictures and words."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.output import JsonOption, print_json, say, settings, table_console

if TYPE_CHECKING:
    from lookalike.encoders.models import ModelCard, ModelInfo
    from lookalike.encoders.onnx_pooling import Layer

_MOST_FOUND = 200


def models(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Tell all of one model, its layers, too.")
    ] = "",
    json: JsonOption = False,
    search: Annotated[
        str, typer.Option(metavar="WORDS", help="Names of all models that contain these words.")
    ] = "",
    get: Annotated[
        str,
        typer.Option(metavar="MODEL", help="Fetch a model by name, or OWNER/NAME@REVISION."),
    ] = "",
    endpoint: Annotated[
        str, typer.Option(metavar="URL", help="The hub to fetch from, if not huggingface.co.")
    ] = "",
) -> None:
    """List the encoders and what runs them; fetch one.

    lookalike models efficientnet-lite0

    lookalike models --search "resnet50"

    lookalike models --get siglip2-base
    """
    if get:
        from lookalike.cli.models_get import get as fetch

        fetch(get, endpoint, json=json)
    elif search:
        _search(search, json=json)
    elif name:
        _describe(name, json=json)
    else:
        _list(json=json)


def _search(words: str, *, json: bool) -> None:
    from lookalike.encoders.registry import search_models

    found = search_models(words)
    if json:
        print_json({"models": found})
        return
    console = table_console()
    for name in found[:_MOST_FOUND]:
        console.print(name, markup=False, highlight=False)
    left = len(found) - _MOST_FOUND
    say(f"{left:,} more; name them more closely." if left > 0 else f"{len(found):,} models.")


def _describe(name: str, *, json: bool) -> None:
    from lookalike.encoders.registry import describe_model

    card = describe_model(name)
    if json:
        layers = [{**asdict(layer), **_layer_facts(layer)} for layer in card.layers]
        print_json({**_as_row(card.info), "layers": layers, "notes": card.notes})
        return
    _print_card(card)


def _print_card(card: ModelCard) -> None:
    from rich.table import Table

    console, info = table_console(), card.info
    facts = (
        ("name", info.name),
        ("family", info.family),
        ("vector", f"{info.dims:,} numbers" if info.dims else ""),
        ("input", _input(info)),
        ("outputs", ", ".join(info.taps)),
        ("runtime", info.runtime),
        ("weights", f"{info.size_mb:g} MB" if info.size_mb else ""),
        ("licence", info.licence),
        ("here", "yes" if info.available else info.install_hint),
    )
    for what, value in facts:
        if value:
            console.print(f"{what:10}{value}", markup=False, highlight=False)
    for note in card.notes:
        console.print(note, markup=False, highlight=False)
    if not card.layers:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("layer", "output", "kind", "pooled by", "dims"):
        table.add_column(column)
    for layer in card.layers:
        known = _layer_facts(layer)
        shape = " × ".join(map(str, layer.shape))
        table.add_row(layer.name, shape, layer.layout, known["pooling"], str(known["dims"]))
    console.print(table)


def _layer_facts(layer: Layer) -> dict[str, Any]:
    return {"pooling": str(layer.usual), "dims": layer.dims(layer.usual)}


def _list(*, json: bool) -> None:
    from lookalike.encoders.hub_models import hub_models
    from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER, DEFAULT_TEXT_ENCODER, list_models
    from lookalike.encoders.runtimes import choose_runtime

    chosen = settings()
    runtime = choose_runtime(chosen.preference, chosen.threads)
    fetched = {model.name for model in hub_models() if model.fetched(chosen.cache)}
    found = [replace(m, lacks="") if m.name in fetched else m for m in list_models()]
    defaults = {DEFAULT_IMAGE_ENCODER, DEFAULT_TEXT_ENCODER}
    if json:
        rows = [{**_as_row(m), "default": m.name in defaults} for m in found]
        print_json({"runtime": runtime.name, "precision": runtime.precision, "models": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "name", "family", "dims", "input", "layers", "runtime", "MB", "licence", "here"
    ):  # fmt: skip
        table.add_column(column)
    for model in found:
        table.add_row(
            model.name + (" (default)" if model.name in defaults else ""),
            model.family,
            str(model.dims or "?"),
            _input(model),
            str(model.layers or "-"),
            model.runtime,
            f"{model.size_mb:g}",
            model.licence,
            "yes" if model.available else model.install_hint,
        )
    console = table_console()
    console.print(table)
    console.print(
        f"Pictures are indexed by {runtime.name} in {runtime.precision}; "
        "LOOKALIKE_RUNTIME=onnxruntime or openvino chooses another."
    )
    console.print(
        "More by name: timm:NAME, torchvision:NAME (--search WORDS lists them), onnx:FOLDER; "
        "/LAYER@POOLING taps any layer.",
        markup=False,
    )


def _as_row(model: ModelInfo) -> dict[str, Any]:
    return {**asdict(model), "available": model.available, "install": model.install_hint}


def _input(model: ModelInfo) -> str:
    if model.input is None:
        return "words" if model.kind == "text" else ""
    return f"{model.input.size} px {model.input.fit}"
