"""The command line."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from ansim.core.errors import Problem

Command = Callable[[argparse.Namespace], Awaitable[int]]


def parser_of_all() -> argparse.ArgumentParser:
    """The whole command line; the reference pages are written from it."""
    parser = argparse.ArgumentParser(prog="ansim", description="The open city safety net.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for add in (
        _run,
        _demo,
        _drill,
        _import,
        _cameras,
        _migration,
        _token,
        _migrate,
        _key,
        _broker,
        _check,
        _after_restore,
        _verify,
        _decode,
        _bench,
    ):
        add(commands)
    return parser


def main() -> None:
    arguments = parser_of_all().parse_args()
    try:
        status = uvloop.run(arguments.command(arguments))
    except Problem as problem:
        print(f"ansim: {problem.title}. {problem.detail}".rstrip(), file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    parser.add_argument("--data", type=Path, help="data folder, when there is no settings file")


def _folder(arguments: argparse.Namespace) -> Path:
    from ansim.app.settings import Settings, read_settings

    if arguments.data is not None:
        return Path(arguments.data).absolute()
    return (read_settings(arguments.config) if arguments.config else Settings()).folder


def _run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("run", help="run a role for production")
    parser.add_argument(
        "--role",
        choices=["all", "centre", "media", "hub"],
        default="all",
        help="all: hub, centre and media in one process; centre and media: each a process of its own; hub: who answers where, and who is there",
    )
    _config(parser)

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.logs import to_stderr
        from ansim.app.settings import Settings, read_media_settings, read_settings

        to_stderr()
        if arguments.role == "media":
            from ansim.app.node import run_media

            if arguments.config is None:
                raise Problem(400, "settings.file", "A media node needs its settings", "Name them by --config.")
            return await run_media(read_media_settings(arguments.config), until=_told_to_stop())
        if arguments.role == "hub":
            from ansim.app.hub import run_hub
            from ansim.app.settings import read_hub_settings

            if arguments.config is None:
                raise Problem(400, "settings.file", "A hub needs its settings", "Name them by --config.")
            return await run_hub(read_hub_settings(arguments.config), until=_told_to_stop())
        from ansim.app.run import run

        settings = read_settings(arguments.config) if arguments.config else Settings(data=str(_folder(arguments)))
        if (arguments.role == "centre") != (settings.media_secret is not None):
            raise Problem(
                400, "settings.media_secret", f"The role {arguments.role} and the settings do not fit together",
                "Role centre needs media_secret, by which its media node is known; role all has none.",
            )  # fmt: skip
        return await run(settings, until=_told_to_stop())

    parser.set_defaults(command=command)


def _demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("demo", help="a centre with a living simulated city")
    parser.add_argument("--http", default="localhost:8000", metavar="HOST:PORT", help="where it can be opened")
    parser.add_argument("--data", type=Path, help="keep what happens in this folder (a temporary one otherwise)")
    parser.add_argument("--seed", type=int, default=7, help="another number, another city")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument(
        "--https",
        action="store_true",
        help="for phones on the same network, on every address, with a certificate of its own",
    )
    parser.add_argument(
        "--cities",
        type=int,
        metavar="N",
        help="instead: a country of so many centres (2 to 18), each a process with a database of its own, with hub and broker",
    )

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.demo import demo

        if arguments.cities is not None:
            from ansim.app.demo_cities import demo_of_cities

            return await demo_of_cities(
                http=arguments.http, data=arguments.data, cities=arguments.cities, browser=not arguments.no_browser,
                until=_told_to_stop(),
            )  # fmt: skip

        return await demo(
            http=arguments.http,
            data=arguments.data,
            seed=arguments.seed,
            browser=not arguments.no_browser,
            https=arguments.https,
            until=_told_to_stop(),
        )

    parser.set_defaults(command=command)


def _drill(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("drill", help="the main job without a screen: from SOS to the proof of destruction")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the timeline there")
    parser.add_argument("--seed", type=int, default=7, help="another number, another city")
    parser.add_argument("--keep", action="store_true", help="keep the drill's folder")
    parser.add_argument("--media-apart", action="store_true", help="with the media node as a process of its own")
    parser.add_argument("--database", metavar="DSN", help="an empty database of your own PostgreSQL")
    parser.add_argument(
        "--search",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="search this folder for her traces too, such as that server's (repeatable)",
    )

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.drill.story import drill

        return await drill(
            seed=arguments.seed,
            report=arguments.json,
            keep=arguments.keep,
            apart=arguments.media_apart,
            database=arguments.database,
            places=arguments.search,
        )

    parser.set_defaults(command=command)


def _import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("import", help="a register of the city, from a file, into the centre that runs")
    parser.add_argument(
        "register",
        choices=["cameras", "bells", "map", "facilities", "boundaries"],
        help="cameras, bells: the national standard registers; map: roads, paths, entrances or buildings, for lines of sight and for"
        " ways; facilities: street lights, police boxes, shops or shelters, for safe ways; boundaries: who answers where",
    )
    parser.add_argument(
        "file",
        type=Path,
        help="CSV or XLSX, in UTF-8 or CP949; of a map, and of facilities too, GeoJSON; of boundaries GeoJSON,"
        " or a .shp with .dbf and .prj beside it or all in a .zip",
    )
    parser.add_argument(
        "--layer",
        choices=["roads", "entrances", "footprints", "paths"],
        help="what a map's features are, if they do not say it",
    )
    parser.add_argument("--kind", choices=["light", "police", "shop", "shelter"], help="what facilities these are")
    parser.add_argument(
        "--sheet",
        metavar="NAME",
        help="the sheet of a map, of facilities or of boundaries that this replaces (the file's name)",
    )
    parser.add_argument("--service", help="what help boundaries are about that do not say it (urn:service:sos)")
    parser.add_argument("--valid-from", metavar="DAY", help="from when they hold that do not say it (always)")
    parser.add_argument("--valid-to", metavar="DAY", help="from when they hold no longer")
    parser.add_argument(
        "--crs",
        metavar="EPSG:NUMBER",
        help="the grid of their coordinates, where the file does not name it or is wrong",
    )
    parser.add_argument("--dry-run", action="store_true", help="only judge it; needs no running centre")
    parser.add_argument("--report", type=Path, metavar="FILE.csv", help="name everything repaired or refused there")
    _config(parser)

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.imports import import_bells, import_cameras, import_facilities, import_map

        if arguments.register == "map":
            return await import_map(
                arguments.file,
                folder=_folder(arguments),
                layer=arguments.layer,
                sheet=arguments.sheet,
                dry_run=arguments.dry_run,
                report=arguments.report,
            )
        if arguments.register == "boundaries":
            from ansim.app.imports import import_boundaries
            from ansim.city.places.survey import Said

            said = {name: value for name in Said.__struct_fields__ if (value := getattr(arguments, name)) is not None}
            return await import_boundaries(
                arguments.file,
                folder=_folder(arguments),
                said=Said(**said),
                sheet=arguments.sheet,
                dry_run=arguments.dry_run,
                report=arguments.report,
            )
        if arguments.register == "facilities":
            if arguments.kind is None:
                raise Problem(400, "import.kind", "What are these?", "--kind light, police, shop or shelter.")
            return await import_facilities(
                arguments.file,
                folder=_folder(arguments),
                kind=arguments.kind,
                sheet=arguments.sheet,
                dry_run=arguments.dry_run,
                report=arguments.report,
            )
        bring = import_bells if arguments.register == "bells" else import_cameras
        return await bring(
            arguments.file, folder=_folder(arguments), dry_run=arguments.dry_run, report=arguments.report
        )

    parser.set_defaults(command=command)


def _cameras(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("cameras", help="cameras on the network, or of a media server that pulls them already")
    verbs = parser.add_subparsers(required=True, metavar="verb", dest="verb", help="where they are looked for")

    def verb(name: str, help: str, account: str, places: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help)
        added.add_argument("--account", required=True, metavar="NAME", help=f"{account}; its password is asked for")
        added.add_argument("--password-file", type=Path, metavar="FILE", help="take the password from its first line")
        added.add_argument("--places", type=Path, metavar="FILE.csv", help=places)
        added.add_argument("--dry-run", action="store_true", help="only look; needs no running centre")
        _config(added)
        added.set_defaults(command=command)
        return added

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.adapters.relays.go2rtc import Go2rtc
        from ansim.adapters.relays.mediamtx import MediaMtx
        from ansim.app.cameras import adopt_cameras, discover_cameras
        from ansim.app.settings import Settings, read_settings
        from ansim.core.world import World

        settings = read_settings(arguments.config) if arguments.config else Settings(data=str(_folder(arguments)))
        account = arguments.account, await _password(arguments.password_file)
        places, dry_run = arguments.places, arguments.dry_run
        if arguments.verb == "discover":
            return await discover_cameras(
                settings, account=account, addresses=arguments.address, places=places, seconds=arguments.seconds,
                dry_run=dry_run,
            )  # fmt: skip
        kind: type[MediaMtx] | type[Go2rtc] = MediaMtx if arguments.kind == "mediamtx" else Go2rtc
        try:
            relay = kind(World(), arguments.url, account, arguments.rtsp_port)
        except ValueError as error:
            raise Problem(400, "adopt.url", "This is not the address of a media server", str(error)) from None
        try:
            return await adopt_cameras(settings, relay, account=account, places=places, dry_run=dry_run)
        finally:
            await relay.close()

    discover = verb(
        "discover",
        "find them by ONVIF, see whether they deliver, and connect those that have a place",
        "the cameras' account",
        "which device is which camera, and where it stands",
    )
    discover.add_argument(
        "--address",
        type=_address,
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="ask here instead of in this network's group (repeatable)",
    )
    discover.add_argument("--seconds", type=float, default=3.0, help="listen so long")
    adopt = verb(
        "adopt",
        "pull them from a media server that has them, and that shows them to nobody without an account",
        "its account, the same for API and RTSP",
        "which stream is which camera (column device: the stream's name), and where it stands",
    )
    adopt.add_argument("kind", choices=["mediamtx", "go2rtc"], help="what it is")
    adopt.add_argument("url", metavar="URL", help="its API: http[s]://host:port")
    adopt.add_argument("--rtsp-port", type=int, default=8554, metavar="N", help="its RTSP server, on the same host")


async def _password(file: Path | None) -> str:
    from getpass import getpass

    if file is None:
        try:
            return await asyncio.to_thread(getpass)
        except EOFError:
            raise Problem(400, "cameras.password", "There is no password", "Use --password-file.") from None
    try:
        return (await asyncio.to_thread(file.read_text, encoding="utf-8")).partition("\n")[0]
    except (OSError, UnicodeDecodeError):
        raise Problem(400, "cameras.password", "The password file cannot be read") from None


def _migration(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("migration", help="cameras that move here from an old recording system, one by one")
    verbs = parser.add_subparsers(required=True, metavar="verb", dest="verb", help="what is to be done with them")

    def verb(name: str, help: str, *, cameras: str = "", old: bool = True) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help)
        if cameras:
            added.add_argument("cameras", nargs="*", metavar="CAMERA", help=cameras)
        if old:
            added.add_argument(
                "--old", type=Path, metavar="FILE", help="what the old system recorded: a list, or a folder"
            )
            added.add_argument(
                "--old-ahead", type=float, default=0.0, metavar="S", help="its clock is ahead by so much"
            )
        _config(added)
        added.set_defaults(command=command)
        return added

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.adapters.recorders.segments import SegmentReport
        from ansim.app import migration
        from ansim.app.settings import Settings, read_settings

        settings = read_settings(arguments.config) if arguments.config else Settings(data=str(_folder(arguments)))
        file = getattr(arguments, "old", None)
        old = None if file is None else await asyncio.to_thread(SegmentReport, file, arguments.old_ahead)
        cameras = getattr(arguments, "cameras", [])
        match arguments.verb:
            case "plan":
                return await migration.plan(settings, arguments.file, dry_run=arguments.dry_run)
            case "compare":
                return await migration.compare_all(settings, cameras, old, seconds=arguments.stretch)
            case "switch":
                ready, accept_gap = arguments.all_ready, arguments.accept_gap
                return await migration.switch(settings, cameras, old, all_ready=ready, accept_gap=accept_gap)
            case "release":
                return await migration.release(settings, cameras, old)
            case "back":
                return await migration.back(settings, cameras)
            case "status":
                return await migration.status(settings)
            case _:
                return await migration.report(settings, old, as_json=arguments.json)

    plan = verb("plan", "cameras go beside: both systems record, the old one answers", old=False)
    plan.add_argument("file", type=Path, help="CSV: camera, old (its name there), sessions (how many the camera gives)")
    plan.add_argument("--dry-run", action="store_true", help="only judge the list")
    compare = verb(
        "compare",
        "prove that no picture is missing here of what both recorded",
        cameras="these; otherwise all that the old system answers for",
    )
    compare.add_argument("--stretch", type=_seconds, default=600, metavar="10m", help="the last so long")
    switch = verb("switch", "ansim answers for these cameras from now on", cameras="these", old=False)
    switch.add_argument("--all-ready", action="store_true", help="all that are proven")
    switch.add_argument(
        "--accept-gap", action="store_true", help="although not proven: a camera that gives one session"
    )
    verb("release", "the old system's pull of these has been stopped", cameras="these; otherwise all that are switched")
    verb("back", "the old system answers for these again", cameras="these", old=False)
    verb("status", "where each camera is, and which ones ask for somebody", old=False)
    report = verb("report", "what became of each camera, with the gap at its switch")
    report.add_argument("--json", action="store_true", help="all that is known, for a machine")


def _token(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("token", help="a bearer token for scripts, written to the ledger")
    parser.add_argument(
        "--role",
        required=True,
        choices=["operator", "supervisor", "officer", "auditor", "administrator", "agency"],
        help="whose rights it has",
    )
    parser.add_argument("--agency", choices=["112", "119"], help="whose desk, for the role agency")
    parser.add_argument("--centre", default="gyeonggi-seongnam", metavar="NAME", help="id of the centre")
    parser.add_argument("--ttl", type=_seconds, default=3600, metavar="1h", help="30s, 20m, 1h, 7d")
    _config(parser)

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.running import database_of, read_note
        from ansim.trust.access.actions import issue_token
        from ansim.trust.access.model import Role

        database = await database_of(read_note(_folder(arguments)).dsn)
        try:
            async with database.transaction() as tx:
                print(
                    await issue_token(
                        tx,
                        role=Role(arguments.role),
                        centre=arguments.centre,
                        ttl_s=arguments.ttl,
                        actor="command-line",
                        agency=arguments.agency,
                    )
                )
        finally:
            await database.close()
        return 0

    parser.set_defaults(command=command)


def _migrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("migrate", help="bring an operator's database up to date")
    parser.add_argument("dsn", help="postgresql://user@host/database")

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.core.migrate import migrate

        for name in await migrate(arguments.dsn):
            print(name)
        return 0

    parser.set_defaults(command=command)


def _key(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "key", help="make the key of a centre or a hub, where it is not there, and print its public half"
    )
    parser.add_argument("file", type=Path, help="country.key of a centre's data folder, hub.key of a hub's")

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.core.world import World
        from ansim.trust.signed import own_key, public_text

        print(public_text(own_key(World(), arguments.file).public_key()))
        return 0

    parser.set_defaults(command=command)


def _broker(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "broker", help="write what the country's broker (NATS) lets the hub and each appointed centre do"
    )
    parser.add_argument("--config", type=Path, required=True, help="the hub's settings")

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.broker import users
        from ansim.app.settings import read_hub_settings

        sys.stdout.write(users(read_hub_settings(arguments.config)))
        return 0

    parser.set_defaults(command=command)


def _check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("check", help="fsck: ledger, orphans, overdue destruction, unacknowledged signals")
    _config(parser)

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.check import check

        return await check(_folder(arguments))

    parser.set_defaults(command=command)


def _after_restore(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "after-restore", help="destroy again what was destroyed since the backup was taken, before the centre starts"
    )
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="the latest export of the whole ledger")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="NAME+ID+KEY",
        help="a key that export must be signed by (repeatable)",
    )
    _config(parser)

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.app.restore import after_restore
        from ansim.app.settings import Settings, read_settings

        settings = read_settings(arguments.config) if arguments.config else Settings(data=str(_folder(arguments)))
        print("\n".join((await after_restore(settings, arguments.ledger, arguments.key)).lines()))
        return 0

    parser.set_defaults(command=command)


def _verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "verify", help="offline: a ledger export, an inclusion proof, a destruction certificate, a clip"
    )
    parser.add_argument("file", type=Path, help="what was exported")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="NAME+ID+KEY",
        help="a key you trust, of the centre or of a witness, which must then have signed (repeatable)",
    )
    parser.add_argument(
        "--witness-within",
        type=_seconds,
        default=300,
        metavar="5m",
        help="how long a checkpoint may wait for a witness",
    )

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.response.evidence.verify import is_clip, verify_clip
        from ansim.trust.verify import verify_file

        if is_clip(arguments.file):
            report = verify_clip(arguments.file, arguments.key)
        else:
            report = verify_file(arguments.file, arguments.key, witness_within_s=arguments.witness_within)
        print("\n".join(report.lines()))
        return report.exit_code

    parser.set_defaults(command=command)


def _decode(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("decode", help="what a device's frames mean: JSON lines in, JSON lines out")
    parser.add_argument("--protocol", required=True, metavar="NAME", help="h02, gt06, watch, gps103, jt808, osmand …")
    parser.add_argument(
        "--model", default="", metavar="NAME", help="the maker's name for it: some use a byte their own way"
    )

    async def command(arguments: argparse.Namespace) -> int:
        import msgspec

        from ansim.adapters.trackers.decode import NAMES, decode
        from ansim.core.world import World

        if arguments.protocol not in NAMES:
            raise Problem(
                400, "decode.protocol", f"There is no protocol {arguments.protocol}", f"There are: {', '.join(NAMES)}."
            )
        status = 0
        for said, readable in decode(arguments.protocol, sys.stdin.buffer, arguments.model, World().clock.now()):
            sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
            sys.stdout.buffer.flush()
            status = status if readable else 1
        return status

    parser.set_defaults(command=command)


def _bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("bench", help="a benchmark beside its peer and the physical floor, as ratios")
    parser.add_argument("name", help="which one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")

    async def command(arguments: argparse.Namespace) -> int:
        from ansim.bench import bench

        return await bench(arguments.name, arguments.json)

    parser.set_defaults(command=command)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    if not host or (port and not port.isdecimal()):
        raise argparse.ArgumentTypeError("HOST or HOST:PORT")
    return host, int(port or 3702)


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError("a number and s, m, h or d, for example 1h")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
