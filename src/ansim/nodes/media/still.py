"""One picture of a piece of recording, sharp, as a page can show it."""

from __future__ import annotations

import io
from itertools import islice

import av
from PIL import Image

QUALITY = 88


def still(piece: bytes, after: int) -> bytes:
    """JPEG of the picture after so many others, of fragments behind their init segment. Blocking. Raises ValueError for what does not begin with a key
    frame, since such pictures are not what was seen."""
    try:
        with av.open(io.BytesIO(piece), "r", format="mp4") as source:
            for number, frame in enumerate(islice(source.decode(video=0), after + 1)):
                if number == 0 and not frame.key_frame:
                    break
                if number == after:
                    file = io.BytesIO()
                    Image.fromarray(frame.reformat(format="rgb24").to_ndarray()).save(file, "JPEG", quality=QUALITY)
                    return file.getvalue()
    except av.FFmpegError as error:
        raise ValueError("the recording cannot be decoded") from error
    raise ValueError("the recording does not begin with a key frame, or ends before this picture")
