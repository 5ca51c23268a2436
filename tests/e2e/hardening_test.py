#!/usr/bin/env python3
"""What the linker and the compiler did for the shipped binary, read from its ELF (as hardening-check does).

Usage: hardening_test.py EXAI
"""
import re
import subprocess
import sys


def out(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def main():
    exai = sys.argv[1]
    head, segments, dynamic = out("readelf", "-hW", exai), out("readelf", "-lW", exai), out("readelf", "-dW", exai)
    symbols = out("readelf", "--dyn-syms", "-W", exai)
    stack = re.search(r"GNU_STACK.*", segments)
    found = {
        "position independent": "DYN (" in head and "INTERP" in segments,
        "read-only relocations": "GNU_RELRO" in segments,
        "immediate binding": re.search(r"FLAGS_1.*\bNOW\b", dynamic) or "(BIND_NOW)" in dynamic,
        "no executable stack": stack and "E" not in stack[0].split()[-2],
        "stack protector": "__stack_chk_fail" in symbols,
        "fortified functions": re.search(r"\b__\w+_chk@", symbols),
        "no search path": "(RPATH)" not in dynamic and "(RUNPATH)" not in dynamic,
    }
    if "X86-64" in head:
        code = out("objdump", "-d", "--no-show-raw-insn", exai)
        found["landing places of indirect jumps"] = code.count("endbr64") > 1000
    missing = [name for name, there in found.items() if not there]
    print("\n".join(f"missing: {name}" for name in missing) or f"{len(found)} properties hold")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
