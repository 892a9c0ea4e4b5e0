"""The section ``[files]``: where attachments are kept, and how much is taken. Source: spec page "file_storage"."""

from __future__ import annotations

from pathlib import Path

from kanboard_core.configuration import Configuration, Option, Section

SECTION = Section(
    "files",
    "Attachments: where they are kept, and how much is taken.",
    (
        Option(
            "files_dir",
            "",
            "Folder of attachments, relative to the working directory. It may be Kanboard's own, also while Kanboard "
            "runs on it. Empty: the folder files in the data folder.",
            constant=True,
        ),
        Option("data_dir", "data", "Data folder, for when files_dir is empty.", constant=True),
        Option("storage", "", "Plugin that keeps attachments elsewhere than in a folder. Empty: none does."),
        Option(
            "upload_limit",
            0,
            "Largest file, in bytes. 0: what fits into a request ([server] body_limit), as base64.",
            minimum=0,
        ),
        Option(
            "thumbnail_pixels",
            32_000_000,
            "Pictures of more pixels get no thumbnail; one in work takes up to 8 bytes of memory for each. 0: none do.",
            minimum=0,
        ),
    ),
)


def folder(configuration: Configuration) -> Path:
    """The folder of attachments."""
    chosen = configuration.text("files", "files_dir")
    return Path(chosen) if chosen else Path(configuration.text("files", "data_dir")) / "files"
