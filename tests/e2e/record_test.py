#!/usr/bin/env python3
"""exai record from outside: files of many tools, in both homes, while the database goes away, and killed or refused at each call.

Usage: record_test.py EXAI FAILING_CALLS.so [MOST]

MOST bounds the faults of one kind, evenly spread over the calls that there are (60); 0 makes every one.
"""
import concurrent.futures
import errno
import json
import mmap
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

from postgres_server import PostgresServer

EXAI, LIBRARY = (os.path.abspath(name) for name in sys.argv[1:3])
MOST = int(sys.argv[3]) if len(sys.argv) > 3 else 60
KILLS = 200 if MOST == 0 else 60
NEVER = 1 << 40
LINES = 40  # results of a file that is recorded under faults


def check(holds, what):
    if not holds:
        raise AssertionError(what)


class Machine:
    """A root of its own, with a home that is a file or that database."""

    def __init__(self, url=None):
        self.root = tempfile.mkdtemp(prefix="exai-record-")
        self.state = os.path.join(self.root, "state")
        self.spool = os.path.join(self.state, "spool")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.root, "EXAI_STATE_DIR": self.state}
        if url:
            self.env["EXAI_STORE_URL"] = url

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def file(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def start(self, *args, text=None, more=None):
        child = subprocess.Popen([EXAI, "record", *args], cwd=self.root, env={**self.env, **(more or {})}, text=True,
                                 stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        return child

    def run(self, *args, code=0, text=None, more=None):
        child = self.start(*args, text=text, more=more)
        out, err = child.communicate(text, timeout=60)
        check(code is None or child.returncode == code, f"{args}: {child.returncode} instead of {code}: {out}{err}")
        self.code, self.out, self.err = child.returncode, out, err
        return out

    def json(self, *args, code=0, more=None):
        return json.loads(self.run(*args, "--json", code=code, more=more))

    def runs(self):
        """All runs as they are kept: key to numbers of results, in the order in which they came in."""
        kept = {}
        for line in self.run("export", "--limit", "100000").splitlines():
            row = json.loads(line)
            if "schema" in row:
                check(row["key"] not in kept, f"twice in the home: {row['key']}")
                kept[row["key"]] = {"id": row["id"], "total": row["total"], "results": [], "name": row["name"]}
                last = kept[row["key"]]
            else:
                check(row["run"] == last["id"], "a result of another run")
                last["results"].append(row["variation"])
        for key, run in kept.items():
            check(len(run["results"]) == run["total"], f"{key}: {len(run['results'])} of {run['total']} results")
        return kept


def tap(name, count=LINES):
    return f"TAP version 13\n1..{count}\n" + "".join(f"ok {i + 1} - {name} {i + 1}\n" for i in range(count))


JUNIT = """<testsuite name="unit" tests="3" failures="1" time="1.5" hostname="builder" timestamp="2026-01-02T03:04:05">
<testcase classname="a.B" name="works" time="0.5"/>
<testcase classname="a.B" name="breaks" time="1.0"><failure message="=1+1, said &quot;no&quot;">trace</failure></testcase>
<testcase classname="a.C" name="waits"><skipped/></testcase></testsuite>"""


def test_commands(url):
    with Machine(url) as made:
        made.file("junit.xml", JUNIT)
        report = made.json("add", "junit.xml", "--branch", "topic", more={"GITHUB_SHA": "0123456789abcdef", "GITHUB_REF_NAME": "main"})
        check("1 passed, 1 failed, 1 skipped, 0 broken" in report["results"][0]["summary"], report)
        first = int(report["results"][0]["facts"][0]["text"])
        made.run("add", "junit.xml", "--name", "other")
        check(f"already, as run {first}" in made.out, made.out)
        shown = made.json("show", str(first))
        run = shown["run"]
        check((run["branch"], run["commit"], run["host"], run["name"], run["format"]) ==
              ("topic", "0123456789abcdef", "builder", "unit", "junit"), run)
        check(run["at"].startswith("2026-01-02T03:04:05") and run["duration_s"] == 1.5 and run["pass_rate"] == 50, run)
        check([row["status"] for row in shown["results"]] == ["PASS", "FAIL", "SKIP"], shown)
        made.run("show", str(first))
        check("FAIL  a.B breaks" in made.out and "works" not in made.out, made.out)
        made.run("show", str(first), "--all")
        check("PASS  a.B works" in made.out, made.out)
        made.run("add", "-", "--format", "tap", "--name", "piped", text=tap("p", 3))
        made.run("add", "-", text=tap("q", 3), more={"CI_COMMIT_REF_NAME": "lab"})
        rows = made.json("list")["rows"]
        check([row["name"] for row in rows] == ["tap", "piped", "unit"] and rows[0]["branch"] == "lab", rows)
        check(len(made.json("list", "--branch", "topic")["rows"]) == 1 and len(made.json("list", "--limit", "2")["rows"]) == 2, "filters")
        failing = made.json("failing")["rows"]
        check([(row["tool"], row["failures"]) for row in failing] == [("a.B", "1")], failing)
        stats = made.json("stats")
        check(stats["passed"] == 7 and stats["executed"] == 8 and [run["name"] for run in stats["runs"]] == ["unit", "piped", "tap"], stats)
        made.run("stats")
        check("+50.0" in made.out and "3 runs, 7 of 8 results passed (87.5 %)" in made.out, made.out)
        made.run("export", str(first), "--as", "csv")
        check("\"'=1+1, said \"\"no\"\"\ntrace\"" in made.out and made.out.count("\r\n" if "\r\n" in made.out else "\n") >= 4, repr(made.out))
        # Files of one job are one run, whatever their order; --each makes each its own.
        for name in "xyz":
            made.file(name + ".tap", tap(name, 2))
        made.run("add", "x.tap", "y.tap", "x.tap")
        check("4 results" in made.out, made.out)
        made.run("add", "y.tap", "x.tap")
        check("already" in made.out, made.out)
        made.run("add", "--each", "y.tap", "junit.xml", "missing.xml", "z.tap", code=3)
        check("missing.xml" in made.out and made.out.count("2 results") == 2, made.out)
        made.run("add", "x.tap", "missing.xml", code=66)
        check("missing.xml" in made.err and len(made.runs()) == 6, made.err)
        made.run("add", "z.tap", "--dry-run")
        check("would" in made.out, made.out)
        before = len(made.runs())
        made.file("odd.txt", "neither this nor that\n")
        made.run("add", "odd.txt", code=None)
        check(made.code == 1 and "odd.txt" in made.err and len(made.runs()) == before, f"{made.code} {made.err}")
        made.run("add", code=64)
        made.run("show", code=64)
        made.run("show", "0x1", code=64)
        made.run("show", "99999999", code=None)
        check(made.code not in (0, 70) and "record list" in made.err, made.err)
        made.run("show", "1", "--spool", code=64)
        made.run("add", "x.tap", "--format", "xml", code=64)
        check(made.json("show", "--spool")["rows"] == [], "nothing waits")


def test_away(server):
    """Recorded while the database is away; in order and once when it is back, whoever brings it in."""
    with Machine(server.database("away")) as made:
        made.file("before.tap", tap("before"))
        made.run("add", "before.tap")
        server.stop()
        names = [f"away{i}" for i in range(5)]
        for name in names:
            made.file(name + ".tap", tap(name))
            made.run("add", name + ".tap", "--name", name)
            check("kept on this machine" in made.out and "exai probe postgres" in made.out, made.out)
        made.run("add", names[0] + ".tap", "--name", names[0])  # a job that is repeated
        waiting = made.json("show", "--spool")["rows"]
        check([row["run"] for row in waiting] == [*names, names[0]] and all(row["results"] == str(LINES) for row in waiting), waiting)
        made.run("list", code=3)
        made.run("replay", code=3)
        # A damaged record is set aside, told, and keeps nothing back.
        damaged = os.path.join(made.spool, sorted(os.listdir(made.spool))[2])
        with open(damaged, "r+b") as file:
            file.seek(200)
            file.write(b"\xff")
        server.start()
        made.file("after.tap", tap("after"))
        made.run("add", "after.tap", "--name", "after")
        check("4 runs" not in made.out and "set aside" in made.out and "5 runs that waited" in made.out, made.out)
        kept = [run["name"] for run in made.runs().values()]
        check(sorted(kept) == sorted(["tap", *names[:2], *names[3:], "after"]), kept)
        by_number = [run["name"] for run in sorted(made.runs().values(), key=lambda run: run["id"])]
        check(by_number == ["tap", *names[:2], *names[3:], "after"], by_number)
        check(os.listdir(made.spool) == ["rejected"] and len(os.listdir(os.path.join(made.spool, "rejected"))) == 1, "the spool is empty")
        made.run("replay")
        check(len(made.runs()) == 6, "nothing twice")


def test_full_spool(server):
    """What can be kept nowhere is an error that the user sees."""
    with Machine(server.url) as made:
        made.file("x.tap", tap("x"))
        server.stop()
        os.mkdir(made.state)
        with open(made.spool, "w", encoding="utf-8") as file:
            file.write("a file where the folder should be")
        made.run("add", "x.tap", code=None)
        check(made.code not in (0, 70) and "spool" in made.err, f"{made.code} {made.out}{made.err}")
        server.start()


class Faults:
    def __init__(self, made, call, number, mode, code=errno.ENOSPC):
        self.file = open(os.path.join(made.root, "count"), "w+b")
        self.file.write(bytes(mmap.PAGESIZE))
        self.file.flush()
        self.page = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)
        self.more = {"LD_PRELOAD": LIBRARY, "FAIL_CALL": call, "FAIL_FROM": str(number), "FAIL_MODE": mode, "FAIL_ERRNO": str(code),
                     "FAIL_UNDER": made.state, "FAIL_COUNT": self.file.name}

    def count(self):
        return struct.unpack("Q", self.page[:8])[0]

    def close(self):
        self.page.close()
        self.file.close()


def prepared(url, known):
    """A machine with something in its home already, when that is wanted."""
    made = Machine(url)
    if known:
        made.file("known.tap", tap(f"known {made.root}", 3))
        made.run("add", "known.tap")
    return made


def one_fault(url, back, known, call, number, mode, code=errno.ENOSPC):
    """Records under a fault, then again without: (what was wrong, calls counted). `back`: where the database is afterwards."""
    with prepared(back if known else None, known) as made:
        made.env.pop("EXAI_STORE_URL", None)
        if url:
            made.env["EXAI_STORE_URL"] = url
        made.file("new.tap", tap(f"new {made.root}"))
        faults = Faults(made, call, number, mode, code)
        try:
            made.run("add", "new.tap", "--name", made.root, code=None, more=faults.more)
            counted = faults.count()
        finally:
            faults.close()
        wrong = []
        acknowledged = made.code == 0
        if made.code == 70 or (made.code > 0 and len(made.err) < 20):
            wrong.append(f"ended with {made.code}: {made.err}")
        if back:
            made.env["EXAI_STORE_URL"] = back
        try:
            made.run("replay")  # only what waits, nothing new
            mine = [run for run in made.runs().values() if run["name"] == made.root]
            if acknowledged and len(mine) != 1:
                wrong.append(f"acknowledged, and there {len(mine)} times: {made.out[:300]}")
            made.run("add", "new.tap", "--name", made.root)
            mine = [run for run in made.runs().values() if run["name"] == made.root]
            if len(mine) != 1 or mine[0]["total"] != LINES:
                wrong.append(f"recorded again it is there {len(mine)} times")
        except AssertionError as problem:
            wrong.append(str(problem)[:400])
        return wrong, counted


def chosen(count):
    if MOST == 0 or count <= MOST:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (MOST - 1)) for i in range(MOST)})


