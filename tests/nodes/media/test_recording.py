"""What is kept of a camera: whole, sealed, readable after anything, and never in the way of those who watch."""

import asyncio
import errno
import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image

from ansim.core.disk import RealDisk
from ansim.core.world import World
from ansim.nodes.media.camera import Camera
from ansim.nodes.media.dayfile import GROUP, DayFile, ReadDay
from ansim.nodes.media.ports import Refused
from ansim.nodes.media.recorder import Recorder, Writer
from ansim.nodes.media.recordings import Recordings, days_in
from ansim.nodes.media.redact import Region, redact
from ansim.nodes.media.still import still

GROUP_FRAMES = 25


class Key:
    def __init__(self, secret=b"k" * 32):
        self._cipher = AESGCM(secret)

    def seal(self, content, context):
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, content, context)

    def open(self, sealed, context):
        return self._cipher.decrypt(sealed[:12], sealed[12:], context)


class Keys:
    """Days that are in `dead` are destroyed; `away` fails so many times."""

    def __init__(self):
        self.asked, self.dead, self.away = [], set(), 0

    async def of(self, camera, day):
        self.asked.append((camera, day))
        if self.away:
            self.away -= 1
            raise ConnectionError
        if (camera, day) in self.dead:
            raise Refused("destroyed")
        return Key()


class OddDisk(RealDisk):
    """A disk that can be full, and can stand still."""

    def __init__(self):
        self.full, self.going = False, threading.Event()
        self.going.set()

    def open(self, path, *, create=True):
        disk, file = self, super().open(path, create=create)
        write = file.pwrite

        def pwrite(content, at):
            disk.going.wait(20)
            if disk.full:
                raise OSError(errno.ENOSPC, "full")
            write(content, at)

        file.pwrite = pwrite
        return file


@pytest.fixture
def disk():
    return OddDisk()


@pytest.fixture
def world(clock, disk):
    return World(clock=clock, disk=disk)


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def recordings(world, tmp_path, keys):
    recordings = Recordings(world, tmp_path / "recordings", keys)
    yield recordings
    await recordings.close()


@pytest.fixture
async def recorded(world, recordings, make_camera, eventually):
    """A camera that is recorded always, with the frames that a viewer gets."""
    pullers = []

    async def start(always=True, clip=None, name="cam-1"):
        camera = await (make_camera(clip) if clip else make_camera())
        puller = Camera(world, name, camera.url(), asyncio.Semaphore(4), recordings.recorder(name), always=always)
        pullers.append(puller)
        if always:
            await eventually(lambda: camera.playing)
        return camera, puller

    yield start
    for puller in pullers:
        await puller.close()


async def run(camera, clock, seconds, frames=None, eventually=None):
    """The camera's own time and the clock's go on together, a group a second."""
    for _ in range(seconds):
        before = len(frames) if frames is not None else 0
        camera.send(GROUP_FRAMES)
        if frames is not None:
            await eventually(lambda: len(frames) == before + GROUP_FRAMES)  # noqa: B023
        else:
            await asyncio.sleep(0.03)
        await clock.advance(1)


async def cut(recordings, clock, camera="cam-1", back=3600, until=None):
    now = clock.now()
    return [
        piece
        async for piece in recordings.cut(camera, now - timedelta(seconds=back), until or now + timedelta(seconds=1))
    ]


def decoded(pieces):
    """As a player that is not ours sees it: number of pictures, their times, sizes."""
    with av.open(io.BytesIO(b"".join(piece.content for piece in pieces))) as container:
        frames = list(container.decode(video=0))
    return frames


async def test_what_was_sent_is_what_is_kept(recorded, recordings, clock, eventually):
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 4, frames, eventually)
    pieces = await cut(recordings, clock)
    assert [piece.frames for piece in pieces] == [0, 25, 25, 25, 25]
    kept = b"".join(piece.content for piece in pieces[1:])
    sent = [bytes(frame.body) for frame in frames]
    assert all(body in kept for body in sent) and len(kept) == sum(len(f.fragment) for f in frames)
    shown = decoded(pieces)
    assert len(shown) == 100 and shown[0].width == 320
    assert [round(frame.time * 25) for frame in shown] == list(range(100))


async def test_a_cut_is_rounded_out_to_key_frames(recorded, recordings, clock, eventually):
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    began = clock.now()
    await run(camera, clock, 6, frames, eventually)
    middle = began + timedelta(seconds=2.5)
    pieces = [p async for p in recordings.cut("cam-1", middle, middle + timedelta(seconds=1.2))]
    assert [piece.frames for piece in pieces] == [0, 25, 25]
    assert pieces[1].start <= middle and pieces[-1].end >= middle + timedelta(seconds=1.2)
    assert decoded(pieces)[0].time == 0


