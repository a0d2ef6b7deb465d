"""Changes on disk are noticed, once each."""

from __future__ import annotations

from pathlib import Path

from berth.replica.changes import Changes
from berth.serving import Serving


def test_a_changed_script_or_module_beside_it_is_noticed_once(tmp_path: Path) -> None:
    """Script and local module count, other files do not."""
    script, module, other = tmp_path / "dash.py", tmp_path / "helper.py", tmp_path / "other.py"
    script.write_text("import helper\n")
    module.write_text("x = 1\n")
    other.write_text("")
    changes = Changes(Serving((str(script),)))
    assert changes.sources == {str(script), str(module)}
    other.write_text("y = 2\n")
    assert not changes.look()
    module.write_text("x = 22\n")
    assert changes.look()
    assert not changes.look()
    script.unlink()
    assert changes.look()
    assert changes.version == 2


def test_a_newly_imported_module_is_watched_from_then_on(tmp_path: Path) -> None:
    """The set of files follows the imports."""
    script, module = tmp_path / "dash.py", tmp_path / "late.py"
    script.write_text("pass\n")
    module.write_text("x = 1\n")
    changes = Changes(Serving((str(script),)))
    script.write_text("import late\n")
    assert changes.look()
    module.write_text("x = 22\n")
    assert changes.look()
