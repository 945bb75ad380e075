"""The shipped faces: every character of an ordinary document in each, the rare one of a name in the last."""

import pytest
from fontTools.ttLib import TTFont
from launch.project import ROOT

FONTS = ROOT / "fonts"
RARE = "堃喆昇鋆珺犇翀赟玥祎濛婳璟晞旻劼镕頔彧㛃䶮"


@pytest.mark.parametrize("file", sorted(FONTS.glob("*.[ot]tf")), ids=lambda file: file.stem)
def test_each_face_has_all_of_gb2312_and_says_what_it_was_made_from(file):
    font = TTFont(file, lazy=True)
    ideographs = [
        bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)
    ]
    wanted = {ord(character) for character in "".join(ideographs) + "0123456789AZaz〔〕〇（）《》“”、。"}
    assert len(wanted) > 6763
    assert not wanted - font.getBestCmap().keys()
    assert font["name"].getDebugName(1).startswith("Casework ")
    assert "Changed for Casework" in font["name"].getDebugName(0)


def test_a_rare_character_of_a_name_has_a_face():
    song = TTFont(FONTS / "CaseworkSong-Regular.ttf", lazy=True).getBestCmap()
    assert not [character for character in RARE if ord(character) not in song]