async def test_nothing_of_it_stands_on_the_disk_in_the_clear(recorded, recordings, clock, eventually, tmp_path):
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 2, frames, eventually)
    await cut(recordings, clock)
    files = [file for file in (tmp_path / "recordings").rglob("*") if file.is_file()]
    stored = b"".join(file.read_bytes() for file in files)
    assert len(stored) > sum(len(frame.body) for frame in frames)
    marks = [bytes(frame.body[20:52]) for frame in frames] + [frames[0].stream.parameters.sps]
    assert not [mark for mark in marks if mark in stored]
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


async def test_a_picture_that_was_changed_on_the_disk_is_left_out(recorded, recordings, clock, eventually, tmp_path):
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 3, frames, eventually)
    assert len(await cut(recordings, clock)) == 4
    [file] = (tmp_path / "recordings").rglob("pictures")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert [piece.frames for piece in await cut(recordings, clock)] == [0, 25, 25]


async def test_a_camera_of_incidents_is_kept_only_while_it_is_asked_for(recorded, recordings, clock, eventually):
    camera, puller = await recorded(always=False)
    assert puller.health().recording == "off"
    puller.prepare(10)
    await eventually(lambda: camera.playing)
    await run(camera, clock, 5)
    await eventually(lambda: puller.health().recording == "on")
    await run(camera, clock, 8)  # beyond the ten seconds
    assert puller.health().recording == "off"
    assert sum(piece.frames for piece in await cut(recordings, clock)) <= 11 * GROUP_FRAMES


async def test_the_seconds_before_it_was_asked_for_are_kept_as_far_as_the_ring_has_them(
    recorded, recordings, clock, eventually
):
    camera, puller = await recorded(always=False)
    puller._wanted_until = clock.monotonic() + 60  # pulled for another reason than an incident
    puller._start()
    await eventually(lambda: camera.playing)
    await run(camera, clock, 4)
    assert await cut(recordings, clock) == []
    puller.prepare(10)
    await run(camera, clock, 2)
    pieces = await cut(recordings, clock)
    assert sum(piece.frames for piece in pieces) == 6 * GROUP_FRAMES
    assert pieces[1].start <= clock.now() - timedelta(seconds=5.5)


async def test_a_disk_that_stands_still_takes_nothing_from_viewers(
    world, clock, disk, keys, tmp_path, make_camera, eventually
):
    camera = await make_camera()
    writer = Writer(disk, tmp_path, most=200_000)
    recorder = Recorder(world, "cam-1", keys, writer)
    puller = Camera(world, "cam-1", camera.url(), asyncio.Semaphore(4), recorder, always=True)
    await eventually(lambda: camera.playing)
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 1, frames, eventually)
    disk.going.clear()
    await run(camera, clock, 12, frames, eventually)
    assert puller.health().state == "live" and len(frames) == 13 * GROUP_FRAMES
    assert puller.health().recording == "behind" and puller.health().missing_s >= 3
    disk.going.set()
    await eventually(lambda: writer._done == writer._taken)
    missing = recorder.missing_s
    await run(camera, clock, 2, frames, eventually)
    await puller.close()
    await recorder.close()
    await writer.close()
    assert recorder.missing_s == missing and recorder.state == "on"
    day = f"cam-1/{clock.now().date()}"
    read = ReadDay(RealDisk(), tmp_path / day, day)
    records = read.records(0, 2**62)
    read.close()
    assert all(record.kind == GROUP for record in records)
    assert 13 - missing <= sum(record.frames for record in records) / GROUP_FRAMES <= 16 - missing


async def test_a_full_disk_is_said_and_the_picture_goes_on(recorded, recordings, clock, disk, eventually):
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 2, frames, eventually)
    await eventually(lambda: recordings.recorder("cam-1").tally.written_us > 0)
    disk.full = True
    await run(camera, clock, 3, frames, eventually)
    await eventually(lambda: puller.health().recording == "disk-full")
    assert puller.health().state == "live" and len(frames) == 5 * GROUP_FRAMES
    assert puller.health().missing_s > 0
    disk.full = False
    await run(camera, clock, 3, frames, eventually)
    await eventually(lambda: puller.health().recording == "on")
    pieces = await cut(recordings, clock)
    shown = decoded(pieces)
    assert len(shown) == sum(piece.frames for piece in pieces) < 8 * GROUP_FRAMES
    assert shown[-1].time > 6, "what is missing is a pause, not a jump"


