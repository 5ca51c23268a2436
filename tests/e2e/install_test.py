#!/usr/bin/env python3
"""Installs into a scratch root, runs the installed binary, and the whole path with it.

Usage: install_test.py BUILD_FOLDER SOURCE_FOLDER
"""
import os
import subprocess
import sys
import tempfile


def run(*argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def main():
    build, source = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="exai-root-") as root:
        run("cmake", "--install", build, "--prefix", f"{root}/usr")
        exai = f"{root}/usr/bin/exai"
        assert run(exai, "--version").startswith("exai "), "no version"
        for path in ("share/man/man1/exai.1", "share/bash-completion/completions/exai", "share/zsh/vendor-completions/_exai",
                     "share/fish/vendor_completions.d/exai.fish", "share/exai/runbooks/daily.yaml", "lib/systemd/system/exai.service"):
            assert os.path.exists(f"{root}/usr/{path}"), f"{path} is not installed"
        print(run(sys.executable, f"{source}/tests/demo.py", exai, f"{build}/tests/exai-simulator", "--quiet"), end="")

        run("cpack", "-G", "DEB", "--config", f"{build}/CPackConfig.cmake", "-B", f"{root}/deb")
        package = next(f"{root}/deb/{name}" for name in os.listdir(f"{root}/deb") if name.endswith(".deb"))
        depends = run("dpkg-deb", "-f", package, "Depends")
        for name in ("libcurl4", "libssl3", "libsqlite3-0", "ca-certificates"):
            assert name in depends, f"the package does not depend on {name}: {depends}"
        run("dpkg-deb", "-x", package, f"{root}/unpacked")
        assert run(f"{root}/unpacked/usr/bin/exai", "--version").startswith("exai ")
    print("install: ok")


if __name__ == "__main__":
    main()
