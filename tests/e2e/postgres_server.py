"""A PostgreSQL of the tests' own: Debian's server on loopback in a scratch folder, thrown away at the end."""
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from deployment import Process, free_ports

PROGRAMS = "/usr/lib/postgresql/15/bin/"


def as_servant(*command):
    """The server refuses to run as root, and ends with us however we end."""
    servant = ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig", "KILL", *servant, PROGRAMS + command[0], *command[1:]]


class PostgresServer:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="exai-postgres-")
        if os.geteuid() == 0:
            servant = pwd.getpwnam("postgres")
            os.chown(self.folder, servant.pw_uid, servant.pw_gid)
        self.data = os.path.join(self.folder, "data")
        subprocess.run(as_servant("initdb", "--no-sync", "--no-instructions", "--auth=trust", "--username=postgres", "--encoding=UTF8",
                                  "--locale=C.UTF-8", "-D", self.data), check=True, stdout=subprocess.DEVNULL)
        self.port = free_ports(1)[0]
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.start()

    def start(self):
        self.server = Process(as_servant("postgres", "-D", self.data, "-h", "127.0.0.1", "-p", str(self.port), "-k", self.folder, "-F"))
        self.server.wait_for("ready to accept connections", 60)

    def stop(self):
        """At once, as a machine that goes away."""
        self.server.stop(signal.SIGQUIT)

    def database(self, name):
        """The address of a new and empty one."""
        self.rows(f'CREATE DATABASE "{name}"')
        return self.url.removesuffix("postgres") + name

    def rows(self, sql):
        done = subprocess.run(["psql", "-X", "-A", "-t", "-F", "\t", "-c", sql, self.url], check=True, capture_output=True, text=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def close(self):
        if self.server.child.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
