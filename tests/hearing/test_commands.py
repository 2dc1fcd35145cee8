"""`shouwang hearing try` and `test`, as a coordinator meets them."""

import json
from pathlib import Path

from click.testing import CliRunner

from bot.hearing_commands import hearing


def said(*arguments: str) -> list[str]:
    result = CliRunner().invoke(hearing, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_sentence_is_tried_and_explained() -> None:
    lines = said("try", "隔壁老李摔倒了，俺没摔")
    assert "level     emergency" in lines
    assert "about     隔壁老李" in lines
    assert any("emergency.fall saw 摔倒" in line for line in lines)


def test_a_labelled_file_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "labelled.tsv"
    file.write_text("我摔倒了\temergency\n好\tok\t\n想剃头\trequest\t理发\n", encoding="utf-8")
    lines = said("test", str(file))
    assert lines[0].split() == ["ok", "1.000", "of", "1"]
    assert lines[-1].split() == ["right", "category", "1.000"]


def test_a_labelled_file_is_told_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "labelled.tsv"
    file.write_text("想剃头\trequest\t理发\n", encoding="utf-8")
    assert [json.loads(line) for line in said("test", str(file), "--json")] == [
        {
            "text": "想剃头",
            "expected": "request",
            "level": "request",
            "category": "理发",
            "rule": "request.haircut",
        }
    ]


def test_a_faulty_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "labelled.tsv"
    file.write_text("我摔倒了\n", encoding="utf-8")
    result = CliRunner().invoke(hearing, ["test", str(file)])
    assert result.exit_code == 1
    assert "labelled.tsv: line 1: the level must be one of" in result.output


def test_a_faulty_rule_file_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "village.toml"
    own.write_text("", encoding="utf-8")
    result = CliRunner().invoke(hearing, ["try", "好", "--extra-rules", str(own)])
    assert result.exit_code == 1
    assert "village.toml: version must be a whole number" in result.output


def test_a_file_without_a_sentence_is_no_measure(tmp_path: Path) -> None:
    file = tmp_path / "empty.tsv"
    file.write_text("\n \n", encoding="utf-8")
    result = CliRunner().invoke(hearing, ["test", str(file)])
    assert (result.exit_code, result.output) == (
        1,
        "Error: empty.tsv: there is no sentence in it\n",
    )
