"""The auditor's page: who, what, why, how long; and proofs that the browser works out for itself."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.trust.ledger import checkpoint, merkle
from ansim.trust.ledger.model import Entry, admit, leaf_hash

from .conftest import OFFICE, Open
from .stage import Asked, Refusal, Stage
from .test_signin import ME

pytestmark = pytest.mark.browser

CASE = "0192f3a4b5c67d8e9f00aabbccdd0047"
NAMES = {"a-seoyeon": ("이서연", "operator"), "a-sangmin": ("오상민", "operator"), "a-daeun": ("정다은", "auditor")}


class Log:
    """A small real ledger: the shipped tree, head and signatures."""

    def __init__(self) -> None:
        self.key, self.witness = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self.begun = datetime.now(UTC) - timedelta(minutes=6)
        self.entries: list[Entry] = []
        self.others: list[dict[str, Any]] = []

    def add(
        self, after_s: float, actor: str, act: str, object: str, purpose: str = "incident", **details: str | int
    ) -> None:
        self.entries.append(
            admit(
                id=f"{len(self.entries):032x}", at=self.begun + timedelta(seconds=after_s), actor=actor, act=act,
                object=object,
                incident=CASE if act.split(".")[0] != "session" else None, purpose=purpose, details=details,
            )
        )  # fmt: skip

    def hashes(self) -> list[bytes]:
        return [leaf_hash(entry.canonical()) for entry in self.entries]

    def note(self) -> str:
        head = checkpoint.Head("ansim.test/gangnam", len(self.entries), tree(self.hashes()))
        return checkpoint.sign(head, self.key) + checkpoint.cosign(head, "witness.test", self.witness, 1_790_000_000)

    def shown(self, entry: Entry, seq: int) -> dict[str, Any]:
        name, role = NAMES.get(entry.actor, (None, ""))
        return {
            "seq": seq, "id": entry.id, "at": entry.at, "act": entry.act, "object": entry.object,
            "incident": entry.incident,
            "actor": {"id": entry.actor, "role": str(entry.details.get("role") or role)} | ({"name": name}
                if name else {}),
            "purpose": entry.purpose, "seconds": entry.details.get("seconds"), "bytes": None, "result": None,
            "details": entry.details, "leaf_hash": b64encode(leaf_hash(entry.canonical())).decode(),
        }  # fmt: skip

    def page(self, asked: Asked | None = None) -> dict[str, Any]:
        note = self.note()
        head, _ = checkpoint.read(note)
        some = [self.shown(entry, seq) for seq, entry in enumerate(self.entries)][::-1]
        if asked is not None and "incident=" in asked.query:
            some = [entry for entry in some if entry["incident"] == CASE]
        return {
            "entries": some,
            "size": len(self.entries),
            "checkpoint": {
                "size": head.size, "root": b64encode(head.root).decode(), "at": self.entries[-1].at, "signature": note,
                "witnesses": ["witness.test"],
            },
            "witnesses": [
                {"name": "witness.test", "size": head.size, "at": self.entries[-1].at, "late": False}, *self.others,
            ],
        }  # fmt: skip

    def proof(self, seq: int) -> dict[str, Any]:
        return {
            "kind": "ansim.proof",
            "origin": "ansim.test/gangnam",
            "key": checkpoint.Verifier("ansim.test/gangnam", self.key.public_key()).text(),
            "witnesses": [checkpoint.Verifier("witness.test", self.witness.public_key(), cosigner=True).text()],
            "checkpoint": self.note(),
            "entries": [
                {
                    "seq": seq,
                    "entry": msgspec.to_builtins(self.entries[seq]),
                    "path": [b64encode(step).decode() for step in path(self.hashes(), seq)],
                }
            ],
        }


def tree(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return merkle.join(tree(hashes[:half]), tree(hashes[half:]))


def path(hashes: list[bytes], at: int) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(hashes) == 1:
        return []
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    if at < half:
        return [*path(hashes[:half], at), tree(hashes[half:])]
    return [*path(hashes[half:], at - half), tree(hashes[:half])]


@pytest.fixture
def log() -> Log:
    log = Log()
    add = log.add
    add(-60, "a-daeun", "session.opened", "a-daeun", "access", factor="totp")
    add(0, "person", "signal.received", "signal-1", "consent", trigger="button")
    add(1, "system", "incident.opened", CASE, "rescue")
    add(2, "system", "guardian.told", "notice-1", "guardian", channel="push", result="sent")
    add(8, "a-seoyeon", "incident.claimed", CASE)
    add(8, "system", "grant.issued", "grant-1", role="operator", count=4)
    for camera in range(1, 5):
        add(9 + camera / 10, "a-seoyeon", "view.opened", f"camera-{camera}", grant="grant-1", camera=f"camera-{camera}")
    add(26, "system", "link.issued", "l1", "guardian", role="guardian", grant="g2")
    add(31, "link:l1", "link.opened", "l1", "guardian", role="guardian")
    add(64, "system", "grant.issued", "grant-3", role="officer", count=4)
    add(70, "a-seoyeon", "view.ended", "camera-4", seconds=61, grant="grant-1", camera="camera-4", bytes=1000)
    add(99, "a-sangmin", "view.refused", "camera-1", why="ended")
    add(110, "system", "link.issued", "l2", role="officer", grant="grant-3")
    add(113, "link:l2", "link.opened", "l2", role="officer")
    add(114, "link:l2", "view.opened", "camera-1", grant="grant-3", camera="camera-1")
    return log


@pytest.fixture(autouse=True)
def served(stage: Stage, log: Log) -> None:
    stage.on("GET", "/api/me", ME)
    stage.on("GET", "/api/ledger", log.page)
    for seq in range(len(log.entries)):
        stage.on("GET", f"/api/ledger/{seq}/proof", lambda _asked, seq=seq: log.proof(seq))
    due = log.begun + timedelta(days=30)
    stage.on(
        "GET",
        f"/api/certificates/{CASE}",
        {
            "destructions": [
                {
                    "id": "d1",
                    "scope": "track",
                    "due_at": due.isoformat(),
                    "ordered_at": None,
                    "erased_at": log.begun.isoformat(),
                },
                {"id": "d2", "scope": "case", "due_at": due.isoformat(), "ordered_at": None, "erased_at": None},
            ]
        },
    )


async def test_the_table_says_who_what_why_and_how_long(open_page: Open, picture: Any) -> None:
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    await page.get_by_role("row", name="이서연").first.wait_for()
    rows = page.get_by_role("row")
    text = "\n".join(await rows.all_inner_texts())
    for words in (
        "카메라 camera-2 · 실시간",
        "상황 담당",
        "보는 중",
        "1분 1초",
        "대상자 위치 · 링크",
        "대상자 사전 동의",
        "열람권한 부여 → 출동대원",
        "SOS 받음",
    ):
        assert words in text, words
    denied = page.get_by_role("row", name="오상민")
    assert "막음" in await denied.inner_text()
    assert "deny" in (await denied.get_attribute("class") or "")
    assert await page.locator("tr.hl").count() >= 4
    await page.get_by_text("기록 사슬 이상 없음 · 18건").wait_for()
    await page.get_by_text(
        "관제요원 1명과 출동대원 1명이 내 주변 영상을, 보호자 1명이 내 위치를 보았어요. 권한 없는 열람은 막혔어요."
    ).wait_for()
    aside = await page.locator("aside").inner_text()
    for words in ("이 상황을 본 사람", "막힌 열람 1건", "파기 확인", "예정", "witness.test"):
        assert words in aside
    assert "37." not in await page.locator("main").inner_text()
    await picture(page, "e-ledger")


async def test_a_proof_is_worked_out_in_the_browser(open_page: Open, log: Log, picture: Any) -> None:
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    await page.get_by_role("row", name="오상민").click()
    await page.get_by_role("button", name="이 기록이 사슬에 있는지 확인").click()
    await page.get_by_text("이 브라우저가 확인했습니다. 기록 18건의 사슬 안").wait_for()
    result = await page.locator(".result").inner_text()
    for words in ("보이는 지문과 같음", "서명된 뿌리까지 이어짐", "ansim.test/gangnam 서명", "증인 witness.test 서명"):
        assert words in result
    await picture(page, "e-ledger-proof")


async def test_a_changed_record_does_not_fit(open_page: Open, stage: Stage, log: Log) -> None:
    """Somebody with the database changes who looked, and answers with a proof of the true entry."""

    def changed(asked: Asked) -> dict[str, Any]:
        page = log.page(asked)
        for entry in page["entries"]:
            if entry["act"] == "view.refused":
                entry["leaf_hash"] = b64encode(bytes(32)).decode()
        return page

    stage.on("GET", "/api/ledger", changed)
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    await page.get_by_role("row", name="오상민").click()
    await page.get_by_role("button", name="이 기록이 사슬에 있는지 확인").click()
    await page.get_by_text("맞지 않습니다").wait_for()


async def test_a_proof_of_something_else_does_not_fit(open_page: Open, stage: Stage, log: Log) -> None:
    def forged(_asked: Asked) -> dict[str, Any]:
        proof = log.proof(14)
        proof["entries"][0]["entry"]["actor"] = "a-nobody"
        return proof

    stage.on("GET", "/api/ledger/14/proof", forged)
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    await page.get_by_role("row", name="오상민").click()
    await page.get_by_role("button", name="이 기록이 사슬에 있는지 확인").click()
    await page.get_by_text("맞지 않습니다").wait_for()


async def test_a_head_that_shrinks_is_a_rewritten_record(open_page: Open, stage: Stage, log: Log) -> None:
    page = await open_page("/ledger", device=OFFICE)
    await page.get_by_text("기록 사슬 이상 없음").wait_for()
    log.entries = log.entries[:-2]
    await page.get_by_text("기록 사슬이 맞지 않음").wait_for(timeout=12_000)


async def test_filters_and_export(open_page: Open) -> None:
    page = await open_page("/ledger", device=OFFICE)
    await page.get_by_role("row", name="오상민").wait_for()
    await page.get_by_label("종류").select_option("grant")
    await page.get_by_role("row", name="오상민").wait_for(state="detached")
    await page.get_by_label("종류").select_option("")
    await page.get_by_label("사람, 카메라, 상황번호").fill("camera-3")
    assert await page.locator("tbody tr").count() == 1
    await page.get_by_label("사람, 카메라, 상황번호").fill("nothing like it")
    await page.get_by_text("이 조건에 맞는 기록 없음").wait_for()
    await page.get_by_label("사람, 카메라, 상황번호").fill("")
    assert await page.get_by_role("link", name="내보내기").get_attribute("href") == "/api/ledger/export"
    await page.get_by_role("button", name="상황 dd0047").first.click()
    await page.get_by_role("button", name="dd0047 조건 빼기").wait_for()
    assert (
        await page.get_by_role("link", name="내보내기").get_attribute("href") == f"/api/ledger/export?incident={CASE}"
    )


async def test_a_case_that_was_passed_on_shows_who_had_it_when(open_page: Open, log: Log) -> None:
    log.add(68, "a-sangmin", "incident.taken-over", CASE)
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    rows = page.locator("tbody tr")
    await rows.filter(has_text="넘겨받음 · 대상자 위치").filter(has_text="오상민").filter(has_text="보는 중").wait_for()
    had = rows.filter(has_text="접수 · 대상자 위치")
    assert "1분" in await had.inner_text()
    assert "보는 중" not in await had.inner_text()


async def test_a_leader_keeps_a_closed_case_as_evidence_and_lets_it_go(
    open_page: Open, stage: Stage, log: Log, picture: Any
) -> None:
    log.add(120, "a-seoyeon", "incident.closed", CASE, code=1)
    due = {"at": log.begun + timedelta(days=31)}
    stage.on(
        "GET",
        f"/api/certificates/{CASE}",
        lambda _: {
            "destructions": [
                {"id": "d2", "scope": "case", "due_at": due["at"].isoformat(), "ordered_at": None, "erased_at": None}
            ]
        },
    )

    def held(asked: Asked) -> dict[str, Any]:
        due["at"] = datetime.now(UTC) + timedelta(days=asked.body["days"])
        log.add(200, "a-choi", "case.held", CASE, why=asked.body["ground"], count=asked.body["days"])
        return {"due_at": due["at"].isoformat()}

    stage.on("POST", f"/api/incidents/{CASE}/hold", held)
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    pane = page.locator("aside .pane").filter(has_text="파기")
    await pane.get_by_text("예정").wait_for()
    # an auditor sees what will be destroyed and can change nothing
    assert await pane.get_by_role("button").count() == 0
    stage.on("GET", "/api/me", ME | {"role": "supervisor"})
    await page.reload()
    await pane.get_by_role("button", name="보존조치").press("Enter")
    days = pane.get_by_label("보존 기간")
    assert await days.locator("option").all_inner_texts() == ["지금부터 90일", "지금부터 180일", "지금부터 366일"]
    await days.select_option("180")
    await pane.get_by_label("근거").select_option("trial")
    await page.keyboard.press("Tab")
    await pane.get_by_label("이유").fill("2026고단441, 담당 검사 요청")
    await picture(page, "ledger-hold")
    await page.keyboard.press("Enter")
    await pane.get_by_text("보존").first.wait_for()
    await stage.until(lambda: stage.asked_for(f"/api/incidents/{CASE}/hold"))
    assert stage.asked_for(f"/api/incidents/{CASE}/hold")[0].body == {
        "days": 180, "ground": "trial", "reason": "2026고단441, 담당 검사 요청",
    }  # fmt: skip
    line = page.locator("tbody tr").filter(has_text="보존조치 · 180일")
    await line.wait_for()
    assert "재판" in await line.inner_text() and "고단" not in await page.locator("tbody").inner_text()
    await pane.get_by_text("까지").first.wait_for()
    await picture(page, "ledger-held")

    stage.on(
        "POST", f"/api/incidents/{CASE}/hold/end", lambda _: (_ for _ in ()).throw(Refusal(409, "hold.none", "No"))
    )
    await pane.get_by_role("button", name="보존 해제").click()
    # the field takes the keyboard when it is there
    await page.wait_for_function("() => document.activeElement.matches('input, textarea')")
    await page.keyboard.type("판결 확정")
    await page.keyboard.press("Enter")
    await pane.get_by_role("alert").get_by_text("No").wait_for()
    assert await pane.get_by_label("이유").input_value() == "판결 확정"


async def test_no_right_no_server_and_no_record_are_three_different_things(
    open_page: Open, stage: Stage, log: Log
) -> None:
    def forbidden(_asked: Asked) -> Any:
        raise Refusal(403, "forbidden")

    stage.on("GET", "/api/ledger", forbidden)
    page = await open_page("/ledger", device=OFFICE)
    await page.get_by_text("이 기록을 볼 권한이 없습니다").wait_for()
    stage.on("GET", "/api/ledger", {"entries": [], "size": 0, "checkpoint": None})
    await page.reload()
    await page.get_by_text("이 조건에 맞는 기록 없음").wait_for()
    await page.get_by_text("서명된 머리를 기다리는 중").wait_for()
    stage.down = True
    await page.get_by_text("기록을 가져오지 못했습니다").wait_for(timeout=12_000)
    stage.down = False
    stage.on("GET", "/api/ledger", log.page)
    await page.get_by_role("button", name="다시 가져오기").click()
    await page.get_by_role("row", name="오상민").wait_for()


async def test_english(open_page: Open, picture: Any) -> None:
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE | {"locale": "en-GB"})
    await page.get_by_text("Record chain intact").wait_for()
    await page.get_by_text("saw video near me").wait_for()
    await picture(page, "e-ledger-english")


async def test_everybody_can_use_it(open_page: Open, accessible: Any) -> None:
    page = await open_page(f"/ledger?incident={CASE}", device=OFFICE)
    await page.get_by_role("row", name="오상민").click()
    await page.get_by_role("button", name="이 기록이 사슬에 있는지 확인").click()
    await page.get_by_text("이 브라우저가 확인했습니다").wait_for()
    # A row's own button is as high as its line of text; the whole row is its target.
    await accessible(page, letters_px=14, targets_px=24)


async def test_the_page_says_which_witnesses_signed_and_which_is_late(open_page: Open, log: Log, picture: Any) -> None:
    at = log.begun.isoformat()
    log.others = [
        {"name": "seocho.test", "size": 9, "at": at, "late": False},
        {"name": "police.test", "size": 4, "at": at, "late": True},
        {"name": "new.test", "size": 0, "at": None, "late": False},
    ]
    page = await open_page("/ledger", device=OFFICE)
    for words in ("서명함", "9건까지 서명", "서명이 늦음 · 4건까지", "아직 서명 없음"):
        await page.get_by_text(words).wait_for()
    assert "c1" in str(await page.get_by_text("서명이 늦음").get_attribute("class"))
    await page.get_by_text("police.test").scroll_into_view_if_needed()
    await picture(page, "ledger-witnesses")
