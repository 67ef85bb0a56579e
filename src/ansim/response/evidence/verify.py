"""Checking a clip without us."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ansim.response.evidence.manifest import NoManifest, check_manifest, check_parts, split
from ansim.trust.ledger.checkpoint import BadNote, Verifier, signed_by
from ansim.trust.verify import Report


def is_clip(path: Path) -> bool:
    """Whether it looks like a video. Raises OSError."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp" or path.suffix == ".mp4"


def verify_clip(path: Path, trusted: Sequence[str] = ()) -> Report:
    """`trusted`: verifier keys got from elsewhere, as for `trust.verify`; witnesses among them must have signed."""
    try:
        manifest, content = split(path.read_bytes())
        log = Verifier.parse(manifest.proof.key)
        witnesses = [Verifier.parse(text) for text in manifest.proof.witnesses]
        keys = [Verifier.parse(text) for text in trusted]
    except OSError as error:
        return Report(wrong=[f"{path.name} cannot be read: {error.strerror}"])
    except (NoManifest, BadNote) as error:
        return Report(wrong=[str(error)])
    report = Report()
    if log.name != manifest.proof.origin or log.cosigner or not all(witness.cosigner for witness in witnesses):
        return Report(wrong=["the keys in the file do not belong to its log and its witnesses"])
    if keys:
        if log.text() not in {key.text() for key in keys}:
            report.wrong.append(f"the key of {log.name} in the file is none of those you trust")
        witnesses = [key for key in keys if key.cosigner]
    else:
        report.good.append(
            f"checked with the key named in the file itself; compare it with the published one: {log.text()}"
        )
    for good, wrong in (check_parts(manifest.statement, content), check_manifest(manifest, log, witnesses)):
        report.good += good
        report.wrong += wrong
    if keys and not report.wrong:
        signed = {witness.name for witness in signed_by(manifest.proof.checkpoint, witnesses)}
        report.wrong += [f"{one.name} has not signed the tree head" for one in witnesses if one.name not in signed]
    return report
