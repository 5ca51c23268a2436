#!/usr/bin/env python3
"""exai suite run: the whole catalogue against the real server, and against servers that lie.

Usage: suite_run_test.py EXAI SIMULATOR [TEST...]
"""
import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lying_server import LIES  # noqa: E402
from mcp_peer import run_tests  # noqa: E402
from toolbox_test import project_deployment  # noqa: E402

EXAI = os.path.abspath(sys.argv[1])
LIAR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lying_server.py")
# An answer out of a cache costs nothing, and which one that is depends on who asked first.
NO_CACHE = {"SEMANTIC_CACHE_MAX_SIZE": 0, "EXAI_EXPERT_CACHE_ENTRIES": 0}


# A server of somebody else's: how careful it is stands in its first argument.
OTHER = """
import json, sys
ENTRY = {"name": "weather", "annotations": {"readOnlyHint": True},
         "inputSchema": {"type": "object", "additionalProperties": False, "required": ["city"],
                         "properties": {"city": {"type": "string", "maxLength": 1000}, "days": {"type": "integer", "minimum": 1, "maximum": 7}}}}
how = sys.argv[1]
def wrong(given):
    city, days = given.get("city"), given.get("days", 1)
    if set(given) - {"city", "days"}: return "unknown member " + sorted(set(given) - {"city", "days"})[0]
    if not isinstance(city, str): return "city must be a text"
    if len(city) > 1000: return "city is too long"
    if type(days) is not int or not 1 <= days <= 7: return "days must be 1 to 7"
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method, answer = asked["method"], {}
    if method == "initialize":
        answer["result"] = {"protocolVersion": "2025-06-18", "serverInfo": {"name": "other", "version": "1"}, "capabilities": {"tools": {}}}
    elif method == "ping":
        answer["result"] = {}
    elif method == "tools/list":
        answer["result"] = {"tools": [ENTRY]}
    elif method == "tools/call":
        why = {"careful": wrong, "careless": lambda given: None, "away": lambda given: "the backend is away"}[how](asked["params"].get("arguments", {}))
        answer["result"] = {"content": [{"type": "text", "text": why or "it rains"}], "isError": bool(why)}
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}), flush=True)
"""


