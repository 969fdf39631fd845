"""What a file is, told from its first bytes and not from its name."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

HEAD_BYTES = 2052
"""How much of a file :func:`sniff` wants to see; less is fine, down to about 32 bytes."""


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: short lower-case name, e.g. ``jpeg``.
        label: for messages, with its article, e.g. ``a JPEG picture``.
        picture: whether people would call it a picture.
        decodable: whether its pixels can be read here, if need be with an extra.
        hint: what to do with it where they cannot.
        extra: the extra of this package that reading it needs; empty for none.
    """

    name: str
    label: str
    picture: bool = True
    decodable: bool = True
    hint: str = ""
    extra: str = ""


def _picture(name: str, label: str = "", extra: str = "") -> Kind:
    return Kind(name, label or f"a {name.upper()} picture", extra=extra)


def _unread(name: str, label: str, hint: str) -> Kind:
    return Kind(name, label, picture=True, decodable=False, hint=hint)


def _other(name: str, label: str, hint: str = "") -> Kind:
    return Kind(name, label, picture=False, decodable=False, hint=hint)


EXPORT = "Export it as PNG or JPEG and index that."
"""What to do with a picture that cannot be read."""
_UNPACK = "Unpack it, or name the archive itself as a source."
_FRAMES = "Only still pictures are indexed; export the frames you want to find."
_SVG = _picture("svg", "an SVG drawing", extra="svg")
_JXL = _picture("jxl", "a JPEG XL picture", extra="jxl")
RAW = _picture("raw", "a camera RAW file", extra="raw")
"""Many of these begin as TIFF files do: only their directories, or their names, tell."""
_AVIF = _picture("avif", "an AVIF picture")
_HEIF = _picture("heif", "a HEIF picture")
_VIDEO = _other("video", "a video", _FRAMES)
_AUDIO = _other("audio", "a sound recording")
_TIFF = _picture("tiff")
_BMP = _picture("bmp")
_PCX = _picture("pcx")
_FLI = _picture("fli", "an FLI animation")
_PPM = _picture("ppm", "a portable pixmap")
_ICO = _picture("ico", "a Windows icon")
_CUR = _picture("cur", "a Windows cursor")
_XBM = _picture("xbm", "an XBM picture")
_PIXMAP_HEAD = re.compile(rb"P(?:[1-6fF]|0CMYK|y(?:P|RGBA|CMYK))\s+[#\d-]")
_XBM_HEAD = re.compile(rb"#define[ \t]+\S*_width[ \t]+\d+\s+#define[ \t]+\S*_height[ \t]+\d+")
_GZIP = _other("gzip", "a gzip archive", _UNPACK)
_TEXT = _other("text", "plain text")
_HTML = _other(
    "html", "an HTML page", "The download may have been answered with a web page: fetch it again."
)

