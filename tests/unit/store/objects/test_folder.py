"""What the folder of objects promises beyond the port: durability, honesty, plain files."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from nbmlops.errors import StoreCorruptError, StoreUnwritableError
from nbmlops.store.objects import compression, folder
from nbmlops.store.objects.folder import FolderObjectStore

NOISE = hashlib.shake_128(b"noise").digest(2 * 2**20)


@pytest.fixture
def store(tmp_path: Path) -> FolderObjectStore:
    """An empty store in ``objects``."""
    return FolderObjectStore(tmp_path / "objects")


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.suffix != ".stamp"]


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def spoil(path: Path, damage: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    overwrite(path, {"flip": flipped, "cut": content[:middle], "empty": b""}[damage])


def test_a_plain_object_is_a_read_only_file_with_nothing_but_the_content(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    key = store.put(NOISE)
    path = tmp_path / "objects" / key[:2] / key[2:]
    assert path.read_bytes() == NOISE
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_what_is_compressed_in_blocks_looks_back_at_little() -> None:
    """Whoever packs, and whoever unpacks, has that much in memory."""
    content = b"".join(b"%d" % number for number in range(2 * 2**20))
    packed = b"".join(compression.compressed([memoryview(content)], size=len(content)))
    told = zstandard.get_frame_parameters(packed)
    assert told.window_size <= 2**19
    assert told.content_size == len(content)
    assert compression.decompress(packed) == content


def test_compression_is_used_where_it_pays(store: FolderObjectStore, tmp_path: Path) -> None:
    store.put(b"month,day,delay\n" * 5000)
    (path,) = files(tmp_path)
    assert path.suffix == ".zst"
    assert path.stat().st_size < 2000


@pytest.mark.parametrize("data", [NOISE, b"0123456789" * 1000], ids=["plain", "compressed"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_object_is_written_again_when_it_is_put_again(
    tmp_path: Path, data: bytes, damage: str
) -> None:
    """As when a step is run again, which is what everybody is told to do."""
    key = FolderObjectStore(tmp_path).put(data)
    (path,) = files(tmp_path)
    spoil(path, damage)
    store = FolderObjectStore(tmp_path)
    assert store.put(data) == key
    assert store.get(key) == data
    assert files(tmp_path) == [path]


def test_an_object_that_is_whole_is_not_written_again(tmp_path: Path) -> None:
    FolderObjectStore(tmp_path).put(NOISE)
    (path,) = files(tmp_path)
    before = path.stat().st_ino
    folder.VerifiedFiles().forget(path)
    FolderObjectStore(tmp_path).put(NOISE)
    assert path.stat().st_ino == before


@pytest.mark.parametrize("data", [NOISE, b"0123456789" * 1000], ids=["plain", "compressed"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_object_is_refused_and_named(tmp_path: Path, data: bytes, damage: str) -> None:
    key = FolderObjectStore(tmp_path).put(data)
    (path,) = files(tmp_path)
    spoil(path, damage)
    store = FolderObjectStore(tmp_path)
    with pytest.raises(StoreCorruptError, match=key):
        store.get(key)
    with pytest.raises(StoreCorruptError, match=key):
        store.open_buffer(key)


def test_damage_after_the_first_look_is_found(store: FolderObjectStore, tmp_path: Path) -> None:
    key = store.put(NOISE)
    store.open_buffer(key)
    (path,) = files(tmp_path)
    overwrite(path, bytes(len(NOISE)))
    os.utime(path, ns=(1, 1))
    with pytest.raises(StoreCorruptError):
        store.open_buffer(key)


def test_an_object_that_was_cut_short_is_written_again(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    key = store.put(NOISE)
    (path,) = files(tmp_path)
    overwrite(path, NOISE[:100])
    assert store.put(NOISE) == key
    assert store.get(key) == NOISE


def test_a_large_file_is_kept_without_being_read_whole(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.seek(70 * 2**20)
        file.write(b"end")
    key = store.put_file(path)
    assert key == hashlib.sha256(path.read_bytes()).hexdigest()
    assert store.size(key) == 70 * 2**20 + 3
    assert bytes(store.open_buffer(key)[-3:]) == b"end"


def test_a_folder_that_cannot_be_written_is_still_read(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    store = FolderObjectStore(root)
    key = store.put(NOISE)
    # A file where a folder is needed stops root too, whom modes do not stop.
    blocked = FolderObjectStore(root / key[:2] / key[2:])
    with pytest.raises(StoreUnwritableError) as caught:
        blocked.put(b"more")
    assert caught.value.cure
    assert store.get(key) == NOISE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_folder_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(StoreUnwritableError, match="cannot be written"):
            FolderObjectStore(tmp_path).put(b"data")
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_says_so(store: FolderObjectStore) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError) as caught:  # noqa: PT011
        full.write(b"x")
    error = store._unwritable(caught.value)
    assert "full" in str(error)
    assert "Free some space" in str(error)


def test_what_the_disk_or_the_process_cannot_take_has_no_room(store: FolderObjectStore) -> None:
    assert store.has_room(2**60), "no folder yet, and nothing told of it"
    store.put(b"content")
    assert not store.has_room(2**60)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        assert store.has_room(2**20)
        assert not store.has_room(2**20 + 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_halfway_leaves_nothing(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        with pytest.raises(StoreUnwritableError):
            store.put(NOISE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert files(tmp_path) == []
    store.put(NOISE)


PUT_FOREVER = """
    import random, sys
    from pathlib import Path
    from nbmlops.store.objects.folder import FolderObjectStore
    store = FolderObjectStore(Path(sys.argv[1]))
    source = random.Random(int(sys.argv[2]))
    print("ready", flush=True)
    while True:
        store.put(source.randbytes(4 * 2**20))
