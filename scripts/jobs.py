# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What scripts/check runs, and what it makes of the results.

A Job is a command for a fresh guest (or, for what must not compile, for the
host) and the verdict that must come of it: test programs, attacks by machine,
controls. *_jobs() list them, run_all() runs and judges them.
"""

import concurrent.futures
import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import threading
import time

import vm

HERE = pathlib.Path(__file__).resolve().parent
TESTS = vm.CHECKOUT / "userspace-tests"
IMPLS = {"c": "", "rust": "rust_"}  # and what a module's name begins with
FOLDERS = {"c": "modules", "rust": "rust"}
NO_SAMPLES = ("controls", "compile_fail")  # what there is beside their tests
HANG_LIMIT = 5.0  # seconds, for what is meant to hang
LONG_LIMIT = 6 * 3600.0  # for a long run of one program
SHORT = 20  # `make check` does one in so many of the rounds of long test cases


@dataclasses.dataclass
class Job:
    """A command for one guest, or for none, and what must come of it."""

    kernel: str
    topic: str  # the folder under userspace-tests/
    name: str  # in it; or ""
    impl: str
    command: list
    files: list
    modules: set  # names of those that the guest gets
    limit: float
    smp: int = 1
    verdict: str = "ok"
    pattern: str = ""
    leaks: bool = True  # whether to look for some, where there is kmemleak
    guest: bool = True  # else the command is one for the host
    rounds: int = 100  # per cent of those of long test cases
    programs: int = 1  # that print results, one after the other
    result: vm.Result = None
    said: str = ""  # the runner's verdict
    reason: str = ""

    @property
    def row(self):
        return self.topic + (f"/{self.name}" if self.name else "")

    @property
    def title(self):
        return self.row + (f" {self.impl}" if self.impl else "")

    @property
    def output(self):
        return self.result.output.decode(errors="replace")

    @property
    def passed(self):
        return self.said == self.verdict and (
            self.said == "ok" or bool(re.search(self.pattern, self.reason))
        )

    def counts(self):
        """Cases passed, failed, skipped; a control is one case."""
        if self.topic == "controls":
            return (1, 0, 0) if self.passed else (0, 1, 0)
        cases = list(tap_cases(self.output))
        skipped = sum(case.skipped for case in cases)
        failed = sum(not case.ok for case in cases)
        passed = len(cases) - skipped - failed
        # What goes wrong outside of a case is one more failure.
        return passed, failed + (not self.passed and not failed), skipped


@dataclasses.dataclass
class Case:
    name: str
    ok: bool
    skipped: bool


def tap_cases(text):
    for line in text.splitlines():
        match = re.match(r"(not )?ok \d+(?: -)? *(.*?)( *# *SKIP\b.*)?$", line, re.I)
        if match:
            yield Case(match[2], not match[1], bool(match[3]) and not match[1])


def judge(job, result):
    """The verdict on a command, and why, in one line."""
    if result.verdict in ("panic", "timeout", "ended"):
        return result.verdict, result.reason
    # kmemleak's summary is in the log too; its report says more.
    if result.leaks and (result.verdict == "ok" or "kmemleak" in result.reason):
        return "leak", describe_leak(result.leaks)
    if result.verdict == "dirty":
        return "dirty", result.reason
    text = result.output.decode(errors="replace")
    cases = list(tap_cases(text))
    plans = re.findall(r"^1\.\.(\d+)", text, re.M)
    planned = sum(int(plan) for plan in plans)
    complete = len(plans) == job.programs and len(cases) >= planned and cases
    speaks_tap = plans or job.topic != "controls"
    failed = [case.name for case in cases if not case.ok]
    how = f"exit status {result.status}"
    if result.status > 128:
        how = f"signal {result.status - 128} ended it (status {result.status})"
    if failed:
        return "failed", f"failed: {', '.join(failed)}"
    if result.status > 128 or (speaks_tap and not complete):
        known = planned if len(plans) == job.programs else "an unknown number of"
        return "incomplete", f"{len(cases)} of {known} results, then {how}"
    if result.status:
        return "failed", how
    ours = set(result.modules.split()) & module_names(job.kernel)
    if ours:
        return "leftover", f"still loaded: {' '.join(sorted(ours))}"
    return "ok", ""


def describe_leak(report):
    """The first leak of kmemleak's report in one line."""
    lines = [line.strip() for line in report.splitlines()]
    trace = [re.sub(r"^\[<.*?>\] ", "", line) for line in lines if "+0x" in line]
    count = sum(line.startswith("unreferenced object") for line in lines)
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"{lines[0]} from {', '.join(trace[:6])}{more}"


