#!/usr/bin/env python3
"""How fast results of tests are recorded, and how long the questions take with many of them in the store.

Usage: record.py EXAI [ROWS]

Records 1, 10,000 and 100,000 results into a SQLite file and into a PostgreSQL of its own, then fills both with ROWS (5,000,000)
results in files of 500,000, of which one of twenty failed, and asks. What reading the file alone takes is measured beside it.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from postgres_server import PostgresServer  # noqa: E402

EXAI = os.path.abspath(sys.argv[1])
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000_000
FILE_ROWS = 500_000
TOOLS = 40
TRIES = 3


class Machine:
    def __init__(self, url=None):
        self.root = tempfile.mkdtemp(prefix="exai-bench-")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.root, "EXAI_STATE_DIR": os.path.join(self.root, "state")}
        if url:
            self.env["EXAI_STORE_URL"] = url
        self.run("list")

    def run(self, *args):
        """Seconds."""
        began = time.perf_counter()
        done = subprocess.run([EXAI, "record", *args], cwd=self.root, env=self.env, capture_output=True, text=True)
        took = time.perf_counter() - began
        assert done.returncode == 0, done.stdout + done.stderr
        return took

    def file(self, count, mark):
        """JUnit, the most usual one: COUNT results of forty classes."""
        path = os.path.join(self.root, "junit.xml")
        with open(path, "w", encoding="ascii") as file:
            file.write(f'<testsuite name="{mark}">\n')
            for i in range(count):
                inside = '<failure message="expected 1, got 2"/>' if i % 20 == 0 else ""
                file.write(f'<testcase classname="tool{i % TOOLS}" name="case {i}" time="0.01">{inside}</testcase>\n')
            file.write("</testsuite>\n")
        return path

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def rates(home, machine):
    for count in (1, 10_000, 100_000):
        whole, reading = [], []
        for turn in range(TRIES):
            path = machine.file(count, f"{count}-{turn}")
            reading.append(machine.run("add", path, "--dry-run"))
            whole.append(machine.run("add", path))
        print(f"{home}: {count:,} results in {min(whole) * 1000:.0f} ms ({count / min(whole):,.0f}/s), reading alone {min(reading) * 1000:.0f} ms")


def many(home, machine, views):
    times = [machine.run("add", machine.file(FILE_ROWS, f"many-{number}")) for number in range(ROWS // FILE_ROWS)]
    print(f"{home}: {ROWS:,} results in {sum(times):.1f} s; the first {FILE_ROWS:,} in {times[0]:.1f} s, the last in {times[-1]:.1f} s")
    for args in (("failing",), ("stats",), ("list",)):
        print(f"{home}: record {args[0]}: {min(machine.run(*args) for _ in range(TRIES)) * 1000:.0f} ms")
    for view in ("v_run_trend", "v_failing_tools_7d"):
        plan, took = views(view)
        print(f"{home}: {view}: {took * 1000:.0f} ms\n    " + "\n    ".join(plan))


def sqlite_view(machine):
    def ask(view):
        import sqlite3
        with sqlite3.connect(os.path.join(machine.root, "state", "exai.db")) as db:
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {view}")]
            began = time.perf_counter()
            db.execute(f"SELECT * FROM {view}").fetchall()
            return plan, time.perf_counter() - began
    return ask


def postgres_view(server):
    def ask(view):
        server.rows(f"SELECT * FROM exai.{view}")
        plan = [row[0] for row in server.rows(f"EXPLAIN ANALYZE SELECT * FROM exai.{view}")]
        return plan, float(plan[-1].split()[-2]) / 1000
    return ask


def main():
    machine = Machine()
    try:
        rates("SQLite", machine)
        many("SQLite", machine, sqlite_view(machine))
    finally:
        machine.close()
    with PostgresServer() as server:
        machine = Machine(server.url)
        try:
            rates("PostgreSQL", machine)
            many("PostgreSQL", machine, postgres_view(server))
        finally:
            machine.close()


if __name__ == "__main__":
    main()
