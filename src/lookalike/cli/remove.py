"""``lookalike remove``: take pictures out of the library for good."""

from __future__ import annotations

from typing import Annotated

import typer

from lookalike.cli.output import JsonOption, LibraryOption, open_given, print_json, say


def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Of the pictures.")],
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Take pictures out of the library for good.

    Their files stay where they are; `lookalike index` passes them over from now on, wherever it
    finds them, unless it is told to --restore them. Files that were sent to the library itself
    are deleted.
    """
    with open_given(library) as opened:
        removed = opened.remove([text.removeprefix("id:") for text in ids])
        left = len(opened)
    if json:
        told = [{**vars(picture), "dismissed": list(picture.dismissed)} for picture in removed]
        print_json({"removed": told, "pictures": left})
        return
    say(f"Removed {len(removed):,}. The library holds {left:,} pictures.")
