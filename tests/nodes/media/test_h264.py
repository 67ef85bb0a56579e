"""Parameter sets and packets: what a decoder needs, and nothing that refers to what was lost. What both codecs share is here."""

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansim.nodes.media.codec import Malformed
from ansim.nodes.media.depacketiser import AccessUnit, Depacketiser
from ansim.nodes.media.h264 import H264, ParameterSets, picture_of


def x264_sps(width, height, **options):
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, options.pop("pix_fmt", "yuv420p")
    encoder.framerate, encoder.time_base = (fps := options.pop("fps", 25)), Fraction(1, fps)
    encoder.options = {"x264-params": ":".join(f"{name}={value}" for name, value in options.items())}
    encoder.flags |= 1 << 22  # parameter sets apart from the pictures
    encoder.open()
    units = encoder.extradata.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return next(unit for unit in units if unit and unit[0] & 31 == 7)


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((1920, 1080), {}),
        ((1280, 720), {"interlaced": 1}),
        ((1920, 1080), {"interlaced": 1}),
        ((854, 480), {"cqm": "jvt"}),
        ((322, 242), {"pix_fmt": "yuv422p"}),
        ((322, 242), {"pix_fmt": "yuv444p", "cqm": "jvt"}),
        ((102, 98), {"bframes": 3}),
    ],
)
def test_the_size_is_what_the_encoder_was_given(size, options):
    picture = picture_of(x264_sps(*size, **options))
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize("fps", [5, 15, 25, 30])
def test_the_rate_is_read_from_the_timing(fps):
    assert picture_of(x264_sps(640, 360, fps=fps)).frames_per_second == pytest.approx(fps)


def test_a_cut_parameter_set_is_refused():
    with pytest.raises(Malformed):
        picture_of(x264_sps(640, 360)[:6])


@given(st.binary(max_size=80))
def test_any_bytes_are_a_picture_or_refused(noise):
    try:
        picture = picture_of(b"\x67" + noise)
    except Malformed:
        return
    assert 0 < picture.width <= 16384 and 0 < picture.height <= 16384


def feed(pictures, packets_of, rtp, *, drop=lambda n: False, markers=True, start=0):
    """The access units that come out of these pictures, and the depacketiser."""
    depacketiser, sequence, out = Depacketiser(H264()), start, []
    for number, units in enumerate(pictures):
        for marker, payload in packets_of(units):
            sequence += 1
            if not drop(sequence - start):
                out += depacketiser.push(rtp(payload, sequence, number * 3600, marker and markers))
    return out, depacketiser


def body_of(units):
    kept = [unit for unit in units if unit[0] & 31 in (1, 5)]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in kept)


def test_every_picture_comes_out_as_it_went_in(clip, packets_of, rtp):
    out, depacketiser = feed(clip.pictures, packets_of, rtp)
    assert [unit.body for unit in out] == [body_of(units) for units in clip.pictures]
    assert [unit.key for unit in out[:26]] == [True] + [False] * 24 + [True]
    assert out[0].parameters == ParameterSets(clip.sps, (clip.pps,))
    assert (depacketiser.lost, depacketiser.dropped) == (0, 0)


def test_sequence_numbers_wrap(clip, packets_of, rtp):
    out, depacketiser = feed(clip.pictures, packets_of, rtp, start=65_500)
    assert len(out) == len(clip.pictures)
    assert depacketiser.lost == 0


def test_a_camera_without_marker_bits(clip, packets_of, rtp):
    out, _ = feed(clip.pictures, packets_of, rtp, markers=False)
    assert [unit.body for unit in out] == [body_of(units) for units in clip.pictures[:-1]]


def test_parameter_sets_and_slices_in_one_packet(clip, rtp):
    units = clip.pictures[0]
    packet = b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
    (unit,) = Depacketiser(H264()).push(rtp(packet, 1, 0, True))
    assert unit == AccessUnit(0, True, body_of(units), ParameterSets(clip.sps, (clip.pps,)))


