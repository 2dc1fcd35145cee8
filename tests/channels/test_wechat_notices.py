"""What is reported of subscription notices: several templates at once, ours and others'."""

import pytest

from handlers.message import Consent, Kind, Message
from tests.channels.conftest import OpenDoor
from tests.channels.wire import NOW, WANG, ListeningDesk, Platform, event

SENT = int(NOW.timestamp())
OURS = {"missed": "T-missed", "all_clear": "T-clear"}


@pytest.fixture
async def platform(open_door: OpenDoor) -> Platform:
    return await open_door("safe", subscriptions=OURS)


def told(name: str, inside: str, *entries: dict[str, str]) -> str:
    """Return the event with its list, written as the platform documents it."""
    lists = "".join(
        "<List>"
        + "".join(f"<{field}>{value}</{field}>" for field, value in one.items())
        + "</List>"
        for one in entries
    )
    return event(name).replace("</xml>", f"<{inside}>{lists}</{inside}></xml>")


def answers(**by_template: str) -> str:
    return told(
        "subscribe_msg_popup_event",
        "SubscribeMsgPopupEvent",
        *(
            {"TemplateId": name.replace("_", "-"), "SubscribeStatusString": said, "PopupScene": "2"}
            for name, said in by_template.items()
        ),
    )


def consent(form: str, said: Consent, template: str, name: str = "popup") -> Message:
    return Message(
        channel="wechat",
        key=f"{WANG}|{SENT}|subscribe_msg_{name}_event||{template}",
        sender=WANG,
        kind=Kind.CONSENT,
        at=NOW,
        form=form,
        consent=said,
    )


async def test_one_answer_to_one_notice(platform: Platform, desk: ListeningDesk) -> None:
    assert (await platform.push(answers(T_missed="accept"))).status == 200
    assert desk.heard == [consent("missed", Consent.GIVEN, "T-missed")]


async def test_several_answers_in_one_event(platform: Platform, desk: ListeningDesk) -> None:
    await platform.push(answers(T_missed="accept", T_of_others="accept", T_clear="reject"))
    assert desk.heard == [
        consent("missed", Consent.GIVEN, "T-missed"),
        consent("all_clear", Consent.DECLINED, "T-clear"),
    ]


async def test_notices_switched_off_in_her_settings(
    platform: Platform, desk: ListeningDesk
) -> None:
    entry = {"TemplateId": "T-missed", "SubscribeStatusString": "reject"}
    await platform.push(told("subscribe_msg_change_event", "SubscribeMsgChangeEvent", entry))
    assert desk.heard == [consent("missed", Consent.WITHDRAWN, "T-missed", "change")]


@pytest.mark.parametrize(
    ("code", "status", "report"),
    [("0", "success", "success"), ("1", "user block", "failed:user block")],
)
async def test_the_fate_of_a_notice_is_a_report_on_its_letter(
    platform: Platform, desk: ListeningDesk, code: str, status: str, report: str
) -> None:
    fate = {"TemplateId": "T-x", "MsgID": "27941", "ErrorCode": code, "ErrorStatus": status}
    await platform.push(told("subscribe_msg_sent_event", "SubscribeMsgSentEvent", fate))
    (heard,) = desk.heard
    assert (heard.kind, heard.report_of, heard.report) == (Kind.REPORT, "27941", report)


@pytest.mark.parametrize(
    "push",
    [
        answers(T_of_others="accept"),
        answers(),
        event("subscribe_msg_popup_event", SubscribeMsgPopupEvent="accept"),
        told("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", {"TemplateId": ""}),
        told("subscribe_msg_sent_event", "SubscribeMsgSentEvent", {"TemplateId": "T-missed"}),
        told(
            "subscribe_msg_change_event",
            "SubscribeMsgChangeEvent",
            {"TemplateId": "T-missed", "SubscribeStatusString": "accept"},
        ),
    ],
)
async def test_what_says_nothing_of_ours_degrades_quietly(
    platform: Platform, desk: ListeningDesk, push: str
) -> None:
    assert (await platform.push(push)).status == 200
    assert [message.kind for message in desk.heard] == [Kind.OTHER]
