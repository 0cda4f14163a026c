"""The type stubs, the docstrings and the module say the same names and parameters."""

import ast
import inspect
import pathlib
import subprocess
import sys

import pytest

import dovetail as dv

FOLDER = pathlib.Path(dv.__file__).resolve().parent


def parameters_of_stub(function):
    arguments = function.args
    names = [one.arg for one in arguments.posonlyargs + arguments.args]
    names += ["*" + arguments.vararg.arg] if arguments.vararg else []
    names += [one.arg for one in arguments.kwonlyargs]
    names += ["**" + arguments.kwarg.arg] if arguments.kwarg else []
    return [name for name in names if name != "self"], len(arguments.kwonlyargs)


def parameters_of(value):
    """Of a Python function its signature, of a compiled one the first line of its docstring."""
    function = getattr(value, "__func__", value)
    try:
        signature = inspect.signature(function)
        names = [("*" if p.kind == p.VAR_POSITIONAL else "**" if p.kind == p.VAR_KEYWORD else "") + name for name, p in signature.parameters.items()]
        only = sum(p.kind == p.KEYWORD_ONLY for p in signature.parameters.values())
        return [name for name in names if name != "self"], only
    except ValueError:
        line = function.__doc__.splitlines()[0]
        text = line[line.index("("):line.rindex("->")].strip()
        names, only, starred, depth, word = [], 0, False, 0, ""
        for letter in text[1:-1] + ",":
            depth += letter in "([{<"
            depth -= letter in ")]}>"
            if letter == "," and depth == 0:
                name = word.split(":")[0].split("=")[0].strip()
                if name == "*":
                    starred = True
                elif name and name not in ("self", "arg0"):
                    names.append(name)
                    only += starred
                word = ""
            else:
                word += letter
        return names, only


def members(tree):
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id, node


def check_class(node, value):
    declared = dict(members(node))
    public = {name for name in dir(value) if not name.startswith("_")}
    known = {name for name in declared if not name.startswith("_")}
    assert public - set(dir(Exception)) - {"add_note", "args", "with_traceback"} <= known, (node.name, public - known)
    instance = {name for name, item in declared.items() if isinstance(item, ast.AnnAssign)}
    assert known - instance <= public, (node.name, known - public)
    for name, item in declared.items():
        if not isinstance(item, ast.FunctionDef) or name in ("__getattr__", "__exit__", "__enter__", "__len__"):
            continue
        decorators = {one.id for one in item.decorator_list if isinstance(one, ast.Name)}
        if "overload" in decorators:
            assert {parameter for parameter in parameters_of_stub(item)[0]} <= set(parameters_of(getattr(value, name))[0])
        elif "property" in decorators:
            assert not callable(inspect.getattr_static(value, name)), (node.name, name)
        elif name == "__init__" and not inspect.isfunction(getattr(value, name)) and "__init__(self" not in (value.__init__.__doc__ or ""):
            continue
        else:
            assert parameters_of_stub(item) == parameters_of(getattr(value, name)), (node.name, name)


def check_module(path, module, names):
    tree = ast.parse(path.read_text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(classes) | set(functions) == set(names)
    for name, node in classes.items():
        check_class(node, getattr(module, name))
    for name, node in functions.items():
        assert parameters_of_stub(node) == parameters_of(getattr(module, name)), name


def test_the_stub_of_the_module():
    check_module(FOLDER / "__init__.pyi", dv, dv.__all__)
    assert (FOLDER / "py.typed").exists()


def test_the_stub_of_the_sampler():
    pytest.importorskip("optuna", reason="python3-optuna is not installed")
    import dovetail.optuna
    tree = ast.parse((FOLDER / "optuna.pyi").read_text())
    node = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    for name, item in members(node):
        assert parameters_of_stub(item) == parameters_of(getattr(dovetail.optuna.DovetailSampler, name)), name


def test_everything_public_is_explained():
    for name in dv.__all__:
        value = getattr(dv, name)
        assert (value.__doc__ or "").strip(), name
        if inspect.isclass(value):
            for member in dir(value):
                if not member.startswith("_") and callable(getattr(value, member)) and member not in dir(Exception) and member != "to_dict":
                    assert (getattr(value, member).__doc__ or "").strip(), f"{name}.{member}"


def test_help_reads():
    ran = subprocess.run([sys.executable, "-c", "import dovetail; help(dovetail)"], capture_output=True, text=True, check=True)
    for word in ("codesign", "evaluate_many", "class Study", "Infeasible"):
        assert word in ran.stdout


def test_importing_takes_no_pandas_numpy_or_optuna():
    ran = subprocess.run([sys.executable, "-c", "import sys, dovetail; print([n for n in ('numpy', 'pandas', 'optuna', 'tqdm') if n in sys.modules])"],
                         capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