# (offset, magic, kind), more specific ones first.
_MAGIC: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\xff\xd8\xff", _picture("jpeg")),
    (0, b"\x89PNG\r\n\x1a\n", _picture("png")),
    (0, b"GIF87a", _picture("gif")),
    (0, b"GIF89a", _picture("gif")),
    (8, b"CR\x02", RAW),
    (0, b"IIU\x00", RAW),
    (0, b"IIRO", RAW),
    (0, b"IIRS", RAW),
    (0, b"MMOR", RAW),
    (0, b"FUJIFILMCCD-RAW", RAW),
    (0, b"FOVb", RAW),
    (0, b"II*\x00", _TIFF),
    (0, b"MM\x00*", _TIFF),
    (0, b"II+\x00", _TIFF),
    (0, b"MM\x00+", _TIFF),
    (0, b"8BPS", _picture("psd", "a Photoshop picture")),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", _picture("jpeg2000", "a JPEG 2000 picture")),
    (0, b"\xff\x4f\xff\x51", _picture("jpeg2000", "a JPEG 2000 picture")),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", _JXL),
    (0, b"\xff\x0a", _JXL),
    (0, b"II\xbc", _unread("jxr", "a JPEG XR picture", EXPORT)),
    (0, b"qoif", _picture("qoi")),
    (0, b"DDS ", _picture("dds")),
    (0, b"BLP1", _picture("blp")),
    (0, b"BLP2", _picture("blp")),
    (0, b"FTEX", _picture("ftex", "an FTEX texture")),
    (0, b"icns", _picture("icns", "an Apple icon")),
    (0, b"SIMPLE  =", _picture("fits")),
    (0, b"\x01\xda\x00", _picture("sgi", "an SGI picture")),
    (0, b"\x01\xda\x01", _picture("sgi", "an SGI picture")),
    (0, b"\x59\xa6\x6a\x95", _picture("sun", "a Sun raster picture")),
    (0, b"\xb1\x68\xde\x3a", _picture("dcx")),
    (0, b"DanM", _picture("msp", "a Microsoft Paint picture")),
    (0, b"LinS", _picture("msp", "a Microsoft Paint picture")),
    (0, b"\x80\xe8\x00\x00", _picture("pixar", "a PIXAR picture")),
    (0, b"/* XPM */", _picture("xpm", "an XPM picture")),
    (0, b"P7 332", _picture("xvthumb", "an XV thumbnail")),
    (20, b"GIMP", _picture("gbr", "a GIMP brush")),
    (0, b"\x00\x00\x00\x00\x00\x00\x00\x04", _picture("mcidas", "a McIDAS picture")),
    (2048, b"PCD_", _picture("pcd", "a Photo CD picture")),
    (0, b"gimp xcf", _unread("xcf", "a GIMP project", EXPORT)),
    (0, b"v/1\x01", _unread("exr", "an OpenEXR picture", EXPORT)),
    (0, b"#?RADIANCE", _unread("hdr", "a Radiance HDR picture", EXPORT)),
    (0, b"%!PS", _unread("eps", "a PostScript drawing", EXPORT)),
    (0, b"\xc5\xd0\xd3\xc6", _unread("eps", "a PostScript drawing", EXPORT)),
    (0, b"\xd7\xcd\xc6\x9a", _unread("wmf", "a Windows metafile", EXPORT)),
    (40, b" EMF", _unread("emf", "a Windows metafile", EXPORT)),
    (0, b"AT&TFORM", _unread("djvu", "a DjVu document", EXPORT)),
    (0, b"%PDF", _other("pdf", "a PDF document", "Export its pages as pictures.")),
    (0, b"PK\x03\x04", _other("zip", "a ZIP archive", _UNPACK)),
    (0, b"PK\x05\x06", _other("zip", "an empty ZIP archive", _UNPACK)),
    (0, b"Rar!\x1a\x07", _other("rar", "a RAR archive", _UNPACK)),
    (0, b"7z\xbc\xaf\x27\x1c", _other("7z", "a 7z archive", _UNPACK)),
    (257, b"ustar", _other("tar", "a TAR archive", _UNPACK)),
    (0, b"\x1f\x8b", _GZIP),
    (0, b"BZh", _other("bzip2", "a bzip2 archive", _UNPACK)),
    (0, b"\xfd7zXZ\x00", _other("xz", "an xz archive", _UNPACK)),
    (0, b"\x28\xb5\x2f\xfd", _other("zstd", "a Zstandard archive", _UNPACK)),
    (0, b"\x1a\x45\xdf\xa3", _VIDEO),
    (0, b"\x00\x00\x01\xba", _VIDEO),
    (0, b"\x00\x00\x01\xb3", _VIDEO),
    (0, b"FLV\x01", _VIDEO),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _VIDEO),
    (0, b"OggS", _AUDIO),
    (0, b"ID3", _AUDIO),
    (0, b"fLaC", _AUDIO),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _other("ole", "an Office document")),
    (0, b"\x89HDF", _other("hdf5", "an HDF5 data file")),
    (0, b"GRIB", _other("grib", "a GRIB weather file")),
    (0, b"BUFR", _other("bufr", "a BUFR weather file")),
    (0, b"\x7fELF", _other("program", "a program")),
    (0, b"SQLite format 3", _other("sqlite", "an SQLite database")),
    (0, b"{\\rtf", _other("rtf", "an RTF document")),
)

