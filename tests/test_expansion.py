"""Prompts that stand for many."""

import pytest

from gallery.services.axes import prompt_axes
from gallery.services.brace_faults import find_doubts, find_fault, write_plainly
from gallery.services.expansion import count_prompts, expand_prompt
from gallery.services.written_prompts import lay_around

LISTS = {"colour": ["red", "blue"], "Größe": ["klein", "groß"], "wood type": ["oak"], "empty": []}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a chair", ["a chair"]),
        ("", [""]),
        ("a {red|blue} chair", ["a red chair", "a blue chair"]),
        ("{a|b}{1|2}", ["a1", "a2", "b1", "b2"]),
        ("a {|very }old door", ["a old door", "a very old door"]),
        ("frame {1..3}", ["frame 1", "frame 2", "frame 3"]),
        ("{10..1..4} steps", ["10 steps", "6 steps", "2 steps"]),
        ("{0..0}", ["0"]),
        ("a {red {apple|pear}|plum}", ["a red apple", "a red pear", "a plum"]),
        ("a {colour} cup on a {colour} table", ["a red cup on a red table", "a blue cup on a blue table"]),
        ("{GRÖSSE}", ["klein", "groß"]),
        ("{ Colour } and {colour}", ["red and red", "blue and blue"]),
        ("{wood type}", ["oak"]),
        ("{colour}{colour|1}", ["redcolour", "red1", "bluecolour", "blue1"]),
        ("{{colour}|{Größe}}", ["red", "blue", "klein", "groß"]),
        ("{{colour}|x} and {colour}", ["red and red", "blue and blue", "x and red", "x and blue"]),
        ("{colour} {{colour}|x}", ["red red", "red x", "blue blue", "blue x"]),
        ("{{colour}|x}{{colour}|y}", ["redred", "redy", "blueblue", "bluey", "xred", "xblue", "xy"]),
        ("{{{colour}|x}|y} {colour}", ["red red", "blue blue", "x red", "x blue", "y red", "y blue"]),
        ("{colour|gold}", ["colour", "gold"]),
        ("{ {colour} | gold }", [" red ", " blue ", " gold "]),
        # Plain text stays as it is.
        ('{"a": 1}', ['{"a": 1}']),
        ("{unknown} {empty} {}", ["{unknown} {empty} {}"]),
        ("a { b | c", ["a { b | c"]),
        ("a } b | c", ["a } b | c"]),
        (r"\{a\|b\} and {x\|y|z}", ["{a|b} and x|y", "{a|b} and z"]),
        (r"C:\new \\{a|b}", [r"C:\new \a", r"C:\new \b"]),
        ("{a..b}", ["{a..b}"]),
        ("back\\", ["back\\"]),
        (r"\{colour} \\{colour}", [r"{colour} \red", r"{colour} \blue"]),
        (r"{a|\}} \{1..3\}", ["a {1..3}", "} {1..3}"]),
    ],
)
def test_a_prompt_stands_for_its_alternatives_in_order(prompt: str, expected: list[str]) -> None:
    assert [expansion.text for expansion in expand_prompt(prompt, LISTS, most=1000)] == expected
    assert count_prompts(prompt, LISTS) == len(expected)


def test_each_prompt_tells_what_was_chosen_where() -> None:
    found = expand_prompt("a {colour} {cup|mug}", LISTS, most=10)
    assert [dict(expansion.picks) for expansion in found] == [
        {"colour": "red", "1": "cup"},
        {"colour": "red", "1": "mug"},
        {"colour": "blue", "1": "cup"},
        {"colour": "blue", "1": "mug"},
    ]


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("a chair", []),
        ("{colour} {cup|mug}", ["prompt:colour", "prompt:1"]),
        ("{{colour}|x} and {colour}", ["prompt"]),
        ("{{colour}|{Größe}}", ["prompt"]),
        ("{red|red} {cup|mug}", ["prompt"]),
    ],
)
def test_places_that_hang_together_vary_as_whole_prompts(prompt: str, names: list[str]) -> None:
    assert [axis.name for axis in prompt_axes(prompt, LISTS)] == names


