"""argon2id: what it accepts, what it refuses, and when a hash is made again."""

from argon2 import PasswordHasher
from argon2.low_level import Type

from ansim.trust.access import passwords

from .conftest import PASSWORD, Centre


async def test_hash_and_verify() -> None:
    one, two = (
        await passwords.hash_password("열두 글자가 넘는 암호"),
        await passwords.hash_password("x" * 128),
    )
    assert one.startswith("$argon2id$v=19$") and one != await passwords.hash_password("열두 글자가 넘는 암호")
    assert await passwords.verify(one, "열두 글자가 넘는 암호")
    assert not await passwords.verify(one, "열두 글자가 넘는 암호 ")
    assert await passwords.verify(two, "x" * 128)


async def test_nobody_and_damage_never_fit() -> None:
    for encoded in (None, "", "plain", "$argon2id$v=19$m=1$x"):
        for password in ("", "nobody has this password"):
            assert not await passwords.verify(encoded, password)


async def test_a_weaker_hash_is_made_again_at_sign_in(centre: Centre) -> None:
    account = await centre.account()
    weak = PasswordHasher(time_cost=1, memory_cost=8192, type=Type.ID).hash(PASSWORD)
    async with centre.database.transaction() as tx:
        await tx.execute("UPDATE account SET password = $1 WHERE id = $2", weak, account)
    assert passwords.outdated(weak)
    async with centre.browser() as browser:
        right = {"account": "operator", "password": PASSWORD}
        assert (await browser.post("/api/signin", json=right)).status_code == 200
    async with centre.database.transaction(readonly=True) as tx:
        kept = await tx.fetchval("SELECT password FROM account")
    assert not passwords.outdated(kept) and await passwords.verify(kept, PASSWORD)
