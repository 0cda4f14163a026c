"""Changes one line of the tree at a time and runs the tests nearest to it: each change has to be caught.

    python3 tests/mutations/run.py                     # checks that every change of list.json still applies
    python3 tests/mutations/run.py BUILD [WORD ...]    # makes them, those whose file or reason has a WORD; hours for all

A change is caught when it does not compile or when a test named beside it fails. The file is put back whatever happens. Ends
with 1 when a change does not apply or is not caught.
"""

import json
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]


def targets(test):
    """What has to be built for a test: its program, and for a test of the program that too."""
    kind, _, name = test.partition(".")
    if kind == "examples":
        return ["dovetail"]
    return [f"test_{kind}_{name}"] + (["dovetail"] if name.startswith("cli_") else [])


def caught_by(build, mutation):
    """The first test that fails, "the compiler", or None."""
    wanted = sorted({target for test in mutation["tests"] for target in targets(test)})
    built = subprocess.run(["ninja", "-C", build, "-j1", *wanted], capture_output=True, text=True, check=False)
    if built.returncode != 0:
        if "error:" not in built.stdout:
            raise SystemExit(built.stdout[-2000:] + built.stderr)
        return "the compiler"
    for test in mutation["tests"]:
        ran = subprocess.run(["ctest", "--test-dir", build, "-R", f"^{test}$", "--no-tests=error"], capture_output=True, text=True,
                             check=False)
        if ran.returncode != 0:
            return test
    return None


def main(words):
    mutations = json.loads((here / "list.json").read_text())
    wrong = 0
    for mutation in mutations:
        if (root / mutation["file"]).read_text().count(mutation["old"]) != 1:
            print(f"{mutation['file']}: the line to change is not there once: {mutation['old']}")
            wrong += 1
    print(f"{len(mutations)} changes, {len({m['file'].split('/')[0] for m in mutations})} rooms, {wrong} do not apply")
    if wrong or not words:
        return wrong
    build, chosen = words[0], words[1:]
    for mutation in mutations:
        if chosen and not any(word in mutation["file"] or word in mutation["why"] for word in chosen):
            continue
        file = root / mutation["file"]
        text = file.read_text()
        try:
            file.write_text(text.replace(mutation["old"], mutation["new"]))
            by = caught_by(build, mutation)
        finally:
            file.write_text(text)
        print(f"{'caught by ' + by if by else 'SURVIVED':<36} {mutation['file']}: {mutation['why']}", flush=True)
        wrong += by is None
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