def timeless(value):
    """A report without what is another in every run."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key not in ("started", "duration_ms", "run_id")}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def bad(report):
    return [(one["id"], one["status"], one["summary"]) for one in report["results"] if one["status"] not in ("pass", "skip")]


def suite_results(report):
    return {one["id"]: one for one in report["results"] if one["group"] == "suite"}


def liar(lie, made):
    return ["--stdio", "--", sys.executable, LIAR, *lie.split(), "--", made.exai, "--quiet", "serve", "--stdio"]


def test_offline_everything_passes_and_is_the_same_every_time():
    with project_deployment() as made:
        scratch = made.env["TMPDIR"] = os.path.join(made.root, "scratch")
        os.mkdir(scratch)
        reports = [timeless(made.json("--jobs", str(jobs), "suite", "run", "--offline", code=0)) for jobs in (1, 4, 4)]
        assert bad(reports[0]) == [], bad(reports[0])
        assert reports[0] == reports[1] == reports[2], "the same report, whatever the jobs"
        results = reports[0]["results"]
        skipped = [one for one in results if one["status"] == "skip"]
        assert all(len(one["summary"]) > 8 for one in skipped), "each skip has its reason"
        tools = {one["group"] for one in results} - {"suite"}
        for tool in tools:
            assert len({one["id"].split(".")[1] for one in results if one["group"] == tool}) == 12, tool
        assert len(tools) == 31 and len(results) - len(skipped) > 380, (len(tools), len(results), len(skipped))
        assert os.listdir(scratch) == [], "nothing is left"
        assert made.leaked() == []


def test_the_running_server_passes_over_every_transport():
    with project_deployment(**NO_CACHE) as made:
        made.serve()
        reports = [timeless(made.json("suite", "run", "--max-cost", "5")) for _ in range(2)]
        assert bad(reports[0]) == [], bad(reports[0])
        assert reports[0] == reports[1], [pair for pair in zip(*(report["results"] for report in reports)) if pair[0] != pair[1]]
        for how in (["--transport", "ws"], ["--transport", "daemon", "--jobs", "2"], ["--era", "modern"], ["--stdio", "--", made.exai, "--quiet", "serve", "--stdio"]):
            told = made.json("suite", "run", "--tool", "chat", "--tool", "debug", "--tool", "status", "--tool", "precommit", *how, code=None)
            assert bad(told) == [], (how, bad(told))
        assert not [name for name in os.listdir(made.project) if name.startswith("exai-suite-")], "the files are gone"
        without = made.json("suite", "run", "--tool", "analyze", "--server", made.mcp)
        assert any("needs files" in one["summary"] for one in without["results"]), without
        checked = made.json("suite", "list", "--check")
        assert checked["results"][0]["summary"].startswith("31 tools offered, 0 hidden"), checked
        assert made.leaked() == []


def test_what_the_server_lacks_is_skipped_with_the_reason():
    with project_deployment(**NO_CACHE) as made:
        with open(os.path.join(made.root, ".env"), "r+", encoding="utf-8") as file:
            text = file.read().replace("TOOL_PROFILE=full", "TOOL_PROFILE=lean")
            file.seek(0)
            file.truncate()
            file.write(text)
        made.serve()
        told = made.json("suite", "run", "--variation", "basic_functionality")
        hidden = {one["group"]: one["summary"] for one in told["results"] if one["summary"].startswith("the server hides it")}
        assert "tracer" in hidden and "chat" not in hidden, hidden
        assert bad(told) == [], bad(told)


def test_the_plan_asks_nobody():
    with project_deployment() as made:
        rows = made.json("--dry-run", "suite", "run", "--tool", "chat")["rows"]
        assert len(rows) >= 25 and {row["id"].split(".")[0] for row in rows} == {"chat"}, rows
        assert made.json("suite", "list", "--variation", "web_search", "--limit", "3")["rows"][0]["id"] == "chat.web_search"
        assert "request" not in made.simulator.text
        told = made.run("suite", "run", "--tool", "chatt", code=64).stderr
        assert "chat" in told, told
        for wrong in (["--max-cost", "x"], ["--min-pass-rate", "101"], ["--limit", "0"], ["--skip", "chat.nothing"], ["--offline", "--server", made.mcp]):
            made.run("suite", "run", *wrong, code=64)
        made.run("suite", "run", code=3)  # nobody listens there


def test_a_stranger_is_judged_by_its_own_schemas():
    with project_deployment() as made:
        other = os.path.join(made.root, "other.py")
        with open(other, "w", encoding="utf-8") as file:
            file.write(OTHER)

        def told(how, code, *flags):
            return made.json("suite", "run", *flags, "--stdio", "--", sys.executable, other, how, code=code)

        good = told("careful", 0)
        assert bad(good) == [], bad(good)
        ran = {one["id"].split(".")[1] for one in good["results"] if one["id"].startswith("weather.") and one["status"] == "pass"}
        assert ran == {"valid", "missing", "wrong_type", "boundary", "unknown_field", "unicode", "huge", "concurrent", "cancelled"}, ran
        assert timeless(good) == timeless(told("careful", 0)), "the same twice"
        careless = told("careless", 1)
        assert "weather.missing" in str(bad(careless)) and "weather.boundary" in str(bad(careless)), bad(careless)
        away = told("away", 1)  # too few of those that ran passed
        assert any(one["status"] == "unknown" and "the same words" in one["summary"] for one in away["results"]), away
        one = told("careful", 0, "--variation", "missing")
        assert {row["id"].split(".")[1] for row in one["results"] if row["id"].startswith("weather.")} == {"missing"}, one
        wrong = made.run("suite", "run", "--tool", "whether", "--stdio", "--", sys.executable, other, "careful", code=64).stderr
        assert "weather" in wrong, wrong


def test_recorded_runs_are_compared():
    with project_deployment() as made:
        other = os.path.join(made.root, "other.py")
        with open(other, "w", encoding="utf-8") as file:
            file.write(OTHER)
        assert "suite run --record" in made.run("suite", "trend", code=None).stderr
        for how in ("careful", "careless", "careful"):
            made.run("--record", "suite", "run", "--stdio", "--", sys.executable, other, how, code=None)
        trend = made.json("suite", "trend")["runs"]
        assert [run["pass_rate"] == 100 for run in trend] == [True, False, True], trend
        mended = made.json("suite", "compare", code=0)
        assert "0 broken" in mended["results"][0]["summary"] and "fixed: weather missing" in " ".join(mended["notes"]), mended
        broken = made.json("suite", "compare", str(trend[0]["id"]), str(trend[1]["id"]), code=1)
        assert any("broken: weather missing" in one["message"] for one in broken["results"][0]["findings"]), broken
        flaky = made.json("suite", "flaky")["rows"]
        assert flaky and all(row["changes"] == "2" and row["failures"] == "1" and row["runs"] == "3" for row in flaky), flaky
        made.run("suite", "compare", "1", code=64)
        made.run("suite", "compare", "x", "2", code=64)


def test_gates_end_as_they_say():
    with project_deployment(**NO_CACHE) as made:
        some = ["--tool", "version", "--tool", "health"]
        lie = liar("exception inside", made)
        told = made.json("suite", "run", *some, *lie, code=1)
        assert suite_results(told)["suite.rate"]["status"] == "fail", told
        assert all(one.get("cause") == "tolerated" for one in told["results"] if one["status"] == "fail" and one["group"] == "version"), told
        made.json("suite", "run", *some, "--min-pass-rate", "30", *lie, code=0)
        spent = made.json("--jobs", "1", "suite", "run", "--tool", "chat", "--max-cost", "0.00001", "--stdio", "--", made.exai, "--quiet", "serve", "--stdio", code=7)
        assert suite_results(spent)["suite.stopped"]["cause"] == "budget", spent
        assert any(one["summary"] == "not run: the budget is spent" for one in spent["results"]), spent
        many = ["--tool", "version", "--tool", "activity", "--tool", "listmodels", "--tool", "status", "--tool", "health", "--tool", "challenge"]
        stopped = made.json("suite", "run", *many, "--stop-failure-rate", "5", *liar("sudden death", made), code=7)
        assert "too many" in suite_results(stopped)["suite.stopped"]["summary"], stopped


def test_reports_in_other_formats():
    with project_deployment() as made:
        page = os.path.join(made.root, "page.html")
        out = made.run("-o", "junit", "suite", "run", "--offline", "--tool", "chat", "--tool", "version", "--html", page).stdout
        suites = xml.etree.ElementTree.fromstring(out)
        assert {one.get("name") for one in suites.iter("testsuite")} >= {"chat", "version"}, out[:500]
        assert made.run("-o", "markdown", "suite", "run", "--offline", "--tool", "version").stdout.count("|") > 10
        with open(page, encoding="utf-8") as file:
            html = file.read()
        assert "prefers-color-scheme:dark" in html and html.count("<svg") == 2 and "http" not in html.replace("https://", ""), html[:500]


def test_an_interrupted_run_tells_what_was_done():
    with project_deployment() as made:
        child = subprocess.Popen([made.exai, "--json", "-v", "--jobs", "1", "suite", "run", "--tool", "version", *liar("slow", made)],
                                 env=made.env, cwd=made.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in child.stderr:  # a line a finished case; the next one takes seconds
            if "version.basic_functionality" in line:
                break
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
        assert child.returncode == 130, (child.returncode, out[-500:], err)
        report = json.loads(out)
        assert any(one["summary"] == "not run: interrupted" for one in report["results"]), out[:500]


def test_every_lie_is_seen():
    with project_deployment(**NO_CACHE) as made:
        made.env["LYING_SECRET"] = made.key
        tools = sorted({tool for tool, _ in LIES.values()})
        named = [word for tool in tools for word in ("--tool", tool)]
        honest = made.json("suite", "run", "--min-pass-rate", "100", *named, *liar("none", made))
        assert bad(honest) == [], bad(honest)
        missed = []
        for lie, (tool, _) in LIES.items():
            # A file that is uploaded is looked for by the other tool's cases.
            also = ["--tool", "kimi_upload_files"] if tool == "kimi_manage_files" else []
            told = made.json("suite", "run", "--min-pass-rate", "100", "--tool", tool, *also, *liar(lie, made), code=None)
            found = [one for one in told["results"] if one["status"] in ("fail", "unknown") and one["group"] != "suite"]
            if told["exit_code"] != 1 or not found:
                missed.append(lie)
            elif "-v" in sys.argv:
                print(f"{lie:32}{found[0]['id']}: {found[0]['summary'][:100]}")
        assert not missed, f"{len(missed)} of {len(LIES)} were not seen: {missed}"
        assert len(LIES) >= 30
        assert made.leaked() == [], "an answer's secret is not repeated"


if __name__ == "__main__":
    sys.exit(run_tests(globals(), [word for word in sys.argv[3:] if word != "-v"]))
