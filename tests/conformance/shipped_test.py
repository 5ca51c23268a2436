#!/usr/bin/env python3
"""shipped_test.py EXAI EXAI_CONFORMANCE: the production binary holds nothing of the fixtures, the other one does."""
import sys

WORDS = [b"test_input_required_result", b"test://static-text", b"json_schema_2020_12_tool", b"test_simple_prompt"]


def main():
    with open(sys.argv[1], "rb") as file:
        shipped = file.read()
    with open(sys.argv[2], "rb") as file:
        fixtures = file.read()
    found = [word.decode() for word in WORDS if word in shipped]
    missing = [word.decode() for word in WORDS if word not in fixtures]
    if missing:
        sys.exit(f"this test looks for words that no fixture has: {missing}")
    sys.exit(f"the production binary holds fixtures: {found}" if found else 0)


if __name__ == "__main__":
    main()