def module_names(kernel):
    return {path.stem for path in (vm.BUILD / kernel / "stage").rglob("kpairs/*.ko")}


# --- what there is to run ---------------------------------------------------


def samples():
    """Topic and stem of each pair: ("char", "misc") for misc_sample."""
    found = (vm.CHECKOUT / "modules").glob("*/*_sample.c")
    return sorted((p.parent.name, p.stem.removesuffix("_sample")) for p in found)


def test_jobs(kernel, options):
    """The test programs of each sample, in each language that it has there."""
    for topic, stem, impl, module in modules_of(kernel, options):
        # Modules that are no samples, and that the tests of a topic use.
        helpers = {p.stem for p in (TESTS / topic).glob("*_module.c")}
        # One processor suits a program of one process; who tests what several
        # do at once needs two, and more where it is a crowd.
        for kind, smp, arguments in (
            ("test", 1, [module]),
            ("kselftest", 2, ["-v", impl]),
            ("stress", 2, ["-v", impl]),
            ("stress", 4, ["-v", impl]),
        ):
            program = vm.BUILD / "tests" / topic / f"{stem}_{kind}"
            if (TESTS / topic / f"{program.name}.c").exists():
                yield Job(
                    kernel,
                    topic,
                    program.name + (f"@{smp}" if smp > 2 else ""),
                    impl,
                    [f"/root/{program.name}", *arguments],
                    [(f"/root/{program.name}", program)],
                    {module, *helpers},
                    options.timeout,
                    smp,
                    rounds=rounds(kernel, options.length),
                )
        script = TESTS / topic / "selftests.sh"
        if script.exists():
            yield Job(
                kernel,
                topic,
                f"{stem}_selftests",
                impl,
                ["bash", script.name, module],
                [(f"/root/{script.name}", script), *selftests(script)],
                {module},
                options.timeout,
            )


def modules_of(kernel, options):
    """(topic, stem, language, name) of each module to be tried on a kernel."""
    languages = about("languages", kernel).split()
    built = module_names(kernel)
    for topic, stem in samples():
        if not matches(options.only, topic, stem):
            continue
        for impl in IMPLS:
            if impl not in languages or options.impl not in (None, impl):
                continue
            module = f"{IMPLS[impl]}{stem}_sample"
            if module in built:
                yield topic, stem, impl, module
            elif "rust" in languages:
                raise vm.Error(
                    f"{module} was not built for kernel {kernel}:"
                    f" {FOLDERS[impl]}/{topic}/Kbuild does not name it"
                )
            # What such a kernel is too old for, its Kbuild leaves out.


@functools.cache
def about(what, kernel):
    """A column of kconfig/kernels."""
    return vm.script("kernel", what, kernel)


def is_slow(kernel):
    """Whether it checks all it does, which makes it many times slower."""
    return slow_to_unload(kernel) or looks_for_races(kernel)