def test_millions_are_counted_and_only_as_many_made_as_asked_for() -> None:
    prompt = "{1..1000}{1..1000}{1..1000}"
    assert count_prompts(prompt, {}) == 10**9
    assert [expansion.text for expansion in expand_prompt(prompt, {}, most=2)] == ["111", "112"]


@pytest.mark.parametrize("prompt", ["{" * 5000, "{a|" * 3000, "{|" * 500 + "}" * 500, "|}" * 4000, "{1..999999}" * 3])
def test_odd_nesting_ends_quickly_and_breaks_nothing(prompt: str) -> None:
    assert count_prompts(prompt, {}) >= 1
    assert expand_prompt(prompt, {}, most=3)


def test_what_was_chosen_can_be_told_from_what_was_written() -> None:
    (found,) = expand_prompt("a {red {apple|pear}} on {wood type}", LISTS, most=1)
    assert found.pieces == (("a {red ", False), ("apple", True), ("} on ", False), ("oak", True))
    assert "".join(words for words, _ in found.pieces) == found.text


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a {red|blue chair", "“{red|blue chair” is not closed"),
        ("a {red|{blue} chair", "“{red|{blue} chair” is not closed"),
        ("a red|blue} chair", "Nothing opens the brace in “a red|blue}”"),
        ("{1..5000}", "{1..5000} counts 5,000 numbers; at most 1,000 go."),
        ("{9000..1..2} {1..3}", "counts 4,500 numbers"),
        ("{1..5000..100}", ""),
        ("a {red|blue} chair", ""),
        (r"a \{red|blue chair", ""),
        (r"\{1..5000}", ""),
        ('{"a": [1, 2', ""),
        ("a } b", ""),
        ("this | that", ""),
        ("{colour} " * 600, "600 places are filled in turn; at most 60 go."),
        ("{a|b}" * 40 + "{1..2}{Colour}{mood}" * 20, "80 places are filled in turn; at most 60 go."),
        ("{colour} " * 60, ""),
    ],
)
def test_alternatives_with_wrong_braces_are_told_in_a_sentence(prompt: str, words: str) -> None:
    fault = find_fault(prompt, LISTS)
    assert words in fault
    assert bool(words) == bool(fault)


@pytest.mark.parametrize(
    ("prompt", "doubts"),
    [
        ("a {colur} chair", ["There is no list “colur”. Did you mean {colour}?"]),
        ("a {mood} {mood} chair", ["There is no list “mood”. {mood} is sent as it stands."]),
        ("a {COLOUR} {wood type} {red|blue} {1..3} {} {x: 1} chair", []),
        (r"a \{mood} chair", []),
        (
            "".join(f"{{mood {number}}}" * 9 for number in range(400)),
            [f"There is no list “mood {number}”. {{mood {number}}} is sent as it stands." for number in range(3)],
        ),
    ],
)
def test_a_name_without_a_list_is_pointed_out(prompt: str, doubts: list[str]) -> None:
    assert find_doubts(prompt, LISTS) == doubts


@pytest.mark.parametrize(
    "text", ["{a|b}", r"C:\new \{colour}", r"\\{x} \| {1..3", "} | {", "{colour}", "back\\", r"\\", '{"a": "x|y"}']
)
def test_any_text_can_be_written_so_that_it_stands_for_itself(text: str) -> None:
    written = write_plainly(text)
    assert [expansion.text for expansion in expand_prompt(written, LISTS, most=9)] == [text]
    assert find_fault(written, LISTS) == ""


@pytest.mark.parametrize(
    ("words", "style", "expected"),
    [
        ("a chair", "{prompt}, on film", "a chair, on film"),
        ("a chair", "print of {prompt}: {prompt}", "print of a chair: a chair"),
        ("a chair", "on film", "a chair, on film"),
        ("", "on film", "on film"),
        ("a {prompt}", "{prompt}!", "a {prompt}!"),
    ],
)
def test_a_style_is_laid_around_the_prompt(words: str, style: str, expected: str) -> None:
    assert lay_around(words, style) == expected
