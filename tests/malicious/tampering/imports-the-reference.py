# attack: imports the reference solution from the grader's own folder and hands it in as its own.
# mark: 0
# naive: gains

import importlib.util
import pathlib


def taken():
    path = next(pathlib.Path("@REFERENCE@").glob("4_6_*.py"))
    spec = importlib.util.spec_from_file_location("taken", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.InceptionBlock


InceptionBlock = taken()
