"""Passkeys by the `webauthn` package: attestation "none", user verification required."""

import json
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ansim.trust.access.passkey import Passkey, PasskeyRefused

# What the package lets through from bytes that are not what they claim to be, besides its own errors.
_BAD = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError)


class SitePasskeys:
    """One site's passkeys: `site` is its host name, `origins` the addresses its pages are served from."""

    def __init__(self, site: str, origins: list[str]) -> None:
        self._site = site
        self._origins = origins

    def registration_options(
        self, *, account: str, name: str, challenge: bytes, known: list[bytes]
    ) -> dict[str, object]:
        return _json(
            generate_registration_options(
                rp_id=self._site,
                rp_name="ansim",
                user_name=name,
                user_id=account.encode(),
                challenge=challenge,
                exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.PREFERRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
            )
        )

    def registered(self, answer: dict[str, object], *, challenge: bytes) -> Passkey:
        try:
            proof = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origins,
                require_user_verification=True,
            )
        except _BAD as error:
            raise PasskeyRefused from error
        return Passkey(id=proof.credential_id, public_key=proof.credential_public_key, uses=proof.sign_count)

    def request_options(self, *, challenge: bytes, known: list[bytes]) -> dict[str, object]:
        return _json(
            generate_authentication_options(
                rp_id=self._site,
                challenge=challenge,
                allow_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def answering(self, answer: dict[str, object]) -> bytes:
        try:
            return parse_authentication_credential_json(answer).raw_id
        except _BAD as error:
            raise PasskeyRefused from error

    def proven(self, answer: dict[str, object], *, challenge: bytes, passkey: Passkey) -> int:
        try:
            proof = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origins,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.uses,
                require_user_verification=True,
            )
        except _BAD as error:
            raise PasskeyRefused from error
        return proof.new_sign_count


def _json(options: Any) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(options_to_json(options))
    return parsed