def test_faults(url, back, what):
    """Every call refused, once and from then on; and killed as it enters every call."""
    cases = []
    for known in (False, True):
        plans = [(call, mode, code) for call in ("write", "sync", "open", "rename") for mode, code in
                 (("once", errno.ENOSPC), ("on", errno.ENOSPC), ("once", errno.EIO))] + [("any", "kill", 0)]
        counts = {}
        for call, mode, code in plans:
            if call not in counts:
                wrong, counts[call] = one_fault(url, back, known, call, NEVER, "once")
                check(not wrong, f"{what}: without any fault: {wrong}")
            most = chosen(counts[call])
            if mode != "kill" and MOST:
                most = most[::4]
            cases += [(known, call, number, mode, code) for number in most]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for case, (wrong, _) in zip(cases, pool.map(lambda case: one_fault(url, back, *case), cases)):
            for problem in wrong:
                failed += 1
                print(f"{what} {case}: {problem}")
    print(f"{what}: {len(cases)} faults, {failed} wrong")
    return failed


def test_killed_any_time(url, what, kills):
    """Killed at random moments, one recorder after the other; each file once in the end, what was acknowledged already before."""
    chance = random.Random(7)
    with Machine(url) as made:
        made.file("first.tap", tap(made.root))
        began = time.perf_counter()
        made.run("add", "first.tap", "--name", "first")
        took = time.perf_counter() - began
        files, acknowledged = [], set()
        for number in range(kills):
            name = f"{what}{number}"
            files.append(name)
            made.file(name + ".tap", tap(f"{made.root} {name}"))
            child = made.start("add", name + ".tap", "--name", name)
            timer = threading.Timer(chance.uniform(0, 1.3 * took), child.send_signal, [signal.SIGKILL])
            timer.start()
            child.communicate(timeout=60)
            timer.cancel()
            if child.returncode == 0:
                acknowledged.add(name)
        there = {run["name"] for run in made.runs().values()}
        lost = acknowledged - there
        for name in files:
            made.run("add", name + ".tap", "--name", name)
        after = [run["name"] for run in made.runs().values()]
        files.append("first")
        check(not lost and sorted(after) == sorted(files), f"{what}: lost {lost}, {len(after)} of {len(files)}")
        print(f"{what}: {kills} kills at any moment, {len(acknowledged)} acknowledged, 0 lost, 0 doubled")


