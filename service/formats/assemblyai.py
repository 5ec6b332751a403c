"""AssemblyAI: a finished transcript with `utterances` (by speaker labels or audio channels); milliseconds."""

from service.formats.json_node import Node
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, in_order, said
from service.formats.utterance import Utterance

_REMEDY = "transcribe with speaker_labels or multichannel, so that it tells who speaks"


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    return isinstance(document.value, dict) and (
        {"language_code", "audio_url", "text", "words"} <= document.value.keys()
        or ({"utterances", "text"} <= document.value.keys() and "results" not in document.value)
    )


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    status = document.get("status")
    if status.value is not None and status.value != "completed":
        raise status.error("this is no finished transcript; fetch it again once its status is completed")
    rows = document.get("utterances").required_rows(_REMEDY)
    language = language_of(document.get("language_code"))
    return Transcript(in_order(_utterance(one) for one in rows), language, "call")


def _utterance(row: Node) -> Utterance:
    channel, speaker = row.get("channel").label(), row.get("speaker").label()
    name = speaker if speaker is not None or channel is None else f"channel {channel}"
    start, end = row.get("start").seconds(1000), row.get("end").seconds(1000)
    return said(name, row.get("text").text(), start, end)
