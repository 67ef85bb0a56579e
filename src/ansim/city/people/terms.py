"""What a citizen agrees to: one screen, one button; each item says what, why, how long, and what if not.

Wording after 개인정보보호법 (Personal Information Protection Act) articles 15, 17, 22, 23 and 위치정보법
(Act on the Protection and Use of Location Information) articles 18, 19 and 25. A city's lawyer confirms it
before it is used.
"""

import msgspec

from ansim.core.errors import Problem

VERSION = "2026-11"


class Bilingual(msgspec.Struct, frozen=True):
    ko: str
    en: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    required: bool
    title: Bilingual
    text: Bilingual


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    items: list[Item]


TERMS = Terms(
    version=VERSION,
    items=[
        Item(
            key="age",
            required=True,
            title=Bilingual("만 14세 이상이에요", "I am 14 or older"),
            text=Bilingual(
                "만 14세가 안 됐으면 보호자와 함께 관제센터에서 등록해요. 등록하지 않아도 SOS는 보낼 수 있어요.",
                "If you are younger, enrol at the centre together with your parent or guardian. "
                "SOS works without enrolling.",
            ),
        ),
        Item(
            key="personal",
            required=True,
            title=Bilingual("개인정보 수집·이용", "Collection and use of personal data"),
            text=Bilingual(
                "SOS를 보낸 사람이 누구인지 확인하려고 이 휴대폰의 "
                "공개키와 가명을 받아요. 탈퇴하면 바로 지우고, "
                "탈퇴하지 않아도 1년 뒤에 지워요. 동의하지 않으면 등록할 수 없지만, SOS는 보낼 수 있어요.",
                "To know who sent an SOS we take this phone's public "
                "key and a pseudonym. They are destroyed when you "
                "withdraw, or after one year. Without consent you cannot enrol, but SOS still works.",
            ),
        ),
        Item(
            key="location",
            required=True,
            title=Bilingual("개인위치정보 수집·이용", "Collection and use of location"),
            text=Bilingual(
                "SOS를 보냈을 때와 직접 시작한 귀가 모니터링 동안에만 "
                "위치를 받아요. 상황이 끝나면 위치는 바로 지우고, "
                "누가 언제 왜 봤는지는 위치 없이 기록으로 남겨요. 언제든지 그만둘 수 있어요.",
                "We take your position only during an SOS and during "
                "a trip you start yourself. When it is over the "
                "position is destroyed at once; who looked, when "
                "and why stays recorded, without the position. "
                "You can stop at any time.",
            ),
        ),
        Item(
            key="location-given",
            required=True,
            title=Bilingual("개인위치정보 제공", "Passing your location on"),
            text=Bilingual(
                "SOS 동안 지금 있는 곳의 관제센터, 112와 119, "
                "내가 정한 보호자에게 구조를 위해 위치를 알려요. "
                "내가 시작한 귀가 모니터링 동안에는 보호자에게만 알리고, 물음에 답이 없으면 관제센터에도 알려요. "
                "상황이나 귀가가 끝나면 더는 볼 수 없어요. 누구에게 알렸는지는 앱에서 볼 수 있어요.",
                "During an SOS the centre where you are, 112 and 119, "
                "and the guardians you chose get your position, "
                "to rescue you. During a trip that you start only your guardians get it, and the centre too if you "
                "do not answer. When it is over they see nothing more. The app shows you who was told.",
            ),
        ),
        Item(
            key="contacts",
            required=False,
            title=Bilingual("이름·전화번호·보호자 연락처", "Name, phone number and guardians"),
            text=Bilingual(
                "휴대폰에 잠가 두었다가, SOS를 보낼 때 대응하는 관제센터만 열 수 있게 보내요. "
                "동의하지 않으면 보호자에게 알릴 수 없어요. 보호자에게는 미리 말해 주세요.",
                "Kept locked on your phone, and sent with an SOS so "
                "that only the answering centre can open them. "
                "Without consent guardians cannot be told. Please tell your guardians beforehand.",
            ),
        ),
        Item(
            key="health",
            required=False,
            title=Bilingual("건강 정보(민감정보)", "Health note (sensitive data)"),
            text=Bilingual(
                "구조할 때 알아야 할 병이나 약을 적어 두면, SOS를 보낼 때 대응하는 관제센터와 119만 봐요. "
                "동의하지 않아도 다른 기능은 모두 쓸 수 있어요.",
                "If you note an illness or medicine that rescuers should "
                "know, only the answering centre and 119 see "
                "it, during an SOS. Without consent everything else still works.",
            ),
        ),
    ],
)


def check_consents(version: str, consents: list[str]) -> None:
    """Raises Problem 409 when the terms have changed since they were shown, 422 for a missing item."""
    if version != TERMS.version:
        raise Problem(409, "terms.changed", "The terms have changed", "Show them again.", field="terms_version")
    keys = {item.key for item in TERMS.items}
    if unknown := set(consents) - keys:
        at = next(place for place, key in enumerate(consents) if key in unknown)
        raise Problem(422, "terms.unknown", "No such item in the terms", field=f"consents[{at}]")
    missing = [item.key for item in TERMS.items if item.required and item.key not in consents]
    if missing:
        raise Problem(
            422,
            "terms.required",
            "A required item is missing",
            "Needed: " + ", ".join(missing),
            field="consents",
        )
