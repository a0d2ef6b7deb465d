"""The protocol without I/O: recorded exchanges, and all that a server may send instead."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import Any

import pytest

from loadtests.protocol import Assembler, Message, ProtocolError, Requests, changed, happened

LIMIT = 10_000


def frames(header: Any, content: Any = None, *buffers: bytes) -> list[str | bytes]:
    """The frames of a message."""
    parts: list[str | bytes] = [json.dumps(header), "{}", json.dumps({} if content is None else content)]
    for buffer in buffers:
        parts += ['{"id": "b1"}', buffer]
    return parts


def fed(parts: list[str | bytes]) -> list[Message]:
    """The messages that come out."""
    assembler = Assembler(LIMIT)
    return [message for part in parts if (message := assembler.feed(part))]


def test_three_frames_are_a_message() -> None:
    (message,) = fed(frames({"msgid": "1", "msgtype": "ACK"}, {"a": 1}))
    assert (message.kind, message.answers, message.content) == ("ACK", "", {"a": 1})
    assert message.size == sum(map(len, frames({"msgid": "1", "msgtype": "ACK"}, {"a": 1})))


def test_buffers_belong_to_their_message_and_the_next_one_begins_after_them() -> None:
    with_buffers = frames({"msgtype": "PATCH-DOC", "num_buffers": 2}, {}, b"one", b"two")
    found = fed([*with_buffers, *frames({"msgtype": "OK", "reqid": "7"})])
    assert [(message.kind, message.answers) for message in found] == [("PATCH-DOC", ""), ("OK", "7")]


def test_the_error_of_a_message_is_the_last_line_of_its_text() -> None:
    (message,) = fed(frames({"msgtype": "ERROR", "reqid": "3"}, {"text": "Traceback\nValueError: no rows\n"}))
    assert message.error == "ValueError: no rows"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["<html>502"], "header of a message is not JSON"),
        (["[1]"], "header of a message is no JSON object"),
        (["{}"], "no msgtype"),
        (['{"msgtype": 3}'], "no msgtype"),
        ([b"\x00"], "binary frame came where the header"),
        (["[" * 100_000], "more than"),
        (["[" * 9_000], "not JSON"),
        (['{"msgtype": "OK", "num_buffers": -1}'], "-1 as its number of buffers"),
        (['{"msgtype": "OK", "num_buffers": true}'], "true as its number of buffers"),
        (['{"msgtype": "OK", "num_buffers": 1e99}'], "as its number of buffers"),
        (['{"msgtype": "OK", "num_buffers": 1}', "{}", "{}", b"x"], "binary frame came where a buffer's text"),
        (['{"msgtype": "OK", "num_buffers": 1}', "{}", "{}", "{}", "x"], "text frame came where a buffer's binary"),
        (['{"msgtype": "OK"}', "{}", "x" * 20_000], f"more than {LIMIT} bytes"),
    ],
)
def test_what_is_no_message_is_refused_in_words(parts: list[str | bytes], words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        fed(parts)


def test_an_end_in_the_middle_of_a_message_is_an_error_and_between_messages_is_none() -> None:
    assembler = Assembler(LIMIT)
    assembler.close()
    assembler.feed('{"msgtype": "OK"}')
    with pytest.raises(ProtocolError, match="middle of a message"):
        assembler.close()


@pytest.mark.parametrize("seed", range(300))
def test_whatever_comes_is_a_message_or_a_protocol_error(seed: int) -> None:
    chance = random.Random(seed)
    good = frames({"msgtype": "PATCH-DOC", "num_buffers": 1}, {"events": []}, b"abc")
    assembler = Assembler(LIMIT)
    with suppress(ProtocolError):
        for _ in range(50):
            message = assembler.feed(_mangled(chance, chance.choice(good)))
            assert message is None or message.kind


def _mangled(chance: random.Random, part: str | bytes) -> str | bytes:
    cut = chance.randrange(len(part) + 1)
    noise = "".join(chance.choice('{}[]":,\\u0nul1e9\x00ä') for _ in range(chance.randrange(12)))
    way = chance.randrange(5)
    if way == 0:
        return part
    if way == 1:
        return part[:cut]
    if isinstance(part, bytes):
        return part + noise.encode() if way == 2 else noise
    return part[:cut] + noise + part[cut:] if way == 2 else noise


def test_every_request_has_an_id_of_its_own() -> None:
    requests = Requests()
    first, second = requests.pull(), requests.patch(changed("p1", "value", 3))
    assert first[0] != second[0]
    header, metadata, content = map(json.loads, second[1])
    assert header == {"msgid": second[0], "msgtype": "PATCH-DOC"}
    assert metadata == {}
    assert content == {"events": [{"kind": "ModelChanged", "model": {"id": "p1"}, "attr": "value", "new": 3}]}


def test_a_click_is_what_a_browser_sends() -> None:
    event = happened("button_click", "p7")
    assert event["msg_data"]["values"] == {"type": "map", "entries": [["model", {"id": "p7"}]]}
    assert happened("document_ready")["msg_data"]["values"]["entries"] == []
