"""What is H.265's own: its parameter sets, its packets, its key frames and what leads them."""

import base64

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansim.nodes.media.codec import Malformed
from ansim.nodes.media.depacketiser import AccessUnit, Depacketiser
from ansim.nodes.media.fmp4 import init_segment
from ansim.nodes.media.h265 import H265, ParameterSets, sequence_of
from ansim.nodes.media.rtsp import NoVideo, video_track

RASL = (8, 9)


@pytest.fixture
def clip(encode):
    return encode(codec="H265")


def kind(unit):
    return unit[0] >> 1 & 63


def feed(pictures, packets_of, rtp, *, drop=lambda n: False, markers=True):
    depacketiser, sequence, out = Depacketiser(H265()), 0, []
    for number, units in enumerate(pictures):
        for marker, payload in packets_of(units, codec="H265"):
            sequence += 1
            if not drop(sequence):
                out += depacketiser.push(rtp(payload, sequence, number * 3600, marker and markers))
    return out, depacketiser


def body_of(units):
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units if kind(unit) < 32)


def aggregated(units):
    return b"\x60\1" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def x265_sets(width, height, pix_fmt="yuv420p", **options):
    encoder = av.CodecContext.create("libx265", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pix_fmt
    encoder.framerate = 25
    said = ":".join(f"{name.replace('_', '-')}={value}" for name, value in options.items())
    encoder.options = {"x265-params": f"log-level=none:pools=none:{said}"}
    encoder.flags |= 1 << 22  # parameter sets apart from the pictures
    encoder.open()
    units = [unit for unit in encoder.extradata.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    return [next(unit for unit in units if kind(unit) == one) for one in (32, 33, 34)]


@pytest.mark.parametrize(
    ("size", "options", "codec"),
    [
        ((1920, 1080), {}, "hvc1.1.6.L120.90"),
        ((322, 242), {"pix_fmt": "yuv420p10le"}, "hvc1.2.4.L60.90"),
        ((1280, 722), {"scaling_list": "default"}, "hvc1.1.6.L93.90"),
        ((642, 362), {"pix_fmt": "yuv422p10le"}, "hvc1.4.10.L63.9D.8"),
        ((322, 242), {"pix_fmt": "yuv444p"}, "hvc1.4.10.L60.9E.8"),
        ((1280, 720), {"level_idc": "5.1", "high_tier": 1, "temporal_layers": 3}, "hvc1.1.6.H153.90"),
    ],
)
def test_size_and_codec_are_those_of_the_encoder(size, options, codec):
    vps, sps, pps = x265_sets(*size, **options)
    sets = ParameterSets(vps, sps, (pps,))
    picture = sets.picture()
    assert (picture.width, picture.height) == size
    assert sets.codec == codec


def test_the_record_is_read_by_a_decoder_that_is_not_ours(encode, tmp_path):
    clip = encode(322, 242, 1, 25, 0, "H265", 10)
    path = tmp_path / "init.mp4"
    path.write_bytes(init_segment(ParameterSets(*clip.sets[:2], (clip.pps,))))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("hevc", 322, 242)
        record = stream.codec_context.extradata
    # version, profile Main 10, 4:2:0, 10 bits, lengths of 4 bytes, three arrays
    assert (record[0], record[1] & 31, record[16] & 3, record[17] & 7, record[18] & 7) == (1, 2, 1, 2, 2)
    assert (record[21] & 3, record[22]) == (3, 3)


def test_a_cut_parameter_set_is_refused():
    with pytest.raises(Malformed):
        sequence_of(x265_sets(640, 360)[1][:9])


@given(st.binary(max_size=80))
def test_any_bytes_are_a_picture_or_refused(noise):
    sets = ParameterSets(b"\x40\1", b"\x42\1" + noise, (b"\x44\1",))
    try:
        picture = sets.picture()
    except Malformed:
        return
    assert 0 < picture.width <= 16384 and 0 < picture.height <= 16384
    assert sets.codec.startswith("hvc1.") and len(init_segment(sets)) > 500


def test_every_picture_comes_out_as_it_went_in(clip, packets_of, rtp):
    out, depacketiser = feed(clip.pictures, packets_of, rtp)
    assert [unit.body for unit in out] == [body_of(units) for units in clip.pictures]
    assert [unit.key for unit in out[:26]] == [True] + [False] * 24 + [True]
    assert out[0].parameters == ParameterSets(*clip.sets[:2], (clip.pps,))
    assert any(len(packets_of(units, codec="H265")) > 4 for units in clip.pictures), "some of them were cut"
    assert (depacketiser.lost, depacketiser.dropped) == (0, 0)


def test_parameter_sets_and_slices_in_one_packet(clip, rtp):
    units = clip.pictures[0]
    (unit,) = Depacketiser(H265()).push(rtp(aggregated(units), 1, 0, True))
    assert unit == AccessUnit(0, True, body_of(units), ParameterSets(*clip.sets[:2], (clip.pps,)))


def test_a_lost_packet_ends_pictures_until_the_next_key_frame(clip, packets_of, rtp):
    first = sum(len(packets_of(units, codec="H265")) for units in clip.pictures[:7])
    out, depacketiser = feed(clip.pictures[:30], packets_of, rtp, drop=lambda n: n == first + 1)
    assert [unit.timestamp // 3600 for unit in out] == [*range(7), *range(25, 30)]
    assert depacketiser.lost == 1


@pytest.mark.parametrize("lost", [2, 3, 4])
def test_a_loss_inside_a_key_frame_waits_for_the_next_one(clip, packets_of, rtp, lost):
    assert len(packets_of(clip.pictures[0], codec="H265")) > 5
    out, depacketiser = feed(clip.pictures[:27], packets_of, rtp, drop=lambda n: n == lost)
    assert [unit.timestamp // 3600 for unit in out] == [25, 26]
    assert depacketiser.lost == 1


def test_what_leads_a_key_frame_is_shown_only_with_what_it_refers_to(encode, packets_of, rtp):
    clip = encode(320, 180, 4, 24, 3, "H265")
    leading = [at for at, units in enumerate(clip.pictures) if any(kind(unit) in RASL for unit in units)]
    assert leading, "the encoder opened its groups"
    whole, _ = feed(clip.pictures, packets_of, rtp)
    assert [unit.timestamp // 3600 for unit in whole] == [*range(len(clip.pictures))]
    assert [at for at, unit in enumerate(whole) if unit.leading] == leading
    joined, depacketiser = feed(clip.pictures[5:], packets_of, rtp)
    key = next(at for at, units in enumerate(clip.pictures) if at > 5 and any(16 <= kind(unit) < 24 for unit in units))
    orphans = {at for at in leading if key < at < key + 24}
    shown = [unit.timestamp // 3600 + 5 for unit in joined]
    assert shown == [at for at in range(key, len(clip.pictures)) if at not in orphans] and orphans
    assert depacketiser.lost == 0


def test_new_parameters_come_with_the_picture_that_needs_them(clip, encode, packets_of, rtp):
    other = encode(160, 120, 1, codec="H265")
    out, _ = feed(clip.pictures[:3] + other.pictures[:3], packets_of, rtp)
    assert [unit.parameters.sps for unit in out] == [clip.sps] * 3 + [other.sps] * 3


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_packet_breaks_it(packets):
    depacketiser = Depacketiser(H265())
    for packet in packets:
        depacketiser.push(packet)
        for head in (b"", b"\x60\1", b"\x62\1\x93", b"\x62\1\x53"):
            depacketiser.push(b"\x80\x60" + packet[:10] + head + packet)


def described(*lines):
    return "v=0\r\nm=video 0 RTP/AVP 96\r\n" + "".join(f"a={line}\r\n" for line in lines)


def test_a_description_tells_the_parameter_sets(clip):
    vps, sps, pps = (base64.b64encode(unit).decode() for unit in clip.sets)
    form = f"fmtp:96 profile-id=1; sprop-max-don-diff=0; sprop-pps={pps};sprop-vps={vps}; sprop-sps={sps}"
    track = video_track(described("rtpmap:96 H265/90000", form), "rtsp://h/")
    assert (track.codec.name, track.parameters) == ("H265", ParameterSets(clip.sets[0], clip.sps, (clip.pps,)))
    without = video_track(described("rtpmap:96 h265/90000", f"fmtp:96 sprop-vps={vps};sprop-sps={sps}"), "rtsp://h/")
    assert without.parameters is None, "they come with the pictures"


def test_a_camera_that_reorders_its_packets_is_named():
    with pytest.raises(NoVideo, match="another order"):
        video_track(described("rtpmap:96 H265/90000", "fmtp:96 sprop-max-don-diff=2"), "rtsp://h/")


def test_of_both_codecs_the_one_that_every_browser_plays_is_taken():
    both = "m=video 0 RTP/AVP 97\r\na=rtpmap:97 H265/90000\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 H264/90000\r\n"
    track = video_track("v=0\r\n" + both, "rtsp://h/")
    assert (track.codec.name, track.payload_type) == ("H264", 98)
