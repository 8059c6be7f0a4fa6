# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Fresh kernels in QEMU: boot once, snapshot, restore for each command.

snapshot() boots a kernel of kconfig/kernels until its init (guest/init.c)
says that it is ready, and keeps the guest's memory and device state in the
cache. run() restores that state, hands over files, runs one command and says
how it went. The guest's memory is a file that each restored guest maps
copy-on-write, so that a restore reads only what the guest touches.
"""

import dataclasses
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parent
BUILD = CHECKOUT / "build"

BOOT_LIMIT = 400  # seconds; a debug kernel on a slow and busy host without KVM
RESTORE_LIMIT = 60
KVM_PROBE_LIMIT = 30  # a debug kernel looks for leaks first
MAX_MESSAGE = 64 << 20  # bytes; init's own limit
MAX_ARGUMENTS = 256  # likewise
QEMU = "qemu-system-x86_64"
QEMU_LEAST = (7, 2)

# Memory that the kernel leaves alone. It takes the place of registers: the
# devices in the tables for ACPI are there, and only the tables know of them.
REGISTERS = "memmap=0x2000$0x0f000000"

# Programs of the toolchain tree that a guest has beside busybox's. Its shell
# is not busybox's either: that would take its own applets before these.
GUEST_PROGRAMS = (
    "/usr/bin/bash",
    "/usr/bin/kmod",
    "/usr/bin/ip",
    "/usr/sbin/ethtool",
    "/usr/bin/iperf3",
)
INIT_SOURCES = (
    HERE / "guest" / "init.c",
    CHECKOUT / "userspace-tests" / "lib" / "kernel_log.c",
)
INIT_HEADERS = (CHECKOUT / "userspace-tests" / "lib" / "kernel_log.h",)
# Libraries that test programs may link to, and one that ends iperf3's threads.
GUEST_LIBRARIES = ("libkmod.so.2", "libcmocka.so.0", "libmnl.so.0", "libgcc_s.so.1")
# Names that kmod is called by.
KMOD_NAMES = ("depmod", "insmod", "lsmod", "modinfo", "modprobe", "rmmod")
NOT_BUSYBOX = {*KMOD_NAMES, "ip", "sh", "ash", "hush", "busybox"}


class Error(Exception):
    """One sentence for the user: what is wrong, what to do."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def cache():
    return pathlib.Path(os.environ["KPAIRS_CACHE"])


# --- kernels, accelerator, snapshot -----------------------------------------


@dataclasses.dataclass
class Kernel:
    """A prepared kernel: an entry of the cache made by scripts/kernel."""

    name: str
    path: pathlib.Path
    release: str
    memory: int  # MiB

    @property
    def modules(self):
        """What scripts/build staged for guests of this kernel."""
        return BUILD / self.name / "stage"


