"""
Server-sent events of the leader's page: an ASGI application of its own, run on a port of its own.

One task listens to the database (`LISTEN`, with a slow poll behind it), at most once a second it lets the
connections redraw; connections that see the same thing share one query and one drawing. Events: `rows`,
`totals`, `moment` (drawn fragments, with the version as id), `beat` (heartbeat), `trouble` (the figures
cannot be read now), `bye` (no longer allowed). Only the page's own origin is answered, the session and the
duties behind it are looked up again each minute, the idle lock of the pages holds here too, and the number of
connections is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import parse_qs

import psycopg
import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError, close_old_connections
from django.template.loader import render_to_string
from psycopg.conninfo import make_conninfo

from motcua.evaluation import handlers, operations, queries
from motcua.evaluation.queries import Figures, Scope
from motcua.kernel.errors import DomainError
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.desk import lock
from motcua.web.lead import figures
from motcua.web.lead.figures import View

log = structlog.get_logger(__name__)
T = TypeVar("T")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How often and how many; seconds."""

    connections: int = 500
    per_account: int = 6
    heartbeat: float = 15.0
    recheck: float = 60.0
    between_draws: float = 1.0
    poll: float = 5.0
    # The stock falls overdue by the clock alone, so the page is redrawn without news too.
    redraw: float = 60.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who holds a connection, and what they may see."""

    account_id: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Drawing:
    """The fragments of one moment; `id` tells a client that reconnects whether it has them."""

    id: str
    rows: str
    totals: str
    moment: str


@dataclass(slots=True)
class Hub:
    """What the connections of this process share."""

    limits: Limits = field(default_factory=Limits)
    _tick: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _found: dict[tuple[Scope, str], tuple[int, asyncio.Future[Figures]]] = field(default_factory=dict)
    _accounts: Counter[int] = field(default_factory=Counter)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(4, thread_name_prefix="stream")
    )

    @property
    def tick(self) -> int:
        """Return the number of the present drawing."""
        return self._tick

    def start(self) -> None:
        """Begin to listen; a second call does nothing."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._pace())]

    async def stop(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._pool.shutdown(wait=False, cancel_futures=True)

    def enter(self, account_id: int) -> bool:
        """Count a new connection in; False when there are too many."""
        if self._accounts.total() >= self.limits.connections:
            return False
        if self._accounts[account_id] >= self.limits.per_account:
            return False
        self._accounts[account_id] += 1
        return True

    def leave(self, account_id: int) -> None:
        """Count a connection out."""
        self._accounts[account_id] -= 1
        if not self._accounts[account_id]:
            del self._accounts[account_id]

    async def wait(self, seen: int, seconds: float) -> None:
        """Return when there is something newer than `seen`, or after the seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._tick != seen)

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call that uses the database in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_database, call)

    async def draw(self, scope: Scope, view: View) -> Drawing:
        """
        Return the fragments for a scope and a view; the figures are read once per tick, whoever asks.

        :raises DatabaseError: the figures cannot be read now.
        """
        key, tick = (scope, view.by.value), self._tick
        known = self._found.get(key)
        if known is None or known[0] != tick:
            found: asyncio.Future[Figures] = asyncio.ensure_future(self.run(lambda: _figures(scope, view)))
            known = self._found[key] = (tick, found)
            if len(self._found) > self.limits.connections:
                self._found.pop(next(iter(self._found)))
        try:
            read = await asyncio.shield(known[1])
        except DatabaseError:
            self._found.pop(key, None)
            raise
        return await self.run(lambda: _drawn(read, view))

    async def _pace(self) -> None:
        """Turn news into ticks: at most one per `between_draws`, and one now and then without any."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limits.redraw):
                    await self._news.wait()
            self._news.clear()
            async with self._changed:
                self._tick += 1
                self._changed.notify_all()
            await asyncio.sleep(self.limits.between_draws)

    async def _listen(self) -> None:
        """Hear what is announced; where the connection is lost, or nothing is announced, look by oneself."""
        version = ""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(_conninfo(), autocommit=True) as heard:
                    await heard.execute(f"LISTEN {operations.NOTICE}")
                    await heard.execute(f"LISTEN {handlers.NOTICE}")
                    self._news.set()
                    while True:
                        async for _ in heard.notifies(timeout=self.limits.poll, stop_after=1):
                            self._news.set()
                        now = await self.run(queries.version)
                        if now != version:
                            version = now
                            self._news.set()
            except (psycopg.Error, DatabaseError, OSError) as error:
                log.warning("stream_waits_for_database", error=str(error).splitlines()[:1])
                self._news.set()
                await asyncio.sleep(2.0)


def _with_database(call: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


def _conninfo() -> str:
    base = settings.DATABASES["default"]
    values = {
        "dbname": base["NAME"], "user": base["USER"], "password": base["PASSWORD"], "host": base["HOST"],
        "port": base["PORT"], "application_name": "motcua stream listen",
    }  # fmt: skip
    return make_conninfo(**{name: value for name, value in values.items() if value})


def _figures(scope: Scope, view: View) -> Figures:
    at = clock.now()
    return queries.figures_of(scope, day=figures.today(at), at=at, by=view.by)


def _drawn(found: Figures, view: View) -> Drawing:
    values = figures.context(found, view)
    return Drawing(
        # minutes count too: dossiers fall overdue while nobody acts
        id=f"{found.version}.{int(found.at.timestamp()) // 60}",
        rows=render_to_string("lead/rows.html", values),
        totals=render_to_string("lead/totals.html", values),
        moment=render_to_string("lead/moment.html", values),
    )


def _listener(session_key: str, seen: str) -> Listener | None:
    """Return who is signed in with the session and leads something; None also where the pages are locked."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    session = store.load()
    account_id = session.get(SESSION_KEY)
    if not account_id or lock.idle(session, session_key, seen):
        return None
    try:
        actor = organisation.actor_of(int(account_id), clock.now())
    except DomainError:
        return None
    return Listener(actor.account_id, queries.scope(actor))


def event(name: str, data: str, id: str = "") -> bytes:
    """Return one event on the wire."""
    lines = [f"event: {name}"]
    if id:
        lines.append(f"id: {id}")
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


class Stream:
    """The application: `GET /lanh-dao/luong/?theo=&xep=&chieu=`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._hub: Hub | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or the server's own start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.shutdown" and self._hub is not None:
                await self._hub.stop()
                self._hub = None
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    def _started(self) -> Hub:
        if self._hub is None:
            self._hub = Hub(self._limits)
        self._hub.start()
        return self._hub

    async def _http(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"] == "/healthz":
            await _plain(send, 200, "ok")
            return
        if scope["path"] != figures.STREAM:
            await _plain(send, 404, "Không có ở đây.")
            return
        if scope["method"] != "GET":
            await _plain(send, 405, "Chỉ đọc.")
            return
        origin = headers.get(b"origin", "")
        if not _own(origin, headers.get(b"sec-fetch-site", "")):
            await _plain(send, 403, "Nguồn gọi không được phép.")
            return
        hub = self._started()
        cookies = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie"]
        jar = _jar("; ".join(cookies))
        key, seen = jar.get(settings.STAFF_SESSION_COOKIE_NAME, ""), jar.get(lock.COOKIE, "")
        try:
            who = await hub.run(lambda: _listener(key, seen)) if key else None
        except DatabaseError:
            await _plain(send, 503, "Chưa đọc được dữ liệu.", origin)
            return
        if who is None:
            await _plain(send, 401, "Cần đăng nhập.", origin)
        elif not who.scope:
            await _plain(send, 404, "Không có ở đây.", origin)
        elif not hub.enter(who.account_id):
            await _plain(send, 503, "Đã đủ số kết nối.", origin)
        else:
            try:
                asked = parse_qs(scope["query_string"].decode("latin-1"))
                view = View.read({name: values[-1] for name, values in asked.items()})
                await _until_gone(
                    receive,
                    _serve(hub, who, (key, seen), view, headers.get(b"last-event-id", ""), origin, send),
                )
            finally:
                hub.leave(who.account_id)


async def _serve(
    hub: Hub, who: Listener, cookies: tuple[str, str], view: View, last_id: str, origin: str, send: Send
) -> None:
    """Send events until the listener, by session and time last seen, is no longer allowed."""
    limits = hub.limits
    await send({"type": "http.response.start", "status": 200, "headers": _headers(origin)})

    async def say(data: bytes) -> None:
        await send({"type": "http.response.body", "body": data, "more_body": True})

    await say(b"retry: 3000\n\n")
    seen, sent_id = -1, last_id
    checked = beaten = time.monotonic()
    while True:
        if hub.tick != seen:
            seen = hub.tick
            try:
                drawn = await hub.draw(who.scope, view)
            except DatabaseError:
                await say(event("trouble", "Chưa đọc được số liệu."))
                seen = -1
                await asyncio.sleep(limits.between_draws)
            else:
                if drawn.id != sent_id:
                    await say(
                        event("rows", drawn.rows)
                        + event("totals", drawn.totals)
                        + event("moment", drawn.moment, drawn.id)
                    )
                    sent_id = drawn.id
        now = time.monotonic()
        if now - checked >= limits.recheck:
            checked = now
            try:
                again = await hub.run(lambda: _listener(*cookies))
            except DatabaseError:
                checked = now - limits.recheck + 2.0  # soon again; nothing is drawn without a database
            else:
                if again is None or not again.scope or again.account_id != who.account_id:
                    await say(event("bye", "Phiên làm việc đã hết."))
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return
                if again.scope != who.scope:
                    who, seen, sent_id = again, -1, ""
        if now - beaten >= limits.heartbeat:
            beaten = now
            await say(event("beat", str(int(time.time()))))
        pause = min(beaten + limits.heartbeat, checked + limits.recheck) - time.monotonic()
        await hub.wait(seen, max(pause, 0.05))


async def _until_gone(receive: Receive, serving: Awaitable[None]) -> None:
    """Serve until done or until the client has gone."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.ensure_future(serving), asyncio.ensure_future(gone())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error is not None and not isinstance(error, OSError):
            raise error


def _own(origin: str, fetch_site: str) -> bool:
    """Tell whether the request comes from the installation's own pages (a proxy may join the two origins)."""
    if origin:
        return origin == settings.BASE_URL
    return fetch_site in ("", "same-origin", "none")


def _jar(cookie: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
    except CookieError:
        return {}


def _headers(origin: str, kind: str = "text/event-stream; charset=utf-8") -> list[tuple[bytes, bytes]]:
    values = {
        "content-type": kind,
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "vary": "origin",
    }
    if origin and origin == settings.BASE_URL:
        values["access-control-allow-origin"] = settings.BASE_URL
        values["access-control-allow-credentials"] = "true"
    return [(name.encode(), value.encode()) for name, value in values.items()]


async def _plain(send: Send, status: int, text: str, origin: str = "") -> None:
    headers = _headers(origin, "text/plain; charset=utf-8")
    if status == 503:
        headers.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


application = Stream()
