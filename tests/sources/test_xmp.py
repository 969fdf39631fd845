from __future__ import annotations

import time
from datetime import datetime

import pytest

from lookalike.sources.metadata import Metadata
from lookalike.sources.xmp import MAX_XMP_BYTES, parse_xmp

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
  xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
  xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
  xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
  tiff:Make="Canon" tiff:Model="Canon EOS 5D" photoshop:City="München"
  xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" core:Location="Isar"
  exif:DateTimeOriginal="2019-07-12T10:00:00.25+02:00"
  exif:GPSLatitude="48,8.25N" exif:GPSLongitude="11,34,30W">
 <dc:title><rdf:Alt><rdf:li xml:lang="de">Fuchs</rdf:li>
   <rdf:li xml:lang="x-default">Fox</rdf:li></rdf:Alt></dc:title>
 <dc:description><rdf:Alt><rdf:li xml:lang="x-default">A red fox &amp; snow</rdf:li>
   </rdf:Alt></dc:description>
 <dc:subject><rdf:Bag><rdf:li>fox</rdf:li><rdf:li>snow</rdf:li></rdf:Bag></dc:subject>
 <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>
 <lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Italy</rdf:li></rdf:Bag></lr:hierarchicalSubject>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
EXPECTED = Metadata(
    title="Fox",
    caption="A red fox & snow",
    tags=("fox", "snow", "Places", "Italy"),
    taken=datetime(2019, 7, 12, 10, 0),
    camera="Canon EOS 5D",
    latitude=48.1375,
    longitude=-11.575,
    extra={"author": "Ada, Bob", "city": "München", "place": "Isar"},
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_packet_is_read_in_every_encoding(encoding: str) -> None:
    assert parse_xmp(PACKET.encode(encoding)) == EXPECTED


def test_padding_and_zeros_around_the_packet_do_no_harm() -> None:
    assert parse_xmp(PACKET.encode() + b" " * 2000 + b"\0\0\0") == EXPECTED


def test_a_bare_rdf_element_is_enough() -> None:
    start, end = PACKET.index("<rdf:RDF"), PACKET.index("</x:xmpmeta>")
    assert parse_xmp(PACKET[start:end].encode()) == EXPECTED


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_entity_bombs_and_external_entities_are_refused(encoding: str) -> None:
    bomb = BOMB + PACKET.replace(">Fox<", ">&i;<")
    spy = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>' + PACKET.replace("Fox", "&i;")
    assert parse_xmp(bomb.encode(encoding)) == Metadata()
    assert parse_xmp(spy.encode(encoding)) == Metadata()


RDF = "rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
DEPTH = 20_000
NESTED = (
    f"<{RDF}>"
    + "<rdf:Description><rdf:RDF>" * DEPTH
    + "</rdf:RDF></rdf:Description>" * DEPTH
    + "</rdf:RDF>"
)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0\0\0\0",
        b"not xml",
        PACKET[:700].encode(),
        PACKET.replace("</dc:title>", "").encode(),
        b"<x:xmpmeta></x:xmpmeta>",
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'></rdf:RDF>",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"<a>" * 100_000 + b"</x:xmpmeta>",
        NESTED.encode(),
        b"<x:xmpmeta>" * (MAX_XMP_BYTES // 8),
    ],
)
def test_broken_packets_say_nothing_and_take_no_time(packet: bytes) -> None:
    start = time.monotonic()
    assert parse_xmp(packet) == Metadata()
    assert time.monotonic() - start < 2


def test_impossible_places_and_dates_are_left_out() -> None:
    wrong = PACKET.replace("48,8.25N", "98,8.25N").replace("2019-07-12T", "2019-17-12T")
    found = parse_xmp(wrong.encode())
    assert found.latitude is None
    assert found.taken is None
    assert found.title == "Fox"