def script(*command):
    """Runs a script of ours; its one sentence has been said if it fails."""
    done = subprocess.run(
        [HERE / command[0], *command[1:]], stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout.strip()


def kernel_names():
    return script("kernel", "list").split()


def kernel(name):
    path = pathlib.Path(script("kernel", "path", name).splitlines()[-1])
    release = (path / "release").read_text().strip()
    return Kernel(name, path, release, int(script("kernel", "memory", name)))


@functools.cache
def qemu_version():
    try:
        text = subprocess.run(
            [QEMU, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except FileNotFoundError:
        raise Error(
            f"{QEMU} is missing: install qemu-system-x86, or leave out SDK=host"
        ) from None
    version = text.split("version ")[1].split()[0]
    if tuple(int(n) for n in version.split(".")[:2]) < QEMU_LEAST:
        raise Error(
            f"QEMU is {version}, at least {QEMU_LEAST[0]}.{QEMU_LEAST[1]} is"
            " needed: install a newer one, or leave out SDK=host"
        )
    return text.splitlines()[0]


@dataclasses.dataclass
class Snapshot:
    """A guest that waits for a command. Valid for these very files."""

    kernel: Kernel
    smp: int
    accel: str
    jumps: bool  # the guest's clock jumps over what it would idly wait for
    path: pathlib.Path

    @property
    def memory_file(self):
        return self.path / "memory"

    @property
    def state_file(self):
        return self.path / "state"

    def is_whole(self):
        """Whether the files are still those that were written."""
        try:
            sealed = json.loads((self.path / "sealed").read_text())
            return sealed == self.measure()
        except (OSError, ValueError):
            return False

    def measure(self):
        state = self.state_file.read_bytes()
        return {
            "memory": self.memory_file.stat().st_size,
            "state": hashlib.sha256(state).hexdigest(),
        }


def machine(snap, share):
    """The command line of a guest, alike for its boot and its restores."""
    folder = snap.path
    cpu = "host" if snap.accel == "kvm" else "max"
    memory = snap.kernel.memory
    tables = []
    for path in sorted(folder.glob("*.aml")):
        tables += ["-acpitable", f"file={path}"]
    return [
        QEMU,
        *("-machine", "q35,memory-backend=ram,hpet=off"),
        *("-accel", snap.accel, "-cpu", cpu, "-smp", str(snap.smp)),
        *("-m", f"{memory}M", "-no-user-config", "-nodefaults"),
        *("-display", "none", "-no-reboot"),
        "-object",
        f"memory-backend-file,id=ram,size={memory}M,share={share},"
        f"mem-path={folder / 'memory'}",
        *("-kernel", str(snap.kernel.path / "vmlinuz")),
        *("-initrd", str(folder / "initramfs")),
        "-append",
        "console=ttyS0 loglevel=5 panic=-1 rdinit=/init random.trust_cpu=on"
        f" {REGISTERS}",
        *("-device", "virtio-serial-pci"),
        *("-device", "virtserialport,chardev=port,name=kpairs"),
        *("-serial", "chardev:console"),
        *tables,
        *(("-icount", "shift=0,sleep=off") if snap.jumps else ()),
    ]


def accelerator():
    """kvm where a kernel really boots with it, else tcg."""
    wanted = os.environ.get("KPAIRS_ACCEL")
    if wanted in ("kvm", "tcg"):
        return wanted
    if wanted:
        raise Error(f"KPAIRS_ACCEL is '{wanted}': it can be kvm or tcg")
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    try:
        return accelerator_file().read_text().strip()
    except FileNotFoundError:
        return ""  # not known yet: snapshot() tries


def accelerator_file():
    """Where the answer for this host and QEMU is remembered."""
    host = os.uname()
    what = f"{host.nodename} {host.release} {qemu_version()}"
    return cache() / f"accelerator-{hashlib.sha256(what.encode()).hexdigest()[:12]}"


# Only one thread finds out.
probing = threading.Lock()


def remember_accelerator(accel):
    accelerator_file().write_text(accel + "\n")


def snapshot(kern, smp=2, jumps=False):
    """The snapshot of a kernel, made first if need be.

    jumps: an emulated guest's clock jumps over what it would idly wait for.
    One processor at a time runs then, and its time has nothing to do with ours.
    """
    with probing:
        accel = accelerator()
        if not accel:
            try:
                made = _snapshot(kern, smp, "kvm", jumps, KVM_PROBE_LIMIT)
                accel = "kvm"
            except Error:
                # Only if TCG does better was it KVM's fault.
                made = _snapshot(kern, smp, "tcg", jumps, BOOT_LIMIT)
                accel = "tcg"
                say("KVM does not work on this host: guests are emulated (TCG)")
            remember_accelerator(accel)
            return made
    return _snapshot(kern, smp, accel, jumps, BOOT_LIMIT)


def _snapshot(kern, smp, accel, jumps, limit):
    snap = Snapshot(kern, smp, accel, jumps and accel == "tcg", cache())
    final = cache() / f"snapshot-{kern.name}-{smp}-{snapshot_key(snap)}"
    snap = dataclasses.replace(snap, path=final)
    if snap.is_whole():
        os.utime(final)
        return snap
    with locked(f"snapshot-{kern.name}-{smp}", f"a snapshot of kernel {kern.name}"):
        if snap.is_whole():
            return snap
        if final.exists():
            say(f"snapshot of {kern.name}: damaged, making it again")
            shutil.rmtree(final)
        # Another checkout may use one of its own: only what is old goes.
        for old in cache().glob(f"snapshot-{kern.name}-{smp}-*"):
            if time.time() - old.stat().st_mtime > 2 * 3600:
                shutil.rmtree(old, ignore_errors=True)
        work = final.with_name(final.name + ".new")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            make_initramfs(kern, work)
            make_tables(work)
            say(f"booting kernel {kern.name} by {accel}, {smp} processor(s), once")
            boot(dataclasses.replace(snap, path=work), limit)
            sealed = json.dumps(dataclasses.replace(snap, path=work).measure())
            (work / "sealed").write_text(sealed)
            work.rename(final)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Error(f"no snapshot of {kern.name} could be made: {error}") from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return snap


def snapshot_key(snap):
    """A hash of all that a snapshot depends on, whatever its path."""
    digest = hashlib.sha256()
    for part in (
        os.environ["KPAIRS_IN_SDK"],
        qemu_version(),
        snap.kernel.path.name,
        *machine(dataclasses.replace(snap, path=pathlib.Path("/")), "on"),
    ):
        digest.update(part.encode() + b"\n")
    sources = (*INIT_SOURCES, *INIT_HEADERS, *table_sources())
    for path in (*sources, pathlib.Path(__file__)):
        digest.update(path.read_bytes())
    if os.environ["KPAIRS_IN_SDK"] == "host":
        # The guest has the host's libraries, which change under us.
        digest.update(str(os.stat("/etc/ld.so.cache").st_mtime_ns).encode())
    return digest.hexdigest()[:12]


class locked:
    """A lock of the cache, freed however the process ends."""

    def __init__(self, name, what):
        self.path, self.what = cache() / "lock" / name, what

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(self.path, "w")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that makes {self.what}")
            fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def boot(snap, limit):
    """Boots until init is ready, and leaves memory and state in snap.path."""
    with open(snap.memory_file, "wb") as memory:
        memory.truncate(snap.kernel.memory << 20)
    with Guest(machine(snap, "on")) as guest:
        ready = False
        guest.deadline = time.monotonic() + limit
        for kind, data in guest.messages():
            if kind == "D":
                raise Error(
                    f"kernel {snap.kernel.name} complained while it booted:"
                    f" {data.decode(errors='replace')}"
                )
            if kind == "R":
                ready = True
                break
        if not ready:
            raise Error(
                f"kernel {snap.kernel.name} did not boot by {snap.accel} in"
                f" {limit} s; the last words: {guest.last_words() or 'none'}"
            )
        guest.command("migrate", uri=f"exec:cat >'{snap.state_file}'")
        while True:
            status = guest.command("query-migrate").get("status")
            if status == "completed":
                break
            if status in ("failed", "cancelled") or guest.late():
                raise Error(
                    f"QEMU could not write a snapshot to {snap.path}: is the"
                    " disk full?"
                )
            time.sleep(0.01)
        guest.command("quit")
        guest.process.wait()


# --- the guest's firmware ---------------------------------------------------


def table_sources():
    """Tables for ACPI, which describe devices that no QEMU has."""
    folders = ("modules", "userspace-tests")
    return sorted(path for name in folders for path in (CHECKOUT / name).glob("*/*.asl"))


def make_tables(folder):
    """Makes folder/*.aml, in the order of the sources."""
    for path in table_sources():
        name = "-".join(path.relative_to(CHECKOUT).with_suffix(".aml").parts)
        try:
            done = subprocess.run(
                ["iasl", "-vs", "-vr", "-vi", "-we", "-p", folder / name, path],
                capture_output=True,
                text=True,
                errors="replace",
            )
        except FileNotFoundError:
            raise Error(
                "iasl is missing: install acpica-tools, or leave out SDK=host"
            ) from None
        if done.returncode:
            said = (done.stdout + done.stderr).splitlines()
            wrong = [line for line in said if line.startswith(f"{path}(")]
            line = " ".join([*wrong, *said, f"status {done.returncode}"][0].split())
            raise Error(f"a table for ACPI does not compile: {line}")


# --- the guest's files ------------------------------------------------------


def make_initramfs(kern, folder):
    """Makes folder/initramfs: init, busybox, some programs, their libraries."""
    init = folder / "init"
    subprocess.run(
        ["gcc", "-O2", "-Wall", "-static", "-o", init, *INIT_SOURCES], check=True
    )
    lines = [
        "dir /dev 755 0 0",
        "nod /dev/console 600 0 0 c 5 1",
        f"file /init {init} 755 0 0",
        "file /bin/busybox /usr/bin/busybox 755 0 0",
        # Where "ip netns" keeps its names.
        "dir /var 755 0 0",
        "slink /var/run /run 777 0 0",
    ]
    folders = {"/bin", "/dev"}

    def add(inside, outside, mode="755"):
        for parent in reversed(pathlib.PurePath(inside).parents):
            if str(parent) not in folders | {"/"}:
                folders.add(str(parent))
                lines.append(f"dir {parent} 755 0 0")
        lines.append(f"file {inside} {outside} {mode} 0 0")

    lines.insert(1, "dir /bin 755 0 0")
    for path in (*GUEST_PROGRAMS, *libraries()):
        add(path, os.path.realpath(path))
    root = kern.path / "lib" / "modules" / kern.release
    for path in sorted(root.rglob("*")):
        if path.is_file():
            add("/lib/modules/" + kern.release + str(path)[len(str(root)) :], path)
    lines += ["slink /bin/sh /usr/bin/bash 777 0 0", "dir /sbin 755 0 0"]
    for name in KMOD_NAMES:
        lines.append(f"slink /sbin/{name} /usr/bin/kmod 777 0 0")
    for applet in busybox_applets():
        if applet not in NOT_BUSYBOX:
            lines.append(f"slink /bin/{applet} busybox 777 0 0")
    tool = kern.path / "gen_init_cpio"
    if not tool.exists():
        tool = kernel("stock").path / "gen_init_cpio"
    with open(folder / "initramfs", "wb") as out:
        subprocess.run(
            [tool, "-"], input="\n".join(lines).encode(), stdout=out, check=True
        )


def libraries():
    """The shared libraries of the guest's programs, as the loader names them."""
    folder = "/usr/lib/x86_64-linux-gnu/"
    found = {folder + name for name in GUEST_LIBRARIES}
    output = subprocess.run(
        ["ldd", *GUEST_PROGRAMS, *found], capture_output=True, text=True
    ).stdout
    for word in output.split():
        if word.startswith("/") and not word.endswith(":"):
            found.add(word)
    return sorted(found)


def busybox_applets():
    return subprocess.run(
        ["busybox", "--list"], capture_output=True, text=True, check=True
    ).stdout.split()


def staged_files(kern, names=None):
    """Our modules (those named, or all), and the index that modprobe needs."""
    root = kern.modules / "lib" / "modules" / kern.release
    # The guest knows what is built in, and only depmod asks for the order.
    known = ("modules.builtin", "modules.order")
    index = [p for p in root.glob("modules.*") if not p.name.startswith(known)]
    return [
        (str(path)[len(str(kern.modules)) :], path)
        for path in sorted((*index, *root.glob("kpairs/*.ko")))
        if names is None or path.suffix != ".ko" or path.stem in names
    ]


# --- a guest ----------------------------------------------------------------


class Guest:
    """A QEMU process and the channel to its init."""

    alive = set()
    all_end = False

    def __init__(self, command, interactive=False):
        self.deadline = None
        self.port, port = socket.socketpair()
        self.folder = tempfile.TemporaryDirectory(prefix="kpairs-")
        self.console = pathlib.Path(self.folder.name) / "console"
        self.errors = open(pathlib.Path(self.folder.name) / "qemu", "w+")
        command = [*command, "-chardev", f"socket,id=port,fd={port.fileno()}"]
        if interactive:
            command += ["-chardev", "stdio,id=console,signal=off"]
        else:
            command += ["-chardev", f"file,id=console,path={self.console}"]
        self.monitor, monitor = socket.socketpair()
        command += ["-chardev", f"socket,id=monitor,fd={monitor.fileno()}"]
        command += ["-mon", "chardev=monitor,mode=control"]
        self.process = subprocess.Popen(
            command,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=None if interactive else self.errors,
            stderr=self.errors,
            pass_fds=(port.fileno(), monitor.fileno()),
            process_group=None if interactive else 0,
        )
        Guest.alive.add(self)
        if Guest.all_end:
            self.process.kill()
        port.close()
        monitor.close()
        self.answers = self.monitor.makefile("r")

    def __enter__(self):
        try:
            self.command("qmp_capabilities")
            # A snapshot's state is the devices'; the memory is in its file.
            ignore = {"capability": "x-ignore-shared", "state": True}
            self.command("migrate-set-capabilities", capabilities=[ignore])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        Guest.alive.discard(self)
        self.process.kill()
        self.process.wait()
        self.port.close()
        self.monitor.close()
        self.errors.close()
        self.folder.cleanup()

    def send(self, kind, data=b""):
        if len(data) > MAX_MESSAGE:
            raise Error(
                f"{len(data) >> 20} MiB are too much for a guest: it takes at"
                f" most {MAX_MESSAGE >> 20} MiB of files"
            )
        self.port.settimeout(self.time_left())
        try:
            self.port.sendall(kind.encode() + struct.pack("<I", len(data)) + data)
        except OSError:
            pass  # what became of the guest shows when its messages are read

    def send_file(self, inside, outside):
        try:
            content = pathlib.Path(outside).read_bytes()
            mode = os.stat(outside).st_mode & 0o7777
        except OSError as error:
            raise Error(f"{outside} cannot be read: {error.strerror}") from None
        self.send("F", struct.pack("<I", mode) + inside.encode() + b"\0" + content)

    def late(self):
        return self.deadline is not None and time.monotonic() >= self.deadline

    def time_left(self):
        if self.deadline is None:
            return None
        return max(self.deadline - time.monotonic(), 0.001)

    def messages(self):
        """Yields (type, data) until the guest ends or self.deadline passes."""
        pending = bytearray()
        while not self.late():
            self.port.settimeout(self.time_left())
            try:
                data = self.port.recv(1 << 20)
            except (TimeoutError, ConnectionResetError):
                data = b""
            if not data:
                return
            pending += data
            while len(pending) >= 5:
                size = struct.unpack_from("<I", pending, 1)[0]
                if len(pending) < 5 + size:
                    break
                message = chr(pending[0]), bytes(pending[5 : 5 + size])
                del pending[: 5 + size]
                yield message

    def command(self, name, **arguments):
        """A command of QEMU's monitor protocol, and its answer."""
        request = {"execute": name, "arguments": arguments}
        try:
            self.monitor.sendall(json.dumps(request).encode() + b"\n")
            for line in self.answers:
                answer = json.loads(line)
                if "error" in answer:
                    raise Error(f"QEMU: {answer['error']['desc']}")
                if "return" in answer:
                    return answer["return"]
        except OSError:
            pass
        raise Error(f"QEMU ended early: {self.last_words()}")

    def console_text(self):
        try:
            return self.console.read_text(errors="replace")
        except OSError:
            return ""

    def last_words(self):
        self.errors.seek(0)
        text = self.errors.read().strip() or self.console_text().strip()
        return " / ".join(text.splitlines()[-2:])


def end_on_signals():
    """What ends us ends our guests, as Ctrl-C does."""

    def end(*_):
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def end_all():
    """Ends the guests of other threads, which then see theirs end."""
    Guest.all_end = True
    for guest in list(Guest.alive):
        guest.process.kill()


@dataclasses.dataclass
class Result:
    """How a command went in its guest."""

    verdict: str = "ok"  # or ended, timeout, panic, dirty
    reason: str = ""  # one line, when the verdict is not ok
    status: int = 0  # of the command; 128 + N when signal N ended it
    output: bytes = b""
    errors: bytes = b""
    log: str = ""  # the kernel's, since the command began
    modules: str = ""  # that stay loaded
    leaks: str = ""  # kmemleak's report
    began: float = 0.0  # seconds from the restore to the command's begin
    took: float = 0.0  # seconds in all


def run(
    snap,
    command,
    files=(),
    modules=None,
    variables=(),
    limit=60.0,
    leaks=False,
    interactive=False,
    on_output=None,
):
    """Runs a command in a fresh guest.

    files: (path in the guest, path on the host) pairs. modules: names of those
    that the guest gets, None for all. limit: seconds from the command's begin,
    None for no limit. on_output(type, data) gets what is printed as it comes.
    """
    if len(command) > MAX_ARGUMENTS:
        raise Error(f"a guest takes at most {MAX_ARGUMENTS} arguments")
    began = time.monotonic()
    arguments = machine(snap, "off")
    arguments += ["-incoming", "defer"]
    saved = None
    if interactive and sys.stdin.isatty():
        saved = termios.tcgetattr(sys.stdin)
    try:
        with Guest(arguments, interactive=interactive) as guest:
            guest.deadline = time.monotonic() + RESTORE_LIMIT
            guest.command("migrate-incoming", uri=f"exec:cat '{snap.state_file}'")
            guest.send("T", struct.pack("<qq", *divmod(time.time_ns(), 10**9)))
            guest.send("E", os.urandom(256))
            for inside, outside in (*staged_files(snap.kernel, modules), *files):
                guest.send_file(inside, outside)
            for variable in variables:
                guest.send("V", variable.encode())
            for argument in command:
                guest.send("A", argument.encode())
            if leaks:
                guest.send("L")
            if interactive:
                guest.send("I")
            guest.send("G")
            result = follow(guest, began, limit, on_output)
    finally:
        if saved:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)
    if not result.began:
        raise Error(
            f"the guest of kernel {snap.kernel.name} was not restored"
            f" ({result.reason}): 'scripts/cache drop {snap.path.name}' makes it"
            " boot anew"
        )
    result.took = time.monotonic() - began
    return result


def follow(guest, began, limit, on_output):
    """Listens to the guest until it has said all, and judges."""
    result = Result()
    parts = {"o": [], "e": [], "k": []}
    complete = False
    for kind, data in guest.messages():
        if kind in parts:
            parts[kind].append(data)
            if on_output:
                on_output(kind, data)
        elif kind == "B":
            result.began = time.monotonic() - began
            guest.deadline = None if limit is None else time.monotonic() + limit
        elif kind == "S":
            result.status = int(data)
        elif kind == "M":
            result.modules = data.decode()
        elif kind == "K":
            result.leaks = data.decode(errors="replace")
        elif kind == "D":
            result.verdict, result.reason = "dirty", data.decode(errors="replace")
        elif kind == "U":
            raise Error(f"the files do not fit into the guest: {data.decode()}")
        elif kind == "Z":
            complete = True
            break
    result.output = b"".join(parts["o"])
    result.errors = b"".join(parts["e"])
    result.log = b"\n".join(parts["k"]).decode(errors="replace")
    if complete:
        return result
    before = f", after {result.reason}" if result.verdict == "dirty" else ""
    console = guest.console_text()
    result.log += console[console.rfind("\n", 0, console.find("Kernel panic")) + 1 :]
    panic = [line for line in console.splitlines() if "Kernel panic" in line]
    if panic:
        result.verdict, result.reason = "panic", panic[0]
    elif guest.late():
        result.verdict = "timeout"
        result.reason = f"no end within the time limit of {limit or 0:g} s{before}"
    else:
        result.verdict = "ended"
        result.reason = f"the guest ended early: {guest.last_words()}{before}"
    return result
