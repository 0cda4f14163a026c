"""Runs one file of tests with pytest; 77 says that it was skipped: a package is missing, or every test of it was skipped."""

import sys


class Counts:
    def __init__(self):
        self.passed = self.reasons = None

    def pytest_terminal_summary(self, terminalreporter):
        self.passed = len(terminalreporter.stats.get("passed", []))
        self.reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if isinstance(report.longrepr, tuple)]


def main():
    for package in ("pytest", "numpy"):
        try:
            __import__(package)
        except ImportError:
            print(f"skipped: python3-{package} is not installed")
            return 77
    import pytest
    counts = Counts()
    code = pytest.main(["-q", "-rs", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[counts])
    if code == 5 or (code == 0 and not counts.passed):
        print("skipped:", "; ".join(sorted(set(counts.reasons or ["no test"]))))
        return 77
    return int(code)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
