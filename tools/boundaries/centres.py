"""Write `centres.csv`, our own table of Korea's operations centres, from the ministry's list of 2025-12-31.

    python tools/boundaries/centres.py control_centres_20251231.csv

The list gives number, province, name and cameras. Which municipalities a centre answers for, of what kind
it is and how it is called in both languages is written here; the list's errors are repaired by name, and
a row or a municipality that is left over stops the script.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

PLACES = Path(__file__).parents[2] / "src/ansim/city/places/boundaries"

REPAIRED = {  # (province, name) as listed -> as it is
    ("경기", "연천시"): ("경기", "연천군"),  # a county listed as a city
    ("충북", "양양군"): ("강원", "양양군"),  # listed under the wrong province
}
# One centre for a whole province, or one above the municipalities' own: name as listed -> kind
WHOLE = {
    ("서울", "시청(CCTV안전센터)"): "supervising",
    ("부산", "시청(구군분산관제)"): "supervising",
    ("강원", "도청"): "supervising",
    ("광주", "시통합관제"): "metropolitan",
    ("대전", "시통합관제"): "metropolitan",
    ("세종", "시통합관제"): "metropolitan",
    ("제주", "도통합관제"): "metropolitan",
    ("대구", "남구(일부통합관제)"): "metropolitan",  # every district without a centre of its own
    ("인천", "경제청"): "zone",
}
ZONE_MUNICIPALITIES = ["28110", "28185", "28260"]  # Yeongjong, Songdo, Cheongna
NAMES = {
    "seoul": ("서울시 CCTV안전센터", "Seoul City Centre"),
    "busan": ("부산시 통합관제센터", "Busan City Centre"),
    "gangwon": ("강원도 통합관제센터", "Gangwon Province Centre"),
    "gwangju": ("광주 통합관제센터", "Gwangju Centre"),
    "daejeon": ("대전 통합관제센터", "Daejeon Centre"),
    "sejong": ("세종 통합관제센터", "Sejong Centre"),
    "jeju": ("제주 통합관제센터", "Jeju Centre"),
    "daegu": ("대구 통합관제센터", "Daegu Centre"),
    "incheon-ifez": ("인천경제자유구역 통합관제센터", "Incheon Free Economic Zone Centre"),
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{k: "".join((v or "").split()) for k, v in row.items()} for row in csv.DictReader(file)]


def spoken(row: dict[str, str], province: dict[str, str], common: set[str]) -> tuple[str, str]:
    """A centre's name: with its province in a metropolis and where two municipalities share a name."""
    english = row["en"].rpartition("-")[0] if row["ko"] not in common else row["en"]
    if row["ko"] in common or province["ko"].endswith("시"):
        return f"{province['short']} {row['ko']} 통합관제센터", f"{row['en']} Centre, {province['en']}"
    return f"{row['ko']} 통합관제센터", f"{english} Centre"


def main() -> None:
    listed = read(Path(sys.argv[1]))
    provinces = {row["short"]: row for row in read(PLACES / "provinces.csv")}
    municipalities = read(PLACES / "municipalities.csv")
    names = [row["ko"] for row in municipalities]
    common = {name for name in names if names.count(name) > 1} | {"광주시"}
    by_name = {(row["code"][:2], row["ko"]): row for row in municipalities}
    taken: set[str] = set()
    centres: list[dict[str, str | int]] = []
    for row in listed:
        short, name = REPAIRED.get((row["sido"], row["name"]), (row["sido"], row["name"]))
        province = provinces[short]
        centre: dict[str, str | int] = {"province": province["code"], "cameras": int(row["cctv"])}
        if kind := WHOLE.get((short, name)):
            slug = province["slug"] + ("-ifez" if kind == "zone" else "")
            ko, en = NAMES[slug]
            codes: list[str] = ZONE_MUNICIPALITIES if kind == "zone" else [province["code"]]
        else:
            municipality = by_name[(province["code"], name)]
            kind, codes = "municipal", [municipality["code"]]
            slug = f"{province['slug']}-{municipality['en'].rpartition('-')[0].lower()}"
            ko, en = spoken(municipality, province, common)
            taken.add(municipality["code"])
        centres.append({"id": slug, "ko": ko, "en": en, "kind": kind, **centre, "answers": " ".join(codes)})
    for centre in centres:
        if centre["kind"] in ("metropolitan", "supervising"):
            inside = [r["code"] for r in municipalities if r["code"][:2] == centre["province"]]
            own = [c for c in inside if centre["kind"] == "supervising" or c not in taken]
            centre["answers"] = " ".join(own)
    own_kinds = [c for c in centres if c["kind"] in ("municipal", "metropolitan")]
    answered = {code for centre in own_kinds for code in str(centre["answers"]).split()}
    if missing := {row["code"] for row in municipalities} - answered:
        raise SystemExit(f"no centre for {sorted(missing)}")
    if len({c["id"] for c in centres}) != len(centres) or not all(c["answers"] for c in centres):
        raise SystemExit("two centres share an id, or one answers for nothing")
    with (PLACES / "centres.csv").open("w", encoding="utf-8", newline="") as file:
        columns = ["id", "ko", "en", "province", "kind", "cameras", "answers"]
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(centres, key=lambda c: (str(c["province"]), str(c["id"]))))
    print(f"{len(centres)} centres, {sum(int(c['cameras']) for c in centres):,} cameras")


if __name__ == "__main__":
    main()
