"""docs/reference/holdings.md from every stage's account of the personal data it keeps."""

from __future__ import annotations

from ansim.app.holdings import holdings
from ansim.trust.retention.holdings import Files, Holding, Impersonal
from reference.code import cell

ENDS = {"delete": "the rows go", "blank": "the columns become null", "own": "see “until when”"}


def page() -> str:
    lines = [
        "# Holdings: personal data, and the end of it",
        "",
        "Every table is in one of the two lists; a test holds them against the live schema. Where a key is named, the column"
        " is ciphertext under it, and destroying the key destroys every copy.",
        "",
        "| table | columns | why | ground | until when | key | then |",
        "|---|---|---|---|---|---|---|",
    ]
    every = holdings()
    for line in every:
        if isinstance(line, Holding):
            columns = ", ".join(f"`{name}`" for name in line.columns)
            texts = [
                f"`{line.table}`",
                columns,
                line.why,
                line.law,
                line.retention,
                line.key or "—",
                ENDS[line.destroyed_by],
            ]
            lines.append("| " + " | ".join(cell(text) for text in texts) + " |")
    lines += ["", "## In files of the data folder", "", "Sealed like the columns above.", ""]
    lines += ["| folder | why | ground | until when | key |", "|---|---|---|---|---|"]
    for line in every:
        if isinstance(line, Files):
            texts = [f"`{line.place}/`", line.why, line.law, line.retention, line.key]
            lines.append("| " + " | ".join(cell(text) for text in texts) + " |")
    lines += ["", "## Nothing personal", "", "| table | how one can be sure |", "|---|---|"]
    lines += [f"| `{line.table}` | {cell(line.why)} |" for line in every if isinstance(line, Impersonal)]
    return "\n".join(lines) + "\n"