async def test_without_a_key_nothing_is_written_and_little_is_lost(recorded, recordings, keys, clock, eventually):
    keys.away = 2
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 6, frames, eventually)
    assert sum(piece.frames for piece in await cut(recordings, clock)) == 6 * GROUP_FRAMES
    assert puller.health().missing_s == 0


async def test_a_destroyed_day_is_not_to_be_read_any_more(recorded, recordings, keys, clock, eventually, tmp_path):
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 2, frames, eventually)
    assert await cut(recordings, clock)
    [(name, day)] = days_in(tmp_path / "recordings")
    keys.dead.add((name, day))
    assert await cut(recordings, clock) == []
    await recordings.forget(name, day)
    assert days_in(tmp_path / "recordings") == [] and not list((tmp_path / "recordings").rglob("pictures"))
    await recordings.forget(name, day)
    await recordings.forget("../..", day)


async def test_a_day_ends_at_midnight_and_a_cut_goes_over_it(recorded, recordings, clock, eventually, tmp_path):
    night = datetime.combine(clock.now().date() + timedelta(days=1), datetime.min.time(), UTC)
    await clock.leap((night - clock.now()).total_seconds() - 3)
    camera, puller = await recorded()
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 8, frames, eventually)
    pieces = await cut(recordings, clock, back=20)
    assert len(days_in(tmp_path / "recordings")) == 2
    assert pieces[0].start < night < pieces[-1].start and len(decoded(pieces)) == 8 * GROUP_FRAMES


def group(number):
    """Something that looks like a group, and says which it is."""
    return struct.pack(">I", number) * 5000


def test_a_record_torn_at_any_byte_is_written_over_and_nothing_else_is_lost(tmp_path):
    disk, key = RealDisk(), Key()
    whole = DayFile(disk, tmp_path / "a", "cam/day")
    ends = []
    for number in range(4):
        whole.append(key.seal, GROUP, group(number), 1, number, number + 1, b"init")
        ends.append(whole._end)
    whole.close()
    content, index = ((tmp_path / "a" / name).read_bytes() for name in ("pictures", "index"))
    for length in (ends[2] + 1, ends[2] + 43, ends[2] + 44, ends[2] + 999, ends[3] - 1):
        for entries in (0, 1, 3, 4):
            folder = tmp_path / f"{length}-{entries}"
            folder.mkdir()
            (folder / "pictures").write_bytes(content[:length])
            # an entry is written after its record: at most those of whole records, and a piece of the next
            (folder / "index").write_bytes(index[: entries * 52 + 20])
            assert read(disk, key, folder) == [0, 1, 2]
            again = DayFile(disk, folder, "cam/day")
            again.append(key.seal, GROUP, group(9), 1, 9, 10, b"init")
            again.close()
            assert read(disk, key, folder) == [0, 1, 2, 9]


def test_the_index_can_be_lost(tmp_path):
    disk, key = RealDisk(), Key()
    file = DayFile(disk, tmp_path / "a", "cam/day")
    for number in range(3):
        file.append(key.seal, GROUP, group(number), 1, number, number + 1, b"init")
    file.close()
    (tmp_path / "a" / "index").unlink()
    assert read(disk, key, tmp_path / "a") == [0, 1, 2]
    DayFile(disk, tmp_path / "a", "cam/day").close()
    assert read(disk, key, tmp_path / "a") == [0, 1, 2]


def read(disk, key, folder):
    day = ReadDay(disk, folder, "cam/day")
    try:
        records = day.records(-1, 2**62)
        contents = [day.content(key.open, record) for record in records]
    finally:
        day.close()
    assert all(len(content) == 20_000 for content in contents)
    return [struct.unpack(">I", content[:4])[0] for content in contents]


def test_a_record_opens_in_its_own_place_only(tmp_path):
    disk, key = RealDisk(), Key()
    file = DayFile(disk, tmp_path / "a", "cam/day")
    file.append(key.seal, GROUP, group(0), 1, 0, 1, b"init")
    file.close()
    other = ReadDay(disk, tmp_path / "a", "cam/other day")
    with pytest.raises(InvalidTag):
        other.content(key.open, other.records(-1, 9)[0])
    other.close()


