"""The package as it is installed: under a scratch prefix, and from any folder."""

import os
import subprocess
import sys



def test_the_installed_package(tmp_path):
    ran = subprocess.run([os.environ["CMAKE_COMMAND"], "--install", os.environ["DOVETAIL_BUILD"], "--prefix", str(tmp_path), "--component",
                          "python3-dovetail"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = list(tmp_path.glob("**/dovetail/__init__.py"))
    assert len(found) == 1
    package = found[0].parent
    assert {"__init__.pyi", "py.typed", "optuna.py"} <= {path.name for path in package.iterdir()} and not any(path.is_symlink() for path in package.iterdir())
    script = "import dovetail as dv; print(dv.__file__); print(dv.map(dv.Network.load('mlp'), 'eyeriss').proven)"
    used = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(package.parent)}, cwd=tmp_path,
                          capture_output=True, text=True, check=True)
    assert used.stdout.split() == [str(package / "__init__.py"), "True"]
