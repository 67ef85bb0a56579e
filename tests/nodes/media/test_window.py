"""How much may be out: everything on an empty line, next to nothing on a slow one."""

from ansim.nodes.media.window import FIRST, MOST, QUEUE_S, Window


class Line:
    """A line of `rate` bytes a second and `delay` seconds round trip behind a window."""

    def __init__(self, rate, delay):
        self.window, self.rate, self.delay = Window(), rate, delay
        self.now = self.free = 0.0
        self.out = []

    def run(self, seconds):
        """Gives the longest time that a byte was out in the later half."""
        begin, worst = self.now, 0.0
        while self.now < begin + seconds:
            while (room := self.window.room()) > 0:
                self.window.sent(room, self.now)
                self.free = max(self.free, self.now) + room / self.rate
                self.out.append((self.free + self.delay, self.now, self.window.sent_bytes))
            self.now, sent, total = self.out.pop(0)
            self.window.acknowledge(total, self.now)
            if self.now > begin + seconds / 2:
                worst = max(worst, self.now - sent)
        return worst


def test_a_fast_line_is_filled():
    line = Line(12_500_000, 0.02)
    line.run(2)
    assert line.window.size == MOST


def test_a_slow_line_holds_little():
    assert Line(62_500, 0.005).run(20) < 0.005 + 2 * QUEUE_S


def test_a_line_that_becomes_slow_empties_again():
    line = Line(12_500_000, 0.005)
    line.run(2)
    line.rate = 125_000
    line.run(5)  # what was out needs its time
    assert line.run(5) < 0.005 + 2 * QUEUE_S


def test_without_acknowledgement_nothing_more_leaves():
    window = Window()
    while (room := window.room()) > 0:
        window.sent(room, 0.0)
    assert window.sent_bytes == FIRST


def test_an_acknowledgement_of_what_was_never_sent_is_not_believed():
    window = Window()
    window.sent(1000, 0.0)
    window.acknowledge(10_000, 0.1)
    window.acknowledge(-5, 0.1)
    assert window.room() + 1000 <= FIRST
    assert window.behind(1.0)
    window.acknowledge(1000, 1.0)
    assert not window.behind(9.0)
