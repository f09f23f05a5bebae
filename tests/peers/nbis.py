"""NBIS as a peer: mindtct and bozorth3 inside Debian's libfprint-2-2, driven through its virtual image device.

The library decides by itself and gives no score, but it says each one in its debug log ("score 17/40"), which is read
here through a file in place of standard output. The device takes images on a socket: width and height as two 32-bit
numbers, then the pixels. It states no resolution: NBIS takes every image for 500 dpi. Times are of the processor.

A verification ends at the first reference that reaches the library's threshold; it is then started again with the
references behind that one.
"""
import os
import re
import socket
import struct
import tempfile
import time

FOLDER = tempfile.TemporaryDirectory()
ADDRESS = os.path.join(FOLDER.name, "device")
# Read when the library is loaded.
os.environ["FP_VIRTUAL_IMAGE"] = ADDRESS
os.environ["FP_DRIVERS_WHITELIST"] = "virtual_image"
os.environ["G_MESSAGES_DEBUG"] = "libfprint-print"
# A device that works without a break counts as overheated, but not an emulated one.
os.environ["FP_DEVICE_EMULATION"] = "1"

import gi

gi.require_version("FPrint", "2.0")
from gi.repository import FPrint, GLib

SCORE = re.compile(rb"score (\d+)/(\d+)")
# How the library stores a print: this, then a GVariant of this type, whose last part is a list of minutiae sets (lists
# of x, y and angle).
MAGIC = b"FP3"
STORED = "(issbymsmsia{sv}v)"
SETS = "(a(aiaiai))"


class Log:
    """What the library prints, in a file in memory in place of standard output."""

    def __init__(self):
        self.kept = os.dup(1)
        self.file = os.memfd_create("log")
        os.dup2(self.file, 1)

    def take(self):
        """What was printed since the last time."""
        length = os.fstat(self.file).st_size
        text = os.pread(self.file, length, 0)
        os.ftruncate(self.file, 0)
        os.lseek(self.file, 0, os.SEEK_SET)
        return text


    def close(self):
        """Gives standard output back."""
        os.dup2(self.kept, 1)


class Device:
    """The virtual device, open."""

    def __init__(self):
        self.log = Log()
        self.context = FPrint.Context()
        self.device = next(d for d in self.context.get_devices() if d.get_driver() == "virtual_image")
        self.device.open_sync()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(ADDRESS)
        self.threshold = None

    def close(self):
        self.device.close_sync()
        self.log.close()

    def send(self, picture):
        self.socket.sendall(struct.pack("ii", *picture.size) + picture.tobytes())

    def wait(self, done):
        loop = GLib.MainContext.default()
        while not done:
            loop.iteration(True)
        if isinstance(done[0], Exception):
            raise done[0]
        return done[0]

    def enrol(self, picture):
        """One print, of as many samples as the device wants."""
        done = []

        def finished(device, result):
            done.append(attempt(device.enroll_finish, result))

        def sampled(device, stage, *_):
            if stage < device.get_nr_enroll_stages():
                self.send(picture)

        self.device.enroll(FPrint.Print.new(self.device), None, sampled, (), finished)
        self.send(picture)
        return self.wait(done)

    def verify(self, picture, reference):
        """The print of the picture, or none where the library finds no minutiae, and the scores up to the first match."""
        done = []

        def finished(device, result):
            done.append(attempt(device.verify_finish, result))

        self.log.take()
        self.device.verify(reference, callback=finished)
        self.send(picture)
        try:
            _, found = self.wait(done)
        except GLib.Error as cause:
            if not cause.matches(FPrint.device_retry_quark(), FPrint.DeviceRetry.GENERAL):
                raise
            return None, []
        scores = SCORE.findall(self.log.take())
        if scores:
            self.threshold = int(scores[0][1])
        return found, [int(score) for score, _ in scores]


def attempt(finish, result):
    """What came of it; a callback must not raise."""
    try:
        return finish(result)
    except GLib.Error as cause:
        return cause


def minutiae(found):
    """The minutiae sets of a print."""
    return stored(found).unpack()[-1][0]


def stored(found):
    data = found.serialize()
    assert data.startswith(MAGIC), "the library stores prints in another form"
    return GLib.Variant.new_from_bytes(GLib.VariantType(STORED), GLib.Bytes(data[len(MAGIC):]), False)


def with_minutiae(pattern, sets):
    """A print like the pattern, but of these minutiae sets."""
    parts = list(stored(pattern).unpack())
    parts[-1] = GLib.Variant(SETS, (sets,))
    return FPrint.Print.deserialize(MAGIC + GLib.Variant(STORED, tuple(parts)).get_data_as_bytes().get_data())


def compare_all(pictures, tell):
    """The score of every pair of the pictures, which are 8-bit grey by name, and what was seen on the way."""
    device = Device()
    pattern = device.enrol(next(iter(pictures.values())))
    nobody = with_minutiae(pattern, [])
    samples, extracting = {}, {}
    for name, picture in pictures.items():
        begun = time.process_time()
        found, _ = device.verify(picture, nobody)
        extracting[name] = time.process_time() - begun
        if found:
            samples[name] = minutiae(found)[0]
    names = list(pictures)
    scores, comparing, comparisons = {}, 0.0, 0
    for number, probe in enumerate(names):
        others = names[number + 1:]
        # A failure to extract is score 0.
        scores.update(((probe, other), 0) for other in others)
        queue = [other for other in others if other in samples] if probe in samples else []
        while queue:
            references = with_minutiae(pattern, [samples[other] for other in queue])
            begun = time.process_time()
            _, found = device.verify(pictures[probe], references)
            comparing += time.process_time() - begun - extracting[probe]
            comparisons += len(found)
            assert found, "the library's log has no scores"
            scores.update(((probe, other), score) for other, score in zip(queue, found))
            queue = queue[len(found):]
        tell(number + 1, len(names))
    device.close()
    return scores, {
        "threshold": device.threshold,
        "without minutiae": len(names) - len(samples),
        "extraction ms": 1000 * sum(extracting.values()) / len(names),
        "comparison ms": 1000 * comparing / max(comparisons, 1),
    }
