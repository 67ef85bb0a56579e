"""docs/reference/settings.md from the class Settings."""

from __future__ import annotations

import msgspec

from ansim.app.settings import Settings
from reference.code import cell, field_docs, first_line


def page() -> str:
    said = field_docs(Settings)
    lines = [
        "# Settings",
        "",
        first_line(Settings),
        "",
        "```sh",
        "./run ansim run --config ansim.toml",
        "```",
        "",
        "| setting | default | means |",
        "|---|---|---|",
    ]
    for field in msgspec.structs.fields(Settings):
        value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        default = "none" if value is None else f"`{msgspec.json.encode(value).decode()}`"
        lines.append(f"| `{field.name}` | {default} | {cell(said[field.name])} |")
    return "\n".join(lines) + "\n"
