"""``lookalike models --get``: fetches a model from a hub."""

from __future__ import annotations

from lookalike.cli.output import print_json, say, settings


def get(name: str, endpoint: str, *, json: bool) -> None:
    """Fetch a model by its name or as ``OWNER/NAME@REVISION``, and say how to use it."""
    from lookalike.encoders.hub import get_model
    from lookalike.encoders.hub_models import find_hub_model, hub_models

    def on_file(path: str, size: int) -> None:
        say(f"{path}" + (f" ({size / 1e6:,.1f} MB)" if size >= 0 else ""))

    model = find_hub_model(name)
    found = get_model(model, settings().cache, endpoint, on_file)
    use = model.name if model in hub_models() else f"onnx:{found.folder}"
    if json:
        print_json(
            {
                "name": use,
                "folder": str(found.folder),
                "repo": model.repo,
                "commit": found.commit,
                "files": found.digests,
                "fetched": found.fresh,
            }
        )
        return
    say(f"{model.repo} ({found.commit[:12]}) {'is here now' if found.fresh else 'was here'}.")
    say(f"Use it: lookalike spaces add words --encoder {use}")