"""


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_no_half_object(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    for seed in range(5):
        arguments = [sys.executable, "-c", textwrap.dedent(PUT_FOREVER), str(tmp_path), str(seed)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.05 + seed * 0.03)
            writer.kill()
    keys = list(store.keys())
    assert keys
    for key in keys:
        assert hashlib.sha256(store.get(key)).hexdigest() == key


PUT_SAME = """
    import sys
    from pathlib import Path
    from nbmlops.store.objects.folder import FolderObjectStore
    store = FolderObjectStore(Path(sys.argv[1]))
    sys.stdin.readline()
    for number in range(20):
        print(store.put(b"%d " % number * 100_000))
"""


@pytest.mark.slow
def test_eight_processes_that_put_the_same_objects_agree(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", textwrap.dedent(PUT_SAME), str(tmp_path)]
    writers = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    outputs = {writer.communicate(timeout=60)[0] for writer in writers}
    assert [writer.returncode for writer in writers] == [0] * 8
    assert len(outputs) == 1
    store = FolderObjectStore(tmp_path)
    assert sorted(store.keys()) == sorted(outputs.pop().split())
    assert len(files(tmp_path)) == 20


def test_leftovers_of_killed_processes_are_found_once_they_are_old(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    key = store.put(NOISE)
    path = tmp_path / "objects" / key[:2] / key[2:]
    path.rename(path.with_name(f".collecting-{path.name}"))
    path.with_name(f"{path.name}.stamp").unlink(missing_ok=True)
    (path.parent / ".writing-abc").write_bytes(b"half")
    now = datetime.now(UTC)
    assert store.leftovers(before=now - timedelta(hours=1)) == []
    found = store.leftovers(before=now + timedelta(hours=1))
    assert sorted(left.size for left in found) == [4, len(NOISE)]
    for leftover in found:
        store.sweep(leftover)
    assert store.get(key) == NOISE, "what a collection had taken away is put back"
    assert [file.name for file in files(tmp_path)] == [path.name]


def test_what_writers_put_while_others_collect_is_never_lost(
    store: FolderObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer counts its puts as kept; a collector takes everything that is not fresh.

    With moments instead of an hour and a minute.
    """
    monkeypatch.setattr(folder, "FRESH", 0.0)
    contents = [f"content {number}".encode() for number in range(20)]
    keys = [store.put(content) for content in contents]
    script = textwrap.dedent("""
        import sys
        from datetime import UTC, datetime, timedelta
        from pathlib import Path
        from nbmlops.store.objects.folder import FolderObjectStore

        store = FolderObjectStore(Path(sys.argv[1]))
        print("ready", flush=True)
        while True:
            before = datetime.now(UTC) - timedelta(seconds=0.2)
            for item in store.stored():
                store.collect(item.key, before=before)
    """)
    command = [sys.executable, "-c", script, str(tmp_path / "objects")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as collector:
        assert collector.stdout is not None
        collector.stdout.readline()
        lost = 0

        def kept(number: int) -> bool:
            """Whether an object is there, or back after the moment in which it is judged."""
            for _ in range(20):
                if store.exists(keys[number]):
                    return True
                time.sleep(0.001)
            return False

        try:
            for turn in range(300):
                number = turn % len(contents)
                began = time.monotonic()
                store.put(contents[number])
                # on a busy machine the collector's moment may have passed, and it may take it
                lost += not kept(number) and time.monotonic() - began < 0.2
                time.sleep(0.005)
        finally:
            collector.kill()
    assert lost == 0


READ = """
import sys, hashlib
from pathlib import Path
from nbmlops.errors import StoreCorruptError
from nbmlops.store.objects.folder import FolderObjectStore
hashed = []
sha256 = hashlib.sha256
hashlib.sha256 = lambda data: (hashed.append(1), sha256(data))[1]
try:
    FolderObjectStore(Path(sys.argv[1])).open_buffer(sys.argv[2])
    print(len(hashed))
except StoreCorruptError as error:
    print(error.message)
"""


def read_elsewhere(root: Path, key: str) -> str:
    """How often another process hashes an object before it maps it, or what it says."""
    command = [sys.executable, "-c", READ, str(root), key]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_an_object_is_touched_again_only_when_it_was_not_within_a_minute(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    """To touch a file may wait for the disk; one that is gone is found out at any time."""
    key = store.put(NOISE)
    (path,) = files(tmp_path)
    just, before = time.time() - folder.FRESH / 2, time.time() - 2 * folder.FRESH
    for moment in (just, before, time.time() + folder.FRESH):
        os.utime(path, (moment, moment))
        assert store.renew(key)
        assert (path.stat().st_mtime == pytest.approx(moment, abs=1)) == (moment == just)
        assert abs(path.stat().st_mtime - time.time()) < folder.FRESH
    path.unlink()
    assert not store.renew(key)


@pytest.mark.skipif(sys.platform != "linux", reason="which start of the machine it is")
def test_another_process_hashes_a_large_object_only_when_it_was_touched(tmp_path: Path) -> None:
    """What was altered with its times put back is found out, as it was changed since."""
    store = FolderObjectStore(tmp_path)
    key = store.put(NOISE)
    (path,) = files(tmp_path)
    assert read_elsewhere(tmp_path, key) == "0"
    assert store.renew(key)
    assert read_elsewhere(tmp_path, key) == "0"

    path.chmod(0o600)
    assert read_elsewhere(tmp_path, key) == "1"
    assert read_elsewhere(tmp_path, key) == "0"

    before = path.stat()
    overwrite(path, NOISE[:-1] + bytes([NOISE[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "is damaged" in read_elsewhere(tmp_path, key)
    assert not store.renew("0" * 64)
    assert store.renew(key)  # which is no reason to trust it
    assert "is damaged" in read_elsewhere(tmp_path, key)


@pytest.mark.skipif(sys.platform != "linux", reason="which start of the machine it is")
def test_a_stamp_of_another_start_of_the_machine_counts_for_nothing(tmp_path: Path) -> None:
    """A power cut may have spoiled what was written before it."""
    key = FolderObjectStore(tmp_path).put(NOISE)
    (stamp,) = tmp_path.rglob("*.stamp")
    told = stamp.read_text().split()
    stamp.write_text(" ".join([*told[:-1], "another-start"]) + "\n")

    assert read_elsewhere(tmp_path, key) == "1"
    assert read_elsewhere(tmp_path, key) == "0"
    stamp.write_bytes(b"\xff")
    assert read_elsewhere(tmp_path, key) == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="which start of the machine it is")
def test_stamps_go_with_their_objects(store: FolderObjectStore, tmp_path: Path) -> None:
    """Small objects have none; one whose object is gone is a leftover."""
    later = datetime.now(UTC) + timedelta(hours=1)
    first, second, third = (store.put(bytes([number]) + NOISE) for number in range(3))
    small = store.put(NOISE[:1000])
    assert sorted(store.keys()) == sorted([first, second, third, small])
    assert len(list(tmp_path.rglob("*.stamp"))) == 3

    store.delete(first)
    assert store.collect(second, before=later)
    (tmp_path / "objects" / third[:2] / third[2:]).unlink()
    (leftover,) = store.leftovers(before=later)
    store.sweep(leftover)
    assert list(tmp_path.rglob("*.stamp")) == []
