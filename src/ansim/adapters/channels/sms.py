"""SMS through an HTTP gateway: POST {"to", "text"} with a bearer secret, any 2xx means taken."""

from __future__ import annotations

from typing import Literal

import httpx

from ansim.response.notify.ports import ChannelName, Notice, NotSent

FINAL = {400, 404, 410, 422}


class HttpSms:
    """`Idempotency-Key` is the notice's id: a gateway that knows it sends a retried message once."""

    name: ChannelName = "sms"

    def __init__(self, url: str, secret: str | None = None, *, timeout_s: float = 5.0) -> None:
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout_s)
        self._url = url

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        try:
            answer = await self._client.post(
                self._url, json={"to": address, "text": notice.text()}, headers={"idempotency-key": notice.id}
            )
        except httpx.HTTPError as error:
            raise NotSent(type(error).__name__) from None
        if not answer.is_success:
            raise NotSent(f"gateway answered {answer.status_code}", final=answer.status_code in FINAL)
        return "sent"

    async def close(self) -> None:
        await self._client.aclose()
