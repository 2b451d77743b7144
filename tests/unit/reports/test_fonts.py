"""Where the fonts of reports are found."""

import json
from pathlib import Path

import pytest

from worker.reports import fonts
from worker.reports.errors import FontsMissingError


def test_a_folder_named_in_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "NotoSans-Regular.ttf").touch()
    monkeypatch.setenv("FONTS_DIR", str(tmp_path))

    assert fonts.default_fonts_dirs() == (tmp_path,)


def test_the_system_folders_serve_where_there_is_no_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FONTS_DIR", raising=False)
    monkeypatch.setattr(fonts, "PROJECT_ROOT", tmp_path / "nowhere")
    monkeypatch.setattr(fonts, "SYSTEM_FONTS_DIRS", (tmp_path, tmp_path / "absent"))

    assert fonts.default_fonts_dirs() == (tmp_path,)
    with pytest.raises(FontsMissingError):
        fonts.require_fonts(None)


def test_the_list_of_font_files_names_a_version_for_each_package() -> None:
    listed = json.loads(Path(fonts.__file__).with_name("fonts.json").read_text())

    packages = {"/".join(name.split("/")[:2]) for name in listed["files"]}
    assert packages == set(listed["packages"])
