"""The made-up exports are what the demo and the benches rely on."""

import io
import subprocess
import sys
from pathlib import Path

from shared.advisor.exports import open_export
from shared.advisor.vocabulary import Category
from tests.generators.estate import SCRIPTS, Estate
from tests.generators.portal_csv import save_portal_csv, write_portal_csv
from tests.unit.advisor.reading import rows_of


def test_the_same_seed_makes_the_same_file() -> None:
    texts = []
    for seed in (1, 1, 2):
        out = io.StringIO()
        write_portal_csv(out, Estate(200, seed))
        texts.append(out.getvalue())
    assert texts[0] == texts[1] != texts[2]


def test_a_thousand_rows_are_a_plausible_estate(tmp_path: Path) -> None:
    rows = rows_of(open_export(save_portal_csv(tmp_path / "a.csv", Estate(1_000)), file_name="a.csv")).accepted
    assert len({one.fingerprint for one in rows}) == 1_000
    assert {one.category for one in rows} == set(Category) - {Category.OTHER}
    assert len({one.subscription_id for one in rows}) >= 5
    assert len({one.resource_name for one in rows}) < len(rows)
    assert any(one.retirement_date for one in rows)
    assert any(one.category is Category.COST and one.annual_savings is None for one in rows)


def test_names_may_be_long_and_in_any_script(tmp_path: Path) -> None:
    estate = Estate(400, scripts=tuple(SCRIPTS), long_names=True)
    rows = rows_of(open_export(save_portal_csv(tmp_path / "a.csv", estate), file_name="a.csv")).accepted
    assert any("本番環境" in one.subscription_name + one.resource_group + one.resource_name for one in rows)
    assert max(len(one.resource_name) for one in rows) > 100


def test_the_generators_run_from_the_command_line(tmp_path: Path) -> None:
    for module, extra in (("portal_csv", ["--generation", "18"]), ("advisor_json", ["--shape", "sdk"])):
        out = tmp_path / module
        subprocess.run(
            [sys.executable, "-m", f"tests.generators.{module}", "--rows", "30", "--out", str(out), *extra], check=True
        )
        assert len(rows_of(open_export(out, file_name=module)).accepted) == 30
