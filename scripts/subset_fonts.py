"""Make the fonts of fonts/ from their sources: subset_fonts.py SOURCES; how to get the sources is in fonts/README.md.

Small faces make quick documents: what a PDF pays for is reading and subsetting its fonts. So four faces carry the
6,763 Chinese characters of GB 2312 and one, Casework Song, every character of its source, for the rare one in a name.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parents[1] / "fonts"


@dataclass(frozen=True)
class Face:
    """A face we make: its family name in CSS, the source file, and whether it keeps every character."""

    family: str
    source: str
    licence: str
    weight: int = 400
    complete: bool = False

    @property
    def postscript_name(self) -> str:
        return f"{self.family.replace(' ', '')}-{'Black' if self.weight == 900 else 'Regular'}"


OFL = "SIL Open Font License 1.1; see OFL.txt"
GPL = "GNU GPL 3 with the font exception; see COPYING.Fandol.txt"

FACES = (
    Face("Casework FangSong", "FandolFang-Regular.otf", GPL),
    Face("Casework Kai", "FandolKai-Regular.otf", GPL),
    Face("Casework Hei", "NotoSansSC_400Regular.ttf", OFL),
    Face("Casework Title", "NotoSerifSC_900Black.ttf", OFL),
    Face("Casework Song", "NotoSerifSC_400Regular.ttf", OFL, complete=True),
)

VERTICAL = ["BASE", "VORG", "vhea", "vmtx"]  # nothing is set in columns

# Signs that documents use beyond GB 2312: brackets of document numbers, dashes, boxes to tick, currency, Latin letters.
SIGNS = (
    "〔〕〇﹝﹞—–‐‑‒―…‥·•‘’“”„‹›«»€£¥©®™°′″℃№‰±×÷≈≠≤≥∞∑√□"
    "■○●◎△▲▽▼◇◆★☆✓→←↑↓⇒①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩㎡㎥㎏㎎㎜㎝㎞"
)


def gb2312() -> set[int]:
    """GB 2312 without foreign alphabets (signs, numbers, full-width letters, Chinese), Latin-1 and our signs."""
    rows = (*range(0xA1, 0xA4), *range(0xB0, 0xF8))
    table = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    characters = "".join(pair.decode("gb2312", errors="ignore") for pair in table)
    return set(range(0x20, 0x7F)) | set(range(0xA0, 0x100)) | {ord(character) for character in characters + SIGNS}


def make(face: Face, source: Path, target: Path) -> Path:
    """One subset, renamed: its sources ask that changed versions carry another name."""
    options = subset.Options(
        hinting=False,
        notdef_outline=True,
        glyph_names=False,
        name_IDs=["*"],
        drop_tables=[*VERTICAL, "STAT", "gasp", "prep"],
    )
    font = TTFont(source, recalcTimestamp=False)  # the same bytes every time
    wanted = set(font.getBestCmap()) if face.complete else gb2312()
    tool = subset.Subsetter(options)
    tool.populate(unicodes=wanted)
    tool.subset(font)
    rename(font, face, source.name)
    level(font)
    file = target / f"{face.postscript_name}{source.suffix}"
    font.save(file)
    return file


def rename(font: TTFont, face: Face, source: str) -> None:
    """Our own family name everywhere a program may look, and where it came from."""
    names = {
        0: f"{font['name'].getDebugName(0)} Changed for Casework: subset of {source}, renamed.",
        1: face.family,
        2: "Regular",
        3: face.postscript_name,
        4: face.family,
        5: "Version 1.0",
        6: face.postscript_name,
        13: face.licence,
    }
    font["name"].names = []
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [face.postscript_name]
        cff.topDictIndex[0].FullName = cff.topDictIndex[0].FamilyName = face.family
    # One face per family: bold is a face of its own in official documents, never a computed one.
    font["OS/2"].usWeightClass = 400
    font["OS/2"].fsSelection = 0x40
    font["head"].macStyle = 0


def level(font: TTFont) -> None:
    """The same ascent and descent in all faces: a character from the fallback must not push its line apart."""
    em = font["head"].unitsPerEm
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = em * 88 // 100, -em * 12 // 100, 0


def main(sources: Path) -> None:
    for face in FACES:
        source = next(sources.rglob(face.source))
        file = make(face, source, TARGET)
        count = len(TTFont(file, lazy=True).getBestCmap())
        print(f"{file.name}: {count:,} characters, {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
