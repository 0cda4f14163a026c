"""The example scripts and the notebook, as a new user runs them."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import dovetail as dv
from onnx_file import resnet18

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"


def test_an_onnx_model_without_weights_is_the_zoos_network(tmp_path):
    (tmp_path / "resnet18.onnx").write_bytes(resnet18())
    try:
        network = dv.Network.load(tmp_path / "resnet18.onnx")
    except dv.InputError as error:
        if "not available in this build" in str(error):
            pytest.skip("this build reads no ONNX")
        raise
    zoo = dv.Network.load("resnet18")
    assert (network.macs, network.parameters, len(network)) == (zoo.macs, zoo.parameters, 21)


def test_the_acceptance_script(tmp_path):
    pytest.importorskip("pandas", reason="python3-pandas is not installed")
    try:
        (tmp_path / "resnet18.onnx").write_bytes(resnet18())
        dv.Network.load(tmp_path / "resnet18.onnx")
    except dv.InputError:
        (tmp_path / "resnet18.onnx").unlink()
    ran = subprocess.run([sys.executable, str(EXAMPLES / "codesign.py")], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == "" and "<Design" in ran.stdout


def test_the_notebook(tmp_path):
    for package in ("nbconvert", "nbformat", "ipykernel"):
        pytest.importorskip(package, reason=f"python3-{package} is not installed")
    import nbformat
    from nbconvert.preprocessors import ExecutePreprocessor
    notebook = nbformat.read(EXAMPLES / "codesign.ipynb", as_version=4)
    assert len(notebook.cells) == 20 and all(not cell.get("outputs") for cell in notebook.cells)
    kernel = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "dovetail", "language": "python"}
    folder = tmp_path / "jupyter" / "kernels" / "dovetail"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(kernel))
    os.environ["JUPYTER_PATH"] = str(tmp_path / "jupyter")
    os.environ.setdefault("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    ExecutePreprocessor(timeout=240, kernel_name="dovetail").preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", []) if "text/html" in output.get("data", {})]
    assert len(pictures) >= 8 and sum("<svg" in output["data"]["text/html"] for output in pictures) >= 4
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for cell in notebook.cells for output in cell.get("outputs", []))
    if keep := os.environ.get("DOVETAIL_KEEP"):
        from nbconvert import HTMLExporter
        pathlib.Path(keep).write_text(HTMLExporter().from_notebook_node(notebook)[0])
