"""The bytes a browser gets, read back by a decoder that is not ours."""

import io
import itertools
import shutil
import subprocess

import av
import pytest

from ansim.nodes.media.depacketiser import Depacketiser
from ansim.nodes.media.fmp4 import fragment, init_segment
from ansim.nodes.media.rtsp import CODECS
from ansim.nodes.media.timeline import JUMP, Timeline


def mp4_of(clip, packets_of, rtp, timestamps=None):
    codec = next(codec for codec in CODECS if codec.name == clip.codec)
    depacketiser, timeline, sequence, parts = Depacketiser(codec), Timeline(), 0, []
    for number, units in enumerate(clip.pictures):
        timestamp = timestamps[number] if timestamps else number * 3600
        for marker, payload in packets_of(units, codec=clip.codec):
            sequence += 1
            for unit in depacketiser.push(rtp(payload, sequence, timestamp, marker)):
                if not parts:
                    parts.append(init_segment(unit.parameters))
                times = timeline.place(unit.timestamp)
                parts.append(fragment(len(parts), times.decode, times.offset, times.duration, unit.key, unit.body))
    return b"".join(parts)


@pytest.fixture(params=["H264", "H265"])
def coded(request, encode):
    return encode(codec=request.param)


def test_a_decoder_reads_every_picture_at_its_time(coded, packets_of, rtp):
    clip = coded
    with av.open(io.BytesIO(mp4_of(clip, packets_of, rtp))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (clip.width, clip.height)
        frames = list(container.decode(stream))
    assert len(frames) == len(clip.pictures)
    assert [round(frame.time * 25) for frame in frames] == list(range(len(frames)))
    assert [frame.key_frame for frame in frames[:26]] == [True] + [False] * 24 + [True]


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_pictures_out_of_order_are_presented_in_order(codec, encode, packets_of, rtp):
    clip = encode(320, 180, 2, 25, 2, codec)
    assert clip.times != sorted(clip.times)
    raw = mp4_of(clip, packets_of, rtp, [3600 * time for time in clip.times])
    with av.open(io.BytesIO(raw)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.dts is not None]
    assert all(before.dts < after.dts for before, after in itertools.pairwise(packets))
    first = packets[0].pts
    assert [round((packet.pts - first) / 3600) for packet in packets] == clip.times


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed (apt install ffmpeg)")
def test_ffmpeg_plays_it_without_a_complaint(coded, packets_of, rtp, tmp_path):
    clip = coded
    path = tmp_path / "clip.mp4"
    path.write_bytes(mp4_of(clip, packets_of, rtp))
    done = subprocess.run(
        ["ffmpeg", "-v", "warning", "-xerror", "-i", path, "-f", "framemd5", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert sum(not line.startswith("#") for line in done.stdout.splitlines()) == len(clip.pictures)


def test_the_timeline_wraps_with_the_clock_of_the_camera():
    timeline = Timeline()
    times = [timeline.place((0xFFFFFFFF - 5000 + n * 3600) & 0xFFFFFFFF) for n in range(5)]
    assert [time.decode for time in times] == [0, 3600, 7200, 10800, 14400]


@pytest.mark.parametrize("jump", [JUMP + 1, -JUMP - 1, 0x4000_0000])
def test_a_camera_that_sets_its_clock_leaves_no_hole(jump):
    timeline = Timeline()
    timeline.place(1_000_000_000)
    assert timeline.place(1_000_006_000).decode == 6000
    assert timeline.place(1_000_006_000 + jump).decode == 12000
    assert timeline.place(1_000_012_000 + jump).decode == 18000


def test_the_first_picture_lasts_as_long_as_the_camera_says():
    timeline = Timeline()
    timeline.expect(10)
    assert timeline.place(0).duration == 9000
    assert timeline.place(6000).duration == 6000


def test_a_pause_is_kept_as_it_was():
    timeline = Timeline()
    timeline.place(0)
    assert timeline.place(4 * 90_000).decode == 4 * 90_000


def test_a_time_that_does_not_advance_is_no_new_picture():
    timeline = Timeline()
    timeline.place(5)
    assert timeline.place(5) is None
