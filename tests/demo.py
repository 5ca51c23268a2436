#!/usr/bin/env python3
"""The whole path once: simulator, server, our client over three transports, then the daily runbook.

Usage: demo.py EXAI SIMULATOR [--quiet]. What it shows it also proves: any difference ends it with exit 1.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from deployment import Deployment  # noqa: E402

QUIET = "--quiet" in sys.argv


def show(deployment, *args, code=0):
    done = deployment.run(*args, code=code)
    if not QUIET:
        line = " ".join(args).replace(deployment.exai, "exai")
        print(f"\n$ exai {line}\n{(done.stdout + done.stderr).rstrip()}")
    return done


def chat(deployment, *where):
    """Two turns of one conversation, the second proving that the first reached the model, and a streamed one."""
    first = deployment.json("tool", "call", "chat", "--arg", "prompt=my name is Ada", "--arg", "model=glm-4.5-flash", *where)
    thread = first["structuredContent"]["continuation_offer"]["continuation_id"]
    second = show(deployment, "tool", "call", "chat", "--arg", "prompt=what is my name?", "--arg", f"continuation_id={thread}", *where)
    assert "Ada" in second.stdout, f"the second turn does not know the first: {second.stdout}"
    streamed = show(deployment, "tool", "call", "chat", "--arg", "prompt=count slowly", "--arg", "stream:=true", "--stream", *where)
    assert streamed.stdout.strip(), "the streamed answer is empty"


def main():
    exai, simulator = sys.argv[1:3]
    with Deployment(exai, simulator) as deployment:
        deployment.serve()
        show(deployment, "status")
        listing = show(deployment, "tool", "list")
        assert all(name in listing.stdout for name in ("chat", "listmodels", "version", "status", "health")), listing.stdout
        http = ["--server", deployment.mcp]
        exai_ws = ["--server", deployment.exai_ws]
        stdio = ["--stdio", "--", deployment.exai, "serve", "--stdio"]
        shim = ["--stdio", "--", deployment.exai, "serve", "--stdio", "--connect", deployment.exai_ws]
        for where in (http, exai_ws, stdio, shim):
            chat(deployment, *where)
        show(deployment, "runbook", "run", "daily")  # a machine with a full disk is a warning here, not a failure
        show(deployment, "stop")
        assert deployment.server.stop() == 0
        assert not deployment.leaked(), f"a secret was shown: {deployment.leaked()}"
    print("demo: the whole path works")


if __name__ == "__main__":
    main()