def test_disturbed_database(server):
    """The database stopped and started while several record: nothing lost, nothing doubled."""
    with Machine(server.database("storm")) as made:
        names, told, lock = [f"storm{i}" for i in range(40)], set(), threading.Lock()

        def recorder(mine):
            for name in mine:
                made.file(name + ".tap", tap(f"{made.root} {name}"))
                child = made.start("add", name + ".tap", "--name", name)
                child.communicate(timeout=60)
                if child.returncode == 0:
                    with lock:
                        told.add(name)

        threads = [threading.Thread(target=recorder, args=(names[i::4],)) for i in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            server.stop()
            server.start()
        for thread in threads:
            thread.join()
        made.run("replay")
        there = [run["name"] for run in made.runs().values() if run["name"].startswith("storm")]
        check(sorted(there) == sorted(told), f"{len(told)} told, {len(there)} there")
        check(len(told) == len(names), f"not recorded: {set(names) - told}")
        print(f"{len(told)} recorded while the database went and came, 0 lost, 0 doubled")


def main():
    test_commands(None)
    failed = test_faults(None, None, "SQLite")
    test_killed_any_time(None, "sqlite", KILLS)
    with PostgresServer() as server:
        test_commands(server.database("commands"))
        test_away(server)
        test_full_spool(server)
        faults = server.database("faults")
        failed += test_faults(faults, faults, "PostgreSQL")
        test_killed_any_time(server.database("kills"), "postgres", KILLS)
        with PostgresServer() as other:
            away = other.url
            other.stop()
            failed += test_faults(away, server.database("spool"), "spool")
        test_disturbed_database(server)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
