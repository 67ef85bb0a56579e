"""Push messages in a browser whose push service is the test's own."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Page


def browser_with(subscription: str) -> str:
    """Headless Chromium has no push service: this one's subscriptions are those of the test's own."""
    return f"""(() => {{
        const shape = {subscription};
        const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
        const made = (key) => ({{
            options: {{applicationServerKey: bytes(key)}}, toJSON: () => shape,
            unsubscribe: async () => {{ localStorage.removeItem("fake"); return true; }},
        }});
        PushManager.prototype.subscribe = async ({{applicationServerKey: key}}) => {{ localStorage.setItem("fake", key); return made(key); }};
        PushManager.prototype.getSubscription = async () => localStorage.getItem("fake") && made(localStorage.getItem("fake"));
    }})();"""


async def pushed(page: Page, note: dict[str, object], part: str) -> None:
    """A push arrives, and the worker of this part of the site shows it."""
    debugger = await page.context.new_cdp_session(page)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def registered(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"].endswith(f"/{part}") and not found.done():
                found.set_result(one["registrationId"])

    debugger.on("ServiceWorker.workerRegistrationUpdated", registered)
    await debugger.send("ServiceWorker.enable")
    async with asyncio.timeout(10):
        registration = await found
    origin = re.sub(r"(https?://[^/]+).*", r"\1", page.url)
    await debugger.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registration, "data": json.dumps(note)},
    )
    shown = await page.evaluate(
        """async (scope) => {
            const registration = await navigator.serviceWorker.getRegistration(scope);
            for (;;) {
                const [one] = await registration.getNotifications();
                if (one) return {title: one.title, body: one.body};
                await new Promise((done) => setTimeout(done, 50));
            }
        }""",
        f"/{part}",
    )
    assert shown == {"title": note["title"], "body": note["body"]}


async def tapped(page: Page, note: dict[str, object], part: str) -> str:
    """What the worker opens when this push has arrived and its notification is tapped."""
    await pushed(page, note, part)
    [worker] = [one for one in page.context.service_workers if one.url.endswith(f"/{part}/sw.js")]
    opened: str = await worker.evaluate(
        """async () => {
            const [notification] = await registration.getNotifications();
            const opened = new Promise((done) => { clients.openWindow = async (url) => done(url); });
            dispatchEvent(new NotificationEvent("notificationclick", {notification}));
            return await opened;
        }"""
    )
    return opened
