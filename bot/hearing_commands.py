"""`shouwang hearing`: try the ear on a sentence, or measure it on a labelled file."""

import json
from pathlib import Path

import click

from handlers.hearing import Explanation, Finding, Hearing, RuleError
from handlers.hearing.measure import LabelError, Score, measure, sentences
from schedules.clock import WallClock

EXTRA_RULES = click.option(
    "--extra-rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A rule file of the village, read after those of the house.",
)


@click.group("hearing")
def hearing() -> None:
    """See what the ear makes of a sentence, and why."""


@hearing.command("try")
@click.argument("text")
@EXTRA_RULES
def try_sentence(text: str, extra_rules: Path | None) -> None:
    """Show what TEXT means, which rules saw their words and what stopped them."""
    explained = _ear(extra_rules).explain(text, WallClock().now())
    for line in _told(explained):
        click.echo(line)


@hearing.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One object per line instead of a table.")
@EXTRA_RULES
def test_file(file: Path, as_json: bool, extra_rules: Path | None) -> None:
    """Measure recall and false alarms on FILE, lines of text<TAB>level<TAB>category."""
    try:
        with file.open(encoding="utf-8-sig") as lines:
            score = measure(_ear(extra_rules), sentences(lines), WallClock().now())
    except (LabelError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    if not score.heard:
        raise click.ClickException(f"{file.name}: there is no sentence in it")
    for line in _json_lines(score) if as_json else _table(score):
        click.echo(line)


def _ear(extra_rules: Path | None) -> Hearing:
    try:
        return Hearing.load(extra_rules)
    except RuleError as error:
        raise click.ClickException(str(error)) from None


def _told(explained: Explanation) -> list[str]:
    verdict = explained.verdict
    lines = [f"level     {verdict.level}"]
    if verdict.rule:
        lines.append(f"rule      {verdict.rule} (version {verdict.version})")
    if verdict.category:
        lines.append(f"category  {verdict.category}")
    if verdict.when:
        said = (verdict.when.day, verdict.when.part, verdict.when.hour)
        lines.append(f"when      {' '.join(str(one) for one in said if one)}")
    if verdict.minutes:
        lines.append(f"minutes   {verdict.minutes}")
    if verdict.subject.who == "another":
        lines.append(f"about     {verdict.subject.about or 'another person'}")
    for number, clause in enumerate(explained.clauses):
        lines.append(f"clause    {clause}")
        lines += [_finding(one) for one in explained.findings if one.clause == number]
    return lines


def _finding(finding: Finding) -> str:
    how = " by sound" if finding.by_sound else ""
    stopped = f", stopped by {finding.stopped_by}" if finding.stopped_by else ""
    return f"          {finding.rule} saw {finding.words}{how}{stopped}"


def _json_lines(score: Score) -> list[str]:
    return [json.dumps(one.as_json(), ensure_ascii=False) for one in score.heard]


def _table(score: Score) -> list[str]:
    counted = [one.expected for one in score.heard]
    lines = [
        f"{level:20} {share:6.3f} of {counted.count(level)}"
        for level, share in score.recall.items()
    ]
    if score.false_alarms is not None:
        lines.append(f"{'false alarms':20} {score.false_alarms:6.3f}")
    if score.right_category is not None:
        lines.append(f"{'right category':20} {score.right_category:6.3f}")
    return lines
