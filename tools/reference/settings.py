"""docs/reference/settings.md from the classes of settings."""

from __future__ import annotations

import msgspec

from ansim.app.settings import HubSettings, MediaSettings, Settings
from reference.code import cell, field_docs, first_line


def page() -> str:
    lines = ["# Settings", "", *_table(Settings, "./run ansim run --config ansim.toml")]
    lines += [
        "",
        "## A media node of its own",
        "",
        *_table(MediaSettings, "./run ansim run --role media --config media.toml"),
    ]
    lines += ["", "## A hub", "", *_table(HubSettings, "./run ansim run --role hub --config hub.toml")]
    return "\n".join(lines) + "\n"


def _table(kind: type[msgspec.Struct], command: str) -> list[str]:
    said = field_docs(kind)
    lines = [first_line(kind), "", "```sh", command, "```", "", "| setting | default | means |", "|---|---|---|"]
    for field in msgspec.structs.fields(kind):
        if field.required:
            default = "must be set"
        else:
            value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            default = "none" if value is None else f"`{msgspec.json.encode(value).decode()}`"
        lines.append(f"| `{field.name}` | {default} | {cell(said[field.name])} |")
    return lines