def rounds(kernel, length):
    """The per cent of rounds that test cases do."""
    part = int(about("rounds", kernel))
    return part if length != "short" else max(part // SHORT, 1)


@dataclasses.dataclass
class Attack:
    """What is tried by machine: a folder of test programs, one for each pair."""

    option: str  # for how much of it
    # How much: in a run of everything, short or full; and by a command of its
    # own. On a kernel that checks all it does, the second number. None: not then.
    amounts: dict
    # Pairs where one takes several times as long: how many times.
    slow: dict = dataclasses.field(default_factory=dict)
    together: bool = False  # both modules in one guest
    needs: str = ""  # of the kernel's configuration
    seeded: bool = False
    smp: int = 1

    def amount(self, kernel, options, stem):
        length = options.length
        if looks_for_races(kernel) and length == "short":
            length = "full"  # to find races is all that it is for
        all_of_it = self.amounts[length][is_slow(kernel)]
        return all_of_it and max(all_of_it // self.slow.get(stem, 1), 1)


ATTACKS = {
    "equivalence": Attack(
        "--sequences",
        {"short": (250, 30), "full": (1000, 100), "long": (100000, 5000)},
        slow={"platform": 5, "netdev": 10, "netpair": 20},
        together=True,
        seeded=True,
    ),
    "faults": Attack(
        "--points",  # of each operation; 0 is all
        {"short": (None, None), "full": (None, 3), "long": (None, 0)},
        needs="CONFIG_FAULT_INJECTION=y",
        seeded=True,
    ),
    "hostile": Attack(
        "--calls",
        {"short": (2000, None), "full": (20000, 5000), "long": (1000000, 1000000)},
        seeded=True,
        smp=2,
    ),
    "lifecycle": Attack(
        "--cycles",
        {"short": (None, None), "full": (50, None), "long": (10000, 1000)},
        needs="CONFIG_SLUB_DEBUG=y",  # /proc/slabinfo
        smp=2,
    ),
}


def attack_jobs(kernel, options):
    """The programs of userspace-tests/faults and the like."""
    found = {}
    for name in ATTACKS:
        for one in modules_of(kernel, options):
            job = options.attack in (None, name) and attack_job(kernel, options, name, one)
            if job:
                # To begin takes longer than to attack a little: one guest for
                # a pair, or for a topic where leaks are looked for as well.
                guest = one[0] if is_slow(kernel) else f"{one[0]}/{one[1]}"
                found.setdefault(guest, []).append(job)
    if options.length != "short":
        return sum(found.values(), [])
    return [one_guest(name, each) for name, each in found.items()]


def attack_job(kernel, options, name, one):
    """An attack on a module, or on a pair by way of its C module; or None."""
    topic, stem, impl, module = one
    attack = ATTACKS[name]
    program = vm.BUILD / "tests" / name / f"{stem}_{name}"
    config = (vm.kernel(kernel).path / "kdir/include/config/auto.conf").read_text()
    if attack.needs not in config or not (TESTS / name / f"{program.name}.c").exists():
        return None
    if looks_for_races(kernel) and attack.smp == 1:
        return None  # it does one thing after the other
    modules = {module} | {p.stem for p in (TESTS / topic).glob("*_module.c")}
    arguments = [module]
    if attack.together:
        both = {f"{before}{stem}_sample" for before in IMPLS.values()}
        if options.impl or impl != "c" or not both <= module_names(kernel):
            return None
        modules |= both
        arguments = []
    amount = attack.amount(kernel, options, stem)
    if amount is None:
        return None
    arguments += [attack.option, str(amount)]
    if attack.seeded:
        arguments += ["--seed", str(options.seed)]
    return Job(
        kernel,
        name,
        stem,
        "" if attack.together else impl,
        [f"/root/{program.name}", *arguments],
        [(f"/root/{program.name}", program)],
        modules,
        LONG_LIMIT if options.length == "long" else options.timeout,
        attack.smp,
    )


def one_guest(name, each):
    """Several attacks as one job."""
    script = ["status=0"]
    for job in each:
        script.append(f"echo '# attack {job.title}'")
        script.append(" ".join(job.command) + " || status=$?")
    return dataclasses.replace(
        each[0],
        topic="attacks",
        name=name,
        impl="",
        command=["sh", "-c", "\n".join([*script, "exit $status"])],
        files=[file for job in each for file in job.files],
        modules=set().union(*(job.modules for job in each)),
        limit=sum(job.limit for job in each),
        smp=max(job.smp for job in each),
        programs=len(each),
    )


def selftests(script):
    """The files of the kernel's source that a script asks for."""
    source = vm.kernel("stock").path / "kdir/tools/testing/selftests"
    for name in re.findall(r"^# selftest: (\S+)$", script.read_text(), re.M):
        yield f"/root/{pathlib.Path(name).name}", source / name


def compile_jobs(kernel, options):
    if options.only not in (None, "compile_fail") or options.impl == "c":
        return
    if "rust" in about("languages", kernel).split():
        job = Job(kernel, "compile_fail", "", "rust", [], [], set(), options.timeout)
        yield on_the_host(job, "compile_fail")


def on_the_host(job, script, *arguments):
    """What is compiled takes all processors, and no guest."""
    command = [str(HERE / script), job.kernel, *arguments]
    return dataclasses.replace(job, guest=False, command=command, smp=2 * os.cpu_count())


def control_jobs(kernel, options):
    if options.only not in (None, "controls") or options.impl == "rust":
        return
    programs = sorted((vm.BUILD / "tests" / "controls").glob("control_*"))
    for line in (TESTS / "controls" / "expect.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, kernels, verdict, pattern, command = re.split(r" +\| +", line, maxsplit=4)
        if kernels not in ("all", kernel):
            continue
        # What any kernel shows, a fast one shows soon enough.
        shown_elsewhere = options.length == "short" and not options.kernel
        if kernels == "all" and shown_elsewhere and is_slow(kernel):
            continue
        limit = HANG_LIMIT if verdict == "timeout" else options.timeout
        files = [(f"/bin/{p.name}", p) for p in programs if p.name in command.split()]
        job = Job(
            kernel,
            "controls",
            name,
            "",
            ["sh", "-c", command],
            files,
            set(re.split(r"\W+", command)),
            limit,
            verdict=verdict,
            pattern=pattern,
            leaks="leak" in verdict + pattern,
        )
        if command.startswith("compile_fail "):
            job = on_the_host(job, *command.split())
        yield job


def matches(only, topic, stem):
    return only in (None, topic, f"{topic}/{stem}_sample", f"{stem}_sample")


# --- running ----------------------------------------------------------------


class Processors:
    """Those of the host, given to guests that have something to do."""

    def __init__(self, count):
        self.count = self.free = count
        self.changed = threading.Condition()

    def take(self, wanted):
        """Waits until there are that many (or all), and returns how many."""
        wanted = min(wanted, self.count)
        with self.changed:
            self.changed.wait_for(lambda: self.free >= wanted)
            self.free -= wanted
        return wanted

    def give_back(self, taken):
        with self.changed:
            self.free += taken
            self.changed.notify_all()


def at_once(function, arguments):
    """Yields results as they come; what ends one ends all, guests included."""
    with concurrent.futures.ThreadPoolExecutor(4 * os.cpu_count()) as pool:
        try:
            pending = [pool.submit(function, argument) for argument in arguments]
            for done in concurrent.futures.as_completed(pending):
                yield done.result()
        except BaseException:
            vm.end_all()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def looks_for_races(kernel):
    return kernel == "kcsan"


def processors_of(job):
    """Those of its guest. A race takes two: one waits at what it looks at, and
    the other comes by, be it only a worker of the kernel's."""
    return max(job.smp, 2) if looks_for_races(job.kernel) else job.smp


def slow_to_unload(kernel):
    """DEBUG_KOBJECT_RELEASE makes each unload wait for seconds."""
    return kernel == "debug"


def run_all(kernel, jobs, snapshots):
    """Yields each job when it has ended; as many at a time as processors, or
    more where guests wait seconds for nothing. snapshots: by smp."""
    waits = slow_to_unload(kernel) and any(not one.jumps for one in snapshots.values())
    # Others wait as well: for a moment, but often.
    processors = Processors(round((4 if waits else 1.5) * os.cpu_count()))

    def run_one(job):
        snapshot = snapshots[processors_of(job)] if job.guest else None
        # Of several processors, most of the time one has something to do.
        wanted = (job.smp + 1) // 2 if job.guest else job.smp
        if job.guest and snapshot.jumps:
            wanted = 1
        elif job.verdict == "timeout":
            wanted = 0  # it only waits
        taken = processors.take(wanted)
        try:
            job.result = run_here(job) if not job.guest else run_guest(job, snapshot)
        finally:
            processors.give_back(taken)
        job.said, job.reason = judge(job, job.result)
        return job

    yield from at_once(run_one, jobs)


def run_guest(job, snapshot):
    """In a guest of its own."""
    return vm.run(
        snapshot,
        job.command,
        job.files,
        job.modules,
        variables=["CMOCKA_MESSAGE_OUTPUT=TAP", f"KPAIRS_ROUNDS={job.rounds}"],
        limit=job.limit,
        leaks=job.leaks,
    )


def run_here(job):
    """As run_guest(), on the host."""
    began = time.monotonic()
    try:
        done = subprocess.run(job.command, capture_output=True, timeout=job.limit)
        result = vm.Result(status=done.returncode, output=done.stdout, errors=done.stderr)
    except subprocess.TimeoutExpired:
        result = vm.Result("timeout", f"no end within the time limit of {job.limit:g} s")
    result.took = time.monotonic() - began
    return result


def make_snapshots(kernel, smps):
    """By smp, side by side: a debug kernel takes a minute to boot."""

    def one(smp):
        return smp, vm.snapshot(kernel, smp, jumps=slow_to_unload(kernel.name))

    return dict(at_once(one, smps))
