"""``lookalike models``: what can look at pictures and words."""

from __future__ import annotations

from dataclasses import asdict

from lookalike.cli.output import JsonOption, print_json, settings, table_console


def models(json: JsonOption = False) -> None:
    """List the encoders, whether they are installed, and what runs them here."""
    from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER, DEFAULT_TEXT_ENCODER, list_models
    from lookalike.encoders.runtimes import choose_runtime

    chosen = settings()
    runtime = choose_runtime(chosen.runtime, chosen.threads)
    found = list_models()
    defaults = {DEFAULT_IMAGE_ENCODER, DEFAULT_TEXT_ENCODER}
    if json:
        rows = [
            {**asdict(m), "available": m.available, "default": m.name in defaults} for m in found
        ]
        print_json({"runtime": runtime.name, "precision": runtime.precision, "models": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "dims", "input", "outputs", "MB", "licence", "here"):
        table.add_column(column)
    for model in found:
        size = f"{model.input.size} px {model.input.fit}" if model.input else "words"
        here = "yes" if model.available else model.install_hint
        table.add_row(
            model.name + (" (default)" if model.name in defaults else ""),
            model.kind,
            str(model.dims),
            size,
            ", ".join(model.taps),
            f"{model.size_mb:g}",
            model.licence,
            here,
        )
    console = table_console()
    console.print(table)
    console.print(
        f"Pictures are indexed by {runtime.name} in {runtime.precision}; "
        "LOOKALIKE_RUNTIME=onnxruntime or openvino chooses another."
    )