# The brands of ISO base media files (the four bytes after "ftyp").
_BRANDS: dict[bytes, Kind] = {
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"heif"), _HEIF),
    **dict.fromkeys((b"mif1", b"msf1", b"mif2", b"miaf"), _HEIF),
    b"crx ": RAW,
    **dict.fromkeys((b"M4A ", b"M4B "), _AUDIO),
}

_RIFF: dict[bytes, Kind] = {
    b"WEBP": _picture("webp", "a WebP picture"),
    b"AVI ": _VIDEO,
    b"WAVE": _AUDIO,
}

_RAW_NAMES = """
    .3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .fff .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef
    .raf .raw .rw2 .rwl .sr2 .srf .srw .x3f
"""
_PICTURE_NAMES = """
    .apng .avif .avifs .blp .bmp .cur .dcx .dds .dib .emf .eps .exr .fit .fits .flc .fli .fpx .ftc
    .ftu .gbr .gif .hdr .heic .heics .heif .heifs .hif .icb .icns .ico .im .imt .j2c .j2k .jfif .jif
    .jp2 .jpc .jpe .jpeg .jpf .jpg .jpx .jxl .jxr .mpo .msp .pbm .pcd .pcx .pfm .pgm .png .pnm
    .ppm .psd .pxr .qoi .ras .rgb .rgba .sgi .spider .svg .svgz .tga .tif .tiff .vda .vst .wdp .webp
    .wmf .xbm .xcf .xpm
"""

RAW_EXTENSIONS = frozenset(_RAW_NAMES.split())
"""Names that promise a camera RAW file."""

PICTURE_EXTENSIONS = RAW_EXTENSIONS | frozenset(_PICTURE_NAMES.split())
"""Names that promise a picture: such a file is either taken in or told about."""


def sniff(head: bytes) -> Kind | None:
    """Say what kind of file begins with ``head``; None where nobody can tell.

    Args:
        head: the first bytes of the file, best :data:`HEAD_BYTES` of them.
    """
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset):
            return _unpacked(head) or kind if kind is _GZIP else kind
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _brand(head)
    return _by_header(head) or _by_text(head)


def _unpacked(head: bytes) -> Kind | None:
    """Drawings may be compressed; their name, if any, ends in ``.svgz`` then."""
    try:
        text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD_BYTES)
    except zlib.error:
        return None
    return _SVG if _by_text(text) is _SVG else None


def _brand(head: bytes) -> Kind:
    """The major brand decides, then the compatible ones (generic brands name AVIF there)."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[at : at + 4] for at in (8, *range(16, length - 3, 4))]
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if _AVIF in kinds and (not kinds or brands[0] not in (b"heic", b"heix")):
        return _AVIF
    return kinds[0] if kinds else _VIDEO


def _by_header(head: bytes) -> Kind | None:
    """Formats whose magic is short: their next fields must make sense too."""
    if len(head) < 18:
        return None if not head.startswith(b"P") else _pixmap(head)
    if head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and head[4] > 0 and not head[5] | head[9]:
        return _ICO if head[2] == 1 else _CUR
    if head[:2] == b"BM" and head[14] in (12, 16, 40, 52, 56, 64, 108, 124):
        return _BMP
    if head[0] == 10 and head[1] in (0, 2, 3, 4, 5) and head[2] < 2 and head[3] in (1, 2, 4, 8):
        return _PCX
    if head[4:6] in (b"\x11\xaf", b"\x12\xaf") and head[14] in (0, 3) and not head[15]:
        return _FLI
    if head[0] == 0xFF and head[1] & 0xE6 > 0xE0 and head[1] != 0xFE:
        return _AUDIO
    return _pixmap(head)


def _pixmap(head: bytes) -> Kind | None:
    return _PPM if _PIXMAP_HEAD.match(head) else None


def _by_text(head: bytes) -> Kind | None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (
        text.startswith((b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in text
    ):
        return _SVG
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        return _HTML
    if _XBM_HEAD.match(head.lstrip()):
        return _XBM
    if text.startswith(b"*comment") and b"\nwidth " in text:
        return _picture("imt", "an IM Tools picture")
    if text.startswith((b"image type:", b"file size (no of images)")):
        return _picture("im", "an IM picture")
    if head and not any(byte < 9 or 13 < byte < 27 for byte in head):
        return _TEXT
    return None