def test_header_extension_sources_and_padding_are_not_video(clip, packets_of, rtp):
    depacketiser, out = Depacketiser(H264()), []
    for number, (marker, payload) in enumerate(packets_of(clip.pictures[0])):
        plain = rtp(payload, number, 0, marker)
        dressed = bytes([0x80 | 0x20 | 0x10 | 2]) + plain[1:12] + b"\1" * 8 + b"\xbe\xde\0\1abcd" + payload + b"\0\0\3"
        out += depacketiser.push(dressed)
    assert [unit.body for unit in out] == [body_of(clip.pictures[0])]


def test_a_lost_packet_ends_pictures_until_the_next_key_frame(clip, packets_of, rtp):
    first = sum(len(packets_of(units)) for units in clip.pictures[:7])
    out, depacketiser = feed(clip.pictures[:30], packets_of, rtp, drop=lambda n: n == first + 1)
    assert [unit.timestamp // 3600 for unit in out] == [*range(7), *range(25, 30)]
    assert depacketiser.lost == 1
    assert depacketiser.dropped == 25 - 7 - (len(packets_of(clip.pictures[7])) == 1)


def test_a_loss_inside_a_fragmented_picture(encode, packets_of, rtp):
    large = encode(640, 360, 2, 10)
    assert len(packets_of(large.pictures[0])) > 4
    out, depacketiser = feed(large.pictures[:11], packets_of, rtp, drop=lambda n: n == 4)
    assert [unit.timestamp // 3600 for unit in out] == [10]
    assert depacketiser.lost == 1


def test_joining_in_the_middle_waits_for_a_key_frame(clip, packets_of, rtp):
    out, depacketiser = feed(clip.pictures[5:27], packets_of, rtp)
    assert [unit.key for unit in out] == [True, False]
    assert depacketiser.dropped == 0


def test_a_packet_sent_twice_is_taken_once(clip, packets_of, rtp):
    depacketiser, out = Depacketiser(H264()), []
    for number, units in enumerate(clip.pictures[:3]):
        (marker, payload), *_ = [(True, b"\x78" + b"".join(len(u).to_bytes(2, "big") + u for u in units))]
        packet = rtp(payload, number, number * 3600, marker)
        out += [*depacketiser.push(packet), *depacketiser.push(packet)]
    assert len(out) == 3
    assert depacketiser.lost == 0


def test_a_camera_that_counts_anew_is_followed(clip, packets_of, rtp):
    depacketiser, out, sequence = Depacketiser(H264()), [], 30_000
    for number, units in enumerate(clip.pictures):
        sequence = 7 if number == 30 else sequence
        for marker, payload in packets_of(units):
            sequence += 1
            out += depacketiser.push(rtp(payload, sequence, number * 3600, marker))
    assert [unit.timestamp // 3600 for unit in out] == [*range(30), *range(50, 100)]


def test_new_parameters_come_with_the_picture_that_needs_them(clip, encode, packets_of, rtp):
    other = encode(160, 120, 1)
    out, _ = feed(clip.pictures[:3] + other.pictures[:3], packets_of, rtp)
    assert [unit.parameters.sps for unit in out] == [clip.sps] * 3 + [other.sps] * 3


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_packet_breaks_it(packets):
    depacketiser = Depacketiser(H264())
    for packet in packets:
        depacketiser.push(packet)
        depacketiser.push(b"\x80\x60" + packet)


def test_a_picture_that_never_ends_is_not_kept(rtp):
    depacketiser = Depacketiser(H264())
    for number in range(9000):
        depacketiser.push(rtp(b"\x7c\x05" + bytes(1400) if number else b"\x7c\x85" + bytes(1400), number, 0))
    kept = depacketiser._fragments or []
    assert sum(map(len, kept)) < 10 * 1024 * 1024