CHILD = """
import asyncio, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.nodes.media.test_recording import Keys, stream_of
from ansim.core.world import World
from ansim.nodes.media.recorder import Recorder, Writer

async def main():
    world = World()
    writer = Writer(world.disk, Path(sys.argv[1]))
    recorder = Recorder(world, "cam-1", Keys(), writer)
    for number, frame in enumerate(stream_of(world)):
        recorder.offer(frame)
        if number and frame.key:
            await writer.written()
            print(number, flush=True)  # so many pictures are with the writer

asyncio.run(main())
"""


def stream_of(world):
    """Pictures without end, five a group, each of its own content."""
    from ansim.nodes.media.fmp4 import fragment
    from ansim.nodes.media.ring import Frame, Stream

    stream = Stream(None, b"init segment", 320, 180)
    number = 0
    while True:
        body = struct.pack(">I", number) * 3000
        whole = fragment(number, number * 3600, 0, 3600, number % 5 == 0, body)
        yield Frame(stream, number % 5 == 0, world.clock.monotonic(), whole, memoryview(body))
        number += 1


@pytest.mark.parametrize("after", [3, 40, 155])
def test_a_killed_node_leaves_recordings_that_need_no_repair(tmp_path, after):
    root = Path(__file__).parents[3]
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), str(root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = 0
    for line in child.stdout:
        told = int(line)
        if told >= after * 5:
            child.send_signal(signal.SIGKILL)
            break
    rest = child.stdout.read().split()
    told = int(rest[-1]) if rest else told
    child.wait()
    child.stdout.close()
    [folder] = [file.parent for file in tmp_path.rglob("pictures")]
    day = ReadDay(RealDisk(), folder, f"cam-1/{folder.name}")
    records = day.records(0, 2**62)
    contents = [day.content(Key().open, record) for record in records]
    day.close()
    frames = sum(record.frames for record in records)
    # the first group waits for its key, so the writer may have it one group later than the rest
    assert told - 5 <= frames <= told + 10
    joined = b"".join(contents)
    assert all(struct.pack(">I", number) * 3000 in joined for number in range(frames))


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffmpeg on this machine (apt-get install ffmpeg)")
@pytest.mark.parametrize(("codec", "name"), [("H264", "h264"), ("H265", "hevc")])
async def test_ffmpeg_plays_a_cut_without_a_complaint(
    recorded, recordings, clock, encode, eventually, tmp_path, codec, name
):
    camera, puller = await recorded(clip=encode(codec=codec))
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 4, frames, eventually)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"".join(piece.content for piece in await cut(recordings, clock)))
    played = subprocess.run(
        ["ffprobe", "-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames,codec_name", str(clip)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "nb_read_frames=100" in played.stdout and f"codec_name={name}" in played.stdout
    assert played.stderr == ""


async def test_a_cut_of_h265_is_masked_in_h264(recorded, recordings, clock, encode, eventually):
    camera, puller = await recorded(clip=encode(codec="H265"))
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 2, frames, eventually)
    pieces = [piece.content for piece in await cut(recordings, clock)]
    region = Region(x=0.0, y=0.0, width=0.5, height=1.0)
    made = await asyncio.to_thread(lambda: [*redact(pieces, [region], "A. Kim")])
    with av.open(io.BytesIO(b"".join(one.content for one in made))) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        shown = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(shown) == 50 and all(abs(picture[:150, :150].astype(int) - 60).max() < 25 for picture in shown)
    assert all(picture[:150, 170:].std() > 20 for picture in shown), "the other half is there"


@pytest.mark.parametrize("codec", ["H264", "H265"])
async def test_a_picture_of_a_cut_is_seen_as_it_was_or_not_at_all(
    recorded, recordings, clock, encode, eventually, codec
):
    """A camera with many seconds between key frames is written in parts of which only the first begins with one."""
    camera, puller = await recorded(clip=encode(codec=codec))
    frames = []
    puller.subscribe(frames.append)
    await run(camera, clock, 2, frames, eventually)
    init, group, *_ = [piece.content for piece in await cut(recordings, clock)]
    with av.open(io.BytesIO(init + group)) as container:
        sent = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    for after in (0, 20):
        seen = np.asarray(Image.open(io.BytesIO(still(init + group, after))).convert("L")).astype(int)
        away = [float(abs(seen - picture).mean()) for picture in sent]
        assert min(range(len(sent)), key=lambda at: away[at]) == after
    half = group.index(b"moof", len(group) // 2) - 4
    for broken in (init + group[half:], init, b"no video"):
        with pytest.raises(ValueError, match="recording"):
            still(broken, 0)
